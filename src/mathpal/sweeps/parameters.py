"""What one override of a sweep searches: choices, or the numbers between two bounds.

A value is kept as the text behind `KEY=`, and always reads back as what the user wrote:
`choice('1',[a,b])` has the texts `'1'` (a string) and `[a,b]`.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import Any, Protocol

from hydra.core.override_parser.types import (
    ChoiceSweep,
    FloatRange,
    Glob,
    IntervalSweep,
    Override,
    RangeSweep,
    Sweep,
)

from mathpal.errors import RequestError, did_you_mean
from mathpal.sweeps.texts import written

MAX_VALUES = 1_000_000
"""Above this, a range is refused: nobody runs so many trials."""

NEAR = 1e-6
"""In steps: how far from a value of a stepped interval a number may lie and still mean it."""

Options = Callable[[str], list[str]]
"""Config group -> the names of its options."""


class Suggests(Protocol):
    """What is asked of Optuna's trials."""

    def suggest_categorical(self, name: str, choices: Sequence[str]) -> Any: ...
    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float: ...
    def suggest_int(
        self, name: str, low: int, high: int, step: int = 1, log: bool = False
    ) -> int: ...


@dataclass(frozen=True)
class Choice:
    """One of several values."""

    choices: tuple[str, ...]
    """The texts as they stand behind `KEY=`, in the order of the grid."""

    def num_values(self) -> int:
        """Return how many values there are."""
        return len(self.choices)

    def texts(self) -> list[str]:
        """Return the text of every value, in the order of the grid."""
        return list(self.choices)

    def text(self, value: Any) -> str:
        """Return what stands behind `KEY=` for a value."""
        return value if isinstance(value, str) else written(value)

    def suggest(self, key: str, trial: Suggests) -> str:
        """Ask a trial for a value."""
        # Optuna refuses to resume a study whose choices have moved, as shuffle() moves them.
        return str(trial.suggest_categorical(key, sorted(set(self.choices))))

    def value(self, text: str) -> str:
        """Return what `suggest` gives for a text of the grid."""
        return text

    def first(self) -> str:
        """Return the first value, as `suggest` gives it."""
        return self.choices[0]

    def describe(self) -> dict[str, Any]:
        """Return the choice as sweep.json shows it."""
        return {"kind": "choice", "choices": list(self.choices)}


@dataclass(frozen=True)
class Interval:
    """A number between two bounds, both included."""

    low: float
    high: float
    log: bool = False
    """Whether values are drawn evenly by their logarithm."""
    whole: bool = False
    """Whether only whole numbers are meant; the bounds are then int."""
    step: float | None = None
    """From one value to the next; negative: the grid runs from `high` down."""

    def num_values(self) -> int | None:
        """Return how many values there are; None: no end of them."""
        if self.whole:
            return len(self._whole_numbers())
        if self.step is None:
            return None
        return math.floor((self.high - self.low) / abs(self.step) + NEAR) + 1

    def texts(self) -> list[str]:
        """Return the text of every value, in the order of the grid; none where there is no end."""
        values = self._whole_numbers() if self.whole else self._stepped()
        return [repr(value) for value in values]

    def text(self, value: Any) -> str:
        """Return what stands behind `KEY=` for a number, or for its text."""
        if self.whole:
            return str(int(value) if isinstance(value, str) else round(value))
        number = float(value)
        # Optuna rounds its multiples of a step otherwise than Hydra: 0.30000000000000004.
        if values := self._stepped():
            assert self.step is not None
            index = round((number - values[0]) / self.step)
            nearest = values[min(max(index, 0), len(values) - 1)]
            if abs(nearest - number) <= abs(self.step) * NEAR:
                return repr(nearest)
        return repr(number)

    def suggest(self, key: str, trial: Suggests) -> float:
        """Ask a trial for a number."""
        if self.whole:
            step = int(abs(self.step or 1))
            return int(trial.suggest_int(key, int(self.low), int(self.high), step, self.log))
        if self.step is None:
            return float(trial.suggest_float(key, self.low, self.high, log=self.log))
        low, high = self._decimal_bounds()
        return float(trial.suggest_float(key, low, high, step=abs(self.step)))

    def value(self, text: str) -> float:
        """Return what `suggest` gives for a text of the grid."""
        if self.whole:
            return int(text)
        # Added up, the last value may lie a little beyond the bound that Optuna is told.
        low, high = self._decimal_bounds()
        return min(max(float(text), low), high)

    def first(self) -> float:
        """Return the low bound, as `suggest` gives it."""
        return int(self.low) if self.whole else self._decimal_bounds()[0]

    def describe(self) -> dict[str, Any]:
        """Return the interval as sweep.json shows it."""
        return {
            "kind": "int" if self.whole else "float",
            "low": self.low,
            "high": self.high,
            "log": self.log,
            "step": None if self.step is None else abs(self.step),
        }

    def _whole_numbers(self) -> range:
        low, high, step = int(self.low), int(self.high), int(self.step or 1)
        return range(low, high + 1, step) if step > 0 else range(high, low - 1, step)

    def _stepped(self) -> tuple[float, ...]:
        if self.step is None:
            return ()
        start = self.low if self.step > 0 else self.high
        return _multiples(start, self.step, self.num_values() or 0)

    def _decimal_bounds(self) -> tuple[float, float]:
        # Optuna checks in decimals that the steps lead from one bound to the other, and leaves out
        # the last value where they do not.
        if self.step is None:
            return float(self.low), float(self.high)
        start = Decimal(str(self.low if self.step > 0 else self.high))
        end = start + (len(self._stepped()) - 1) * Decimal(str(self.step))
        return float(min(start, end)), float(max(start, end))


