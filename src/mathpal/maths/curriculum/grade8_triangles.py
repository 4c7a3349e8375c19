"""Grade 8: Pythagoras, Thales, similar triangles."""

from fractions import Fraction
from random import Random

from mathpal.maths.curriculum.drawing import Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import decimal, root, wrong

PRIMITIVES = ((3, 4, 5), (5, 12, 13), (8, 15, 17), (7, 24, 25), (20, 21, 29), (9, 40, 41))
TRIPLES = [
    (legs[0] * k, legs[1] * k, hypotenuse * k)
    for p, q, hypotenuse in PRIMITIVES
    for k in range(1, 13)
    if hypotenuse * k <= 120
    for legs in ((p, q), (q, p))
]
TRIANGLES = ("ABC", "DEF", "MNP", "HIK", "PQR")


def pythagoras(rng: Random) -> Draft:
    return rng.choice((_right_triangle, _right_triangle, _right_triangle, _everyday))(rng)


def _right_triangle(rng: Random) -> Draft:
    vertices, unit = rng.choice(TRIANGLES), rng.choice(("cm", "cm", "dm", "m"))
    a, b, c = tuple(vertices)
    if rng.random() < 0.5:
        p, q, hypotenuse = rng.choice(TRIPLES)
        squared = hypotenuse**2
    else:
        p, q = rng.randint(1, 15), rng.randint(1, 15)
        squared = p * p + q * q
    long = root(squared)
    if rng.random() < 0.5:
        given, asked, op = (f"{a}{b} = {p} {unit}", f"{a}{c} = {q} {unit}"), f"{b}{c}", "+"
        result, other, plain = squared, abs(p * p - q * q), f"{p}^2 + {q}^2"
        sides, slip = (p, q), "squares_subtracted"
    else:
        given, asked, op = (f"{b}{c} = {long} {unit}", f"{a}{b} = {p} {unit}"), f"{a}{c}", "-"
        first = long if long.isdigit() else f"({long})"
        result, other, plain = q * q, squared + p * p, f"{first}^2 - {p}^2"
        sides, slip = (squared, p), "squares_added"
    x, y = given if rng.random() < 0.5 else given[::-1]
    question = rng.choice(
        (
            f"Cho tam giác {vertices} vuông tại {a} có {x}, {y}. Tính độ dài {asked}.",
            f"Tam giác {vertices} vuông tại {a}, biết {x} và {y}. Tính {asked}.",
            f"Một tam giác {vertices} vuông tại {a} có {x} và {y}. Hỏi cạnh {asked} dài bao nhiêu?",
        )
    )
    one, two = (f"{a}{b}", f"{a}{c}") if op == "+" else (f"{b}{c}", f"{a}{b}")

    def steps(op: str, plain: str, squared: int) -> tuple[str, ...]:
        return (
            f"Áp dụng định lí Pythagore cho tam giác {vertices} vuông tại {a}, ta có:",
            f"{asked}^2 = {one}^2 {op} {two}^2 = {plain} = {squared}",
            f"Suy ra {asked} = √{squared}"
            + f" = {root(squared)}" * (root(squared) != f"√{squared}")
            + f" ({unit}).",
        )

    answer = f"{root(result)} {unit}"
    slips = [
        Slip(
            "root_forgotten",
            f"{result} {unit}",
            (*steps(op, plain, result)[:2], f"Suy ra {asked} = {result} ({unit})."),
        )
    ]
    if other:
        turned = "-" if op == "+" else "+"
        text = plain.replace(op, turned) if op == "-" or p > q else f"{q}^2 - {p}^2"
        slips.append(Slip(slip, f"{root(other)} {unit}", steps(turned, text, other)))
    variant = "hypotenuse" if op == "+" else "leg"
    return Draft(variant, sides, question, steps(op, plain, result), answer, wrong(answer, *slips))


