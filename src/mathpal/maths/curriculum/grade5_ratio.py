"""Grade 5: two numbers from their ratio, inverse proportion, map scales, percentages."""

from math import gcd
from random import Random

from mathpal.maths.curriculum.drawing import NAMES, THINGS, WOMEN, Draft, Kind, Slip, step
from mathpal.maths.curriculum.formulas import decimal, grouped


def sum_and_ratio(rng: Random) -> Draft:
    return _two_numbers(rng, "+")


def difference_and_ratio(rng: Random) -> Draft:
    return _two_numbers(rng, "-")


def _two_numbers(rng: Random, sign: str) -> Draft:
    """Find two amounts from their ratio a/b and their sum or difference."""
    b = rng.randint(2, 9)
    a = rng.randint(1, b - 1)
    a, b = a // gcd(a, b), b // gcd(a, b)
    part = rng.randint(3, 30)
    small, large = a * part, b * part
    word, parts, confused, counted = (
        ("Tổng", b + a, b - a, f"{a} + {b}")
        if sign == "+"
        else ("Hiệu", b - a, b + a, f"{b} - {a}")
    )
    whole = parts * part
    question, low, high, unit, answer = _asked_for_two(rng, sign, whole, f"{a}/{b}")
    times = "" if a == 1 else f" × {a}"
    last = f"{whole} - {small}" if sign == "+" else f"{small} + {whole}"
    steps = (
        step(f"{word} số phần bằng nhau", counted, parts, "phần"),
        step(low, f"{whole} : {parts}{times}", small, unit),
        step(high, last, large, unit),
    )
    slips = [Slip("numbers_swapped", answer.format(large, small))]
    wrong = whole * a // confused
    other = whole - wrong if sign == "+" else whole + wrong
    if whole % confused == 0 and other > 0:
        mistaken = step(low, f"{whole} : {confused}{times}", wrong, unit)
        slips.append(Slip("sum_for_difference", answer.format(wrong, other), (mistaken,)))
    right = answer.format(small, large)
    return Draft("", (whole, a, b), question, steps, right, tuple(slips))


def _asked_for_two(
    rng: Random, sign: str, whole: int, ratio: str
) -> tuple[str, str, str, str, str]:
    """Return a question, what its two numbers are called, their unit, and how the answer reads."""
    one, other = rng.sample(NAMES, 2)
    unit, noun, _ = rng.choice(THINGS)
    if rng.random() < 0.5:
        owned = (
            f"{one} và {other} có tất cả {whole} {noun}"
            if sign == "+"
            else f"{other} có nhiều hơn {one} {whole} {noun}"
        )
        question = (
            f"{owned}. Số {noun} của {one} bằng {ratio} số {noun} của {other}. "
            f"Hỏi mỗi bạn có bao nhiêu {noun}?"
        )
        answer = f"{one} {{}} {noun}; {other} {{}} {noun}"
        return question, f"Số {noun} của {one}", f"Số {noun} của {other}", unit, answer
    told = f"{'Tổng' if sign == '+' else 'Hiệu'} của hai số là {whole}"
    question = rng.choice(
        (
            f"{told}, tỉ số của hai số là {ratio}. Tìm hai số đó.",
            f"{told}. Số bé bằng {ratio} số lớn. Tìm hai số đó.",
        )
    )
    return question, "Số bé", "Số lớn", "", "số bé {}; số lớn {}"


JOBS = (
    ("đắp xong", "đoạn đê", "người"),
    ("làm xong", "đoạn đường", "công nhân"),
    ("sơn xong", "ngôi trường", "thợ"),
    ("gặt xong", "cánh đồng", "người"),
    ("may xong", "lô áo", "thợ"),
)
ALIKE = ("(Sức làm của mỗi người như nhau)", "Biết mức làm của mỗi người như nhau.")


