"""Grade 1: numbers to 100, adding, taking away, comparing, centimetres, days of the week."""

from random import Random

from mathpal.maths.curriculum.drawing import NAMES, THINGS, WOMEN, Draft, Kind, Slip, step


def total(rng: Random) -> Draft:
    a, b = rng.randint(3, 49), rng.randint(3, 40)
    one, other = rng.sample(NAMES, 2)
    seller = rng.choice(WOMEN)
    unit, noun, box = rng.choice(THINGS)
    question = rng.choice(
        (
            f"{one} có {a} {noun}. {other} cho {one} thêm {b} {noun}. "
            f"Hỏi {one} có tất cả bao nhiêu {noun}?",
            f"{one} có {a} {noun}, {other} có {b} {noun}. "
            f"Hỏi cả hai bạn có tất cả bao nhiêu {noun}?",
            f"Trong {box} có {a} {noun}. {one} bỏ thêm vào {box} {b} {noun}. "
            f"Hỏi trong {box} có tất cả bao nhiêu {noun}?",
            f"Buổi sáng cô {seller} bán được {a} {noun}, buổi chiều bán được {b} {noun}. "
            f"Hỏi cả ngày cô {seller} bán được tất cả bao nhiêu {noun}?",
        )
    )
    steps = (step(f"Số {noun} có tất cả", f"{a} + {b}", a + b, unit),)
    if question.startswith("Buổi"):
        steps = (step(f"Số {noun} bán được tất cả", f"{a} + {b}", a + b, unit),)
    return Draft("", (a, b), question, steps, f"{a + b} {noun}")


def left(rng: Random) -> Draft:
    rest, taken = rng.randint(2, 49), rng.randint(2, 39)
    a = rest + taken
    one, other = rng.sample(NAMES, 2)
    unit, noun, box = rng.choice(THINGS)
    question = rng.choice(
        (
            f"{one} có {a} {noun}, {one} cho {other} {taken} {noun}. "
            f"Hỏi {one} còn lại bao nhiêu {noun}?",
            f"Trong {box} có {a} {noun}. {one} lấy ra {taken} {noun}. "
            f"Hỏi trong {box} còn lại bao nhiêu {noun}?",
            f"Cửa hàng có {a} {noun}, đã bán {taken} {noun}. "
            f"Hỏi cửa hàng còn lại bao nhiêu {noun}?",
        )
    )
    steps = (step(f"Số {noun} còn lại", f"{a} - {taken}", rest, unit),)
    return Draft("", (a, taken), question, steps, f"{rest} {noun}")


def difference(rng: Random) -> Draft:
    b, more = rng.randint(3, 49), rng.randint(2, 39)
    a = b + more
    one, other = rng.sample(NAMES, 2)
    unit, noun, _ = rng.choice(THINGS)
    verb = rng.choice(("có", "mua", "đếm được"))
    asked = rng.choice((f"{one} {verb} nhiều hơn {other}", f"{other} {verb} ít hơn {one}"))
    question = f"{one} {verb} {a} {noun}, {other} {verb} {b} {noun}. Hỏi {asked} bao nhiêu {noun}?"
    steps = (step(f"{asked} số {noun}", f"{a} - {b}", more, unit),)
    return Draft("", (a, b), question, steps, f"{more} {noun}")


def tens_and_units(rng: Random) -> Draft:
    tens, units = rng.sample(range(1, 10), 2)
    number = 10 * tens + units
    name = rng.choice(NAMES)
    _, noun, box = rng.choice(THINGS)
    if rng.random() < 0.3:
        question = rng.choice(
            (
                f"Số {number} gồm mấy chục và mấy đơn vị?",
                f"{name} viết số {number}. Hỏi số đó gồm mấy chục và mấy đơn vị?",
                f"{number} gồm mấy chục và mấy đơn vị?",
            )
        )
        slip = Slip("digits_swapped", f"{units} chục và {tens} đơn vị")
        steps = (f"{number} = {10 * tens} + {units}",)
        answer = f"{tens} chục và {units} đơn vị"
        return Draft("", (number,), question, steps, answer, (slip,))
    question, answer = rng.choice(
        (
            (f"Số gồm {tens} chục và {units} đơn vị là số nào?", "{}"),
            (
                f"{name} viết số gồm {tens} chục và {units} đơn vị. Hỏi {name} viết số nào?",
                "{}",
            ),
            (
                f"{name} có {tens} {box}, mỗi {box} có 1 chục {noun}, và có thêm {units} {noun} "
                f"để ngoài. Hỏi {name} có tất cả bao nhiêu {noun}?",
                f"{{}} {noun}",
            ),
        )
    )
    steps = (f"{tens} chục và {units} đơn vị là:\n{10 * tens} + {units} = {number}",)
    slips = (
        Slip("digits_swapped", answer.format(10 * units + tens)),
        Slip("tens_as_ones", answer.format(tens + units)),
    )
    return Draft("", (number,), question, steps, answer.format(number), slips)


def order_numbers(rng: Random) -> Draft:
    values = rng.sample(range(10, 100), 4)
    listed = "; ".join(map(str, values))
    name = rng.choice(NAMES)
    lead = rng.choice((f"Cho các số: {listed}.", f"{name} viết bốn số: {listed}."))
    rising = sorted(values)
    low, second, third, high = rising
    chain = f"So sánh các số: {low} < {second} < {third} < {high}."
    ordered = "; ".join(map(str, rising))
    falling = "; ".join(map(str, rising[::-1]))
    variant, asked, answer, *wrong = rng.choice(
        (
            ("most", "Số nào lớn nhất?", high, low, third, second),
            ("least", "Số nào bé nhất?", low, high, second, third),
            ("up", "Hãy viết các số đó theo thứ tự từ bé đến lớn.", ordered, falling, listed),
            ("down", "Hãy viết các số đó theo thứ tự từ lớn đến bé.", falling, ordered, listed),
        )
    )
    slips = tuple(Slip("order_confused", str(value)) for value in wrong)
    return Draft(variant, tuple(values), f"{lead} {asked}", (chain,), str(answer), slips)