def _everyday(rng: Random) -> Draft:
    p, q, r = rng.choice(TRIPLES)
    kind = rng.choice(("ladder", "diagonal", "walk"))
    if kind == "ladder":
        question = rng.choice(
            (
                f"Một chiếc thang dài {decimal(r, 1)} m dựa vào tường, chân thang cách tường "
                f"{decimal(p, 1)} m. Hỏi đầu thang ở độ cao bao nhiêu mét so với mặt đất?",
                f"Một sợi dây cáp dài {decimal(r, 1)} m căng từ đỉnh một cột thẳng đứng xuống "
                f"mặt đất, cách chân cột {decimal(p, 1)} m. Tính chiều cao của cột.",
            )
        )
        what, sides, op, result = "Chiều cao cần tìm", (r, p), "-", q
    elif kind == "diagonal":
        question = rng.choice(
            (
                f"Một mảnh vườn hình chữ nhật dài {decimal(max(p, q), 1)} m, rộng "
                f"{decimal(min(p, q), 1)} m. Tính độ dài đường chéo của mảnh vườn.",
                f"Một tấm gỗ hình chữ nhật có hai kích thước {decimal(p, 1)} m và "
                f"{decimal(q, 1)} m. Tính độ dài thanh nẹp đặt theo đường chéo của tấm gỗ.",
            )
        )
        what, sides, op, result = "Độ dài đường chéo", (p, q), "+", r
    else:
        question = (
            f"Một con tàu đi {decimal(p, 1)} km về hướng đông rồi đi tiếp {decimal(q, 1)} km về "
            "hướng bắc. Hỏi lúc đó tàu cách điểm xuất phát bao nhiêu ki-lô-mét (theo đường thẳng)?"
        )
        what, sides, op, result = "Khoảng cách cần tìm", (p, q), "+", r
    unit = "km" if kind == "walk" else "m"
    one, two = (decimal(side, 1) for side in sides)
    answer = f"{decimal(result, 1)} {unit}"
    square = decimal(result**2, 2)
    steps = (
        f"Áp dụng định lí Pythagore, bình phương của {what.lower()} là:",
        f"{one}^2 {op} {two}^2 = {square}.",
        f"{what} là: √({square}) = {answer}.".replace(f"√({square})", f"√{square}"),
    )
    if op == "+":
        slip_answer = f"{decimal(p + q, 1)} {unit}"
        slip = Slip("sides_added", slip_answer, (f"{what} là: {one} + {two} = {slip_answer}.",))
    else:
        slip_answer = f"{decimal(r - p, 1)} {unit}"
        slip = Slip(
            "sides_subtracted", slip_answer, (f"{what} là: {one} - {two} = {slip_answer}.",)
        )
    return Draft(kind, sides, question, steps, answer, wrong(answer, slip))


def thales(rng: Random) -> Draft:
    return rng.choice((_cut_side, _cut_side, _parallel_length, _bisector))(rng)


def _cut_side(rng: Random) -> Draft:
    vertices = rng.choice(TRIANGLES)
    a, b, c = tuple(vertices)
    d, e = rng.choice((("D", "E"), ("M", "N"), ("K", "L")))
    while d in vertices or e in vertices:
        d, e = rng.choice((("D", "E"), ("M", "N"), ("K", "L"), ("U", "V")))
    p, q = rng.sample(range(1, 10), 2)
    k, m = rng.randint(1, 4), rng.randint(1, 12)
    ad, db, ae, ec = p * k, q * k, decimal(p * m * 5, 1), decimal(q * m * 5, 1)
    length = Fraction(p * m, 2)
    question = rng.choice(
        (
            f"Cho tam giác {vertices}, điểm {d} thuộc cạnh {a}{b}, điểm {e} thuộc cạnh {a}{c} "
            f"sao cho {d}{e} // {b}{c}. Biết {a}{d} = {ad} cm, {d}{b} = {db} cm, {a}{e} = {ae} cm. "
            f"Tính độ dài {e}{c}.",
            f"Tam giác {vertices} có {d} trên cạnh {a}{b} và {e} trên cạnh {a}{c}, {d}{e} song "
            f"song với {b}{c}. Tính {e}{c}, biết {a}{d} = {ad} cm; {d}{b} = {db} cm; {a}{e} = "
            f"{ae} cm.",
        )
    )
    start = f"Vì {d}{e} // {b}{c} nên theo định lí Thalès: {a}{d}/{d}{b} = {a}{e}/{e}{c}."
    answer = f"{ec} cm"
    steps = (start, f"Suy ra {e}{c} = {d}{b} · {a}{e} : {a}{d} = {db} · {ae} : {ad} = {ec} (cm).")
    slips = []
    turned = length * p / q
    if 10 % turned.denominator == 0:
        text = decimal(int(turned * 10), 1)
        working = f"Suy ra {e}{c} = {a}{d} · {a}{e} : {d}{b} = {ad} · {ae} : {db} = {text} (cm)."
        slips.append(Slip("ratio_turned_over", f"{text} cm", (working,)))
    added = length + (db - ad)
    if added > 0:
        text = decimal(int(added * 10), 1)
        working = f"{d}{b} - {a}{d} = {db - ad} nên {e}{c} = {ae} {'+' if db > ad else '-'} "
        working += f"{abs(db - ad)} = {text} (cm)."
        slips.append(Slip("difference_for_ratio", f"{text} cm", (working,)))
    return Draft("cut", (ad, db, p * m * 5), question, steps, answer, wrong(answer, *slips))