def workers_and_days(rng: Random) -> Draft:
    days, other_days = rng.sample(range(2, 16), 2)
    common = gcd(days, other_days)
    times = rng.randint(1, 6) * (2 if 1 in (days // common, other_days // common) else 1)
    people, needed = other_days // common * times, days // common * times
    draw = _workers_needed if rng.random() < 0.5 else _days_needed
    return draw(rng, people, days, needed, other_days)


def _workers_needed(rng: Random, people: int, days: int, needed: int, other_days: int) -> Draft:
    verb, thing, worker = rng.choice(JOBS)
    alike = rng.choice(ALIKE)
    question = rng.choice(
        (
            f"Muốn {verb} một {thing} trong {days} ngày cần {people} {worker}. Hỏi muốn {verb} "
            f"{thing} đó trong {other_days} ngày thì cần bao nhiêu {worker}? {alike}",
            f"{people} {worker} {verb} một {thing} hết {days} ngày. Hỏi muốn {verb} {thing} đó "
            f"trong {other_days} ngày thì cần bao nhiêu {worker}? {alike}",
        )
    )
    work, direct = days * people, people * other_days
    what = f"Muốn {verb} trong {other_days} ngày thì cần số {worker}"
    one = f"Muốn {verb} trong 1 ngày thì cần số {worker}"
    one_day = step(one, f"{people} × {days}", work, worker)
    steps = (one_day, step(what, f"{work} : {other_days}", needed, worker))
    slips = [Slip("last_step_forgotten", f"{work} {worker}", (one_day,))]
    if direct % days == 0:
        wrong = step(what, f"{people} × {other_days} : {days}", direct // days, worker)
        slips.append(Slip("taken_as_direct", f"{direct // days} {worker}", (wrong,)))
    numbers = (days, people, other_days)
    return Draft("people", numbers, question, steps, f"{needed} {worker}", tuple(slips))


def _days_needed(rng: Random, people: int, days: int, needed: int, other_days: int) -> Draft:
    verb, thing, worker = rng.choice(JOBS)
    alike = rng.choice(ALIKE)
    question = rng.choice(
        (
            f"{people} {worker} {verb} một {thing} hết {days} ngày. Hỏi {needed} {worker} {verb} "
            f"{thing} đó hết bao nhiêu ngày? {alike}",
            f"Nếu có {people} {worker} thì {verb} một {thing} hết {days} ngày. Hỏi nếu có {needed} "
            f"{worker} thì {verb} {thing} đó hết bao nhiêu ngày? {alike}",
        )
    )
    work, direct = days * people, days * needed
    alone = step(f"1 {worker} {verb} {thing} hết số ngày", f"{days} × {people}", work, "ngày")
    what = f"{needed} {worker} {verb} {thing} hết số ngày"
    steps = (alone, step(what, f"{work} : {needed}", other_days, "ngày"))
    slips = [Slip("last_step_forgotten", f"{work} ngày", (alone,))]
    if direct % people == 0:
        wrong = step(what, f"{days} × {needed} : {people}", direct // people, "ngày")
        slips.append(Slip("taken_as_direct", f"{direct // people} ngày", (wrong,)))
    numbers = (days, people, needed)
    return Draft("days", numbers, question, steps, f"{other_days} ngày", tuple(slips))


SCALES = (500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)
PLACES = ("từ nhà {} đến trường", "từ nhà {} đến chợ", "giữa hai làng", "từ bến xe đến bưu điện")


def map_scale(rng: Random) -> Draft:
    scale, on_map = rng.choice(SCALES), rng.randint(2, 25)
    real = on_map * scale
    metres = real // 100
    where = rng.choice(PLACES).format(rng.choice(NAMES))
    ratio = f"1 : {grouped(scale)}"
    if rng.random() < 0.5:
        question = rng.choice(
            (
                f"Trên bản đồ tỉ lệ {ratio}, quãng đường {where} dài {on_map} cm. "
                "Hỏi trên thực tế quãng đường đó dài bao nhiêu mét?",
                f"Bản đồ có tỉ lệ {ratio}. Quãng đường {where} trên bản đồ đo được {on_map} cm. "
                "Tính độ dài thật của quãng đường đó theo mét.",
            )
        )
        steps = (
            step("Độ dài thật", f"{on_map} × {grouped(scale)}", grouped(real), "cm"),
            f"{grouped(real)} cm = {grouped(metres)} m",
        )
        slips = (
            Slip("unit_not_changed", f"{grouped(real)} m", steps[:1]),
            Slip("wrong_factor", f"{grouped(metres * 10)} m"),
        )
        return Draft("real", (scale, on_map), question, steps, f"{grouped(metres)} m", slips)
    question = rng.choice(
        (
            f"Quãng đường {where} dài {grouped(metres)} m. Hỏi trên bản đồ tỉ lệ {ratio}, quãng "
            "đường đó dài bao nhiêu xăng-ti-mét?",
            f"Một bản đồ vẽ theo tỉ lệ {ratio}. Trên thực tế quãng đường {where} dài "
            f"{grouped(metres)} m. Tính độ dài quãng đường đó trên bản đồ theo xăng-ti-mét.",
        )
    )
    steps = (
        f"{grouped(metres)} m = {grouped(real)} cm",
        step("Độ dài trên bản đồ", f"{grouped(real)} : {grouped(scale)}", on_map, "cm"),
    )
    slips = (Slip("wrong_factor", f"{on_map * 10} cm"), Slip("count_off", f"{on_map + 1} cm"))
    return Draft("map", (scale, metres), question, steps, f"{on_map} cm", slips)


GROUPS = (
    ("Lớp của {} có {} học sinh, trong đó có {} học sinh nữ", "học sinh nữ", "học sinh cả lớp"),
    ("Đội văn nghệ của {} có {} bạn, trong đó có {} bạn biết hát", "bạn biết hát", "bạn cả đội"),
    ("Vườn nhà {} có {} cây, trong đó có {} cây cam", "cây cam", "cây trong vườn"),
    ("Trại của bác {} nuôi {} con gia cầm, trong đó có {} con gà", "con gà", "con gia cầm"),
    ("Câu lạc bộ của {} có {} thành viên, trong đó có {} bạn nam", "bạn nam", "thành viên"),
)


def percent_ratio(rng: Random) -> Draft:
    lead, noun, all_noun = group = rng.choice(GROUPS)
    sizes = (20, 25, 30, 32, 40) if group is GROUPS[0] else (40, 50, 60, 75, 80, 120, 125, 160, 200)
    whole = rng.choice(sizes)
    part = rng.choice([n for n in range(2, whole) if n * 1000 % whole == 0])
    lead = lead.format(rng.choice(NAMES), whole, part)
    share = decimal(part * 1000 // whole, 3)
    percent = decimal(part * 1000 // whole, 1)
    question = rng.choice(
        (
            f"{lead}. Hỏi số {noun} chiếm bao nhiêu phần trăm số {all_noun}?",
            f"{lead}. Tính tỉ số phần trăm của số {noun} và số {all_noun}.",
        )
    )
    what = f"Tỉ số phần trăm của số {noun} và số {all_noun}"
    steps = (f"{what} là:\n{part} : {whole} = {share} = {percent}%",)
    rest = decimal((whole - part) * 1000 // whole, 1)
    slips = [
        Slip("percent_of_the_rest", f"{rest}%"),
        Slip("comma_misplaced", f"{decimal(part * 1000 // whole, 2)}%"),
    ]
    if whole * 1000 % part == 0:
        turned = whole * 1000 // part
        wrong = f"{what} là:\n{whole} : {part} = {decimal(turned, 3)} = {decimal(turned, 1)}%"
        slips.append(Slip("turned_over", f"{decimal(turned, 1)}%", (wrong,)))
    return Draft("", (whole, part), question, steps, f"{percent}%", tuple(slips))


PLANS = (
    (
        "Cửa hàng đã bán {part} kg gạo, bằng {rate}% số gạo nhập về. "
        "Hỏi cửa hàng đã nhập về bao nhiêu ki-lô-gam gạo?",
        "Số gạo nhập về",
        "kg",
    ),
    (
        "Bác {name} đã trồng được {part} cây, đạt {rate}% kế hoạch. "
        "Hỏi theo kế hoạch bác {name} trồng bao nhiêu cây?",
        "Số cây theo kế hoạch",
        "cây",
    ),
    (
        "Nhà máy đã làm được {part} sản phẩm, đạt {rate}% kế hoạch. "
        "Hỏi theo kế hoạch nhà máy phải làm bao nhiêu sản phẩm?",
        "Số sản phẩm theo kế hoạch",
        "sản phẩm",
    ),
    (
        "{name} đã đọc {part} trang, bằng {rate}% số trang của cuốn sách. "
        "Hỏi cuốn sách có bao nhiêu trang?",
        "Số trang của cuốn sách",
        "trang",
    ),
)
SCHOOL = (
    "Trường của {name} có {part} học sinh lớp 5, chiếm {rate}% số học sinh toàn trường. "
    "Hỏi trường đó có bao nhiêu học sinh?",
    "Số học sinh toàn trường",
    "học sinh",
)


def percent_whole(rng: Random) -> Draft:
    rate = rng.choice([n for n in range(5, 100) if n % 5 == 0 or n % 4 == 0])
    least = 100 // gcd(rate, 100)
    whole = least * rng.randint(60 // least + 1, 800 // least)
    part = whole * rate // 100
    suits_a_school = whole >= 300 and 15 <= rate <= 25
    template, what, unit = SCHOOL if suits_a_school else rng.choice(PLANS)
    question = template.format(name=rng.choice(NAMES), part=part, rate=rate)
    steps = (step(what, f"{part} : {rate} × 100", whole, unit),)
    slips = [Slip("added_to_the_part", f"{part + rate} {unit}")]
    if part * rate % 100 == 0:
        wrong = part * rate // 100
        mistaken = step(what, f"{part} × {rate} : 100", wrong, unit)
        slips.append(Slip("percent_of_the_part", f"{wrong} {unit}", (mistaken,)))
    return Draft(what, (part, rate), question, steps, f"{whole} {unit}", tuple(slips))


SALES = (
    ("Một chiếc áo", range(80, 300, 10)),
    ("Một đôi giày", range(200, 700, 20)),
    ("Một chiếc ba lô", range(150, 500, 10)),
    ("Một cuốn từ điển", range(60, 200, 10)),
    ("Một bộ đồ chơi", range(100, 400, 20)),
    ("Một chiếc quạt", range(250, 800, 50)),
)


def price_cut(rng: Random) -> Draft:
    thing, prices = rng.choice(SALES)
    price, rate = rng.choice(prices) * 1000, rng.choice((5, 10, 15, 20, 25, 30, 40, 50))
    cut = price * rate // 100
    paid = price - cut
    shopper = rng.choice(WOMEN)
    shown = grouped(price)
    short = thing.removeprefix("Một ")
    question = rng.choice(
        (
            f"{thing} giá {shown} đồng được giảm giá {rate}%. "
            f"Hỏi sau khi giảm, {short} đó giá bao nhiêu đồng?",
            f"Nhân ngày hội mua sắm, cửa hàng giảm giá {rate}%. Cô {shopper} mua {short} giá ban "
            f"đầu {shown} đồng. Hỏi cô {shopper} phải trả bao nhiêu tiền?",
            f"Cửa hàng bán {short} với giá {shown} đồng, nay giảm {rate}%. "
            f"Tính giá tiền của {short} sau khi giảm.",
        )
    )
    taken = step("Số tiền được giảm", f"{shown} × {rate} : 100", grouped(cut), "đồng")
    steps = (taken, step("Giá sau khi giảm", f"{shown} - {grouped(cut)}", grouped(paid), "đồng"))
    raised = step("Giá sau khi giảm", f"{shown} + {grouped(cut)}", grouped(price + cut), "đồng")
    slips = (
        Slip("last_step_forgotten", f"{grouped(cut)} đồng", (taken,)),
        Slip("added_for_taken", f"{grouped(price + cut)} đồng", (taken, raised)),
        Slip("percent_as_thousands", f"{grouped(price - rate * 1000)} đồng"),
    )
    return Draft("", (price, rate), question, steps, f"{grouped(paid)} đồng", slips)


def monthly_interest(rng: Random) -> Draft:
    tenths = rng.choice((4, 5, 6))  # of a per cent, a month
    deposit = rng.randint(4, 90) * 1_000_000
    gain = deposit * tenths // 1000
    name, woman, shown = rng.choice(NAMES), rng.choice(WOMEN), grouped(deposit)
    rate = decimal(tenths, 1)
    kind, asked, what, result = rng.choice(
        (
            ("gain", "Hỏi sau một tháng số tiền lãi là bao nhiêu?", "Số tiền lãi", gain),
            (
                "all",
                "Hỏi sau một tháng cả tiền gửi và tiền lãi là bao nhiêu?",
                "Cả tiền gửi và tiền lãi",
                deposit + gain,
            ),
        )
    )
    lead = rng.choice(
        (
            f"Bác {name} gửi tiết kiệm {shown} đồng với lãi suất {rate}% một tháng.",
            f"Lãi suất tiết kiệm là {rate}% một tháng. Cô {woman} gửi {shown} đồng.",
        )
    )
    earned = step("Số tiền lãi sau một tháng", f"{shown} : 100 × {rate}", grouped(gain), "đồng")
    whole = step(what, f"{shown} + {grouped(gain)}", grouped(deposit + gain), "đồng")
    other = deposit + gain if kind == "gain" else gain
    slips = (
        Slip("wrong_amount_told", f"{grouped(other)} đồng"),
        Slip("comma_misplaced", f"{grouped(result - gain + 10 * gain)} đồng"),
        Slip("comma_misplaced", f"{grouped(result - gain + gain // 10)} đồng"),
    )
    steps = (earned,) if kind == "gain" else (earned, whole)
    return Draft(
        kind, (deposit, tenths), f"{lead} {asked}", steps, f"{grouped(result)} đồng", slips
    )


KINDS = {
    "sum_and_ratio": Kind(5, "NUM.RATIO", "two amounts from sum and ratio", sum_and_ratio, 2),
    "difference_and_ratio": Kind(
        5, "NUM.RATIO", "two amounts from difference and ratio", difference_and_ratio, 2
    ),
    "workers_and_days": Kind(
        5, "NUM.RATIO", "workers and days in inverse proportion", workers_and_days, 3
    ),
    "map_scale": Kind(5, "NUM.RATIO", "lengths on a map and in the field", map_scale, 2),
    "percent_ratio": Kind(5, "NUM.PERCENT", "the percentage that a part makes", percent_ratio),
    "percent_whole": Kind(5, "NUM.PERCENT", "the whole from a part and its rate", percent_whole, 2),
    "price_cut": Kind(5, "NUM.PERCENT", "a price after a discount", price_cut, 2),
    "monthly_interest": Kind(
        5, "NUM.PERCENT", "a month's interest on savings", monthly_interest, 2
    ),
}
