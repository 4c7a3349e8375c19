"""One trial of a sweep as a job: its folder is prepared here, and carried out in another process.

What a process needs of a job is in its folder, so that a pool, SLURM and Ray do the same with it.
"""

from __future__ import annotations

import json
import math
import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from mathpal.environment import variables
from mathpal.errors import Interrupted, MathpalError, Pruned
from mathpal.record import log_to, redact

WAITING, RUNNING = "waiting", "running"
COMPLETE, PRUNED, FAILED = "complete", "pruned", "failed"
KILLED = "killed"
"""Ended from outside, by a signal or a full memory: not the fault of its parameters, maybe."""
INTERRUPTED = "interrupted"
"""Stopped with the whole sweep; it runs again when the sweep goes on."""


@dataclass(frozen=True)
class Job:
    """A trial whose folder holds a frozen config."""

    number: int
    folder: Path
    overrides: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ending:
    """How a trial ended."""

    number: int
    state: str
    values: list[float] | None = None
    """What it came to, an objective each; None unless it is complete."""
    reason: str | None = None
    seconds: float = 0.0


class Executor(Protocol):
    """Something that carries out jobs, `num_slots` at a time."""

    num_slots: int
    num_threads: int | None
    """CPU threads of a slot; None where the trial's machine decides."""

    def submit(self, job: Job) -> None:
        """Start a job in a free slot."""

    def wait(self, seconds: float) -> list[Ending]:
        """Return the jobs that ended; after `seconds` an empty list."""

    def stop(self) -> list[Ending]:
        """Stop the running jobs in order, and return how they ended."""

    def close(self) -> None:
        """Give back what the slots hold."""


def figures_of(folder: Path, names: Sequence[str]) -> list[float] | None:
    """Return figures of a finished run, or None where it did not finish or lacks one of them."""
    try:
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        figures = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return None
    values = [figures.get(name) for name in names]
    ended_well = record["status"] == "done" and None not in values
    return [float(value) for value in values] if ended_well else None


def seconds_of(folder: Path) -> float:
    """Return the seconds of a run by its record; 0 where it was not finished."""
    try:
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return 0.0
    return float(record.get("seconds_total", 0.0))


def judge(number: int, names: Sequence[str], values: Sequence[Any], seconds: float) -> Ending:
    """Tell whether what a run returned can be compared: each objective measured, and finite."""
    problems = [
        f"{name} was not measured" if value is None else f"{name} is {value}"
        for name, value in zip(names, values, strict=True)
        if value is None or not math.isfinite(value)
    ]
    if problems:
        return Ending(number, FAILED, None, "; ".join(problems), seconds)
    return Ending(number, COMPLETE, [float(value) for value in values], None, seconds)


def carry_out(job: Job) -> Ending:
    """Run a job in this process; whatever happens to it is its ending, not an exception."""
    from mathpal.compose import thaw
    from mathpal.run import run

    started = time.time()
    log_to(job.folder / "train.log")
    try:
        with variables(job.environment):
            experiment = thaw(job.folder / "config.yaml")
            figures = run(experiment, job.folder, started).figures
    except Pruned as error:
        return Ending(job.number, PRUNED, None, str(error), time.time() - started)
    except (Interrupted, KeyboardInterrupt) as error:
        reason = str(error) or "stopped with the sweep"
        return Ending(job.number, INTERRUPTED, None, reason, time.time() - started)
    except Exception as error:  # noqa: BLE001  (the outermost frame of a trial)
        return Ending(job.number, FAILED, None, reason_of(error), time.time() - started)
    names = experiment.objectives
    return judge(job.number, names, [figures.get(n) for n in names], time.time() - started)


def reason_of(error: BaseException) -> str:
    """Say why a trial failed, without secrets; an error that is not ours by its class, too.

    >>> reason_of(KeyError("x")), reason_of(MathpalError("no room on the disk"))
    ("KeyError: 'x'", 'no room on the disk')
    """
    ours = isinstance(error, MathpalError)
    return redact(str(error) if ours else f"{type(error).__name__}: {error}")


def command_of(overrides: Sequence[str]) -> str:
    """Return the command that runs a trial by itself."""
    return shlex.join(["train", *overrides])
