"""An evaluator of the equations in a worked solution, written apart from the generator."""

import re
from fractions import Fraction

NUMBER = re.compile(r"\d+(?: \d{3})*(?:,\d+)?")
UNITS = {
    name: Fraction(factor)
    for dimension in (
        "km 1000, m 1, dm 1/10, cm 1/100, mm 1/1000",
        "m² 1, dm² 1/100, cm² 1/10000, mm² 1/1000000",
        "m³ 1000, dm³ 1, l 1, cm³ 1/1000",
        "tấn 1000, tạ 100, yến 10, kg 1, g 1/1000",
        "ngày 86400, giờ 3600, phút 60, giây 1",
        "thế kỉ 100, năm 1",
        "% 1/100",
    )
    for name, factor in (entry.rsplit(" ", 1) for entry in dimension.split(", "))
}
NAMES = "|".join(sorted(UNITS, key=len, reverse=True))
TOKEN = re.compile(rf"\s*(?:({NUMBER.pattern})|({NAMES})(?![\w²³])|([-+×:/()]))")
REMAINDER = re.compile(r"(\d+) : (\d+) = (\d+) \(dư (\d+)\)")
COMPARED = re.compile(r"(?:[\d,/]+ [<>] )+[\d,/]*\d")


def number(text: str) -> Fraction:
    return Fraction(text.replace(" ", "").replace(",", "."))


def numbers(text: str) -> list[Fraction]:
    """Return every number of a text; the two parts of a fraction come one by one."""
    return [number(found) for found in NUMBER.findall(text)]


def values(text: str) -> list[Fraction]:
    """Return every number of a text, fractions as one."""
    return [number(found) for found in re.findall(rf"\d+/\d+|{NUMBER.pattern}", text)]


def evaluate(expression: str) -> Fraction:
    """Evaluate an expression; units count in the smallest sense: 2 m 5 cm is 2,05."""
    tokens = tokenize(expression)
    value, end = _sum(tokens, 0)
    if end != len(tokens):
        raise ValueError(f"cannot read {expression!r}")
    return value


def tokenize(expression: str) -> list[str]:
    tokens = []
    at = 0
    while at < len(expression):
        found = TOKEN.match(expression, at)
        if found is None:
            raise ValueError(f"cannot read {expression[at:]!r} of {expression!r}")
        tokens.append(next(filter(None, found.groups())))
        at = found.end()
    return tokens


def chains(working: str) -> list[list[Fraction]]:
    """Return the values of each chain of equal sides of a working; every = must be read."""
    found = []
    for line in working.replace("\n=", " =").splitlines():
        for piece in REMAINDER.sub("", line).split(";"):
            sides = re.sub(r"^\s*(?:[^\d=(]*: |x = )", "", piece)
            if "=" in sides:
                found.append([_side(side) for side in sides.split("=")])
    return found


def divisions(working: str) -> list[tuple[int, ...]]:
    """Return each division with remainder: dividend, divisor, quotient, remainder."""
    return [tuple(map(int, found)) for found in REMAINDER.findall(working)]


def comparisons(working: str) -> list[tuple[Fraction, str, Fraction]]:
    """Return each comparison of two neighbours in a chain such as 1 < 2 < 3."""
    found = []
    for chain in COMPARED.findall(working):
        parts = chain.split(" ")
        for left, sign, right in zip(parts[::2], parts[1::2], parts[2::2], strict=False):
            found.append((number(left), sign, number(right)))
    return found


def _side(text: str) -> Fraction:
    return evaluate(re.sub(r" \([^()\d]*\)$", "", text.strip()).strip())


def _sum(tokens: list[str], at: int) -> tuple[Fraction, int]:
    value, at = _product(tokens, at)
    while at < len(tokens) and tokens[at] in "+-":
        other, after = _product(tokens, at + 1)
        value, at = (value + other if tokens[at] == "+" else value - other), after
    return value, at


def _product(tokens: list[str], at: int) -> tuple[Fraction, int]:
    value, at = _amount(tokens, at)
    while at < len(tokens) and tokens[at] in "×:":
        other, after = _amount(tokens, at + 1)
        value, at = (value * other if tokens[at] == "×" else value / other), after
    return value, at


def _amount(tokens: list[str], at: int) -> tuple[Fraction, int]:
    """Read amounts side by side, which are added: 3 m 25 cm, 2 3/4."""
    value, at = _fraction(tokens, at)
    while at < len(tokens) and tokens[at][0].isdigit():
        other, at = _fraction(tokens, at)
        value += other
    return value, at


def _fraction(tokens: list[str], at: int) -> tuple[Fraction, int]:
    value, at = _atom(tokens, at)
    while at < len(tokens) and tokens[at] == "/":
        bottom, at = _atom(tokens, at + 1)
        value /= bottom
    if at < len(tokens) and tokens[at] in UNITS:
        return value * UNITS[tokens[at]], at + 1
    return value, at


def _atom(tokens: list[str], at: int) -> tuple[Fraction, int]:
    if tokens[at] == "(":
        value, at = _sum(tokens, at + 1)
        if tokens[at] != ")":
            raise ValueError(f"unclosed bracket in {tokens}")
        return value, at + 1
    return number(tokens[at]), at + 1
