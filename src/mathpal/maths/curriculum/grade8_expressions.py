"""Grade 8: polynomials in several variables, the notable identities, algebraic fractions."""

from random import Random

from mathpal.maths.curriculum.drawing import Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import bracketed, grouped, polynomial, total, wrong

ROUND = (*range(20, 100, 10), *range(100, 1001, 100))


def quick_square(rng: Random) -> Draft:
    draw = rng.choice((_square_near, _square_near, _product_near, _square_gap, _square_gap, _whole))
    variant, numbers, expression, working, result, slip, slip_working, slipped = draw(rng)
    question = rng.choice(
        (
            f"Tính nhanh: {expression}.",
            f"Không dùng máy tính cầm tay, hãy tính: {expression}.",
            f"Áp dụng hằng đẳng thức, tính nhanh giá trị của biểu thức {expression}.",
            f"Sử dụng hằng đẳng thức đáng nhớ để tính: {expression}.",
        )
    )
    answer, slip_answer = grouped(result), grouped(slipped)
    steps = ("Ta có:", f"{expression} = {working} = {answer}.")
    slip_steps = ("Ta có:", f"{expression} = {slip_working} = {slip_answer}.")
    slips = wrong(answer, Slip(slip, slip_answer, slip_steps))
    return Draft(variant, numbers, question, steps, answer, slips)


Numeric = tuple[str, tuple[int, ...], str, str, int, str, str, int]


def _near(rng: Random) -> tuple[int, int]:
    base = rng.choice(ROUND)
    return base, rng.randint(1, 5 if base < 100 else 9)


def _square_near(rng: Random) -> Numeric:
    base, gap = _near(rng)
    sign = rng.choice((-1, 1))
    op = "+" if sign > 0 else "-"
    value = base + sign * gap
    middle = f"{base}^2 {op} 2 · {base} · {gap} + {gap}^2"
    sums = f"{grouped(base**2)} {op} {2 * base * gap} + {gap**2}"
    slip_working = f"({base} {op} {gap})^2 = {base}^2 {op} {gap}^2"
    return (
        *("square", (value,), f"{value}^2", f"({base} {op} {gap})^2 = {middle} = {sums}"),
        *(value**2, "middle_term_forgotten", slip_working, base**2 + sign * gap**2),
    )


def _product_near(rng: Random) -> Numeric:
    base, gap = _near(rng)
    a, b = rng.choice(((base + gap, base - gap), (base - gap, base + gap)))
    signs = "+-" if a > b else "-+"
    factors = f"({base} {signs[0]} {gap})({base} {signs[1]} {gap}) = {base}^2"
    squares = f"{grouped(base**2)} - {gap**2}"
    return (
        *("product", (a, b), f"{a} · {b}", f"{factors} - {gap}^2 = {squares}", a * b),
        *("sign_of_square", f"{factors} + {gap}^2", base**2 + gap**2),
    )


