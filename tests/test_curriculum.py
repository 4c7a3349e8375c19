import re
import unicodedata
from fractions import Fraction

import pytest

from mathpal.maths.curriculum import KINDS, Problem, generate, split_of

NUMBER = re.compile(r"\d+(?:,\d+)?")
EXPRESSION = re.compile(r"\d+(?:,\d+)?(?: [-+×:] \d+(?:,\d+)?)*")


def number(text: str) -> Fraction:
    return Fraction(text.replace(",", "."))


def numbers(text: str) -> list[Fraction]:
    return [number(found) for found in NUMBER.findall(text)]


def evaluate(expression: str) -> Fraction:
    """Evaluate terms joined by + and -, each a run of × and : from left to right."""
    total = Fraction(0)
    sign = 1
    for part in re.split(r" ([-+]) ", expression):
        if part in ("+", "-"):
            sign = 1 if part == "+" else -1
            continue
        first, *rest = part.split(" ")
        term = number(first)
        for op, value in zip(rest[::2], rest[1::2], strict=True):
            term = term * number(value) if op == "×" else term / number(value)
        total += sign * term
    return total


def equations(solution: str) -> list[tuple[Fraction, Fraction]]:
    return [
        (evaluate(left), number(right))
        for line in solution.splitlines()[:-1]
        for left, right in re.findall(rf"^({EXPRESSION.pattern}) = ({NUMBER.pattern})", line)
    ]


def expected_answer(problem: Problem) -> list[Fraction]:
    """Solve a problem from the numbers of its question alone, another way than its author."""
    question = problem.question
    given = numbers(question)
    match problem.kind:
        case "total" | "decimal_total":
            return [given[0] + given[1]]
        case "left":
            return [given[0] - given[1]]
        case "difference":
            return [max(given) - min(given)]
        case "more_or_fewer":
            return [given[0] + given[1] * (1 if "nhiều hơn" in question else -1)]
        case "equal_groups":
            a, b = given[:2]
            return [a * b]
        case "times_as_many":
            return [given[0] * given[1]]
        case "sharing":
            return [given[0] / given[1]]
        case "find_x":
            return [solve_for_x(question.partition(": ")[2])]
        case "unit_rate":
            boxes, things = sorted(given[:2])
            return [things * given[2] / boxes]
        case "rectangle_perimeter":
            return [2 * given[0] + 2 * given[1]]
        case "average":
            return [sum(given, Fraction(0)) / len(given)]
        case "sum_difference":
            return [(given[0] + given[1]) / 2, (given[0] - given[1]) / 2]
        case "fraction_of":
            return [given[0] * given[1] / given[2]]
        case "motion":
            if "vận tốc" in question and "km/giờ" not in question:
                return [max(given) / min(given)]
            return [given[0] * given[1]]
        case "percent":
            return [given[0] * given[1] / 100]
    raise AssertionError(f"no check is written for kind {problem.kind}")


def solve_for_x(equation: str) -> Fraction:
    left, right = equation.split(" = ")
    for x in range(200):
        if evaluate(left.replace("x", str(x))) == number(right):
            return Fraction(x)
    raise AssertionError(f"no whole x under 200 solves {equation}")


SAMPLE = generate(1600, 11, "train") + generate(800, 12, "heldout")


def test_the_same_seed_gives_the_same_problems() -> None:
    assert generate(64, 5, "train") == generate(64, 5, "train")


def test_another_seed_gives_other_problems() -> None:
    ours = {p.question for p in generate(64, 5, "train")}
    theirs = {p.question for p in generate(64, 6, "train")}
    assert len(ours & theirs) < 8


def test_no_key_or_question_is_in_both_splits() -> None:
    for seed in range(12):
        train = generate(800, seed, "train")
        heldout = generate(400, 100 - seed, "heldout")
        assert not {p.key for p in train} & {p.key for p in heldout}
        assert not {p.question for p in train} & {p.question for p in heldout}


