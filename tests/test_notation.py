"""What is written in school notation is read back; any text is read without an error, and soon."""

import re
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest
import sympy  # noqa: F401  (its first import takes longer than any reading)
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir

from mathpal.maths.notation import writing
from mathpal.maths.notation.plain import plain
from mathpal.maths.notation.quantities import Quantity, quantities, shown, worded
from mathpal.maths.notation.units import UNITS, Unit, convert
from mathpal.maths.notation.values import Unreadable, equal, read_value, try_value
from mathpal.maths.notation.words import read_words

set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "hypothesis")

FRAMES = (
    "{}",
    "{}.",
    "({})",
    "Đáp số: {}",
    "Vậy chiều dài là {}.",
    "**Đáp số: {}**",
    "Kết quả là *{}*, đúng với đề bài.",
    "<p>Tất cả là <strong>{}</strong>.</p>",
    "Suy ra x = {}; thử lại thấy đúng.",
    r"Vậy \boxed{{{}}}",
    "## Kết luận\n- Cần tìm: {}\n",
)
FRACTION_STYLES = tuple(writing.FRACTIONS)
COMMAS = ((",", ""), (",", " "), (",", "."), (".", ""), (".", " "), (".", ","))
LETTERS = {"a"}
"""Signs of units that are words or names as well, and need more around them to be read."""
AMBIGUOUS = re.compile(r"-?[1-9]\d{0,2}(?:\.\d{3}|,\d{3})")
"""12.345 and 12,345: what the mark in them is, only the text around can tell."""

frames = st.sampled_from(FRAMES)
dresses = st.sampled_from((str, writing.latex, writing.hypertext))
decimals = st.builds(
    lambda digits, places: Fraction(digits, 10**places),
    st.integers(-(10**9), 10**9) | st.integers(-(10**4), 10**4),
    st.integers(0, 5),
)
fractions = st.builds(Fraction, st.integers(-2000, 2000), st.integers(1, 400))
mixed_numbers = st.builds(
    lambda sign, whole, part: sign * (whole + part),
    st.sampled_from((1, -1)),
    st.integers(1, 2000),
    st.fractions(Fraction(1, 400), Fraction(399, 400), max_denominator=400),
)


def check(examples: int) -> settings:
    """Return settings for the same examples each time, with nothing kept on disk."""
    return settings(max_examples=examples, deadline=None, derandomize=True, database=None)


def only(text: str) -> Quantity:
    """Return the one quantity of a text."""
    found = quantities(plain(text))
    assert len(found) == 1, f"{text!r} has {[str(q) for q in found]}"
    return found[0]


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Stop what takes more time of the processor."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"not done after {seconds} s")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@check(2000)
@given(decimals, st.sampled_from(COMMAS), dresses, frames)
def test_decimals_are_read_back(value, marks, dress, frame):
    text = writing.decimal(value, *marks)
    assume(marks[0] == "," or not AMBIGUOUS.fullmatch(text))
    assert read_value(plain(dress(text))) == value
    quantity = only(frame.format(dress(text)))
    assert (quantity.value, quantity.unit) == (value, None)


@check(1000)
@given(fractions, st.sampled_from(FRACTION_STYLES), dresses, frames)
def test_fractions_are_read_back(value, style, dress, frame):
    assume(style != "short" or max(abs(value.numerator), value.denominator) < 10)
    text = writing.fraction(value, style)
    text = dress(text) if style == "slash" else text
    assert read_value(plain(text)) == value
    assert only(frame.format(text)).value == value


@check(700)
@given(mixed_numbers, st.sampled_from(FRACTION_STYLES), dresses, frames)
def test_mixed_numbers_are_read_back(value, style, dress, frame):
    rest = abs(value) % 1
    assume(style != "short" or max(rest.numerator, rest.denominator) < 10)
    text = writing.mixed(value, style)
    text = dress(text) if style == "slash" else f"${text}$"
    assert read_value(plain(text)) == value
    assert only(frame.format(text)).value == value


@check(500)
@given(decimals, dresses, frames)
def test_percents_are_read_back(share, dress, frame):
    text = dress(writing.percent(share))
    assert read_value(plain(text)) == share
    quantity = only(frame.format(text))
    assert quantity.unit is UNITS["%"]
    assert quantity.measure == share


