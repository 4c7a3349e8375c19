"""Grade 6, values of expressions: powers, brackets, integers, fractions and decimals with signs."""

from fractions import Fraction
from math import lcm
from random import Random

from mathpal.maths.curriculum.drawing import Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import decimal
from mathpal.maths.curriculum.formulas import wrong as differing
from mathpal.maths.curriculum.grade6_notation import PLACES, TASKS, added, signed, worked


def power_of_one_base(rng: Random) -> Draft:
    root, m, n = rng.randint(2, 20), rng.randint(2, 15), rng.randint(2, 9)
    sign = rng.choice("·:")
    high, low = (m, n) if sign == "·" else (m + n, n)
    task = f"{root}^{high} {sign} {root}^{low}"
    question = rng.choice(
        (
            f"Viết kết quả phép tính {task} dưới dạng một luỹ thừa của {root}.",
            f"Viết kết quả phép tính sau dưới dạng một luỹ thừa: {task}",
            f"Hãy viết gọn {task} thành một luỹ thừa của {root}.",
        )
    )
    exponent, operation = (high + low, "+") if sign == "·" else (high - low, "-")
    answer = f"{root}^{exponent}"
    steps = (f"Ta có: {task} = {root}^({high} {operation} {low}) = {answer}",)
    wrong = high * low if sign == "·" else high // low
    merged = f"{root * root}^{exponent}" if sign == "·" else f"1^{exponent}"
    slips = [Slip("bases_combined", merged, (f"Ta có: {task} = {merged}",))]
    if sign == "·" or high % low == 0:
        line = f"Ta có: {task} = {root}^({high} {sign} {low}) = {root}^{wrong}"
        slips.append(Slip("exponents_combined_like_bases", f"{root}^{wrong}", (line,)))
    numbers = (root, high, low)
    return Draft(sign, numbers, question, steps, answer, differing(answer, *slips))


def order_of_operations(rng: Random) -> Draft:
    variant, numbers, sides, wrong = rng.choice((_nested, _square_first, _square_of_sum))(rng)
    expression, answer = sides[0], sides[-1]
    question = rng.choice(
        (
            f"Tính giá trị của biểu thức: {expression}",
            f"Thực hiện phép tính: {expression}",
            f"Tính: {expression}",
        )
    )
    slips = [Slip(name, chain[-1], (worked(*chain),)) for name, chain in wrong]
    return Draft(variant, numbers, question, (worked(*sides),), answer, differing(answer, *slips))


Form = tuple[str, tuple[int, ...], list[str], list[tuple[str, list[str]]]]


def _nested(rng: Random) -> Form:
    d, difference = rng.randint(1, 12), rng.randint(3, 9)
    c, square = d + difference, difference**2
    b = square + rng.randint(1, 60)
    a = b - 2 * difference + rng.randint(0, 80)

    def sides(power: int) -> list[str]:
        return [
            f"{a} - [{b} - ({c} - {d})^2]",
            f"{a} - [{b} - {difference}^2]",
            f"{a} - [{b} - {power}]",
            f"{a} - {b - power}",
            f"{a - b + power}",
        ]

    wrong = [("square_doubled", sides(2 * difference))] if a - b + 2 * difference >= 0 else []
    kept = [*sides(square)[:3], f"{a} - {b} - {square}", f"{a - b - square}"]
    if a - b - square >= 0:
        wrong.append(("brackets_dropped", kept))
    return "nested", (a, b, c, d), sides(square), wrong


def _square_first(rng: Random) -> Form:
    a, b, d, quotient = (rng.randint(2, 9) for _ in range(4))
    c = d * quotient
    power = rng.choice((2, 2, 3))
    if a * b**power <= quotient:
        a = quotient + 1
    head = [f"{a} · {b}^{power} - {c} : {d}"]

    def sides(value: int) -> list[str]:
        rest = [f"{a * value} - {quotient}", str(a * value - quotient)]
        return [*head, f"{a} · {value} - {quotient}", *rest]

    raised = [*head, f"{a * b}^{power} - {quotient}", str((a * b) ** power - quotient)]
    wrong = [("product_raised", raised)]
    if a * b * power > quotient:
        wrong.append(("power_as_product", sides(b * power)))
    return f"square{power}", (a, b, c, d), sides(b**power), wrong


