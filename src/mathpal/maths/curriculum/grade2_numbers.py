"""Grade 2: numbers to 1000, sums with carrying, problems of two steps, litres."""

from random import Random

from mathpal.maths.curriculum.drawing import NAMES, THINGS, WOMEN, Draft, Kind, Slip, step


def neighbours(rng: Random) -> Draft:
    number = rng.randint(11, 998)
    name = rng.choice(NAMES)
    word, sign, result, other = rng.choice(
        (("sau", "+", number + 1, number - 1), ("trước", "-", number - 1, number + 1))
    )
    question = rng.choice(
        (
            f"Số liền {word} của {number} là số nào?",
            f"Tìm số liền {word} của số {number}.",
            f"{name} nghĩ ra số {number}. Hỏi số liền {word} của số đó là số nào?",
        )
    )
    steps = (f"Số liền {word} của {number} là:\n{number} {sign} 1 = {result}",)
    ten = number + (10 if sign == "+" else -10)
    slips = (Slip("before_for_after", str(other)), Slip("ten_for_one", str(ten)))
    return Draft(word, (number,), question, steps, str(result), slips)


def place_value(rng: Random) -> Draft:
    hundreds, tens, units = digits = rng.sample(range(1, 10), 3)
    number = 100 * hundreds + 10 * tens + units
    name = rng.choice(NAMES)
    if rng.random() < 0.5:
        at = rng.randrange(3)
        place, worth = ("trăm", "chục", "đơn vị")[at], (100, 10, 1)[at]
        question = rng.choice(
            (
                f"Trong số {number}, chữ số {digits[at]} có giá trị là bao nhiêu?",
                f"{name} viết số {number}. Hỏi chữ số {digits[at]} trong số đó có giá trị "
                "là bao nhiêu?",
            )
        )
        value = digits[at] * worth
        steps = (
            f"Chữ số {digits[at]} ở hàng {place} nên có giá trị là:\n"
            f"{digits[at]} × {worth} = {value}",
        )
        slips = tuple(
            Slip("wrong_place", str(digits[at] * other)) for other in (1, 10, 100) if other != worth
        )
        return Draft(place, (number,), question, steps, str(value), slips)
    question = rng.choice(
        (
            f"Số gồm {hundreds} trăm, {tens} chục và {units} đơn vị là số nào?",
            f"{name} viết số có {hundreds} trăm, {tens} chục và {units} đơn vị. "
            f"Hỏi {name} viết số nào?",
            f"Viết số gồm {units} đơn vị, {tens} chục và {hundreds} trăm.",
        )
    )
    steps = (f"{100 * hundreds} + {10 * tens} + {units} = {number}",)
    slips = (
        Slip("digits_swapped", f"{hundreds}{units}{tens}"),
        Slip("digits_swapped", f"{units}{tens}{hundreds}"),
    )
    return Draft("", (number,), question, steps, str(number), slips)


def sums_with_carrying(rng: Random) -> Draft:
    m, n = rng.randint(2, 9), rng.randint(2, 9)
    n = n if m + n > 9 else 10 - m + rng.randint(0, m - 1)
    x, y = rng.randint(11, 79), rng.randint(1, 19)
    a, b = 10 * x + m, 10 * y + n
    sign, first, result, wrong, mistake = rng.choice(
        (
            ("+", a, a + b, a + b - 10, "carry_forgotten"),
            ("-", a + b, a, a + 10, "borrow_forgotten"),
        )
    )
    name = rng.choice(NAMES)
    word = {"+": "Tổng", "-": "Hiệu"}[sign]
    question = rng.choice(
        (
            f"Đặt tính rồi tính: {first} {sign} {b}",
            f"Tính: {first} {sign} {b}",
            f"{word} của {first} và {b} là bao nhiêu?",
            f"Giúp {name} tính {first} {sign} {b}.",
        )
    )
    slips = (Slip(mistake, str(wrong), (f"{first} {sign} {b} = {wrong}",)),)
    steps = (f"{first} {sign} {b} = {result}",)
    return Draft(sign, (first, b), question, steps, str(result), slips)


