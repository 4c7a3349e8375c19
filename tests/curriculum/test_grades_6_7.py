"""Grades 6 and 7: each answer is computed again from the question's text alone."""

import re
from fractions import Fraction
from random import Random

import grade6_answers
import grade7_answers
import pytest
import sympy
from textbook import CHAIN, equations, evaluate, nums, poly

from mathpal.maths.curriculum import grade6, grade7, split_of
from mathpal.maths.curriculum.drawing import Draft
from mathpal.maths.curriculum.problem import same_value
from mathpal.maths.curriculum.topics import TOPICS, strand_of

KINDS = {**grade6.KINDS, **grade7.KINDS}
ANSWERS = {**grade6_answers.ANSWERS, **grade7_answers.ANSWERS}
NUM_DRAWS = 40
NUM_QUESTIONS = 2000
MAX_DRAWS = 15_000


def drafts(name: str) -> list[Draft]:
    return [KINDS[name].draw(Random(seed)) for seed in range(NUM_DRAWS)]


def key(name: str, draft: Draft) -> str:
    return ":".join((name, draft.variant, *map(str, sorted(draft.numbers))))


def bare(answer: str) -> str:
    """Leave out the unit: `12 m²` -> `12`, `x = 5` -> `x = 5`."""
    return re.sub(r"(?<=\d) (?![\d·+-]).*$", "", answer)


@pytest.mark.parametrize("name", KINDS)
def test_the_answer_follows_from_the_question_alone(name: str) -> None:
    for draft in drafts(name):
        expected = ANSWERS[name](draft.question)
        if isinstance(expected, Fraction):
            assert evaluate(draft.answer) == expected, draft
        elif isinstance(expected, sympy.Expr):
            assert poly(draft.answer) == expected, draft
        else:
            assert nums(draft.answer) == expected, draft


def test_every_equation_of_a_solution_holds() -> None:
    checked = 0
    for name in KINDS:
        for draft in drafts(name):
            for left, right in equations(draft.steps):
                assert evaluate(left) == evaluate(right), (left, right, draft)
                checked += 1
    assert checked > NUM_DRAWS * len(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_a_working_ends_in_its_answer(name: str) -> None:
    for draft in drafts(name):
        workings = [(draft.steps, draft.answer), *((s.steps, s.answer) for s in draft.slips)]
        for steps, answer in workings:
            for part in bare(answer).split("; "):
                assert bare(part).rpartition("= ")[2] in "\n".join(steps), (part, draft)


@pytest.mark.parametrize("name", KINDS)
def test_a_slip_is_wrong_and_most_problems_have_one(name: str) -> None:
    drawn = drafts(name)
    for draft in drawn:
        for slip in draft.slips:
            assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", slip.mistake)
            assert not same_value(slip.answer, draft.answer), (slip, draft)
            right, wrong = (text.rpartition("= ")[2] for text in (draft.answer, slip.answer))
            if "^" in right and CHAIN.fullmatch(right):
                assert evaluate(wrong) != evaluate(right), (slip, draft)
            if "x^" not in draft.answer:
                assert nums(slip.answer) != nums(draft.answer), (slip, draft)
    assert sum(bool(draft.slips) for draft in drawn) > NUM_DRAWS / 2


@pytest.mark.parametrize("name", KINDS)
def test_two_thousand_questions_are_left_for_training(name: str) -> None:
    rng, found = Random(f"distinct/{name}"), dict[str, str]()
    for _ in range(MAX_DRAWS):
        draft = KINDS[name].draw(rng)
        if split_of(key(name, draft)) == "train":
            assert found.setdefault(draft.question, key(name, draft)) == key(name, draft)
        if len(found) == NUM_QUESTIONS:
            break
    assert len(found) == NUM_QUESTIONS


@pytest.mark.parametrize("name", KINDS)
def test_the_same_seed_draws_the_same_problem(name: str) -> None:
    assert drafts(name) == drafts(name)


@pytest.mark.parametrize(("grade", "kinds"), [(6, grade6.KINDS), (7, grade7.KINDS)])
def test_a_grade_covers_the_four_strands(grade: int, kinds: dict[str, object]) -> None:
    described = [KINDS[name] for name in kinds]
    assert {kind.grade for kind in described} == {grade}
    assert {kind.topic for kind in described} <= set(TOPICS)
    strands = {strand_of(kind.topic) for kind in described}
    assert strands == {"number", "algebra", "geometry", "statistics"}
    assert {kind.difficulty for kind in described} == {1, 2, 3}


def test_no_name_stands_for_two_kinds() -> None:
    assert not set(grade6.KINDS) & set(grade7.KINDS)
    assert set(ANSWERS) == set(KINDS)