def _square_of_sum(rng: Random) -> Form:
    a, b, c = rng.randint(2, 9), rng.randint(2, 9), rng.randint(2, 9)
    d = rng.randint(1, c * (a + b) ** 2 - 1)
    head, total = f"{c} · ({a} + {b})^2 - {d}", a + b

    def sides(square: int) -> list[str]:
        results = (f"{c * square} - {d}", f"{c * square - d}")
        return [head, f"{c} · {total}^2 - {d}", f"{c} · {square} - {d}", *results]

    apart = a * a + b * b
    split = [head, f"{c} · ({a}^2 + {b}^2) - {d}", f"{c} · {apart} - {d}", f"{c * apart - d}"]
    wrong = [("square_spread_over_sum", split)] if c * apart >= d else []
    if c * 2 * total >= d:
        wrong.append(("power_as_product", sides(2 * total)))
    return "sum", (a, b, c, d), sides(total**2), wrong


def integer_sum(rng: Random) -> Draft:
    a, b, c = (rng.choice((-1, 1)) * rng.randint(3, 99) for _ in range(3))
    c = -abs(c)
    first, result = a + b, a + b - c
    shown = f"{signed(a)} + {signed(b)} - {signed(c)}"
    plain = f"{a} {added(b)}"
    answer = str(result)

    def steps(start: int, last: int) -> tuple[str, ...]:
        return (
            worked(shown, f"{plain} {added(last)}", f"{start} {added(last)}", f"{start + last}"),
        )

    slips = [Slip("double_minus_kept", str(first + c), steps(first, c))]
    if a * b < 0:
        kept = (abs(a) + abs(b)) * (1 if a > 0 else -1)
        slips.append(Slip("sizes_added", str(kept - c), steps(kept, -c)))
    else:
        slips.append(Slip("sign_lost", str(abs(first) - c), steps(abs(first), -c)))
    question = rng.choice(TASKS) + shown
    return Draft("", (a, b, c), question, steps(first, -c), answer, differing(answer, *slips))


def integer_product(rng: Random) -> Draft:
    a, d, quotient = (rng.choice((-1, 1)) * rng.randint(2, 12) for _ in range(3))
    a, b, sign = -abs(a), rng.randint(2, 25), rng.choice("+-")
    if rng.random() < 0.5:
        a, b = b, a
    c = d * quotient
    shown = f"{signed(a)} · {signed(b)} {sign} {signed(c)} : {signed(d)}"

    def steps(product: int, part: int) -> tuple[str, tuple[str, ...]]:
        result = product + part if sign == "+" else product - part
        return str(result), (worked(shown, f"{product} {sign} {signed(part)}", str(result)),)

    answer, right = steps(a * b, quotient)
    slips = (
        Slip("sign_of_product_lost", *steps(-a * b, quotient)),
        Slip("sign_of_quotient_lost", *steps(a * b, -quotient)),
    )
    question = rng.choice(TASKS) + shown
    return Draft(sign, (a, b, c, d), question, right, answer, differing(answer, *slips))


