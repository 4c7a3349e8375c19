"""The parameters that a sweep searches: their ranges, and where a value lies in one."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Parameter:
    """One key that a sweep sets, with all values that it may have."""

    key: str
    choices: tuple[str, ...] = ()
    """The values of a category in order; empty where it is a number."""
    low: float = 0.0
    high: float = 0.0
    is_log: bool = False
    is_int: bool = False
    condition: tuple[str, frozenset[str]] | None = None
    """Another key, and its values with which this one is used at all; None: always."""

    @property
    def is_choice(self) -> bool:
        """Whether its values have no order."""
        return bool(self.choices)

    @property
    def is_fixed(self) -> bool:
        """Whether it has one value alone."""
        return len(self.choices) == 1 or (not self.choices and self.low == self.high)

    def position(self, value: Any) -> float | None:
        """Return where a value lies between the ends, 0 to 1; None where there is no value.

        >>> Parameter("lr", low=1e-4, high=1e-2, is_log=True).position(0.01)
        1.0
        >>> Parameter("lora", choices=("r8", "r16", "r32")).position("r32")
        1.0
        """
        if value is None or self.is_fixed:
            return None if value is None else 0.5
        if self.is_choice:
            return self.choices.index(self.text(value)) / (len(self.choices) - 1)
        number = as_number(value)
        if number is None:
            return None
        if self.is_log:
            start, end = math.log(self.low), math.log(self.high)
            return (math.log(number) - start) / (end - start)
        return (number - self.low) / (self.high - self.low)

    def text(self, value: Any) -> str:
        """Write a value, that of a category as its choice is written.

        >>> Parameter("dropout", choices=("0.0", "1e-05")).text(1e-5)
        '1e-05'
        """
        text = value_text(value)
        if text in self.choices or as_number(value) is None:
            return text
        return next((c for c in self.choices if as_number(c) == as_number(value)), text)


def read_parameters(
    declared: Mapping[str, Mapping[str, Any]],
    conditions: Mapping[str, str],
    used: Sequence[Mapping[str, Any]],
) -> list[Parameter]:
    """Return the parameters of sweep.json, wide enough for every value that a trial had.

    Args:
        declared: key -> its kind and range; keys that only trials have are added.
        conditions: key -> "otherkey=value,value".
        used: the values of each trial.
    """
    keys = dict.fromkeys([*declared, *(key for values in used for key in values)])
    return [
        _parameter(
            key,
            declared.get(key, {}),
            conditions.get(key),
            [values[key] for values in used if values.get(key) is not None],
        )
        for key in keys
    ]


def labels(keys: Sequence[str]) -> dict[str, str]:
    """Return the last part of each dotted key, or the whole key where two would be the same.

    >>> labels(["trainer.learning_rate", "a.r", "b.r"])
    {'trainer.learning_rate': 'learning_rate', 'a.r': 'a.r', 'b.r': 'b.r'}
    """
    ends = [key.rpartition(".")[2] for key in keys]
    return {key: end if ends.count(end) == 1 else key for key, end in zip(keys, ends, strict=True)}


def value_text(value: Any) -> str:
    """Write a parameter's value with the digits that tell it from others.

    >>> value_text(1.25e-05), value_text(0.30000000000000004), value_text(True), value_text("r8")
    ('1.25e-5', '0.3', 'true', 'r8')
    """
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float):
        return re.sub(r"e([+-])0*", lambda m: "e" + m[1].strip("+"), f"{value:.4g}")
    return str(value)


def as_number(value: Any) -> float | None:
    """Return a finite number that a file holds, be it as a text; None for anything else.

    >>> as_number("1e-3"), as_number(True), as_number("r8"), as_number(float("nan"))
    (0.001, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _parameter(
    key: str, declared: Mapping[str, Any], condition: str | None, values: Sequence[Any]
) -> Parameter:
    parent, _, allowed = (condition or "").partition("=")
    needs = (parent, frozenset(allowed.split(","))) if condition else None
    numbers = [n for value in values if (n := as_number(value)) is not None]
    ends = [n for end in ("low", "high") if (n := as_number(declared.get(end))) is not None]
    kind = declared.get("kind")
    if kind == "choice" or len(numbers) < len(values) or not (numbers or ends):
        known = [value_text(choice) for choice in declared.get("choices") or ()]
        seen = [Parameter(key, tuple(known)).text(value) for value in values]
        return Parameter(key, tuple(dict.fromkeys([*known, *seen])) or ("–",), condition=needs)
    low, high = min(numbers + ends), max(numbers + ends)
    return Parameter(
        key,
        low=low,
        high=high,
        is_log=bool(declared.get("log")) and low > 0,
        is_int=kind == "int",
        condition=needs,
    )
