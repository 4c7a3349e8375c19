"""What a sweep promises, by real sweeps of short trainings."""

import json
import signal
import subprocess
import time

import pytest
import yaml
from sweeping import TINY, TRAIN, Sweep, environment, point, start


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    """A grid of four, in two slots."""
    folder = tmp_path_factory.mktemp("grid")
    arguments = ["lora=r8,r4", "trainer.learning_rate=1e-3,1e-4"]
    launcher = start(folder, *arguments)
    stdout, stderr = launcher.communicate(timeout=400)
    return Sweep(launcher.returncode, stdout, stderr, folder / "sweep"), arguments


def single(folder, *arguments):
    """Run `train ARGUMENTS` by itself; return its metrics.json."""
    done = subprocess.run(
        [TRAIN, *arguments, f"hydra.run.dir={folder / 'single'}"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "single" / "metrics.json").read_text())


def test_a_grid_tries_every_combination_in_order(grid):
    swept, _ = grid
    assert (swept.code, swept.stderr) == (0, "")
    assert sorted(t["number"] for t in swept.trials) == [0, 1, 2, 3]
    tried = [t["parameters"] for t in sorted(swept.trials, key=lambda t: t["number"])]
    assert tried == [
        {"lora": lora, "trainer.learning_rate": rate}
        for lora in ("r8", "r4")
        for rate in ("0.001", "0.0001")
    ]
    assert swept.facts()["status"] == "done"
    assert (swept.facts()["sampler"], swept.facts()["n_trials"]) == ("grid", 4)


def test_each_trial_has_a_run_folder(grid):
    swept, _ = grid
    for trial in swept.trials:
        run = swept.folder / trial["folder"]
        assert json.loads((run / "run.json").read_text())["status"] == "done"
        assert yaml.safe_load((run / ".hydra" / "overrides.yaml").read_text()) == trial["overrides"]
        assert (run / "output.log").is_file()
        assert not (run / ".trial.json").exists()


@pytest.mark.slow
def test_the_best_is_told_and_repeats_to_the_last_digit(grid, tmp_path):
    swept, _ = grid
    best = swept.best
    results = yaml.safe_load((swept.folder / "optimization_results.yaml").read_text())
    assert results["best_params"] == best["parameters"]
    assert results["best_value"] == best["objective"]
    assert f"best   trial {best['number']}: eval_loss" in swept.stdout
    again = single(tmp_path, f"experiment={swept.folder / 'best.yaml'}")
    assert again["eval_loss"] == best["objective"]


@pytest.mark.slow
def test_a_trial_equals_a_single_run_with_its_overrides(grid, tmp_path):
    swept, _ = grid
    worst = max(swept.trials, key=lambda t: t["objective"])
    alone = single(tmp_path, *worst["overrides"], "hardware.num_threads=1")
    assert alone["eval_loss"] == worst["objective"]


@pytest.mark.slow
def test_the_same_command_again_has_nothing_to_do(grid):
    swept, arguments = grid
    before = (swept.folder / "trials.jsonl").read_text()
    launcher = start(swept.folder.parent, *arguments)
    stdout, stderr = launcher.communicate(timeout=200)
    assert (launcher.returncode, stderr) == (0, "")
    assert "4 complete (4 of other launches)" in stdout
    assert (swept.folder / "trials.jsonl").read_text() == before


@pytest.mark.slow
def test_another_command_is_kept_out_of_the_folder(grid):
    swept, _ = grid
    launcher = start(swept.folder.parent, "lora=r8,r16")
    _, stderr = launcher.communicate(timeout=200)
    assert launcher.returncode == 2
    assert "holds another sweep" in stderr


@pytest.mark.slow
def test_a_trial_that_fails_costs_only_itself(sweep):
    swept = sweep("trainer.learning_rate=1e-3,1e30", "trainer.max_length=4,256")
    states = {t["parameters"]["trainer.learning_rate"]: [] for t in swept.trials}
    for trial in swept.trials:
        states[trial["parameters"]["trainer.learning_rate"]].append(trial["state"])
    reasons = " ".join(str(t["reason"]) for t in swept.trials)
    assert swept.code == 0
    assert states == {"0.001": ["failed", "complete"], "1e+30": ["failed", "failed"]}
    assert "keep nothing of their answer" in reasons
    assert "eval_loss is nan" in reasons


@pytest.mark.slow
def test_too_many_failures_end_the_sweep(sweep):
    swept = sweep("seed=1,2,3,4", "trainer.max_length=4", "hydra.sweeper.max_failures=2")
    assert swept.code == 1
    assert "2 trials failed, the last because: trainer.max_length=4" in swept.stderr
    assert len(swept.trials) < 4
    assert swept.facts()["status"] == "failed"


@pytest.mark.slow
def test_a_trial_that_takes_too_long_fails(sweep):
    swept = sweep("seed=1,2", "trainer.max_steps=5000", "hydra.launcher.timeout_minutes=0.2")
    assert swept.code == 1
    assert {t["state"] for t in swept.trials} == {"failed"}
    assert all("ran longer than 12 s" in t["reason"] for t in swept.trials)


