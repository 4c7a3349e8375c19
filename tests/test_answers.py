"""Answers of Vietnamese solutions, as the first version reads them."""

from fractions import Fraction

import pytest

from mathpal.data.sources import rows
from mathpal.maths.answers import agree, final_answer, numbers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", ["5"]),
        ("3,5", ["7/2"]),
        ("3.5", ["7/2"]),
        ("0,05 km", ["1/20"]),
        ("1 250", ["1250"]),
        ("54 000 đồng", ["54000"]),
        ("1.250.000", ["1250000"]),
        ("1.250", ["1250"]),
        ("1 250,75", ["5003/4"]),
        ("12 quả và 30 quả", ["12", "30"]),
        ("3/4", ["3/4"]),
        ("6/8", ["3/4"]),
        ("1 3/4", ["7/4"]),
        (r"\frac{3}{4}", ["3/4"]),
        (r"$\frac{{7}}{{11}}$", ["7/11"]),
        (r"2\frac{4}{9}", ["22/9"]),
        (r"\dfrac{1}{2}", ["1/2"]),
        ("25%", ["1/4"]),
        ("12,5 %", ["1/8"]),
        ("-5", ["-5"]),
        ("x = -0,5", ["-1/2"]),
        ("8-3", ["8", "3"]),
        ("<b>15</b>&nbsp;cm", ["15"]),
        ("**7**", ["7"]),
        ("1/0", []),
        ("không có số", []),
        ("", []),
    ],
)
def test_numbers_are_read_exactly(text, expected):
    assert [str(n) for n in numbers(text)] == expected


def test_a_minus_between_numbers_is_no_sign():
    assert numbers("8 - 3") == [8, 3]


def test_decimal_comma_is_a_decimal_point():
    assert numbers("3,14") == numbers("3.14") == [Fraction(157, 50)]


@pytest.mark.parametrize(
    ("solution", "expected"),
    [
        ("Số táo là:\n8 - 3 = 5 (quả)\nĐáp số: 5 quả", "5"),
        ("Số táo là:\n8 - 3 = 5 (quả)\nĐÁP SỐ: 6 quả", "6"),
        ("Đáp số : 1 250 đồng", "1250"),
        ("Đáp án: 3,5 kg", "7/2"),
        ("ĐS: 12", "12"),
        ("Vậy x = 7", "7"),
        ("Vậy chiều dài là 20 m. Đáp số: 40 m", "40"),
        ("Đáp số: 3 giờ 20 phút", "3; 20"),
        ("Đáp số: chu vi 20 cm, diện tích 24 cm", "20; 24"),
        ("Đáp số: 8 + 4 = 12 (viên)", "12"),
        ("Đáp số:\n15 quả", "15"),
        ("3 + 4 = 7", "7"),
        ("x + 3 = 5\nx = 5 - 3\nx = 2", "2"),
        ("3 + 4 = 7\nkết thúc", "7"),
        ("Đổi 2 giờ = 120 phút", "120"),
        ("Chọn B", "B"),
        ("Tính được 12.\nĐáp án đúng là: C", "C"),
        ("Đáp án: a", "A"),
        ("Chọn A vì 3 > 2. Chọn D", "D"),
    ],
)
def test_final_answer_stands_behind_the_last_marker(solution, expected):
    assert str(final_answer(solution)) == expected


@pytest.mark.parametrize("solution", ["", "không biết", "Đáp số: như hình vẽ", "\n\n"])
def test_a_solution_without_number_or_choice_has_no_answer(solution):
    assert final_answer(solution) is None


def test_the_text_that_was_read_is_kept():
    assert final_answer("2 + 3 = 5\nĐáp số: 5 quả táo").text == "5 quả táo"


@pytest.mark.parametrize(
    ("prediction", "reference", "expected"),
    [
        ("Đáp số: 5 quả", "Đáp số: 5 quả", True),
        ("2 + 3 = 5", "Đáp số: 5 quả", True),
        ("Đáp số: 0,5 m", "Đáp số: 1/2 m", True),
        ("Đáp số: 50%", "Đáp số: 0,5", True),
        ("Đáp số: 1.250 đồng", "Đáp số: 1 250 đồng", True),
        (r"Vậy $x = \frac{2}{4}$", "Đáp số: 1/2", True),
        ("Chọn B", "Đáp án: B", True),
        ("Đáp số: 6 quả", "Đáp số: 5 quả", False),
        ("Đáp số: -5", "Đáp số: 5", False),
        ("Chọn C", "Chọn B", False),
        ("Đáp số: 5", "Chọn B", False),
        ("Đáp số: 3 giờ 25 phút", "Đáp số: 3 giờ 20 phút", False),
        ("Đáp số: 3 giờ", "Đáp số: 3 giờ 20 phút", False),
        ("", "Đáp số: 5", False),
        ("không biết", "Đáp số: 5", False),
    ],
)
def test_answers_agree_by_number(prediction, reference, expected):
    assert agree(prediction, reference) is expected


def test_nothing_is_scored_without_a_reference_answer():
    assert agree("Đáp số: 5", "Xem hình vẽ") is None


def test_units_are_not_compared_yet():
    assert agree("Đáp số: 5 kg", "Đáp số: 5 quả") is True


def test_an_answer_agrees_with_itself_over_real_exams(exams):
    found = rows(str(exams), *[None] * 3, "train", *[None] * 8, 0, None)
    solutions = [row.answer for row in found.train]
    scored = [s for s in solutions if agree(s, s) is not None]
    assert all(agree(s, s) for s in scored)
    assert len(scored) >= 0.9 * len(solutions)