@check(500)
@given(st.integers(-30, 30) | st.fractions(-5, 5, max_denominator=9), st.integers(0, 12), dresses)
def test_powers_are_read_back(base, exponent, dress):
    text = dress(writing.power(base, exponent))
    assert read_value(plain(text)) == Fraction(base) ** exponent
    assert only(f"Ta có A = {text}.").value == Fraction(base) ** exponent


@check(300)
@given(st.integers(0, 2000), dresses, frames)
def test_roots_are_read_back(square, dress, frame):
    as_it_stands = only(frame.format(dress(writing.root(square))))
    simplest = only(frame.format(dress(writing.surd(square))))
    assert equal(as_it_stands.value**2, Fraction(square))
    assert equal(as_it_stands.value, simplest.value)


@check(300)
@given(st.integers(0, 10**19) | st.fractions(0, 10**6, max_denominator=10**4))
def test_the_root_of_a_square_is_rational(value):
    root = read_value(writing.root(Fraction(value) ** 2))
    assert isinstance(root, Fraction)
    assert root == value


@check(300)
@given(*2 * [st.fractions(Fraction(1, 50), 500, max_denominator=50)], dresses, frames)
def test_ratios_are_read_back(first, second, dress, frame):
    assert only(frame.format(dress(writing.ratio(first, second)))).value == first / second


def test_every_spelling_of_a_unit_is_read_back():
    misread = set()
    for spelling in sorted(set(UNITS) - LETTERS):
        texts = {dress(writing.quantity("12", spelling)) for dress in (str, writing.latex)}
        texts |= {f"12{spelling}", f"$12$ {spelling}"}
        texts |= {f"12 {spelling.upper()}"} if len(spelling) > 1 else set()
        for frame, text in product(FRAMES[:4], texts):
            quantity = only(frame.format(text))
            if (quantity.value, quantity.unit) != (12, UNITS[spelling]):
                misread.add(frame.format(text))
    assert misread == set()


@check(1200)
@given(
    decimals.filter(lambda value: value >= 0),
    st.sampled_from(((",", ""), (",", " "))),
    st.sampled_from(sorted(set(UNITS) - LETTERS)),
    dresses,
    frames,
)
def test_quantities_are_read_back(value, marks, spelling, dress, frame):
    unit = UNITS[spelling]
    number = writing.decimal(value, *marks)
    assume(unit.dimension != "money" or not re.fullmatch(r"\d{1,3},\d{3}", number))
    assume(unit.name != "giờ" or value > 24 or frame != "({})")
    quantity = only(frame.format(dress(writing.quantity(number, spelling))))
    assert (quantity.value, quantity.unit) == (value, unit)
    assert quantity.measure == value * unit.factor


@pytest.mark.parametrize(
    "sign",
    [
        "cm<sup>2</sup>",
        "cm^2",
        "$cm^2$",
        r"$\text{cm}^2$",
        "cm²",
        r"$\mathrm{cm}^{2}$",
        "(cm2)",
        "(cm<sup>2</sup>)",
        "cm vuông",
    ],
)
def test_square_centimetres_are_read_in_any_dress(sign):
    for frame in FRAMES:
        assert str(only(frame.format(f"4,5 {sign}"))) == "4,5 cm²"


@check(500)
@given(st.data(), st.sampled_from(sorted(UNITS)), fractions)
def test_a_conversion_is_undone_by_its_reverse(data, source, value):
    alike = [name for name, unit in UNITS.items() if unit.dimension == UNITS[source].dimension]
    target = data.draw(st.sampled_from(alike))
    there = convert(value, source, target)
    assert convert(there, target, source) == value
    assert there * UNITS[target].factor == value * UNITS[source].factor


CHAINS = (
    ("km", "hm", "dam", "m"), ("m", "dm", "cm", "mm"), ("km", "m"), ("m", "cm"), ("mét", "cm"),
    ("tấn", "tạ", "yến", "kg"), ("kg", "g"), ("tấn", "kg"), ("giờ", "phút", "giây"),
    ("ngày", "giờ", "phút"), ("tuần", "ngày"), ("năm", "tháng"), ("thế kỉ", "năm"),
    ("m²", "dm²", "cm²"), ("km²", "ha", "m²"), ("m³", "dm³"), ("lít", "ml"), ("°", "′"),
)  # fmt: skip


