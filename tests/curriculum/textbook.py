"""Read the notation of textbooks of grades 6 and 7, without the generator's own code."""

import re
from fractions import Fraction as F
from itertools import pairwise
from math import isqrt

import sympy

NUMBER = re.compile(r"(\d{1,3}(?: \d{3})+(?!\d)|\d+,\d+|\d+/\d+|\d+)(%?)")
SIGNED = re.compile(rf"(?:(?<![\w)])-(?=\d))?{NUMBER.pattern}")
CHAIN = re.compile(r"[-+\d\s·:/^()\[\],%√]*\d[-+\d\s·:/^()\[\],%√]*")
X = sympy.Symbol("x")

Values = list[F]


def nums(text: str) -> Values:
    """Read the numbers of a text, with the minus signs that are no subtraction."""
    found = []
    for match in SIGNED.finditer(text):
        value = F(match[1].replace(" ", "").replace(",", "."))
        value /= 100 if match[2] else 1
        found.append(-value if match[0].startswith("-") else value)
    return found


def ints(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def root(value: F) -> F:
    result = F(isqrt(value.numerator), isqrt(value.denominator))
    assert result**2 == value
    return result


def evaluate(text: str, **values: F) -> F:
    """Compute an expression as a textbook prints it."""
    text = re.sub(r"(?<=\d)(?=[xy])", " · ", text)
    code = NUMBER.sub(lambda m: f"F('{nums(m[0])[0]}')", text)
    code = re.sub(r"√(F\('[^']*'\))", r"root(\1)", code).replace("√", "root")
    code = code.translate({ord("·"): "*", ord(":"): "/", ord("["): "(", ord("]"): ")"})
    result = eval(code.replace("^", "**"), {"F": F, "root": root, **values})
    assert isinstance(result, F)
    return result


def group(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match is not None, (pattern, text)
    return match[1]


def task(question: str) -> str:
    return group(r"^[^:=]*?[^\W\d]: (.*)$", question)


def value_of_task(question: str) -> F:
    return evaluate(task(question))


def value_of_power(question: str) -> F:
    """Compute the longest expression that the question shows."""
    return evaluate(
        max(re.findall(r"[-+\d·:^()\[\]/ ]+", _behind_colon(question)), key=len).strip()
    )


def _behind_colon(question: str) -> str:
    return re.split(r"(?<=\S): ", question)[-1]


def linear_unknown(question: str) -> Values:
    left, right = task(question).split("=")
    at = [evaluate(left, x=F(x)) - evaluate(right, x=F(x)) for x in (0, 1)]
    return [at[0] / (at[0] - at[1])]


def poly(text: str) -> sympy.Expr:
    code = re.sub(r"(?<=[\dxy])(?=[xym])", "*", text).replace("^", "**")
    return sympy.expand(sympy.sympify(code))


def shoelace(*points: tuple[F | int, F | int]) -> F:
    turned = (*points[1:], points[0])
    return abs(sum(F(a * d - b * c) for (a, b), (c, d) in zip(points, turned, strict=True))) / 2


def equations(steps: tuple[str, ...]) -> list[tuple[str, str]]:
    """List the neighbouring sides of a worked solution that hold numbers alone."""
    found = []
    for line in "\n".join(steps).replace("\n=", " =").splitlines():
        line = re.sub(r" \([^()\d+-]*\)", "", line).replace("°", "").rstrip(".")
        sides = [re.sub(r"^.*[^\W\d]: ", "", side).strip() for side in line.split("=")]
        for left, right in pairwise(sides):
            if CHAIN.fullmatch(left) and CHAIN.fullmatch(right):
                found.append((left, right))
    return found