def _parallel_length(rng: Random) -> Draft:
    a, b, c = tuple(rng.choice(("ABC", "PQR", "HIK")))
    p, q = rng.randint(1, 6), rng.randint(1, 6)
    k, m = rng.randint(1, 4), rng.randint(1, 8)
    ad, db, de, bc = p * k, q * k, p * m, (p + q) * m
    question = rng.choice(
        (
            f"Cho tam giác {a}{b}{c} có M thuộc {a}{b}, N thuộc {a}{c} và MN // {b}{c}. Biết "
            f"{a}M = {ad} cm, M{b} = {db} cm, MN = {de} cm. Tính {b}{c}.",
            f"Đường thẳng song song với cạnh {b}{c} của tam giác {a}{b}{c} cắt {a}{b}, {a}{c} "
            f"lần lượt tại M, N. Tính độ dài {b}{c}, biết {a}M = {ad} cm, M{b} = {db} cm và MN = "
            f"{de} cm.",
        )
    )
    answer = f"{bc} cm"
    steps = (
        f"Ta có {a}{b} = {a}M + M{b} = {ad} + {db} = {ad + db} (cm).",
        f"Vì MN // {b}{c} nên MN/{b}{c} = {a}M/{a}{b}.",
        f"Suy ra {b}{c} = MN · {a}{b} : {a}M = {de} · {ad + db} : {ad} = {bc} (cm).",
    )
    text = f"{q * m} cm"
    slip_steps = (
        f"Vì MN // {b}{c} nên MN/{b}{c} = {a}M/M{b}.",
        f"Suy ra {b}{c} = {de} · {db} : {ad} = {q * m} (cm).",
    )
    slip = Slip("part_for_the_whole_side", text, slip_steps)
    return Draft("parallel", (ad, db, de), question, steps, answer, wrong(answer, slip))


BISECTED = [
    (p * k, q * k, p * m, q * m)
    for p in range(2, 9)
    for q in range(2, 9)
    for k in range(1, 6)
    for m in range(1, 6)
    if p != q and p * k + q * k > (p + q) * m > abs(p * k - q * k)
]


def _bisector(rng: Random) -> Draft:
    ab, ac, bd, dc = rng.choice(BISECTED)
    a, b, c = tuple(rng.choice(("ABC", "PQR", "HIK")))
    question = rng.choice(
        (
            f"Tam giác {a}{b}{c} có {a}{b} = {ab} cm, {a}{c} = {ac} cm, đường phân giác {a}D "
            f"(D thuộc {b}{c}). Biết {b}D = {bd} cm, tính D{c}.",
            f"Cho tam giác {a}{b}{c} với {a}{b} = {ab} cm và {a}{c} = {ac} cm. Tia phân giác của "
            f"góc {a} cắt {b}{c} tại D, {b}D = {bd} cm. Tính độ dài D{c}.",
        )
    )
    answer = f"{dc} cm"
    steps = (
        f"Vì {a}D là đường phân giác của góc {a} nên D{b}/D{c} = {a}{b}/{a}{c}.",
        f"Suy ra D{c} = {bd} · {ac} : {ab} = {dc} (cm).",
    )
    slip_steps = (f"Vì {a}D là đường phân giác nên D{c} = D{b} = {bd} (cm).",)
    slip = Slip("taken_as_median", f"{bd} cm", slip_steps)
    return Draft("bisector", (ab, ac, bd), question, steps, answer, (slip,))


def similar_triangles(rng: Random) -> Draft:
    return rng.choice((_shadow, _similar_measure, _similar_measure))(rng)