def test_the_key_decides_the_split() -> None:
    assert all(split_of(p.key) == "train" for p in generate(160, 1, "train"))
    assert all(split_of(p.key) == "heldout" for p in generate(160, 1, "heldout"))


def test_swapped_numbers_share_a_key() -> None:
    totals = generate(3000, 3, "train", kinds=["total"])
    orders = {tuple(numbers(p.question)) for p in totals}
    swapped = next((a, b) for a, b in orders if a != b and (b, a) in orders)
    keys = {p.key for p in totals if sorted(numbers(p.question)) == sorted(swapped)}
    assert len(keys) == 1


def test_no_question_comes_twice() -> None:
    problems = generate(8000, 2, "train")
    assert len({p.question for p in problems}) == 8000


def test_every_kind_gets_its_share() -> None:
    problems = generate(161, 4, "heldout")
    counts = [sum(p.kind == kind for p in problems) for kind in KINDS]
    assert sum(counts) == 161
    assert set(counts) == {10, 11}


def test_there_are_kinds_for_every_grade() -> None:
    assert len(KINDS) >= 14
    assert {kind.grade for kind in KINDS.values()} == {1, 2, 3, 4, 5}


def test_kinds_and_grades_narrow_the_choice() -> None:
    assert {p.grade for p in generate(30, 0, "train", grades=[2, 4])} == {2, 4}
    assert {p.kind for p in generate(30, 0, "train", kinds=["motion", "left"])} == {
        "motion",
        "left",
    }
    both = generate(30, 0, "train", kinds=["motion", "left"], grades=[1])
    assert {p.kind for p in both} == {"left"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_answer_is_what_the_question_asks_for(kind: str) -> None:
    for problem in SAMPLE:
        if problem.kind == kind:
            given = numbers(problem.answer)
            assert given == expected_answer(problem), problem


def test_every_printed_equation_holds() -> None:
    for problem in SAMPLE:
        found = equations(problem.solution)
        assert found or problem.kind == "find_x", problem
        assert all(left == right for left, right in found), problem


def test_the_working_of_find_x_gives_its_x() -> None:
    for problem in SAMPLE:
        if problem.kind == "find_x":
            _, working, result = problem.solution.splitlines()[0].split(" = ")
            assert evaluate(working) == number(result), problem


def test_a_solution_ends_with_its_answer() -> None:
    for problem in SAMPLE:
        assert problem.solution.splitlines()[-1] == f"Đáp số: {problem.answer}"
        assert problem.solution.count("Đáp số:") == 1


def test_the_last_equation_gives_the_first_number_of_the_answer() -> None:
    for problem in SAMPLE:
        if problem.kind != "find_x":
            assert equations(problem.solution)[-1][1] == numbers(problem.answer)[0], problem


def test_texts_are_composed_unicode_without_stray_spaces() -> None:
    for problem in SAMPLE:
        for text in (problem.question, problem.solution):
            assert unicodedata.is_normalized("NFC", text)
            assert text == text.strip()
            assert "  " not in text
            assert " ." not in text


def test_results_stay_small() -> None:
    assert max(max(numbers(p.answer)) for p in SAMPLE) <= 250


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kinds": ["totals"]}, r"unknown kinds \['totals'\]; there are: total, left"),
        ({"grades": [6]}, r"unknown grades \[6\]; there are: \[1, 2, 3, 4, 5\]"),
        ({"kinds": ["total"], "grades": [5]}, "leaves no kind"),
        ({"kinds": []}, "leaves no kind"),
        ({"num": -1}, "num=-1"),
        ({"split": "test"}, "unknown split 'test'"),
        ({"num": 10**6, "kinds": ["motion"], "split": "heldout"}, "ask for fewer problems"),
    ],
)
def test_a_wrong_request_says_what_exists(arguments: dict[str, object], message: str) -> None:
    request = {"num": 4, "seed": 0, "split": "train"} | arguments
    with pytest.raises(ValueError, match=message):
        generate(**request)  # type: ignore[arg-type]
