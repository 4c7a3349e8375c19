"""What a Vietnamese solution's final answer is, and whether two answers agree, by number.

A first version: numbers, fractions, percentages and choice letters are compared exactly; units
and the parts a) b) c) are not read yet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

MARKERS = re.compile(
    r"(?:đáp\s*số|đáp\s*án(?:\s*đúng)?(?:\s*là)?|đs|vậy|trả\s*lời)\s*[:.]?\s*", re.IGNORECASE
)
CHOICE = re.compile(r"(?:chọn|đáp\s*án(?:\s*đúng)?(?:\s*là)?)\s*[:.]?\s*([A-D])\b", re.IGNORECASE)
LATEX_FRACTION = re.compile(r"\\d?frac\s*\{+\s*(-?\d+)\s*\}+\s*\{+\s*(\d+)\s*\}+")
DECORATION = re.compile(r"[$*]|<[^>]+>|&nbsp;|\\(?:left|right|,|;|!)")
NUMBER = re.compile(
    r"""(?P<sign>(?<![\w)])-\s?)?
    (?:(?P<whole>\d+)\s+)?(?P<over>\d+)\s*/\s*(?P<under>\d+)      # 3/4, 1 3/4
    |(?P<minus>(?<![\w)])-\s?)?
    (?P<number>[1-9]\d{0,2}(?:[ .]\d{3})+(?:,\d+)?|\d+(?:[.,]\d+)?)  # 1 250, 1.250.000, 3,5, 3.5
    (?P<percent>\s*%)?""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Answer:
    """A final answer as it was read: a choice letter, or the numbers in order."""

    letter: str | None
    values: tuple[Fraction, ...]
    text: str
    """The piece of the solution that it was read from."""

    def __str__(self) -> str:
        return self.letter or "; ".join(str(v) for v in self.values)


def numbers(text: str) -> list[Fraction]:
    r"""Return the numbers of a text in Vietnamese notation, exactly.

    >>> [str(n) for n in numbers("1 250 đồng, 3,5 kg, 1.250.000 và \\frac{3}{4}")]
    ['1250', '7/2', '1250000', '3/4']
    """
    plain = LATEX_FRACTION.sub(r" \1/\2 ", text)
    plain = DECORATION.sub(" ", plain)
    return [value for m in NUMBER.finditer(plain) if (value := _value(m, plain)) is not None]


def final_answer(solution: str) -> Answer | None:
    """Return a solution's final answer, or None where no number or choice can be read.

    It stands behind the last `Đáp số`, `Đáp án` or `Vậy`; failing that, behind the last equals
    sign of the last line with a number.

    >>> str(final_answer("Số táo còn lại là: 8 - 3 = 5 (quả)\\nĐáp số: 5 quả"))
    '5'
    """
    choices = list(CHOICE.finditer(solution))
    if choices:
        return Answer(choices[-1][1].upper(), (), choices[-1][0])
    markers = list(MARKERS.finditer(solution))
    if markers:
        tail = solution[markers[-1].end() :].strip()
        values = tuple(numbers(_after_equals(tail.partition("\n")[0])) or numbers(tail))
        if values:
            return Answer(None, values, tail)
    for line in reversed(solution.splitlines()):
        values = tuple(numbers(_after_equals(line)))
        if values:
            return Answer(None, values[:1], line.strip())
    return None


def agree(prediction: str, reference: str) -> bool | None:
    """Return whether two solutions end in the same answer; None if the reference has none.

    >>> agree("Đáp số: 0,5 m", "Đáp số: 1/2 m"), agree("không biết", "Đáp số: 3"), agree("3", "?")
    (True, False, None)
    """
    expected = final_answer(reference)
    if expected is None:
        return None
    given = final_answer(prediction)
    if given is None:
        return False
    return (given.letter, given.values) == (expected.letter, expected.values)


def _after_equals(text: str) -> str:
    return text.rpartition("=")[2] if "=" in text else text


def _value(match: re.Match[str], text: str) -> Fraction | None:
    follows = text[: match.start()].rstrip()[-1:].isalnum()  # 8 - 3 is a difference
    if match["over"]:
        if int(match["under"]) == 0:
            return None
        value = int(match["whole"] or 0) + Fraction(int(match["over"]), int(match["under"]))
        return -value if match["sign"] and not follows else value
    digits = match["number"]
    if re.fullmatch(r"[1-9]\d{0,2}(?:[ .]\d{3})+(?:,\d+)?", digits):
        digits = digits.replace(" ", "").replace(".", "")
    value = Fraction(digits.replace(",", "."))
    value = value / 100 if match["percent"] else value
    return -value if match["minus"] and not follows else value
