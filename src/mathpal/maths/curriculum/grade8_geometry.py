"""Grade 8: angles and areas of quadrilaterals, regular pyramids."""

from random import Random

from mathpal.maths.curriculum.drawing import Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import decimal, grouped
from mathpal.maths.curriculum.grade8_triangles import TRIPLES


def quadrilateral_angles(rng: Random) -> Draft:
    return rng.choice((_fourth_angle, _fourth_angle, _angle_ratio, _special_angle))(rng)


FOURS = ("ABCD", "MNPQ", "EFGH", "DEFG", "HIKL")


def _fourth_angle(rng: Random) -> Draft:
    name = rng.choice(FOURS)
    angles = [rng.randint(50, 130) for _ in range(3)]
    while not 40 <= 360 - sum(angles) < 170:
        angles = [rng.randint(50, 130) for _ in range(3)]
    corners = rng.sample(name, 4)
    known = list(zip(corners, angles, strict=False))
    text = ", ".join(f"góc {corner} = {angle}°" for corner, angle in known)
    question = rng.choice(
        (
            f"Cho tứ giác {name} có {text}. Tính số đo góc {corners[3]}.",
            f"Tứ giác {name} có {text}. Hỏi góc {corners[3]} bằng bao nhiêu độ?",
            f"Biết tứ giác {name} có {text}. Tìm số đo góc còn lại.",
        )
    )
    start = f"Tổng các góc của tứ giác {name} bằng 360° nên:"
    x, y, z = angles
    result, forgotten = 360 - x - y - z, 360 - x - y
    steps = (start, f"góc {corners[3]} = 360° - ({x}° + {y}° + {z}°) = {result}°.")
    slip_steps = (start, f"góc {corners[3]} = 360° - ({x}° + {y}°) = {forgotten}°.")
    slip = Slip("angle_forgotten", f"{forgotten}°", slip_steps)
    return Draft("fourth", (x, y, z), question, steps, f"{result}°", (slip,))


RATIOS = [
    (a, b, c, d)
    for a in range(1, 6)
    for b in range(a, 8)
    for c in range(b, 9)
    for d in range(c, 10)
    if 360 % (a + b + c + d) == 0 and 360 // (a + b + c + d) * d < 170 and a < d
]


def _angle_ratio(rng: Random) -> Draft:
    name, ratio = rng.choice(FOURS), rng.sample(rng.choice(RATIOS), 4)
    parts = sum(ratio)
    asked = rng.randrange(4)
    a, b, c, d = tuple(name)
    x, y, z, t = ratio
    corner, share = name[asked], ratio[asked]
    question = rng.choice(
        (
            f"Tứ giác {name} có các góc {a}, {b}, {c}, {d} tỉ lệ với {x}; {y}; {z}; {t}. "
            f"Tính số đo góc {corner}.",
            f"Số đo các góc {a}, {b}, {c}, {d} của tứ giác {name} lần lượt tỉ lệ với "
            f"{x}, {y}, {z}, {t}. Hỏi góc {corner} bằng bao nhiêu độ?",
        )
    )

    def steps(whole: int, unit: str) -> tuple[str, ...]:
        return (
            f"Tổng các góc của tứ giác bằng {whole}°. Tổng số phần là: {x} + {y} + {z} + {t} = "
            f"{parts}.",
            f"Số đo góc {corner} là: {whole}° : {parts} · {share} = {unit}°.",
        )

    result = 360 // parts * share
    half = decimal(result * 5, 1)
    slip = Slip("sum_of_a_triangle", f"{half}°", steps(180, half))
    numbers = (*ratio, share)
    return Draft("ratio", numbers, question, steps(360, str(result)), f"{result}°", (slip,))


def _special_angle(rng: Random) -> Draft:
    name, angle = rng.choice(FOURS), rng.choice((*range(35, 90), *range(91, 146)))
    shape = rng.choice(("hình bình hành", "hình thoi", "hình thang cân"))
    bases = f" (đáy {name[:2]} và {name[3]}{name[2]})" if shape == "hình thang cân" else ""
    first, second = rng.choice(((name[0], name[3]), (name[1], name[2]), (name[3], name[0])))
    question = rng.choice(
        (
            f"Cho {shape} {name}{bases} có góc {first} = {angle}°. Tính số đo góc {second}.",
            f"Tứ giác {name} là {shape}{bases}, biết góc {first} = {angle}°. "
            f"Hỏi góc {second} bằng bao nhiêu độ?",
        )
    )
    side = "cạnh bên" if bases else "cạnh"
    answer = f"{180 - angle}°"
    steps = (
        f"Trong {shape}, hai góc kề một {side} bù nhau nên góc {first} + góc {second} = 180°.",
        f"Suy ra góc {second} = 180° - {angle}° = {answer}.",
    )
    slip = Slip("taken_as_equal", f"{angle}°", (f"góc {second} = góc {first} = {angle}°.",))
    return Draft(shape, (angle,), question, steps, answer, (slip,))


