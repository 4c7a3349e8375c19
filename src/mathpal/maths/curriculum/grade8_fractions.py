"""Grade 8: values of expressions that are first factored or simplified."""

from fractions import Fraction
from random import Random

from mathpal.maths.curriculum.drawing import Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import bracketed, grouped, polynomial, wrong


def factor_value(rng: Random) -> Draft:
    return rng.choice((_two_letters, _two_letters, _one_letter))(rng)


def _one_letter(rng: Random) -> Draft:
    k, sign = rng.randint(1, 30), rng.choice((-1, 1))
    whole = rng.choice((20, 50, 100, 100, 200, 1000))
    x = whole - sign * k
    text = polynomial((1, "x^2"), (2 * sign * k, "x"), (k * k, ""))
    op = "+" if sign > 0 else "-"
    answer = grouped(whole**2)
    start = f"Ta có: {text} = (x {op} {k})^2."
    steps = (
        start,
        f"Với x = {x}, giá trị của biểu thức là ({x} {op} {k})^2 = {whole}^2 = {answer}.",
    )
    slip_value = x**2 + sign * k * k
    slip = Slip(
        "middle_term_forgotten",
        grouped(slip_value),
        (
            f"Ta có: {text} = x^2 {op} {k}^2.",
            f"Với x = {x}, giá trị của biểu thức là {x}^2 {op} {k}^2 = {grouped(slip_value)}.",
        ),
    )
    question = _ask(rng, text, f"x = {x}")
    return Draft("square", (x, sign * k), question, steps, answer, wrong(answer, slip))


def _ask(rng: Random, text: str, at: str) -> str:
    return rng.choice(
        (
            f"Phân tích đa thức {text} thành nhân tử rồi tính giá trị của nó tại {at}.",
            f"Tính nhanh giá trị của biểu thức {text} tại {at}.",
            f"Cho biểu thức A = {text}. Tính giá trị của A tại {at} một cách hợp lí.",
            f"Tính hợp lí giá trị của đa thức {text} khi {at}.",
        )
    )


def _two_letters(rng: Random) -> Draft:
    """Draw x^2 - y^2, x^2 - xy + kx - ky, or x^2 - 2xy + y^2 - k^2 where x - y is small."""
    gap, k = rng.choice((5, 10, 20, 50, 100)), rng.randint(2, 9)
    y = rng.randint(11, 99)
    x = y + gap
    form = rng.choice(("squares", "grouping", "gap"))
    if form == "squares":
        text, factored, wrongly = "x^2 - y^2", "(x - y)(x + y)", "(x - y)(x - y)"
        one, other, slipped, k = gap, x + y, gap, 0
        put, slip_put = f"({x} - {y})({x} + {y})", f"({x} - {y})({x} - {y})"
    elif form == "grouping":
        text = polynomial((1, "x^2"), (-1, "xy"), (k, "x"), (-k, "y"))
        factored, wrongly = f"(x - y)(x + {k})", f"(x - y)(x - {k})"
        one, other, slipped = gap, x + k, x - k
        put, slip_put = f"({x} - {y})({x} + {k})", f"({x} - {y})({x} - {k})"
    else:
        text, factored = f"x^2 - 2xy + y^2 - {k * k}", f"(x - y - {k})(x - y + {k})"
        wrongly = f"(x - y - {k})(x - y - {k})"
        one, other, slipped = gap - k, gap + k, gap - k
        put = f"({x} - {y} - {k})({x} - {y} + {k})"
        slip_put = f"({x} - {y} - {k})({x} - {y} - {k})"
    answer = grouped(one * other)

    def steps(factored: str, put: str, other: int) -> tuple[str, ...]:
        product = f"{bracketed(one)} · {bracketed(other)} = {grouped(one * other)}"
        return (
            f"Ta có: {text} = {factored}.",
            f"Thay x = {x} và y = {y}, ta được: {put} = {product}.",
        )

    slip = Slip("sign_lost", grouped(one * slipped), steps(wrongly, slip_put, slipped))
    question = _ask(rng, text, f"x = {x} và y = {y}")
    return Draft(
        form, (x, y, k), question, steps(factored, put, other), answer, wrong(answer, slip)
    )


