"""Grade 9: products, systems, quadratic equations."""

from collections.abc import Callable
from fractions import Fraction
from math import gcd, isqrt
from random import Random

from mathpal.maths.curriculum.drawing import Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import bracketed, over, polynomial, square_part, wrong


def product_equation(rng: Random) -> Draft:
    a, c = rng.randint(1, 6), rng.randint(1, 6)
    b, d = (rng.choice((-1, 1)) * rng.randint(1, 15) for _ in range(2))
    while a * d == b * c:
        d = rng.choice((-1, 1)) * rng.randint(1, 15)
    one, other = polynomial((a, "x"), (b, "")), polynomial((c, "x"), (d, ""))
    equation = f"({one})({other}) = 0"
    question = rng.choice(
        (
            f"Giải phương trình: {equation}.",
            f"Giải phương trình tích {equation}.",
            f"Tìm tất cả các nghiệm của phương trình {equation}.",
            f"Tìm x, biết {equation}.",
        )
    )

    def steps(x: Fraction, y: Fraction) -> tuple[str, ...]:
        return (
            f"Ta có: {equation} nên {one} = 0 hoặc {other} = 0.",
            f"• {one} = 0 suy ra x = {x}.",
            f"• {other} = 0 suy ra x = {y}.",
            f"Vậy phương trình có hai nghiệm x = {x}; x = {y}.",
        )

    x, y = Fraction(-b, a), Fraction(-d, c)
    right = steps(x, y)
    answer = f"x = {x}; x = {y}"
    slips = [Slip("second_root_forgotten", f"x = {x}", (right[1][2:],))]
    if {-x, -y} != {x, y}:
        slips.append(Slip("sign_lost", f"x = {-x}; x = {-y}", steps(-x, -y)))
    return Draft("", (a, b, c, d), question, right, answer, tuple(slips))


def linear_system(rng: Random) -> Draft:
    a, b, d, e = (rng.choice((-1, 1)) * rng.randint(1, 7) for _ in range(4))
    a, d = abs(a), abs(d)
    x, y = rng.randint(-9, 9), rng.randint(-9, 9)
    c, f = a * x + b * y, d * x + e * y
    if a * e == b * d:
        f += rng.randint(1, 9)
    one, other = _equation(a, b, c), _equation(d, e, f)
    question = rng.choice(
        (
            f"Giải hệ phương trình: {one} và {other}.",
            f"Giải hệ phương trình gồm hai phương trình {one} và {other}.",
            f"Tìm nghiệm (x; y) của hệ phương trình: {one}; {other}.",
            f"Giải hệ hai phương trình bậc nhất hai ẩn: {one}; {other}.",
        )
    )
    common = abs(b * e) // gcd(b, e)
    m, n = common // abs(b), common // abs(e)
    same = b * e > 0
    taken = -n if same else n
    lines = [
        f"Nhân hai vế của phương trình thứ nhất với {m}, ta được {_equation(a * m, b * m, c * m)}."
    ]
    lines *= m > 1
    if n > 1:
        second = _equation(d * n, e * n, f * n)
        lines.append(f"Nhân hai vế của phương trình thứ hai với {n}, ta được {second}.")
    lines.append(f"{'Trừ' if same else 'Cộng'} từng vế hai phương trình, ta được")
    slope, constant = a * m + d * taken, c * m + f * taken
    numbers = (a, b, c, d, e, f)
    if slope == 0:
        answer = "hệ phương trình vô nghiệm"
        steps = (
            *lines[:-1],
            f"{lines[-1]} 0x = {constant} (vô lí).",
            "Vậy hệ phương trình vô nghiệm.",
        )
        end = f"{lines[-1]} 0x = {constant}, suy ra x = 0."
        slip = Slip("zero_taken_as_root", "x = 0", (*lines[:-1], end))
        return Draft("none", numbers, question, steps, answer, (slip,))

    def steps_to(constant: int) -> tuple[tuple[str, ...], str]:
        x = Fraction(constant, slope)
        y = (c - a * x) / b
        first = f"{lines[-1]} {polynomial((slope, 'x'))} = {constant}"
        result = f"(x; y) = ({x}; {y})"
        return (
            *lines[:-1],
            first + ("." if slope == 1 else f", suy ra x = {x}."),
            f"Thay x = {x} vào phương trình thứ nhất, ta được y = {y}.",
            f"Vậy nghiệm của hệ là {result}.",
        ), result

    right, answer = steps_to(constant)
    lost, lost_answer = steps_to(c * m - f * taken)
    swapped = f"(x; y) = ({y}; {x})"
    slips = wrong(
        answer,
        Slip("constants_sign_lost", lost_answer, lost),
        Slip("coordinates_swapped", swapped, (*right[:-1], f"Vậy nghiệm của hệ là {swapped}.")),
    )
    return Draft("one", numbers, question, right, answer, slips)