@check(1000)
@given(st.sampled_from(CHAINS), st.integers(0, 10**7), dresses, frames)
def test_compound_measures_are_read_back(names, number, dress, frame):
    last = UNITS[names[-1]]
    text = writing.compound(convert(Fraction(number), names[-1], names[0]), *names)
    quantity = only(frame.format(dress(text)))
    assert quantity.unit is not None
    assert quantity.unit.dimension == last.dimension
    assert quantity.measure == number * last.factor


@check(500)
@given(st.integers(0, 200_000), dresses, frames)
def test_durations_are_read_back(seconds, dress, frame):
    assert only(frame.format(dress(writing.duration(seconds)))).measure == seconds


@check(1000)
@given(st.integers(0, 10**12) | st.integers(0, 999).map(lambda n: n * 500), dresses, frames)
def test_money_is_read_back(dong, dress, frame):
    texts = [f"{writing.decimal(dong, thousands=mark)} đồng" for mark in ("", " ", ".")]
    texts += [f"{dong:,} đồng", f"{writing.decimal(dong, thousands='.')}đ", writing.money(dong)]
    for text in texts:
        quantity = only(frame.format(dress(text)))
        assert quantity.unit is not None
        assert (quantity.unit.dimension, quantity.measure) == ("money", dong)


@pytest.mark.parametrize("style", ["words", "h", "colon", "part", "less"])
def test_every_minute_of_a_day_is_read_back(style):
    misread = {}
    for time in range(24 * 60):
        hour, minute = divmod(time, 60)
        if style == "less" and not minute:
            continue
        written = writing.clock(hour, minute, style)
        for frame in ("{}", "Lan đến lúc {}.", "Tàu chạy từ {}, chạy nhanh."):
            quantity = only(frame.format(written))
            if (quantity.unit, quantity.value * 60 % 1440) != (UNITS["giờ"], time):
                misread[written] = str(quantity)
            assert quantity.clock
    assert misread == {}


@check(500)
@given(
    st.lists(st.integers(0, 10**5), min_size=2, max_size=6), st.sampled_from((", ", "; ", " và "))
)
def test_a_list_is_read_number_by_number(numbers, between):
    found = quantities(plain(f"Các số là: {between.join(map(str, numbers))}."))
    assert [q.value for q in found] == numbers


Expression = tuple[str, Fraction, int]
"""Arithmetic as it is written, its value, and how strongly its last operation binds."""
SIGNS = {"+": 1, "-": 1, "×": 2, ":": 2}


def joined(left: Expression, sign: str, right: Expression) -> Expression:
    """Join two expressions, with brackets where they are needed."""
    (a, x, binds_a), (b, y, binds_b), binds = left, right, SIGNS[sign]
    a = f"({a})" if binds_a < binds else a
    b = f"({b})" if binds_b < binds or (binds_b == binds and sign in "-:") else b
    value = {"+": x + y, "-": x - y, "×": x * y, ":": x / y if y else Fraction(0)}[sign]
    assume(sign != ":" or y)
    return f"{a} {sign} {b}", value, binds


numbers = decimals.filter(lambda value: value >= 0).map(lambda v: (writing.decimal(v), v, 3)) | (
    st.builds(Fraction, st.integers(0, 50), st.integers(1, 50)).map(
        lambda v: (writing.fraction(v), v, 3)
    )
)
expressions = st.recursive(
    numbers,
    lambda inner: st.builds(joined, inner, st.sampled_from(tuple(SIGNS)), inner),
    max_leaves=6,
)


