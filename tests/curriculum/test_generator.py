"""What problems are drawn: splits, shares, choices of kinds, slips, multiple choice."""

import hashlib
import re
import unicodedata
from collections import Counter

import pytest
from equations import values

from mathpal.maths.curriculum import KINDS, KNOWN, MODULES, generate, split_of
from mathpal.maths.curriculum.topics import TOPICS, strand_of
from mathpal.maths.grading import grade

STARTERS = [name for name, kind in KINDS.items() if kind.starter]
EACH = {name: generate(16, 9, "train", kinds=[name]) for name in KINDS}
CHOICES = {name: generate(16, 9, "train", kinds=[name], choices=1.0) for name in KINDS}


def test_the_starter_kinds_draw_what_the_packaged_model_was_trained_on() -> None:
    problems = generate(64, 5, "train", kinds=STARTERS)
    text = "\n".join(f"{p.question}\n{p.solution}\n{p.key}" for p in problems)
    assert len(STARTERS) == 16
    assert (
        hashlib.sha256(text.encode()).hexdigest()
        == "3cabab8da45f5084bb1d2c66cb7cd36d3652ac4f615b2938e12134947de6573e"
    )
    assert problems == generate(64, 5, "train", starter=True)


def test_the_same_seed_gives_the_same_problems() -> None:
    assert generate(400, 5, "train", choices=0.5) == generate(400, 5, "train", choices=0.5)


def test_another_seed_gives_other_problems() -> None:
    ours, theirs = ({p.question for p in generate(400, seed, "train")} for seed in (5, 6))
    assert len(ours & theirs) < 40


def test_no_key_or_question_is_in_both_splits() -> None:
    for seed in range(6):
        train = generate(3000, seed, "train")
        heldout = generate(1500, 100 - seed, "heldout")
        assert not {p.key for p in train} & {p.key for p in heldout}
        assert not {p.question for p in train} & {p.question for p in heldout}


def test_the_key_decides_the_split() -> None:
    assert all(split_of(p.key) == "train" for p in generate(500, 1, "train"))
    assert all(split_of(p.key) == "heldout" for p in generate(500, 1, "heldout"))


def test_swapped_numbers_share_a_key() -> None:
    totals = generate(3000, 3, "train", kinds=["total"])
    orders = {tuple(values(p.question)) for p in totals}
    swapped = next((a, b) for a, b in orders if a != b and (b, a) in orders)
    keys = {p.key for p in totals if sorted(values(p.question)) == sorted(swapped)}
    assert len(keys) == 1


def test_no_question_comes_twice() -> None:
    problems = generate(20_000, 2, "train")
    assert len({p.question for p in problems}) == 20_000


def test_no_two_kinds_ask_the_same() -> None:
    askers: dict[str, set[str]] = {}
    for split in ("train", "heldout"):
        for problem in generate(20_000, 1, split):
            askers.setdefault(problem.question, set()).add(problem.kind)
    assert {question: kinds for question, kinds in askers.items() if len(kinds) > 1} == {}


def test_no_two_modules_name_a_kind_alike() -> None:
    names = Counter(name for module in MODULES for name in module.KINDS)
    assert [name for name, count in names.items() if count > 1] == []


def test_every_kind_gets_its_share() -> None:
    num = 3 * len(KINDS) + 1
    counts = Counter(p.kind for p in generate(num, 4, "heldout"))
    assert sum(counts.values()) == num
    assert set(counts) == set(KINDS)
    assert set(counts.values()) == {3, 4}


def test_the_others_make_up_for_a_kind_that_runs_out() -> None:
    problems = generate(5000, 0, "heldout", kinds=["motion", "total", "left"])
    counts = Counter(p.kind for p in problems)
    assert len(problems) == len({p.question for p in problems}) == 5000
    assert counts["motion"] < 5000 // 3 < counts["total"]
    assert abs(counts["total"] - counts["left"]) <= 1


