"""Grade 7, numbers: rational numbers and their powers, roots, absolute values, precision."""

from fractions import Fraction
from math import gcd
from random import Random

from mathpal.maths.curriculum.drawing import Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import decimal
from mathpal.maths.curriculum.formulas import wrong as differing
from mathpal.maths.curriculum.grade6_notation import PLACES, TASKS, base, signed, worked


def _rational(rng: Random, bottoms: tuple[int, ...] = (2, 3, 4, 5, 6, 8, 9)) -> Fraction:
    """Draw a fraction of either sign that is no whole number."""
    bottom = rng.choice(bottoms)
    top = rng.randint(1, 9)
    while gcd(top, bottom) > 1:
        top = rng.randint(1, 9)
    return Fraction(rng.choice((-1, 1)) * top, bottom)


def rational_expression(rng: Random) -> Draft:
    a, b, c = (_rational(rng) for _ in range(3))
    sign, form = rng.choice("+-"), rng.choice(("last", "bracket", "shared"))
    if form == "last":
        product = b * c
        shown = f"{a} {sign} {signed(b)} · {signed(c)}"
        result = a + product if sign == "+" else a - product
        sides = [shown, f"{a} {sign} {signed(product)}", str(result)]
        first = a + b if sign == "+" else a - b
        wrong = [shown, f"{signed(first)} · {signed(c)}", str(first * c)]
        mistake = "left_to_right"
    elif form == "bracket":
        shown = f"({a} {sign} {signed(b)}) : {signed(c)}"
        inner = a + b if sign == "+" else a - b
        sides = [shown, f"{signed(inner)} : {signed(c)}", f"{signed(inner)} · {signed(1 / c)}"]
        sides.append(str(inner / c))
        wrong = [*sides[:2], f"{signed(inner)} · {signed(c)}", str(inner * c)]
        mistake = "not_inverted"
    else:
        whole = rng.choice((1, 2, 3, -1, -2, 10))
        b = whole - a if sign == "+" else a - whole
        shown = f"{signed(c)} · {signed(a)} {sign} {signed(c)} · {signed(b)}"
        sides = [shown, f"{signed(c)} · [{a} {sign} {signed(b)}]", f"{signed(c)} · {signed(whole)}"]
        sides.append(str(c * whole))
        wrong = [*sides[:2], f"{signed(-c)} · {signed(whole)}", str(-c * whole)]
        mistake = "sign_lost"
    answer = sides[-1]
    if len(answer.partition("/")[2]) > 2:  # the denominator has three digits
        return rational_expression(rng)
    slips = [Slip(mistake, wrong[-1], (worked(*wrong),))]
    numbers = tuple(n for value in (a, b, c) for n in value.as_integer_ratio())
    question = rng.choice(TASKS) + shown
    return Draft(
        form + sign, numbers, question, (worked(*sides),), answer, differing(answer, *slips)
    )


def rational_power(rng: Random) -> Draft:
    root = _rational(rng, (2, 3, 4, 5, 7, 10))
    if rng.random() < 0.3:
        root = Fraction(rng.choice((-5, -4, -3, -2, -10)))
    form = rng.choice(("value", "·", ":", "power"))
    if form == "value":
        return _power_value(rng, root)
    m, n = rng.randint(2, 9), rng.randint(2, 7)
    m += n if form == ":" else 0
    shown_root = base(root)
    task = (
        f"[{shown_root}^{m}]^{n}"
        if form == "power"
        else f"{shown_root}^{m} {form} {shown_root}^{n}"
    )
    working, exponent, mistaken, wrong = {
        "·": (f"{m} + {n}", m + n, f"{m} · {n}", m * n),
        ":": (f"{m} - {n}", m - n, f"{m} + {n}", m + n),
        "power": (f"{m} · {n}", m * n, f"{m} + {n}", m + n),
    }[form]
    question = rng.choice(
        (
            f"Viết kết quả phép tính sau dưới dạng luỹ thừa của {root}: {task}",
            f"Viết biểu thức {task} dưới dạng một luỹ thừa.",
            f"Hãy viết {task} thành luỹ thừa của {root}.",
        )
    )
    answer = f"{shown_root}^{exponent}"
    steps = (f"Ta có: {task} = {shown_root}^({working}) = {answer}",)
    bad = f"{shown_root}^{wrong}"
    slip = Slip("exponents_confused", bad, (f"Ta có: {task} = {shown_root}^({mistaken}) = {bad}",))
    numbers = (*root.as_integer_ratio(), m, n)
    return Draft(form, numbers, question, steps, answer, differing(answer, slip))


