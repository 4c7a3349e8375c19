"""The trials of a sweep in Optuna's storage: which comes next, how each ended, which run again.

The storage is the only memory of a sweep. What is decided here is decided under a lock, and written
in an order that a kill between any two writes loses no trial and repeats none.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import Any

import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial

from mathpal.sweeps.jobs import (
    COMPLETE,
    FAILED,
    INTERRUPTED,
    KILLED,
    PRUNED,
    RUNNING,
    WAITING,
    Ending,
    figures_of,
    judge,
    seconds_of,
)
from mathpal.sweeps.spaces import Space

STATE, REASON, SECONDS, STARTED = "state", "reason", "seconds", "started"
FOLDER, OVERRIDES = "folder", "overrides"
RETRY_OF, NUM_RETRIES, DUPLICATE, BEAT = "retry_of", "num_retries", "duplicate", "beat"
"""What we note at a trial, as Optuna's user attributes; it cannot be changed once it has ended."""

WAS_DRAWN = {STATE, DUPLICATE}
"""One of them is at every trial whose point was drawn to the end."""

MOST_ASKS = 30
"""How often in a row a sampler is asked for a point that was not tried yet."""

ENDED = {COMPLETE: TrialState.COMPLETE, PRUNED: TrialState.PRUNED}
"""Our states -> Optuna's; all others are failures to it, which no sampler learns from."""


Drawn = tuple[optuna.Trial, dict[str, Any]]
"""A trial of Optuna's and its point."""


@dataclass(frozen=True)
class Claimed:
    """A trial to run now."""

    number: int
    parameters: dict[str, Any]


