"""Grade 8: problems that are solved by a linear equation."""

from fractions import Fraction
from random import Random

from mathpal.maths.curriculum.drawing import MEN, NAMES, WOMEN, Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import decimal, grouped, polynomial, wrong

AGES = [  # (age of the younger, times now, years, times then), past years negative
    (x, k, years, j)
    for x in range(3, 26)
    for k in range(2, 14)
    for years in (*range(-20, -1), *range(2, 25))
    for j in range(2, 16)
    if 22 <= x * k - x <= 40
    and x * k + years == j * (x + years)
    and x * k <= 75
    and x + years >= 2
    and x * k + years <= 90
]


def age_equation(rng: Random) -> Draft:
    x, k, years, j = rng.choice(AGES)
    child = rng.choice(NAMES)
    aunt = rng.choice([name for name in WOMEN if name != child])
    elder = rng.choice((f"mẹ {child}", f"bố {child}", f"cô {aunt}", f"bác {aunt}"))
    op, then = ("-", f"{-years} năm trước") if years < 0 else ("+", f"sau {years} năm nữa")
    first = f"tuổi của {elder} gấp {k} lần tuổi của {child}"
    second = (
        f"{then}, tuổi của {elder} {'' if years > 0 else 'khi đó '}gấp {j} lần tuổi của {child}"
    )
    ask = rng.choice(
        (f"Hỏi năm nay {child} bao nhiêu tuổi?", f"Tính số tuổi của {child} hiện nay.")
    )
    question = rng.choice(
        (
            f"Năm nay, {first}. Biết rằng {second}. {ask}",
            f"Hiện nay, {first}. {second[0].upper()}{second[1:]}. {ask}",
            f"Biết rằng năm nay {first} và {second}. {ask}",
        )
    )
    start = f"Gọi số tuổi của {child} năm nay là x (x > {max(0, -years)}). "
    start += f"Số tuổi của {elder} năm nay là {k}x."
    gap, size = abs(k - j), abs(years)

    def steps(left: str, right: str, constant: int) -> tuple[str, ...]:
        last = f"x = {constant // gap} (thoả mãn điều kiện)."
        middle = () if gap == 1 else (f"{gap}x = {constant}",)
        return start, f"Ta có phương trình: {left} = {right}.", *middle, last

    bracket = f"{j}(x {op} {size})"
    right = steps(f"{k}x {op} {size}", bracket, size * (j - 1))
    answer = f"{x} tuổi"
    slips = [Slip("age_then", f"{x + years} tuổi", (*right[:-1], f"x {op} {size} = {x + years}."))]
    if size * j % gap == 0:
        unchanged = steps(f"{k}x", bracket, size * j)
        slips.append(Slip("elder_not_aged", f"{size * j // gap} tuổi", unchanged))
    variant = "past" if years < 0 else "future"
    return Draft(variant, (x, k, years, j), question, right, answer, wrong(answer, *slips))


def motion_equation(rng: Random) -> Draft:
    return rng.choice((_there_and_back, _there_and_back, _catching_up))(rng)


