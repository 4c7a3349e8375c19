"""Which parameters decide an objective: total-effect shares on forests fitted to the trials.

Every forest is fitted to trials drawn with replacement, and asked at points spread evenly over the
whole space: trials of a search crowd where it went well, where the parameter that matters most no
longer differs. A parameter's share is the variance that is left when all others are known (Sobol's
total effect, by the estimator of Jansen, 1999), so that a part in an interaction counts. A column
of random numbers among the parameters shows what share chance alone comes to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mathpal.report.charts import LOG_FROM
from mathpal.report.parameters import Parameter

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

MIN_TRIALS = 8
"""Fewer finished trials say nothing about parameters."""

MIN_EXPLAINED = 0.2
"""The share of the variance on trials held out that forests must explain to be asked."""

NUM_FORESTS = 16
NUM_TREES = 32
NUM_POINTS = 512

ABSENT = -0.5
"""Stands for the value of a parameter that is not used, outside of the range 0 to 1 of others."""


@dataclass(frozen=True)
class Share:
    """A parameter's part in the variance of the objective."""

    key: str
    mean: float
    low: float
    """10th percentile over the forests."""
    high: float
    """90th percentile over the forests."""


@dataclass(frozen=True)
class Importance:
    """The shares of all parameters, largest first, and how far they can be trusted."""

    shares: Sequence[Share]
    chance: float
    """The mean share of a column of random numbers."""
    explained: float
    """R² on the trials that a forest had not seen; below 0 means worse than the mean."""
    num_trials: int
    is_log: bool
    """Whether the logarithm of the objective was explained."""

    @property
    def tells(self) -> bool:
        """Whether the forests know enough of the objective for their shares to mean something."""
        return self.explained >= MIN_EXPLAINED


def importance(
    parameters: Sequence[Parameter],
    trials: Sequence[Mapping[str, Any]],
    objective: Sequence[float],
) -> Importance | None:
    """Return the share of each parameter that has more than one value.

    None where trials are too few, or the objective or every parameter is the same in all.

    Args:
        trials: the parameters of each complete trial, without those that are not used.
        objective: its value in each trial, all finite.

    Raises: ModuleNotFoundError where scikit-learn is not installed.
    """
    import numpy as np

    searched = [p for p in parameters if not p.is_fixed]
    if len(trials) < MIN_TRIALS or not searched or min(objective) == max(objective):
        return None
    is_log = min(objective) > 0 and max(objective) / min(objective) > LOG_FROM
    target = np.log(objective) if is_log else np.asarray(objective, dtype=float)
    space = _Space(searched)
    shares, explained = _fit_and_ask(space, space.columns(trials), target)
    low, high = np.quantile(shares, [0.1, 0.9], axis=0)
    found = [
        Share(p.key, float(shares[:, i].mean()), float(low[i]), float(high[i]))
        for i, p in enumerate(searched)
    ]
    return Importance(
        shares=sorted(found, key=lambda share: -share.mean),
        chance=float(shares[:, -1].mean()),
        explained=explained,
        num_trials=len(trials),
        is_log=is_log,
    )


class _Space:
    """Points of the searched space as positions, one column a parameter, and as features."""

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        self.parameters = parameters
        self.places = {p.key: i for i, p in enumerate(parameters)}

    def columns(self, trials: Sequence[Mapping[str, Any]]) -> Array:
        """Return the positions of trials; (trial, parameter)."""
        import numpy as np

        found = [[p.position(values.get(p.key)) for p in self.parameters] for values in trials]
        return np.array([[ABSENT if at is None else at for at in row] for row in found])

    def sample(self, num: int, random: np.random.Generator) -> Array:
        """Draw points evenly, as if every parameter were used; (point, parameter)."""
        import numpy as np

        drawn = random.random((num, len(self.parameters)))
        for i, p in enumerate(self.parameters):
            if p.is_choice:
                last = len(p.choices) - 1
                drawn[:, i] = np.minimum(drawn[:, i] * (last + 1) // 1, last) / last
        return drawn

    def in_use(self, points: Array) -> Array:
        """Return points with parameters absent where their conditions do not hold."""
        kept = points.copy()
        for _ in self.parameters:  # a condition may hang on a parameter with a condition
            for i, p in enumerate(self.parameters):
                if p.condition is not None and p.condition[0] in self.places:
                    kept[~self._holds(kept, *p.condition), i] = ABSENT
        return kept

    def features(self, points: Array) -> Array:
        """Return what a forest sees: a column a number, a column a choice of a category."""
        import numpy as np

        columns: list[Any] = []
        for i, p in enumerate(self.parameters):
            if p.is_choice:
                wanted = [at / (len(p.choices) - 1) for at in range(len(p.choices))]
                columns += [np.isclose(points[:, i], at) for at in wanted]
            else:
                columns.append(points[:, i])
        return np.column_stack(columns).astype(float)

    def _holds(self, points: Array, key: str, allowed: frozenset[str]) -> Any:
        import numpy as np

        parent = self.parameters[self.places[key]]
        at = points[:, self.places[key]]
        wanted = [parent.position(v) for v in allowed if _is_value(parent, v)]
        return np.isclose(at[:, None], np.array(wanted, dtype=float)[None, :]).any(axis=1)


def _fit_and_ask(space: _Space, columns: Array, target: Array) -> tuple[Array, float]:
    """Return shares, (forest, parameter and last chance), and R² on trials held out."""
    import numpy as np
    from sklearn.ensemble import ExtraTreesRegressor  # type: ignore[import-untyped, unused-ignore]

    num = len(target)
    told, votes = np.zeros(num), np.zeros(num)
    shares = []
    for seed in range(NUM_FORESTS):
        random = np.random.default_rng(seed)
        noise = random.random((num, 1))
        seen = random.integers(0, num, num)
        rows = np.hstack([space.features(columns), noise])
        forest = ExtraTreesRegressor(NUM_TREES, random_state=seed).fit(rows[seen], target[seen])
        held = np.setdiff1d(np.arange(num), seen)
        if len(held):
            told[held] += forest.predict(rows[held])
            votes[held] += 1
        shares.append(_total_effects(space, forest.predict, random))
    known = votes > 0
    errors = target[known] - told[known] / votes[known]
    spread = target[known] - target[known].mean()
    explained = 1 - float((errors**2).sum()) / (float((spread**2).sum()) or 1.0)
    return np.minimum(shares, 1.0), explained


def _total_effects(
    space: _Space, predict: Callable[[Array], Array], random: np.random.Generator
) -> list[float]:
    """Return the mean squared change when one parameter is drawn anew, over twice the variance."""
    import numpy as np

    points, others = (space.sample(NUM_POINTS, random) for _ in range(2))
    noise, other_noise = (random.random((NUM_POINTS, 1)) for _ in range(2))
    asked = []
    for i in range(len(space.parameters)):
        changed = points.copy()
        changed[:, i] = others[:, i]
        asked.append(np.hstack([space.features(space.in_use(changed)), noise]))
    still = space.features(space.in_use(points))
    asked += [np.hstack([still, other_noise]), np.hstack([still, noise])]
    *changes, base = predict(np.vstack(asked)).reshape(len(asked), NUM_POINTS)
    variance = float(base.var()) or 1.0
    return [float(((change - base) ** 2).mean()) / (2 * variance) for change in changes]


def _is_value(parameter: Parameter, text: str) -> bool:
    return not parameter.is_choice or text in parameter.choices
