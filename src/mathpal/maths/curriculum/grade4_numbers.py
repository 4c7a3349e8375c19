"""Grade 4: large numbers, rounding, long multiplication and division, clever sums, even and odd."""

from random import Random

from mathpal.maths.curriculum.drawing import NAMES, Draft, Kind, Slip, step
from mathpal.maths.curriculum.formulas import grouped

ROUND_PAIRS = ((25, 4), (5, 20), (2, 50), (125, 8), (4, 250), (5, 2))


def clever_sums(rng: Random) -> Draft:
    form = rng.choice((_regrouped, _common_factor, _common_factor, _complements, _nearly_hundred))
    variant, numbers, text, chain, result, wrong = form(rng)
    name = rng.choice(NAMES)
    question = rng.choice(
        (
            f"Tính bằng cách thuận tiện: {text}",
            f"Tính nhanh: {text}",
            f"Tính bằng cách thuận tiện nhất: {text}",
            f"Giúp {name} tính nhanh: {text}",
        )
    )
    slips = (Slip("grouped_wrongly", grouped(wrong)),)
    steps = (f"{text}\n= {chain}\n= {grouped(result)}",)
    return Draft(variant, numbers, question, steps, grouped(result), slips)


Form = tuple[str, tuple[int, ...], str, str, int, int]


def _regrouped(rng: Random) -> Form:
    a, b = rng.sample(rng.choice(ROUND_PAIRS), 2)
    x = rng.randint(11, 99)
    chain = f"({a} × {b}) × {x}\n= {a * b} × {x}"
    return "×××", (a, x, b), f"{a} × {x} × {b}", chain, a * b * x, a * b + x


