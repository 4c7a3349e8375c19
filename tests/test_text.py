"""Cleaning Vietnamese maths text: one spelling, and the same numbers, signs and order."""

import json
import re
import time
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mathpal.maths.text import CHANGES, clean

TONE_MARKS = {
    "hoà bình, Hoà, HOÀ": "hòa bình, Hòa, HÒA",
    "thuỷ, khoẻ, thoả, xoá, tuỳ, loé, uỷ": "thủy, khỏe, thỏa, xóa, tùy, lóe, ủy",
    "nghệ sĩ nhoè, choé, ngoẹ": "nghệ sĩ nhòe, chóe, ngọe",
}
LOOK_ALIKES = {
    "Chọn А": "Chọn A",
    "tam giác АВС": "tam giác ABC",
    "5 х 3": "5 x 3",
    "cаm": "cam",
    "１２，５ｋｇ": "12,5kg",
    "𝟑 + 𝑥": "3 + x",
    "ﬁn": "fin",
    "Ðáp số, ðúng": "Đáp số, đúng",
    "5㎡, 7㎝, 2㎤": "5m², 7cm, 2cm³",
    "30º": "30°",
    "8 \x96 3\x85": "8 - 3…",
}
OPERATORS = {
    "5 − 3 – 1": "5 - 3 - 1",
    "x – y, (a – b) : 2": "x - y, (a - b) : 2",
    "9 giờ – 10 phút": "9 giờ - 10 phút",
    "6 ✕ 7 ⨯ 8": "6 × 7 × 8",
    "1 ∶ 5 000": "1 : 5 000",
    "3∕4, 3⁄4": "3/4, 3/4",
}
SPACES = {
    "54\xa0000 đồng": "54 000 đồng",
    "a\u200bb\ufeff\xadc\x07": "abc",
    "A. 5\xa0\xa0\xa0B. 6": "A. 5 B. 6",
    "12\t345": "12  345",
    "a\r\nb\rc\n\n\n\nd  \n   e ": "a\nb\nc\n\nd\ne",
}
HTML = {
    "110 &lt; x&nbsp;&gt; 5 &times; 2 &#8722; 1": "110 < x > 5 × 2 - 1",
    "&amp;lt; &amp;amp; &xyz; AT&T": "< & &xyz; AT&T",
    "a&lt;b&gt;c": "a< b>c",
    "<strong>Đáp</strong> <em>số</em><br>5<br/>\n6": "Đáp số\n5\n6",
    "<p>a</p><p>b</p>": "a\n\nb",
    'x<span style="color: red">y</span>': "xy",
    "&lt;strong&gt;5&lt;/strong&gt;": "5",
    "<ul><li>a</li><li>b</li></ul>": "- a\n- b",
    "<table><tr><td>1</td><td>2</td></tr>\n<tr><th>3</th> <td>4</td></tr></table>": (
        "| 1 | 2 |\n\n| 3 | 4 |"
    ),
    "10<sup>3</sup>, x<sup>n+1</sup>, 5m<sup>3 </sup>nước": "10^3, x^{n+1}, 5m³ nước",
    "S<sub>ABC</sub> = t<sub>1</sub>2": "S_{ABC} = t_{1}2",
    "90<sup>o</sup>": "90°",
    "1<!-- 2 -->3": "13",
    '<img src="a.png" alt="tam giác ABC"> và <img src=b.png>': "[hình: tam giác ABC] và [hình]",
}
POWERS_OF_UNITS = {
    "5 cm<sup>2</sup> 3dm<sup>3</sup>": "5 cm² 3dm³",
    "5cm$^2$, $m^{3}$, (km^2)": "5cm², m³, (km²)",
    "96 (cm2), 100m2, kg/m3": "96 (cm²), 100m², kg/m³",
    "20m$^2$5dm$^2$": "20m²5dm²",
    "$12$ cm^2 $= 12 cm^2$": "$12$ cm² $= 12 cm^2$",
}
MARKDOWN = {
    "![](https://a.vn/1(2)_3.png) ![tam giác](x.png)": "[hình] [hình: tam giác]",
    "**Đáp án: C** và *không thua*": "Đáp án: C và không thua",
    "## Bài 5": "Bài 5",
}
LATEX = {
    r"\(x\)\(y\) và \[z\]": "$x$ $y$ và $z$",
    "$$x + 1$$": "$x + 1$",
    r"$\left( {x + 9} \right) \times \left[ 2 \right]$": r"$(x + 9) \times [2]$",
    r"$\left\{ 1 \right\}$": r"$\{1\}$",
    r"$\frac{{7}}{{11}} = \frac{{{S_{AB}}}}{{\frac{{1}}{2}}}$": (
        r"$\frac{7}{11} = \frac{S_{AB}}{\frac{1}{2}}$"
    ),
    r"$\dfrac34 \tfrac 1 2 \frac{1}2 \frac {5} {6}$": (
        r"$\frac{3}{4} \frac{1}{2} \frac{1}{2} \frac{5}{6}$"
    ),
    r"$x \le 5, y \geqslant 3, z \ne 0$": r"$x \leq 5, y \geq 3, z \neq 0$",
    r"$\displaystyle 1\,250\;m \quad x$": "$1 250 m x$",
    r"$15 \text{ cm} \times\text{a} + 2\mathrm{kg}$": r"$15 cm \times a + 2kg$",
    r"$S_\text{ABC}$": "$S_{ABC}$",
    r"$ \Rightarrow $x": r"$\Rightarrow$ x",
    r"$\overline {abc} $ = 5": r"$\overline{abc}$ = 5",
    "S$_{ABC}$": "S_{ABC}",
    "$3{,}5$": "$3,5$",
    "$\frac{1}{2} \times 3$": r"$\frac{1}{2} \times 3$",
    r"$\\frac{1}{2}$": r"$\frac{1}{2}$",
}
CASES = {
    **TONE_MARKS,
    **LOOK_ALIKES,
    **OPERATORS,
    **SPACES,
    **HTML,
    **POWERS_OF_UNITS,
    **MARKDOWN,
    **LATEX,
}

