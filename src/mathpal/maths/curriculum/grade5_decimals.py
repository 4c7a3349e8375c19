"""Grade 5: mixed numbers, decimals multiplied, divided, compared and rounded, the unknown x."""

from fractions import Fraction
from math import gcd
from random import Random

from mathpal.maths.curriculum.drawing import NAMES, Draft, Kind, Slip, step
from mathpal.maths.curriculum.formulas import decimal


def mixed_numbers(rng: Random) -> Draft:
    return _mixed_to_fraction(rng) if rng.random() < 0.5 else _sum_of_mixed(rng)


def _mixed(rng: Random, largest: int) -> tuple[int, int, int]:
    """Draw a mixed number in lowest terms: its whole, top and bottom."""
    bottom = rng.randint(2, 9)
    top = rng.choice([n for n in range(1, bottom) if gcd(n, bottom) == 1])
    return rng.randint(1, largest), top, bottom


def _mixed_to_fraction(rng: Random) -> Draft:
    whole, top, bottom = _mixed(rng, 9)
    mixed, name = f"{whole} {top}/{bottom}", rng.choice(NAMES)
    question = rng.choice(
        (
            f"Viết hỗn số {mixed} thành phân số.",
            f"Chuyển hỗn số {mixed} thành phân số.",
            f"{name} viết hỗn số {mixed} thành phân số. Hỏi {name} được phân số nào?",
            f"Hỗn số {mixed} bằng phân số nào?",
        )
    )
    answer = f"{whole * bottom + top}/{bottom}"
    wrong, added = f"{whole * top + bottom}/{bottom}", f"{whole + top}/{bottom}"
    slips = (
        Slip(
            "parts_confused", wrong, (f"{mixed} = ({whole} × {top} + {bottom})/{bottom} = {wrong}",)
        ),
        Slip("whole_added", added, (f"{mixed} = ({whole} + {top})/{bottom} = {added}",)),
        Slip("digits_joined", f"{whole}{top}/{bottom}", (f"{mixed} = {whole}{top}/{bottom}",)),
    )
    steps = (f"{mixed} = ({whole} × {bottom} + {top})/{bottom} = {answer}",)
    return Draft("", (whole, top, bottom), question, steps, answer, slips)


def _sum_of_mixed(rng: Random) -> Draft:
    parts = (*_mixed(rng, 9), *_mixed(rng, 5))
    whole, top, bottom, second, high, low = parts
    a, c = whole * bottom + top, second * low + high
    name, mixed, other = rng.choice(NAMES), f"{whole} {top}/{bottom}", f"{second} {high}/{low}"
    question = rng.choice(
        (
            f"Tính: {mixed} + {other}",
            f"Viết các hỗn số thành phân số rồi tính: {mixed} + {other}",
            f"{name} tính tổng của hai hỗn số {mixed} và {other}. Kết quả là phân số nào?",
        )
    )
    result = Fraction(a, bottom) + Fraction(c, low)
    chain, wrong = f"{mixed} + {other} = {a}/{bottom} + {c}/{low}", f"{a + c}/{bottom + low}"
    slips = (
        Slip("tops_and_bottoms_added", wrong, (f"{chain} = {wrong}",)),
        Slip("wholes_forgotten", str(Fraction(top, bottom) + Fraction(high, low))),
    )
    return Draft("+", parts, question, (f"{chain} = {result}",), str(result), slips)


AMOUNTS = (
    (
        "Một bộ quần áo may hết {} m vải",
        "m",
        "Số mét vải may {} bộ quần áo",
        "mét vải",
        "bộ quần áo",
    ),
    ("Mỗi túi đựng {} kg gạo", "kg", "Số ki-lô-gam gạo trong {} túi", "ki-lô-gam gạo", "túi gạo"),
    ("Mỗi chai đựng {} l dầu", "l", "Số lít dầu trong {} chai", "lít dầu", "chai dầu"),
    ("Mỗi hộp cân nặng {} kg", "kg", "{} hộp cân nặng số ki-lô-gam", "ki-lô-gam", "hộp"),
    ("Mỗi đoạn dây dài {} m", "m", "{} đoạn dây dài số mét", "mét", "đoạn dây"),
)


