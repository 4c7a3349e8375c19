"""Exact values in Vietnamese school notation: `3,5`, `2 4/9`, `1 giờ 28 phút`, `9h15`.

Every function writes plain text; `latex` and `hypertext` dress it. A value that a notation cannot
write raises ValueError: 1/3 has no decimal.
"""

from __future__ import annotations

import html
import re
from fractions import Fraction
from math import gcd, isqrt
from typing import Literal

from mathpal.maths.notation.units import convert
from mathpal.maths.notation.words import in_words

FractionStyle = Literal["slash", "frac", "dfrac", "double", "short"]
ClockStyle = Literal["words", "h", "colon", "part", "less"]

FRACTIONS: dict[FractionStyle, str] = {
    "slash": "{}/{}",
    "frac": r"\frac{{{}}}{{{}}}",
    "dfrac": r"\dfrac{{{}}}{{{}}}",
    "double": r"\frac{{{{{}}}}}{{{{{}}}}}",
    "short": r"\frac{}{}",
}
MONEY_SCALES = {"tỉ": 10**9, "triệu": 10**6, "nghìn": 1000, "": 1}
SUPERSCRIPTS = {"2": "²", "3": "³"}


def decimal(value: Fraction | int, comma: str = ",", thousands: str = "") -> str:
    """Write a decimal number with all its digits, and its whole part in groups of three.

    Raises: ValueError for a value whose digits do not end, or a comma that looks like a group's.

    >>> decimal(Fraction(25005, 2), thousands=" "), decimal(Fraction(-1, 8), comma=".")
    ('12 502,5', '-0.125')
    """
    over, under = value.as_integer_ratio()
    places = next((n for n in range(under.bit_length()) if 10**n % under == 0), None)
    if places is None:
        raise ValueError(f"{value} has no end as a decimal")
    if comma == thousands:
        raise ValueError(f"{comma!r} cannot be both the decimal comma and the mark of thousands")
    digits = str(abs(over) * 10**places // under).zfill(places + 1)
    whole = f"{int(digits[: len(digits) - places]):,}".replace(",", thousands)
    tail = comma + digits[-places:] if places else ""
    return "-" * (over < 0) + whole + tail


def fraction(value: Fraction | int, style: FractionStyle = "slash") -> str:
    r"""Write a fraction in lowest terms, and a whole number as it is.

    Raises: ValueError where the style `short` has more than single digits to write.

    >>> print(fraction(Fraction(-3, 4)), fraction(Fraction(3, 4), "double"))
    -3/4 \frac{{3}}{{4}}
    """
    over, under = value.as_integer_ratio()
    if under == 1:
        return str(over)
    if style == "short" and max(abs(over), under) > 9:
        raise ValueError(f"{value} has more than single digits")
    return "-" * (over < 0) + FRACTIONS[style].format(abs(over), under)


def mixed(value: Fraction, style: FractionStyle = "slash") -> str:
    r"""Write a mixed number: a whole part, and a fraction below 1.

    Raises: ValueError for a whole number, and for a fraction without a whole part.

    >>> mixed(Fraction(22, 9)), mixed(Fraction(-22, 9), "frac")
    ('2 4/9', '-2\\frac{4}{9}')
    """
    over, under = value.as_integer_ratio()
    whole, rest = divmod(abs(over), under)
    if not whole or not rest:
        raise ValueError(f"{value} is no mixed number")
    gap = " " if style == "slash" else ""
    return "-" * (over < 0) + f"{whole}{gap}{fraction(Fraction(rest, under), style)}"


def percent(share: Fraction | int, comma: str = ",") -> str:
    """Write a share of 1 in hundredths.

    Raises: ValueError as for `decimal`.

    >>> percent(Fraction(1, 8))
    '12,5%'
    """
    return decimal(Fraction(share) * 100, comma) + "%"


def power(base: Fraction | int, exponent: int) -> str:
    """Write a power; a negative base and a fraction stand in brackets.

    >>> power(2, 10), power(-3, 2), power(Fraction(1, 2), 3)
    ('2^10', '(-3)^2', '(1/2)^3')
    """
    over, under = base.as_integer_ratio()
    written = fraction(base)
    return f"({written})^{exponent}" if over < 0 or under > 1 else f"{written}^{exponent}"


def root(square: Fraction | int) -> str:
    """Write a square root as it stands.

    Raises: ValueError for a negative number.

    >>> root(12), root(Fraction(2, 3))
    ('√12', '√(2/3)')
    """
    if square < 0:
        raise ValueError(f"{square} is negative and has no square root")
    written = fraction(square)
    return f"√{written}" if written.isdigit() else f"√({written})"


def surd(square: int) -> str:
    """Write the square root of a whole number in its simplest form.

    Raises: ValueError for a negative number.

    >>> surd(12), surd(49), surd(5)
    ('2√3', '7', '√5')
    """
    if square < 0:
        raise ValueError(f"{square} is negative and has no square root")
    outside = max((k for k in range(1, isqrt(square) + 1) if square % k**2 == 0), default=0)
    inside = square // outside**2 if outside else 0
    if inside <= 1:
        return str(outside)
    return f"{outside if outside > 1 else ''}√{inside}"


def ratio(first: Fraction, second: Fraction) -> str:
    """Write the ratio of two positive values in the smallest whole numbers.

    Raises: ValueError where one is not positive.

    >>> ratio(Fraction(3, 2), Fraction(5, 2))
    '3 : 5'
    """
    if min(first, second) <= 0:
        raise ValueError(f"{first} and {second} are not both positive")
    a, b = first.numerator * second.denominator, second.numerator * first.denominator
    return f"{a // gcd(a, b)} : {b // gcd(a, b)}"


def quantity(number: str, unit: str) -> str:
    """Write a number with its unit; `%`, `°` and `′` stand close to it.

    >>> quantity("4,5", "m²"), quantity("30", "°"), quantity("37", "°C")
    ('4,5 m²', '30°', '37°C')
    """
    return f"{number}{unit}" if unit[:1] in "%°′" else f"{number} {unit}"


def compound(value: Fraction | int, *names: str) -> str:
    """Write a measure, given in the first unit, as whole numbers of units that fall.

    Raises: ValueError where a part of the last unit is left over, or the value is negative.

    >>> compound(Fraction(9, 2), "m", "dm"), compound(Fraction(23, 10), "tấn", "tạ")
    ('4 m 5 dm', '2 tấn 3 tạ')
    """
    if value < 0:
        raise ValueError(f"{value} is negative")
    rest, unit, parts = Fraction(value), names[0], []
    for name in names:
        whole, rest = divmod(convert(rest, unit, name), 1)
        unit = name
        if whole:
            parts.append(quantity(str(whole), name))
    if rest:
        raise ValueError(f"{value} {names[0]} is no whole number of {names[-1]}")
    return " ".join(parts) or quantity("0", names[-1])


def duration(seconds: Fraction | int) -> str:
    """Write a time in hours, minutes and seconds.

    Raises: ValueError as for `compound`.

    >>> duration(5280), duration(59)
    ('1 giờ 28 phút', '59 giây')
    """
    return compound(Fraction(seconds, 3600), "giờ", "phút", "giây")


def money(dong: int) -> str:
    """Write an amount by its scales, with `đồng` once.

    Raises: ValueError for a negative amount.

    >>> money(5_300_000), money(12_500)
    ('5 triệu 300 nghìn đồng', '12 nghìn 500 đồng')
    """
    if dong < 0:
        raise ValueError(f"{dong} is negative")
    parts, rest = [], dong
    for name, scale in MONEY_SCALES.items():
        count, rest = divmod(rest, scale)
        if count:
            parts.append(f"{count} {name}".strip())
    return " ".join([*parts, "đồng"] if parts else ["0 đồng"])


def clock(hour: int, minute: int = 0, style: ClockStyle = "words") -> str:
    """Write a time of day of 24 hours, from 0:00 to 23:59.

    Styles: `words` 15 giờ 20 phút, `h` 15h20, `colon` 3:20 chiều, `part` 3 giờ 20 phút chiều,
    `less` 16 giờ kém 40 phút.

    Raises: ValueError for a time that no day has, and for the full hour less nothing.

    >>> clock(9, 15), clock(9, 5, "h"), clock(15, 0, "part"), clock(9, 45, "less")
    ('9 giờ 15 phút', '9h05', '3 giờ chiều', '10 giờ kém 15 phút')
    """
    if not (0 <= hour < 24 and 0 <= minute < 60):
        raise ValueError(f"no day has the time {hour}:{minute:02}")
    minutes = f" {minute} phút" if minute else ""
    if style == "words":
        return f"{hour} giờ{minutes}"
    if style == "h":
        return f"{hour}h{minute:02}" if minute else f"{hour}h"
    if style == "less":
        if not minute:
            raise ValueError(f"{hour}:00 is a full hour")
        return f"{hour + 1} giờ kém {60 - minute} phút"
    shown = f"{(hour - 1) % 12 + 1}"
    if style == "colon":
        return f"{shown}:{minute:02} {_part_of_day(hour)}"
    return f"{shown} giờ{minutes} {_part_of_day(hour)}"


def _part_of_day(hour: int) -> str:
    ends = ((1, "đêm"), (11, "sáng"), (13, "trưa"), (18, "chiều"), (22, "tối"), (24, "đêm"))
    return next(name for end, name in ends if hour < end)


def words(
    number: int,
    *,
    linh: str = "linh",
    four: str = "bốn",
    five: str = "lăm",
    thousand: str = "nghìn",
    billion: str = "tỉ",
) -> str:
    """Write a whole number in words, with the forms that speakers choose between.

    `four` and `five` are said after mươi: bốn or tư, lăm or nhăm; `linh` may be lẻ, `thousand`
    ngàn and `billion` tỷ.

    Raises: ValueError as for `in_words`.

    >>> words(1024, four="tư", thousand="ngàn"), words(305, linh="lẻ"), words(21)
    ('một ngàn không trăm hai mươi tư', 'ba trăm lẻ năm', 'hai mươi mốt')
    """
    said = in_words(number).replace("mươi bốn", f"mươi {four}").replace("mươi lăm", f"mươi {five}")
    swaps = {"linh": linh, "nghìn": thousand, "tỉ": billion}
    return " ".join(swaps.get(word, word) for word in said.split())


def fraction_words(value: Fraction) -> str:
    """Write a positive fraction in words; a whole number as it is.

    Raises: ValueError as for `in_words`.

    >>> fraction_words(Fraction(3, 4)), fraction_words(Fraction(7, 12))
    ('ba phần tư', 'bảy phần mười hai')
    """
    over, under = value.as_integer_ratio()
    if under == 1:
        return in_words(over)
    return f"{in_words(over)} phần {'tư' if under == 4 else in_words(under)}"


def decimal_words(value: Fraction | int) -> str:
    """Write a decimal in words; after the comma, a zero in front has every digit said.

    Raises: ValueError as for `decimal` and `in_words`.

    >>> decimal_words(Fraction(13, 4)), decimal_words(Fraction(205, 100))
    ('ba phẩy hai mươi lăm', 'hai phẩy không năm')
    """
    whole, _, tail = decimal(value).partition(",")
    said = in_words(int(whole))
    if not tail:
        return said
    each = [in_words(int(digit)) for digit in tail] if tail[0] == "0" else [in_words(int(tail))]
    return f"{said} phẩy {' '.join(each)}"


LATEX = (
    (re.compile(r"²"), "^2"),
    (re.compile(r"³"), "^3"),
    (re.compile(r"%"), r"\\%"),
    (re.compile(r"(\d+) (\d+)/(\d+)"), r"\1\\frac{\2}{\3}"),
    (re.compile(r"(\d+)/(\d+)"), r"\\frac{\1}{\2}"),
    (re.compile(r"(?<=\d) (?=\d{3}(?!\d))"), r"\\,"),
    (re.compile(r"(?<=\d),(?=\d)"), "{,}"),
    (
        re.compile(r"(?<=[\d})])( [^\W\d_](?:[^\W\d_]|[ /-](?=[^\W\d_]))*(?: (?=\d))?)"),
        r"\\text{\1}",
    ),
    (re.compile(r"√(?:(\d+)|\(([^()]*)\))"), r"\\sqrt{\1\2}"),
    (re.compile(r"\^(-?\w+)"), r"^{\1}"),
    (re.compile(r"°"), r"^\\circ "),
    (re.compile(r"×"), r"\\times "),
)


def latex(text: str) -> str:
    r"""Dress a value that is written in plain text as a LaTeX formula in `$`.

    >>> print(latex("2 4/9"), latex("12 502,5 m²"), latex("2√3"), latex("2^10"), latex("5%"))
    $2\frac{4}{9}$ $12\,502{,}5\text{ m}^{2}$ $2\sqrt{3}$ $2^{10}$ $5\%$
    """
    for pattern, dress in LATEX:
        text = pattern.sub(dress, text)
    return f"${text.strip()}$"


def hypertext(text: str) -> str:
    """Dress a value that is written in plain text in HTML: powers, signs and blanks that hold.

    >>> hypertext("12 500 m²"), hypertext("2^10 × 3")
    ('12&nbsp;500 m<sup>2</sup>', '2<sup>10</sup> &times; 3')
    """
    text = html.escape(text, quote=False).replace("×", "&times;")
    for digit, raised in SUPERSCRIPTS.items():
        text = text.replace(raised, f"<sup>{digit}</sup>")
    text = re.sub(r"\^(-?\w+)", r"<sup>\1</sup>", text)
    return re.sub(r"(?<=\d) (?=\d{3}(?!\d))", "&nbsp;", text)
