"""Grade 6, geometry: quadrilaterals, symmetric figures, points, segments and angles."""

from collections.abc import Callable
from random import Random

from mathpal.maths.curriculum.drawing import NAMES, Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import decimal, grouped, listed
from mathpal.maths.curriculum.formulas import wrong as differing

LETTERS = ("ABCD", "MNPQ", "EFGH", "HKLM", "PQRS", "DEFG")
LAND = ("mảnh vườn", "thửa ruộng", "mảnh đất", "bồn hoa", "sân chơi")
REGULAR = {
    3: "tam giác đều",
    4: "hình thoi",
    5: "ngũ giác đều",
    6: "lục giác đều",
    8: "bát giác đều",
}


def area_by_formula(rng: Random) -> Draft:
    variant, a, b, c = rng.randrange(3), rng.randint(4, 40), rng.randint(3, 30), rng.randint(2, 30)
    c += c == a
    name, unit = rng.choice(LETTERS), rng.choice(("cm", "dm"))
    if rng.random() < 0.3:
        one, what, unit = "Một ", rng.choice(LAND) + " hình {}", "m"
    else:
        one, what = rng.choice((("", f"hình {{}} {name}"), ("Một ", "miếng bìa hình {}")))
    numbers: tuple[int, ...] = (a, b)
    wrong = [("perimeter_for_area", f"({a} + {b}) · 2", (a + b) * 2)]
    if variant == 0:
        b += a * b % 2
        sizes, numbers = f"độ dài hai đường chéo là {a} {unit} và {b} {unit}", (a, b)
        what, right, result = what.format("thoi"), f"({a} · {b}) : 2", a * b // 2
        wrong = [("half_forgotten", f"{a} · {b}", a * b)]
    elif variant == 1:
        sizes = f"độ dài một cạnh là {a} {unit} và chiều cao ứng với cạnh đó là {b} {unit}"
        what, right, result = what.format("bình hành"), f"{a} · {b}", a * b
        wrong += [("halved", f"({a} · {b}) : 2", a * b // 2)] if a * b % 2 == 0 else []
    else:
        b += (a + c) * b % 2
        numbers = (a, b, c)
        sizes = f"độ dài hai đáy là {a} {unit} và {c} {unit}, chiều cao là {b} {unit}"
        what, right, result = what.format("thang"), f"({a} + {c}) · {b} : 2", (a + c) * b // 2
        wrong = [("half_forgotten", f"({a} + {c}) · {b}", (a + c) * b)]
        wrong.append(("bases_multiplied", f"{a} · {c} · {b}", a * c * b))
    start = one + what if one else f"H{what[1:]}"
    question = rng.choice(
        (
            f"{start} có {sizes}. Tính diện tích của {what}.",
            f"Tính diện tích của {one.lower()}{what}, biết {sizes}.",
            f"Cho {one.lower()}{what} có {sizes}. Hỏi diện tích của {what} là bao nhiêu?",
        )
    )
    asked = f"Diện tích của {what}"
    return _measured(str(variant), numbers, question, asked, f"{unit}²", right, result, wrong)


def _measured(
    variant: str,
    numbers: tuple[int, ...],
    question: str,
    what: str,
    unit: str,
    right: str,
    result: int,
    wrong: list[tuple[str, str, int]],
) -> Draft:
    """Solve by one formula, and show the wrong formulas as slips."""

    def steps(working: str, value: int) -> tuple[str, ...]:
        return (f"{what} là:\n{working} = {grouped(value)} ({unit})",)

    answer = f"{grouped(result)} {unit}"
    slips = differing(
        answer, *(Slip(name, f"{grouped(v)} {unit}", steps(text, v)) for name, text, v in wrong)
    )
    return Draft(variant, numbers, question, steps(right, result), answer, slips)


def polygon_perimeter(rng: Random) -> Draft:
    a, b = rng.randint(3, 60), rng.randint(3, 40)
    b += b == a
    unit, sides = rng.choice(("cm", "dm")), rng.choice((3, 4, 5, 6, 8, 2, 2, 1, 1))
    numbers: tuple[int, ...] = (a,)
    if sides >= 3:
        full, sizes = REGULAR[sides], f"độ dài cạnh là {a} {unit}"
        right, result = f"{sides} · {a}", sides * a
        wrong = [("side_forgotten", f"{sides - 1} · {a}", (sides - 1) * a)]
        wrong.append(("area_for_perimeter", f"{a} · {a}", a * a))
    elif sides == 2:
        full, numbers = f"hình bình hành {rng.choice(LETTERS)}", (a, b)
        sizes = f"độ dài hai cạnh kề nhau là {a} {unit} và {b} {unit}"
        right, result = f"2 · ({a} + {b})", 2 * (a + b)
        wrong = [("half_perimeter", f"{a} + {b}", a + b)]
        wrong.append(("area_for_perimeter", f"{a} · {b}", a * b))
    else:
        long = a + rng.randint(2, 2 * b - 1)
        full, numbers = f"hình thang cân {rng.choice(LETTERS)}", (a, long, b)
        sizes = f"độ dài hai đáy là {a} {unit} và {long} {unit}, mỗi cạnh bên dài {b} {unit}"
        right, result = f"{a} + {long} + 2 · {b}", a + long + 2 * b
        wrong = [("one_leg_forgotten", f"{a} + {long} + {b}", a + long + b)]
    question = rng.choice(
        (
            f"Cho {full} có {sizes}. Tính chu vi của hình đó.",
            f"Tính chu vi {full}, biết {sizes}.",
            f"Một khung dây thép có dạng {full} với {sizes}. Hỏi dây thép làm khung dài bao nhiêu?",
        )
    )
    return _measured(str(sides), numbers, question, f"Chu vi {full}", unit, right, result, wrong)


FIGURES = {
    "tam giác đều": (3, False),
    "hình vuông": (4, True),
    "lục giác đều": (6, True),
    "hình chữ nhật": (2, True),
    "hình thoi": (2, True),
    "hình bình hành (không là hình thoi, hình chữ nhật)": (0, True),
    "hình thang cân (không là hình chữ nhật)": (1, False),
    "ngũ giác đều": (5, False),
    "bát giác đều": (8, True),
}
"""A figure -> its number of axes, and whether it has a centre of symmetry."""


def symmetric_figures(rng: Random) -> Draft:
    figures = rng.sample(list(FIGURES), rng.randint(3, 6))
    variant = rng.choice(("axis", "centre", "axes"))
    shown = listed(figures)
    if variant == "axes":
        figures = figures[:2]
        one, other = figures
        question = rng.choice(
            (
                f"Hỏi {one} và {other} có tất cả bao nhiêu trục đối xứng?",
                f"Tính tổng số trục đối xứng của {one} và {other}.",
                f"Đếm số trục đối xứng của mỗi hình: {one}; {other}. Tổng của chúng là bao nhiêu?",
            )
        )
        counts = [FIGURES[figure][0] for figure in figures]
        lines = [f"Số trục đối xứng của {f}: {n}." for f, n in zip(figures, counts, strict=True)]
        result, unit = sum(counts), "trục đối xứng"
        steps = (*lines, f"Tổng số trục đối xứng là: {counts[0]} + {counts[1]} = {result}")
        less = f"{counts[0]} + {counts[1]} - 1 = {result - 1}"
        shared = (*lines, f"Tổng số trục đối xứng là: {less}")
        slips = [Slip("shared_axis_taken_off", f"{result - 1} {unit}", shared)]
    else:
        what = "trục đối xứng" if variant == "axis" else "tâm đối xứng"
        question = rng.choice(
            (
                f"Trong các hình: {shown}, có bao nhiêu hình có {what}?",
                f"Cho các hình sau: {shown}. Hỏi có mấy hình có {what}?",
                f"Đếm số hình có {what} trong các hình: {shown}.",
            )
        )
        having = [f for f in figures if FIGURES[f][variant == "centre"]]
        others = [f for f in figures if FIGURES[f][variant == "axis"]]
        result, unit = len(having), "hình"
        steps = (_having(what, having), f"Vậy có {result} hình có {what}.")
        wrong = (_having(what, others), f"Vậy có {len(others)} hình có {what}.")
        every = (_having(what, figures), f"Vậy có {len(figures)} hình có {what}.")
        slips = [
            Slip("axis_and_centre_confused", f"{len(others)} hình", wrong),
            Slip("every_figure_counted", f"{len(figures)} hình", every),
        ]
    order = list(FIGURES)
    numbers = tuple(order.index(figure) for figure in figures)
    answer = f"{result} {unit}"
    return Draft(variant, numbers, question, steps, answer, differing(answer, *slips))


def _having(what: str, figures: list[str]) -> str:
    return (
        f"Các hình có {what} là: {'; '.join(figures)}." if figures else f"Không hình nào có {what}."
    )


def midpoint_segments(rng: Random) -> Draft:
    a, b, m = rng.choice(("ABM", "CDI", "MNK", "PQH", "EFO", "XYZ"))
    c = rng.choice("GTUV")
    half, other = rng.randint(3, 60), rng.randint(3, 60)
    part, whole = (decimal(5 * half, 1), decimal(5 * (half + 2 * other), 1))
    rest, middle = decimal(10 * other, 1), decimal(5 * other, 1)
    far = decimal(5 * (half + other), 1)
    variant = rng.choice(("half", "far"))
    asked, result = (f"{c}{m}", middle) if variant == "half" else (f"{a}{m}", far)
    given = (
        f"{a}{b} = {whole} cm và điểm {c} nằm giữa hai điểm {a} và {b} sao cho {a}{c} = {part} cm"
    )
    question = rng.choice(
        (
            f"Cho đoạn thẳng {given}. Gọi {m} là trung điểm của đoạn thẳng {c}{b}. "
            f"Tính độ dài đoạn thẳng {asked}.",
            f"Vẽ đoạn thẳng {given}. Điểm {m} là trung điểm của {c}{b}. "
            f"Hỏi đoạn thẳng {asked} dài bao nhiêu xăng-ti-mét?",
        )
    )
    lines = [
        f"Vì {c} nằm giữa {a} và {b} nên {c}{b} = {a}{b} - {a}{c} = {whole} - {part} = {rest} (cm)",
        f"Vì {m} là trung điểm của {c}{b} nên {c}{m} = {c}{b} : 2 = {rest} : 2 = {middle} (cm)",
    ]
    if variant == "far":
        lines.append(f"{a}{m} = {a}{c} + {c}{m} = {part} + {middle} = {far} (cm)")
        of_whole = decimal(25 * (half + 2 * other), 2)
        wrong = f"{a}{m} = {a}{b} : 2 = {whole} : 2 = {of_whole} (cm)"
        slips = [
            Slip("midpoint_of_the_whole", f"{of_whole} cm", (wrong,)),
            Slip("last_step_forgotten", f"{middle} cm", tuple(lines[:2])),
        ]
    else:
        total, split = decimal(10 * (half + other), 1), decimal(5 * (half + other), 1)
        added = (
            f"{c}{b} = {whole} + {part} = {total} (cm)",
            f"{c}{m} = {total} : 2 = {split} (cm)",
        )
        slips = [
            Slip("parts_added", f"{split} cm", added),
            Slip("not_halved", f"{rest} cm", (lines[0],)),
        ]
    answer = f"{result} cm"
    numbers = (5 * half, 5 * (half + 2 * other))
    return Draft(variant, numbers, question, tuple(lines), answer, differing(answer, *slips))


def lines_through_points(rng: Random) -> Draft:
    points = rng.randint(6, 60)
    aligned = rng.choice((0, *range(3, points - 1))) if rng.random() < 0.9 else 0
    whole, lost = points * (points - 1) // 2, aligned * (aligned - 1) // 2
    result = whole - lost + 1 if aligned else whole
    placed = (
        f"trong đó có đúng {aligned} điểm thẳng hàng, ngoài ra không có ba điểm nào khác thẳng hàng"
        if aligned
        else "trong đó không có ba điểm nào thẳng hàng"
    )
    question = rng.choice(
        (
            f"Cho {points} điểm phân biệt, {placed}. Cứ qua hai điểm ta vẽ một đường thẳng. "
            "Hỏi vẽ được tất cả bao nhiêu đường thẳng?",
            f"Cho {points} điểm phân biệt, {placed}. Có bao nhiêu đường thẳng đi qua ít nhất hai "
            "trong các điểm đã cho?",
        )
    )
    count = (
        "Nếu không có ba điểm nào thẳng hàng thì số đường thẳng là: "
        f"{points} · {points - 1} : 2 = {whole}"
    )
    steps = [count]
    answer = f"{result} đường thẳng"
    double = points * (points - 1)
    twice = f"Số đường thẳng là: {points} · {points - 1} = {double}"
    slips = [Slip("each_line_counted_twice", f"{double} đường thẳng", (twice,))]
    if aligned:
        steps += [
            f"Với {aligned} điểm thẳng hàng, ta đã đếm: {aligned} · {aligned - 1} : 2 = {lost} "
            "(đường thẳng), nhưng thực ra chỉ có 1 đường thẳng.",
            f"Số đường thẳng vẽ được là: {whole} - {lost} + 1 = {result}",
        ]
        line = f"Số đường thẳng vẽ được là: {whole} - {lost} = {whole - lost}"
        slips += [
            Slip("common_line_forgotten", f"{whole - lost} đường thẳng", (*steps[:2], line)),
            Slip("alignment_ignored", f"{whole} đường thẳng", (count,)),
        ]
    numbers = (points, aligned)
    return Draft("", numbers, question, tuple(steps), answer, differing(answer, *slips))


ANGLES: dict[str, Callable[[int], bool]] = {
    "nhọn": lambda size: size < 90,
    "vuông": lambda size: size == 90,
    "tù": lambda size: 90 < size < 180,
}


def angle_types(rng: Random) -> Draft:
    sizes = rng.sample(range(10, 179), rng.randint(4, 7))
    sizes[0], sizes[1] = rng.choice(((90, 180), (90, sizes[1]), (sizes[0], sizes[1])))
    rng.shuffle(sizes)
    asked = rng.choice(("nhọn", "tù"))
    shown = listed([f"{size}°" for size in sizes])
    question = rng.choice(
        (
            f"Trong các góc có số đo {shown}, có bao nhiêu góc {asked}?",
            f"Cho các góc có số đo lần lượt là {shown}. Hỏi có mấy góc {asked}?",
            f"Bạn {rng.choice(NAMES)} đo các góc và được {shown}. Đếm số góc {asked}.",
        )
    )
    rule = {
        "nhọn": "Góc nhọn có số đo lớn hơn 0° và nhỏ hơn 90°.",
        "tù": "Góc tù có số đo lớn hơn 90° và nhỏ hơn 180°.",
    }[asked]

    def steps(chosen: list[int]) -> tuple[str, ...]:
        named = "; ".join(f"{size}°" for size in chosen) or "không có"
        return rule, f"Các góc {asked}: {named}.", f"Vậy có {len(chosen)} góc {asked}."

    right = [size for size in sizes if ANGLES[asked](size)]
    other = [size for size in sizes if ANGLES["tù" if asked == "nhọn" else "nhọn"](size)]
    edge = [size for size in sizes if size in right or size == (90 if asked == "nhọn" else 180)]
    answer = f"{len(right)} góc"
    slips = differing(
        answer,
        Slip("types_confused", f"{len(other)} góc", steps(other)),
        Slip("boundary_counted", f"{len(edge)} góc", steps(edge)),
    )
    return Draft(asked, tuple(sizes), question, steps(right), answer, slips)


def garden_left(rng: Random) -> Draft:
    long, wide = rng.randint(12, 40), rng.randint(8, 30)
    long, wide = max(long, wide), min(long, wide)
    bed, variant = rng.randint(3, wide - 4), rng.choice(("thoi", "bình hành"))
    other = rng.randrange(4, long - 2, 2)
    price = rng.randrange(20, 125, 5) * 1000
    whole = long * wide
    sizes = (
        f"độ dài hai đường chéo là {bed} m và {other} m"
        if variant == "thoi"
        else f"độ dài một cạnh là {other} m và chiều cao tương ứng là {bed} m"
    )
    place = rng.choice(("Một khu vườn", "Một công viên nhỏ", "Một mảnh đất"))
    question = (
        f"{place} hình chữ nhật có chiều dài {long} m, chiều rộng {wide} m. Ở giữa người ta làm "
        f"một bồn hoa hình {variant} có {sizes}. Phần còn lại trồng cỏ, giá mỗi mét vuông cỏ là "
        f"{grouped(price)} đồng. "
    ) + rng.choice(("Tính số tiền mua cỏ.", "Hỏi cần bao nhiêu tiền để mua cỏ?"))
    outside = f"Diện tích hình chữ nhật là:\n{long} · {wide} = {whole} (m²)"

    def solved(working: str, area: int) -> tuple[str, tuple[str, ...]]:
        rest = whole - area
        cost = grouped(rest * price)
        return f"{cost} đồng", (
            outside,
            f"Diện tích bồn hoa là:\n{working} = {area} (m²)",
            f"Diện tích trồng cỏ là:\n{whole} - {area} = {rest} (m²)",
            f"Số tiền mua cỏ là:\n{rest} · {grouped(price)} = {cost} (đồng)",
        )

    half, full = (f"{bed} · {other} : 2", bed * other // 2), (f"{bed} · {other}", bed * other)
    answer, steps = solved(*(half if variant == "thoi" else full))
    wrong = solved(*(full if variant == "thoi" else half))
    all_cost = grouped(whole * price)
    line = f"Số tiền mua cỏ là:\n{whole} · {grouped(price)} = {all_cost} (đồng)"
    slips = differing(
        answer,
        Slip("half_forgotten" if variant == "thoi" else "halved", *wrong),
        Slip("bed_ignored", f"{all_cost} đồng", (outside, line)),
    )
    return Draft(variant, (long, wide, bed, other, price), question, steps, answer, slips)


KINDS = {
    "area_by_formula": Kind(
        6, "GEO.AREA", "the area of a rhombus, parallelogram or trapezium", area_by_formula
    ),
    "polygon_perimeter": Kind(
        6, "GEO.LENGTH", "the perimeter of a quadrilateral or a regular polygon", polygon_perimeter
    ),
    "symmetric_figures": Kind(
        6, "GEO.AREA", "axes and centres of symmetry of plane figures", symmetric_figures
    ),
    "midpoint_segments": Kind(
        6, "GEO.LENGTH", "lengths on a segment with a midpoint", midpoint_segments, 2
    ),
    "lines_through_points": Kind(
        6, "GEO.LENGTH", "how many lines join some points", lines_through_points, 3
    ),
    "angle_types": Kind(6, "GEO.ANGLE", "acute and obtuse angles counted", angle_types),
    "garden_left": Kind(6, "GEO.AREA", "the cost of the grass around a bed", garden_left, 3),
}