def decimal_products(rng: Random) -> Draft:
    """Multiply decimals, bare or in a problem of equal amounts."""
    if rng.random() < 0.5:
        return _equal_amounts(rng)
    a, places = rng.randint(11, 99), rng.choice((1, 1, 2))
    a += a % 10 == 0
    shown, name = decimal(a, places), rng.choice(NAMES)
    b = rng.randint(11, 99)
    b += b % 10 == 0
    other = decimal(b, 1)
    result = decimal(a * b, places + 1)
    question = rng.choice(
        (
            f"Đặt tính rồi tính: {shown} × {other}",
            f"Tính: {shown} × {other}",
            f"{name} tính {shown} × {other}. Kết quả đúng là bao nhiêu?",
        )
    )
    slips = (
        Slip("comma_misplaced", decimal(a * b, places)),
        Slip("comma_misplaced", decimal(a * b, places + 2)),
    )
    steps = (f"{shown} × {other} = {result}",)
    return Draft("×", (a, places, b), question, steps, result, slips)


def _equal_amounts(rng: Random) -> Draft:
    a, places, num = rng.randint(11, 39), rng.choice((1, 2)), rng.randint(3, 25)
    a += a % 10 == 0
    a += 100 * (places == 2)
    told, unit, what, noun, thing = rng.choice(AMOUNTS)
    shown, result = decimal(a, places), decimal(a * num, places)
    lead, name = told.format(shown), rng.choice(NAMES)
    question = rng.choice(
        (
            f"{lead}. Tính số {noun} của {num} {thing} như thế.",
            f"{lead}. {name} cần {num} {thing} như thế. Hỏi {name} cần bao nhiêu {noun}?",
        )
    )
    steps = (step(what.format(num), f"{shown} × {num}", result, unit),)
    slips = (
        Slip("comma_misplaced", f"{decimal(a * num, places - 1)} {unit}"),
        Slip("wrong_operation", f"{decimal(a + num * 10**places, places)} {unit}"),
    )
    return Draft(unit, (a, places, num), question, steps, f"{result} {unit}", slips)


def decimal_quotients(rng: Random) -> Draft:
    quotient, places = rng.randint(11, 99), rng.choice((1, 2))
    quotient += quotient % 10 == 0
    shown, name = decimal(quotient, places), rng.choice(NAMES)
    if rng.random() < 0.5:
        num = rng.randint(3, 12)
        whole = decimal(quotient * num, places)
        thing, unit, noun, each = rng.choice(
            (
                ("sợi dây dài {} m thành {} đoạn bằng nhau", "m", "mét", "đoạn dây dài"),
                ("{} kg gạo đều vào {} túi", "kg", "ki-lô-gam gạo", "túi có"),
                ("{} l mật ong đều vào {} chai", "l", "lít mật ong", "chai có"),
            )
        )
        question = f"{name} chia {thing.format(whole, num)}. Hỏi mỗi {each} bao nhiêu {noun}?"
        steps: tuple[str, ...] = (step(f"Mỗi {each} số {noun}", f"{whole} : {num}", shown, unit),)
        slips = (
            Slip("comma_misplaced", f"{decimal(quotient, places - 1)} {unit}"),
            Slip("comma_misplaced", f"{decimal(quotient, places + 1)} {unit}"),
        )
        return Draft(unit, (quotient, places, num), question, steps, f"{shown} {unit}", slips)
    b = rng.randint(11, 99)
    b += b % 10 == 0
    whole, other = decimal(quotient * b, places + 1), decimal(b, 1)
    question = rng.choice(
        (
            f"Đặt tính rồi tính: {whole} : {other}",
            f"Tính: {whole} : {other}",
            f"{name} tính {whole} : {other}. Kết quả đúng là bao nhiêu?",
        )
    )
    slips = (
        Slip("comma_misplaced", decimal(quotient, places - 1)),
        Slip("comma_misplaced", decimal(quotient, places + 1)),
    )
    steps = (f"{whole} : {other} = {shown}", f"Thử lại: {shown} × {other} = {whole}")
    return Draft(":", (quotient, places, b), question, steps, shown, slips)


def decimal_order(rng: Random) -> Draft:
    whole = rng.randint(0, 40)
    tenth, high = rng.randint(1, 8), rng.randint(1, 9)
    pool = {
        100 * whole + 10 * tenth,
        100 * whole + high,
        100 * whole + 10 * tenth + high,
        100 * whole + 10 * (tenth + 1),
        100 * (whole + 1) + tenth,
    }
    values = rng.sample(sorted(pool), 4)
    texts = {value: decimal(value, 2) for value in values}
    listed = "; ".join(texts[v] for v in values)
    name = rng.choice(NAMES)
    lead = rng.choice(
        (
            f"Cho các số thập phân: {listed}.",
            f"{name} viết bốn số thập phân: {listed}.",
            f"Có bốn số thập phân: {listed}.",
        )
    )
    rising = [texts[v] for v in sorted(values)]
    longest = max(values, key=lambda v: (len(texts[v]), v))
    ordered, falling = "; ".join(rising), "; ".join(rising[::-1])
    variant, asked, answer, *wrong = rng.choice(
        (
            ("most", "Số nào lớn nhất?", rising[3], texts[longest], rising[0], rising[2]),
            ("least", "Số nào bé nhất?", rising[0], rising[3], rising[1]),
            ("up", "Viết các số đó theo thứ tự từ bé đến lớn.", ordered, falling, listed),
            ("down", "Viết các số đó theo thứ tự từ lớn đến bé.", falling, ordered, listed),
        )
    )
    steps = (f"So sánh các số: {' < '.join(rising)}.",)
    slips = tuple(Slip("order_confused", text) for text in wrong)
    return Draft(variant, tuple(values), f"{lead} {asked}", steps, answer, slips)


