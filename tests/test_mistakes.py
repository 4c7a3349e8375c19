import re
from collections import Counter
from fractions import Fraction
from random import Random

import pytest

from mathpal.maths.curriculum import KINDS, generate
from mathpal.maths.grading import grade
from mathpal.maths.mistakes import MISTAKES, Mistake, wrong_solution
from mathpal.maths.notation.plain import plain
from mathpal.maths.notation.quantities import quantities

PROBLEMS = generate(960, 21, "train", starter=True)
WRONG = [wrong_solution(p.question, p.solution, Random(i)) for i, p in enumerate(PROBLEMS)]
STARTERS = {name for name, kind in KINDS.items() if kind.starter}
PAIRS = list(zip(PROBLEMS, WRONG, strict=True))


def numbers(text: str) -> list[Fraction]:
    return [quantity.value for quantity in quantities(plain(text))]


def is_right(question: str, reference: str, prediction: str) -> bool | None:
    return grade(question, reference, prediction).correct


def seen(question: str, solution: str, seeds: int = 200) -> set[Mistake]:
    return {wrong_solution(question, solution, Random(seed)) for seed in range(seeds)}


def test_every_kind_of_problem_is_there() -> None:
    assert {problem.kind for problem in PROBLEMS} == STARTERS


def test_a_wrong_solution_never_agrees_with_the_right_one() -> None:
    for problem, wrong in PAIRS:
        assert is_right(problem.question, problem.solution, wrong.solution) is False, wrong
        assert is_right(problem.question, wrong.solution, problem.solution) is False, wrong


def test_the_layout_and_the_units_are_kept() -> None:
    def words(text: str) -> str:
        return re.sub(r"\d+(?:,\d+)?|[-+×:]", "#", text)

    for problem, wrong in PAIRS:
        right_lines, lines = words(problem.solution).split("\n"), words(wrong.solution).split("\n")
        if wrong.kind == "missing_step":
            left = iter(right_lines)
            assert all(line in left for line in lines), wrong
        else:
            assert lines == right_lines, wrong


def test_numbers_stay_in_proportion() -> None:
    for problem, wrong in PAIRS:
        largest = max(numbers(f"{problem.question} {problem.solution}"))
        assert all(0 < value <= 10 * largest for value in numbers(wrong.solution)), wrong
        assert not re.search(r"[=(:] ?-\d", wrong.solution), wrong


def test_decimals_come_only_where_there_were_decimals() -> None:
    for problem, wrong in PAIRS:
        if "," not in problem.solution:
            assert "," not in wrong.solution, wrong


def test_only_the_spoiled_equation_is_wrong() -> None:
    equation = re.compile(r"^(\S+) ([-+×:]) (\S+) = (\S+)", re.MULTILINE)
    operate = {
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "×": lambda a, b: a * b,
        ":": lambda a, b: a / b,
    }
    for _, wrong in PAIRS:
        false = 0
        for a, sign, b, result in equation.findall(wrong.solution):
            a, b, result = (Fraction(n.replace(",", ".")) for n in (a, b, result))
            false += operate[sign](a, b) != result
        consistent = wrong.kind in ("copied_number", "wrong_operation", "missing_step")
        assert false <= (0 if consistent else 1), wrong


def test_the_answer_is_what_the_last_equation_gives() -> None:
    for problem, wrong in PAIRS:
        *_, equation, answer = wrong.solution.split("\n")
        result = numbers(equation.rpartition("=")[2])[0]
        if problem.kind != "sum_difference" or wrong.kind != "missing_step":
            assert result == numbers(answer)[0], wrong


def test_the_same_seed_gives_the_same_mistake() -> None:
    for i, (problem, wrong) in enumerate(PAIRS):
        assert wrong_solution(problem.question, problem.solution, Random(i)) == wrong


def test_mistakes_are_varied() -> None:
    counts = Counter(wrong.kind for wrong in WRONG)
    assert len(counts) >= 9
    assert counts["final_answer"] < 0.01 * len(WRONG)
    assert max(counts.values()) < 0.4 * len(WRONG)
    for kind in STARTERS:
        assert len({wrong.kind for problem, wrong in PAIRS if problem.kind == kind}) >= 4, kind


