"""Sweeps as a user starts them: `train -m` as a process of its own, in an empty folder."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TRAIN = Path(sys.executable).with_name("train")

TINY = (
    "data.train_rows=64",
    "data.test_rows=16",
    "evaluation=none",
    "tracking=none",
    "export=none",
    "trainer.max_steps=2",
    "trainer.save_strategy=no",
)
"""A trial of a second or so."""


@dataclass(frozen=True)
class Sweep:
    """What a sweep left in its folder, and how its command ended."""

    code: int
    stdout: str
    stderr: str
    folder: Path

    @property
    def trials(self):
        lines = (self.folder / "trials.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    @property
    def finished(self):
        return [t for t in self.trials if t["state"] in ("complete", "pruned")]

    @property
    def best(self):
        return min((t for t in self.trials if t["state"] == "complete"), key=_objective)

    def facts(self):
        return json.loads((self.folder / "sweep.json").read_text(encoding="utf-8"))


def _objective(trial):
    return trial["objective"]


def point(trial):
    """What a trial tried, to compare."""
    return tuple(sorted(trial["parameters"].items()))


def environment():
    """The environment of a launcher: without the threads that the test runner sets."""
    return {k: v for k, v in os.environ.items() if k not in ("OMP_NUM_THREADS", "MATHPAL_DEBUG")}


def start(folder, *arguments):
    """Start a launcher whose sweep lands in `folder/sweep`."""
    place = f"hydra.sweep.dir={folder / 'sweep'}"
    return subprocess.Popen(
        [TRAIN, "-m", *TINY, place, *arguments],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
