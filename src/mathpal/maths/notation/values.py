"""Numbers and arithmetic in Vietnamese school notation, as exact values.

A value is a Fraction; where a root, π or a letter stands in it, it is a sympy expression, built
here from the signs (nothing is evaluated as code).
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import isqrt
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    import sympy

Value: TypeAlias = "Fraction | sympy.Expr"

MAX_DIGITS = 40
MAX_EXPONENT = 64
MAX_DEPTH = 24
MAX_BITS = 4096  # of a numerator or denominator
MAX_STEPS = 400  # values read from one text, tries that fail included
MAX_SYMBOLIC_STEPS = 40
MAX_SYMBOLIC_EXPONENT = 8

GROUPS = r"[1-9]\d{0,2}(?:[ ]\d{3})+(?!\d)(?:[.,]\d+)?|[1-9]\d{0,2}(?:\.\d{3}){2,}(?!\d)(?:,\d+)?"
DIGITS = rf"(?:{GROUPS}|[1-9]\d{{0,2}}\.\d{{3}},\d+|\d+(?:[.,](?!10\^)\d+)*)"
TOKEN = re.compile(
    rf"""(?P<word>[^\W\d_]{{2}}[^\W_]*) | (?P<number>(?<=\^)\d+ | {DIGITS})
    | (?P<sign>[-+×*·:/^()√∛π%°])
    | (?P<times>[xX](?=\s*[\d(√]) | (?<=\ )\.(?=\ [\d(x]) | (?<=\d)\.(?=[\d(]))
    | (?P<letter>[A-Za-z](?![^\W_])) | (?P<space>[ ]+) | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
TIMES = {"×", "*", "·", "x", "X", "."}


class Unreadable(ValueError):
    """Say that signs do not make a value."""


class Token(NamedTuple):
    """Hold a sign, or a number with its value; `gap` where a space stands before it."""

    kind: str
    text: str
    start: int
    end: int
    gap: bool


@dataclass(frozen=True)
class Notation:
    """How a text writes numbers, where a point before three digits could be either.

    `point_is_decimal` where the text has such a point elsewhere (2.5) and no decimal comma.
    """

    point_is_decimal: bool = False


PLAIN = Notation()
"""The notation of school books: a comma is decimal."""
POINT = re.compile(r"(?<![\d.,])\d+\.(?:\d{1,2}|\d{4,})(?![\d.,]*\d)|(?<![\d.,])0\.\d+")
COMMA = re.compile(r"\d,\d{1,2}(?!\d)")
DOTTED = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?:\.\d{3}){2,}(?!\d)")


def notation_of(text: str) -> Notation:
    """Tell how a text writes numbers."""
    if "." not in text or not POINT.search(text):
        return PLAIN
    return Notation(not COMMA.search(text) and not DOTTED.search(text))


def read_number(digits: str, notation: Notation = PLAIN, follows: str = "") -> Fraction:
    """Return the value of one number as it is written; `follows` is the text after it.

    A comma is decimal. A point, or several, before groups of three are thousands, and so is a
    comma that comes twice, or before money. One point before three digits is decimal where the
    text writes decimals so, after a 0, and before a large unit that the last digit 0 would not
    need (2.045 km); elsewhere it marks thousands.

    Raises: Unreadable for digits that make no number.

    >>> [str(read_number(n)) for n in ("3,5", "5.274", "1 250", "1.250.000", "0.125", "1,250,000")]
    ['7/2', '5274', '1250', '1250000', '1/8', '1250000']
    """
    if len(digits) > MAX_DIGITS:
        raise Unreadable("a number of so many digits is none")
    text = digits.replace(" ", "")
    if re.fullmatch(r"[1-9]\d{0,2}(?:\.\d{3})+,\d+", text) or text.count(".") > 1:
        if not re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?", text):
            raise Unreadable(f"{digits} is no number")
        return Fraction(text.replace(".", "").replace(",", "."))
    if text.count(",") > 1 or re.fullmatch(r"\d{1,3},\d{3}\.\d+", text):
        if not re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", text):
            raise Unreadable(f"{digits} is no number")
        return Fraction(text.replace(",", ""))
    if "," in text and "." in text:
        raise Unreadable(f"{digits} is no number")
    if re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", text) and _marks_thousands(text, notation, follows):
        return Fraction(text.replace(".", "").replace(",", ""))
    return Fraction(text.replace(",", "."))


MONEY = re.compile(r"\s*\(?\s*(?:đồng|đ\b|vnđ|vnd|₫)", re.IGNORECASE)
LARGE_UNIT = re.compile(r"\s*\(?\s*(?:km|kg|tấn|tạ|ha)(?![^\W\d_]|\^)", re.IGNORECASE)


def _marks_thousands(text: str, notation: Notation, follows: str) -> bool:
    if MONEY.match(follows):
        return True
    if follows.startswith(("..", "…")):
        return False
    if "," in text or notation.point_is_decimal:
        return False
    return text.endswith("0") or not LARGE_UNIT.match(follows)


@cache
def _sympy() -> Any:
    import sympy

    return sympy


def tokens(text: str) -> list[Token]:
    """Return the numbers and signs of a plain text; what is neither has the kind "other"."""
    found: list[Token] = []
    gap = False
    for m in TOKEN.finditer(text):
        kind = m.lastgroup or "other"
        if kind != "space":
            sign = m[0] if kind in ("sign", "times") else kind
            found.append(Token("×" if sign in TIMES else sign, m[0], *m.span(), gap))
        gap = kind == "space"
    found.append(Token("end", "", len(text), len(text), gap))
    return found


class Reader:
    """Read values out of one text, from left to right."""

    def __init__(self, text: str, notation: Notation | None = None, *, letters: bool = False):
        self.text = text
        self.tokens = tokens(text)
        self.notation = notation_of(text) if notation is None else notation
        self.letters = letters
        """Whether single letters are unknowns; elsewhere they end an expression."""
        self.steps = MAX_STEPS
        self.symbolic_steps = MAX_SYMBOLIC_STEPS

    def starts(self, i: int) -> bool:
        """Tell whether a value may start at token i."""
        kind = self.tokens[i].kind
        if kind == "letter":
            return self.letters
        if kind in ("number", "√", "∛", "π", "("):
            return True
        return kind in "+-" and self._is_unary(i)

    def _is_unary(self, i: int) -> bool:
        """A minus belongs to what follows if nothing stands before it that it could reduce."""
        after = self.tokens[i + 1]
        before = self.tokens[i - 1] if i else None
        if after.gap and not self.letters and (before is None or before.text not in "=≈:;⦃"):
            return False
        return after.kind in ("number", "√", "∛", "π", "(", "letter") and (
            before is None or before.kind not in ("number", ")", "π", "%", "letter")
        )

    def expression(self, i: int, depth: int = 0) -> tuple[Value, int]:
        """Return the value that starts at token i, and the token where it ends.

        Raises: Unreadable where the signs make none.
        """
        value, i = self._term(i, depth)
        while self.tokens[i].kind in ("+", "-") and self._goes_on(i):
            sign = self.tokens[i].kind
            other, i = self._term(i + 1, depth)
            value = self._bounded(value + other if sign == "+" else value - other)
        return value, i

    def _bounded(self, value: Value) -> Value:
        """Return a value that is not too much work to go on with.

        Raises: Unreadable for one that is.
        """
        if isinstance(value, Fraction):
            if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
                raise Unreadable("a number is too large")
        else:
            self.symbolic_steps -= 1
            if self.symbolic_steps < 0:
                raise Unreadable("an expression with roots or letters is too long")
        return value

    def _goes_on(self, i: int) -> bool:
        """Tell whether the sign at token i joins two values; `5 -3` is a value and another."""
        after = self.tokens[i + 1]
        if after.kind in ("+", "-"):
            return False
        one_sided = self.tokens[i].gap and not after.gap and self.tokens[i].kind in "+-"
        return (not one_sided or self.letters) and self._may_start(i + 1)

    def _may_start(self, i: int) -> bool:
        kind = self.tokens[i].kind
        return kind in ("number", "(", "√", "∛", "π") or (kind == "letter" and self.letters)

    def _term(self, i: int, depth: int) -> tuple[Value, int]:
        value, i = self._quotient(i, depth)
        while True:
            kind = self.tokens[i].kind
            if kind == "×" and self._may_start_signed(i + 1):
                other, i = self._quotient(i + 1, depth)
                value = self._bounded(value * other)
            elif kind == ":" and not self._is_label(i) and self._may_start_signed(i + 1):
                other, i = self._quotient(i + 1, depth)
                value = self._bounded(divide(value, other))
            elif self._multiplies_unsaid(i):
                other, i = self._quotient(i, depth)
                value = self._bounded(value * other)
            else:
                return value, i

    def _quotient(self, i: int, depth: int) -> tuple[Value, int]:
        """Read a fraction, which binds tighter than × and `:`: 6 : 1/2 is 12."""
        value, i = self._factor(i, depth)
        while self.tokens[i].kind == "/" and self._may_start_signed(i + 1):
            other, i = self._factor(i + 1, depth, is_under=True)
            value = self._bounded(divide(value, other))
        return value, i

    def _is_label(self, i: int) -> bool:
        """Tell a label's colon from a division's: `Can 1: 10 lít` has a space behind alone."""
        return self.tokens[i].kind == ":" and not self.tokens[i].gap and self.tokens[i + 1].gap

    def _may_start_signed(self, i: int) -> bool:
        return self._may_start(i) or (self.tokens[i].kind == "-" and self._may_start(i + 1))

    def _multiplies_unsaid(self, i: int) -> bool:
        """Tell whether a product without a sign goes on: 2√3, 3π, 2(x + 1), 2x."""
        token = self.tokens[i]
        if token.gap and not self.letters:
            return token.kind in ("√", "∛", "π") and self.tokens[i - 1].kind == "number"
        return token.kind in ("√", "∛", "π") or (
            self.letters and token.kind in ("letter", "(") and not (token.gap and token.kind == "(")
        )

    def _factor(self, i: int, depth: int, *, is_under: bool = False) -> tuple[Value, int]:
        token = self.tokens[i]
        if depth > MAX_DEPTH:
            raise Unreadable("signs are too many")
        if token.kind in ("-", "+"):
            value, i = self._factor(i + 1, depth + 1)
            return (-value if token.kind == "-" else value), i
        value, i = self._atom(i, depth, is_under=is_under)
        if self.tokens[i].kind == "^" and not self.tokens[i + 1].gap:
            exponent, i = self._factor(i + 1, depth + 1)
            value = self._bounded(power(value, exponent))
        if self.tokens[i].kind == "%":
            value, i = value * Fraction(1, 100), i + 1
        return value, i

    def _atom(self, i: int, depth: int, *, is_under: bool = False) -> tuple[Value, int]:
        token = self.tokens[i]
        self.steps -= 1
        if depth > MAX_DEPTH or self.steps < 0:
            raise Unreadable("an expression is too deep or too long")
        if token.kind == "number":
            return self._number(i, may_be_mixed=not is_under)
        if token.kind in ("√", "∛"):
            inside, i = self._atom(i + 1, depth + 1)
            return self._bounded(root(inside, 2 if token.kind == "√" else 3)), i
        if token.kind == "π":
            return _sympy().pi, i + 1
        if token.kind == "letter" and self.letters:
            return _sympy().Symbol(token.text), i + 1
        if token.kind == "(":
            value, i = self.expression(i + 1, depth + 1)
            if self.tokens[i].kind != ")":
                raise Unreadable("a bracket is not closed")
            return value, i + 1
        raise Unreadable(f"{token.text!r} starts no value")

    def _number(self, i: int, *, may_be_mixed: bool) -> tuple[Value, int]:
        """Read a number; a whole number and a fraction after a space are a mixed number."""
        token = self.tokens[i]
        value = read_number(token.text, self.notation, self.text[token.end : token.end + 12])
        over, slash, under = (*self.tokens[i + 1 : i + 4], token, token, token)[:3]
        is_mixed = (
            may_be_mixed
            and len(over.text) + len(under.text) < MAX_DIGITS
            and over.kind == "number"
            and over.gap
            and slash.kind == "/"
            and not slash.gap
            and under.kind == "number"
            and not under.gap
            and (token.text + over.text + under.text).isdigit()
        )
        if is_mixed and int(under.text):
            return value + Fraction(int(over.text), int(under.text)), i + 4
        if may_be_mixed and " " in token.text and over.kind == "/" and len(slash.text) < MAX_DIGITS:
            # 12 345/7 is no mixed number; 2 150/200 is, though 2 150 looks like thousands
            whole, _, part = token.text.rpartition(" ")
            if slash.kind == "number" and slash.text.isdigit() and int(slash.text) > int(part):
                return Fraction(int(whole.replace(" ", ""))) + Fraction(
                    int(part), int(slash.text)
                ), i + 3
        return value, i + 1


def divide(a: Value, b: Value) -> Value:
    """Return a : b.

    Raises: Unreadable for a division by zero.
    """
    if b == 0:
        raise Unreadable("nothing is divided by zero")
    return a / b


def power(base: Value, exponent: Value) -> Value:
    """Return a power with a whole exponent of at most MAX_EXPONENT.

    Raises: Unreadable for another exponent, or a power of more than MAX_BITS.
    """
    if not isinstance(exponent, Fraction) or exponent.denominator != 1:
        raise Unreadable("an exponent is not whole")
    if abs(exponent) > MAX_EXPONENT or (base == 0 and exponent < 0):
        raise Unreadable("an exponent is too large")
    if isinstance(base, Fraction):
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if bits * abs(exponent) > MAX_BITS:
            raise Unreadable("a power is too large")
    elif abs(exponent) > MAX_SYMBOLIC_EXPONENT:
        raise Unreadable("a power of letters or roots has too many terms")
    return base ** int(exponent)


def root(value: Value, degree: int) -> Value:
    """Return a square or cube root: a Fraction where it is one.

    Raises: Unreadable for the square root of a negative number.
    """
    if isinstance(value, Fraction):
        if value < 0 and degree == 2:
            raise Unreadable("a negative number has no square root")
        over, under = (_whole_root(abs(n), degree) for n in value.as_integer_ratio())
        if Fraction(over**degree, under**degree) == abs(value):
            return Fraction(over, under) if value >= 0 else -Fraction(over, under)
    sympy = _sympy()
    return sympy.real_root(_symbolic(value), degree)


def _whole_root(number: int, degree: int) -> int:
    """Return the root of a whole number, rounded down."""
    if degree == 2:
        return isqrt(number)
    low, high = 0, 1 << (number.bit_length() // degree + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**degree <= number else (low, middle - 1)
    return low


def _symbolic(value: Value) -> Any:
    sympy = _sympy()
    return sympy.Rational(*value.as_integer_ratio()) if isinstance(value, Fraction) else value


def equal(a: Value, b: Value) -> bool:
    """Tell whether two values are the same, exactly.

    >>> equal(read_value("2√3"), read_value("√12")), equal(read_value("1/3"), read_value("0,33"))
    (True, False)
    """
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return a == b
    sympy = _sympy()
    difference = _symbolic(a) - _symbolic(b)
    if difference.free_symbols:
        return bool(sympy.cancel(sympy.together(difference)) == 0)
    return bool(abs(difference.evalf(30)) < 1e-20)


def read_value(text: str, *, letters: bool = False) -> Value:
    """Return the value of a whole text.

    Raises: Unreadable where it is none, or more than one.

    >>> str(read_value("1 3/4")), str(read_value("2 × (3 + 4,5) : 5")), str(read_value("25%"))
    ('7/4', '3', '1/4')
    """
    reader = Reader(text.strip(), letters=letters)
    value, i = reader.expression(0)
    if reader.tokens[i].kind != "end":
        raise Unreadable(f"{text[reader.tokens[i].start :]!r} is left over")
    return value


def try_value(text: str, *, letters: bool = False) -> Value | None:
    """Return the value of a whole text, or None where it is none."""
    with suppress(Unreadable, ArithmeticError):
        return read_value(text, letters=letters)
    return None