@check(1000)
@given(expressions, dresses)
def test_arithmetic_is_read_as_its_result(expression, dress):
    text, value, _ = expression
    assert read_value(plain(dress(text))) == value
    assert only(f"Giá trị của biểu thức là {dress(text)}").value == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5.274", ["5274"]), ("2.045 km", ["2,045 km"]), ("2.500 km", ["2500 km"]),
        ("0.125", ["0,125"]), ("0.125 kg", ["0,125 kg"]), ("3.14", ["3,14"]), ("1.5 m", ["1,5 m"]),
        ("1.5 m và 2.125 m", ["1,5 m", "2,125 m"]), ("4,5 m và 2.125 m²", ["4,5 m", "2125 m²"]),
        ("12.500 đồng", ["12500 đồng"]), ("12,500 đồng", ["12500 đồng"]),
        ("12.500đ", ["12500 đồng"]), ("1.250.000", ["1250000"]), ("1,250,000", ["1250000"]),
        ("1 250 000", ["1250000"]), ("1.250.000,5", ["1250000,5"]),
        ("Năm 2023, lớp 5A có 35 học sinh", ["2023", "35"]), ("3 : 5", ["0,6"]),
        ("2 . 3", ["6"]), ("2.(3 + 4)", ["14"]), ("12 x 3", ["36"]), ("12 x 3 m", ["36 m"]),
        ("2.(-3)", ["-6"]), ("4 . (-3)", ["-12"]), ("2 - (-3)", ["5"]), ("2^3.2^4", ["128"]),
        ("5.10^3", ["5000"]), ("2,5.10^{-3}", ["0,0025"]),
        (r"3 \cdot 10^8 m/giây", ["300000000 m/giây"]), ("12.345,67", ["12345,67"]),
        ("12,345.67", ["12345,67"]), ("6 : 1/2", ["12"]), (r"6 : \frac{1}{2}", ["12"]),
        ("12x3", ["36"]), ("-5", ["-5"]), ("5 - 3", ["2"]), ("5-3", ["2"]), ("5 − 3", ["2"]),
        ("x = -3", ["-3"]), ("x = - 3", ["-3"]), ("x = −3", ["-3"]), ("x ∈ {-3; 2}", ["-3", "2"]),
        (r"x \in \left\{-3; 2\right\}", ["-3", "2"]), ("(-3)^2", ["9"]), ("-3^2", ["-9"]),
        ("2^10", ["1024"]), ("2^{-3}", ["0,125"]), (r"$3^{2^2}$", ["81"]), (r"\overline{ab}", []),
        (r"\overline{ab5}", []), (r"\frac{1}{2} : \frac{3}{4}", ["2/3"]),
        (r"\dfrac{\dfrac{1}{2}}{3}", ["1/6"]), (r"\sqrt[3]{27}", ["3"]),
        ("1/2 và 1/3", ["0,5", "1/3"]), ("1/2 1/3", ["0,5", "1/3"]), ("2½", ["2,5"]),
        ("12 345/7", ["12345/7"]), ("25%", ["25 %"]), ("25% của 80", ["25 %", "80"]),
        ("100 + 5%", ["100,05"]), ("60 km/giờ", ["60 km/giờ"]), ("60 km / h", ["60 km/giờ"]),
        ("5 mét vải", ["5 m"]), ("5 mảnh vải", ["5"]), ("5 hộp bút", ["5"]), ("3 ghế", ["3"]),
        ("45 (m)", ["45 m"]), ("45 (cm²)", ["45 cm²"]), ("30°", ["30 °"]),
        (r"$\widehat{A} = 60^\circ$", ["60 °"]), (r"60^{\circ}", ["60 °"]),
        ("60<sup>o</sup>", ["60 °"]), ("37°C", ["37 °c"]), (r"$37^\circ C$", ["37 °c"]),
        (r"$37^{\circ}\text{C}$", ["37 °c"]), ("Diện tích là 12 a.", ["12 a"]),
        ("4 m 5 dm", ["4,5 m"]), ("4 m5 dm", ["4,5 m"]), ("4 m, 5 dm", ["4 m", "5 dm"]),
        ("5 dm 4 m", ["5 dm", "4 m"]), ("2 tấn 3 tạ", ["2,3 tấn"]),
        ("1 giờ và 30 phút", ["1,5 giờ"]), ("5 triệu 300 nghìn đồng", ["5300000 đồng"]),
        ("2 tỷ 300 triệu đồng", ["2300000000 đồng"]), ("1,2 triệu đồng", ["1200000 đồng"]),
        ("12 nghìn rưỡi đồng", ["12500 đồng"]), ("2 giờ rưỡi", ["2,5 giờ"]),
        ("3 triệu rưỡi đồng", ["3500000 đồng"]), ("9h15", ["9,25 giờ"]),
        ("9 giờ kém 15", ["8,75 giờ"]), ("3 giờ rưỡi chiều", ["15,5 giờ"]),
        ("12 giờ trưa", ["12 giờ"]), ("1 giờ trưa", ["13 giờ"]), ("1 giờ đêm", ["1 giờ"]),
        ("11 giờ đêm", ["23 giờ"]), ("tỉ lệ 9:15", ["0,6"]), ("", []), ("không có số nào", []),
    ],
)  # fmt: skip
def test_quantities_in_running_text(text, expected):
    def measured(written: str) -> tuple[Fraction, str | None]:
        number, _, name = written.partition(" ")
        unit = UNITS.get(name, Unit("", "", Fraction(1)))
        return Fraction(number.replace(",", ".")) * unit.factor, unit.dimension or None

    found = [(q.measure, q.unit and q.unit.dimension) for q in quantities(plain(text))]
    assert found == [measured(written) for written in expected]


