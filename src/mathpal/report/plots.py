"""What the page's script draws: every value as a place between 0 and 1 on its axis."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mathpal.report.charts import LOG_FROM, Tick, finite_points, log_ticks, ticks, trailing_mean
from mathpal.report.parameters import Parameter, labels, value_text
from mathpal.report.trials import Sweep, Trial

MAX_POINTS = 24_000
"""Points of all loss curves of one kind; each trial has its part of them."""

MAX_CURVE = 160
MIN_CURVE = 16

DIGITS = 4

CURVES = {"eval_loss": "held-out rows", "loss": "training rows, running mean"}
"""What metrics.jsonl may hold a curve of -> what the page calls it, the one to show first first."""


@dataclass(frozen=True)
class Axis:
    """A range of numbers with its marks."""

    low: float
    high: float
    is_log: bool
    marks: Sequence[Tick]

    def place(self, value: float) -> float:
        """Return where a value lies, 0 at the low end."""
        return _place(value, self.low, self.high, self.is_log)

    @property
    def drawn(self) -> dict[str, Any]:
        """The axis as the script reads it."""
        return {
            "low": self.low,
            "high": self.high,
            "log": self.is_log,
            "ticks": [[mark.text, round(mark.at, DIGITS)] for mark in self.marks],
        }


def axis(values: Sequence[float]) -> Axis:
    """Return an axis with round ends around finite values, logarithmic where they ask for it."""
    low, high = min(values), max(values)
    is_log = low > 0 and high / low > LOG_FROM
    marks = log_ticks(low, high) if is_log else ticks(low, high)
    low, high = marks[0], marks[-1]
    return Axis(low, high, is_log, _ticks(marks, low, high, is_log))


def parameter_axis(parameter: Parameter) -> Axis:
    """Return the axis of a parameter, whose ends are those of its range."""
    low, high, is_log = parameter.low, parameter.high, parameter.is_log
    if parameter.is_choice:
        places = [parameter.position(choice) or 0.0 for choice in parameter.choices]
        marks = [Tick(text, at) for text, at in zip(parameter.choices, places, strict=True)]
        return Axis(0, max(1, len(marks) - 1), False, marks)
    if parameter.is_fixed:
        return Axis(low, high, False, [Tick(value_text(low), 0.5)])
    between = log_ticks(low, high) if is_log else ticks(low, high)
    if parameter.is_int:
        between = [mark for mark in between if mark == int(mark)]
    return Axis(
        low, high, is_log, _ticks([m for m in between if low <= m <= high], *(low, high), is_log)
    )


def drawing(sweep: Sweep) -> dict[str, Any]:
    """Return what the script draws."""
    names = labels([p.key for p in sweep.parameters])
    best = {trial.number for trial in sweep.best}
    objectives = [_objective(sweep, i) for i in range(len(sweep.objectives))]
    axes = [objective_axis(sweep, i) for i in range(len(sweep.objectives))]
    ranks = [sweep.ranks(i) for i in range(len(sweep.objectives))]
    return {
        "objectives": objectives,
        "parameters": [
            {
                "key": p.key,
                "name": names[p.key],
                "kind": "choice" if p.is_choice else "int" if p.is_int else "number",
                **parameter_axis(p).drawn,
            }
            for p in sweep.parameters
        ],
        "trials": [
            {
                "number": t.number,
                "state": t.state,
                "best": t.number in best,
                "values": [_rounded(a, v) for a, v in zip(axes, t.values, strict=True)],
                "ranks": [
                    None if t.number not in of else round(of[t.number], DIGITS) for of in ranks
                ],
                "at": [
                    None
                    if (at := p.position(t.parameters.get(p.key))) is None
                    else round(at, DIGITS)
                    for p in sweep.parameters
                ],
            }
            for t in sweep.trials
        ],
        "curves": {
            kind: {"name": name, **drawn}
            for kind, name in CURVES.items()
            if (drawn := _curves(sweep.trials, kind))
        },
    }


def objective_axis(sweep: Sweep, objective: int) -> Axis | None:
    """Return the axis of an objective; None where no trial has a finite value of it."""
    values = [v for t in sweep.trials if (v := t.values[objective]) is not None]
    finite = [value for value in values if math.isfinite(value)]
    return axis(finite) if finite else None


def _objective(sweep: Sweep, place: int) -> dict[str, Any]:
    """Return an objective's axis, and the trials that were the best so far when they were told."""
    found = objective_axis(sweep, place)
    sign = -1 if sweep.directions[place] == "maximize" else 1
    records: list[int] = []
    lowest = math.inf
    for trial in sweep.trials:
        value = trial.values[place]
        if trial.state == "complete" and value is not None and sign * value < lowest:
            lowest = sign * value
            records.append(trial.number)
    return {
        "name": sweep.objectives[place],
        "direction": sweep.directions[place],
        "axis": found and found.drawn,
        "records": records,
    }