def _shadow(rng: Random) -> Draft:
    pole, ratio = rng.choice((10, 12, 15, 16, 20, 24)), rng.randint(3, 12)
    shade = rng.choice([n for n in range(6, 36) if n != pole])
    what = rng.choice(("cây bàng", "cột cờ", "ngôi nhà", "tháp nước", "cột điện"))
    low, low_shade = decimal(pole, 1), decimal(shade, 1)
    high, high_shade = decimal(pole * ratio, 1), decimal(shade * ratio, 1)
    question = rng.choice(
        (
            f"Cùng một lúc, một cọc cao {low} m có bóng trên mặt đất dài {low_shade} m, còn một "
            f"{what} có bóng dài {high_shade} m. Tính chiều cao của {what}.",
            f"Bóng của một {what} trên mặt đất dài {high_shade} m. Cùng thời điểm đó, một chiếc "
            f"cọc cao {low} m cắm thẳng đứng có bóng dài {low_shade} m. Hỏi {what} cao bao nhiêu "
            "mét?",
        )
    )
    start = "Vì các tia nắng song song nên hai tam giác vuông tạo bởi vật và bóng đồng dạng."
    working = f"Chiều cao của {what} là: {low} · {high_shade} : {low_shade} = {high} (m)."
    shift = decimal(pole + shade * ratio - shade, 1)
    slip_working = f"Chiều cao của {what} là: {low} + ({high_shade} - {low_shade}) = {shift} (m)."
    slip = Slip("difference_for_ratio", f"{shift} m", (slip_working,))
    answer = f"{high} m"
    return Draft(
        "shadow", (pole, shade, ratio), question, (start, working), answer, wrong(answer, slip)
    )


def _similar_measure(rng: Random) -> Draft:
    one, other = rng.sample(TRIANGLES, 2)
    p, q = rng.sample(range(1, 7), 2)
    ratio = Fraction(p, q)
    p, q = ratio.numerator, ratio.denominator
    measure, power = rng.choice((("chu vi", 1), ("diện tích", 2)))
    base = q**power * rng.randint(2, 20)
    result = base * p**power // q**power
    unit = "cm" if power == 1 else "cm²"
    question = rng.choice(
        (
            f"Tam giác {one} đồng dạng với tam giác {other} theo tỉ số đồng dạng {ratio}. Biết "
            f"{measure} tam giác {other} bằng {base} {unit}, tính {measure} tam giác {one}.",
            f"Cho Δ{one} ∽ Δ{other} với tỉ số {ratio}, {measure} tam giác {other} là {base} "
            f"{unit}. Tính {measure} tam giác {one}.",
            f"Biết tam giác {one} đồng dạng với tam giác {other} với tỉ số k = {ratio} và "
            f"{measure} của tam giác {other} là {base} {unit}. Hỏi {measure} của tam giác {one} "
            "là bao nhiêu?",
        )
    )
    power_text = "^2" if power == 2 else ""
    shown = f"({ratio}){power_text}" if q > 1 or power == 2 else str(ratio)
    start = "Tỉ số " + (
        "chu vi bằng tỉ số đồng dạng."
        if power == 1
        else "diện tích bằng bình phương tỉ số đồng dạng."
    )
    first = measure[0].upper() + measure[1:]
    steps = (start, f"{first} tam giác {one} là: {base} · {shown} = {result} ({unit}).")
    answer = f"{result} {unit}"
    slips = []
    other_result = Fraction(base * q, p) if power == 1 else Fraction(base * p, q)
    if other_result.denominator == 1:
        text = f"{base} : ({ratio})" if power == 1 else f"{base} · {ratio}"
        working = f"{first} tam giác {one} là: {text} = {other_result} ({unit})."
        name = "ratio_turned_over" if power == 1 else "ratio_not_squared"
        slips.append(Slip(name, f"{other_result} {unit}", (working,)))
    numbers = (p, q, base)
    return Draft(measure, numbers, question, steps, answer, wrong(answer, *slips))


KINDS = {
    "pythagoras": Kind(8, "GEO.TRIANGLE", "a side of a right triangle", pythagoras),
    "thales": Kind(8, "GEO.TRIANGLE", "a length by Thales or a bisector", thales, 2),
    "similar_triangles": Kind(
        8, "GEO.TRIANGLE", "a height, perimeter or area by similar triangles", similar_triangles, 2
    ),
}
