"""Grade 4: fractions reduced, compared, added, multiplied, divided, and what is left of a whole."""

from fractions import Fraction
from math import gcd, lcm
from random import Random

from mathpal.maths.curriculum.drawing import NAMES, Draft, Kind, Slip


def proper(rng: Random, largest: int) -> tuple[int, int]:
    """Draw the parts of an irreducible fraction below 1."""
    bottom = rng.randint(2, largest)
    top = rng.randint(1, bottom - 1)
    common = gcd(top, bottom)
    return top // common, bottom // common


def reduce_fraction(rng: Random) -> Draft:
    a, b = proper(rng, 15)
    k = rng.randint(2, 12)
    top, bottom = a * k, b * k
    shown, name = f"{top}/{bottom}", rng.choice(NAMES)
    question = rng.choice(
        (
            f"Rút gọn phân số {shown}.",
            f"Viết phân số {shown} thành phân số tối giản.",
            f"{name} rút gọn phân số {shown}. Hỏi {name} được phân số tối giản nào?",
            f"Phân số tối giản bằng phân số {shown} là phân số nào?",
        )
    )
    steps = (f"{shown} = ({top} : {k})/({bottom} : {k}) = {a}/{b}",)
    slips: tuple[Slip, ...] = (
        Slip("top_only", f"{a}/{bottom}", (f"{shown} = ({top} : {k})/{bottom} = {a}/{bottom}",)),
        Slip("bottom_only", f"{top}/{b}", (f"{shown} = {top}/({bottom} : {k}) = {top}/{b}",)),
    )
    if a > 1:
        slips += (Slip("taken_away", f"{top - k}/{bottom - k}"),)
    return Draft("", (top, bottom), question, steps, f"{a}/{b}", slips)


def compare_fractions(rng: Random) -> Draft:
    (a, b), (c, d) = proper(rng, 12), proper(rng, 12)
    while a * d == b * c:
        c, d = proper(rng, 12)
    one, other = f"{a}/{b}", f"{c}/{d}"
    common = lcm(b, d)
    x, y = a * common // b, c * common // d
    larger, smaller = (one, other) if x > y else (other, one)
    first, second = rng.sample(NAMES, 2)
    thing = rng.choice(("cái bánh", "quãng đường", "cuốn sách", "bức tranh"))
    verb = {
        "cái bánh": "ăn",
        "quãng đường": "đi",
        "cuốn sách": "đọc",
        "bức tranh": "tô màu",
    }[thing]
    question = rng.choice(
        (
            f"Trong hai phân số {one} và {other}, phân số nào lớn hơn?",
            f"So sánh {one} và {other}. Phân số nào lớn hơn?",
            f"{first} {verb} được {one} {thing}, {second} {verb} được {other} {thing} như thế. "
            "Phân số nào chỉ phần nhiều hơn?",
        )
    )
    sign = ">" if x > y else "<"
    steps = (
        f"Quy đồng mẫu số: {one} = {x}/{common}; {other} = {y}/{common}",
        f"Vì {x}/{common} {sign} {y}/{common} nên {one} {sign} {other}.",
        f"Phân số lớn hơn là {larger}.",
    )
    slips = (Slip("denominators_compared", smaller, (f"Phân số lớn hơn là {smaller}.",)),)
    return Draft("", (a, b, c, d), question, steps, larger, slips)


def fraction_sums(rng: Random) -> Draft:
    """One denominator is a multiple of the other, or they are equal."""
    b = rng.randint(2, 9)
    d = b * rng.randint(1, 4)
    return sum_of_fractions(rng, rng.randint(1, b), b, rng.randint(1, d), d)


def unlike_fractions(rng: Random) -> Draft:
    """No denominator is a multiple of the other: grade 5."""
    b, d = rng.sample(range(2, 13), 2)
    while b % d == 0 or d % b == 0:
        b, d = rng.sample(range(2, 13), 2)
    return sum_of_fractions(rng, rng.randint(1, b), b, rng.randint(1, d), d)


def sum_of_fractions(rng: Random, a: int, b: int, c: int, d: int) -> Draft:
    a, c = a - (a == b), c - (c == d)
    if Fraction(a, b) < Fraction(c, d):
        a, b, c, d = c, d, a, b
    common = lcm(b, d)
    x, y = a * common // b, c * common // d
    sign, top = ("+", x + y) if rng.random() < 0.5 or x == y else ("-", x - y)
    result = Fraction(top, common)
    text = f"{a}/{b} {sign} {c}/{d}"
    name = rng.choice(NAMES)
    question = rng.choice(
        (
            f"Tính: {text}",
            f"Tính rồi rút gọn: {text}",
            f"{name} tính {text}. Kết quả đúng là bao nhiêu?",
            f"{'Tổng' if sign == '+' else 'Hiệu'} của {a}/{b} và {c}/{d} là bao nhiêu?",
        )
    )
    sides = [text, f"{x}/{common} {sign} {y}/{common}", f"{top}/{common}", str(result)]
    chain = " = ".join(dict.fromkeys(sides))
    slips = [Slip("half_converted", f"{a + c if sign == '+' else abs(a - c) or 1}/{common}")]
    if sign == "+":
        wrong = f"{a + c}/{b + d}"
        slips.append(Slip("tops_and_bottoms_added", wrong, (f"{text} = {wrong}",)))
    elif a > c and b != d:
        wrong = f"{a - c}/{abs(b - d)}"
        slips.append(Slip("tops_and_bottoms_taken_away", wrong, (f"{text} = {wrong}",)))
    return Draft(sign, (a, b, c, d), question, (chain,), str(result), tuple(slips))