def _common_factor(rng: Random) -> Form:
    whole = rng.choice((10, 100, 100))
    x, part = rng.randint(12, 99), rng.randint(1, whole // 2 - 1)
    if rng.random() < 0.5:
        a, b = part, whole - part
        text, inner = f"{x} × {a} + {x} × {b}", f"{a} + {b}"
        sign, wrong = "+", (x + x) * whole
    else:
        a, b = whole + part, part
        text, inner = f"{x} × {a} - {x} × {b}", f"{a} - {b}"
        sign, wrong = "-", x * (a + b)
    return sign, (x, a, b), text, f"{x} × ({inner})\n= {x} × {whole}", x * whole, wrong


def _complements(rng: Random) -> Form:
    whole = rng.choice((100, 200, 500, 1000))
    a, x = rng.randint(11, whole - 11), rng.randint(12, 899)
    b = whole - a
    chain = f"({a} + {b}) + {x}\n= {whole} + {x}"
    return "+++", (a, x, b), f"{a} + {x} + {b}", chain, whole + x, whole + x + 10


def _nearly_hundred(rng: Random) -> Form:
    x = rng.randint(12, 98)
    if rng.random() < 0.5:
        return (
            "99",
            (x, 99),
            f"{x} × 99 + {x}",
            f"{x} × (99 + 1)\n= {x} × 100",
            100 * x,
            99 * x + 99,
        )
    return "101", (x, 101), f"{x} × 101 - {x}", f"{x} × (101 - 1)\n= {x} × 100", 100 * x, 101 * x


PLACES = {10: "chục", 100: "trăm", 1000: "nghìn", 10_000: "chục nghìn", 100_000: "trăm nghìn"}


def rounding(rng: Random) -> Draft:
    place = rng.choice(list(PLACES))
    number = rng.randint(2 * place, 100 * place)
    while number % place == 0:
        number += 1
    low = number // place * place
    decisive = number % place * 10 // place
    up = decisive >= 5
    result, wrong = (low + place, low) if up else (low, low + place)
    shown, name = grouped(number), rng.choice(NAMES)
    question = rng.choice(
        (
            f"Em hãy làm tròn số {shown} đến hàng {PLACES[place]}.",
            f"Làm tròn số {shown} đến hàng {PLACES[place]} thì được số nào?",
            f"{name} làm tròn số {shown} đến hàng {PLACES[place]}. Hỏi {name} được số nào?",
        )
    )
    smaller = {10: "đơn vị", **{10 * n: word for n, word in PLACES.items()}}[place]
    sign, way = (">" if decisive > 5 else "=", "lên") if up else ("<", "xuống")
    why = f"Chữ số hàng {smaller} là {decisive}"
    why += ", ta" if sign == "=" else f". Vì {decisive} {sign} 5 nên ta"
    steps = (f"{why} làm tròn {way}.", f"Làm tròn số {shown} được {grouped(result)}.")
    finer = round(number / place * 10) * place // 10
    slips = tuple(
        Slip(mistake, grouped(value), (f"Làm tròn số {shown} được {grouped(value)}.",))
        for mistake, value in (("rounded_the_other_way", wrong), ("wrong_place", finer))
    )
    return Draft(PLACES[place], (number,), question, steps, grouped(result), slips)


ORDERS = ("đơn vị", "chục", "trăm", "nghìn", "chục nghìn", "trăm nghìn", "triệu")


def digit_value(rng: Random) -> Draft:
    digits = rng.sample(range(1, 10), rng.randint(5, 7))
    at = rng.randrange(1, len(digits))  # from the right, counted from 0
    digit = digits[-1 - at]
    number = int("".join(map(str, digits)))
    shown, name = grouped(number), rng.choice(NAMES)
    value = digit * 10**at
    question = rng.choice(
        (
            f"Chữ số {digit} trong số {shown} có giá trị là bao nhiêu?",
            f"Nêu giá trị của chữ số {digit} trong số {shown}.",
            f"{name} viết số {shown}. Hỏi chữ số {digit} trong số đó có giá trị là bao nhiêu?",
        )
    )
    steps = (
        f"Chữ số {digit} ở hàng {ORDERS[at]} nên có giá trị là:\n"
        f"{digit} × {grouped(10**at)} = {grouped(value)}",
    )
    slips = (
        Slip("wrong_place", grouped(10 * value)),
        Slip("wrong_place", grouped(value // 10)),
        Slip("digit_for_value", str(digit)),
    )
    return Draft(str(at), (number,), question, steps, grouped(value), slips)


def long_multiplication(rng: Random) -> Draft:
    a = rng.randint(102, 489)
    tens, units = rng.randint(1, 9), rng.randint(2, 9)
    b = 10 * tens + units
    product = a * b
    name = rng.choice(NAMES)
    if rng.random() < 0.5:
        question = rng.choice(
            (
                f"Đặt tính rồi tính: {a} × {b}",
                f"Tính: {a} × {b}",
                f"Tích của {a} và {b} là bao nhiêu?",
                f"{name} tính {a} × {b}. Kết quả đúng là bao nhiêu?",
            )
        )
        chain = (
            f"{a} × {b} = {a} × {10 * tens} + {a} × {units} "
            f"= {grouped(a * 10 * tens)} + {a * units} = {grouped(product)}"
        )
        unshifted = a * tens + a * units
        wrong = f"{a} × {b} = {a * tens} + {a * units} = {grouped(unshifted)}"
        slips: tuple[Slip, ...] = (Slip("product_not_shifted", grouped(unshifted), (wrong,)),)
        return Draft("×", (a, b), question, (chain,), grouped(product), slips)
    whole = grouped(product)
    question = rng.choice(
        (
            f"Đặt tính rồi tính: {whole} : {b}",
            f"Tính: {whole} : {b}",
            f"Thương của {whole} và {b} là bao nhiêu?",
            f"{name} tính {whole} : {b}. Kết quả đúng là bao nhiêu?",
        )
    )
    steps = (f"{whole} : {b} = {a}", f"Thử lại: {a} × {b} = {whole}")
    slips = (Slip("zero_too_many", grouped(10 * a)), Slip("quotient_digit_off", str(a - 10)))
    return Draft(":", (product, b), question, steps, str(a), slips)


def even_and_odd(rng: Random) -> Draft:
    start = rng.randint(2, 300)
    end = start + rng.randint(11, 120)
    word, rest = rng.choice((("chẵn", 0), ("lẻ", 1)))
    first, last = start + (start % 2 != rest), end - (end % 2 != rest)
    num = (last - first) // 2 + 1
    name = rng.choice(NAMES)
    question = rng.choice(
        (
            f"Từ {start} đến {end} có bao nhiêu số {word}?",
            f"{name} viết các số tự nhiên liên tiếp từ {start} đến {end}. "
            f"Hỏi {name} viết bao nhiêu số {word}?",
            f"Dãy số tự nhiên từ {start} đến {end} có bao nhiêu số {word}?",
        )
    )
    known = f"Số {word} đầu tiên là {first}, số {word} cuối cùng là {last}."
    what = f"Có số các số {word}"
    steps = (known, step(what, f"({last} - {first}) : 2 + 1", num, "số"))
    wrong = step(what, f"({last} - {first}) : 2", num - 1, "số")
    slips = (
        Slip("ends_miscounted", f"{num - 1} số", (known, wrong)),
        Slip("halving_forgotten", f"{last - first + 1} số"),
    )
    return Draft(word, (start, end), question, steps, f"{num} số", slips)


KINDS = {
    "clever_sums": Kind(4, "NUM.MIXED", "sums and products made easy", clever_sums, 3),
    "rounding": Kind(4, "NUM.COUNT", "whole numbers rounded", rounding),
    "digit_value": Kind(4, "NUM.COUNT", "the value of a digit in numbers to millions", digit_value),
    "long_multiplication": Kind(
        4, "NUM.MUL", "products and quotients by two digits", long_multiplication
    ),
    "even_and_odd": Kind(4, "NUM.DIV", "even or odd numbers of a range, counted", even_and_odd, 3),
}