def quadrilateral_area(rng: Random) -> Draft:
    return rng.choice((_rhombus, _rhombus_side, _trapezium, _trapezium, _square_diagonal))(rng)


def _rhombus(rng: Random) -> Draft:
    p, q, unit = rng.randint(4, 40), rng.randint(4, 40), rng.choice(("cm", "dm", "m"))
    shape = rng.choice(("hình thoi", "tứ giác có hai đường chéo vuông góc"))
    thing = rng.choice((f"Một {shape}", "Một con diều hình thoi", "Một mảnh đất hình thoi"))
    question = rng.choice(
        (
            f"{thing} có độ dài hai đường chéo là {p} {unit} và {q} {unit}. Tính diện tích của nó.",
            f"{thing} có hai đường chéo dài {p} {unit} và {q} {unit}. Hỏi diện tích là bao nhiêu?",
        )
    )
    answer, whole = f"{decimal(p * q * 5, 1)} {unit}²", f"{p * q} {unit}²"
    steps = (f"Diện tích là: 1/2 · {p} · {q} = {decimal(p * q * 5, 1)} ({unit}²).",)
    slip = Slip("half_forgotten", whole, (f"Diện tích là: {p} · {q} = {p * q} ({unit}²).",))
    return Draft("rhombus", (p, q), question, steps, answer, (slip,))


def _rhombus_side(rng: Random) -> Draft:
    p, q, r = rng.choice(TRIPLES)
    unit = rng.choice(("cm", "dm", "m"))
    diagonal = 2 * p
    question = rng.choice(
        (
            f"Hình thoi ABCD có cạnh {r} {unit}, đường chéo AC = {diagonal} {unit}. "
            "Tính diện tích hình thoi.",
            f"Một hình thoi có cạnh dài {r} {unit} và một đường chéo dài {diagonal} {unit}. "
            "Tính diện tích của hình thoi đó.",
        )
    )
    half = (
        f"Nửa đường chéo đã biết dài: {diagonal} : 2 = {p} ({unit}).",
        f"Nửa đường chéo kia dài: √({r}^2 - {p}^2) = √{q * q} = {q} ({unit}).",
    )
    area = 2 * p * q
    answer = f"{area} {unit}²"
    steps = (*half, f"Diện tích hình thoi là: 1/2 · {diagonal} · {2 * q} = {area} ({unit}²).")
    short = f"Diện tích hình thoi là: 1/2 · {diagonal} · {q} = {p * q} ({unit}²)."
    slip = Slip("half_diagonal_taken", f"{p * q} {unit}²", (*half, short))
    return Draft("rhombus_side", (r, diagonal), question, steps, answer, (slip,))


def _trapezium(rng: Random) -> Draft:
    a, b = rng.sample(range(4, 41), 2)
    h, unit = rng.randint(3, 25), rng.choice(("cm", "dm", "m"))
    thing = rng.choice(("Một hình thang", "Một thửa ruộng hình thang", "Một tấm bìa hình thang"))
    question = rng.choice(
        (
            f"{thing} có hai đáy dài {a} {unit} và {b} {unit}, chiều cao {h} {unit}. "
            "Tính diện tích của nó.",
            f"{thing} có đáy lớn {max(a, b)} {unit}, đáy bé {min(a, b)} {unit} và chiều cao "
            f"{h} {unit}. Hỏi diện tích là bao nhiêu?",
        )
    )
    area = decimal((a + b) * h * 5, 1)
    steps = (f"Diện tích hình thang là: ({a} + {b}) · {h} : 2 = {area} ({unit}²).",)
    double = f"{(a + b) * h} {unit}²"
    working = f"Diện tích hình thang là: ({a} + {b}) · {h} = {(a + b) * h} ({unit}²)."
    slip = Slip("half_forgotten", double, (working,))
    return Draft("trapezium", (a, b, h), question, steps, f"{area} {unit}²", (slip,))


def _square_diagonal(rng: Random) -> Draft:
    a, unit = rng.randint(2, 40), rng.choice(("cm", "dm", "m"))
    question = rng.choice(
        (
            f"Một hình vuông có đường chéo dài {a} {unit}. Tính diện tích hình vuông.",
            f"Tính diện tích hình vuông ABCD, biết đường chéo AC = {a} {unit}.",
        )
    )
    area = decimal(a * a * 5, 1)
    steps = (
        f"Hình vuông có hai đường chéo bằng nhau và vuông góc nên diện tích là: "
        f"1/2 · {a}^2 = {area} ({unit}²).",
    )
    slip_steps = (f"Diện tích hình vuông là: {a}^2 = {a * a} ({unit}²).",)
    slip = Slip("diagonal_as_side", f"{a * a} {unit}²", slip_steps)
    return Draft("square", (a,), question, steps, f"{area} {unit}²", (slip,))


