"""Wrong solutions as pupils write them: one step is spoiled, and its error reaches the answer.

They are the rejected halves of preference data. One equation of a right solution is spoiled, and
every later number that repeats its result is written anew.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from random import Random

from mathpal.maths.grading import grade
from mathpal.maths.working import (
    CHOICE,
    MARKERS,
    Operation,
    Spoiled,
    Token,
    Unfit,
    Work,
    carry_on,
    compute,
    evaluate,
    read,
    render,
    scaled_digits,
    write,
)

CONFUSED = {"+": "-", "-": "+", "×": "+:", ":": "-×"}
LOOK_ALIKE = {"1": "7", "7": "1", "3": "8", "8": "3", "6": "9", "9": "6", "4": "9", "5": "6"}


@dataclass(frozen=True)
class Mistake:
    """Hold a wrong solution in the layout of the right one, and the name of its mistake."""

    solution: str
    kind: str


Slip = Callable[[str, Fraction, Fraction], Iterator[Fraction]]
Proposals = Callable[[Work, int], Iterator[Spoiled]]


def wrong_solution(question: str, solution: str, random: Random) -> Mistake:
    r"""Spoil a right solution as a pupil might; the same state of `random` gives the same mistake.

    The kinds that fit are equally likely. Where no step can be spoiled so that another answer
    comes out, only the final answer is altered (kind "final_answer").

    Raises ValueError for a solution without a number or a choice that could be altered.

    >>> wrong_solution("8 gấp 6 lần là?", "8 x 6 = 48 (viên)\nĐáp số: 48 viên", Random(2))
    Mistake(solution='8 + 6 = 14 (viên)\nĐáp số: 14 viên', kind='wrong_operation')
    """
    work = read(question, solution)
    steps = range(len(work.equations))
    for kind in random.sample(list(MISTAKES), len(MISTAKES)):
        for at in random.sample(steps, len(steps)):
            proposals = list(MISTAKES[kind](work, at))
            for spoiled in random.sample(proposals, len(proposals)):
                with suppress(Unfit):
                    carried = carry_on(work, at, spoiled)
                    wrong = _choose_another(carried, random)
                    if carried != solution and grade(question, solution, wrong).correct is not True:
                        return Mistake(wrong, kind)
    return Mistake(_alter_answer(question, work, random), "final_answer")


def _choose_another(solution: str, random: Random) -> str:
    """Choose another letter, where the solution chooses one."""
    for found in list(CHOICE.finditer(solution))[-1:]:
        letter = random.choice("ABCD".replace(found[1].upper(), ""))
        return solution[: found.start(1)] + letter + solution[found.end(1) :]
    return solution


def _alter_answer(question: str, work: Work, random: Random) -> str:
    """Choose another letter, or alter the last number that the final answer is read from."""
    wrong = _choose_another(work.text, random)
    if wrong != work.text:
        return wrong
    for i, token in reversed([*enumerate(work.tokens)]):
        for value in (*_misread(token.value), token.value + 1, token.value - 1):
            with suppress(Unfit):
                wrong = render(work, _with(work, i, write(work, token, value)))
                is_wrong = grade(question, work.text, wrong).correct is not True
                if token.kind == "number" and is_wrong:
                    return wrong
    raise ValueError(f"the solution has no number or choice to alter: {work.text!r}")


def _with(work: Work, i: int, token: Token) -> list[Token]:
    return [*work.tokens[:i], token, *work.tokens[i + 1 :]]


def _carry(sign: str, a: Fraction, b: Fraction) -> Iterator[Fraction]:
    """Forget to carry: 38 + 54 -> 82, 13 × 4 -> 42."""
    scale, y, x = scaled_digits(*sorted((a, b)))
    result, place = 0, 1
    if sign == "+":
        while x >= 10:
            result += (x + y) % 10 * place
            x, y, place = x // 10, y // 10, place * 10
        yield Fraction(result + (x + y) * place, scale)
    elif sign == "×" and scale == 1 and y < 10:
        while x >= 10:
            result += x * y % 10 * place
            x, place = x // 10, place * 10
        yield Fraction(result + x * y * place)


def _borrow(sign: str, a: Fraction, b: Fraction) -> Iterator[Fraction]:
    """Take the smaller digit from the larger, or never pay back the loan: 52 - 38 -> 26, 24."""
    if sign == "-":
        scale, x, y = scaled_digits(a, b)
        columns = zip(str(x), str(y).zfill(len(str(x))), strict=True)
        yield Fraction(int("".join(str(abs(int(m) - int(n))) for m, n in columns)), scale)
        if x % 10 < y % 10:
            yield Fraction(x - y + 10, scale)


def _times_table(sign: str, a: Fraction, b: Fraction) -> Iterator[Fraction]:
    """Slip to the neighbour in the times tables: 6 × 8 -> 42, 42 : 6 -> 8."""
    if sign == "×" and max(a, b) <= 10:
        yield from (a * (b - 1), a * (b + 1), (a - 1) * b, (a + 1) * b)
    elif sign == ":" and max(a / b, b) <= 10:
        yield from (a / b - 1, a / b + 1)


def _off_by_one(sign: str, a: Fraction, b: Fraction) -> Iterator[Fraction]:
    """Count on or back one too few or too many in a small sum or difference: 51 - 37 -> 15."""
    scale, *terms = scaled_digits(a, b)
    if sign in "+-" and max(terms) < 100:
        yield from (compute(sign, a, b) + Fraction(n, scale) for n in (-1, 1))


def _digits_swapped(sign: str, a: Fraction, b: Fraction) -> Iterator[Fraction]:
    """Write two digits of the result in the wrong order: 19 + 26 -> 54."""
    for wrong in _swaps(compute(sign, a, b)):
        if (sign == "-" and wrong < a) or (sign in "+×" and wrong > max(a, b)) or sign == ":":
            yield wrong


def _zero_lost(sign: str, a: Fraction, b: Fraction) -> Iterator[Fraction]:
    """Lose a zero, or strike one too few: 6 × 30 -> 18, 600 : 100 -> 60."""
    if sign == "×" and a * b % 10 == 0:
        yield a * b / 10
    elif sign == ":" and b % 10 == 0:
        yield a / b * 10


def _decimal_comma(sign: str, a: Fraction, b: Fraction) -> Iterator[Fraction]:
    """Misplace the comma, or add on its two sides apart: 4,8 + 4,7 -> 95 or 8,15."""
    scale, x, y = scaled_digits(a, b)
    if scale > 1:
        if (result := compute(sign, a, b)).denominator > 1:
            yield result * 10
        if sign == "+":
            parts = x % scale + y % scale
            yield int(a) + int(b) + Fraction(parts, 10 ** len(str(parts)))


def _fraction_parts(sign: str, a: Fraction, b: Fraction) -> Iterator[Fraction]:
    """Add above and below the line: 1/2 + 1/3 -> 2/5."""
    if sign == "+" and a < 1 and b < 1:
        yield Fraction(a.numerator + b.numerator, a.denominator + b.denominator)


def _swaps(value: Fraction) -> Iterator[Fraction]:
    scale, number = scaled_digits(value)
    digits = str(number)
    for i, (one, other) in enumerate(pairwise(digits)):
        if one != other and (i or other != "0"):
            yield Fraction(int(digits[:i] + other + one + digits[i + 2 :]), scale)


def _misread(value: Fraction) -> Iterator[Fraction]:
    """Swap two digits, or take one for another that looks like it; turn a fraction over."""
    try:
        scale, number = scaled_digits(value)
    except Unfit:
        yield 1 / value
        return
    yield from _swaps(value)
    for i, digit in enumerate(digits := str(number)):
        if digit in LOOK_ALIKE:
            yield Fraction(int(digits[:i] + LOOK_ALIKE[digit] + digits[i + 1 :]), scale)


def _slip(wrong: Slip) -> Proposals:
    """Spoil the result of one operation of an equation, whatever else the equation computes."""

    def propose(work: Work, at: int) -> Iterator[Spoiled]:
        start = work.equations[at].sides[-1].start
        operations: list[Operation] = []
        evaluate(work.tokens, start, seen=operations)
        for sign_at, sign, a, b in operations:
            with suppress(Unfit):
                for value in wrong(sign, a, b):
                    result, _ = evaluate(work.tokens, start, forced={sign_at: value})
                    yield Spoiled(result, work.tokens)

    return propose


def _copied_number(work: Work, at: int) -> Iterator[Spoiled]:
    """Copy a number of the question wrongly, where the solution shows it once: 51 -> 15 or 57."""
    side = work.equations[at].sides[-1]
    for i in side:
        token = work.tokens[i]
        shown = sum(token.value == other.value for other in work.tokens)
        if token.value in work.given and shown == 1:
            for value in _misread(token.value):
                with suppress(Unfit):
                    tokens = _with(work, i, write(work, token, value))
                    yield Spoiled(evaluate(tokens, side.start)[0], tokens)


def _wrong_operation(work: Work, at: int) -> Iterator[Spoiled]:
    """Add instead of subtracting, and so on.

    A sign that comes twice is understood; a factor that the question does not name, such as the 2
    of a half, comes with its operation.
    """
    side = work.equations[at].sides[-1]
    kinds = [work.tokens[i].kind for i in side]
    for i, kind in zip(side, kinds, strict=True):
        named = kind in "+-" or work.tokens[i + 1].value in work.given
        for sign in CONFUSED.get(kind, "") if kinds.count(kind) == 1 and named else "":
            text = next((token.text for token in work.tokens if token.kind == sign), sign)
            tokens = _with(work, i, work.tokens[i]._replace(kind=sign, text=text))
            with suppress(Unfit):
                yield Spoiled(evaluate(tokens, side.start)[0], tokens)


def _missing_step(work: Work, at: int) -> Iterator[Spoiled]:
    """Leave out a step, or the last factor of one: the half perimeter is not doubled."""
    tokens, side = work.tokens, work.equations[at].sides[-1]
    earlier = [i for i in side if i in work.links]
    if len(work.equations) > 1 and (earlier or tokens[side.start + 1].kind in "-×:"):
        operand = tokens[earlier[0] if earlier else side.start].value
        with suppress(Unfit):
            yield Spoiled(operand, tokens, _lines(work, at))
    kinds = {tokens[i].kind for i in side}
    if (
        len(side) > 3
        and tokens[side.stop - 2].kind in "×:"
        and ("(" in kinds or not kinds & {*"+-"})
    ):
        with suppress(Unfit):
            result, end = evaluate([*tokens[side.start : side.stop - 2], tokens[-1]], 0)
            if end == len(side) - 2:
                yield Spoiled(
                    result, tokens, (tokens[side.stop - 3].end, tokens[side.stop - 1].end)
                )


def _lines(work: Work, at: int) -> tuple[int, int]:
    """Return where one step stands in the text: its line, and the line that announces it."""
    first, last = work.equations[at].sides[0].start, work.equations[at].results[-1]
    start = work.text.rfind("\n", 0, work.tokens[first].start)
    if work.text[: max(start, 0)].endswith(":"):
        start = work.text.rfind("\n", 0, start)
    end = work.text.find("\n", work.tokens[last].end)
    cut = max(start, 0), len(work.text) if end < 0 else end + (start < 0)
    starts = [work.tokens[equation.sides[0].start].start for equation in work.equations]
    if sum(cut[0] <= i < cut[1] for i in starts) > 1 or MARKERS.search(work.text, *cut):
        raise Unfit("the lines hold more than this step")
    return cut


MISTAKES: dict[str, Proposals] = {
    "carry": _slip(_carry),
    "borrow": _slip(_borrow),
    "times_table": _slip(_times_table),
    "off_by_one": _slip(_off_by_one),
    "digits_swapped": _slip(_digits_swapped),
    "zero_lost": _slip(_zero_lost),
    "decimal_comma": _slip(_decimal_comma),
    "fraction_parts": _slip(_fraction_parts),
    "copied_number": _copied_number,
    "wrong_operation": _wrong_operation,
    "missing_step": _missing_step,
}