Parameter = Choice | Interval


def read(override: Override, options: Options) -> Parameter | None:
    """Return what an override sweeps over; None where it is fixed.

    Raises: RequestError.
    """
    text, value = override.input_line, override.value()
    elements = value.list if isinstance(value, ChoiceSweep) else value
    if isinstance(elements, list | dict) and any(_sweeps(elements)):
        raise RequestError(
            f"{text}: a sweep stands inside another or inside a value; sweep whole values"
        )
    if not override.is_sweep_override():
        return None
    if override.is_delete():
        raise RequestError(f"{text}: what is taken away cannot be swept; leave out the ~")
    if isinstance(value, IntervalSweep):
        return _interval(override, value)
    if isinstance(value, Sweep) and "log" in value.tags:
        raise RequestError(f"{text}: log needs an interval: tag(log, interval(LOW,HIGH))")
    if isinstance(value, RangeSweep):
        return _range(override, value)
    if isinstance(value, Glob):
        return Choice(tuple(written(name) for name in _matches(override, value, options)))
    return Choice(tuple(written(element) for element in override.sweep_iterator()))


def _sweeps(value: Any) -> Iterator[Sweep | Glob]:
    if isinstance(value, Sweep | Glob):
        yield value
    elif isinstance(value, list | dict):
        for element in value.values() if isinstance(value, dict) else value:
            yield from _sweeps(element)


def _matches(override: Override, glob: Glob, options: Options) -> list[str]:
    names = options(override.key_or_group)
    matching = list(glob.filter(names))
    if not matching:
        there = f"its options are {', '.join(names)}" if names else "it has no options"
        raise RequestError(
            f"{override.input_line}: nothing of {override.key_or_group} matches; {there}"
        )
    return matching


def _interval(override: Override, sweep: IntervalSweep) -> Interval:
    text, low, high = override.input_line, sweep.start, sweep.end
    assert low is not None
    assert high is not None
    if unknown := sorted(sweep.tags - {"log"}):
        raise RequestError(
            f"{text}: an interval has no tag {unknown[0]!r}, only log."
            f"{did_you_mean(unknown[0], ['log'])}"
        )
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RequestError(f"{text}: the bounds of an interval are finite numbers")
    if low > high:
        raise RequestError(f"{text}: the interval is upside down; write interval({high!r},{low!r})")
    if low == high:
        key = override.get_key_element()
        raise RequestError(f"{text}: the interval is empty; write {key}={low!r} for one value")
    log = "log" in sweep.tags
    if log and low <= 0:
        raise RequestError(f"{text}: log needs bounds above 0, not {low!r}")
    whole = isinstance(low, int) and isinstance(high, int)
    return Interval(low, high, log=log, whole=whole)


def _range(override: Override, sweep: RangeSweep) -> Parameter:
    text, start, stop, step = override.input_line, sweep.start, sweep.stop, sweep.step
    assert start is not None
    assert stop is not None
    if step == 0:
        raise RequestError(f"{text}: the step of a range is not 0")
    if not all(abs(number) <= sys.float_info.max for number in (start, stop, step)):
        raise RequestError(f"{text}: a range is made of finite numbers")
    size = (stop - start) / step
    if size <= 0:
        raise RequestError(
            f"{text}: the range is empty; it runs from {start!r} by {step!r} and stops "
            f"before {stop!r}"
        )
    if size > MAX_VALUES:
        raise RequestError(
            f"{text}: the range has more than {MAX_VALUES:,} values; take a larger step, or "
            f"interval({min(start, stop)!r},{max(start, stop)!r})"
        )
    values = list(sweep.range())
    if sweep.shuffle:
        return Choice(tuple(written(value) for value in override.sweep_iterator()))
    whole = isinstance(values[0], int)
    return Interval(min(values), max(values), whole=whole, step=step if whole else float(step))


@lru_cache(maxsize=64)
def _multiples(start: float, step: float, count: int) -> tuple[float, ...]:
    """Return the values of a float range, added up as Hydra adds them."""
    return tuple(islice(FloatRange(start, math.copysign(math.inf, step), step), count))