ROUNDED = (
    ("số tự nhiên gần nhất", "phần mười", 0),
    ("hàng phần mười", "phần trăm", 1),
    ("hàng phần trăm", "phần nghìn", 2),
)


def decimal_rounding(rng: Random) -> Draft:
    to, next_place, places = rng.choice(ROUNDED)
    extra = 2 if places == 0 else 1
    number = rng.randint(101, 99_999)
    number += number % 10 == 0
    unit = 10**extra
    low, decisive = number // unit, number % unit * 10 // unit
    up = decisive >= 5
    shown, name = decimal(number, places + extra), rng.choice(NAMES)
    result, wrong = (decimal(n, places) for n in ((low + 1, low) if up else (low, low + 1)))
    question = rng.choice(
        (
            f"Em hãy làm tròn số thập phân {shown} đến {to}.",
            f"Làm tròn số {shown} đến {to} thì được số nào?",
            f"{name} làm tròn số {shown} đến {to}. Hỏi {name} được số nào?",
        )
    )
    sign = "<" if not up else ">" if decisive > 5 else "="
    why = f"Chữ số hàng {next_place} là {decisive}"
    why += ", ta" if sign == "=" else f". Vì {decisive} {sign} 5 nên ta"
    steps = (f"{why} làm tròn {'lên' if up else 'xuống'}.", f"Làm tròn số {shown} được {result}.")
    misplaced = decimal(low + up, places + 1)
    slips = tuple(
        Slip(mistake, value, (f"Làm tròn số {shown} được {value}.",))
        for mistake, value in (("rounded_the_other_way", wrong), ("comma_misplaced", misplaced))
    )
    return Draft(to, (number,), question, steps, result, slips)


def find_decimal(rng: Random) -> Draft:
    a, b, n = rng.randint(11, 99), rng.randint(11, 99), rng.randint(2, 9)
    a, b = a + (a % 10 == 0), b + (b % 10 == 0)
    x, y, both, times = (decimal(value, 1) for value in (a, b, a + b, b * n))
    variant, numbers, equation, working, result, wrong = rng.choice(
        (
            ("+", (a, a + b), f"x + {x} = {both}", f"{both} - {x}", y, a + b + a),
            ("-", (a, b), f"x - {x} = {y}", f"{y} + {x}", both, abs(b - a)),
            ("-x", (a, a + b), f"{both} - x = {x}", f"{both} - {x}", y, a + b + a),
            ("×", (n, b * n), f"x × {n} = {times}", f"{times} : {n}", y, b * n * n),
            (":", (n, b), f"x : {n} = {y}", f"{y} × {n}", times, None),
        )
    )
    name = rng.choice(NAMES)
    intro = rng.choice(
        ("Tìm x, biết:", "Tìm số thập phân x, biết:", "Tìm x:", f"Giúp {name} tìm x, biết:")
    )
    slips = (Slip("same_operation_used", f"x = {decimal(wrong, 1)}"),) if wrong else ()
    steps = (f"x = {working} = {result}",)
    return Draft(variant, numbers, f"{intro} {equation}", steps, f"x = {result}", slips)


KINDS = {
    "mixed_numbers": Kind(
        5, "NUM.FRAC", "mixed numbers as fractions, and their sums", mixed_numbers
    ),
    "decimal_products": Kind(5, "NUM.DEC", "decimals multiplied", decimal_products),
    "decimal_quotients": Kind(5, "NUM.DEC", "decimals divided", decimal_quotients),
    "decimal_order": Kind(5, "NUM.DEC", "decimals compared and ordered", decimal_order),
    "decimal_rounding": Kind(5, "NUM.DEC", "decimals rounded", decimal_rounding),
    "find_decimal": Kind(5, "ALG.UNKNOWN", "the unknown of an operation on decimals", find_decimal),
}