def integer_equation(rng: Random) -> Draft:
    x, b = (rng.choice((-1, 1)) * rng.randint(2, 30) for _ in range(2))
    a = rng.choice((-1, 1)) * rng.randint(2, 9)
    form = rng.choice(("sum", "product", "bracket"))
    if form == "sum":
        total = x - b
        equation, lines = f"x - {signed(b)} = {total}", [f"x = {total} + {signed(b)}"]
        wrong, wrong_lines = total - b, [f"x = {total} - {signed(b)}"]
    elif form == "product":
        total = a * x + b
        equation = f"{a}x {added(b)} = {total}"
        lines = [f"{a}x = {total} - {signed(b)}", f"{a}x = {a * x}", f"x = {a * x} : {signed(a)}"]
        wrong, wrong_lines = (
            -x,
            [*lines[:2], f"x = {a * x} : {abs(a)}" if a < 0 else f"x = {-a * x} : {a}"],
        )
    else:
        total = a * (x + b)
        equation = f"{signed(a)} · (x {added(b)}) = {total}"
        lines = [
            f"x {added(b)} = {total} : {signed(a)}",
            f"x {added(b)} = {x + b}",
            f"x = {x + b} - {signed(b)}",
        ]
        wrong, wrong_lines = x + 2 * b, [*lines[:2], f"x = {x + b} + {signed(b)}"]
    question = rng.choice(
        ("Tìm số nguyên x, biết: ", "Tìm số nguyên x: ", "Tìm số nguyên x thoả mãn: ")
    )
    answer = f"x = {x}"
    name = "sign_lost" if form == "product" else "term_moved_without_its_sign"
    slip = Slip(name, f"x = {wrong}", (equation, *wrong_lines, f"x = {wrong}"))
    return Draft(
        form,
        (a, b, total) if form != "sum" else (b, total),
        question + equation,
        (equation, *lines, answer),
        answer,
        differing(answer, slip),
    )


def fraction_signed(rng: Random) -> Draft:
    a, b = _fraction(rng), _fraction(rng)
    if rng.random() < 0.5:
        a = -abs(a)
    else:
        b = -abs(b)
    sign = rng.choice("+-·:")
    shown = f"{a} {sign} {signed(b)}"
    if sign in "+-":
        result, middle, slips = _added(a, b, sign)
    else:
        factor = b if sign == "·" else 1 / b
        result = a * factor
        middle = f"{a} · {signed(factor)}"
        inverted = a * b if sign == ":" else a / b
        slips = [
            ("sign_lost", f"{abs(a)} · {abs(factor)}", abs(result))
            if result < 0
            else ("sign_kept", middle, -result),
            (
                "not_inverted" if sign == ":" else "inverted",
                f"{a} · {signed(a and inverted / a)}",
                inverted,
            ),
        ]
    answer = str(result)
    sides = [shown, middle, answer] if middle != shown else [shown, answer]
    wrong = [Slip(n, str(v), (worked(shown, text, str(v)),)) for n, text, v in slips]
    numbers = (*a.as_integer_ratio(), *b.as_integer_ratio())
    question = rng.choice(TASKS) + shown
    return Draft(sign, numbers, question, (worked(*sides),), answer, differing(answer, *wrong))


def _fraction(rng: Random) -> Fraction:
    while True:
        value = Fraction(rng.randint(1, 11), rng.randint(2, 12))
        if value.denominator > 1:
            return value


