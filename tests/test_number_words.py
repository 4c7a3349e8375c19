"""Numbers that are written in words are read back."""

import tempfile
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir

from mathpal.maths.notation import writing
from mathpal.maths.notation.plain import plain
from mathpal.maths.notation.quantities import Quantity, worded
from mathpal.maths.notation.units import UNITS
from mathpal.maths.notation.words import DIGITS, SCALES, SIZES, in_words, read_words

set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "hypothesis")

numbers = st.integers(0, 9999) | st.integers(0, 10**12 - 1)
forms = st.fixed_dictionaries(
    {
        "linh": st.sampled_from(("linh", "lẻ")),
        "four": st.sampled_from(("bốn", "tư")),
        "five": st.sampled_from(("lăm", "nhăm")),
        "thousand": st.sampled_from(("nghìn", "ngàn")),
        "billion": st.sampled_from(("tỉ", "tỷ")),
    }
)


def check(examples: int) -> settings:
    """Return settings for the same examples each time, with nothing kept on disk."""
    return settings(max_examples=examples, deadline=None, derandomize=True, database=None)


def only(text: str) -> Quantity:
    """Return the one quantity in words of a text."""
    found = worded(plain(text))
    assert len(found) == 1, f"{text!r} has {[str(q) for q in found]}"
    return found[0]


@pytest.mark.parametrize("four", ["bốn", "tư"])
@pytest.mark.parametrize("linh", ["linh", "lẻ"])
def test_every_number_up_to_ten_thousand_is_read_back(linh, four):
    for number in range(10_001):
        assert read_words(writing.words(number, linh=linh, four=four)) == number


@check(1000)
@given(numbers, forms)
def test_numbers_are_read_back_in_every_form(number, forms):
    said = writing.words(number, **forms)
    assert read_words(said) == read_words(said.capitalize()) == number
    if number:  # in a sentence, không says no
        assert only(f"Có tất cả {said} quả cam.").value == number
        assert only(f"**Đáp số: {said}**").value == number


@check(500)
@given(
    numbers.filter(bool),
    st.sampled_from(("đồng", "mét", "ki-lô-gam", "giờ", "m²", "lít", "phút", "tuổi")),
)
def test_a_number_in_words_keeps_its_unit(number, spelling):
    quantity = only(f"Nhà Lan có {writing.words(number)} {spelling}.")
    assert (quantity.value, quantity.unit) == (number, UNITS[spelling])


@check(500)
@given(st.builds(Fraction, st.integers(1, 9999), st.integers(2, 9999)))
def test_fractions_in_words_are_read_back(value):
    said = writing.fraction_words(value)
    assert read_words(said) == value
    assert only(f"Lan đã đọc {said} quyển sách.").value == value


@check(500)
@given(st.integers(1, 10**8), st.integers(0, 5))
def test_decimals_in_words_are_read_back(digits, places):
    value = Fraction(digits, 10**places)
    said = writing.decimal_words(value)
    assert read_words(said) == value
    assert only(f"Sợi dây dài {said} mét.").value == value


WORDS = (*DIGITS, *SCALES, *SIZES, "mười", "mốt", "tư", "lăm", "linh", "lẻ", "nửa", "rưỡi", "phần",
         "phẩy", "và", "quả", "VÀ", "Năm", "5")  # fmt: skip


@check(2000)
@given(st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(" \n\t,")), max_size=8))
def test_any_words_can_be_read(words):
    text = "".join(word + gap for word, gap in words)
    assert read_words(text) is None or read_words(text) >= 0
    assert all(quantity.value >= 0 for quantity in worded(plain(text)))


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "không"),
        (5, "năm"),
        (10, "mười"),
        (15, "mười lăm"),
        (21, "hai mươi mốt"),
        (24, "hai mươi bốn"),
        (55, "năm mươi lăm"),
        (101, "một trăm linh một"),
        (110, "một trăm mười"),
        (111, "một trăm mười một"),
        (1000, "một nghìn"),
        (1005, "một nghìn không trăm linh năm"),
        (20_015, "hai mươi nghìn không trăm mười lăm"),
        (1_000_000, "một triệu"),
        (1_000_001, "một triệu không trăm linh một"),
        (2_500_000_000, "hai tỉ năm trăm triệu"),
    ],
)
def test_numbers_are_written_as_they_are_read_aloud(number, said):
    assert in_words(number) == said


@pytest.mark.parametrize(
    ("phrase", "value"),
    [
        ("hai mươi tư", 24),
        ("hai tư", 24),
        ("ba lăm", 35),
        ("bốn mốt", 41),
        ("bẩy", 7),
        ("một chục", 10),
        ("hai chục", 20),
        ("nửa tá", 6),
        ("một tá", 12),
        ("hai trăm rưỡi", 250),
        ("một triệu rưỡi", 1_500_000),
        ("ba nghìn rưỡi", 3500),
        ("nửa", Fraction(1, 2)),
        ("một nửa", Fraction(1, 2)),
        ("hai rưỡi", Fraction(5, 2)),
        ("một phần tư", Fraction(1, 4)),
        ("ba phần bốn", Fraction(3, 4)),
        ("không phẩy năm", Fraction(1, 2)),
        ("ba phẩy mười bốn", Fraction(157, 50)),
        ("ba phẩy một bốn", Fraction(157, 50)),
    ],
)
def test_phrases_as_people_say_them(phrase, value):
    assert read_words(phrase) == value


@pytest.mark.parametrize(
    "phrase", ["", "cam", "hai quả", "hai ba", "mười mười", "một phần không", "phần tư", "phẩy năm",
               "linh", "ba phẩy", "hai trăm trăm", "một nghìn một triệu", "năm tư mươi"]
)  # fmt: skip
def test_what_is_no_number_is_not_read(phrase):
    assert read_words(phrase) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mẹ mua hai mươi lăm quả cam", ["25"]),
        ("Còn lại một nửa số kẹo", ["0,5"]),
        ("hai giờ ba mươi phút", ["2,5 giờ"]),
        ("hai tá bút", ["24"]),
        ("năm học sinh và sáu bạn", ["5", "6"]),
        ("ba năm", ["3 năm"]),
        ("hai mươi năm", ["20 năm"]),
        ("7 năm", []),
        ("2 năm 3 tháng", []),
        ("5 phần trăm", []),
        ("Tư vấn cho bạn", []),
        ("Lan không có quả cam nào", []),
        ("hai và nửa", ["2,5"]),
    ],
)
def test_quantities_in_words_in_running_text(text, expected):
    assert [str(quantity) for quantity in worded(plain(text))] == expected