@pytest.mark.parametrize(
    ("text", "square", "unit"),
    [
        ("√12 cm", 12, "cm"),
        (r"2\sqrt{3} \text{ cm}", 12, "cm"),
        (r"$2\sqrt{{3}}$ m", 12, "m"),
        (r"$\sqrt3$ dm", 3, "dm"),
        (r"-\frac{\sqrt{2}}{2}", Fraction(1, 2), None),
        (r"\dfrac{2\sqrt{2}}{3}", Fraction(8, 9), None),
        ("√2 × √3", 6, None),
        ("√(2/3)", Fraction(2, 3), None),
        ("√50 - √2", 32, None),
    ],
)
def test_roots_in_running_text(text, square, unit):
    quantity = only(f"Vậy độ dài là {text}.")
    assert equal(quantity.value**2, Fraction(square))
    assert (quantity.value < 0) == text.startswith("-")
    assert quantity.unit is (UNITS[unit] if unit else None)


@pytest.mark.parametrize(
    "text",
    ["2^999999999", "2^65", "2^-999", "2^(1/2)", "0^(-1)", "1/0", "1 : (2 - 2)", "√(-1)",
     "1 2", "(1", "1)", "2 +", "", "5 quả", "12.34.56", "1,2.3,4", "9" * 41, "1.2.3", "abc",
     "(((((2^64)^64)^64)^64)^64)^64"],
)  # fmt: skip
def test_what_makes_no_value_is_refused(text):
    with within(1), pytest.raises(Unreadable):
        read_value(plain(text))


@pytest.mark.parametrize(
    ("write", "arguments"),
    [
        (writing.decimal, (Fraction(1, 3),)),
        (writing.decimal, (1, ",", ",")),
        (writing.percent, (Fraction(1, 7),)),
        (writing.fraction, (Fraction(10, 3), "short")),
        (writing.mixed, (Fraction(1, 3),)),
        (writing.mixed, (Fraction(3),)),
        (writing.root, (-1,)),
        (writing.surd, (-1,)),
        (writing.ratio, (Fraction(0), Fraction(1))),
        (writing.compound, (Fraction(1, 3), "m", "cm")),
        (writing.compound, (Fraction(1), "m", "kg")),
        (writing.duration, (-1,)),
        (writing.money, (-1,)),
        (writing.clock, (24, 0)),
        (writing.clock, (3, 60)),
        (writing.clock, (3, 0, "less")),
        (writing.words, (-1,)),
    ],
)  # fmt: skip
def test_what_a_notation_cannot_write_is_refused(write, arguments):
    with pytest.raises(ValueError):
        write(*arguments)


