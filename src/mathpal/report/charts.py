"""Geometry of line charts, in percent of the plot, for an SVG that stretches to its column."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

NUM_TICKS = 5
"""About how many ticks an axis has."""

LOG_FROM = 20
"""An axis is logarithmic where the largest value is so many times the smallest."""


@dataclass(frozen=True)
class Series:
    """Values over steps."""

    name: str
    style: str
    """The CSS class that draws it."""
    points: Sequence[tuple[float, float]]
    """(step, value) in order of step."""
    has_dots: bool = False

    @property
    def lowest(self) -> tuple[float, float]:
        """The point with the smallest value."""
        return min(self.points, key=lambda point: point[1])

    @property
    def highest(self) -> tuple[float, float]:
        """The point with the largest value."""
        return max(self.points, key=lambda point: point[1])


@dataclass(frozen=True)
class Tick:
    """A mark of an axis."""

    text: str
    at: float
    """Percent from the axis's start."""


@dataclass(frozen=True)
class Line:
    """A series as SVG paths in a box of 100 x 100, y downwards."""

    series: Series
    path: str
    dots: str
    """Lines of no length, for a round line cap to make dots of; empty without."""


@dataclass(frozen=True)
class Chart:
    """One or more series over steps."""

    name: str
    is_log: bool
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    lines: Sequence[Line]
    num_left_out: int
    """Values that are not finite, as where training diverged."""

    @property
    def summary(self) -> str:
        """What the chart shows, for those who cannot see it."""
        ends = (
            f"{line.series.name}: {line.series.points[0][1]:.4g} at step "
            f"{line.series.points[0][0]:,.0f}, {line.series.points[-1][1]:.4g} at step "
            f"{line.series.points[-1][0]:,.0f}"
            for line in self.lines
        )
        return f"{self.name} over steps. " + "; ".join(ends) + "."


def chart(name: str, series: Sequence[Series]) -> Chart | None:
    """Draw series in one plot; values that are not finite are left out, None if none is left."""
    finite = [replace(one, points=finite_points(one.points)) for one in series]
    drawn = [one for one in finite if one.points]
    if not drawn:
        return None
    num_left_out = sum(len(one.points) for one in series) - sum(len(one.points) for one in finite)
    values = [value for one in drawn for _, value in one.points]
    is_log = min(values) > 0 and max(values) / min(values) > LOG_FROM
    marks = log_ticks(min(values), max(values)) if is_log else ticks(min(values), max(values))
    low, high = _scaled(marks[0], is_log), _scaled(marks[-1], is_log)
    last_step = max(step for one in drawn for step, _ in one.points) or 1

    def place(step: float, value: float) -> str:
        y = 100 * (high - _scaled(value, is_log)) / (high - low)
        return f"{100 * step / last_step:.2f} {y:.2f}"

    return Chart(
        name=name,
        is_log=is_log,
        x_ticks=[
            Tick(f"{t:,.0f}", 100 * t / last_step)
            for t in ticks(0, last_step)
            if t <= last_step and t == int(t)
        ],
        y_ticks=[
            Tick(text, 100 * (_scaled(mark, is_log) - low) / (high - low))
            for mark, text in zip(marks, _texts(marks, is_log), strict=True)
        ],
        lines=[
            Line(
                one,
                "M" + " L".join(place(*point) for point in one.points),
                " ".join(f"M{place(*p)}h0" for p in one.points) if one.has_dots else "",
            )
            for one in drawn
        ],
        num_left_out=num_left_out,
    )


def ticks(low: float, high: float) -> list[float]:
    """Return round marks that enclose a range; a range of no width is widened.

    >>> ticks(0.07, 0.58), ticks(0, 30)
    ([0.0, 0.2, 0.4, 0.6], [0.0, 10.0, 20.0, 30.0])
    """
    if low == high:
        low, high = low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2
    rough = (high - low) / NUM_TICKS
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * m for m in (1, 2, 5, 10) if unit * m >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [float(f"{i * step:.12g}") for i in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Return marks at 1, 2 and 5 times powers of ten that enclose a range, or powers alone.

    >>> log_ticks(0.03, 2.4)
    [0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0]
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1, 2, 5) if len(powers) <= 4 else (1,)
    marks = [float(f"{f}e{power}") for power in powers for f in factors]
    first = max(i for i, mark in enumerate(marks) if mark <= low)
    last = next(i for i, mark in enumerate(marks) if mark >= high)
    return marks[first : last + 1]


def finite_points(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the points whose value is a finite number."""
    return [point for point in points if math.isfinite(point[1])]


def trailing_mean(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the mean of each value and those before it, a twentieth of them in all.

    >>> trailing_mean([(step, float(step % 2)) for step in range(40)])[-1]
    (39, 0.5)
    """
    window = max(1, len(points) // 20)
    spans = [points[max(0, end - window) : end] for end in range(1, len(points) + 1)]
    return [(span[-1][0], _mean(span)) for span in spans]


def _mean(points: Sequence[tuple[float, float]]) -> float:
    return sum(value for _, value in points) / len(points)


def _scaled(value: float, is_log: bool) -> float:
    return math.log10(value) if is_log else value


def _texts(marks: Sequence[float], is_log: bool) -> Iterator[str]:
    """Write an axis's marks, all with the decimals that their distance asks for."""
    if is_log:
        yield from (f"{mark:g}" for mark in marks)
        return
    decimals = max(0, -math.floor(math.log10(marks[1] - marks[0]) + 1e-9))
    yield from (f"{mark:,.{decimals}f}" for mark in marks)
