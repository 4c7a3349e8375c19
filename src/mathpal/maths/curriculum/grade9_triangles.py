"""Grade 9: trigonometric ratios of acute angles, right triangles, heights."""

from fractions import Fraction
from math import gcd
from random import Random

from mathpal.maths.curriculum.drawing import Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import decimal, over, polynomial, wrong
from mathpal.maths.curriculum.grade8_triangles import TRIANGLES, TRIPLES

SPECIAL = {  # value: numerator and surd over a denominator
    "sin 30°": (1, 1, 2),
    "cos 30°": (1, 3, 2),
    "tan 30°": (1, 3, 3),
    "cot 30°": (1, 3, 1),
    "sin 45°": (1, 2, 2),
    "cos 45°": (1, 2, 2),
    "tan 45°": (1, 1, 1),
    "cot 45°": (1, 1, 1),
    "sin 60°": (1, 3, 2),
    "cos 60°": (1, 1, 2),
    "tan 60°": (1, 3, 1),
    "cot 60°": (1, 3, 3),
}
CONFUSED = {"sin": "cos", "cos": "sin", "tan": "cot", "cot": "tan"}


def trig_values(rng: Random) -> Draft:
    terms = rng.sample(list(SPECIAL), rng.choice((2, 3)))
    factors = [rng.choice((-1, 1)) * rng.randint(1, 6) for _ in terms]
    factors[0] = abs(factors[0])
    expression = polynomial(*zip(factors, terms, strict=True))
    question = rng.choice(
        (
            f"Tính giá trị của biểu thức {expression}.",
            f"Không dùng máy tính cầm tay, tính {expression}.",
            f"Tính: {expression}.",
            f"Dùng bảng giá trị lượng giác của các góc đặc biệt, tính {expression}.",
        )
    )

    def steps(read: list[str]) -> tuple[tuple[str, ...], str]:
        result = _sum_text(factors, [SPECIAL[term] for term in read])
        known = "; ".join(
            f"{t} = {over(_surd_text(1, SPECIAL[r][1]), SPECIAL[r][2])}"
            for t, r in zip(terms, read, strict=True)
        )
        return (f"Ta có: {known}.", f"Suy ra {expression} = {result}."), result

    right, answer = steps(terms)
    swapped = [CONFUSED[term[:3]] + term[3:] for term in terms]
    slip_steps, slip_answer = steps(swapped)
    numbers = (*factors, *(list(SPECIAL).index(term) for term in terms))
    slips = wrong(answer, Slip("ratios_confused", slip_answer, slip_steps))
    return Draft("", numbers, question, right, answer, slips)


def _surd_text(factor: int, inside: int) -> str:
    return str(factor) if inside == 1 else polynomial((factor, f"√{inside}"))


def _sum_text(factors: list[int], values: list[tuple[int, int, int]]) -> str:
    """Write a sum of multiples of special values with one fraction for each surd."""
    sums = {1: Fraction(0), 2: Fraction(0), 3: Fraction(0)}
    for factor, (_, inside, bottom) in zip(factors, values, strict=True):
        sums[inside] += Fraction(factor, bottom)
    text = ""
    for inside, value in sums.items():
        if value:
            body = over(_surd_text(abs(value.numerator), inside), value.denominator)
            sign = "-" if value < 0 else "+"
            text = f"{text} {sign} {body}" if text else sign.strip("+") + body
    return text or "0"


def trig_ratios(rng: Random) -> Draft:
    vertices = rng.choice(TRIANGLES)
    a, b, c = tuple(vertices)
    p, q, r = rng.choice(TRIPLES)
    unit, ratio = rng.choice(("cm", "dm", "m")), rng.choice(("sin", "cos", "tan", "cot"))
    at, opposite, adjacent = rng.choice(((b, q, p), (c, p, q)))
    sides = {f"{a}{b}": p, f"{a}{c}": q, f"{b}{c}": r}
    known = rng.sample(list(sides), 2)
    given = ", ".join(f"{side} = {sides[side]} {unit}" for side in known)
    question = rng.choice(
        (
            f"Cho tam giác {vertices} vuông tại {a} có {given}. Tính {ratio} {at}.",
            f"Tam giác {vertices} vuông tại {a}, biết {given}. Tính tỉ số lượng giác {ratio} {at}.",
            f"Cho tam giác {vertices} vuông tại {a}, {given}. Tìm giá trị của {ratio} {at}.",
        )
    )
    missing = next(side for side in sides if side not in known)
    one, other = known
    if missing == f"{b}{c}":
        working = f"√({sides[one]}^2 + {sides[other]}^2)"
    else:
        leg = one if one != f"{b}{c}" else other
        working = f"√({r}^2 - {sides[leg]}^2)"
    start = f"Theo định lí Pythagore: {missing} = {working} = {sides[missing]} ({unit})."
    names = {value: side for side, value in sides.items()}

    def value(ratio: str) -> tuple[int, int]:
        table = {"sin": (opposite, r), "cos": (adjacent, r), "tan": (opposite, adjacent)}
        return table.get(ratio, (adjacent, opposite))

    def steps(of: str) -> tuple[tuple[str, ...], str]:
        top, bottom = value(of)
        result = f"{ratio} {at} = {Fraction(top, bottom)}"
        plain = f"{top}/{bottom}"
        end = "" if gcd(top, bottom) == 1 else f" = {Fraction(top, bottom)}"
        return (start, f"{ratio} {at} = {names[top]}/{names[bottom]} = {plain}{end}."), result

    right, answer = steps(ratio)
    slip_steps, slip_answer = steps(CONFUSED[ratio])
    numbers = (p, q, r, *(sides[side] for side in known))
    slip = Slip("opposite_for_adjacent", slip_answer, slip_steps)
    return Draft(ratio + str(opposite == p), numbers, question, right, answer, wrong(answer, slip))