def read_every_way(text: str) -> None:
    """Read a text by every door, and require of what is found what holds for any text."""
    as_plain = plain(text)
    for letters in (False, True):
        value = try_value(as_plain, letters=letters)
        assert value is None or shown(value)
    read_words(text)
    found = quantities(as_plain)
    for quantity in [*found, *worded(as_plain)]:
        assert 0 <= quantity.start < quantity.end <= len(as_plain)
        assert str(quantity)
        assert equal(quantity.measure, quantity.measure)
    ends = [0, *(quantity.end for quantity in found)]
    assert all(end <= quantity.start for end, quantity in zip(ends, found, strict=False))


@check(1500)
@given(st.text(max_size=80))
def test_any_text_can_be_read(text):
    read_every_way(text)


PIECES = (
    *"0123456789 .,:;/+-×*^()[]{}√∛π%°′²³½$\\&<>|=xyabcmgđlh'\"_#`\n\t", "12", "1 000", "2.500",
    "3,5", "0.", "9h15", "9:15", "007", "٣", "¹", "∞", " x ", " . ", r"\frac", r"\frac{",
    r"\frac{1}{2}", r"\frac12", r"\sqrt{", r"\sqrt[3]{", r"\times ", r"\left(", r"\right)", r"\{",
    r"\boxed{", r"\overline{ab}", r"\text{ cm}", "^{", "_{", "}{", "}}", "^2", "^-1", "<sup>",
    "</sup>", "<br>", "&nbsp;", "&lt;", "&#178;", "**", " m²", " km/giờ", " giờ ", " phút", " rưỡi",
    " kém ", " chiều", " đồng", " triệu ", " nghìn", "hai ", "mươi ", "lăm ", "phần ", "phẩy ",
    "nửa", "tỉ ", "linh ", "tá ", " và ",
)  # fmt: skip


@check(2000)
@given(st.lists(st.sampled_from(PIECES), max_size=16).map("".join))
def test_any_pieces_of_mathematics_can_be_read(text):
    read_every_way(text)


REPEATED = (
    "1", "(", ")", "^", "√", "∛", "2^", "√(", "(1", "1 ", "1.", "1,", "1,000.", "1 000 ",
    "12 345 678/", "1/", "1/0", "1:", "1%", "%", "-", "2√", "√2+", "√2√3", "√2/", "(√2+",
    "(√2+1)^9*", "∛2+", "π", "(1+", "9^64*", "9:1", "9h15", "9 giờ kém ", "1 giờ 5 phút ", "5 m ",
    "5 triệu ", "km/", "12 km/", "x ", "hai ", "hai mươi ", "năm phần ", "một phẩy ", "tỉ ",
    "trăm ", r"\frac{1}{2}+", r"\frac{1}{", r"\frac{", r"\sqrt{", r"\{", r"\boxed{", "{", "}", "{{",
    "^{", "<sup>", "<sup", "<", "&", "&#", "*a", "**", "__ ", "![", r"\\[", r"\left", r"\begin{",
    "`", "\n", " ",
)  # fmt: skip
LONG = {repr(piece): (piece * (10_000 // len(piece) + 1))[:10_000] for piece in REPEATED} | {
    "nested fractions": r"\frac{1}{" * 1000 + "2" + "}" * 1000,
    "nested sums in fractions": r"\frac{1+" * 800 + "2" + "}{3}" * 800,
    "nested roots": r"\sqrt{" * 1200 + "2" + "}" * 1200,
    "nested powers": "2^{" * 2500 + "2" + "}" * 2500,
    "towers": "((((2^64)^64)^64)^64)^64 và ((((√2+1)^64)^64)^64)^64",
    "a long denominator": "1 2/" + "9" * 5000,
    "a long numerator": "1 " + "9" * 5000 + "/2",
    "a long denominator after thousands": "1 234/" + "9" * 5000,
    "many minutes less": "9 giờ kém " + "9" * 5000,
    "a result of many digits": "(9999999999^64)^64",
    "the root of a large product": "√(" + "*".join(["9" * 40] * 60) + ")",
}


@pytest.mark.parametrize("name", LONG)
def test_a_long_text_is_read_in_seconds(name):
    with within(5):
        as_plain = plain(LONG[name])
    with within(5):
        try_value(as_plain)
    for read in (quantities, worded):
        with within(5):
            assert all(str(quantity) for quantity in read(as_plain))