class Study:
    """The trials of a sweep."""

    def __init__(
        self,
        study: optuna.Study,
        space: Space,
        suggest: Callable[[optuna.Trial], dict[str, Any]],
        sampler: Callable[[int], optuna.samplers.BaseSampler] | None,
        *,
        num_trials: int,
        objectives: Sequence[str],
        max_retries: int,
        seconds_to_live: float,
        lock: Callable[[], AbstractContextManager[Any]],
        seed: int,
    ) -> None:
        """`suggest` draws a point; `sampler` makes one from a seed, None tries all in order.

        A trial of another launcher that gives no sign for `seconds_to_live` is taken for dead.
        """
        self.optuna = study
        self.space = space
        self.num_trials = num_trials
        self.objectives = list(objectives)
        self._suggest = suggest
        self._sampler = sampler
        self._max_retries = max_retries
        self._lock = lock
        self._seed = seed
        self._mine: dict[int, optuna.Trial] = {}
        self._seconds_to_live = seconds_to_live
        self._signs: dict[int, tuple[Any, float]] = {}
        self._keys: dict[int, frozenset[str]] = {}
        self._threads = threading.RLock()  # reports come from threads of their own

    def trials(self) -> list[FrozenTrial]:
        """Return the trials in order, without points that were drawn twice."""
        return [t for t in self._all() if STATE in t.user_attrs]

    def counted(self) -> list[FrozenTrial]:
        """Return the trials that count: finished, running or to run; not those that run again."""
        return _counted(self.trials())

    def ended(self) -> list[FrozenTrial]:
        """Return the trials that have ended, those that run again too."""
        return [t for t in self.trials() if t.state.is_finished()]

    def is_over(self) -> bool:
        """Tell whether no trial is running or waiting, here or at another launcher."""
        return all(t.state.is_finished() for t in self.trials())

    @property
    def is_grid(self) -> bool:
        """Whether every combination is tried in order."""
        return self._sampler is None

    def failed(self) -> list[FrozenTrial]:
        """Return the trials that failed for good."""
        return [t for t in self.counted() if t.state == TrialState.FAIL]

    def claim(self) -> Claimed | None:
        """Take the next trial; None where there is none to take, now or at all."""
        with self._threads, self._lock():
            drawn = self._next(self._all())
            if drawn is None:
                return None
            trial, parameters = drawn
            trial.set_user_attr(STATE, RUNNING)
            self._mine[trial.number] = trial
            return Claimed(trial.number, parameters)

    def note(self, number: int, **facts: Any) -> None:
        """Note facts about one of the running trials."""
        # Optuna's RuntimeError: another launcher took the trial for dead, and has ended it.
        with self._threads, suppress(RuntimeError):
            for name, value in facts.items():
                self._mine[number].set_user_attr(name, value)

    def report(self, number: int, step: int, value: float) -> bool:
        """Note what a trial came to so far; return whether it is to stop."""
        with self._threads:
            trial = self._mine.get(number)
            if trial is None or len(self.objectives) > 1:
                return False
            try:
                trial.report(value, step)
            except RuntimeError:  # as above: it runs again elsewhere
                return True
            return trial.should_prune()

    def tell(self, ending: Ending) -> str | None:
        """Note how a trial ended; one that was killed or interrupted is queued again.

        Returns the state that it is in now; None where another launcher took it for dead before.
        """
        with self._threads, self._lock():
            trial = self._mine.pop(ending.number)
            frozen = self._all()[trial.number]
            return None if frozen.state.is_finished() else self._end(frozen, ending)

    def is_running(self) -> bool:
        """Tell whether a trial is running here."""
        return bool(self._mine)

    def release(self) -> list[int]:
        """Let go of what is running here: the sweep is ending. Returns the trials' numbers.

        What did finish is told; all else is queued again.
        """
        with self._threads:
            numbers = list(self._mine)
            for number in numbers:
                self.tell(self._left_behind(self._all()[number], "the sweep was stopped"))
            return numbers

    def retry_failed(self) -> None:
        """Queue the trials that failed again, as if they had not been tried."""
        with self._threads, self._lock():
            for trial in self.failed():
                self._queue(parameters_of(trial), {RETRY_OF: trial.number, NUM_RETRIES: 0})

    def recover(self, *, all_running: bool) -> list[FrozenTrial]:
        """Take up trials whose launcher is gone: those that did finish are told, others run again.

        `all_running`: no other launcher is at work, so that whatever runs was left behind. Returns
        the trials that were taken up.
        """
        with self._threads, self._lock():
            running = [t for t in self._all() if t.state == TrialState.RUNNING]
            others = [t for t in running if t.number not in self._mine]
            left = [t for t in others if all_running or self._gives_no_sign(t)]
            for trial in left:
                self._end(trial, self._left_behind(trial))
            return [t for t in left if STATE in t.user_attrs]

    def beat(self) -> None:
        """Give a sign that the running trials are being carried out."""
        with self._threads:
            for number in self._mine:
                self.note(number, **{BEAT: time.time()})

    def best(self) -> list[FrozenTrial]:
        """Return the best trial; of several objectives the Pareto front; of none an empty list."""
        complete = [t for t in self.trials() if t.state == TrialState.COMPLETE]
        if not complete:
            return []
        if len(self.objectives) > 1:
            return sorted(self.optuna.best_trials, key=lambda t: t.number)
        sign = -1 if self.directions == ["maximize"] else 1
        return [min(complete, key=lambda t: (sign * t.values[0], t.number))]

    @property
    def directions(self) -> list[str]:
        """The direction of each objective: minimize or maximize."""
        names = {StudyDirection.MINIMIZE: "minimize", StudyDirection.MAXIMIZE: "maximize"}
        return [names[direction] for direction in self.optuna.directions]

    def _all(self) -> list[FrozenTrial]:
        return self.optuna.get_trials(deepcopy=False)

    def _next(self, trials: Sequence[FrozenTrial]) -> Drawn | None:
        """Make a trial of a point that waits, or else of one that was not tried yet."""
        noted = [t for t in trials if STATE in t.user_attrs]
        if any(t.state == TrialState.WAITING for t in noted):
            return self._ask()
        if len(_counted(noted)) >= self.num_trials:
            return None
        new = [t for t in noted if t.number not in self._keys]
        self._keys |= {t.number: self._key(parameters_of(t)) for t in new}
        tried = set(self._keys.values())
        if self._sampler is None:
            return self._first_new(tried)
        drawn = self._draw(self._sampler, trials, tried)
        if drawn is None and self._is_finite(noted):
            drawn = self._first_new(tried)
        return drawn

    def _draw(
        self,
        sampler: Callable[[int], optuna.samplers.BaseSampler],
        trials: Sequence[FrozenTrial],
        tried: set[frozenset[str]],
    ) -> Drawn | None:
        """Ask a sampler for a point; None where all that it drew of late were tried before."""
        facts = [t.user_attrs for t in trials]
        repeats = [DUPLICATE in f for f in facts if RETRY_OF not in f and f.keys() & WAS_DRAWN]
        asks = MOST_ASKS - len(list(takewhile(bool, reversed(repeats))))
        for number in range(len(repeats), len(repeats) + asks):
            # A sampler of its own for every draw: after a restart the same draws follow.
            self.optuna.sampler = sampler(self._seed + number)
            trial, parameters = self._ask()
            if self._key(parameters) not in tried:
                return trial, parameters
            trial.set_user_attr(DUPLICATE, True)
            self.optuna.tell(trial, state=TrialState.FAIL)
        return None

    def _is_finite(self, noted: Sequence[FrozenTrial]) -> bool:
        """Tell whether the grid of the space has all points, a user's own parameters too."""
        known = self.space.parameters.keys()
        return self.space.num_points() is not None and all(
            parameters_of(t).keys() <= known for t in noted
        )

    @cached_property
    def _points(self) -> Iterator[Mapping[str, Any]]:
        """The points of a finite space, each looked at once: what was tried stays tried."""
        points = self.space.grid()
        if self._sampler is not None:
            random.Random(self._seed).shuffle(points)
        return iter(points)

    def _first_new(self, tried: set[frozenset[str]]) -> Drawn | None:
        for point in self._points:
            if self._key(point) not in tried:
                self._queue(self.space.values(point), {})
                return self._ask()
        return None

    def _ask(self) -> Drawn:
        trial = self.optuna.ask()
        return trial, self._suggest(trial)

    def _key(self, point: Mapping[str, Any]) -> frozenset[str]:
        """Return what points that are the same have in common: their overrides."""
        return frozenset(self.space.overrides(point))

    def _queue(self, parameters: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        self.optuna.add_trial(
            create_trial(
                state=TrialState.WAITING,
                system_attrs={"fixed_params": dict(parameters)},
                user_attrs={STATE: WAITING, **facts},
            )
        )

    def _end(self, trial: FrozenTrial, ending: Ending) -> str:
        """Write how a trial ended: its next try before its end, and its end after all else."""
        state, reason = ending.state, ending.reason
        retries = int(trial.user_attrs.get(NUM_RETRIES, 0)) + (state == KILLED)
        if retries > self._max_retries:
            state, reason = FAILED, f"{reason} ({retries} times)"
        if state in (KILLED, INTERRUPTED):
            state = KILLED
            if STATE in trial.user_attrs and not self._runs_again(trial.number):
                self._queue(parameters_of(trial), {RETRY_OF: trial.number, NUM_RETRIES: retries})
        storage, number = self.optuna._storage, trial._trial_id
        if ending.values is not None:
            storage.set_trial_values(number, ending.values)
        storage.set_trial_user_attr(number, SECONDS, round(ending.seconds, 3))
        storage.set_trial_user_attr(number, REASON, reason)
        if STATE in trial.user_attrs:  # else it was being drawn, and will be drawn again
            storage.set_trial_user_attr(number, STATE, state)
        self.optuna.tell(trial.number, ending.values, ENDED.get(state, TrialState.FAIL))
        return state

    def _runs_again(self, number: int) -> bool:
        return any(t.user_attrs.get(RETRY_OF) == number for t in self._all())

    def _left_behind(self, trial: FrozenTrial, why: str = "its launcher was killed") -> Ending:
        """Return the ending of a trial that nobody told of, by what it wrote."""
        number, facts = trial.number, trial.user_attrs
        state = facts.get(STATE)
        if state in (COMPLETE, PRUNED, FAILED):  # all but Optuna's own state was written
            values = trial.values if state == COMPLETE else None
            return Ending(number, state, values, facts[REASON], facts[SECONDS])
        folder = facts.get(FOLDER)
        values = figures_of(Path(folder), self.objectives) if folder else None
        seconds = 0.0 if folder is None else seconds_of(Path(folder))
        if values is None or self._runs_again(number):
            return Ending(number, INTERRUPTED, None, why, seconds)
        return judge(number, self.objectives, values, seconds)

    def _gives_no_sign(self, trial: FrozenTrial) -> bool:
        """Tell whether a trial has given no sign for long; clocks of machines are not compared."""
        sign, now = trial.user_attrs.get(BEAT), time.monotonic()
        before, since = self._signs.get(trial.number, (None, now))
        self._signs[trial.number] = (sign, since if sign == before else now)
        return now - self._signs[trial.number][1] > self._seconds_to_live


def parameters_of(trial: FrozenTrial) -> dict[str, Any]:
    """Return the point that a trial is, also of one that waits or was only just taken."""
    return {**trial.system_attrs.get("fixed_params", {}), **trial.params}


def _counted(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """Return the trials that are not run again."""
    again = {t.user_attrs[RETRY_OF] for t in trials if RETRY_OF in t.user_attrs}
    return [t for t in trials if t.user_attrs[STATE] != KILLED and t.number not in again]