def fraction_products(rng: Random) -> Draft:
    (a, b), (c, d) = proper(rng, 9), proper(rng, 9)
    if a > 1 and rng.random() < 0.3:
        a, b = b, a
    sign, top, bottom = rng.choice((("×", a * c, b * d), (":", a * d, b * c)))
    text = f"{a}/{b} {sign} {c}/{d}"
    result = Fraction(top, bottom)
    name = rng.choice(NAMES)
    question = rng.choice(
        (
            f"Tính: {text}",
            f"Tính rồi rút gọn: {text}",
            f"{name} tính {text}. Kết quả đúng là bao nhiêu?",
            f"{'Tích' if sign == '×' else 'Thương'} của {a}/{b} và {c}/{d} là bao nhiêu?",
        )
    )
    turned = [f"{a}/{b} × {d}/{c}"] if sign == ":" else []
    chain = " = ".join(dict.fromkeys([text, *turned, f"{top}/{bottom}", str(result)]))
    straight, crossed = Fraction(a * c, b * d), Fraction(a * d, b * c)
    wrong = straight if sign == ":" else crossed
    mistake = "not_turned_over" if sign == ":" else "crossed"
    slips = (
        Slip(mistake, str(wrong), (f"{text} = {wrong}",)),
        Slip("wrong_fraction_turned", str(1 / result), (f"{text} = {1 / result}",)),
    )
    return Draft(sign, (a, b, c, d), question, (chain,), str(result), slips)


SHARES = (
    ("Ngày thứ nhất cửa hàng bán", "ngày thứ hai bán", "số gạo", "Số gạo còn lại"),
    ("Buổi sáng đội công nhân sửa", "buổi chiều sửa", "quãng đường", "Quãng đường còn lại"),
    ("Ngày đầu {} đọc", "ngày sau đọc", "quyển sách", "Phần chưa đọc"),
    ("Giờ đầu vòi nước chảy vào", "giờ sau chảy vào", "bể", "Phần bể chưa có nước"),
    ("Tuần đầu xưởng may làm", "tuần sau làm", "số áo phải làm", "Số áo còn lại"),
    ("Bác {} trồng rau trên", "trồng hoa trên", "mảnh vườn", "Phần vườn còn lại"),
)


def fraction_left(rng: Random) -> Draft:
    (a, b), (c, d) = proper(rng, 9), proper(rng, 9)
    while Fraction(a, b) + Fraction(c, d) >= 1:
        (a, b), (c, d) = proper(rng, 9), proper(rng, 9)
    first, second, whole, what = rng.choice(SHARES)
    first = first.format(rng.choice(NAMES))
    done = Fraction(a, b) + Fraction(c, d)
    left = 1 - done
    question = (
        f"{first} {'được ' if 'trồng' not in first else ''}{a}/{b} {whole}, {second} "
        f"{'được ' if 'trồng' not in first else ''}{c}/{d} {whole}. "
        f"Hỏi {what[0].lower()}{what[1:]} là mấy phần {whole}?"
    )
    both = f"Cả hai lần là:\n{a}/{b} + {c}/{d} = {done} ({whole})"
    steps = (both, f"{what} là:\n1 - {done} = {left} ({whole})")
    wrong = Fraction(a + c, b + d)
    slips = (
        Slip("last_step_forgotten", f"{done} {whole}", (both,)),
        Slip(
            "tops_and_bottoms_added",
            f"{1 - wrong} {whole}",
            (
                f"Cả hai lần là:\n{a}/{b} + {c}/{d} = {wrong} ({whole})",
                f"{what} là:\n1 - {wrong} = {1 - wrong} ({whole})",
            ),
        ),
        Slip("first_part_only", f"{1 - Fraction(a, b)} {whole}"),
    )
    return Draft("", (a, b, c, d), question, steps, f"{left} {whole}", slips)


KINDS = {
    "reduce_fraction": Kind(4, "NUM.FRAC", "a fraction in lowest terms", reduce_fraction),
    "compare_fractions": Kind(4, "NUM.FRAC", "the larger of two fractions", compare_fractions, 2),
    "fraction_sums": Kind(
        4, "NUM.FRAC", "fractions added or taken away, related denominators", fraction_sums
    ),
    "fraction_products": Kind(4, "NUM.FRAC", "fractions multiplied or divided", fraction_products),
    "fraction_left": Kind(
        4, "NUM.FRAC", "what is left of a whole after two parts", fraction_left, 2
    ),
    "unlike_fractions": Kind(
        5, "NUM.FRAC", "fractions added or taken away, any denominators", unlike_fractions, 2
    ),
}
