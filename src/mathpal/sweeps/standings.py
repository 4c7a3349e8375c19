"""How the trials of a sweep stand: which run, how the others ended, and which are the best."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from mathpal.report import figure
from mathpal.report.parameters import labels, value_text
from mathpal.report.pareto import best, losses
from mathpal.report.trials import SPENT
from mathpal.sweeps.jobs import COMPLETE, RUNNING


@dataclass(frozen=True)
class Standing:
    """How a trial stands; replaced, never changed, as a thread of rich's draws it."""

    number: int
    parameters: Mapping[str, Any]
    began: float = 0.0
    elsewhere: bool = False
    """Whether another launch ran it."""
    state: str = RUNNING
    values: Sequence[float | None] = ()
    """One for each objective; of a trial that is not complete, the last reported."""
    seconds: float = 0.0
    step: int | None = None
    num_steps: int | None = None
    place: int = 0
    """How many trials had finished before it."""

    @property
    def is_running(self) -> bool:
        """Whether it has yet to end."""
        return self.state == RUNNING

    @property
    def progress(self) -> str:
        """The newest step reported, of how many."""
        if self.step is None:
            return ""
        return str(self.step) if self.num_steps is None else f"{self.step}/{self.num_steps}"

    def seconds_until(self, now: float) -> float:
        """Return how long it took, or has taken so far."""
        return now - self.began if self.is_running else self.seconds

    def figure(self, column: int, name: str) -> str:
        """Write the objective of a column; empty where there is none.

        >>> Standing(0, {}, state="pruned", values=[0.5]).figure(0, "eval_loss")
        'last 0.5000'
        """
        value = self.values[column] if column < len(self.values) else None
        if value is None:
            return ""
        text = figure(value, name)
        return text if self.state in (RUNNING, COMPLETE) else f"last {text}"

    def setting(self, key: str) -> str:
        """Write the value of a parameter; empty where the trial has none.

        >>> Standing(0, {"lr": 0.00019283746}).setting("lr")
        '0.0001928'
        """
        return one_line(value_text(self.parameters[key])) if key in self.parameters else ""


class Standings:
    """The trials of a sweep, which threads may change and read at the same time."""

    def __init__(self, directions: Sequence[str]) -> None:
        self.names: dict[str, str] = {}
        """Key of a parameter -> what it is called."""
        self.front: tuple[Standing, ...] = ()
        """The best complete trial, or of several objectives those that no other beats."""
        self._directions = directions
        self._trials: dict[int, Standing] = {}
        # Held for changes alone, never to print: rich's thread holds its own lock and draws.
        self._change = Lock()

    @property
    def trials(self) -> list[Standing]:
        """All, as they stand now."""
        return list(self._trials.values())

    @property
    def counts(self) -> Counter[str]:
        """How many trials are in each state."""
        return Counter(trial.state for trial in self.trials)

    @property
    def num_elsewhere(self) -> int:
        """How many of them other launches ran."""
        return sum(trial.elsewhere for trial in self.trials)

    def begin(self, trial: Standing) -> None:
        """Add a trial."""
        with self._change:
            if not trial.parameters.keys() <= self.names.keys():
                self.names = labels([*{**self.names, **trial.parameters}])
            self._trials[trial.number] = trial

    def report(self, number: int, step: int, num_steps: int | None, value: float | None) -> None:
        """Note how far a running trial is; others are left as they are.

        What a worker reported last may arrive after the trial's end.
        """
        with self._change:
            trial = self._trials.get(number)
            if trial is not None and trial.is_running:
                values = trial.values if value is None else (value,)
                self._trials[number] = replace(trial, step=step, num_steps=num_steps, values=values)

    def end(
        self, number: int, state: str, values: Sequence[float] | None, seconds: float
    ) -> Standing:
        """Note how a trial ended; one that ended before it could start has no parameters."""
        with self._change:
            trial = self._trials.get(number, Standing(number, {}))
            known = () if state == COMPLETE else trial.values
            trial = replace(
                trial,
                state=state,
                values=known if values is None else values,
                seconds=seconds,
                place=sum(not other.is_running for other in self.trials),
            )
            self._trials[number] = trial
            if state == COMPLETE:
                # By number, as the study and the report tell the best of equals.
                trials = sorted((*self.front, trial), key=lambda t: t.number)
                places = best([t.values for t in trials], self._directions)
                self.front = tuple(trials[place] for place in places)
            return trial

    def drop(self, number: int) -> None:
        """Forget a trial."""
        with self._change:
            self._trials.pop(number, None)

    def best_by(self, column: int) -> Standing:
        """Return the trial of the front that is best by one objective."""
        trials = self.front
        points = [losses(trial.values, self._directions) or () for trial in trials]
        return trials[min(range(len(trials)), key=lambda place: points[place][column])]

    def ranked(self) -> list[Standing]:
        """Return the running trials, the best, then the others with the newest first."""
        winners = {trial.number for trial in self.front}

        def rank(trial: Standing) -> tuple[int, int]:
            if trial.is_running:
                return 0, trial.number
            return 1 if trial.number in winners else 2, -trial.place

        return sorted(self.trials, key=rank)

    def seconds_left(self, total: int, num_slots: int, now: float) -> float | None:
        """Estimate from this launch's mean trial, or return None where nothing can be said."""
        trials = self.trials
        spent = [trial for trial in trials if trial.state in SPENT]
        took = [trial.seconds for trial in spent if not trial.elsewhere]
        if not took:
            return None
        mean = sum(took) / len(took)
        running = [max(0.0, mean - (now - t.began)) for t in trials if t.is_running]
        waiting = max(0, total - len(spent) - len(running))
        if not running and not waiting:
            return None
        # The slots share the work, but no trial is shared between slots.
        longest = mean if waiting else max(running)
        return max((sum(running) + waiting * mean) / num_slots, longest)


def one_line(text: str) -> str:
    r"""Write a text without line breaks and the control characters of terminals.

    >>> one_line("out of memory:\n  tried\t2 GB")
    'out of memory: tried 2 GB'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
