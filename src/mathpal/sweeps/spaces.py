"""What a sweep searches: Hydra's sweep overrides as a space of points, and points as overrides.

A parameter is what one override sweeps over; conditions tell which are active in a point.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from hydra.core.override_parser.types import Override

from mathpal.errors import RequestError
from mathpal.sweeps import parameters as sweep_parameters
from mathpal.sweeps.conditions import Condition, Defaults, Given, resolve
from mathpal.sweeps.parameters import Choice, Interval, Options, Parameter, Suggests
from mathpal.sweeps.texts import parsed, written

MAX_POINTS = 1_000_000
"""Above this, a grid is refused: nobody runs so many trials."""


@dataclass(frozen=True)
class Space:
    """The parameters of a sweep. A point gives a value to each that is active."""

    parameters: dict[str, Parameter]
    """Key or group, without a plus -> its values, in the order given."""
    fixed: tuple[str, ...] = ()
    """The overrides that are not swept, as written."""
    conditions: dict[str, Condition] = field(default_factory=dict)
    """Key -> when it is active; keys that are not here always are."""
    pluses: dict[str, str] = field(default_factory=dict)
    """Key -> the `+` or `++` that it is written with."""

    def num_points(self) -> int | None:
        """Return the number of points; None where an interval has no end of them."""
        if self._endless():
            return None
        return math.prod(self._num_points(k) for k in self.parameters if k not in self.conditions)

    def grid(self) -> list[dict[str, str]]:
        """Return every point, in the order of Hydra's own sweeper: the last key changes first.

        Raises: RequestError where there is no end of points, or where they are too many.
        """
        if endless := self._endless():
            raise RequestError([_no_grid(key) for key in endless])
        if (count := self.num_points() or 0) > MAX_POINTS:
            raise RequestError(
                f"the grid has {count:,} points; a grid takes up to {MAX_POINTS:,}: "
                "take values away, or choose a sampler"
            )
        texts = {key: parameter.texts() for key, parameter in self.parameters.items()}
        indices: list[dict[str, int]] = [{}]
        for key in self._parents_first():
            indices = [point | more for point in indices for more in self._next(key, point, texts)]
        # An inactive parameter stands where its first value would stand.
        indices.sort(key=lambda point: [point.get(key, 0) for key in self.parameters])
        return [{k: texts[k][p[k]] for k in self.parameters if k in p} for p in indices]

    def first(self) -> dict[str, Any]:
        """Return the point of first choices and low bounds, even of a space without end."""
        return self._point(lambda key: self.parameters[key].first())

    def suggest(self, trial: Suggests) -> dict[str, Any]:
        """Ask a trial for a value of every active parameter, parents before children."""
        return self._point(lambda key: self.parameters[key].suggest(key, trial))

    def values(self, point: Mapping[str, str]) -> dict[str, Any]:
        """Return a point of the grid with the values that `suggest` would give."""
        return {key: self.parameters[key].value(text) for key, text in point.items()}

    def overrides(self, parameters: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the overrides of a point: the fixed ones, then those of the given parameters.

        Parameters that are not of the space, as a custom search space suggests them, come last.
        """
        swept = [key for key in self.parameters if key in parameters]
        further = [key for key in parameters if key not in self.parameters]
        written_out = (
            f"{self.pluses.get(key, '')}{key}={self._text(key, parameters[key])}"
            for key in (*swept, *further)
        )
        return (*self.fixed, *written_out)

    def describe(self) -> dict[str, dict[str, Any]]:
        """Return the parameters as sweep.json shows them."""
        return {key: parameter.describe() for key, parameter in self.parameters.items()}

    def describe_conditions(self) -> dict[str, str]:
        """Return the conditions as sweep.json shows them: `optimizer=adamw,lion`."""
        return {key: f"{c.key}={','.join(c.values)}" for key, c in self.conditions.items()}

    def _point(self, value_of: Callable[[str], Any]) -> dict[str, Any]:
        point: dict[str, Any] = {}
        for key in self._parents_first():
            if self._is_active(key, point):
                point[key] = value_of(key)
        return {key: point[key] for key in self.parameters if key in point}

    def _text(self, key: str, value: Any) -> str:
        parameter = self.parameters.get(key)
        return written(value) if parameter is None else parameter.text(value)

    def _endless(self) -> list[str]:
        return [key for key, p in self.parameters.items() if p.num_values() is None]

    def _num_points(self, key: str) -> int:
        """Return the number of points of a parameter with all that depends on it."""
        parameter = self.parameters[key]
        children = [child for child, condition in self.conditions.items() if condition.key == key]
        if isinstance(parameter, Interval):
            return parameter.num_values() or 0
        return sum(
            math.prod(
                self._num_points(child)
                for child in children
                if choice in self.conditions[child].values
            )
            for choice in parameter.choices
        )

    def _parents_first(self) -> list[str]:
        def depth(key: str) -> int:
            return 1 + depth(self.conditions[key].key) if key in self.conditions else 0

        return sorted(self.parameters, key=depth)

    def _is_active(self, key: str, point: Mapping[str, Any]) -> bool:
        condition = self.conditions.get(key)
        return condition is None or point.get(condition.key) in condition.values

    def _next(
        self, key: str, point: dict[str, int], texts: dict[str, list[str]]
    ) -> list[dict[str, int]]:
        named = {k: texts[k][index] for k, index in point.items()}
        if not self._is_active(key, named):
            return [{}]
        return [{key: index} for index in range(len(texts[key]))]


