"""Rows of generated problems, their note, and pairs with a pupil's mistake."""

from random import Random

import pytest
from equations import values

from mathpal.data import synth
from mathpal.errors import RequestError
from mathpal.maths.curriculum import KINDS, generate
from mathpal.maths.mistakes import wrong_solution

ANY = dict.fromkeys(("grades", "kinds", "strands", "topics", "system"))
ANY |= {"course": "starter", "choices": 0.0}


def rows(**options):
    return synth.rows(**{"train_rows": 64, "test_rows": 16, "seed": 0, **ANY, **options})


def pairs(**options):
    return synth.pairs(**{"train_rows": 64, "test_rows": 16, "seed": 0, **ANY, **options})


def test_a_row_holds_the_facts_of_its_problem() -> None:
    problem = generate(1, 0, "train", kinds=["money"])[0]
    (row,) = rows(train_rows=1, kinds=["money"]).train
    assert (row.question, row.answer) == (problem.question, problem.solution)
    assert row.facts == {
        "kind": "money",
        "grade": 3,
        "strand": "geometry",
        "topic": "GEO.MONEY",
        "difficulty": 2,
    }


@pytest.mark.parametrize(
    ("options", "note"),
    [
        ({}, "16 kinds of problem, grades 1 to 5 (data.course=starter)"),
        (
            {"train_rows": len(KINDS), "course": "full"},
            f"{len(KINDS)} kinds of problem, grades 1 to {max(k.grade for k in KINDS.values())} "
            "(data.course=full)",
        ),
        ({"kinds": ["money", "clock"]}, "2 kinds of problem, grade 3"),
        (
            {"kinds": ["total"], "choices": 0.25},
            "1 kind of problem, grade 1; 25% multiple choice",
        ),
    ],
)
def test_the_note_says_what_the_rows_are(options, note) -> None:
    assert rows(**options).note == note


@pytest.mark.parametrize(
    "named", [{"grades": [4]}, {"strands": ["statistics"]}, {"topics": ["NUM.FRAC"]}]
)
def test_a_named_part_is_chosen_from_the_whole_curriculum(named) -> None:
    found = rows(**named, course="starter", train_rows=200)
    assert any(not KINDS[row.facts["kind"]].starter for row in found.train)
    assert found.note.count("course") == 0


def test_a_share_of_the_rows_is_multiple_choice() -> None:
    found = rows(choices=0.5)
    assert sum("\nB" in row.question or "    B" in row.question for row in found.train) == 32


@pytest.mark.parametrize(
    ("options", "problems"),
    [
        ({"kinds": ["percnt"]}, ["data.kinds: there is no kind 'percnt'. Did you mean 'percent'?"]),
        ({"strands": ["numbers"]}, ["there is no strand 'numbers'. Did you mean 'number'?"]),
        ({"topics": ["NUM.FRACT"]}, ["there is no topic 'NUM.FRACT'. Did you mean 'NUM.FRAC'?"]),
        ({"grades": [0]}, ["data.grades: there is no grade '0'. Grades: 1, 2, 3"]),
        ({"course": "startr"}, ["data.course=startr: choose one of starter, full. Did you mean"]),
        (
            {"kinds": ["totl", "moony"], "topics": ["X"]},
            ["no kind 'totl'", "no kind 'moony'", "no topic 'X'"],
        ),
        (
            {"kinds": ["total"], "grades": [5]},
            ["data=vi_math_synth: kinds=['total'] with grades=[5] leaves no kind of problem"],
        ),
        ({"choices": 2.0}, ["data=vi_math_synth: choices=2.0 is not a share"]),
    ],
)
def test_every_wrong_name_is_one_problem(options, problems) -> None:
    with pytest.raises(RequestError) as refused:
        rows(**options)
    found = refused.value.problems
    assert len(found) == len(problems)
    assert all(words in line for words, line in zip(problems, found, strict=True)), found


def test_pairs_of_the_starter_kinds_are_spoiled_in_order() -> None:
    found = pairs()
    for part, random in ((found.train, Random(0)), (found.test, Random(synth.HELD_OUT_SEED))):
        for row in part:
            mistake = wrong_solution(row.question, row.answer, random)
            assert (row.rejected, row.facts["mistake"]) == (mistake.solution, mistake.kind)


@pytest.mark.parametrize("choices", [0.0, 1.0])
def test_every_rejected_solution_ends_in_another_answer(choices) -> None:
    found = pairs(train_rows=8 * len(KINDS), course="full", choices=choices)
    assert {row.facts["kind"] for row in found.train} == set(KINDS)
    for row in found.train:
        right, wrong = (text.splitlines()[-1] for text in (row.answer, row.rejected))
        assert wrong != right and wrong.split(" ")[0] == right.split(" ")[0], row
        if row.facts["grade"] <= 5 and choices == 0:
            assert values(wrong) != values(right), row


def test_pairs_hold_slips_that_are_typical_of_their_kind() -> None:
    found = pairs(kinds=["triangle_area"], train_rows=200)
    mistakes = [row.facts["mistake"] for row in found.train]
    assert 20 < mistakes.count("half_forgotten") < 100
    halved = next(row for row in found.train if row.facts["mistake"] == "half_forgotten")
    assert " : 2" in halved.answer and " : 2" not in halved.rejected


def test_an_altered_final_answer_is_the_last_resort() -> None:
    found = pairs(kinds=["chance_words", "order_numbers"], train_rows=200)
    assert all(row.facts["mistake"] != "final_answer" for row in found.train)
