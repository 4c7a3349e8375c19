"""Sweeps as a user starts them, for tests that interrupt what carries out their trials."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

TINY = (
    "hardware=cpu",
    "trainer.max_steps=3",
    "evaluation=none",
    "data.train_rows=64",
    "data.test_rows=16",
    "tracking=none",
)

SECONDS_TO_WAIT = 120.0


class Sweep:
    """A sweep's process, and its folder."""

    def __init__(self, cwd: Path, environment: Mapping[str, str], arguments: tuple[str, ...]):
        self.folder = cwd / "sweep"
        self.command = [
            str(Path(sys.executable).with_name("train")),
            "-m",
            "hydra.sweep.dir=sweep",
            *TINY,
            *arguments,
        ]
        self.cwd, self.environment = cwd, os.environ | dict(environment)
        self.start()

    def start(self) -> None:
        """Start the command, or start it again."""
        with (self.cwd / "screen.log").open("w") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.cwd,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for(self, condition: Callable[[], Any]) -> Any:
        """Wait until something is so while the sweep is under way; return what it is."""
        until = time.monotonic() + SECONDS_TO_WAIT
        while time.monotonic() < until and self.process.poll() is None:
            if value := condition():
                return value
            time.sleep(0.1)
        raise AssertionError(f"it did not come to that: {self.screen}")

    def wait_for_run(self, number: int) -> None:
        """Wait until a trial has begun."""
        self.wait_for((self.folder / str(number) / "run.json").is_file)

    def press_ctrl_c(self) -> None:
        """Send what a terminal sends to all processes of the command."""
        os.killpg(self.process.pid, signal.SIGINT)

    def end(self) -> int:
        """Wait for the end; return the exit code."""
        return self.process.wait(SECONDS_TO_WAIT)

    @property
    def screen(self) -> str:
        """What it printed so far, errors too."""
        return (self.cwd / "screen.log").read_text()

    @property
    def trials(self) -> list[dict[str, Any]]:
        """The lines of trials.jsonl."""
        text = (self.folder / "trials.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()]

    @property
    def states(self) -> list[str]:
        """How the trials ended."""
        return [trial["state"] for trial in self.trials]


@pytest.fixture
def sweep(tmp_path: Path) -> Iterator[Callable[..., Sweep]]:
    """Start `train -m ARGUMENTS` in the background."""
    started: list[Sweep] = []

    def start(*arguments: str, environment: Mapping[str, str] | None = None) -> Sweep:
        started.append(Sweep(tmp_path, environment or {}, arguments))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            os.killpg(each.process.pid, signal.SIGKILL)
            each.process.wait()


@pytest.fixture
def eval_loss(run_train: Callable[..., Any], tmp_path: Path) -> Callable[..., float]:
    """Return what a run by itself comes to, in one thread."""

    def run(*overrides: str) -> float:
        place = "hydra.run.dir=alone"
        done = run_train(*TINY, "hardware.num_threads=1", place, *overrides)
        assert done.code == 0, done.stderr
        figures = json.loads((tmp_path / "alone" / "metrics.json").read_text())
        return float(figures["eval_loss"])

    return run
