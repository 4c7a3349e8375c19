"""Numbers with their units in running text: `1 giờ 28 phút`, `4,5 m²`, `12 quả cam`, `9h15`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction

from mathpal.maths.notation import units
from mathpal.maths.notation.units import Unit
from mathpal.maths.notation.values import (
    Notation,
    Reader,
    Unreadable,
    Value,
    notation_of,
)
from mathpal.maths.notation.words import PHRASE, read_words


@dataclass(frozen=True)
class Quantity:
    """A value as it stands in a text, in its unit; None for a bare number or a counted noun."""

    value: Value
    unit: Unit | None
    start: int
    end: int
    scale: Fraction | None = None
    """What a word such as `triệu` multiplied the value by, where no unit follows it."""
    clock: str = ""
    """Whether it may tell a time of day: "open" where 3 giờ may be 15 giờ, "24" where it is after
    noon by the number, "full" where a word tells the part of the day."""

    other_reading: Value | None = None
    """What a point before three digits would make it if it were read the other way: 5.274 m."""

    pieces: tuple[Value, ...] = ()
    """Of a compound measure, the values: 5 and 25 of 5 m 25 cm."""

    @property
    def measure(self) -> Value:
        """The value in the first unit of its dimension."""
        return self.value if self.unit is None else self.value * self.unit.factor

    def __str__(self) -> str:
        return shown(self.value) + (f" {self.unit}" if self.unit else "")


def shown(value: Value) -> str:
    """Write a value as a reader of the table expects it: a short decimal with a comma, or a/b.

    >>> shown(Fraction(7, 2)), shown(Fraction(1, 3)), shown(Fraction(1250))
    ('3,5', '1/3', '1250')
    """
    if not isinstance(value, Fraction):
        return str(value).replace("sqrt", "√").replace("**", "^")
    if value.denominator == 1:
        return str(value)
    for places in range(1, 5):
        scaled = value * 10**places
        if scaled.denominator == 1:
            sign, digits = "-" * (scaled < 0), str(abs(scaled)).zfill(places + 1)
            return f"{sign}{digits[:-places]},{digits[-places:]}"
    return str(value)


CLOCK = re.compile(
    r"(?<![\d.,:])(?<!lệ )(?<!số )(?P<hour>[01]?\d|2[0-4])\s?(?:(?:h|g)\s?"
    r"(?P<minute>[0-5]?\d)(?!\d)(?:\s?(?:phút|ph|p)(?![^\W_]))?"
    r"|:(?P<colon>[0-5]\d)(?![\d,.:])\s*(?=sáng|chiều|tối|trưa|đêm|am\b|pm\b|$|[.;)\n]))",
    re.IGNORECASE,
)
DATE = re.compile(
    r"(?<![\d/])(?:ngày\s+)?(?P<d>\d{1,2})(?:\s+tháng\s+|[/-])(?P<m>\d{1,2})(?:(?:\s+năm\s+|[/-])(?P<y>\d{4}))?"
    r"(?![\d/])",
    re.IGNORECASE,
)
MINUTES = re.compile(
    rf"\s?([0-5]\d)(?![\d,.]*\d)(?!\s*(?:{units.PATTERN})(?![^\W\d_]))", re.IGNORECASE
)
PART_OF_DAY = re.compile(r"\s*(?:giờ\s*)?(sáng|trưa|chiều|tối|đêm|am\b|pm\b)", re.IGNORECASE)
HALF = re.compile(r"\s*rưỡi(?![^\W_])", re.IGNORECASE)
LESS = re.compile(r"\s*kém\s*(\d{1,2})(?!\d)(?:\s*phút)?", re.IGNORECASE)
ARE = re.compile(r" a(?=[\s.,;)]*$|[.,;]\s)")
WORD = re.compile(r"[^\W_]+")
PART_OF = re.compile(r"\s*phần\s+(?:(\d+)|([^\W\d_]+(?:\s+(?:mươi|trăm|nghìn))?))(?![^\W_])")
UNDER = {"nghìn": Fraction(1000), "mười": Fraction(10), "triệu": Fraction(10**6)}
HOUR = units.UNITS["giờ"]
MINUTE = units.UNITS["phút"]
PERCENT = units.UNITS["%"]
NOT_A_NUMBER = re.compile(r"[A-Za-zÀ-ỹĐđ_^]")
NEGATIVE = re.compile(r"(?<![^\W_])âm\s+$", re.IGNORECASE)
POINTED = re.compile(r"[1-9]\d{0,2}\.\d{3}")
LABEL = re.compile(r"\d{1,2}[A-Z](?![^\W_])")
JOINS = frozenset("+-×:/")


def quantities(text: str, notation: Notation | None = None) -> list[Quantity]:
    """Return the quantities of a plain text in order; arithmetic counts as its result.

    Measures of one dimension in falling units make one: `1 giờ 28 phút`, `4 m 5 dm`.

    >>> [str(q) for q in quantities("dài 1,5 m, đi 1 giờ 28 phút, còn 12 quả và 2 tấn 3 tạ")]
    ['1,5 m', '22/15 giờ', '12', '2,3 tấn']
    """
    return _joined(list(_single(text, notation_of(text) if notation is None else notation)), text)


def worded(text: str) -> list[Quantity]:
    """Return the quantities that are written in words: `hai mươi lăm quả`, `một nửa`."""
    found = []
    at = 0
    while phrase := PHRASE.search(text, at):
        follows_digits = text[: phrase.start()].rstrip()[-1:].isdigit()
        value, at = (None, phrase.end()) if follows_digits else _longest(phrase)
        if value is not None:
            unit, end = _unit_after(text, at)
            value = -value if NEGATIVE.search(text[: phrase.start()]) else value
            found.append(_with_half(Quantity(value, unit, phrase.start(), end), text))
            at = max(at, end)
    return _joined(found, text)


def _longest(phrase: re.Match[str]) -> tuple[Fraction | None, int]:
    """Read as many words of a phrase as make a number: of `chín năm`, the first."""
    words = list(WORD.finditer(phrase[0]))
    for num in range(len(words), 0, -1):
        end = words[num - 1].end()
        if (value := read_words(phrase[0][:end])) is not None:
            return value, phrase.start() + end
    return None, phrase.end()


def _single(text: str, notation: Notation) -> Iterator[Quantity]:
    """Yield quantities one by one, compound measures in their pieces."""
    clocks = {m.start(): _clock(m, text) for m in CLOCK.finditer(text)}
    dates = {m.start("d"): _date(m) for m in DATE.finditer(text) if _is_date(m)}
    known = clocks | dates
    reader = Reader(text, notation)
    last_end = 0
    for i, token in enumerate(reader.tokens):
        start = token.start
        if start < last_end or token.kind == "end":
            continue
        quantity = known.get(start)
        if quantity is None and reader.starts(i) and not _names_a_thing(text, start, last_end):
            with suppress(Unreadable, ArithmeticError):
                quantity = _with_half(_counted(reader, i), text)
        if quantity is not None:
            yield quantity
            last_end = quantity.end


def _names_a_thing(text: str, start: int, last_end: int) -> bool:
    """Tell the digits of a name, 5A or S_1, from a number; 3m5cm has two numbers."""
    follows_letter = start != last_end and NOT_A_NUMBER.match(text[start - 1 : start])
    return bool(follows_letter or LABEL.match(text, start))


def _counted(reader: Reader, i: int) -> Quantity:
    """Read the quantity that starts at token i: a value, and the unit or scale behind it.

    Raises: Unreadable where no value starts there.
    """
    text, start = reader.text, reader.tokens[i].start
    value, after = reader.expression(i)
    end_of_number = reader.tokens[after - 1].end
    unit, end = _unit_after(text, end_of_number)
    inside = [token.kind for token in reader.tokens[i:after] if token.kind not in "()"]
    if inside[-1] == "%" and not JOINS & {*inside[1:]}:
        return Quantity(value * 100, PERCENT, start, end)
    if unit is not None:
        other = _other_reading(text[start:end_of_number], value, unit)
        return Quantity(value, unit, start, end, other_reading=other)
    if part := PART_OF.match(text, end):
        under = Fraction(part[1]) if part[1] else UNDER.get(part[2]) or read_words(part[2])
        if under:
            return Quantity(value / under, None, start, part.end())
    if scaled := units.SCALE.match(text, end):
        scale = Fraction(units.SCALES[scaled[1].lower()])
        return Quantity(value * scale, None, start, scaled.end(), scale)
    return Quantity(value, None, start, end)


def _other_reading(digits: str, value: Value, unit: Unit) -> Value | None:
    """Return what a measure would be if its point were read the other way, or None."""
    if unit.dimension == "money" or not POINTED.fullmatch(digits):
        return None
    decimal = Fraction(digits)
    return decimal if value != decimal else decimal * 1000


def _is_date(match: re.Match[str]) -> bool:
    """Tell 2/9/2025 and `ngày 2 tháng 9` from fractions and differences."""
    is_worded = "tháng" in match[0].lower() or match[0].lower().startswith("ngày")
    return int(match["d"]) <= 31 and 1 <= int(match["m"]) <= 12 and (is_worded or bool(match["y"]))


def _date(match: re.Match[str]) -> Quantity:
    value = int(match["y"] or 0) * 10000 + int(match["m"]) * 100 + int(match["d"])
    return Quantity(Fraction(value), units.DATE, match.start("d"), match.end())


def _unit_after(text: str, at: int) -> tuple[Unit | None, int]:
    found = units.AFTER.match(text, at)
    if found and (len(found[1]) > 1 or found[1] in "mlLghs%đ°₫′" or ARE.match(text, at)):
        end = found.end()
        opened = "(" in text[at : found.start(1)]
        if opened and text[end : end + 1] == ")":
            end += 1
        return units.unit(found[1]), end
    return None, at


def _with_half(quantity: Quantity, text: str) -> Quantity:
    """Add what `rưỡi` adds: 2 giờ rưỡi, 3 triệu rưỡi; take off what `kém` does: 9 giờ kém 10."""
    if quantity.unit == HOUR and (less := LESS.match(text, quantity.end)):
        value = quantity.value - Fraction(int(less[1]), 60)
        return replace(quantity, value=value, end=less.end())
    if quantity.unit == HOUR and (minutes := MINUTES.match(text, quantity.end)):
        value = quantity.value + Fraction(int(minutes[1]), 60)
        return replace(quantity, value=value, end=minutes.end())
    half = HALF.match(text, quantity.end)
    if half is None:
        return quantity
    if quantity.scale is None:
        return replace(quantity, value=quantity.value + Fraction(1, 2), end=half.end())
    unit, end = _unit_after(text, half.end())
    is_money = unit is not None and unit.dimension == "money"
    value = quantity.value + quantity.scale / 2
    return replace(quantity, value=value, unit=unit if is_money else None, end=end)


def _clock(match: re.Match[str], text: str) -> Quantity:
    hours, minutes = int(match["hour"]), int(match["minute"] or match["colon"])
    end = match.end()
    found = units.AFTER.match(text, end)
    if found and units.unit(found[1]) == MINUTE:
        end = found.end()
    return Quantity(
        Fraction(hours * 60 + minutes, 60),
        HOUR,
        match.start(),
        end,
        clock="24" if hours > 12 else "open",
    )


def _joined(single: list[Quantity], text: str) -> list[Quantity]:
    """Join measures in falling units, and money in words: 5 triệu 300 nghìn đồng."""
    joined: list[Quantity] = []
    for quantity in single:
        last = joined[-1] if joined else None
        if last is not None and _continues(last, quantity, text[last.end : quantity.start]):
            unit = last.unit or quantity.unit
            factor = Fraction(1) if unit is None else unit.factor
            known = last.value if last.unit is None and unit else last.measure
            joined[-1] = replace(
                last,
                value=(known + quantity.measure) / factor,
                unit=unit,
                end=quantity.end,
                scale=quantity.scale,
                clock="",
                pieces=(*(last.pieces or (last.value,)), quantity.value),
            )
        else:
            joined.append(quantity)
    return [_time_of_day(quantity, text) for quantity in joined]


def _continues(last: Quantity, quantity: Quantity, between: str) -> bool:
    if last.scale is not None and last.unit is None and not between.strip():
        unit, scale = quantity.unit, quantity.scale
        smaller = scale is not None and scale < last.scale
        return smaller or (unit is not None and unit.dimension == "money")
    if last.unit is None or quantity.unit is None or between.strip() not in ("", "và"):
        return False
    if last.unit.dimension != quantity.unit.dimension or last.unit.dimension == "share":
        return False
    if between.strip() and last.unit.dimension not in ("time", "years"):
        return False
    smaller = quantity.unit.factor < last.unit.factor
    return smaller and isinstance(quantity.value, Fraction) and quantity.measure < last.unit.factor


def _is_after_noon(hour: Fraction, part: str) -> bool:
    """Tell whether an hour of a part of the day wants 12 added: 3 giờ chiều, 12 giờ đêm."""
    if part == "đêm":
        return 6 <= hour < 13
    if part == "trưa":
        return hour < 4
    return part in ("chiều", "tối", "pm") and hour < 12


def _time_of_day(quantity: Quantity, text: str) -> Quantity:
    """Read the part of the day after hours: 3 giờ chiều is 15 giờ."""
    if quantity.unit is None or quantity.unit.dimension != "time" or quantity.unit.factor != 3600:
        return quantity
    if not isinstance(quantity.value, Fraction) or not 0 <= quantity.value <= 24:
        return quantity
    value, end = quantity.value, quantity.end
    clock = "24" if value > 12 else "open"
    if found := PART_OF_DAY.match(text, end):
        part, end, clock = found[1].lower(), found.end(), "full"
        value = value + 12 if _is_after_noon(value, part) else value
    return replace(quantity, value=value, end=end, clock=clock)