@pytest.mark.slow
def test_ctrl_c_stops_in_order_and_the_sweep_goes_on(tmp_path):
    arguments = ["lora=r4,r8,r16", "trainer.max_steps=40"]
    launcher = start(tmp_path, *arguments)
    began = time.monotonic()
    while not list((tmp_path / "sweep").glob("*/metrics.jsonl")):
        assert time.monotonic() - began < 200
        time.sleep(0.2)
    launcher.send_signal(signal.SIGINT)
    _, stderr = launcher.communicate(timeout=100)
    assert launcher.returncode == 130
    assert "of 3 trials have ended; the same command goes on from there" in stderr
    stopped = Sweep(130, "", stderr, tmp_path / "sweep")
    assert stopped.facts()["status"] == "interrupted"
    assert {t["state"] for t in stopped.trials} == {"killed"}
    launcher = start(tmp_path, *arguments)
    launcher.communicate(timeout=300)
    went_on = Sweep(launcher.returncode, "", "", tmp_path / "sweep")
    assert went_on.code == 0
    assert sorted(map(point, went_on.finished)) == [
        (("lora", name),) for name in ("r16", "r4", "r8")
    ]


@pytest.mark.slow
def test_the_same_command_finds_its_sweep_and_n_trials_is_the_total(tmp_path):
    space = ["trainer.learning_rate=tag(log,interval(1e-4,1e-2))", "lora=choice(r4,r8)"]

    def run(num_trials):
        total = f"hydra.sweeper.n_trials={num_trials}"
        command = [TRAIN, "-m", *TINY, *space, total]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        (folder,) = tmp_path.glob("multirun/*/*")
        return Sweep(0, done.stdout, "", folder)

    first, second = run(2).trials, run(4).trials
    assert [t["number"] for t in first] == [0, 1]
    assert second[:2] == first
    assert len({point(t) for t in second}) == len(second) == 4


@pytest.mark.slow
def test_a_pruner_stops_what_is_worse_than_the_others(sweep):
    swept = sweep(
        "trainer.learning_rate=1e-2,3e-3,1e-3,1e-6",
        "trainer.max_steps=20",
        "trainer.eval_strategy=steps",
        "trainer.eval_steps=5",
        "hydra/sweeper/pruner=median",
        "hydra.sweeper.pruner.n_startup_trials=2",
        "hydra.launcher.slots=1",
    )
    by_rate = {float(t["parameters"]["trainer.learning_rate"]): t for t in swept.trials}
    pruned = by_rate[1e-6]
    assert swept.code == 0
    assert (pruned["state"], by_rate[1e-2]["state"]) == ("pruned", "complete")
    assert pruned["reason"].startswith("at step 5 of 20, eval_loss")
    run = json.loads((swept.folder / pruned["folder"] / "run.json").read_text())
    assert run["status"] == "interrupted"
    assert run["error"].startswith("Pruned: at step 5 of 20")


@pytest.mark.slow
def test_several_objectives_end_in_a_front(sweep):
    swept = sweep("trainer.max_steps=1,12", "objective=[eval_loss,seconds_train]")
    results = yaml.safe_load((swept.folder / "optimization_results.yaml").read_text())
    assert swept.code == 0
    assert swept.facts()["directions"] == ["minimize", "minimize"]
    assert len(results["solutions"]) == 2
    assert all(len(t["objective"]) == 2 for t in swept.trials)


@pytest.mark.slow
@pytest.mark.parametrize(
    "stock",
    [
        ["hydra/launcher=basic"],
        ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"],
        ["hydra/sweeper=basic"],
        ["hydra/sweeper=basic", "hydra/launcher=basic"],
        ["hydra/sweeper=basic", "hydra/launcher=joblib"],
        ["hydra/sweeper=optuna", "hydra/launcher=basic", "hydra/sweeper/sampler=grid"],
        ["hydra/sweeper=optuna", "hydra.sweeper.n_trials=2", "hydra/sweeper/sampler=random"],
    ],
    ids=lambda stock: " ".join(stock),
)
def test_hydras_own_sweepers_and_launchers_work(stock, sweep):
    swept = sweep("lora=r8,r4", "hardware.num_threads=1", *stock)
    assert swept.code == 0, swept.stderr
    assert [t["state"] for t in swept.trials] == ["complete", "complete"]
    assert (swept.folder / "report.html").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["tpe", "random", "cmaes", "nsgaii", "motpe"])
def test_every_sampler_proposes_points(sampler, sweep):
    swept = sweep(
        f"hydra/sweeper/sampler={sampler}",
        "hydra.sweeper.n_trials=3",
        "trainer.learning_rate=tag(log,interval(1e-4,1e-2))",
        "trainer.weight_decay=interval(0,0.1)",
        "trainer.max_steps=1",
    )
    assert swept.code == 0, swept.stderr
    assert len({point(t) for t in swept.finished}) == 3


@pytest.mark.slow
def test_wandb_holds_the_trials_as_one_group(sweep, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    swept = sweep("lora=r8,r4", "tracking=wandb")
    runs = [*swept.folder.glob("*/wandb/offline-run-*"), *swept.folder.glob("wandb/offline-run-*")]
    assert swept.code == 0, swept.stderr
    assert len(runs) == 3
    group = f"{swept.folder.parent.name}/{swept.folder.name}".encode()
    assert all(group in next(run.glob("*.wandb")).read_bytes() for run in runs)
