"""Sweeps by Hydra's own sweepers: reported however they end, by warm processes in the pool."""

import signal
import time
from contextlib import suppress

import psutil
import pytest
from sweeping import Sweep, start

pytestmark = pytest.mark.slow


def states(sweep):
    """How the trials ended, by their folders."""
    return {trial["folder"]: trial["state"] for trial in sweep.trials}


def ended(launcher, folder):
    """Wait for a launcher, and return what it left."""
    stdout, stderr = launcher.communicate(timeout=400)
    return Sweep(launcher.returncode, stdout, stderr, folder / "sweep")


def workers(launcher):
    """The processes that the fork server of a launcher has started."""
    found = []
    with suppress(psutil.NoSuchProcess):
        for server in psutil.Process(launcher.pid).children():
            found += [] if server.name() == "git" else server.children()
    return {worker.pid for worker in found}


@pytest.mark.parametrize(("launcher", "code"), [("basic", 2), ("pool", 1)])
def test_a_failed_trial_leaves_a_report(launcher, code, sweep):
    found = sweep(
        "hydra/sweeper=basic",
        f"hydra/launcher={launcher}",
        "model.name=mathpal/tiny,nobody/nothing",
    )
    assert found.code == code, found.stderr
    assert states(found) == {"0": "complete", "1": "failed"}
    assert "nobody/nothing" in found.trials[1]["reason"]
    assert found.facts()["status"] == "failed"
    assert "nobody/nothing" in found.facts()["error"]
    assert "nobody/nothing" in (found.folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("launcher", ["basic", "pool"])
def test_an_interrupted_sweep_leaves_a_report(launcher, tmp_path):
    running = start(
        tmp_path,
        "hydra/sweeper=basic",
        f"hydra/launcher={launcher}",
        "trainer.max_steps=2,5000",
        *(["hydra.launcher.slots=1"] if launcher == "pool" else []),
    )
    steps = tmp_path / "sweep" / "1" / "metrics.jsonl"
    while running.poll() is None and not steps.exists():
        time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    found = ended(running, tmp_path)
    assert found.code == 130, found.stderr
    assert states(found) == {"0": "complete", "1": "interrupted"}
    assert found.facts()["status"] == "interrupted"
    assert (found.folder / "report.html").is_file()


def test_batches_of_a_sweep_run_in_the_same_process(tmp_path):
    running = start(
        tmp_path,
        "hydra/sweeper=optuna",
        "hydra.sweeper.n_trials=3",
        "hydra.sweeper.n_jobs=1",
        "hydra.sweeper.direction=maximize",
        "hydra.launcher.slots=1",
        "lora=choice(r4,r8)",
    )
    seen = set()
    while running.poll() is None:
        seen |= workers(running)
        time.sleep(0.05)
    found = ended(running, tmp_path)
    assert found.code == 0, found.stderr
    assert list(states(found).values()) == ["complete"] * 3
    assert len(seen) == 1
    assert not any(psutil.pid_exists(pid) for pid in seen)
    assert found.facts()["directions"] == ["maximize"]


def test_a_password_is_in_no_file_of_a_sweep(tmp_path):
    found = ended(
        start(
            tmp_path,
            "hydra/launcher=basic",
            f"hydra.sweeper.storage='sqlite:///{tmp_path}/study.db?timeout=60&password=verysecret'",
            "lora=r4",
        ),
        tmp_path,
    )
    assert found.code == 0, found.stderr
    files = [path for path in tmp_path.glob("sweep/**/*") if path.is_file()]
    assert tmp_path / "sweep" / "0" / ".hydra" / "hydra.yaml" in files
    assert [path for path in files if b"verysecret" in path.read_bytes()] == []