def fraction_value(rng: Random) -> Draft:
    k, x, sign = rng.randint(1, 9), rng.randint(-12, 12), rng.choice((-1, 1))
    while x in (0, k, -k):
        x = rng.randint(-12, 12)
    plus, minus = polynomial((1, "x"), (sign * k, "")), polynomial((1, "x"), (-sign * k, ""))
    name, form = rng.choice("ABPQ"), rng.choice(("common", "square", "number"))
    m = rng.randint(2, 6)
    square = polynomial((1, "x^2"), (-k * k, ""))
    factored = f"({plus})({minus})"
    if form == "common":  # (x^2 - k^2)/(mx^2 + mkx) = (x - k)/(mx)
        bottom, bottom_factored = polynomial((m, "x^2"), (sign * m * k, "x")), f"{m}x({plus})"
        top, top_factored, simple = square, f"[{factored}]", f"({minus})/({m}x)"
        value, slipped = Fraction(x - sign * k, m * x), Fraction(-k, sign * m * x)
        wrongly = f"{-k * k}/({sign * m * k}x)" if sign > 0 else f"{k * k}/({m * k}x)"
    elif form == "square":  # (x + k)^2/(x^2 - k^2) = (x + k)/(x - k)
        top, bottom = polynomial((1, "x^2"), (2 * sign * k, "x"), (k * k, "")), square
        top_factored, bottom_factored, simple = f"({plus})^2", factored, f"({plus})/({minus})"
        value = Fraction(x + sign * k, x - sign * k)
        slipped, wrongly = Fraction(2 * sign * x + k, -k), f"({2 * sign * k}x + {k * k})/({-k * k})"
    else:  # (mx + mk)/(x^2 - k^2) = m/(x - k)
        top, bottom = polynomial((m, "x"), (sign * m * k, "")), square
        top_factored, bottom_factored, simple = f"{m}({plus})", factored, f"{m}/({minus})"
        value = Fraction(m, x - sign * k)
        slipped, wrongly = Fraction(m, x + sign * k), f"{m}/({plus})"
    fraction, answer = f"({top})/({bottom})", f"{name} = {value}"
    slip = Slip(
        "factor_kept" if form == "number" else "terms_cancelled",
        f"{name} = {slipped}",
        (f"Ta có: {name} = {fraction} = {wrongly}.", f"Với x = {x}, ta có {name} = {slipped}."),
    )
    steps = (
        f"Ta có: {name} = {fraction} = {top_factored}/[{bottom_factored}] = {simple}.",
        f"Với x = {x} (thoả mãn điều kiện xác định), ta có {name} = {value}.",
    )
    numbers = (k * sign, x, m if form != "square" else 0)
    question = _ask_fraction(rng, name, fraction, x)
    return Draft(form, numbers, question, steps, answer, wrong(answer, slip))


def _ask_fraction(rng: Random, name: str, fraction: str, x: int) -> str:
    return rng.choice(
        (
            f"Cho phân thức {name} = {fraction}. Rút gọn {name} rồi tính giá trị của {name} "
            f"tại x = {x}.",
            f"Rút gọn phân thức {name} = {fraction} rồi tính giá trị của nó khi x = {x}.",
            f"Tính giá trị của phân thức {name} = {fraction} tại x = {x} sau khi đã rút gọn.",
        )
    )


def fraction_sum(rng: Random) -> Draft:
    """Draw a/(x + p) ± b/(x + q), to be written as one fraction."""
    a, b = rng.randint(1, 7), rng.randint(1, 7)
    p, q = rng.sample((-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5), 2)
    sign = rng.choice((-1, 1))
    op = "+" if sign > 0 else "-"
    one, other = (polynomial((1, "x"), (shift, "")) for shift in (p, q))
    left, right = (f"({text})" if " " in text else text for text in (one, other))
    bottom = right + left if right == "x" else left + right
    expression = f"{a}/{left} {op} {b}/{right}"
    slope, constant = a + sign * b, a * q + sign * b * p
    numerators = f"[{_times(a, right)} {op} {_times(b, left)}]"

    def result(constant: int) -> str:
        top = polynomial((slope, "x"), (constant, ""))
        if slope == constant == 0:
            return "0"
        return (f"({top})" if " " in top else top) + f"/[{bottom}]"

    answer = result(constant)
    sign_lost = result(a * q - sign * b * p)
    added = f"{slope}/({polynomial((2, 'x'), (p + q, ''))})"
    question = rng.choice(
        (
            f"Thực hiện phép tính: {expression}.",
            f"Rút gọn biểu thức: {expression}.",
            f"Viết {expression} dưới dạng một phân thức.",
        )
    )
    steps = ("Ta có:", f"{expression} = {numerators}/[{bottom}] = {answer}.")
    slips = wrong(
        answer,
        Slip("sign_lost", sign_lost, ("Ta có:", f"{expression} = {sign_lost}.")),
        Slip("added_top_and_bottom", added, ("Ta có:", f"{expression} = {added}.")),
    )
    return Draft(op, (a, b, p, q), question, steps, answer, slips)


def _times(factor: int, text: str) -> str:
    return text if factor == 1 else f"{factor}{text}"


KINDS = {
    "factor_value": Kind(8, "ALG.POLY", "a value after factoring", factor_value, 2),
    "fraction_value": Kind(
        8, "ALG.POLY", "a fraction simplified, and its value", fraction_value, 2
    ),
    "fraction_sum": Kind(8, "ALG.POLY", "the sum of two algebraic fractions", fraction_sum, 2),
}