def test_every_topic_of_a_kind_is_of_the_programme() -> None:
    assert all(kind.topic in TOPICS for kind in KINDS.values())
    assert all(kind.difficulty in (1, 2, 3) for kind in KINDS.values())
    assert set(KNOWN["topics"]) <= set(TOPICS)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"grades": [2, 4]}, lambda kind: kind.grade in (2, 4)),
        ({"strands": ["statistics"]}, lambda kind: strand_of(kind.topic) == "statistics"),
        ({"topics": ["GEO.TIME", "NUM.DIV"]}, lambda kind: kind.topic in ("GEO.TIME", "NUM.DIV")),
        ({"starter": True}, lambda kind: kind.starter),
        (
            {"grades": [5], "strands": ["geometry"], "starter": True},
            lambda kind: kind.grade == 5 and kind.topic.startswith("GEO") and kind.starter,
        ),
        ({}, lambda kind: True),
    ],
)
def test_problems_are_chosen_by_grade_strand_topic_and_starter(chosen, expected) -> None:
    problems = generate(len(KINDS), 0, "train", **chosen)
    assert {p.kind for p in problems} == {name for name in KINDS if expected(KINDS[name])}


def test_kinds_narrow_the_choice() -> None:
    both = generate(30, 0, "train", kinds=["motion", "left"])
    assert {p.kind for p in both} == {"motion", "left"}
    assert {p.kind for p in generate(9, 0, "train", kinds=["motion", "left"], grades=[1])} == {
        "left"
    }


def test_a_problem_tells_where_it_belongs() -> None:
    for problem in generate(400, 1, "train"):
        kind = KINDS[problem.kind]
        assert (problem.grade, problem.topic) == (kind.grade, kind.topic)
        assert (problem.strand, problem.difficulty) == (strand_of(kind.topic), kind.difficulty)
        assert problem.letter is None and problem.options == ()


@pytest.mark.parametrize("kind", KINDS)
def test_a_solution_ends_with_its_answer(kind: str) -> None:
    for problem in EACH[kind]:
        assert problem.solution.splitlines()[-1] == f"Đáp số: {problem.answer}"
        assert problem.solution.count("Đáp số:") == 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_answer_of_a_solution_can_be_read(kind: str) -> None:
    for problem in (*EACH[kind][:3], *CHOICES[kind][:1]):
        verdict = grade(problem.question, problem.solution, problem.solution)
        assert verdict.correct is True, (problem, verdict)


@pytest.mark.parametrize("kind", KINDS)
def test_texts_are_composed_unicode_without_stray_spaces(kind: str) -> None:
    for problem in EACH[kind]:
        for text in (problem.question, problem.solution):
            assert unicodedata.is_normalized("NFC", text)
            assert text == text.strip()
            assert not re.search(r"  | \n|\n\n| [.?,](?!\.)|None|\{name", text), problem


@pytest.mark.parametrize("kind", KINDS)
def test_a_slip_ends_in_another_answer(kind: str) -> None:
    for problem in EACH[kind]:
        for slip in problem.slips:
            assert problem.slipped(slip).splitlines()[-1] == f"Đáp số: {slip.answer}"
            assert slip.answer != problem.answer
            if problem.grade <= 5:
                assert values(slip.answer) != values(problem.answer), (problem, slip)


def test_a_slip_without_working_of_its_own_changes_the_last_result() -> None:
    (problem,) = generate(1, 0, "train", kinds=["place_value"])
    for slip in problem.slips:
        assert slip.steps == ()
        assert f"= {slip.answer}\nĐáp số: {slip.answer}" in problem.slipped(slip)


def test_most_new_kinds_of_grades_1_to_5_have_slips() -> None:
    new = [name for name, kind in KINDS.items() if kind.grade <= 5 and not kind.starter]
    shares = {name: sum(bool(p.slips) for p in EACH[name]) / len(EACH[name]) for name in new}
    assert min(shares.values()) > 0
    assert sum(share > 0.9 for share in shares.values()) > 0.9 * len(new)


# multiple choice