def _curves(trials: Sequence[Trial], kind: str) -> dict[str, Any]:
    """Return the curves of all trials that logged a kind of loss more than once, with axes."""
    points = {t.number: _points(t.steps, kind) for t in trials}
    if kind == "loss":
        points = {number: trailing_mean(of) for number, of in points.items()}
    room = max(MIN_CURVE, min(MAX_CURVE, MAX_POINTS // max(1, len(points))))
    thin = {number: _thinned(of, room) for number, of in points.items() if of}
    if all(len(of) == 1 for of in thin.values()):
        return {}  # measured at the end alone
    y = axis([value for of in thin.values() for _, value in of])
    last = max(of[-1][0] for of in thin.values()) or 1
    marks = [mark for mark in ticks(0, last) if mark <= last and mark == int(mark)]
    x = Axis(0, last, False, [Tick(f"{mark:,.0f}", mark / last) for mark in marks])
    return {
        "x": x.drawn,
        "y": y.drawn,
        "lines": {
            str(number): [[round(x.place(s), DIGITS), round(y.place(v), DIGITS)] for s, v in of]
            for number, of in thin.items()
        },
    }


def _points(steps: Sequence[Mapping[str, Any]], kind: str) -> list[tuple[float, float]]:
    found = [(line.get("step"), line.get(kind)) for line in steps]
    return finite_points(
        [(s, v) for s, v in found if isinstance(s, int) and s >= 0 and isinstance(v, int | float)]
    )


def _thinned(points: list[tuple[float, float]], room: int) -> list[tuple[float, float]]:
    """Return at most so many points, evenly taken, the first and the last among them."""
    if len(points) <= room:
        return points
    return [points[round(i * (len(points) - 1) / (room - 1))] for i in range(room)]


def _rounded(found: Axis | None, value: float | None) -> float | None:
    if found is None or value is None or not math.isfinite(value):
        return None
    return round(found.place(value), DIGITS)


def _ticks(marks: Sequence[float], low: float, high: float, is_log: bool) -> list[Tick]:
    places = (_place(mark, low, high, is_log) for mark in marks)
    return [Tick(text, at) for text, at in zip(_texts(marks), places, strict=True)]


def _texts(marks: Sequence[float]) -> Iterator[str]:
    """Write marks, those of many digits by their exponent.

    >>> list(_texts([1e-05, 0.002, 0.5, 2000, 1e7]))
    ['1e-5', '0.002', '0.5', '2,000', '1e7']
    """
    for mark in marks:
        plain = f"{mark:,.10f}".rstrip("0").rstrip(".")
        short = re.sub(r"e([+-])0*", lambda m: "e" + m[1].strip("+"), f"{mark:.6g}")
        yield (
            plain
            if 1e-3 <= abs(mark) < 1e6 or mark == 0
            else short
            if "e" in short
            else _power(mark)
        )


def _power(mark: float) -> str:
    exponent = math.floor(math.log10(abs(mark)))
    return f"{mark / 10**exponent:.6g}e{exponent}"


def _place(value: float, low: float, high: float, is_log: bool) -> float:
    if is_log:
        low, high, value = math.log(low), math.log(high), math.log(value)
    return (value - low) / (high - low)
