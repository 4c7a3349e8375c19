"""A sweep's folder as it was read, at any time of the sweep: a file that is not there is empty."""

from __future__ import annotations

import datetime
import json
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from mathpal.errors import RequestError
from mathpal.record import SECRET_NAME, redact
from mathpal.report.contents import TEXT_TOKEN
from mathpal.report.parameters import Parameter, as_number, read_parameters
from mathpal.report.pareto import best, losses
from mathpal.sweeps.jobs import COMPLETE, FAILED, INTERRUPTED, KILLED, PRUNED, RUNNING

STATES = (COMPLETE, PRUNED, FAILED, KILLED, INTERRUPTED, RUNNING)
"""How a trial may stand, in the order in which they are told."""

DONE = (COMPLETE, PRUNED)

SPENT = (*DONE, FAILED)
"""Ends that take one of the trials asked for: a killed or interrupted trial is run again."""

FAILURES = (FAILED, KILLED)

ASSIGNED = re.compile(r"([\w.]+)=('[^']*'|\"[^\"]*\"|[^\s'\"]+)")
"""A key with its value in a command."""


@dataclass(frozen=True)
class Trial:
    """One trial; those that have not ended are known from their folder alone."""

    number: int
    state: str
    parameters: dict[str, Any]
    values: tuple[float | None, ...]
    """One for each objective, as they stand in the file; of a pruned trial the last reported."""
    folder: Path
    overrides: list[str] = field(default_factory=list)
    seconds: float | None = None
    reason: str | None = None
    started: datetime.datetime | None = None
    retry_of: int | None = None
    steps: list[dict[str, Any]] = field(default_factory=list)
    """metrics.jsonl"""
    figures: dict[str, Any] = field(default_factory=dict)
    """metrics.json"""

    @property
    def command(self) -> str:
        """The command that runs it again, all of its overrides included."""
        recorded = _yaml_list(self.folder / ".hydra/overrides.yaml")
        return shlex.join(["train", *(recorded or self.overrides)])

    @property
    def note(self) -> str:
        """Why it ended as it did, or how far it is."""
        said = [] if self.retry_of is None else [f"again for trial {self.retry_of}"]
        if self.reason:
            said.append(self.reason)
        elif self.state == RUNNING and self.steps:
            said.append(f"at step {self.steps[-1].get('step')}")
        return "; ".join(said)


@dataclass(frozen=True)
class Sweep:
    """All that the page tells of."""

    folder: Path
    facts: dict[str, Any]
    """sweep.json"""
    parameters: list[Parameter]
    trials: list[Trial]
    """In order of their numbers."""
    num_unread: int = 0
    """Lines of trials.jsonl that are no whole objects."""

    @property
    def name(self) -> str:
        """What the sweep is called."""
        return str(self.facts.get("name") or self.folder.name)

    @property
    def status(self) -> str:
        """The state of all: running, done, interrupted or failed."""
        return str(self.facts.get("status"))

    @property
    def objectives(self) -> list[str]:
        """The names of what is optimised."""
        return [str(name) for name in self.facts.get("objectives") or ["objective"]]

    @property
    def directions(self) -> list[str]:
        """Minimize or maximize, one an objective."""
        given = [str(d) for d in self.facts.get("directions") or []]
        return [*given, *["minimize"] * len(self.objectives)][: len(self.objectives)]

    @cached_property
    def finished(self) -> list[Trial]:
        """Complete trials whose objectives are all finite numbers."""
        found = [t for t in self.trials if t.state == COMPLETE]
        return [t for t in found if losses(t.values, self.directions) is not None]

    @cached_property
    def best(self) -> list[Trial]:
        """The best trial of one objective, the front of several; empty before one is complete."""
        places = best([t.values for t in self.finished], self.directions)
        return [self.finished[place] for place in places]

    @property
    def counts(self) -> dict[str, int]:
        """How many trials are in each state, of those states that occur."""
        found = {state: sum(t.state == state for t in self.trials) for state in STATES}
        return {state: count for state, count in found.items() if count}

    @property
    def num_to_go(self) -> int | None:
        """Trials asked for that have not begun; None where no number was."""
        asked = self.facts.get("n_trials")
        if not isinstance(asked, int):
            return None
        return max(0, asked - sum(t.state in (*SPENT, RUNNING) for t in self.trials))

    @property
    def trial_seconds(self) -> float:
        """The time of all trials that have ended, one after the other."""
        return sum(t.seconds or 0 for t in self.trials)

    @property
    def started(self) -> datetime.datetime | None:
        """When the sweep was first launched."""
        return _moment(self.facts.get("started"))

    @property
    def wall_seconds(self) -> float | None:
        """The time from the sweep's start to the end of its last trial, or until now."""
        started = self.started
        if started is None:
            return None
        if self.status == "running":
            return (datetime.datetime.now().astimezone() - started).total_seconds()
        ends = [
            (t.started - started).total_seconds() + t.seconds
            for t in self.trials
            if t.started is not None and t.seconds is not None
        ]
        return max(ends, default=None)

    def ranks(self, objective: int) -> dict[int, float]:
        """Return number of trial -> 1 for the best by an objective to 0 for the worst."""
        direction = self.directions[objective : objective + 1]
        found = [
            (loss, t.number)
            for t in self.trials
            if t.state in DONE
            and (loss := losses(t.values[objective : objective + 1], direction)) is not None
        ]
        return {n: 1 - i / max(1, len(found) - 1) for i, (_, n) in enumerate(sorted(found))}


