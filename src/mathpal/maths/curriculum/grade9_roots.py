"""Grade 9: square and cube roots, surds."""

from fractions import Fraction
from random import Random

from mathpal.maths.curriculum.drawing import Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import (
    bracketed,
    over,
    polynomial,
    root,
    total,
    wrong,
)


def _compute(rng: Random, expression: str) -> str:
    return rng.choice(
        (
            f"Tính: {expression}.",
            f"Tính giá trị của biểu thức {expression}.",
            f"Thực hiện phép tính: {expression}.",
            f"Không dùng máy tính cầm tay, tính {expression}.",
        )
    )


def root_value(rng: Random) -> Draft:
    """Draw a√(p^2) ± b√(q^2), or with a cube root as the second."""
    a, b = rng.randint(1, 6), rng.choice((-1, 1)) * rng.randint(1, 6)
    p, cube = rng.randint(3, 16), rng.random() < 0.5
    q = rng.choice((-6, -5, -4, -3, -2, 2, 3, 4, 5, 6, 10)) if cube else rng.randint(3, 16)
    inner = f"∛({q**3})" if q < 0 else f"∛{q**3}" if cube else f"√{q * q}"
    op = "-" if b < 0 else "+"
    expression = f"{polynomial((a, f'√{p * p}'))} {op} {polynomial((abs(b), inner))}"

    def steps(p: int | Fraction, q: int | Fraction) -> tuple[str, ...]:
        factors = " · ".join([str(a)] * (a > 1) + [str(p)])
        others = " · ".join([str(abs(b))] * (abs(b) > 1) + [bracketed(q)])
        if abs(b) == 1 and q > 0:
            others = str(q)
        return ("Ta có:", f"{expression} = {factors} {op} {others} = {a * p + b * q}.")

    answer = str(a * p + b * q)
    halved = Fraction(p * p, 2)
    slips = [Slip("halved_for_root", str(a * halved + b * q), steps(halved, q))]
    if q < 0:
        slips.append(Slip("sign_lost", str(a * p - b * q), steps(p, -q)))
    elif cube:
        third = Fraction(q**3, 3)
        slips.append(Slip("divided_by_three", str(a * p + b * third), steps(p, third)))
    numbers = (a, b, p, q)
    variant = "cube" if cube else "square"
    question = _compute(rng, expression)
    return Draft(variant, numbers, question, steps(p, q), answer, wrong(answer, *slips))


def surd_sum(rng: Random) -> Draft:
    """Draw a sum of two or three multiples of one surd, to be simplified."""
    m = rng.choice((2, 2, 3, 3, 5, 5, 6, 7))
    num = rng.choice((2, 3, 3))
    outer = [rng.choice((-1, 1)) * rng.randint(1, 5) for _ in range(num)]
    outer[0] = abs(outer[0])
    inner = rng.sample((1, 2, 3, 4, 5, 6) if m < 6 else (1, 2, 3, 4), num)
    expression = _surds(outer, [k * k * m for k in inner])
    kinds = rng.choice(
        (
            f"Rút gọn biểu thức: {expression}.",
            f"Rút gọn: {expression}.",
            f"Thực hiện phép tính: {expression}.",
            f"Tính và viết kết quả ở dạng đơn giản nhất: {expression}.",
        )
    )

    def steps(inner: list[int]) -> tuple[str, ...]:
        factors = [a * k for a, k in zip(outer, inner, strict=True)]
        result = polynomial((sum(factors), f"√{m}"))
        return "Ta có:", f"{expression} = {_surds(factors, [m] * num)} = {result}."

    answer = polynomial((sum(a * k for a, k in zip(outer, inner, strict=True)), f"√{m}"))
    squared = [k * k for k in inner]
    lost = polynomial((sum(a * k for a, k in zip(outer, squared, strict=True)), f"√{m}"))
    slips = [Slip("factor_not_rooted", lost, steps(squared))]
    signs = [1 if a > 0 else -1 for a in outer]
    inside = sum(s * k * k * m for s, k in zip(signs, inner, strict=True))
    if all(abs(a) == 1 for a in outer) and inside > 0:
        joined = f"√({total(s * k * k * m for s, k in zip(signs, inner, strict=True))})"
        working = f"{expression} = {joined} = {root(inside)}."
        slips.append(Slip("radicands_added", root(inside), ("Ta có:", working)))
    numbers = (*outer, *inner, m)
    return Draft("", numbers, kinds, steps(inner), answer, wrong(answer, *slips))


def _surds(outer: list[int], inner: list[int]) -> str:
    return polynomial(*((a, f"√{n}") for a, n in zip(outer, inner, strict=True)))


def surd_fraction(rng: Random) -> Draft:
    return rng.choice((_conjugate, _conjugate, _single, _square_inside))(rng)


def _rationalise(rng: Random, expression: str) -> str:
    return rng.choice(
        (
            f"Trục căn thức ở mẫu: {expression}.",
            f"Trục căn thức ở mẫu của biểu thức {expression} rồi rút gọn.",
            f"Rút gọn biểu thức {expression} bằng cách trục căn thức ở mẫu.",
        )
    )


SURDS = (2, 3, 5, 6, 7, 10, 11, 13, 15)