@pytest.mark.parametrize(
    ("kind", "expression", "right", "wrong"),
    [
        ("carry", "38 + 54", "92", {"82"}),
        ("carry", "13 × 4", "52", {"42"}),
        ("carry", "2,7 + 1,5", "4,2", {"3,2"}),
        ("borrow", "52 - 38", "14", {"26", "24"}),
        ("times_table", "6 × 8", "48", {"40", "42", "54", "56"}),
        ("times_table", "42 : 6", "7", {"6", "8"}),
        ("off_by_one", "51 - 37", "14", {"13", "15"}),
        ("digits_swapped", "19 + 26", "45", {"54"}),
        ("zero_lost", "6 × 30", "180", {"18"}),
        ("zero_lost", "600 : 100", "6", {"60"}),
        ("decimal_comma", "4,8 + 4,7", "9,5", {"95", "8,15"}),
        ("fraction_parts", "1/2 + 1/3", "5/6", {"2/5"}),
    ],
)
def test_a_slip_spoils_the_result(kind: str, expression: str, right: str, wrong: set[str]) -> None:
    solution = f"Số cần tìm là:\n{expression} = {right} (m)\nĐáp số: {right} m"
    found = {m.solution for m in seen("", solution) if m.kind == kind}
    assert found == {solution.replace(f"= {right}", f"= {w}").replace(f": {right} m", f": {w} m")
                     for w in wrong}  # fmt: skip


@pytest.mark.parametrize(
    ("question", "solution", "kind", "wrong"),
    [
        pytest.param(
            "Tổng của hai số là 24, hiệu là 12.",
            "24 - 12 = 12\n12 : 2 = 6\n6 + 12 = 18\nĐáp số: số lớn 18; số bé 6",
            "wrong_operation",
            "24 + 12 = 36\n36 : 2 = 18\n18 + 12 = 30\nĐáp số: số lớn 30; số bé 18",
            id="a given number that equals a result is kept",
        ),
        pytest.param(
            "Tổng của hai số là 26, hiệu là 4.",
            "26 - 4 = 22\n22 : 2 = 11\n11 + 4 = 15\nĐáp số: số lớn 15; số bé 11",
            "missing_step",
            "26 - 4 = 22\n22 + 4 = 26\nĐáp số: số lớn 26; số bé 22",
            id="a step is left out, two answers",
        ),
        pytest.param(
            "Dài 15 m, rộng 10 m.",
            "Chu vi là: (15 + 10) x 2 = 50 (m)\nVậy chu vi là 50 m.",
            "missing_step",
            "Chu vi là: (15 + 10) = 25 (m)\nVậy chu vi là 25 m.",
            id="the last factor is left out",
        ),
        pytest.param(
            "Mua 4 bút giá 4500 đồng.",
            r"$4 500 \times 4 = 18 000$ (đồng)" "\nĐáp số: 18 000 đồng",
            "zero_lost",
            r"$4 500 \times 4 = 1 800$ (đồng)" "\nĐáp số: 1 800 đồng",
            id="thousands with spaces in LaTeX",
        ),
        pytest.param(
            "Tìm y",
            "y = 80 : 32\ny = 2,5",
            "decimal_comma",
            None,
            id="a whole quotient has no comma to misplace",
        ),
        pytest.param(
            "Tính",
            "A = 2 : 0,5 + 10 x 0,2 = 4 + 2 = 6\nĐáp số: 6",
            "wrong_operation",
            "A = 2 : 0,5 + 10 x 0,2 = 4 - 2 = 2\nĐáp số: 2",
            id="the last side of a chain is spoiled",
        ),
    ],
)
def test_the_error_is_carried_on(
    question: str, solution: str, kind: str, wrong: str | None
) -> None:
    found = {mistake.solution for mistake in seen(question, solution) if mistake.kind == kind}
    assert found == set() if wrong is None else wrong in found


def test_a_chosen_letter_changes_with_the_result() -> None:
    for mistake in seen("", "6 x 8 = 48 (cm)\nChọn B"):
        assert "= 48" not in mistake.solution
        assert re.search(r"Chọn [ACD]$", mistake.solution)


@pytest.mark.parametrize("solution", ["Vậy x là 12 quả", "Chọn B", r"Vậy $\frac{3}{7}$", "Đs: 1"])
def test_without_an_equation_the_answer_is_altered(solution: str) -> None:
    for mistake in seen("", solution, 20):
        assert mistake.kind == "final_answer"
        assert is_right("", solution, mistake.solution) is False


def test_an_equation_that_does_not_hold_is_left_alone() -> None:
    mistake = wrong_solution("", "5 + 5 = 11\nĐáp số: 7", Random(0))
    assert mistake.kind == "final_answer"
    assert mistake.solution.startswith("5 + 5 = 11\n")


def test_a_text_without_numbers_is_refused() -> None:
    with pytest.raises(ValueError, match=r"has no number or choice to alter: 'Chưa có"):
        wrong_solution("2 + 3 = ?", "Chưa có lời giải.", Random(0))


def test_every_mistake_of_the_table_can_happen() -> None:
    fractions = seen("", "1/2 + 1/3 = 5/6\nĐáp số: 5/6")
    assert {wrong.kind for wrong in [*WRONG, *fractions]} >= set(MISTAKES)