def _equation(a: int, b: int, c: int) -> str:
    return f"{polynomial((a, 'x'), (b, 'y'))} = {c}"


def quadratic_equation(rng: Random) -> Draft:
    a, b, c = rng.choice((_rational, _rational, _rational, _double, _surd, _surd, _none))(rng)
    equation = f"{polynomial((a, 'x^2'), (b, 'x'), (c, ''))} = 0"
    question = rng.choice(
        (
            f"Giải phương trình: {equation}.",
            f"Giải phương trình bậc hai {equation}.",
            f"Tìm các nghiệm (nếu có) của phương trình {equation}.",
            f"Phương trình {equation} có những nghiệm nào (nếu có)?",
        )
    )
    delta = b * b - 4 * a * c
    ac = f"{bracketed(a)} · {bracketed(c)}"

    def steps(op: str, b: int, delta: int, a: int) -> tuple[tuple[str, ...], str]:
        start = f"Δ = b^2 - 4ac = {bracketed(b0)}^2 {op} 4 · {ac} = {delta}."
        ending, answer = _roots(a, b, delta)
        return (start, ending), answer

    b0 = b
    right, answer = steps("-", b, delta, a)
    slips = []
    if delta > 0:
        first = answer.partition(";")[0]
        slips.append(
            Slip("second_root_forgotten", first, (right[0], f"Phương trình có nghiệm {first}."))
        )
        negative, text = steps("-", -b, delta, a)
        slips.append(Slip("sign_of_b_lost", text, negative))
    if c:
        other, text = steps("+", b, b * b + 4 * a * c, a)
        slips.append(Slip("sign_in_discriminant", text, other))
    values = sorted(answer.split("; "))
    kept = tuple(slip for slip in slips if sorted(slip.answer.split("; ")) != values)
    return Draft("", (a, b, c), question, right, answer, kept)


def _roots(a: int, b: int, delta: int) -> tuple[str, str]:
    """Write the end of the working, and the answer, from a, b and the discriminant."""
    if delta < 0:
        return "Vì Δ < 0 nên phương trình vô nghiệm.", "phương trình vô nghiệm"
    if delta == 0:
        x = f"x = {Fraction(-b, 2 * a)}"
        return f"Vì Δ = 0 nên phương trình có nghiệm kép {x}.", x
    k, m = square_part(delta)
    one, other = (f"x = {_root_text(a, b, k * sign, m)}" for sign in (1, -1))
    top = f"({-b} ± √{delta})/({2 * a})" if 2 * a < 0 else f"({-b} ± √{delta})/{2 * a}"
    text = f"Vì Δ > 0 nên phương trình có hai nghiệm phân biệt x = {top}, tức là {one}; {other}."
    return text, f"{one}; {other}"