def _conjugate(rng: Random) -> Draft:
    """Draw c/(√m ± n) or c/(√m ± √n), where c is a multiple of m - n^2 or m - n."""
    m, sign = rng.choice(SURDS), rng.choice((-1, 1))
    both = rng.random() < 0.5
    n = rng.choice([k for k in SURDS if k != m]) if both else rng.randint(1, 5)
    gap = m - (n if both else n * n)
    times = rng.randint(1, 6) if gap > 0 else -rng.randint(1, 6)
    other = f"√{n}" if both else str(n)
    op, opposite = ("+", "-") if sign > 0 else ("-", "+")
    expression = f"{gap * times}/(√{m} {op} {other})"
    rest = (f"√{n}",) if both else ("",)
    unit = 1 if both else n
    answer = polynomial((times, f"√{m}"), (-sign * times * unit, *rest))
    slip_answer = polynomial((times, f"√{m}"), (sign * times * unit, *rest))
    conjugate, same = f"(√{m} {opposite} {other})", f"(√{m} {op} {other})"
    squares = f"{m} - {n if both else n * n}"

    def steps(factor: str, result: str) -> tuple[str, ...]:
        top = f"{gap * times}{factor}"
        return (
            "Ta có:",
            f"{expression} = {top}/[{same}{factor}] = {top}/({squares}) = {result}.",
        )

    slip = Slip("conjugate_sign", slip_answer, steps(same, slip_answer))
    numbers = (gap * times, m, n, sign)
    variant = "conjugate roots" if both else "conjugate"
    question = _rationalise(rng, expression)
    return Draft(variant, numbers, question, steps(conjugate, answer), answer, (slip,))


def _single(rng: Random) -> Draft:
    m, c = rng.choice(SURDS), rng.randint(1, 30)
    value = Fraction(c, m)
    answer = over(polynomial((value.numerator, f"√{m}")), value.denominator)
    expression = f"{c}/√{m}"
    middle = over(polynomial((c, f"√{m}")), m)
    steps = ("Ta có:", f"{expression} = {middle}" + f" = {answer}." * (middle != answer))
    slip_answer = polynomial((c, f"√{m}"))
    slip = Slip("bottom_forgotten", slip_answer, ("Ta có:", f"{expression} = {slip_answer}."))
    return Draft("single", (c, m), _rationalise(rng, expression), steps, answer, (slip,))


def _square_inside(rng: Random) -> Draft:
    """Draw √((n - √m)^2), whose root is the positive one of n - √m and √m - n."""
    m, n, k = rng.choice(SURDS), rng.randint(1, 6), rng.randint(1, 4)
    surd = polynomial((k, f"√{m}"))
    expression = f"√(({n} - {surd})^2)"
    positive, negative = f"{n} - {surd}", f"{surd} - {n}"
    large = n * n > k * k * m
    answer, slip_answer = (positive, negative) if large else (negative, positive)
    reason = f"vì {n} {'>' if large else '<'} {surd}"
    question = rng.choice(
        (f"Rút gọn biểu thức {expression}.", f"Tính: {expression}.", f"Rút gọn: {expression}.")
    )
    steps = ("Ta có:", f"{expression} = |{n} - {surd}| = {answer} ({reason}).")
    slip = Slip(
        "absolute_value_forgotten", slip_answer, ("Ta có:", f"{expression} = {slip_answer}.")
    )
    return Draft("absolute", (m, n, k), question, steps, answer, (slip,))


def root_domain(rng: Random) -> Draft:
    a = rng.choice((-7, -6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6, 7))
    b = rng.choice((-1, 1)) * rng.randint(1, 25)
    inner = polynomial((a, "x"), (b, "")) if rng.random() < 0.7 else polynomial((b, ""), (a, "x"))
    bound = Fraction(-b, a)
    sign, other = ("≥", "≤") if a > 0 else ("≤", "≥")
    question = rng.choice(
        (
            f"Tìm điều kiện xác định của căn thức √({inner}).",
            f"Với giá trị nào của x thì căn thức √({inner}) có nghĩa?",
            f"Tìm x để √({inner}) xác định.",
            f"Biểu thức √({inner}) xác định khi nào?",
        )
    )
    start = (f"Căn thức xác định khi {inner} ≥ 0.", f"{polynomial((a, 'x'))} ≥ {-b}")

    def steps(result: str) -> tuple[str, ...]:
        return start if a == 1 else (*start, result)

    answer, turned = f"x {sign} {bound}", f"x {other} {bound}"
    slips = [Slip("sign_lost", f"x {sign} {-bound}", (start[0], f"x {sign} {-bound}"))]
    if a < 0:
        slips.append(Slip("inequality_not_turned", turned, steps(turned)))
    return Draft("", (a, b), question, steps(answer), answer, tuple(slips))


KINDS = {
    "root_value": Kind(9, "NUM.REAL", "square and cube roots of perfect powers", root_value),
    "surd_sum": Kind(9, "NUM.REAL", "a sum of surds in its simplest form", surd_sum, 2),
    "surd_fraction": Kind(9, "NUM.REAL", "a surd below the line, or squared", surd_fraction, 3),
    "root_domain": Kind(9, "ALG.INEQ", "where a square root is defined", root_domain),
}