def read(folder: Path) -> Sweep:
    """Read a sweep's folder; files that are being written count for what is whole of them.

    Raises: RequestError where it is not one.
    """
    if not (folder / "sweep.json").is_file():
        raise RequestError(f"{folder}: not a sweep's folder (no sweep.json in it)")
    facts = _json(folder / "sweep.json")
    if not facts:
        raise RequestError(f"{folder}: sweep.json of this sweep cannot be read")
    lines = _lines(folder / "trials.jsonl")
    rows = [row for row in lines if isinstance(row, dict) and isinstance(row.get("number"), int)]
    num_objectives = len(facts.get("objectives") or ["objective"])
    ended = [_ended(folder, row, num_objectives) for row in rows]
    names = {t.folder.name for t in ended}
    started = [
        _started(path, facts, num_objectives)
        for path in folder.iterdir()
        if path.name.isdecimal() and path.name not in names and path.is_dir()
    ]
    trials = sorted([*ended, *started], key=lambda t: t.number)
    return Sweep(
        folder=folder,
        facts=facts,
        parameters=read_parameters(
            facts.get("parameters") or {},
            facts.get("conditions") or {},
            [t.parameters for t in trials],
        ),
        trials=trials,
        num_unread=len(lines) - len(rows),
    )


def masked(text: str) -> str:
    """Replace secrets, and the values of options that are named as secrets are.

    >>> masked("train model.hub_token=abc-def lora.r=8 eos_token=x")
    'train model.hub_token=*** lora.r=8 eos_token=x'
    """
    return ASSIGNED.sub(lambda m: f"{m[1]}=***" if _is_secret(m[1]) else m[0], redact(text))


def _is_secret(key: str) -> bool:
    name = key.rpartition(".")[2]
    return SECRET_NAME.search(name.upper()) is not None and not TEXT_TOKEN.match(name)


def _ended(folder: Path, row: dict[str, Any], num_objectives: int) -> Trial:
    state = row.get("state")
    place = folder / str(row.get("folder") or row["number"])
    return Trial(
        number=row["number"],
        state=state if state in STATES else FAILED,
        parameters=dict(row.get("parameters") or {}),
        values=_values(row.get("objective"), num_objectives),
        folder=place,
        overrides=[str(override) for override in row.get("overrides") or []],
        seconds=row.get("seconds"),
        reason=None if row.get("reason") is None else str(row["reason"]),
        started=_moment(row.get("started")),
        retry_of=row.get("retry_of"),
        steps=[line for line in _lines(place / "metrics.jsonl") if isinstance(line, dict)],
        figures=_json(place / "metrics.json"),
    )


def _started(path: Path, facts: dict[str, Any], num_objectives: int) -> Trial:
    """Return the trial of a folder that trials.jsonl does not know."""
    overrides = _yaml_list(path / ".hydra/overrides.yaml")
    pairs = [override.lstrip("+").partition("=") for override in overrides]
    swept = facts.get("parameters") or {}
    return Trial(
        number=int(path.name),
        state=RUNNING if facts.get("status") == "running" else INTERRUPTED,
        parameters={
            key: text if swept[key].get("kind") == "choice" else as_number(text)
            for key, _, text in pairs
            if key in swept
        },
        values=(None,) * num_objectives,
        folder=path,
        overrides=overrides,
        started=_moment(_json(path / "run.json").get("started")),
        steps=[line for line in _lines(path / "metrics.jsonl") if isinstance(line, dict)],
    )


def _values(objective: Any, num: int) -> tuple[float | None, ...]:
    given: Sequence[Any] = objective if isinstance(objective, list) else [objective]
    numbers = [float(v) if isinstance(v, int | float) else None for v in given]
    return tuple([*numbers, *[None] * num][:num])


def _moment(text: Any) -> datetime.datetime | None:
    """Return a moment that a file holds in ISO form; one of no zone is the machine's own."""
    try:
        return datetime.datetime.fromisoformat(text).astimezone()
    except (TypeError, ValueError):
        return None


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _lines(path: Path) -> list[Any]:
    """Return the objects of a file of lines, None for a line that is not whole."""
    if not path.is_file():
        return []
    whole, _, _ = path.read_text(encoding="utf-8", errors="replace").rpartition("\n")
    return [_parsed(line) for line in whole.split("\n") if line.strip()]


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError:
        return None


def _yaml_list(path: Path) -> list[str]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, yaml.YAMLError, UnicodeDecodeError):
        return []
    return [str(one) for one in found] if isinstance(found, list) else []