def _power_value(rng: Random, root: Fraction) -> Draft:
    n = rng.randint(2, 3 if abs(root.numerator) > 5 or root.denominator > 5 else 4)
    other, sign = _rational(rng), rng.choice("+-")
    power = root**n
    shown = f"{base(root)}^{n} {sign} {signed(other)}"

    def solved(value: Fraction) -> tuple[str, tuple[str, ...]]:
        result = value + other if sign == "+" else value - other
        return str(result), (worked(shown, f"{value} {sign} {signed(other)}", str(result)),)

    answer, steps = solved(power)
    top_only = Fraction(root.numerator**n, root.denominator)
    slips = [
        Slip("sign_of_power", *solved(-power)),
        Slip("power_as_product", *solved(root * n)),
        Slip("bottom_not_raised", *solved(top_only)),
    ]
    if root > 0:
        del slips[0]
    question = rng.choice(TASKS) + shown
    numbers = (*root.as_integer_ratio(), n, *other.as_integer_ratio())
    return Draft("value" + sign, numbers, question, steps, answer, differing(answer, *slips))


def square_roots(rng: Random) -> Draft:
    a, b, k = rng.randint(2, 25), rng.randint(2, 15), rng.randint(2, 9)
    sign, places = rng.choice("+-"), rng.choice((0, 0, 1))
    first, second = decimal(a * a, 2 * places), decimal(b * b, 2 * places)
    roots = decimal(a, places), decimal(b, places)
    part = k * b
    shown = f"√{_under(first)} {sign} {k} · √{_under(second)}"

    def total(x: int, y: int) -> str:
        return decimal(x + y if sign == "+" else x - y, places)

    answer = total(a, part)
    middle = f"{roots[0]} {sign} {k} · {roots[1]}"
    steps = (worked(shown, middle, f"{roots[0]} {sign} {decimal(part, places)}", answer),)
    left = decimal(a + b if sign == "+" else a - b, places)
    early = decimal((a + b if sign == "+" else a - b) * k, places)
    missed = total(a, b)
    slips = [
        Slip("factor_forgotten", missed, (worked(shown, f"{roots[0]} {sign} {roots[1]}", missed),)),
        Slip("left_to_right", early, (worked(shown, middle, f"{signed(left)} · {k}", early),)),
    ]
    if places == 0 and a % 2 == b % 2 == 0:
        half = total(a * a // 2, k * b * b // 2)
        line = f"{a * a // 2} {sign} {k} · {b * b // 2}"
        slips.append(Slip("halved_for_rooted", half, (worked(shown, line, half),)))
    question = rng.choice(TASKS) + shown
    tens = 10 ** (1 - places)
    numbers = (a * tens, b * tens, k)
    return Draft(sign, numbers, question, steps, answer, differing(answer, *slips))


def _under(text: str) -> str:
    return text if text.isdigit() else f"({text})"


def absolute_equation(rng: Random) -> Draft:
    places = rng.choice((0, 1))
    shift, size = rng.randint(2, 99), rng.randint(1, 99)
    sign = rng.choice("+-")
    right, moved = decimal(size, places), decimal(shift, places)
    inside = f"x {sign} {moved}"
    equation = f"|{inside}| = {right}"
    question = rng.choice(
        (
            f"Tìm x, biết: {equation}",
            f"Tìm tất cả các giá trị của x thoả mãn {equation}.",
            f"Có những số x nào để {equation}?",
        )
    )
    offset = shift if sign == "-" else -shift
    high, low = decimal(offset + size, places), decimal(offset - size, places)
    other = "+" if sign == "-" else "-"
    cases = (
        f"Trường hợp 1: {inside} = {right}\nx = {right} {other} {moved} = {high}",
        f"Trường hợp 2: {inside} = -{right}\nx = -{right} {other} {moved} = {low}",
    )
    answer = f"x = {high}; x = {low}"
    only = f"Vì {equation} nên {inside} = {right}"
    flipped = (decimal(size - offset, places), decimal(-size - offset, places))
    bad = f"x = {flipped[0]}; x = {flipped[1]}"
    slips = (
        Slip(
            "negative_case_forgotten",
            f"x = {high}",
            (only, f"x = {right} {other} {moved} = {high}"),
        ),
        Slip(
            "term_moved_without_its_sign",
            bad,
            (
                f"Trường hợp 1: {inside} = {right}\nx = {right} {sign} {moved} = {flipped[0]}",
                f"Trường hợp 2: {inside} = -{right}\nx = -{right} {sign} {moved} = {flipped[1]}",
            ),
        ),
    )
    steps = (
        f"Vì {equation} nên {inside} = {right} hoặc {inside} = -{right}.",
        *cases,
        f"Vậy {answer}.",
    )
    tens = 10 ** (1 - places)
    numbers = (shift * tens, size * tens)
    return Draft(sign, numbers, question, steps, answer, differing(answer, *slips))


def rounding_precision(rng: Random) -> Draft:
    kept = rng.choice((-3, -2, -1, 0, 1, 2, 3))
    places = max(kept, 0) + (0 if kept < 0 else rng.randint(1, 2))
    cut = 10 ** (places - kept)
    digits = rng.randint(cut * 11, cut * 9000)
    while (digits + cut // 2) // cut % 10 == 0 or digits % 10 == 0:
        digits = rng.randint(cut * 11, cut * 9000)
    text, precision = (
        decimal(digits, places),
        decimal(5, kept + 1) if kept >= 0 else str(5 * 10 ** (-kept - 1)),
    )
    question = rng.choice(
        (
            f"Làm tròn số {text} với độ chính xác {precision}.",
            f"Hãy làm tròn số {text} với độ chính xác {precision}.",
            f"Số {text} được làm tròn với độ chính xác {precision}. Tìm kết quả làm tròn.",
        )
    )

    def steps(place: int, rounded: int) -> tuple[str, ...]:
        return (
            f"Để làm tròn với độ chính xác {precision}, ta làm tròn số đó đến {PLACES[place]}.",
            f"Vậy {text} ≈ {decimal(rounded, places)}.",
        )

    down = digits // cut * cut
    nearest = down + cut * (digits % cut * 2 >= cut)
    other = 2 * down + cut - nearest
    answer = decimal(nearest, places)
    slips = [Slip("wrong_direction", decimal(other, places), steps(kept, other))]
    if kept < 3:
        finer = cut // 10
        place = (digits * 2 + finer) // (2 * finer) * finer
        slips.append(Slip("place_of_the_precision", decimal(place, places), steps(kept + 1, place)))
    numbers = (digits, places, kept)
    return Draft("", numbers, question, steps(kept, nearest), answer, differing(answer, *slips))


def rational_unknown(rng: Random) -> Draft:
    a, b = _rational(rng), _rational(rng, (2, 3, 4, 5, 6))
    form, numbers = rng.choice(("minus", "plus", "product")), [a, b]
    if form == "plus":
        equation, x, wrong = f"x + {signed(a)} = {b}", b - a, b + a
        lines, bad = [f"x = {b} - {signed(a)}"], [f"x = {b} + {signed(a)}"]
    elif form == "minus":
        equation, x, wrong = f"{a} - x = {b}", a - b, b - a
        lines, bad = [f"x = {a} - {signed(b)}"], [f"x = {b} - {signed(a)}"]
    else:
        c = _rational(rng, (2, 3, 4, 5, 6))
        equation, rest = f"{signed(c)} · x + {signed(a)} = {b}", b - a
        head = [f"{signed(c)} · x = {b} - {signed(a)}", f"{signed(c)} · x = {rest}"]
        x, wrong = rest / c, rest * c
        lines = [*head, f"x = {rest} : {signed(c)}"]
        bad = [*head, f"x = {rest} · {signed(c)}"]
        numbers = [a, b, c]
    answer = f"x = {x}"
    name = "multiplied_for_divided" if form == "product" else "sign_lost"
    slip = Slip(name, f"x = {wrong}", (equation, *bad, f"x = {wrong}"))
    question = rng.choice(("Tìm x, biết: ", "Tìm số hữu tỉ x, biết: ", "Tìm x: ")) + equation
    parts = tuple(n for value in numbers for n in value.as_integer_ratio())
    return Draft(form, parts, question, (equation, *lines, answer), answer, differing(answer, slip))


KINDS = {
    "rational_expression": Kind(
        7, "NUM.RATIONAL", "an expression of three rational numbers", rational_expression, 2
    ),
    "rational_power": Kind(7, "NUM.RATIONAL", "powers of a rational number", rational_power, 2),
    "square_roots": Kind(7, "NUM.REAL", "square roots of perfect squares", square_roots),
    "absolute_equation": Kind(
        7, "NUM.REAL", "an equation with an absolute value", absolute_equation, 2
    ),
    "rounding_precision": Kind(
        7, "NUM.REAL", "a number rounded with a given precision", rounding_precision
    ),
    "rational_unknown": Kind(7, "ALG.UNKNOWN", "an unknown rational number", rational_unknown, 2),
}
