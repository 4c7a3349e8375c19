"""Intervals and tests against published figures, and against plain enumeration."""

from collections.abc import Iterator
from itertools import product
from math import comb

import pytest

from mathpal.evaluation.statistics import (
    Interval,
    PairedCounts,
    difference_interval,
    mcnemar_exact,
    mcnemar_mid,
    wilson,
)

# R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.
NEWCOMBE_SINGLE = [
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0, 0.1611),
    (1, 29, 0.0061, 0.1718),
]

# Fagerland, Lydersen and Laake, BMC Medical Research Methodology 13:91 (2013): children before and
# after a stem cell transplantation (Bentur 2009), patients before and after a therapy (Cavo 2012).
FAGERLAND = [(1, 7, 0.070, 0.039), (6, 16, 0.052, 0.035)]


@pytest.mark.parametrize(("right", "num", "low", "high"), NEWCOMBE_SINGLE)
def test_wilson_interval_is_the_published_one(
    right: int, num: int, low: float, high: float
) -> None:
    interval = wilson(right, num)
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@pytest.mark.parametrize("num", [1, 7, 160])
def test_wilson_interval_stays_between_none_and_all(num: int) -> None:
    for right in range(num + 1):
        interval = wilson(right, num)
        assert 0 <= interval.low <= right / num <= interval.high <= 1
        assert interval.low < interval.high
    assert wilson(0, num).low == 0
    assert wilson(num, num).high == 1


def test_wilson_interval_covers_the_truth_as_often_as_it_says() -> None:
    for truth in (0.3, 0.5, 0.85):
        covered = sum(
            _binomial(k, 60, truth)
            for k in range(61)
            if wilson(k, 60).low <= truth <= wilson(k, 60).high
        )
        assert 0.93 < covered < 0.97


@pytest.mark.parametrize(("only_a", "only_b", "exact", "mid"), FAGERLAND)
def test_mcnemar_p_values_are_the_published_ones(
    only_a: int, only_b: int, exact: float, mid: float
) -> None:
    assert round(mcnemar_exact(only_a, only_b), 3) == exact
    assert round(mcnemar_mid(only_a, only_b), 3) == mid
    assert mcnemar_exact(only_b, only_a) == mcnemar_exact(only_a, only_b)
    assert mcnemar_mid(only_b, only_a) == mcnemar_mid(only_a, only_b)


@pytest.mark.parametrize("num", range(1, 11))
def test_mcnemar_p_values_count_all_ways_that_pairs_can_fall(num: int) -> None:
    falls = [sum(way) for way in product((0, 1), repeat=num)]
    for only_a in range(num + 1):
        distance = abs(2 * only_a - num)
        as_far = sum(abs(2 * k - num) == distance for k in falls) / len(falls)
        farther = sum(abs(2 * k - num) > distance for k in falls) / len(falls)
        assert mcnemar_exact(only_a, num - only_a) == pytest.approx(farther + as_far)
        assert mcnemar_mid(only_a, num - only_a) == pytest.approx(farther + as_far / 2)


def test_mcnemar_tells_nothing_where_no_pair_differs() -> None:
    assert mcnemar_exact(0, 0) == 1
    assert mcnemar_mid(0, 0) == 1


def test_mcnemar_of_many_pairs_does_not_overflow() -> None:
    assert mcnemar_mid(1500, 1500) == pytest.approx(1, abs=0.01)
    assert 0 <= mcnemar_mid(1000, 2000) < 1e-6


def test_difference_interval_is_the_published_one() -> None:
    """Data of Cavo 2012, as above; the interval in the tests of R's contingencytables, chapter 8.

    That package accompanies Fagerland, Lydersen and Laake, Statistical Analysis of Contingency
    Tables (2017).
    """
    counts = PairedCounts(59, 16, 6, 80)
    interval = difference_interval(counts)
    assert round(counts.difference, 4) == -0.0621
    assert (round(interval.low, 4), round(interval.high, 4)) == (-0.1186, -0.0046)


def test_difference_interval_turns_with_the_models() -> None:
    for counts in _all_counts(9):
        interval = difference_interval(counts)
        turned = difference_interval(
            PairedCounts(counts.both_right, counts.only_b, counts.only_a, counts.neither)
        )
        assert turned == Interval(pytest.approx(-interval.high), pytest.approx(-interval.low))
        assert -1 <= interval.low <= counts.difference <= interval.high <= 1


@pytest.mark.parametrize("chances", [(0.6, 0.05, 0.2, 0.15), (0.4, 0.1, 0.1, 0.4)])
def test_difference_interval_covers_the_truth_as_often_as_it_says(
    chances: tuple[float, float, float, float],
) -> None:
    truth = chances[2] - chances[1]
    covered = 0.0
    for counts in _all_counts(30):
        interval = difference_interval(counts)
        if interval.low <= truth <= interval.high:
            covered += _multinomial(counts, chances)
    assert 0.93 < covered < 0.985


def _all_counts(num: int) -> Iterator[PairedCounts]:
    for a, b, c in product(range(num + 1), repeat=3):
        if a + b + c <= num:
            yield PairedCounts(a, b, c, num - a - b - c)


def _binomial(k: int, num: int, chance: float) -> float:
    return comb(num, k) * chance**k * (1 - chance) ** (num - k)


def _multinomial(counts: PairedCounts, chances: tuple[float, float, float, float]) -> float:
    parts = (counts.both_right, counts.only_a, counts.only_b, counts.neither)
    probability, left = 1.0, counts.num
    for part, chance in zip(parts, chances, strict=True):
        probability *= comb(left, part) * chance**part
        left -= part
    return probability