@pytest.mark.parametrize("kind", KINDS)
def test_one_of_four_options_is_the_answer(kind: str) -> None:
    for problem in CHOICES[kind]:
        if problem.letter is None:
            assert KINDS[kind].grade > 5, f"{kind} cannot be asked as multiple choice"
            continue
        assert problem.options["ABCD".index(problem.letter)] == problem.answer
        assert len(set(problem.options)) == 4
        if problem.grade <= 5:
            assert len({tuple(values(option)) for option in problem.options}) == 4, problem
        for letter, option in zip("ABCD", problem.options, strict=True):
            assert f"{letter}. {option}" in problem.question or (
                f"{letter}) {option}" in problem.question
            )


@pytest.mark.parametrize("kind", KINDS)
def test_a_choice_is_worked_as_the_problem_and_ends_in_its_letter(kind: str) -> None:
    for problem, plain in zip(CHOICES[kind], EACH[kind], strict=True):
        assert (problem.key, problem.answer, problem.slips) == (
            plain.key,
            plain.answer,
            plain.slips,
        )
        assert problem.question.startswith(plain.question)
        working = plain.solution.rpartition("\n")[0]
        assert problem.solution.startswith(working)
        if problem.letter is not None:
            assert problem.solution.endswith(f" {problem.letter}")
            for slip in problem.possible_slips:
                wrong = problem.slipped(slip)
                assert wrong[-1] in "ABCD" and wrong[-1] != problem.letter
                assert problem.options["ABCD".index(wrong[-1])] == slip.answer


def test_every_letter_is_as_likely_to_be_right() -> None:
    letters = Counter(p.letter for p in generate(4000, 3, "train", choices=1.0, grades=[1, 2, 5]))
    assert set(letters) == set("ABCD")
    assert all(900 < count < 1100 for count in letters.values())


def test_slips_are_offered_first() -> None:
    for problem in CHOICES["price_cut"]:
        assert {slip.answer for slip in problem.slips} <= set(problem.options)


def test_choices_are_laid_out_in_several_ways() -> None:
    problems = generate(200, 3, "train", choices=1.0, grades=[3])
    assert len({p.question.count("\n") - p.question.count("\nD") for p in problems}) > 1
    assert len({p.solution.splitlines()[-1][:-1] for p in problems}) == 4
    assert any("A) " in p.question for p in problems) and any("A. " in p.question for p in problems)


def test_a_share_is_asked_as_choices() -> None:
    plain = generate(1000, 7, "train", grades=[4])
    mixed = generate(1000, 7, "train", grades=[4], choices=0.3)
    assert sum(p.letter is not None for p in mixed) == 300
    assert [p.key for p in mixed] == [p.key for p in plain]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kinds": ["totals"]}, r"unknown kinds \['totals'\]; there are: total, left"),
        ({"grades": [13]}, r"unknown grades \[13\]; there are: 1, 2, 3, 4, 5"),
        ({"strands": ["number", "maths"]}, r"unknown strands \['maths'\]; there are: number, alg"),
        ({"topics": ["NUM.SUM"]}, r"unknown topics \['NUM.SUM'\]; there are: NUM.COUNT, NUM.ADD"),
        (
            {"kinds": ["total"], "grades": [5]},
            r"kinds=\['total'\] with grades=\[5\] leaves no kind",
        ),
        ({"kinds": ["money"], "starter": True}, "with starter=True leaves no kind"),
        ({"kinds": []}, "leaves no kind"),
        ({"num": -1}, "num=-1"),
        ({"choices": 1.5}, "choices=1.5 is not a share"),
        ({"split": "test"}, "unknown split 'test'"),
        ({"num": 10**6, "kinds": ["motion"], "split": "heldout"}, "ask for fewer problems"),
    ],
)
def test_a_wrong_request_says_what_exists(arguments: dict[str, object], message: str) -> None:
    request = {"num": 4, "seed": 0, "split": "train"} | arguments
    with pytest.raises(ValueError, match=message):
        generate(**request)  # type: ignore[arg-type]