def two_steps(rng: Random) -> Draft:
    a, b = rng.randint(25, 90), rng.randint(5, 20)
    word, sign, second = rng.choice((("nhiều", "+", a + b), ("ít", "-", a - b)))
    one, other = rng.sample(NAMES, 2)
    seller = rng.choice(WOMEN)
    unit, noun, _ = rng.choice(THINGS)
    question, what, whole = rng.choice(
        (
            (
                f"{one} có {a} {noun}, {other} có {word} hơn {one} {b} {noun}. "
                f"Hỏi cả hai bạn có bao nhiêu {noun}?",
                f"Số {noun} của {other}",
                f"Số {noun} của cả hai bạn",
            ),
            (
                f"Buổi sáng cô {seller} bán được {a} {noun}, buổi chiều bán được {word} hơn buổi "
                f"sáng {b} {noun}. Hỏi cả ngày cô {seller} bán được bao nhiêu {noun}?",
                f"Số {noun} bán được buổi chiều",
                f"Số {noun} bán được cả ngày",
            ),
            (
                f"Ngày đầu cửa hàng nhập {a} {noun}, ngày thứ hai nhập {word} hơn ngày đầu {b} "
                f"{noun}. Hỏi cả hai ngày cửa hàng nhập bao nhiêu {noun}?",
                f"Số {noun} nhập ngày thứ hai",
                f"Số {noun} nhập cả hai ngày",
            ),
        )
    )
    first = step(what, f"{a} {sign} {b}", second, unit)
    steps = (first, step(whole, f"{a} + {second}", a + second, unit))
    slips = (
        Slip("last_step_forgotten", f"{second} {noun}", (first,)),
        Slip("first_step_forgotten", f"{a + b} {noun}", (step(whole, f"{a} + {b}", a + b, unit),)),
    )
    return Draft(sign, (a, b), question, steps, f"{a + second} {noun}", slips)


LIQUIDS = ("nước mắm", "dầu ăn", "mật ong", "sữa", "nước cam")


def litres(rng: Random) -> Draft:
    each, cans = rng.randint(2, 5), rng.randint(2, 9)
    poured, rest = each * cans, rng.randint(2, 40)
    whole = poured + rest
    liquid, name = rng.choice(LIQUIDS), rng.choice(NAMES)
    variant, question, sign, result, what = rng.choice(
        (
            (
                "left",
                f"Thùng to có {whole} l {liquid}. {name} rót ra {cans} can, mỗi can {each} l. "
                f"Hỏi trong thùng còn lại bao nhiêu lít {liquid}?",
                "-",
                rest,
                f"Số lít {liquid} còn lại",
            ),
            (
                "left",
                f"Cửa hàng có {whole} l {liquid}, đã bán {cans} can, mỗi can {each} l. "
                f"Hỏi cửa hàng còn lại bao nhiêu lít {liquid}?",
                "-",
                rest,
                f"Số lít {liquid} còn lại",
            ),
            (
                "all",
                f"Có một thùng đựng {whole} l {liquid} và {cans} can, mỗi can đựng {each} l "
                f"{liquid}. Hỏi có tất cả bao nhiêu lít {liquid}?",
                "+",
                whole + poured,
                f"Số lít {liquid} có tất cả",
            ),
        )
    )
    filled = step(f"Số lít {liquid} trong {cans} can", f"{each} × {cans}", poured, "l")
    hasty = whole - each if sign == "-" else whole + each
    slips = (
        Slip("one_can_only", f"{hasty} l", (step(what, f"{whole} {sign} {each}", hasty, "l"),)),
        Slip("last_step_forgotten", f"{poured} l", (filled,)),
    )
    steps = (filled, step(what, f"{whole} {sign} {poured}", result, "l"))
    return Draft(variant, (whole, cans, each), question, steps, f"{result} l", slips)


KINDS = {
    "neighbours": Kind(2, "NUM.COUNT", "the number right before or after another", neighbours),
    "place_value": Kind(
        2, "NUM.COUNT", "hundreds, tens and units, and a digit's value", place_value
    ),
    "sums_with_carrying": Kind(
        2, "NUM.ADD", "sums and differences to 1000 with carrying", sums_with_carrying
    ),
    "two_steps": Kind(2, "NUM.MIXED", "an amount compared, then both together", two_steps, 2),
    "litres": Kind(2, "GEO.VOLUME", "litres poured into cans", litres, 2),
}