def pyramid(rng: Random) -> Draft:
    return rng.choice((_lateral, _lateral, _volume, _volume, _slant))(rng)


def _lateral(rng: Random) -> Draft:
    sides, shape = rng.choice(((3, "tam giác"), (4, "tứ giác")))
    a, d, unit = rng.randint(4, 40), rng.randint(4, 40), rng.choice(("cm", "cm", "dm"))
    thing = rng.choice(
        ("Một hình chóp", "Một hộp quà dạng hình chóp", "Một chiếc đèn dạng hình chóp")
    )
    question = rng.choice(
        (
            f"{thing} {shape} đều có cạnh đáy {a} {unit}, trung đoạn {d} {unit}. "
            "Tính diện tích xung quanh của nó.",
            f"{thing} {shape} đều có độ dài cạnh đáy là {a} {unit} và độ dài trung đoạn là {d} "
            f"{unit}. Hỏi diện tích xung quanh bằng bao nhiêu?",
        )
    )
    area, whole = decimal(sides * a * d * 5, 1), sides * a * d
    start = f"Chu vi đáy là: {sides} · {a} = {sides * a} ({unit})."
    steps = (start, f"Diện tích xung quanh là: 1/2 · {sides * a} · {d} = {area} ({unit}²).")
    slip_steps = (start, f"Diện tích xung quanh là: {sides * a} · {d} = {whole} ({unit}²).")
    slip = Slip("half_forgotten", f"{whole} {unit}²", slip_steps)
    return Draft(f"lateral{sides}", (a, d), question, steps, f"{area} {unit}²", (slip,))


def _volume(rng: Random) -> Draft:
    unit = rng.choice(("cm", "cm", "dm", "m"))
    h = rng.randint(3, 30)
    if rng.random() < 0.6:
        a, shape = rng.randint(2, 30), "tứ giác"
        base, given = a * a, f"cạnh đáy {a} {unit}"
        start: tuple[str, ...] = (f"Diện tích đáy là: {a}^2 = {base} ({unit}²).",)
    else:
        base, shape, start = rng.randint(6, 120), "tam giác", ()
        given = f"diện tích đáy {base} {unit}²"
    if base * h % 3:
        h *= 3
    thing = rng.choice(
        ("Một hình chóp", "Một khối đá dạng hình chóp", "Một lều trại dạng hình chóp")
    )
    question = rng.choice(
        (
            f"{thing} {shape} đều có {given} và chiều cao {h} {unit}. Tính thể tích của nó.",
            f"{thing} {shape} đều có chiều cao {h} {unit}, {given}. Hỏi thể tích là bao nhiêu?",
        )
    )
    volume = grouped(base * h // 3)
    steps = (*start, f"Thể tích là: 1/3 · {base} · {h} = {volume} ({unit}³).")
    whole = grouped(base * h)
    slip_steps = (*start, f"Thể tích là: {base} · {h} = {whole} ({unit}³).")
    slip = Slip("third_forgotten", f"{whole} {unit}³", slip_steps)
    return Draft(f"volume {shape}", (base, h), question, steps, f"{volume} {unit}³", (slip,))


def _slant(rng: Random) -> Draft:
    half, h, d = rng.choice(TRIPLES)
    a, unit = 2 * half, rng.choice(("cm", "dm", "m"))
    question = rng.choice(
        (
            f"Hình chóp tứ giác đều S.ABCD có cạnh đáy {a} {unit}, chiều cao {h} {unit}. "
            "Tính diện tích xung quanh của hình chóp.",
            f"Một mái che dạng hình chóp tứ giác đều có cạnh đáy {a} {unit} và chiều cao {h} "
            f"{unit}. Tính diện tích xung quanh của mái che.",
        )
    )

    def lateral(height: int) -> tuple[str, str]:
        area = 2 * a * height
        text = f"Diện tích xung quanh là: 1/2 · 4 · {a} · {height} = {grouped(area)} ({unit}²)."
        return text, f"{grouped(area)} {unit}²"

    start = f"Độ dài trung đoạn là: √({h}^2 + {half}^2) = √{d * d} = {d} ({unit})."
    end, answer = lateral(d)
    slip_end, slip_answer = lateral(h)
    slip = Slip("height_for_slant", slip_answer, (slip_end,))
    return Draft("slant", (a, h), question, (start, end), answer, (slip,))


KINDS = {
    "quadrilateral_angles": Kind(
        8, "GEO.ANGLE", "an angle of a quadrilateral", quadrilateral_angles
    ),
    "quadrilateral_area": Kind(
        8, "GEO.AREA", "the area of a rhombus, trapezium or square", quadrilateral_area
    ),
    "pyramid": Kind(8, "GEO.SOLID", "lateral area or volume of a regular pyramid", pyramid, 2),
}
