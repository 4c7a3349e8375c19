"""Vietnamese number words: written for a whole number, and read back."""

from __future__ import annotations

import re
from fractions import Fraction

DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
READ_AS = {
    **{word: value for value, word in enumerate(DIGITS)},
    "mốt": 1,
    "tư": 4,
    "lăm": 5,
    "nhăm": 5,
    "bẩy": 7,
}
SCALES = {"tỉ": 10**9, "tỷ": 10**9, "triệu": 10**6, "nghìn": 1000, "ngàn": 1000}
SIZES = {"mươi": 10, "chục": 10, "tá": 12, "trăm": 100}
NOT_AFTER = {"mươi": ("năm",), "mười": ("năm", "tư", "mốt")}
"""Digits that are not said after a word: twenty-five is hai mươi lăm, hai mươi năm 20 years."""
HALF = {"nửa", "rưỡi"}
WORD = "|".join(
    sorted({*READ_AS, *SCALES, *HALF, "mười", "mươi", "trăm", "linh", "lẻ", "chục", "tá"}, key=len)[
        ::-1
    ]
)
PHRASE = re.compile(
    rf"(?<![^\W_])(?<!thứ )(?<!Thứ )(?<!phần )(?!(?<!bằng )(?<!số )không(?!\s+phẩy))"
    rf"(?:{WORD})(?:\s+(?:và\s+)?(?:{WORD}|phần|phẩy)){{0,26}}(?![^\W_])",
    re.IGNORECASE,
)


def in_words(number: int) -> str:
    """Write a whole number of less than a thousand billions as it is read aloud.

    Raises: ValueError for a negative number or a larger one.

    >>> in_words(25), in_words(2005)
    ('hai mươi lăm', 'hai nghìn không trăm linh năm')
    """
    if not 0 <= number < 10**12:
        raise ValueError(f"{number} is not between 0 and 10^12")
    if number == 0:
        return DIGITS[0]
    parts: list[str] = []
    for name, scale in (("tỉ", 10**9), ("triệu", 10**6), ("nghìn", 1000), ("", 1)):
        group = number // scale % 1000
        if group:
            parts += [*_hundreds(group, whole=bool(parts)), *([name] if name else [])]
    return " ".join(parts)


def _hundreds(group: int, whole: bool) -> list[str]:
    """Write a group of three digits; `whole` where a larger group stands before it."""
    hundreds, tens, ones = group // 100, group // 10 % 10, group % 10
    words = [DIGITS[hundreds], "trăm"] if hundreds or whole else []
    if tens == 1:
        words.append("mười")
    elif tens:
        words += [DIGITS[tens], "mươi"]
    elif ones and words:
        words.append("linh")
    if ones:
        after_ten = {5: "lăm"} if tens else {}
        after_tens = {1: "mốt", **after_ten} if tens > 1 else after_ten
        words.append(after_tens.get(ones, DIGITS[ones]))
    return words


def read_words(phrase: str) -> Fraction | None:
    """Return the value of a phrase of number words, or None if it is none.

    >>> [str(read_words(w)) for w in ("hai mươi lăm", "một phần tư", "ba phẩy năm", "hai rưỡi")]
    ['25', '1/4', '7/2', '5/2']
    """
    words = phrase.lower().split()
    if "và" in words[1:-1]:
        whole, part = (
            read_words(p)
            for p in (
                " ".join(words[: words.index("và")]),
                " ".join(words[words.index("và") + 1 :]),
            )
        )
        return None if whole is None or part is None or part >= 1 else whole + part
    if "phần" in words:
        at = words.index("phần")
        under_words = ["bốn" if word == "tư" else word for word in words[at + 1 :]]
        over, under = _whole(words[:at]), _whole(under_words)
        return Fraction(over, under) if over is not None and under else None
    if "phẩy" in words:
        at = words.index("phẩy")
        return _decimal(words[:at], words[at + 1 :])
    if words[:1] == ["nửa"] or words[:2] == ["một", "nửa"]:
        rest = words[1 + (words[0] == "một") :]
        return Fraction(SIZES.get(rest[0], 0) if rest else 1, 2) or None
    if words[-1:] == ["rưỡi"]:
        value = _whole(words[:-1])
        last = {**SCALES, **SIZES}.get(words[-2], 1) if words[1:] else 1
        return None if value is None else value + Fraction(last, 2)
    value = _whole(words)
    return None if value is None else Fraction(value)


def _decimal(before: list[str], after: list[str]) -> Fraction | None:
    whole = _whole(before)
    if all(word in READ_AS for word in after):
        digits = "".join(str(READ_AS[word]) for word in after)
    else:
        digits = str(_whole(after) or "")
    return Fraction(f"{whole}.{digits}") if whole is not None and digits else None


def _whole(words: list[str]) -> int | None:
    """Read a whole number; None for words in an order that no number has."""
    total, group, digit, last = 0, 0, None, ""
    least = 10**12  # the smallest scale so far: a larger one cannot follow
    for i, word in enumerate(words):
        if word in SCALES and SCALES[word] < least:
            least = SCALES[word]
            total, group, digit = total + (group + (digit or 0) or 1) * least, 0, None
        elif word in SIZES and (digit is not None or i == 0):
            group, digit = group + (1 if digit is None else digit) * SIZES[word], None
        elif digit is not None and word in ("tư", "lăm", "nhăm", "mốt") and i == len(words) - 1:
            group, digit = group + 10 * digit, READ_AS[word]  # hai tư: 24
        elif word in READ_AS and digit is None and word not in NOT_AFTER.get(last, ("tư", "mốt")):
            digit = READ_AS[word]
        elif word == "mười" and digit is None and group % 100 == 0:
            group += 10
        elif word not in ("linh", "lẻ") or not last:
            return None
        last = word
    return total + group + (digit or 0) if words else None
