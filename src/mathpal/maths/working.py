"""A worked solution, read: its numbers and signs, and the equations that hold.

An equation counts only if it holds in exact arithmetic, so that what cannot be read is left alone.
A solution whose result is changed is written anew, with every later number that repeats it.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple

from mathpal.maths.notation.plain import plain
from mathpal.maths.notation.quantities import quantities
from mathpal.maths.notation.values import try_value

MARKERS = re.compile(
    r"(?:đáp\s*số|đáp\s*án(?:\s*đúng)?(?:\s*là)?|đs|vậy|trả\s*lời)\s*[:.]?\s*", re.IGNORECASE
)
CHOICE = re.compile(r"(?:chọn|đáp\s*án(?:\s*đúng)?(?:\s*là)?)\s*[:.]?\s*([A-D])\b", re.IGNORECASE)
PIECE = re.compile(
    r"""(?P<skip>[^\S\n]+|\$|\\(?:left|right|[,;!])|&nbsp;|\*\*|</?(?:strong|b|i|em)>
        |\^\{?\d\}?|<sup>\d</sup>|[²³]|\\text\{[^}]*\}
        |(?<=[\d\s$}])\(?(?:km/giờ|[mcdk]?m|kg|g|tấn|tạ|lít|l|giờ|phút|đồng)(?![^\W_]|/)\)?
        |\n[\s$]*[A-Za-z]?[\s$]*(?==))                # x = 12 - 5, and x = 7 on the next line
    |(?P<number>\\d?frac\s*\{+\s*\d+\s*\}+\s*\{+\s*\d+\s*\}+
        |(?<![\w,.])(?:\d+/\d+|[1-9]\d{0,2}(?:[ .]\d{3})+(?!\d)(?:,\d+)?|\d+(?:[.,]\d+)?)%?)
    |(?P<sign>[-+–−×*·:÷/=()\n]|\\times|\\cdot|\\div|(?<=[\d)}$\s])x(?=[\s$]*[\d(\\]))
    |(?P<word>[^\W\d_]+|.)""",
    re.VERBOSE,
)
SPELLINGS = {"+": "+", "-": "-–−", "×": r"×x*·\times\cdot", ":": r":÷/\div"}
LEVELS = {"+": 0, "-": 0, "×": 1, ":": 1}
CONSTANTS = {Fraction(n) for n in (1, 2, 10, 100)}  # of formulas, seldom an earlier result
MAX_GROWTH = 10  # a wrong number is at most so many times the largest right one


class Unfit(Exception):
    """Say that an expression cannot be read, or that no pupil would write a number."""


class Token(NamedTuple):
    """Hold a piece of a solution; `kind` is "number", "word" or the sign in one spelling."""

    kind: str
    text: str
    start: int
    end: int
    value: Fraction = Fraction(0)


class Equation(NamedTuple):
    """Hold `first = ... = last = result` by token: the last side computes the results."""

    sides: list[range]
    results: list[int]


class Work(NamedTuple):
    """Hold a solution as it was read; `given` are the numbers of the question."""

    text: str
    tokens: list[Token]
    equations: list[Equation]
    links: dict[int, int]
    """The equation whose result a number repeats, by token."""
    given: set[Fraction]
    limit: Fraction


class Spoiled(NamedTuple):
    """Propose a result for one equation, with the tokens, and the piece of text to leave out."""

    result: Fraction
    tokens: list[Token]
    cut: tuple[int, int] = (0, 0)


# the token of its sign, the sign, a, b
Operation = tuple[int, str, Fraction, Fraction]


def read(question: str, solution: str) -> Work:
    """Read a solution, and which of its numbers repeat an earlier result."""
    tokens = [token for m in PIECE.finditer(solution) if (token := _token(m)) is not None]
    tokens.append(Token("\n", "", len(solution), len(solution)))
    equations = list(_equations(tokens))
    given = {q.value for q in quantities(plain(question)) if isinstance(q.value, Fraction)}
    answer_start = max((m.end() for m in MARKERS.finditer(solution)), default=len(solution))
    links = _links(tokens, equations, given, answer_start)
    largest = max(*given, *(token.value for token in tokens), Fraction(1))
    return Work(solution, tokens, equations, links, given, largest * MAX_GROWTH)


def _token(match: re.Match[str]) -> Token | None:
    text, span = match[0], match.span()
    if match["skip"]:
        return None
    if match["number"] and isinstance(value := try_value(plain(text)), Fraction):
        return Token("number", text, *span, value)
    if match["sign"]:
        return Token(next((s for s in SPELLINGS if text in SPELLINGS[s]), text), text, *span)
    return Token("word", text, *span)


def _equations(tokens: list[Token]) -> Iterator[Equation]:
    i = 0
    while i < len(tokens):
        sides = _equal_sides(tokens, i)
        i = sides[-1].stop if len(sides) > 1 else i + 1
        last = max((k for k, side in enumerate(sides) if len(side) > 1), default=len(sides))
        if results := [side.start for side in sides[last + 1 :]]:
            yield Equation(sides[: last + 1], results)


def _equal_sides(tokens: list[Token], start: int) -> list[range]:
    sides: list[range] = []
    expected = None
    with suppress(Unfit):
        while not sides or tokens[start - 1].kind == "=":
            value, end = evaluate(tokens, start)
            if expected not in (None, value):
                break
            sides.append(range(start, end))
            expected, start = value, end + 1
    return sides


def evaluate(
    tokens: list[Token],
    i: int,
    level: int = 0,
    *,
    seen: list[Operation] | None = None,
    forced: Mapping[int, Fraction] = MappingProxyType({}),
) -> tuple[Fraction, int]:
    """Return the value of the expression that starts at token `i`, and where it ends.

    The operations go to `seen`; a result in `forced`, by the token of its sign, is taken as given.
    """
    if tokens[i].kind == "(":
        value, i = evaluate(tokens, i + 1, seen=seen, forced=forced)
        closed = tokens[i].kind == ")"
    else:
        value, closed = tokens[i].value, tokens[i].kind == "number"
    if not closed:
        raise Unfit(f"{tokens[i].text!r} does not end a term")
    i += 1
    while LEVELS.get(tokens[i].kind, -1) >= level:
        at, sign = i, tokens[i].kind
        right, i = evaluate(tokens, i + 1, LEVELS[sign] + 1, seen=seen, forced=forced)
        if seen is not None:
            seen.append((at, sign, value, right))
        value = forced[at] if at in forced else compute(sign, value, right)
    return value, i


def compute(sign: str, a: Fraction, b: Fraction) -> Fraction:
    """Return `a sign b`.

    Raises: Unfit for what primary school does not know: a negative difference, a division by 0.
    """
    if (sign == "-" and a < b) or (sign == ":" and b == 0):
        raise Unfit(f"{a} {sign} {b}")
    return a / b if sign == ":" else {"+": a + b, "-": a - b, "×": a * b}[sign]


def _links(
    tokens: list[Token], equations: list[Equation], given: set[Fraction], answer_start: int
) -> dict[int, int]:
    """Tell which numbers repeat an earlier result.

    A result that also stands in the question is taken up once, by the next step that shows it.
    """
    operands = {i for equation in equations for side in equation.sides for i in side}
    steps = {i: k for k, equation in enumerate(equations) for i in equation.results}
    latest: dict[Fraction, int] = {}
    links: dict[int, int] = {}
    for i, token in enumerate(tokens):
        if i in steps:
            latest[token.value] = steps[i]
        elif token.kind == "number" and token.value in latest:
            step = latest[token.value]
            sure = token.value not in given | CONSTANTS or token.start >= answer_start
            if sure or (i in operands and step not in links.values()):
                links[i] = step
    return links


def carry_on(work: Work, at: int, spoiled: Spoiled) -> str:
    """Carry the wrong result of equation `at` through the rest of the text."""
    tokens = list(spoiled.tokens)
    changed = {at: spoiled.result}
    for k, (sides, results) in enumerate(work.equations):
        taken = [i for side in sides for i in side if work.links.get(i) in changed]
        for i in taken:
            tokens[i] = write(work, tokens[i], changed[work.links[i]])
        if taken:
            changed[k], *others = [evaluate(tokens, side.start)[0] for side in sides]
            if any(other != changed[k] for other in others):
                raise Unfit("a side in between cannot be written anew")
        for i in results if k in changed else ():
            tokens[i] = write(work, tokens[i], changed[k])
    for i, step in work.links.items():
        if step in changed:
            tokens[i] = write(work, tokens[i], changed[step])
    return render(work, tokens, spoiled.cut)


def write(work: Work, token: Token, value: Fraction) -> Token:
    """Put a value into a number, in the notation that the number has."""
    if not 0 < value <= work.limit:
        raise Unfit(f"{value} is out of proportion")
    if re.search(r"/|frac", token.text):
        parts = iter(map(str, value.as_integer_ratio()))
        over = re.sub(r"\d+", lambda _: next(parts), token.text)
        return token._replace(value=value, text=str(value) if value.denominator == 1 else over)
    percent = "%" * token.text.endswith("%")
    scale, digits = scaled_digits(value * 100 if percent else value)
    if scale > (100 if re.search(r"\d,\d", work.text) else 1):
        raise Unfit(f"{value} has too many decimals")
    gap = re.search(r"[ .]", token.text) if token.value >= 1000 else None
    text = f"{digits // scale:,}".replace(",", gap[0] if gap else "")
    if scale > 1:
        text += f",{digits % scale:0{len(str(scale)) - 1}}"
    return token._replace(value=value, text=text + percent)


def render(work: Work, tokens: list[Token], cut: tuple[int, int] = (0, 0)) -> str:
    """Return the text with changed tokens in place of the old, without the piece `cut`."""
    edits = [
        (new.start, new.end, new.text)
        for old, new in zip(work.tokens, tokens, strict=True)
        if old.text != new.text and not cut[0] <= old.start < cut[1]
    ]
    text = work.text
    for start, end, put in sorted([*edits, (*cut, "")], reverse=True):
        text = text[:start] + put + text[end:]
    return text


def scaled_digits(*values: Fraction) -> list[int]:
    """Return the smallest power of ten that makes all values whole, and the whole values."""
    for scale in (1, 10, 100, 1000, 10000):
        if all(scale % value.denominator == 0 for value in values):
            return [scale, *(int(value * scale) for value in values)]
    raise Unfit("not a short decimal")
