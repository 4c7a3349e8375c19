"""The time that training still takes, from what its steps and evaluations have taken so far."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from mathpal.preflight.duration import Duration
from mathpal.preflight.duration.schedule import times

FIRST = 10
"""Steps after which the estimate is noted, to be compared with the truth."""

WARM_UP = 1
"""Steps left out: in the first, memory is allocated, kernels are chosen or compiled."""


@dataclass
class Forecast:
    """What is known of the pace of training.

    A step is timed from its beginning to that of the next, without evaluations and checkpoints in
    between. The machine's other work may change: the pace is that of the newer half of the steps,
    but of no fewer than FIRST. Rows differ, and ten batches may be shorter than most: where their
    tokens are counted and the plan knows how many a step has on average, time goes by tokens.
    """

    num_steps: int
    to_come: Callable[[str, int], int]
    """Tell how many evaluations ("eval") or checkpoints ("save") come after a step."""
    step: int = 0
    """Of a resumed run, the one that it goes on from."""
    expected: Duration | None = None
    """The plan's estimate: what counts before anything was measured."""
    steps: list[float] = field(default_factory=list)
    tokens: list[tuple[int, float]] = field(default_factory=lambda: [(0, 0.0)])
    """The tokens of so many steps, wherever they were counted."""
    evaluations: list[float] = field(default_factory=list)
    checkpoints: list[float] = field(default_factory=list)

    def add(self, step: int, seconds: float) -> None:
        """Note how long a step took."""
        self.step = step
        self.steps.append(seconds)

    def count(self, num_tokens: float) -> None:
        """Note the tokens of all steps so far."""
        self.tokens.append((len(self.steps), num_tokens))

    @property
    def step_seconds(self) -> float | None:
        """Seconds a step, or None where neither a step nor the plan tells."""
        known = len(self.steps) - WARM_UP
        if known < 1:
            return None if self.expected is None else self.expected.step_seconds
        first = len(self.steps) - min(known, max(FIRST, known // 2))
        newer = self.steps[first:]
        mean = sum(newer) / len(newer)
        return mean * self._longer_than_measured(first)

    def _longer_than_measured(self, first: int) -> float:
        """Return how many times as many tokens as the steps since `first` a step is to have."""
        usual = None if self.expected is None else self.expected.step_tokens
        start, before = max(mark for mark in self.tokens if mark[0] <= first)
        end, after = self.tokens[-1]
        if usual is None or end - start < FIRST or after <= before:
            return 1.0
        return usual * (end - start) / (after - before)

    @property
    def seconds_left(self) -> float | None:
        """Seconds until training ends, evaluations and checkpoints included; None: not known."""
        pace = self.step_seconds
        if pace is None:
            return None
        # Where a step has just ended, what Trainer does after it is still to come.
        since = self.step - 1 if self.steps else self.step
        evaluations = self.to_come("eval", since) * self._evaluation_seconds(pace)
        checkpoints = self.to_come("save", since) * self._checkpoint_seconds()
        return (self.num_steps - self.step) * pace + evaluations + checkpoints

    def _evaluation_seconds(self, pace: float) -> float:
        """Return those measured, or else the plan's in so far as its steps took what it says."""
        if self.evaluations:
            return sum(self.evaluations) / len(self.evaluations)
        if self.expected is None:
            return 0.0
        return self.expected.evaluation_seconds * pace / self.expected.step_seconds

    def _checkpoint_seconds(self) -> float:
        if self.checkpoints:
            return sum(self.checkpoints) / len(self.checkpoints)
        return 0.0 if self.expected is None else self.expected.checkpoint_seconds


class Pace:
    """Time the steps, and what lies between them: a gap, an evaluation, a checkpoint."""

    def __init__(self, expected: Duration | None) -> None:
        self.expected = expected
        self.forecast = Forecast(0, lambda kind, step: 0)
        self.begun = 0.0
        self.saves = False
        self._step_begun = 0.0
        self._step_ended: float | None = None
        self._gap = 0.0
        self._evaluating = 0.0

    def begin(self, now: float, args: Any, state: Any, batches: Any) -> None:
        """Start at the state's step; `batches` are those of an epoch."""
        self.begun = now
        options = {
            "eval_strategy": args.eval_strategy,
            "eval_steps": state.eval_steps,
            "save_strategy": args.save_strategy,
            "save_steps": state.save_steps,
        }
        accumulation, last = args.gradient_accumulation_steps, state.max_steps
        epoch_steps = math.ceil(len(batches) / accumulation) if batches is not None else last
        to_come = partial(times, options=options, num_steps=last, epoch_steps=epoch_steps)
        self.forecast = Forecast(
            last, lambda kind, step: to_come(kind, step=step), state.global_step, self.expected
        )

    def begin_step(self, now: float) -> None:
        """Tell what the time since the last step went into."""
        self._step_begun = now
        if self._step_ended is not None:
            rest = now - self._step_ended - self._evaluating
            if self.saves:
                self.forecast.checkpoints.append(max(0.0, rest - self._gap))
            else:
                self._gap = rest
        self._evaluating, self.saves = 0.0, False

    def end_step(self, now: float, step: int) -> None:
        """Note a step, with a gap as the last one was."""
        self._step_ended = now
        self.forecast.add(step, now - self._step_begun + self._gap)

    def evaluated(self, now: float) -> None:
        """Note an evaluation that began when its step ended."""
        if self._step_ended is not None:
            self._evaluating = now - self._step_ended
            self.forecast.evaluations.append(self._evaluating)

    def end(self, now: float) -> float:
        """Stop; return the seconds since the beginning."""
        self._step_ended = None
        return now - self.begun