UNCHANGED = [
    "",
    "quý, quỷ, giá, của, mùa, quà, hoàn, toán, ngoài, khuỷu, xoáy, thuở, Noé, Panamá",
    "Москва, мир, αβ, πR², ΔABC, Ω",
    "2 < x, a<b, a<b>c, a < b và c > d, 3<5>2",
    "5$ và 6$, giá 5$",
    "2 * 3 * 4, 2 *3 + 4* 5, 2**3, n! = 3!",
    "chiến tranh – cuộc chiến; ki – lô – mét",
    "– 5 em đứng đầu",
    "* 1, 2, 6",
    r"$\overline{abc} \times \frac{1}{2} \vdots 5\%$",
    r"a) 12,5 \\ b) 25",
    r"$\left\{x = 1 \right.$",
    r"\(x + 1",
    "Cho {{1}; {2}} và $5 cm^2$",
    "<u>5</u>6: chữ số gạch chân",
    "chữ số in đậm: 3**5**, <strong>7</strong>1",
    "1/2 + ½ = 3,5 : 7 · 2 ÷ 1 ≤ 4",
    "____ … “ngoặc”",
    "12  345",
]


@pytest.mark.parametrize(("text", "cleaned"), CASES.items())
def test_each_thing_has_one_spelling(text, cleaned):
    assert clean(text).text == cleaned


@pytest.mark.parametrize("text", UNCHANGED)
def test_what_means_something_stays(text):
    assert clean(text) == type(clean(text))(text, {})


def test_changes_are_counted_by_name():
    text = "&nbsp;Hoà&nbsp;&nbsp;có <b>5</b> − 3 cm<sup>2</sup>"
    assert clean(text).changes == {
        "operator": 1,
        "html_entity": 3,
        "html_tag": 3,
        "unit_power": 1,
        "tone_mark": 1,
        "spacing": 2,
    }


def test_decomposed_letters_are_composed():
    assert clean("Tie\u0302\u0301ng vie\u0323\u0302t") == type(clean(""))(
        "Tiếng việt", {"unicode_nfc": 2}
    )


def test_each_change_is_made_by_a_case_and_has_a_meaning():
    made = {name for text in (*CASES, "e\u0301") for name in clean(text).changes}
    assert made == set(CHANGES)
    assert all(CHANGES.values())


PIECES = st.sampled_from(
    [piece for text in (*CASES, *UNCHANGED) for piece in re.findall(r"\w+|\W", text)]
    + [*CASES, *UNCHANGED, "&", "&lt;", "<b>", "</b>", "<sup>", "</sup>", "<sub>", "</td>", "<br>"]
    + ["$", "$$", "\\", "{", "}", "{{", "}}", "\\frac", "\\left(", "\\right)", "\\text{", "\\,"]
    + ["^", "_", "*", "**", "![](", ")", "–", " ", "\n", "m2", "cm^2", "\u0301", "\ud800", "2", "x"]
)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.lists(PIECES | st.text(max_size=3), max_size=14).map("".join))
@example("<<b>b></b>")
@example("&amp;amp;lt;b&gt;" * 3)
def test_a_clean_text_stays_as_it_is(text):
    once = clean(text)
    assert clean(once.text).changes == {}
    assert clean(once.text).text == once.text
    assert set(once.changes) <= set(CHANGES)
    assert bool(once.changes) == (once.text != text)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(
    st.lists(
        st.sampled_from(["12", "3,5", "1 250", "0,97", "1.250.000", "-4"])
        | st.sampled_from(
            [" + ", " – ", " x ", r" \times ", "&nbsp;:&nbsp;", " <br> ", " < ", "\n"]
        )
        | st.sampled_from(["<strong>", "</strong>", "$", "**", "\xa0", "\t", r"\,", "{", "}", "cm"])
        | st.sampled_from(["<sup>", "</sup>", "&lt;", "\\frac", "<td>", "</td>", "^", "\u200b"]),
        max_size=12,
    ).map("".join)
)
def test_no_digit_is_lost_or_moved(text):
    assert digits(clean(text).text) == digits(text)


def test_real_exams_keep_their_digits_and_come_out_clean(exams):
    texts = [text for row in rows(exams) for text in row.values()]
    for text in texts:
        once = clean(text)
        assert digits(once.text) == digits(re.sub(r"!\[\]\([^)]*\)", "", text))
        assert clean(once.text).changes == {}
        left = re.search(r"&\w+;|</?(?:su[bp]|br|em|p)>|[\xa0\u2212\t]|\\left|\\\(", once.text)
        assert left is None, (left, once.text)


def test_real_exams_are_changed_by_name(exams):
    made = Counter()
    for row in rows(exams):
        for text in row.values():
            made.update(clean(text).changes)
    assert made["html_entity"] > 2_000
    assert made["image"] == 138
    assert made["tone_mark"] == 9
    assert made["unit_power"] > 500


def test_an_average_row_takes_well_under_a_millisecond(exams):
    sample = rows(exams)
    start = time.process_time()
    for row in sample:
        for text in row.values():
            clean(text)
    assert (time.process_time() - start) / len(sample) < 500e-6


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def digits(text):
    """Return the digits in order, powers as plain ones."""
    return re.findall(r"[0-9]", text.translate(str.maketrans("²³", "23")))
