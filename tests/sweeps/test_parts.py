"""The parts of a sweep by themselves: slots, reports while training, rules, files."""

import json
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack

import pytest
import yaml
from hydra.core.utils import JobReturn, JobStatus

from mathpal import cli, launch, record
from mathpal.errors import Interrupted, MathpalError, Pruned, RequestError
from mathpal.sweeps import judge as reports
from mathpal.sweeps import records
from mathpal.sweeps.batches import Batches
from mathpal.sweeps.jobs import COMPLETE, FAILED, PRUNED, Job, figures_of, judge
from mathpal.sweeps.judge import HERE, INVITATION, Judge, Trial
from mathpal.sweeps.launcher import SlotLauncher
from mathpal.sweeps.pool import Slot, slots
from mathpal.sweeps.search_rules import directions
from mathpal.sweeps.stock_report import AT_END


def ask(wanted, *, device="auto", num_processes=1, num_threads=2):
    return slots(wanted, device=device, num_processes=num_processes, num_threads=num_threads)


@pytest.mark.parametrize(
    ("wanted", "num_processes", "devices"),
    [
        ("auto", 1, ["0", "2", "5"]),
        (2, 1, ["0", "2"]),
        (4, 1, ["0", "2", "5", "0"]),
        ([5, 0], 1, ["5", "0"]),
        ("auto", 2, ["0,2"]),
    ],
)
def test_a_slot_gets_a_gpu_of_its_own(wanted, num_processes, devices, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,2,5")
    found = ask(wanted, num_processes=num_processes)
    assert [slot.device for slot in found] == devices
    assert [slot.environment["CUDA_VISIBLE_DEVICES"] for slot in found] == devices


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_on_a_cpu_the_cores_are_shared_out(device, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "" if device == "auto" else "0,1")
    assert ask(3, device=device, num_threads=None) == [Slot(None, 1)] * 3
    alone = ask(1, device=device, num_threads=None)
    assert alone[0].num_threads >= ask("auto", device=device, num_threads=None)[0].num_threads
    assert "CUDA_VISIBLE_DEVICES" not in alone[0].environment


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (0, "expected auto, a number of at least 1"),
        (-2, "expected auto"),
        ("all", "expected auto"),
        (1.5, "expected auto"),
        ([7], "no GPU 7; GPUs here: 0, 1"),
    ],
)
def test_slots_that_cannot_be_are_refused(wanted, words, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    with pytest.raises(RequestError, match="slots") as raised:
        ask(wanted)
    assert words in str(raised.value)


def test_trials_report_and_hear_whether_to_stop(tmp_path):
    heard = []

    def hear(*report):
        heard.append(report)
        return report[3] is not None and report[3] > 1

    sweep = Judge(hear)
    for number in (0, 1):
        sweep.invite(number, tmp_path / str(number))
    first, second = (Trial.of(tmp_path / str(number)) for number in (0, 1))
    assert first.report(5, 20, 0.5) is False
    assert second.report(5, 20, 1.5) is True
    assert first.report(10, 20, None) is False
    assert heard == [(0, 5, 20, 0.5), (1, 5, 20, 1.5), (0, 10, 20, None)]
    sweep.close()


def test_many_trials_report_at_once(tmp_path):
    heard = []
    sweep = Judge(lambda *report: heard.append(report) is not None)
    for number in range(8):
        sweep.invite(number, tmp_path / str(number))

    def report(number):
        trial = Trial.of(tmp_path / str(number))
        for step in range(20):
            trial.report(step, 20, float(step))

    threads = [threading.Thread(target=report, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sweep.close()
    assert sorted(heard) == [(n, s, 20, float(s)) for n in range(8) for s in range(20)]


def test_only_its_own_trials_have_the_key(tmp_path):
    heard = []
    sweep = Judge(lambda *report: heard.append(report) is not None)
    sweep.invite(0, tmp_path)
    path = tmp_path / INVITATION
    assert path.stat().st_mode & 0o077 == 0
    told = json.loads(path.read_text())
    stranger = Trial(0, told["host"], told["port"], "00" * 16)
    assert stranger.report(1, 2, 0.5) is False
    assert heard == []
    assert Trial.of(tmp_path).report(1, 2, 0.5) is False
    assert heard == [(0, 1, 2, 0.5)]
    sweep.close()


def test_a_trial_whose_sweep_is_gone_trains_on(tmp_path):
    sweep = Judge(lambda *_: True)
    sweep.invite(3, tmp_path)
    told = json.loads((tmp_path / INVITATION).read_text())
    sweep.close()
    lonely = Trial(3, told["host"], 1, told["key"])  # nobody listens on port 1
    assert lonely.report(1, 2, 0.5) is False
    assert lonely.report(2, 2, 0.4) is False


def test_a_run_that_is_no_trial_has_nobody_to_report_to(tmp_path):
    assert Trial.of(tmp_path) is None


@pytest.mark.parametrize(
    ("values", "state", "reason"),
    [
        ([0.5, 2.0], COMPLETE, None),
        ([float("nan"), 2.0], FAILED, "eval_loss is nan"),
        ([float("inf"), None], FAILED, "eval_loss is inf; seconds_train was not measured"),
    ],
)
def test_an_objective_must_be_measured_and_finite(values, state, reason):
    ending = judge(7, ["eval_loss", "seconds_train"], values, 3.0)
    assert (ending.state, ending.reason) == (state, reason)
    assert ending.values == (values if state == COMPLETE else None)


@pytest.mark.parametrize(
    ("record", "figures", "found"),
    [
        ('{"status": "done"}', '{"eval_loss": 0.25}', [0.25]),
        ('{"status": "failed"}', '{"eval_loss": 0.25}', None),
        ('{"status": "done"}', '{"eval_loss": null}', None),
        ('{"status": "done"}', "{", None),
        ('{"status": "done"}', None, None),
    ],
)
def test_figures_count_of_runs_that_were_done(record, figures, found, tmp_path):
    (tmp_path / "run.json").write_text(record)
    if figures is not None:
        (tmp_path / "metrics.json").write_text(figures)
    assert figures_of(tmp_path, ["eval_loss"]) == found


@pytest.mark.parametrize(
    ("asked", "names", "expected"),
    [
        (None, ["eval_loss"], ["minimize"]),
        (None, ["eval_accuracy", "seconds_train"], ["maximize", "minimize"]),
        (None, ["tokens_per_second", "peak_memory_bytes"], ["maximize", "minimize"]),
        (None, ["eval_reward", "eval_margin"], ["maximize", "maximize"]),
        ("maximize", ["eval_loss"], ["maximize"]),
        (["maximize", "minimize"], ["eval_loss", "train_loss"], ["maximize", "minimize"]),
    ],
)
def test_directions_follow_the_names(asked, names, expected):
    assert directions(asked, names) == expected


def test_best_yaml_is_an_experiment(tmp_path):
    values = {"trainer": {"learning_rate": 1e-4}, "seed": 3}
    records.write_best(tmp_path, {"lora": "r8"}, values, "Trial 3, the best of 5")
    text = (tmp_path / "best.yaml").read_text()
    assert text.startswith("# @package _global_\n# Trial 3, the best of 5\n")
    assert yaml.safe_load(text) == {"defaults": [{"override /lora": "r8"}], **values}


SEARCH_ERRORS = [
    (["search=lora_tpe"], "search=lora_tpe: a search is many runs; add --multirun (-m)"),
    (["-m", "search=lora_tpx"], "Did you mean 'lora_tpe'?"),
    (["-m", "lora=r8,r4", "hydra.sweeper.n_trials=0"], "n_trials=0: at least 1 is needed"),
    (["-m", "lora=r8,r4", "hydra.sweeper.n_trils=3"], "Did you mean 'hydra.sweeper.n_trials'?"),
    (["-m", "lora=r8,r4", "hydra/launcher=poool"], "Did you mean 'pool'?"),
    (["-m", "lora=r8,r4", "hydra/sweeper=serch"], "Did you mean 'search'?"),
    (["-m", "lora=r8,r4", "hydra.sweeper.direction=up"], "direction=up: minimize or maximize"),
    (
        ["-m", "lora=r8,r4", "hydra.sweeper.direction=[minimize,maximize]"],
        "2 for 1 objectives (eval_loss)",
    ),
    (
        ["-m", "lora=r8,r4", "hydra/sweeper/pruner=median"],
        "nothing is measured while a trial trains; set trainer.eval_strategy=steps",
    ),
    (
        ["-m", "search=lora_prune", "objective=[eval_loss,seconds_train]"],
        "a pruner needs one objective",
    ),
    (["-m", "search=lora_prune", "objective=eval_accuracy"], "known only when a trial has ended"),
    (["-m", "trainer.learning_rate=interval(3,1)"], "the interval is upside down"),
    (["-m", "search=lora_tpe", "trainer.learning_rat=interval(1,3)"], "unknown key"),
    (["-m", "lora=r8,r4", "hydra.sweeper.storage=trials.db"], "expected a URL such as sqlite:///"),
    (["-m", "lora=r8,r4", "hydra.sweep.subdir=x"], "land in folders by their numbers"),
    (["experiment=nowhere/best.yaml"], "there is no 'nowhere/best.yaml' in 'experiment'"),
]


@pytest.mark.parametrize(("arguments", "words"), SEARCH_ERRORS)
def test_a_wrong_search_is_refused(arguments, words, call_main):
    finished = call_main("train", *arguments)
    assert finished.code == 2
    assert words in finished.stderr


def test_a_wrong_search_is_refused_before_optuna_is_imported():
    code = (
        "import sys; from mathpal.cli import main;"
        "code = main(['train', '-m', 'search=lora_prune', 'objective=eval_accuracy']);"
        "print(code, sorted({'optuna', 'torch', 'sqlalchemy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "2 []\n"


def test_one_that_says_nothing_holds_up_no_trial(tmp_path):
    sweep = Judge(lambda *_: True)
    sweep.invite(0, tmp_path)
    told = json.loads((tmp_path / INVITATION).read_text())
    silent = [socket.create_connection((told["host"], told["port"])) for _ in range(5)]
    silent[0].sendall(b"GET / HTTP/1.1\r\n\r\n")
    assert Trial.of(tmp_path).report(1, 2, 0.5) is True
    sweep.close()
    for caller in silent:
        caller.close()


def test_a_sweep_that_says_nothing_holds_up_no_training(tmp_path, monkeypatch):
    monkeypatch.setattr(reports, "SECONDS_TO_ANSWER", 0.2)
    with socket.create_server((HERE, 0)) as frozen:
        trial = Trial(3, *frozen.getsockname(), "00" * 16)
        assert trial.report(1, 2, 0.5) is False
        assert trial.report(2, 2, 0.4) is False


def test_a_closed_sweep_listens_no_more(tmp_path):
    heard = []
    before = threading.active_count()
    sweep = Judge(lambda *report: heard.append(report) is not None)
    sweep.invite(0, tmp_path)
    trial = Trial.of(tmp_path)
    trial.report(1, 2, 0.5)
    sweep.close()
    assert trial.report(2, 2, 0.4) is False
    assert Trial.of(tmp_path).report(2, 2, 0.4) is False
    assert heard == [(0, 1, 2, 0.5)]
    assert threading.active_count() <= before + 1  # the trial's own, which may still be leaving


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Pruned("at step 1 of 2, eval_loss 3"), "Pruned: at step 1 of 2, eval_loss 3"),
        (Interrupted("stopped at step 1"), "Interrupted: stopped at step 1"),
        (RequestError("no such file"), "RequestError: no such file"),
        (KeyError("loss"), "MathpalError: process 0: KeyError: 'loss'"),
    ],
)
def test_a_run_of_several_processes_ends_as_they_did(error, expected, tmp_path):
    launch.tell_ending(tmp_path, error)
    with pytest.raises(MathpalError) as raised:
        launch._raise_ending(tmp_path, 1, tmp_path, stopped=False)
    assert f"{type(raised.value).__name__}: {raised.value}" == expected


def test_a_trial_names_the_command_that_repeats_it(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/somewhere/train", "-m", "lora=r4,r8"])
    assert record.command() == "train -m lora=r4,r8"
    monkeypatch.setenv("MATHPAL_COMMAND", "train lora=r4")
    assert record.command() == "train lora=r4"


def launched(returned, status):
    """What a launcher of Hydra's brings back of a trial."""
    done = JobReturn(status=status)
    done.return_value = returned
    return done


@pytest.mark.parametrize(
    ("returned", "status", "state", "reason"),
    [
        (0.5, JobStatus.COMPLETED, COMPLETE, None),
        (None, JobStatus.COMPLETED, FAILED, "eval_loss was not measured"),
        (Pruned("at step 1"), JobStatus.FAILED, PRUNED, "at step 1"),
        (KeyError("x"), JobStatus.FAILED, FAILED, "KeyError: 'x'"),
        (MathpalError("no room"), JobStatus.FAILED, FAILED, "no room"),
        (
            OSError("postgresql://me:verysecret@host/trials"),
            JobStatus.FAILED,
            FAILED,
            "OSError: postgresql://me:***@host/trials",
        ),
    ],
)
def test_a_batch_tells_how_its_trials_ended(returned, status, state, reason, tmp_path):
    batches = Batches(lambda _: [launched(returned, status)], ["eval_loss"], 1)
    batches.submit(Job(4, tmp_path, ["lora=r4"]))
    [ending] = batches.wait(0)
    assert (ending.number, ending.state, ending.reason) == (4, state, reason)


def test_a_file_of_text_keeps_no_password(tmp_path):
    path = tmp_path / "hydra.yaml"
    path.write_text("storage: postgresql://me:verysecret@host/trials\nseed: 3\n")
    record.redact_file(path)
    assert path.read_text() == "storage: postgresql://me:***@host/trials\nseed: 3\n"
    record.redact_file(tmp_path / "multirun.yaml")
    assert not (tmp_path / "multirun.yaml").exists()


def test_a_folder_that_cannot_be_written_is_told_with_its_option(call_main, tmp_path):
    place = tmp_path / "a_file"
    place.touch()
    finished = call_main(
        "train", "-m", "hydra/sweeper=basic", "lora=r4,r8", f"hydra.sweep.dir={place}/sweep"
    )
    assert finished.code == 2
    [problem] = finished.problems
    assert problem.startswith("cannot write a run's folder: Not a directory: ")
    assert problem.endswith("; set hydra.sweep.dir=...")


class Closing(SlotLauncher):
    """A launcher whose executors note that they are closed."""

    def executor(self, experiment, folder):
        return ExitStack()


def test_the_batches_of_a_sweep_share_an_executor_to_its_end():
    launcher = Closing()
    launcher.setup(hydra_context=None, task_function=cli.main, config=None)
    closed = []
    with AT_END:
        first = launcher.kept_executor(None, None)
        first.callback(closed.append, "first")
        assert launcher.kept_executor(None, None) is first
        assert closed == []
    assert closed == ["first"]