def _square_gap(rng: Random) -> Numeric:
    if rng.random() < 0.6:
        whole = rng.choice((50, 100, 100, 200, 1000))
        a = rng.randint(whole // 2 + 1, whole - 2)
        b = whole - a
    else:
        b = rng.randint(12, 150)
        a = b + rng.choice((10, 20, 100))
    text = f"({a} - {b})({a} + {b}) = {a - b} · {a + b}"
    slip_working = f"({a} - {b})^2 = {a - b}^2"
    return (
        *("difference", (a, b), f"{a}^2 - {b}^2", text, a * a - b * b),
        *("square_of_difference", slip_working, (a - b) ** 2),
    )


def _whole(rng: Random) -> Numeric:
    base = rng.choice((20, 30, 40, 50, 60, 80, 100, 200))
    sign = rng.choice((-1, 1))
    b = rng.randint(3, base // 2 - 1)
    a, op = base - sign * b, "+" if sign > 0 else "-"
    expression = f"{a}^2 {op} {2 * b} · {a} + {b}^2"
    middle = f"{a}^2 {op} 2 · {a} · {b} + {b}^2 = ({a} {op} {b})^2 = {base}^2"
    slip_working = f"{a}^2 {op} 2 · {a} · {b} + {b}^2 = {a} {op} {b}"
    return (
        *("perfect", (a, b), expression, middle, base**2),
        *("square_forgotten", slip_working, base),
    )


SHAPES = (  # exponents of x and y, term by term
    ((2, 1), (1, 1), (0, 0)),
    ((2, 0), (1, 1), (0, 1)),
    ((1, 2), (1, 0), (0, 0)),
    ((2, 0), (1, 1), (0, 2)),
    ((3, 0), (1, 2), (0, 1)),
    ((2, 2), (1, 1), (0, 0)),
)


def polynomial_value(rng: Random) -> Draft:
    shape = rng.choice(SHAPES)
    factors = [rng.choice((-5, -4, -3, -2, -1, 2, 3, 4, 5)) for _ in shape]
    x, y = rng.choice((-3, -2, -1, 1, 2, 3)), rng.choice((-3, -2, -1, 1, 2, 3))
    name = rng.choice("ABMPQ")
    text = polynomial(*((n, _power(*e)) for n, e in zip(factors, shape, strict=True)))
    question = rng.choice(
        (
            f"Tính giá trị của đa thức {name} = {text} tại x = {x} và y = {y}.",
            f"Cho đa thức {name} = {text}. Tính giá trị của {name} tại x = {x}; y = {y}.",
            f"Cho x = {x} và y = {y}. Hãy tính giá trị của đa thức {name} = {text}.",
            f"Tìm giá trị của đa thức {name} = {text} khi x = {x} và y = {y}.",
        )
    )
    values = [n * x**i * y**j for n, (i, j) in zip(factors, shape, strict=True)]
    answer = f"{name} = {sum(values)}"

    def steps(values: list[int]) -> tuple[str, ...]:
        put = " + ".join(
            "·".join(filter(None, (bracketed(n), _put(x, i), _put(y, j)))).replace("·", " · ")
            for n, (i, j) in zip(factors, shape, strict=True)
        )
        return (
            f"Thay x = {x} và y = {y} vào đa thức, ta được:",
            f"{name} = {put} = {total(values)} = {sum(values)}.",
            f"Vậy {name} = {sum(values)} tại x = {x} và y = {y}.",
        )

    slipped = [
        n * _slipped_power(x, i) * _slipped_power(y, j)
        for n, (i, j) in zip(factors, shape, strict=True)
    ]
    slip = Slip("square_of_negative", f"{name} = {sum(slipped)}", steps(slipped))
    numbers = (*factors, x, y, SHAPES.index(shape))
    return Draft("", numbers, question, steps(values), answer, wrong(answer, slip))


def _power(x: int, y: int) -> str:
    """Write x^i y^j: `(2, 1)` -> `x^2y`."""
    return "".join(v if n == 1 else f"{v}^{n}" for v, n in (("x", x), ("y", y)) if n)


def _put(value: int, power: int) -> str:
    return "" if power == 0 else bracketed(value) + (f"^{power}" if power > 1 else "")


def _slipped_power(value: int, power: int) -> int:
    result: int = value**power
    return -result if value < 0 and power == 2 else result


def polynomial_product(rng: Random) -> Draft:
    return rng.choice((_monomial_product, _binomial_product, _binomial_product, _quotient))(rng)


def _factor(rng: Random, most: int = 5) -> int:
    return rng.choice((-1, 1)) * rng.randint(1, most)


def _monomial_product(rng: Random) -> Draft:
    k, (a, b) = rng.choice((-4, -3, -2, 2, 3, 4)), (_factor(rng), _factor(rng))
    (i, j), (p, q) = rng.choice(((1, 0), (2, 0), (1, 1))), rng.choice(((2, 0), (1, 1), (1, 0)))
    outer, inner = polynomial((k, _power(i, j))), polynomial((a, _power(p, q)), (b, "y"))
    first, second = _power(i + p, j + q), _power(i, j + 1)
    answer = polynomial((k * a, first), (k * b, second))
    forgotten = polynomial((k * a, first), (b, "y"))
    question = _multiply(rng, f"{outer}({inner})")
    terms = (
        f"{outer} · {_factor_text(a, _power(p, q))} + {_signed(k, i, j)} · {_factor_text(b, 'y')}"
    )
    steps = ("Ta có:", f"{outer}({inner}) = {terms} = {answer}.")
    slip = Slip(
        "second_term_not_multiplied", forgotten, ("Ta có:", f"{outer}({inner}) = {forgotten}.")
    )
    return Draft("monomial", (k, i, j, a, p, q, b), question, steps, answer, wrong(answer, slip))


def _factor_text(factor: int, letters: str) -> str:
    text = polynomial((factor, letters))
    return f"({text})" if factor < 0 else text


def _signed(factor: int, x: int, y: int) -> str:
    return _factor_text(factor, _power(x, y))


def _multiply(rng: Random, expression: str) -> str:
    return rng.choice(
        (
            f"Thực hiện phép tính: {expression}.",
            f"Thực hiện phép nhân rồi thu gọn: {expression}.",
            f"Thu gọn biểu thức sau: {expression}.",
            f"Tính tích {expression} rồi viết kết quả dưới dạng đa thức thu gọn.",
        )
    )


def _binomial_product(rng: Random) -> Draft:
    a, c = rng.randint(1, 5), rng.randint(1, 5)
    b, d = _factor(rng, 6), _factor(rng, 6)
    letter = rng.choice(("y", "y", ""))
    square = letter and letter + "^2"
    expression = f"({polynomial((a, 'x'), (b, letter))})({polynomial((c, 'x'), (d, letter))})"
    four = polynomial((a * c, "x^2"), (a * d, "x" + letter), (b * c, "x" + letter), (b * d, square))
    answer = polynomial((a * c, "x^2"), (a * d + b * c, "x" + letter), (b * d, square))
    steps = ("Ta có:", f"{expression} = {four}" + f" = {answer}." * (four != answer))
    firsts_lasts = polynomial((a * c, "x^2"), (b * d, square))
    sign = polynomial((a * c, "x^2"), (a * d + b * c, "x" + letter), (-b * d, square))
    slips = wrong(
        answer,
        Slip("cross_terms_forgotten", firsts_lasts, ("Ta có:", f"{expression} = {firsts_lasts}.")),
        Slip("sign_lost", sign, ("Ta có:", f"{expression} = {sign}.")),
    )
    numbers = (a, b, c, d, len(letter))
    return Draft("binomials", numbers, _multiply(rng, expression), steps, answer, slips)


def _quotient(rng: Random) -> Draft:
    k, (a, b) = rng.randint(2, 5), (_factor(rng, 6), _factor(rng, 6))
    i, j = rng.randint(1, 2), rng.randint(1, 2)
    p, q = rng.randint(1, 2), rng.randint(1, 2)
    divisor = f"{k}{_power(i, j)}"
    whole = polynomial((k * a, _power(i + p, j)), (k * b, _power(i, j + q)))
    answer = polynomial((a, _power(p, 0)), (b, _power(0, q)))
    expression = f"({whole}) : ({divisor})"
    kept = polynomial((a, _power(p, 0)), (k * b, _power(i, j + q)))
    parts = " + ".join(
        f"{_factor_text(n, letters)} : ({divisor})"
        for n, letters in ((k * a, _power(i + p, j)), (k * b, _power(i, j + q)))
    )
    question = rng.choice(
        (
            f"Thực hiện phép chia: {expression}.",
            f"Thực hiện phép tính: {expression}.",
            f"Tìm thương của phép chia đa thức {whole} cho đơn thức {divisor}.",
        )
    )
    steps = ("Ta có:", f"{expression} = {parts} = {answer}.")
    slip = Slip("second_term_not_divided", kept, ("Ta có:", f"{expression} = {kept}."))
    return Draft("quotient", (k, a, b, i, j, p, q), question, steps, answer, wrong(answer, slip))


def expand_identity(rng: Random) -> Draft:
    a, b, sign = rng.randint(1, 6), rng.randint(1, 12), rng.choice((-1, 1))
    letter = rng.choice(("", "", "y", "z"))
    one, other = polynomial((a, "x")), polynomial((b, letter))
    op = "+" if sign > 0 else "-"
    form = rng.choice(("square", "square", "squares", "cube", "cubes"))
    if form in ("cube", "cubes"):
        a, b = 1 + a // 2, 1 + b // 2
        one, other = polynomial((a, "x")), polynomial((b, letter))
    expression, working, answer, slips = FORMS[form](a, b, sign, letter)
    question = rng.choice(
        (
            f"Khai triển biểu thức: {expression}.",
            f"Áp dụng hằng đẳng thức, viết biểu thức {expression} dưới dạng đa thức thu gọn.",
            f"Viết {expression} thành đa thức.",
            f"Dùng hằng đẳng thức đáng nhớ để khai triển {expression}.",
        )
    )
    filled = working.format(u=_unit(one), v=_unit(other), one=one, other=other, op=op)
    steps = ("Ta có:", f"{expression} = {filled} = {answer}.")
    kept = wrong(answer, *(Slip(n, s, ("Ta có:", f"{expression} = {s}.")) for n, s in slips))
    return Draft(form, (a, b, sign, len(letter)), question, steps, answer, kept)


def _unit(text: str) -> str:
    """Put a product in brackets, so that a power holds for all of it: `2x` -> `(2x)`."""
    return text if len(text) == 1 else f"({text})"


Expansion = tuple[str, str, str, tuple[tuple[str, str], ...]]


def _square_form(a: int, b: int, sign: int, y: str) -> Expansion:
    square = y and f"{y}^2"
    answer = polynomial((a * a, "x^2"), (2 * sign * a * b, "x" + y), (b * b, square))
    slips = (
        ("middle_term_forgotten", polynomial((a * a, "x^2"), (sign * b * b, square))),
        (
            "factor_two_forgotten",
            polynomial((a * a, "x^2"), (sign * a * b, "x" + y), (b * b, square)),
        ),
        (
            "coefficient_not_squared",
            polynomial((a, "x^2"), (2 * sign * a * b, "x" + y), (b * b, square)),
        ),
    )
    text = f"({polynomial((a, 'x'), (sign * b, y))})^2"
    return text, "{u}^2 {op} 2 · {one} · {other} + {v}^2", answer, slips


def _squares_form(a: int, b: int, sign: int, y: str) -> Expansion:
    square = y and f"{y}^2"
    slips = (
        ("sign_lost", polynomial((a * a, "x^2"), (b * b, square))),
        ("coefficient_not_squared", polynomial((a, "x^2"), (-b, square))),
    )
    text = f"({polynomial((a, 'x'), (sign * b, y))})({polynomial((a, 'x'), (-sign * b, y))})"
    return text, "{u}^2 - {v}^2", polynomial((a * a, "x^2"), (-b * b, square)), slips


def _cube_form(a: int, b: int, sign: int, y: str) -> Expansion:
    square, cube = y and f"{y}^2", y and f"{y}^3"
    middle = (3 * sign * a * a * b, "x^2" + y), (3 * a * b * b, "x" + square)
    answer = polynomial((a**3, "x^3"), *middle, (sign * b**3, cube))
    single = (sign * a * a * b, "x^2" + y), (a * b * b, "x" + square)
    slips = (
        ("middle_terms_forgotten", polynomial((a**3, "x^3"), (sign * b**3, cube))),
        ("factor_three_forgotten", polynomial((a**3, "x^3"), *single, (sign * b**3, cube))),
    )
    terms = "{u}^3 {op} 3 · {u}^2 · {other} + 3 · {one} · {v}^2 {op} {v}^3"
    return f"({polynomial((a, 'x'), (sign * b, y))})^3", terms, answer, slips


def _cubes_form(a: int, b: int, sign: int, y: str) -> Expansion:
    square, cube = y and f"{y}^2", y and f"{y}^3"
    second = polynomial((a * a, "x^2"), (-sign * a * b, "x" + y), (b * b, square))
    slips = (
        ("sign_lost", polynomial((a**3, "x^3"), (-sign * b**3, cube))),
        ("coefficient_not_cubed", polynomial((a, "x^3"), (sign * b, cube))),
    )
    text = f"({polynomial((a, 'x'), (sign * b, y))})({second})"
    return text, "{u}^3 {op} {v}^3", polynomial((a**3, "x^3"), (sign * b**3, cube)), slips


FORMS = {
    "square": _square_form,
    "squares": _squares_form,
    "cube": _cube_form,
    "cubes": _cubes_form,
}


def factorise(rng: Random) -> Draft:
    variant, numbers, text, first, answer, slip, slipped = rng.choice(
        (_common_factor, _common_factor, _grouping)
    )(rng)
    question = rng.choice(
        (
            f"Phân tích đa thức sau thành nhân tử: {text}.",
            f"Phân tích {text} thành nhân tử.",
            f"Viết đa thức {text} dưới dạng tích (phân tích triệt để thành nhân tử).",
        )
    )
    steps, slip_steps = (
        ("Ta có:", " = ".join(part for part in (text, first, end) if part) + ".")
        for end in (answer, slipped)
    )
    return Draft(variant, numbers, question, steps, answer, (Slip(slip, slipped, slip_steps),))


Factored = tuple[str, tuple[int, ...], str, str, str, str, str]


def _common_factor(rng: Random) -> Factored:
    """Draw m·x^p times x^2 - k^2 or (x ± k)^2."""
    k, m, power = rng.randint(1, 10), rng.randint(1, 7), rng.randint(0, 2)
    sign, y = rng.choice((-1, 1)), rng.choice(("", "", "y"))
    variant = rng.choice(("difference", "square"))
    last = polynomial((k, y)) if y else str(k)
    if variant == "difference":
        inner, slip = (0, -k * k), "square_of_difference"
        factored, slipped = f"(x - {last})(x + {last})", f"(x - {last})^2"
    else:
        inner, slip = (2 * sign * k, k * k), "sign_lost"
        factored, slipped = (f"(x {op} {last})^2" for op in ("+-" if sign > 0 else "-+"))
        k *= sign
    factors = (1, *inner)
    ends = "", y, y and "y^2"
    text, bracket = (
        polynomial(*((c * n, _power(p + 2 - i, 0) + ends[i]) for i, n in enumerate(factors)))
        for c, p in ((m, power), (1, 0))
    )
    common = polynomial((m, _power(power, 0))) if m > 1 or power else ""
    first = common and f"{common}({bracket})"
    return variant, (k, m, power, len(y)), text, first, common + factored, slip, common + slipped


def _grouping(rng: Random) -> Factored:
    """Draw x^2 + kx + nxy + kny."""
    k, n = _factor(rng, 9), _factor(rng, 6)
    text = polynomial((1, "x^2"), (k, "x"), (n, "xy"), (n * k, "y"))
    one, other = polynomial((1, "x"), (k, "")), polynomial((1, "x"), (n, "y"))
    first = f"x({one}) {'+' if n > 0 else '-'} {polynomial((abs(n), 'y'))}({one})"
    slipped = f"({one})({polynomial((1, 'x'), (-n, 'y'))})"
    return "grouping", (k, n), text, first, f"({one})({other})", "sign_lost", slipped


KINDS = {
    "quick_square": Kind(8, "NUM.MIXED", "squares and products by an identity", quick_square),
    "polynomial_value": Kind(8, "ALG.POLY", "the value of a polynomial in x, y", polynomial_value),
    "polynomial_product": Kind(
        8, "ALG.POLY", "the product or quotient of polynomials", polynomial_product, 2
    ),
    "expand_identity": Kind(8, "ALG.POLY", "a power or product by an identity", expand_identity, 2),
    "factorise": Kind(8, "ALG.POLY", "a polynomial as a product of factors", factorise, 2),
}