def sums_without_carrying(rng: Random) -> Draft:
    x, m = rng.randint(1, 8), rng.randint(0, 9)
    y, n = rng.randint(1, 9 - x), rng.randint(0, 9 - m)
    a, b = 10 * x + m, 10 * y + n
    sign, other, first, result, wrong = rng.choice(
        (("+", "-", a, a + b, abs(a - b)), ("-", "+", a + b, a, a + b + b))
    )
    name = rng.choice(NAMES)
    word = {"+": "cộng", "-": "trừ"}[sign]
    question = rng.choice(
        (
            f"Tính: {first} {sign} {b}",
            f"Đặt tính rồi tính: {first} {sign} {b}",
            f"{first} {word} {b} bằng bao nhiêu?",
            f"{name} tính {first} {sign} {b}. Kết quả đúng là bao nhiêu?",
        )
    )
    slips = (Slip("wrong_operation", str(wrong), (f"{first} {other} {b} = {wrong}",)),)
    steps = (f"{first} {sign} {b} = {result}",)
    return Draft(sign, (first, b), question, steps, str(result), slips)


def centimetres(rng: Random) -> Draft:
    a, b = rng.randint(12, 60), rng.randint(3, 38)
    long, short = max(a, b) + 1, min(a, b)
    name = rng.choice(NAMES)
    one, other = rng.sample(("đỏ", "xanh", "vàng", "trắng", "tím"), 2)
    thing = rng.choice(("Băng giấy", "Sợi dây", "Que gỗ"))
    pair = f"{thing} {one} dài {long} cm, {thing.lower()} {other} dài {short} cm."
    variant, question, what = rng.choice(
        (
            ("+", f"{pair} Hỏi cả hai dài bao nhiêu xăng-ti-mét?", "Cả hai dài số xăng-ti-mét"),
            (
                "-",
                f"{pair} Hỏi {thing.lower()} {one} dài hơn {thing.lower()} {other} bao nhiêu "
                "xăng-ti-mét?",
                f"{thing} {one} dài hơn số xăng-ti-mét",
            ),
            (
                "-",
                f"{thing} của {name} dài {long} cm. {name} cắt đi {short} cm. "
                f"Hỏi {thing.lower()} còn lại dài bao nhiêu xăng-ti-mét?",
                f"{thing} còn lại dài số xăng-ti-mét",
            ),
        )
    )
    results = {"+": long + short, "-": long - short}
    confused = "-" if variant == "+" else "+"
    wrong = step(what, f"{long} {confused} {short}", results[confused], "cm")
    slips = (Slip("wrong_operation", f"{results[confused]} cm", (wrong,)),)
    steps = (step(what, f"{long} {variant} {short}", results[variant], "cm"),)
    return Draft(variant, (long, short), question, steps, f"{results[variant]} cm", slips)


WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")


def calendar(rng: Random) -> Draft:
    date, month = rng.randint(8, 21), rng.randint(1, 12)
    weekday = rng.randrange(7)
    day, name = WEEKDAYS[weekday], rng.choice(NAMES)
    variant, sign, result, event = rng.choice(
        (
            ("next", "+", date + 7, f"{name} sẽ về thăm ông bà vào {day} tuần sau"),
            ("next", "+", date + 7, f"{day} tuần sau là sinh nhật {name}"),
            ("last", "-", date - 7, f"{name} đi xem xiếc vào {day} tuần trước"),
            ("last", "-", date - 7, f"{day} tuần trước là sinh nhật {name}"),
        )
    )
    question = (
        f"Hôm nay là {day}, ngày {date} tháng {month}. {event[0].upper()}{event[1:]}. "
        "Hỏi hôm đó là ngày bao nhiêu?"
    )
    steps = (
        f"Một tuần có 7 ngày. {day[0].upper()}{day[1:]} đó là ngày:\n{date} {sign} 7 = {result}",
    )
    slips = (
        Slip("count_off", f"ngày {result + 1}"),
        Slip("count_off", f"ngày {result - 1 or 3}"),
        Slip("before_for_after", f"ngày {2 * date - result}"),
    )
    return Draft(variant, (date, month, weekday), question, steps, f"ngày {result}", slips)


KINDS = {
    "total": Kind(1, "NUM.ADD", "two amounts put together", total, starter=True),
    "left": Kind(1, "NUM.ADD", "what is left after taking away", left, starter=True),
    "difference": Kind(
        1, "NUM.ADD", "how many more or fewer one has than another", difference, starter=True
    ),
    "tens_and_units": Kind(1, "NUM.COUNT", "tens and units of a number below 100", tens_and_units),
    "order_numbers": Kind(1, "NUM.COUNT", "numbers to 100 compared and ordered", order_numbers),
    "sums_without_carrying": Kind(
        1, "NUM.ADD", "two-digit sums and differences without carrying", sums_without_carrying
    ),
    "centimetres": Kind(1, "GEO.LENGTH", "lengths in centimetres, together or apart", centimetres),
    "calendar": Kind(1, "GEO.TIME", "the date a week later or earlier", calendar),
}