def right_triangle_side(rng: Random) -> Draft:
    return rng.choice((_special_side, _special_side, _height))(rng)


def _special_side(rng: Random) -> Draft:
    vertices = rng.choice(TRIANGLES)
    a, b, c = tuple(vertices)
    angle, length = rng.choice((30, 45, 60)), rng.randint(2, 60)
    unit = rng.choice(("cm", "dm", "m"))
    opposite, adjacent, hypotenuse = f"{a}{c}", f"{a}{b}", f"{b}{c}"
    given, asked, ratio = rng.choice(
        (
            (hypotenuse, opposite, "sin"),
            (hypotenuse, adjacent, "cos"),
            (adjacent, opposite, "tan"),
            (opposite, adjacent, "cot"),
        )
    )
    question = rng.choice(
        (
            f"Cho tam giác {vertices} vuông tại {a} có góc {b} = {angle}°, {given} = {length} "
            f"{unit}. Tính độ dài {asked}.",
            f"Tam giác {vertices} vuông tại {a}, góc {b} = {angle}° và {given} = {length} {unit}. "
            f"Tính {asked} (kết quả để dạng căn thức nếu có).",
            f"Tính cạnh {asked} của tam giác {vertices} vuông tại {a}, biết góc {b} = {angle}° và "
            f"{given} = {length} {unit}.",
        )
    )

    def steps(of: str) -> tuple[tuple[str, ...], str]:
        _, inside, bottom = SPECIAL[f"{of} {angle}°"]
        value = Fraction(length, bottom)
        result = over(_surd_text(value.numerator, inside), value.denominator)
        factor = over(_surd_text(1, inside), bottom)
        text = f"{asked} = {given} · {of} {angle}° = {length} · {factor} = {result} ({unit})."
        return (f"Xét tam giác {vertices} vuông tại {a}, ta có:", text), f"{result} {unit}"

    right, answer = steps(ratio)
    slip_steps, slip_answer = steps(CONFUSED[ratio])
    slip = Slip("ratios_confused", slip_answer, slip_steps)
    numbers = (angle, length)
    return Draft(f"side {ratio}", numbers, question, right, answer, wrong(answer, slip))


TANGENTS = {  # degrees -> hundredths of the tangent
    20: 36,
    25: 47,
    28: 53,
    32: 62,
    35: 70,
    38: 78,
    40: 84,
    42: 90,
    48: 111,
    50: 119,
    52: 128,
    55: 143,
    58: 160,
    62: 188,
    65: 214,
}


def _height(rng: Random) -> Draft:
    angle, distance = rng.choice(list(TANGENTS)), rng.randint(5, 60)
    tangent, eye = TANGENTS[angle], rng.choice((0, 0, 15, 16, 17))
    what = rng.choice(("cái cây", "toà tháp", "cột cờ", "ngôi nhà", "cột ăng-ten"))
    near = decimal(tangent, 2)
    hint = f"(lấy tan {angle}° ≈ {near})"
    if eye:
        question = rng.choice(
            (
                f"Một người có mắt cách mặt đất {decimal(eye, 1)} m đứng cách {what} {distance} "
                f"m và nhìn thấy đỉnh {what} với góc nâng {angle}°. Tính chiều cao của {what} "
                f"{hint}.",
                f"Từ vị trí cách {what} {distance} m, một học sinh đặt giác kế cao "
                f"{decimal(eye, 1)} m và đo được góc nâng đến đỉnh {what} là {angle}°. Hỏi "
                f"{what} cao bao nhiêu mét {hint}?",
            )
        )
    else:
        question = rng.choice(
            (
                f"Tia nắng tạo với mặt đất một góc {angle}°, khi đó bóng của {what} trên mặt đất "
                f"dài {distance} m. Tính chiều cao của {what} {hint}.",
                f"Bóng của {what} trên mặt đất dài {distance} m khi tia nắng tạo với mặt đất góc "
                f"{angle}°. Hỏi {what} cao bao nhiêu mét {hint}?",
            )
        )
    rise = distance * tangent
    risen = f"{distance} · tan {angle}° ≈ {distance} · {near} = {decimal(rise, 2)}"
    answer = f"{decimal(rise + 10 * eye, 2)} m"
    if not eye:
        steps: tuple[str, ...] = (f"Chiều cao của {what} là: {risen} (m).",)
        slip = Slip(
            "ratio_left_out", f"{distance} m", (f"Chiều cao bằng độ dài bóng: {distance} (m).",)
        )
        slips = (slip,)
    else:
        start = f"Độ cao của đỉnh so với tầm mắt là: {risen} (m)."
        steps = (
            start,
            f"Chiều cao của {what} là: {decimal(rise, 2)} + {decimal(eye, 1)} = "
            f"{decimal(rise + 10 * eye, 2)} (m).",
        )
        slips = (Slip("eye_height_forgotten", f"{decimal(rise, 2)} m", (start,)),)
    return Draft("height", (angle, distance, eye), question, steps, answer, slips)


KINDS = {
    "trig_values": Kind(9, "GEO.TRIANGLE", "a sum of ratios of special angles", trig_values),
    "trig_ratios": Kind(9, "GEO.TRIANGLE", "a ratio from two sides", trig_ratios),
    "right_triangle_side": Kind(
        9, "GEO.TRIANGLE", "a side or a height from an angle", right_triangle_side, 2
    ),
}
