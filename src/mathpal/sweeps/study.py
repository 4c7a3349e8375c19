"""The trials of a sweep in Optuna's storage: which comes next, how each ended, which run again.

The storage is the only memory of a sweep. What is decided here is decided under a lock, and written
in an order that a kill between any two writes loses no trial and repeats none.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
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

MOST_ASKS = 30
"""How often a sampler is asked for a point that was not tried yet."""

ENDED = {COMPLETE: TrialState.COMPLETE, PRUNED: TrialState.PRUNED}
"""Our states -> Optuna's; all others are failures to it, which no sampler learns from."""


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
        self._threads = threading.RLock()  # reports come from threads of their own

    def trials(self) -> list[FrozenTrial]:
        """Return the trials in order, without points that were drawn twice."""
        return [t for t in self._all() if STATE in t.user_attrs]

    def counted(self) -> list[FrozenTrial]:
        """Return the trials that count: finished, running or to run; not those that run again."""
        return [t for t in self.trials() if t.user_attrs[STATE] != KILLED]

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
            waiting = [t for t in self.trials() if t.state == TrialState.WAITING]
            if not waiting and len(self.counted()) >= self.num_trials:
                return None
            if waiting:
                trial = self.optuna.ask()
                parameters = self._suggest(trial)
            else:
                drawn = self._draw()
                if drawn is None:
                    return None
                trial, parameters = drawn
            trial.set_user_attr(STATE, RUNNING)
            self._mine[trial.number] = trial
            return Claimed(trial.number, parameters)

    def note(self, number: int, **facts: Any) -> None:
        """Note facts about one of the running trials."""
        for name, value in facts.items():
            self._mine[number].set_user_attr(name, value)

    def report(self, number: int, step: int, value: float) -> bool:
        """Note what a trial came to so far; return whether it is to stop."""
        with self._threads:
            trial = self._mine.get(number)
            if trial is None:
                return False
            trial.report(value, step)
            return trial.should_prune()

    def tell(self, ending: Ending) -> str | None:
        """Note how a trial ended; one that was killed or interrupted is queued again.

        Returns the state that it is in now; None where another launcher took it for dead before.
        """
        with self._threads, self._lock():
            trial = self._mine.pop(ending.number)
            frozen = self._all()[trial.number]
            return None if frozen.state.is_finished() else self._end(frozen, ending)

    def release(self) -> None:
        """Queue what is running here again: the sweep is ending before it has."""
        for number in list(self._mine):
            self.tell(Ending(number, INTERRUPTED, None, "the sweep was stopped"))

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
            for trial in self._mine.values():
                trial.set_user_attr(BEAT, time.time())

    def best(self) -> list[FrozenTrial]:
        """Return the best trial; of several objectives the Pareto front; of none an empty list."""
        if not any(t.state == TrialState.COMPLETE for t in self.trials()):
            return []
        if len(self.objectives) == 1:
            return [self.optuna.best_trial]
        return sorted(self.optuna.best_trials, key=lambda t: t.number)

    @property
    def directions(self) -> list[str]:
        """The direction of each objective: minimize or maximize."""
        names = {StudyDirection.MINIMIZE: "minimize", StudyDirection.MAXIMIZE: "maximize"}
        return [names[direction] for direction in self.optuna.directions]

    def _all(self) -> list[FrozenTrial]:
        return self.optuna.get_trials(deepcopy=False)

    def _draw(self) -> tuple[optuna.Trial, dict[str, Any]] | None:
        """Make a trial of a point that was not tried yet; None where there is none left."""
        tried = [parameters_of(t) for t in self.trials()]
        if self._sampler is None:
            return self._first_new(self.space.grid(), tried)
        for _ in range(MOST_ASKS):
            # A sampler of its own for every draw: after a restart the same draws follow.
            self.optuna.sampler = self._sampler(self._seed + self._num_drawn())
            trial = self.optuna.ask()
            parameters = self._suggest(trial)
            if not any(self.space.same(parameters, other) for other in tried):
                return trial, parameters
            trial.set_user_attr(DUPLICATE, True)
            self.optuna.tell(trial, state=TrialState.FAIL)
        if self.space.num_points() is None:
            return None
        points = self.space.grid()
        random.Random(self._seed + self._num_drawn()).shuffle(points)
        return self._first_new(points, tried)

    def _first_new(
        self, points: Sequence[Mapping[str, Any]], tried: Sequence[Mapping[str, Any]]
    ) -> tuple[optuna.Trial, dict[str, Any]] | None:
        for point in points:
            if not any(self.space.same(point, other) for other in tried):
                self._queue(self.space.values(point), {})
                trial = self.optuna.ask()
                return trial, self._suggest(trial)
        return None

    def _num_drawn(self) -> int:
        """Return how many points have been drawn, whatever became of them."""
        facts = [t.user_attrs for t in self._all()]
        return sum(RETRY_OF not in f and (STATE in f or DUPLICATE in f) for f in facts)

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
        facts = {SECONDS: round(ending.seconds, 3), REASON: reason}
        if STATE in trial.user_attrs:  # else it was being drawn, and will be drawn again
            facts[STATE] = state
        for name, value in facts.items():
            self.optuna._storage.set_trial_user_attr(trial._trial_id, name, value)
        self.optuna.tell(trial.number, ending.values, ENDED.get(state, TrialState.FAIL))
        return state

    def _runs_again(self, number: int) -> bool:
        return any(t.user_attrs.get(RETRY_OF) == number for t in self._all())

    def _left_behind(self, trial: FrozenTrial) -> Ending:
        """Return the ending of a trial whose launcher is gone, by what is in its folder."""
        folder = trial.user_attrs.get(FOLDER)
        values = figures_of(Path(folder), self.objectives) if folder else None
        seconds = 0.0 if folder is None else seconds_of(Path(folder))
        if values is None:
            return Ending(trial.number, INTERRUPTED, None, "its launcher was killed", seconds)
        return judge(trial.number, self.objectives, values, seconds)

    def _gives_no_sign(self, trial: FrozenTrial) -> bool:
        """Tell whether a trial has given no sign for long; clocks of machines are not compared."""
        sign, now = trial.user_attrs.get(BEAT), time.monotonic()
        before, since = self._signs.get(trial.number, (None, now))
        self._signs[trial.number] = (sign, since if sign == before else now)
        return now - self._signs[trial.number][1] > self._seconds_to_live


def parameters_of(trial: FrozenTrial) -> dict[str, Any]:
    """Return the point that a trial is, also of one that waits."""
    return trial.params or dict(trial.system_attrs.get("fixed_params", {}))