VEHICLES = (
    ("xe đạp", range(9, 19), 1),
    ("xe máy", range(25, 56, 5), 5),
    ("ô tô", range(40, 81, 5), 5),
)
RETURNS = [  # (vehicle, speed there, speed back, difference in minutes, distance)
    (vehicle, v, w, minutes, v * w * minutes // (60 * abs(v - w)))
    for vehicle, speeds, step in VEHICLES
    for v in speeds
    for w in (v - 2 * step, v - step, v + step, v + 2 * step, v + 3 * step)
    for minutes in (10, 12, 15, 18, 20, 24, 30, 36, 40, 45, 48, 60, 75, 90)
    if v * w * minutes % (60 * abs(v - w)) == 0
    and speeds[0] <= 2 * v * w * minutes // (60 * abs(v - w)) <= 8 * v
]


def _traveller(rng: Random) -> str:
    return rng.choice(
        (
            "Một người",
            f"Bác {rng.choice(NAMES)}",
            f"Cô {rng.choice(WOMEN)}",
            f"Chị {rng.choice(WOMEN)}",
            f"Anh {rng.choice(MEN)}",
        )
    )


def _duration(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return " ".join([f"{hours} giờ"] * (hours > 0) + [f"{rest} phút"] * (rest > 0))


def _there_and_back(rng: Random) -> Draft:
    vehicle, v, w, minutes, distance = rng.choice(RETURNS)
    more = "nhiều" if w < v else "ít"
    duration, hours = _duration(minutes), Fraction(minutes, 60)
    question = rng.choice(
        (
            f"{_traveller(rng)} đi {vehicle} từ A đến B với vận tốc {v} km/h. Lúc về người đó đi "
            f"với vận tốc {w} km/h nên thời gian về {more} hơn thời gian đi {duration}. "
            "Tính độ dài quãng đường AB.",
            f"{_traveller(rng)} đi {vehicle} từ nhà lên thành phố với vận tốc {v} km/h, khi về đi "
            f"với vận tốc {w} km/h. Biết thời gian về {more} hơn thời gian đi là {duration}, "
            "hỏi nhà cách thành phố bao nhiêu ki-lô-mét?",
            f"Trên cùng một quãng đường, {vehicle} đi với vận tốc {v} km/h, lúc quay về đi với vận "
            f"tốc {w} km/h thì thời gian về {more} hơn thời gian đi {duration}. "
            "Tìm chiều dài quãng đường đó.",
        )
    )
    slow, fast = sorted((v, w))
    start = (
        "Gọi độ dài quãng đường là x (km, x > 0).",
        f"Thời gian đi là x/{v} (giờ), thời gian về là x/{w} (giờ).",
    )

    def steps(op: str, share: Fraction, time: Fraction, result: str) -> tuple[str, ...]:
        return (
            *start,
            f"Ta có phương trình: x/{slow} {op} x/{fast} = {time}.",
            f"Suy ra x · {share} = {time}, do đó x = {result} (thoả mãn điều kiện).",
        )

    gap, both = Fraction(1, slow) - Fraction(1, fast), Fraction(1, slow) + Fraction(1, fast)
    converted = () if minutes == 60 else (f"Đổi: {duration} = {hours} giờ.",)
    answer = f"{distance} km"
    slips = []
    if minutes < 60:
        long = grouped(60 * distance)
        slip_steps = steps("-", gap, Fraction(minutes), long)
        slips.append(Slip("minutes_not_converted", f"{long} km", slip_steps))
    if (hours / both).denominator == 1:
        short = str(hours / both)
        slips.append(
            Slip("times_added", f"{short} km", (*converted, *steps("+", both, hours, short)))
        )
    right = (*converted, *steps("-", gap, hours, str(distance)))
    return Draft("return", (v, w, minutes), question, right, answer, wrong(answer, *slips))


CHASES = [  # (first, second, slow, fast, hours ahead, hours of the chase in halves)
    (first, second, v, w, ahead, 2 * v * ahead // (w - v))
    for first, second, slow, fast in (
        ("xe đạp", "xe máy", range(10, 17), range(25, 51)),
        ("xe máy", "ô tô", range(30, 46, 5), range(50, 81, 5)),
        ("xe tải", "ô tô con", range(35, 56, 5), range(50, 81, 5)),
    )
    for v in slow
    for w in fast
    for ahead in (1, 2, 3)
    if w > v and 2 * v * ahead % (w - v) == 0 and 2 * v * ahead <= 10 * (w - v)
]


def _catching_up(rng: Random) -> Draft:
    first, second, v, w, ahead, halves = rng.choice(CHASES)
    asked = rng.choice(("distance", "time"))
    hours, distance = decimal(halves * 5, 1), decimal(w * halves * 5, 1)
    ask = (
        f"Hỏi chỗ {second} đuổi kịp {first} cách A bao nhiêu ki-lô-mét?"
        if asked == "distance"
        else f"Hỏi sau bao lâu kể từ khi {second} khởi hành thì {second} đuổi kịp {first}?"
    )
    question = rng.choice(
        (
            f"Một {first} khởi hành từ A với vận tốc {v} km/h. Sau đó {ahead} giờ, một {second} "
            f"cũng khởi hành từ A và đuổi theo với vận tốc {w} km/h. {ask}",
            f"Lúc đầu một {first} đi từ A với vận tốc {v} km/h. {ahead} giờ sau, một {second} đi "
            f"từ A cùng chiều với {first}, vận tốc {w} km/h. {ask}",
        )
    )
    start = (
        f"Gọi thời gian {second} đi đến khi đuổi kịp {first} là x (giờ, x > 0).",
        f"Quãng đường {second} đi được là {w}x (km), quãng đường {first} đi được là "
        f"{v}(x + {ahead}) (km).",
        f"Ta có phương trình: {w}x = {v}(x + {ahead}).",
        f"{w - v}x = {v * ahead}",
        f"x = {hours} (thoả mãn điều kiện).",
    )
    late = decimal((halves + 2 * ahead) * 5, 1)
    steps: tuple[str, ...] = start
    if asked == "distance":
        far = decimal(w * (halves + 2 * ahead) * 5, 1)
        steps = (*start, f"Chỗ gặp nhau cách A là: {w} · {hours} = {distance} (km).")
        slip_steps = (*start, f"Chỗ gặp nhau cách A là: {w} · ({hours} + {ahead}) = {far} (km).")
        answer, slip_answer = f"{distance} km", f"{far} km"
    else:
        slip_steps = (*start, f"Thời gian cần tìm là: {hours} + {ahead} = {late} (giờ).")
        answer, slip_answer = f"{hours} giờ", f"{late} giờ"
    slip = Slip("time_of_the_other", slip_answer, slip_steps)
    return Draft("chase_" + asked, (v, w, ahead), question, steps, answer, (slip,))


def plan_equation(rng: Random) -> Draft:
    """Draw a plan of a a day that, at b a day, ends early and with some more made."""
    team, make, noun = rng.choice(
        (
            ("Một tổ may", "may", "chiếc áo"),
            ("Một phân xưởng", "sản xuất", "sản phẩm"),
            ("Một xưởng mộc", "đóng", "bộ bàn ghế"),
            ("Một đội thợ", "lắp", "chiếc quạt"),
            ("Một cơ sở thủ công", "đan", "chiếc giỏ tre"),
        )
    )
    a, faster = rng.randrange(20, 81, 5), rng.choice((4, 5, 6, 8, 10, 15, 20))
    b = a + faster
    early = rng.randint(1, 4)
    days = early + b * early // faster + rng.randint(0, 8)
    more = b * (days - early) - a * days
    plan = a * days
    extra = f" và còn vượt mức {more} {noun}" if more else ""
    question = rng.choice(
        (
            f"{team} dự định mỗi ngày {make} {a} {noun}. Khi thực hiện, mỗi ngày {make} được {b} "
            f"{noun} nên đã xong trước thời hạn {early} ngày{extra}. "
            f"Tính số {noun} phải {make} theo kế hoạch.",
            f"Theo kế hoạch, {team.lower()} phải {make} mỗi ngày {a} {noun}. Thực tế mỗi ngày "
            f"{make} được {b} {noun}, do đó hoàn thành sớm {early} ngày{extra}. "
            f"Hỏi theo kế hoạch phải {make} bao nhiêu {noun}?",
        )
    )
    start = f"Gọi số {noun} phải {make} theo kế hoạch là x (x nguyên dương)."
    gap = Fraction(1, a) - Fraction(1, b)

    def steps(added: int, result: int) -> tuple[str, ...]:
        top = f"({polynomial((1, 'x'), (added, ''))})" if added else "x"
        return (
            start,
            f"Thời gian dự định là x/{a} (ngày), thời gian thực tế là {top}/{b} (ngày).",
            f"Ta có phương trình: x/{a} - {top}/{b} = {early}.",
            f"Suy ra x · {gap} = {early + Fraction(added, b)}, do đó x = {grouped(result)} (thoả "
            "mãn điều kiện).",
        )

    answer = f"{grouped(plan)} {noun}"
    slips = []
    for mistake, added in (("extra_forgotten", 0), ("extra_subtracted", -more)):
        result = (early + Fraction(added, b)) / gap
        if result > 0 and result.denominator == 1:
            slip_answer = f"{grouped(int(result))} {noun}"
            slips.append(Slip(mistake, slip_answer, steps(added, int(result))))
    numbers = (a, b, early, more)
    return Draft("", numbers, question, steps(more, plan), answer, wrong(answer, *slips))


WATERED = [
    (mass, p, q)
    for mass in range(50, 1001, 50)
    for p in range(4, 31)
    for q in range(2, p)
    if mass * (p - q) % q == 0 and mass * (p - q) <= 1500 * q
]
ENRICHED = [
    (mass, p, r)
    for mass in range(50, 1001, 10)
    for p in range(4, 26)
    for r in range(p + 1, 51)
    if mass * (r - p) % (100 - r) == 0 and mass * p % 100 == 0
]


def mixture(rng: Random) -> Draft:
    solute = rng.choice(("muối", "đường"))
    name = f"dung dịch {'nước muối' if solute == 'muối' else 'nước đường'}"
    water = rng.random() < 0.5
    mass, p, q = rng.choice(WATERED if water else ENRICHED)
    added = mass * (p - q) // q if water else mass * (q - p) // (100 - q)
    what = "nước" if water else solute
    question = rng.choice(
        (
            f"Có {mass} g {name} nồng độ {p}%. Hỏi phải thêm bao nhiêu gam {what} để được dung "
            f"dịch nồng độ {q}%?",
            f"Bạn {rng.choice(NAMES)} có {mass} g {name} {p}% và muốn pha thành dung dịch {q}%. "
            f"Tính khối lượng {what} cần thêm vào.",
            f"Cần thêm vào {mass} g {name} {p}% bao nhiêu gam {what} thì được dung dịch {q}%?",
        )
    )
    held = decimal(mass * p, 2)
    start = (
        f"Gọi khối lượng {what} cần thêm là x (g, x > 0).",
        f"Khối lượng {solute} lúc đầu là: {mass} · {p}% = {held} (g).",
    )
    answer = f"{added} g"
    left = held if water else f"{held} + x"
    end = f"Giải phương trình, ta được x = {added} (thoả mãn điều kiện)."
    steps = (*start, f"Ta có phương trình: {left} = {q}% · ({mass} + x).", end)
    if water:
        whole = mass + added
        slip = Slip(
            "whole_for_the_added",
            f"{whole} g",
            (*start, f"Ta có phương trình: {held} = {q}% · x.", f"Suy ra x = {whole}."),
        )
        return Draft("water", (mass, p, q), question, steps, answer, (slip,))
    lost = decimal(mass * (q - p), 2)
    slip_end = (f"Ta có phương trình: {held} + x = {q}% · {mass}.", f"Suy ra x = {lost}.")
    slip = Slip("added_mass_forgotten", f"{lost} g", (*start, *slip_end))
    return Draft("solute", (mass, p, q), question, steps, answer, (slip,))


GOODS = (
    ("chiếc áo khoác", 15, 90),
    ("đôi giày", 20, 120),
    ("chiếc ba lô", 15, 60),
    ("chiếc nồi cơm điện", 50, 200),
    ("chiếc quạt điện", 30, 150),
    ("chiếc xe đạp", 150, 500),
    ("bộ sách", 10, 50),
)


def percent_price(rng: Random) -> Draft:
    noun, low, high = rng.choice(GOODS)
    price = 10_000 * rng.randint(low, high)
    p = rng.choice((5, 10, 15, 20, 25, 30, 40, 50))
    q = rng.choice((0, 0, 5, 10, 20))
    paid = price * (100 - p) * (100 - q) // 10_000
    buyer = rng.choice(
        (f"Cô {rng.choice(WOMEN)}", f"Chị {rng.choice(WOMEN)}", f"Anh {rng.choice(MEN)}")
    )
    again = f", sau đó được giảm thêm {q}% trên giá đã giảm" if q else ""
    question = rng.choice(
        (
            f"{buyer} mua một {noun} được giảm giá {p}%{again} và phải trả {grouped(paid)} đồng. "
            f"Hỏi giá niêm yết của {noun} là bao nhiêu?",
            f"Một {noun} được giảm giá {p}% so với giá niêm yết{again} nên chỉ còn "
            f"{grouped(paid)} đồng. Tính giá niêm yết của {noun}.",
            f"Sau khi giảm giá {p}%{again.replace('sau đó được', 'rồi')}, một {noun} có giá bán "
            f"{grouped(paid)} đồng. Tìm giá của {noun} trước khi giảm.",
        )
    )
    start = f"Gọi giá niêm yết của {noun} là x (đồng, x > 0)."
    shares = decimal(100 - p, 2) + (f" · {decimal(100 - q, 2)}" if q else "")
    first = f"Sau khi giảm {p}%, giá còn lại là x - {p}%x = {decimal(100 - p, 2)}x (đồng)."
    second = [f"Giảm thêm {q}% thì còn {shares} · x (đồng)."] * (q > 0)
    kept = (100 - p) * (100 - q)

    def steps(kept: int, *between: str) -> tuple[str, ...]:
        value = Fraction(paid * 10_000, kept)
        equation = f"Ta có phương trình: {decimal(kept, 4)}x = {grouped(paid)}."
        return start, *between, equation, f"Suy ra x = {grouped(int(value))} (thoả mãn điều kiện)."

    answer = f"{grouped(price)} đồng"
    base = decimal(paid * (100 + p + q), 2)
    raised = f"Giá niêm yết là: {grouped(paid)} · {100 + p + q}% = {base} (đồng)."
    slips = [Slip("percent_of_the_reduced_price", f"{base} đồng", (raised,))]
    joined = 100 * (100 - p - q)
    if q and paid * 10_000 % joined == 0:
        text = f"Giá giảm tất cả {p}% + {q}% = {p + q}%."
        slip_answer = f"{grouped(paid * 10_000 // joined)} đồng"
        slips.append(Slip("percents_added", slip_answer, steps(joined, text)))
    numbers = (price, p, q)
    return Draft("", numbers, question, steps(kept, first, *second), answer, wrong(answer, *slips))


KINDS = {
    "age_equation": Kind(8, "ALG.LINEAR", "an age by a linear equation", age_equation, 2),
    "motion_equation": Kind(8, "ALG.LINEAR", "a way or a time by an equation", motion_equation, 3),
    "plan_equation": Kind(8, "ALG.LINEAR", "a plan that was exceeded", plan_equation, 3),
    "mixture": Kind(8, "NUM.PERCENT", "what to add to a solution", mixture, 3),
    "percent_price": Kind(8, "NUM.PERCENT", "the price before a reduction", percent_price, 2),
}
