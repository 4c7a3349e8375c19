"""Formulas as textbooks of grades 8 and 9 print them, without LaTeX: `2x^2 - 3x`, `3/4`, `2√3`."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import isqrt

from mathpal.maths.curriculum.drawing import Slip


def polynomial(*terms: tuple[int, str]) -> str:
    """Write a sum of terms, each a whole coefficient and its letters; zero terms are left out.

    >>> polynomial((2, "x^2"), (-1, "x"), (0, "y"), (-3, "")), polynomial((-2, "√3"))
    ('2x^2 - x - 3', '-2√3')
    """
    text = ""
    for factor, letters in terms:
        if factor:
            body = letters if letters and abs(factor) == 1 else f"{abs(factor)}{letters}"
            sign = "-" if factor < 0 else "+"
            text = f"{text} {sign} {body}" if text else sign.strip("+") + body
    return text or "0"


def total(values: Iterable[int]) -> str:
    """Write a sum of whole numbers, zeros included.

    >>> total([3, -5, 0])
    '3 - 5 + 0'
    """
    text = "".join(f" {'-' if value < 0 else '+'} {abs(value)}" for value in values)
    return text[3:] if text[1] == "+" else "-" + text[3:]


def bracketed(value: int | Fraction) -> str:
    """Write a number as a factor: negative ones and fractions in brackets."""
    return f"({value})" if value < 0 or value.denominator > 1 else str(value)


def grouped(value: int) -> str:
    """Write a whole number, in groups of three digits from 10 000 on.

    >>> grouped(9604), grouped(1250000)
    ('9604', '1 250 000')
    """
    return f"{value:,}".replace(",", " ") if abs(value) >= 10_000 else str(value)


def decimal(digits: int, places: int) -> str:
    """Write `digits` / 10^`places` with a decimal comma, without zeros at its end.

    >>> decimal(31400, 3), decimal(-250, 2), decimal(500, 2)
    ('31,4', '-2,5', '5')
    """
    whole, rest = divmod(abs(digits), 10**places)
    tail = f"{rest:0{places}}".rstrip("0") if rest else ""
    return "-" * (digits < 0) + grouped(whole) + ("," + tail if tail else "")


def square_part(value: int) -> tuple[int, int]:
    """Split a positive whole number into k and m, where value = k^2 · m and k is the largest.

    >>> square_part(12), square_part(49)
    ((2, 3), (7, 1))
    """
    for k in range(isqrt(value), 1, -1):
        if value % (k * k) == 0:
            return k, value // (k * k)
    return 1, value


def root(value: int) -> str:
    """Write the square root of a positive whole number in its simplest form.

    >>> root(12), root(49), root(5)
    ('2√3', '7', '√5')
    """
    outside, inside = square_part(value)
    return str(outside) if inside == 1 else polynomial((outside, f"√{inside}"))


def over(top: str, bottom: int) -> str:
    """Write a formula over a whole number, which 1 leaves out; a sum gets brackets.

    >>> over("3√2", 2), over("1 + √5", 2), over("√3", 1)
    ('3√2/2', '(1 + √5)/2', '√3')
    """
    if bottom == 1:
        return top
    return f"({top})/{bottom}" if " " in top else f"{top}/{bottom}"


def listed(items: Sequence[object]) -> str:
    """Write a list in Vietnamese.

    >>> listed([3, 4, 5])
    '3, 4 và 5'
    """
    return ", ".join(map(str, items[:-1])) + f" và {items[-1]}"


def wrong(answer: str, *slips: Slip) -> tuple[Slip, ...]:
    """Keep the slips whose answer is not the right one by chance."""
    return tuple(slip for slip in slips if slip.answer != answer)
