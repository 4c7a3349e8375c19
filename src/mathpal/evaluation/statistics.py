"""How sure a share of right answers is, and a difference between two models on the same questions.

The standard library is enough for these: closed formulas and sums of binomial coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, sqrt
from statistics import NormalDist

CONFIDENCE = 0.95
Z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
"""Standard normal quantile of a two-sided interval: 1.96."""


@dataclass(frozen=True)
class Interval:
    """A confidence interval at CONFIDENCE; shares, so 0.5 is 50 %."""

    low: float
    high: float


@dataclass(frozen=True)
class PairedCounts:
    """How the same questions went with two models, A and B."""

    both_right: int
    only_a: int
    only_b: int
    neither: int

    @property
    def num(self) -> int:
        """All questions."""
        return self.both_right + self.only_a + self.only_b + self.neither

    @property
    def share_a(self) -> float:
        """The share that A answered right."""
        return (self.both_right + self.only_a) / self.num

    @property
    def share_b(self) -> float:
        """The share that B answered right."""
        return (self.both_right + self.only_b) / self.num

    @property
    def difference(self) -> float:
        """How much larger B's share of right answers is than A's."""
        return (self.only_b - self.only_a) / self.num


def wilson(num_right: int, num: int) -> Interval:
    """Return the Wilson score interval of a share, num_right of num; num is at least 1.

    With p = k/n and z the normal quantile, (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n).
    Unlike p ± z √(p(1-p)/n) it has a width at 0 and at 1, and stays between them.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    JASA 22 (1927); method 3 of R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872.

    >>> interval = wilson(81, 263)
    >>> f"{interval.low:.4f} to {interval.high:.4f}"
    '0.2553 to 0.3662'
    """
    share = num_right / num
    middle = share + Z**2 / (2 * num)
    half = Z * sqrt(share * (1 - share) / num + Z**2 / (4 * num**2))
    scale = 1 + Z**2 / num
    # At the ends the formula gives 0 and 1 but for rounding.
    low = 0.0 if num_right == 0 else (middle - half) / scale
    high = 1.0 if num_right == num else (middle + half) / scale
    return Interval(low, high)


def mcnemar_exact(only_a: int, only_b: int) -> float:
    """Return the two-sided p-value of McNemar's exact conditional test; 1 where none differ.

    Of the b + c questions that one model alone got right, each is as likely A's as B's if the
    models are equally good: twice the tail of a binomial with probability 1/2, at most 1.

    >>> f"{mcnemar_exact(1, 7):.4f}"
    '0.0703'
    """
    num, fewer = only_a + only_b, min(only_a, only_b)
    tail = sum(comb(num, i) for i in range(fewer + 1))
    return min(1.0, 2 * tail / (1 << num))


def mcnemar_mid(only_a: int, only_b: int) -> float:
    """Return the two-sided mid-p-value of McNemar's test; 1 where none differ.

    What was observed counts by half. The exact test keeps its level by being too cautious; this
    one kept it in all 9595 cases that its advocates tried: Fagerland, Lydersen and Laake, The
    McNemar test for binary matched-pairs data, BMC Medical Research Methodology 13:91 (2013).

    >>> f"{mcnemar_mid(1, 7):.4f}"
    '0.0391'
    """
    num = only_a + only_b
    if num == 0:
        return 1.0
    observed = comb(num, only_a) / (1 << num)
    if only_a == only_b:
        return 1 - observed / 2
    return mcnemar_exact(only_a, only_b) - observed


def difference_interval(counts: PairedCounts) -> Interval:
    """Return the interval of B's share of right answers less A's; at least one question.

    The Wilson intervals of both shares are joined by squaring and adding, with the correlation
    of the pairs, which a half is taken from for continuity: method 10 of R. G. Newcombe, Improved
    confidence intervals for the difference between binomial proportions based on paired data,
    Statistics in Medicine 17 (1998) 2635-2650.

    >>> interval = difference_interval(PairedCounts(59, only_a=16, only_b=6, neither=80))
    >>> f"{interval.low:.4f} to {interval.high:.4f}"
    '-0.1186 to -0.0046'
    """
    a, b = counts.share_a, counts.share_b
    around_a = wilson(counts.both_right + counts.only_a, counts.num)
    around_b = wilson(counts.both_right + counts.only_b, counts.num)
    phi = _correlation(counts)
    below = _joined(b - around_b.low, around_a.high - a, phi)
    above = _joined(around_b.high - b, a - around_a.low, phi)
    return Interval(counts.difference - below, counts.difference + above)


def _joined(first: float, second: float, phi: float) -> float:
    # Never below zero but for rounding, where phi is 1 and both are equal.
    return sqrt(max(0.0, first**2 - 2 * phi * first * second + second**2))


def _correlation(counts: PairedCounts) -> float:
    """Return the phi coefficient of the pairs; a positive one is corrected for continuity."""
    right_a, right_b = counts.both_right + counts.only_a, counts.both_right + counts.only_b
    product = right_a * (counts.num - right_a) * right_b * (counts.num - right_b)
    if product == 0:
        return 0.0
    excess = counts.both_right * counts.neither - counts.only_a * counts.only_b
    corrected = max(excess - counts.num / 2, 0.0) if excess > 0 else float(excess)
    return corrected / sqrt(product)
