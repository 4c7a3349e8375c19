"""Every answer of grades 1 to 5, found again from its question's text alone, and every equation."""

import re

import pytest
from equations import chains, comparisons, divisions, numbers, values
from grades_4_and_5_answers import SOLVERS

from mathpal.maths.curriculum import KINDS, Problem, generate

OURS = [name for name, kind in KINDS.items() if kind.grade <= 5]
WITHOUT_EQUATIONS = {
    *("order_numbers", "chance_words", "counted_events", "rounding", "decimal_order"),
    *("decimal_rounding", "division_with_remainder"),
}
"""Kinds of which some solutions need no equation, but a comparison, a count or a remainder."""
RESULT_STANDS_BEFORE = {
    *("tens_and_units", "compare_fractions", "centuries", "long_multiplication"),
    *("decimal_quotients", "sum_difference", "sum_and_ratio", "difference_and_ratio"),
    *WITHOUT_EQUATIONS,
}
"""Kinds whose answer is not just the last result: a check follows, or there are two answers."""

SAMPLE = {
    name: generate(40, 11, "train", kinds=[name]) + generate(10, 12, "heldout", kinds=[name])
    for name in OURS
}


def working_of(problem: Problem) -> str:
    return problem.solution.rpartition("\n")[0]


@pytest.mark.parametrize("kind", OURS)
def test_the_answer_is_what_the_question_asks_for(kind: str) -> None:
    for problem in SAMPLE[kind]:
        assert values(problem.answer) == SOLVERS[kind](problem.question), problem


@pytest.mark.parametrize("kind", OURS)
def test_every_equation_of_the_working_holds(kind: str) -> None:
    for problem in SAMPLE[kind]:
        found = chains(working_of(problem))
        assert found or kind in WITHOUT_EQUATIONS, problem
        for sides in found:
            assert len(sides) > 1 and len(set(sides)) == 1, problem
        for whole, each, quotient, rest in divisions(working_of(problem)):
            assert (quotient, rest) == divmod(whole, each), problem
        for left, sign, right in comparisons(working_of(problem)):
            assert left < right if sign == "<" else left > right, problem


@pytest.mark.parametrize("kind", [name for name in OURS if name not in RESULT_STANDS_BEFORE])
def test_the_last_result_of_the_working_is_the_answer(kind: str) -> None:
    for problem in SAMPLE[kind]:
        result = re.sub(r" \([^()\d]*\)$", "", working_of(problem).rpartition("= ")[2])
        assert values(result) == values(problem.answer), problem


@pytest.mark.parametrize("kind", OURS)
def test_prices_times_and_counts_are_sensible(kind: str) -> None:
    for problem in SAMPLE[kind]:
        assert all(value > 0 for value in values(problem.answer)), problem
        counted = re.search(r"(\d+,\d+) (học sinh|bạn|người|cây|quyển|lần|quả|thợ)", problem.answer)
        assert counted is None, problem


def test_there_are_as_many_new_kinds_as_old_ones_in_each_grade() -> None:
    for grade in range(1, 6):
        of_grade = [kind for kind in KINDS.values() if kind.grade == grade]
        assert sum(not kind.starter for kind in of_grade) >= 5
    assert sum(not KINDS[name].starter for name in OURS) >= 36


def test_results_of_the_starter_kinds_stay_small() -> None:
    starters = [p for name in OURS if KINDS[name].starter for p in SAMPLE[name]]
    assert max(max(numbers(p.answer)) for p in starters) <= 250