def _added(
    a: Fraction, b: Fraction, sign: str
) -> tuple[Fraction, str, list[tuple[str, str, Fraction]]]:
    """Add or subtract two fractions: the result, the line before it, and the slips."""
    bottom = lcm(a.denominator, b.denominator)
    tops = [value.numerator * (bottom // value.denominator) for value in (a, b)]
    result, flipped = (a + b, a - b) if sign == "+" else (a - b, a + b)
    plain = -b if sign == "-" else b
    over = a.denominator + b.denominator
    apart = Fraction(a.numerator + plain.numerator, over)
    other = "-" if sign == "+" else "+"
    return (
        result,
        f"{tops[0]}/{bottom} {sign} {signed(f'{tops[1]}/{bottom}')}",
        [
            ("sign_lost", f"{tops[0]}/{bottom} {other} {signed(f'{tops[1]}/{bottom}')}", flipped),
            (
                "tops_and_bottoms_added",
                f"({a.numerator} {added(plain.numerator)})/({a.denominator} + {b.denominator})",
                apart,
            ),
        ],
    )


def decimal_expression(rng: Random) -> Draft:
    if rng.random() < 0.5:
        a, b, c = rng.randint(11, 95), rng.randint(2, 12), rng.randint(11, 499)
        a, sign = rng.choice((-a, a)), rng.choice("+-")
        if a > 0:
            b = -b
        product, last = decimal(a * b, 1), decimal(c, 1)
        result = a * b + c if sign == "+" else a * b - c
        lost = -a * b + c if sign == "+" else -a * b - c
        shown = f"{signed(decimal(a, 1))} · {signed(b)} {sign} {last}"
        sides = [shown, f"{product} {sign} {last}"]
        wrong = [shown, f"{decimal(-a * b, 1)} {sign} {last}"]
        numbers: tuple[int, ...] = (a, b, c)
        mistake = "sign_of_product_lost"
    else:
        c, whole = -rng.randint(11, 95), rng.choice((10, 100, 20, 50))
        a = rng.randint(1, whole * 10 - 1)
        b, sign = whole * 10 - a, "shared"
        result = c * whole
        x, y, z = (decimal(value, 1) for value in (a, b, c))
        shown = f"{signed(z)} · {x} + {signed(z)} · {y}"
        sides = [shown, f"{signed(z)} · ({x} + {y})", f"{signed(z)} · {whole}"]
        lost, wrong = -result, [*sides[:2], f"{decimal(-c, 1)} · {whole}"]
        numbers, mistake = (a, b, c), "sign_lost"
    answer = decimal(result, 1)
    slip = Slip(mistake, decimal(lost, 1), (worked(*wrong, decimal(lost, 1)),))
    question = rng.choice(TASKS) + shown
    return Draft(
        sign, numbers, question, (worked(*sides, answer),), answer, differing(answer, slip)
    )


def rounding_signed(rng: Random) -> Draft:
    places, kept = rng.choice(
        ((0, -3), (0, -2), (0, -1), (1, 0), (2, 0), (2, 1), (3, 1), (3, 2), (4, 3))
    )
    cut = 10 ** (places - kept)
    digits = rng.randint(cut * 3, cut * 900)
    while (digits + cut // 2) // cut % 10 == 0 or digits % 10 == 0:
        digits = rng.randint(cut * 3, cut * 900)
    sign = rng.choice((1, 1, -1))
    text, size = decimal(sign * digits, places), decimal(digits, places)
    place, tail = PLACES[kept], digits % cut * 10 // cut
    down = digits // cut * cut
    up = tail >= 5
    rounded, wrong = (down + cut, down) if up else (down, down + cut)
    question = rng.choice(
        (
            f"Làm tròn số {text} đến {place}.",
            f"Hãy làm tròn số {text} đến {place}.",
            f"Số {text} làm tròn đến {place} được số nào?",
        )
    )

    def steps(value: int) -> tuple[str, ...]:
        compare = "lớn hơn hoặc bằng 5" if up else "nhỏ hơn 5"
        last = f"Vậy {text} ≈ {decimal(sign * value, places)}."
        return (
            f"Chữ số ngay bên phải {place} là {tail}, {compare}.",
            *([f"Do đó {size} ≈ {decimal(value, places)}."] if sign < 0 else []),
            last,
        )

    answer = decimal(sign * rounded, places)
    name = "cut_off" if up else "rounded_up"
    slips = differing(answer, Slip(name, decimal(sign * wrong, places), steps(wrong)))
    numbers = (sign * digits, places, kept)
    return Draft("", numbers, question, steps(rounded), answer, slips)


KINDS = {
    "power_of_one_base": Kind(
        6, "NUM.RATIONAL", "product or quotient of powers of one base", power_of_one_base
    ),
    "order_of_operations": Kind(
        6, "NUM.MIXED", "an expression with brackets and powers", order_of_operations, 2
    ),
    "integer_sum": Kind(6, "NUM.INT", "three integers added and subtracted", integer_sum),
    "integer_product": Kind(
        6, "NUM.INT", "a product and a quotient of integers, added", integer_product, 2
    ),
    "integer_equation": Kind(6, "ALG.UNKNOWN", "an unknown integer", integer_equation, 2),
    "fraction_signed": Kind(
        6, "NUM.FRAC", "two fractions, one of them negative", fraction_signed, 2
    ),
    "decimal_expression": Kind(
        6, "NUM.DEC", "an expression of positive and negative decimals", decimal_expression, 2
    ),
    "rounding_signed": Kind(6, "NUM.DEC", "a number rounded to a place", rounding_signed),
}