def read(
    overrides: Sequence[str],
    options: Options,
    conditions: Mapping[str, str] | None = None,
    defaults: Defaults = lambda key: None,
) -> Space:
    """Turn overrides into a space; a later override of a key replaces an earlier one.

    `conditions` are written like overrides: `{"trainer.adam_beta2": "optimizer=adamw,lion"}`
    makes a parameter active only where `optimizer` has one of those values. Where `optimizer` is
    not swept, its fixed value, or what it is by `defaults`, keeps the parameter or drops it.

    Raises: RequestError with every problem found.
    """
    by_key, unreadable, problems = _parse(overrides)
    given, wrong = _given(by_key, unreadable, options)
    resolved = resolve(conditions or {}, given, options, defaults)
    if problems := [*problems, *wrong, *resolved.problems]:
        raise RequestError(problems)
    latest = {key: replaced[-1] for key, replaced in by_key.items()}
    swept = {key: p for key, p in given.swept.items() if key not in resolved.dropped}
    fixed = tuple(str(latest[key].input_line) for key in given.fixed)
    pluses = {key: plus for key in swept if (plus := _plus(latest[key]))}
    return Space(swept, fixed, resolved.conditions, pluses)


def _given(
    by_key: Mapping[str, Sequence[Override]], unreadable: Sequence[str], options: Options
) -> tuple[Given, list[str]]:
    """Return what the last override of each key says, and what is wrong with some."""
    swept: dict[str, Parameter] = {}
    fixed: dict[str, str | None] = {}
    unclear, problems = set(unreadable), []
    for key, (*_, override) in by_key.items():
        try:
            parameter = sweep_parameters.read(override, options)
        except RequestError as error:
            problems += error.problems
            unclear.add(key)
            continue
        if parameter is not None:
            swept[key] = parameter
        else:
            fixed[key] = None if override.is_delete() else written(override.value())
    choices = {key: _choices(replaced, options) for key, replaced in by_key.items()}
    return Given(swept, fixed, choices, unclear), problems


def _parse(overrides: Sequence[str]) -> tuple[dict[str, list[Override]], list[str], list[str]]:
    """Return the overrides of each key, the keys of those that cannot be read, and why."""
    by_key: dict[str, list[Override]] = {}
    unreadable, problems = [], []
    for text in overrides:
        try:
            override = parsed(text)
        except RequestError as error:
            problems += error.problems
            unreadable.append(text.partition("=")[0].lstrip("+~"))
            continue
        by_key.setdefault(override.get_key_element().lstrip("+~"), []).append(override)
    return by_key, unreadable, problems


def _choices(overrides: Sequence[Override], options: Options) -> list[str]:
    texts: list[str] = []
    for override in overrides:
        # What is wrong with an override does not matter where a later one replaces it.
        with suppress(RequestError):
            parameter = sweep_parameters.read(override, options)
            texts += parameter.choices if isinstance(parameter, Choice) else ()
    return texts


def _plus(override: Override) -> str:
    return "++" if override.is_force_add() else "+" if override.is_add() else ""


def _no_grid(key: str) -> str:
    return (
        f"{key} has no end of values between the bounds of its interval; a grid needs "
        f"range(...), int(interval(...)) or {key}=VALUE,VALUE"
    )
