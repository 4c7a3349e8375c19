"""Which of several trials are the best, by one objective or by many."""

from __future__ import annotations

import math
from collections.abc import Sequence

MAXIMIZE = "maximize"


def losses(values: Sequence[float | None], directions: Sequence[str]) -> tuple[float, ...] | None:
    """Return values with their signs such that less is better; None where one is no number.

    >>> losses([0.5, 0.75], ["minimize", "maximize"]), losses([float("nan")], ["minimize"])
    ((0.5, -0.75), None)
    """
    numbers = [value for value in values if value is not None and math.isfinite(value)]
    if len(numbers) < len(directions):
        return None
    pairs = zip(numbers, directions, strict=True)
    return tuple(-value if direction == MAXIMIZE else value for value, direction in pairs)


def best(values: Sequence[Sequence[float | None]], directions: Sequence[str]) -> list[int]:
    """Return the places of the best values: of one objective the first best, of several the front.

    >>> best([[0.5], [0.25], [0.25], [None]], ["minimize"])
    [1]
    """
    found = ((place, losses(one, directions)) for place, one in enumerate(values))
    points = {place: point for place, point in found if point is not None}
    places = list(points)
    winners = [places[i] for i in front(list(points.values()))]
    return winners[:1] if len(directions) == 1 else winners


def front(points: Sequence[tuple[float, ...]]) -> list[int]:
    """Return the places of those points that no other one beats; of one objective, the best ones.

    >>> front([(1, 4), (2, 2), (3, 3), (4, 1)])
    [0, 1, 3]
    """
    return [i for i, point in enumerate(points) if not any(_beats(p, point) for p in points)]


def _beats(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a != b and all(x <= y for x, y in zip(a, b, strict=True))