def _root_text(a: int, b: int, k: int, m: int) -> str:
    if m == 1:
        return str(Fraction(-b + k, 2 * a))
    divisor = gcd(b, k, 2 * a) * (-1 if a < 0 else 1)
    return over(polynomial((-b // divisor, ""), (k // divisor, f"√{m}")), 2 * a // divisor)


def _rational(rng: Random) -> tuple[int, int, int]:
    p, q = rng.choice((1, 1, 1, 2, 3)), rng.choice((1, 1, 1, 2, -1))
    x, y = rng.randint(-10, 10), rng.randint(-10, 10)
    while x * q == y * p:
        y = rng.randint(-10, 10)
    return p * q, -(p * y + q * x), x * y


def _double(rng: Random) -> tuple[int, int, int]:
    p, x, k = rng.randint(1, 4), rng.choice((-1, 1)) * rng.randint(1, 9), rng.choice((1, 1, 2, -1))
    return k * p * p, -2 * k * p * x, k * x * x


def _surd(rng: Random) -> tuple[int, int, int]:
    while True:
        a, b, c = rng.randint(1, 4), rng.randint(-10, 10), rng.randint(-10, 10)
        delta = b * b - 4 * a * c
        if delta > 0 and isqrt(delta) ** 2 != delta:
            return a, b, c


def _none(rng: Random) -> tuple[int, int, int]:
    a, b = rng.randint(1, 5), rng.choice((-1, 1)) * rng.randint(1, 8)
    return a, b, b * b // (4 * a) + rng.randint(1, 8)


def viete(rng: Random) -> Draft:
    """Ask for a symmetric value of the roots of an equation that need not be solved."""
    a, b, c = _viete_equation(rng)
    s, p = Fraction(-b, a), Fraction(c, a)
    asked = rng.choice(tuple(SYMMETRIC))
    working, value, slip, slip_working, slipped = SYMMETRIC[asked]
    equation = f"{polynomial((a, 'x^2'), (b, 'x'), (c, ''))} = 0"
    question = rng.choice(
        (
            f"Biết phương trình {equation} có hai nghiệm x1, x2. Không giải phương trình, hãy tính "
            f"{asked}.",
            f"Gọi x1, x2 là hai nghiệm của phương trình {equation}. Tính giá trị của biểu thức "
            f"{asked} mà không giải phương trình.",
            f"Cho phương trình {equation} có hai nghiệm x1, x2. Áp dụng định lí Viète, tính "
            f"{asked}.",
        )
    )

    def steps(working: str, s: Fraction, value: Fraction) -> tuple[str, ...]:
        put = working.replace("S", bracketed(s)).replace("P", bracketed(p))
        return (
            f"Theo định lí Viète: S = x1 + x2 = {s}; P = x1x2 = {p}.",
            f"Ta có: {asked} = {working} = {put} = {value}.",
        )

    answer = str(value(s, p))
    slips = wrong(
        answer,
        Slip(slip, str(slipped(s, p)), steps(slip_working, s, slipped(s, p))),
        Slip("sign_of_sum_lost", str(value(-s, p)), steps(working, -s, value(-s, p))),
    )
    right = steps(working, s, value(s, p))
    return Draft(asked, (a, b, c), question, right, answer, slips)


def _viete_equation(rng: Random) -> tuple[int, int, int]:
    while True:
        a = rng.choice((1, 1, 1, 2, 3))
        b, c = rng.randint(-12, 12), rng.choice((-1, 1)) * rng.randint(1, 12)
        if b and b * b - 4 * a * c > 0:
            return a, b, c


Value = Callable[[Fraction, Fraction], Fraction]
SYMMETRIC: dict[
    str, tuple[str, Value, str, str, Value]
] = {  # what is asked: by S and P, its value, and a slip with its own
    "x1^2 + x2^2": (
        *("S^2 - 2 · P", lambda s, p: s * s - 2 * p),
        *("double_product_forgotten", "S^2", lambda s, p: s * s),
    ),
    "1/x1 + 1/x2": ("S/P", lambda s, p: s / p, "turned_over", "P/S", lambda s, p: p / s),
    "(x1 - x2)^2": (
        *("S^2 - 4 · P", lambda s, p: s * s - 4 * p),
        *("two_for_four", "S^2 - 2 · P", lambda s, p: s * s - 2 * p),
    ),
    "x1^2x2 + x1x2^2": ("P · S", lambda s, p: p * s, "added", "P + S", lambda s, p: p + s),
    "(x1 + 1)(x2 + 1)": (
        *("P + S + 1", lambda s, p: p + s + 1),
        *("sum_forgotten", "P + 1", lambda s, p: p + 1),
    ),
}


KINDS = {
    "product_equation": Kind(9, "ALG.LINEAR", "a product that is zero", product_equation),
    "linear_system": Kind(9, "ALG.SYSTEM", "two linear equations in x and y", linear_system),
    "quadratic_equation": Kind(
        9, "ALG.QUAD", "roots that are rational, surds, double or none", quadratic_equation, 2
    ),
    "viete": Kind(9, "ALG.QUAD", "a symmetric value of two roots", viete, 2),
}
