"""Grade 6, numbers in use: temperatures and profits, fractions of an amount, percentages."""

from fractions import Fraction
from math import gcd
from random import Random

from mathpal.maths.curriculum.drawing import NAMES, WOMEN, Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import decimal, grouped
from mathpal.maths.curriculum.formulas import wrong as differing
from mathpal.maths.curriculum.grade6_notation import signed

COLD_PLACES = ("Sa Pa", "Mẫu Sơn", "Bắc Kinh", "Seoul", "Thượng Hải")
ITEMS = (
    ("chiếc áo", 120, 400),
    ("đôi giày", 250, 800),
    ("chiếc ba lô", 180, 600),
    ("chiếc quạt điện", 300, 900),
    ("bộ sách", 80, 300),
    ("chiếc nồi cơm điện", 500, 1500),
)


def integer_changes(rng: Random) -> Draft:
    start = rng.choice((*range(-9, 0), *range(1, 7)))
    up, down = rng.randint(2, 9), rng.randint(4, 15)
    name = rng.choice(NAMES)
    place = rng.choice(COLD_PLACES)
    metres, million = 10 * start - 200, 10 * start
    context = rng.randrange(3)
    if context == 0:
        question = (
            f"Nhiệt độ buổi sáng ở {place} là {start} °C. Đến trưa nhiệt độ tăng {up} °C, "
            f"đến đêm lại giảm {down} °C. Hỏi nhiệt độ ban đêm ở {place} là bao nhiêu?"
        )
        what, unit = "Nhiệt độ ban đêm", "°C"
    elif context == 1:
        start, up, down = metres, 10 * up, 10 * down
        question = (
            f"Một tàu ngầm đang ở độ cao {start} m so với mực nước biển. Tàu nổi lên {up} m rồi "
            f"lặn xuống {down} m. Hỏi khi đó tàu ở độ cao bao nhiêu mét so với mực nước biển?"
        )
        what, unit = "Độ cao của tàu khi đó", "m"
    else:
        start, up, down = million, 10 * up, 10 * down
        question = (
            f"Quý I, cửa hàng của gia đình {name} có lợi nhuận {start} triệu đồng. Quý II có lợi "
            f"nhuận {up} triệu đồng, quý III có lợi nhuận -{down} triệu đồng. "
            "Tính tổng lợi nhuận của cửa hàng trong ba quý đó."
        )
        what, unit = "Tổng lợi nhuận trong ba quý", "triệu đồng"
    result = start + up - down
    last = f"+ {signed(-down)}" if context == 2 else f"- {down}"

    def steps(working: str, value: int) -> tuple[str, ...]:
        return (f"{what} là:\n{working} = {value} ({unit})",)

    def slip(mistake: str, working: str, value: int) -> Slip:
        return Slip(mistake, f"{value} {unit}", steps(working, value))

    right, answer = f"{start} + {up} {last}", f"{result} {unit}"
    slips = differing(
        answer,
        slip("sign_lost", right, -result),
        slip("fall_added", f"{start} + {up} + {down}", start + up + down),
        slip("start_taken_opposite", f"{-start} + {up} {last}", -start + up - down),
    )
    return Draft(str(context), (start, up, down), question, steps(right, result), answer, slips)


def fraction_part_whole(rng: Random) -> Draft:
    bottom = rng.randint(3, 12)
    top = rng.choice([n for n in range(2, bottom) if gcd(n, bottom) == 1])
    whole = bottom * rng.randint(4, 40)
    part, name, grown = whole * top // bottom, rng.choice(NAMES), rng.choice(WOMEN)
    share = f"{top}/{bottom}"
    if rng.random() < 0.5:
        question, what, unit = rng.choice(
            (
                (
                    f"Khối 6 có {whole} học sinh, trong đó {share} là học sinh nữ. "
                    "Tính số học sinh nữ của khối 6.",
                    "Số học sinh nữ",
                    "học sinh",
                ),
                (
                    f"Quyển sách của {name} có {whole} trang, {name} đã đọc {share} số trang. "
                    f"Hỏi {name} đã đọc bao nhiêu trang?",
                    f"Số trang {name} đã đọc",
                    "trang",
                ),
                (
                    f"Vườn nhà bác {grown} có {whole} cây, {share} số cây là cây cam. "
                    f"Hỏi vườn nhà bác {grown} có bao nhiêu cây cam?",
                    "Số cây cam",
                    "cây",
                ),
            )
        )
        return _fraction_draft("part", (whole, top, bottom), question, what, unit)
    question, what, unit = rng.choice(
        (
            (
                f"Biết {share} số học sinh khối 6 là {part} em. Hỏi khối 6 có bao nhiêu học sinh?",
                "Số học sinh khối 6",
                "học sinh",
            ),
            (
                f"{name} đã đọc {part} trang, bằng {share} số trang của quyển sách. "
                "Hỏi quyển sách có bao nhiêu trang?",
                "Số trang của quyển sách",
                "trang",
            ),
            (
                f"Cô {grown} bán được {part} kg gạo, bằng {share} số gạo có trong kho. "
                "Hỏi lúc đầu kho có bao nhiêu ki-lô-gam gạo?",
                "Số gạo lúc đầu",
                "kg",
            ),
        )
    )
    return _fraction_draft("whole", (part, top, bottom), question, what, unit)


def _fraction_draft(
    variant: str, numbers: tuple[int, int, int], question: str, what: str, unit: str
) -> Draft:
    amount, share = numbers[0], Fraction(numbers[1], numbers[2])

    def solved(sign: str) -> tuple[str, tuple[str, ...]]:
        result = amount * share if sign == "·" else amount / share
        return f"{result} {unit}", (f"{what} là:\n{amount} {sign} {share} = {result} ({unit})",)

    right, inverse = ("·", ":") if variant == "part" else (":", "·")
    answer, steps = solved(right)
    left = amount - amount * share
    rest = (f"{what} là:\n{amount} · (1 - {share}) = {left} ({unit})",)
    slips = [Slip("operation_confused", *solved(inverse))]
    if variant == "part":
        slips.append(Slip("other_part", f"{left} {unit}", rest))
    return Draft(variant, numbers, question, steps, answer, differing(answer, *slips))


def discount(rng: Random) -> Draft:
    item, low, high = rng.choice(ITEMS)
    price, rate = rng.randrange(low, high + 1, 20) * 1000, rng.randrange(5, 55, 5)
    return rng.choice((_sale_price, _price_before, _rate_of_discount))(rng, item, price, rate)


def _sale_price(rng: Random, item: str, price: int, rate: int) -> Draft:
    off = price * rate // 100
    before, less, after = grouped(price), grouped(off), grouped(price - off)
    question = rng.choice(
        (
            f"Một {item} có giá niêm yết {before} đồng, nay giảm giá {rate}%. "
            f"Hỏi {rng.choice(NAMES)} mua {item} đó phải trả bao nhiêu tiền?",
            f"Nhân dịp khai trương, cửa hàng giảm {rate}% giá một {item}. Biết giá niêm yết là "
            f"{before} đồng. Tính giá của {item} sau khi giảm.",
        )
    )
    first = f"Số tiền được giảm là:\n{before} · {rate}% = {less} (đồng)"
    last, added = "Giá sau khi giảm là:\n", grouped(price + off)
    answer = f"{after} đồng"
    slips = differing(
        answer,
        Slip("discount_as_price", f"{less} đồng", (first,)),
        Slip(
            "discount_added",
            f"{added} đồng",
            (first, f"{last}{before} + {less} = {added} (đồng)"),
        ),
    )
    steps = (first, f"{last}{before} - {less} = {after} (đồng)")
    return Draft("after", (price, rate), question, steps, answer, slips)


def _price_before(rng: Random, item: str, price: int, rate: int) -> Draft:
    sale = price * (100 - rate) // 100
    before, after, left = grouped(price), grouped(sale), 100 - rate
    question = rng.choice(
        (
            f"Sau khi giảm giá {rate}%, một {item} được bán với giá {after} đồng. "
            f"Tính giá ban đầu của {item}.",
            f"Nhờ cửa hàng giảm giá {rate}%, {rng.choice(NAMES)} mua một {item} chỉ hết {after} "
            f"đồng. Hỏi giá ban đầu của {item} là bao nhiêu?",
        )
    )
    answer = f"{before} đồng"
    steps = (
        f"Giá sau khi giảm bằng: 100% - {rate}% = {left}% (giá ban đầu)",
        f"Giá ban đầu là:\n{after} : {left}% = {before} (đồng)",
    )
    wrong = grouped(sale + sale * rate // 100)
    line = f"Giá ban đầu là:\n{after} + {after} · {rate}% = {wrong} (đồng)"
    slip = Slip("percent_of_the_wrong_whole", f"{wrong} đồng", (line,))
    return Draft("before", (sale, rate), question, steps, answer, differing(answer, slip))


def _rate_of_discount(rng: Random, item: str, price: int, rate: int) -> Draft:
    off = price * rate // 100
    before, less, after = grouped(price), grouped(off), grouped(price - off)
    question = rng.choice(
        (
            f"Một {item} giá {before} đồng nay chỉ còn {after} đồng. "
            f"Hỏi {item} đã được giảm giá bao nhiêu phần trăm?",
            f"Cửa hàng hạ giá một {item} từ {before} đồng xuống {after} đồng. "
            "Hỏi cửa hàng đã giảm giá bao nhiêu phần trăm?",
        )
    )
    answer, left = f"{rate}%", 100 - rate
    steps = (
        f"Số tiền được giảm là:\n{before} - {after} = {less} (đồng)",
        f"Tỉ số phần trăm giảm giá là:\n{less} : {before} = {rate}%",
    )
    kept = f"Tỉ số phần trăm giảm giá là:\n{after} : {before} = {left}%"
    slips = [Slip("remaining_percent", f"{left}%", (kept,))]
    if 100 * rate % left == 0:
        paid = f"Tỉ số phần trăm giảm giá là:\n{less} : {after} = {100 * rate // left}%"
        slips.append(Slip("percent_of_the_wrong_whole", f"{100 * rate // left}%", (paid,)))
    numbers = (price, price - off)
    return Draft("rate", numbers, question, steps, answer, differing(answer, *slips))


def interest(rng: Random) -> Draft:
    principal, rate = rng.randrange(20, 505, 5) * 1_000_000, rng.randint(40, 75)
    months = rng.choice((12, 12, 6))
    earned = principal * rate // 1000
    paid = earned * months // 12
    percent, put = decimal(rate, 1), grouped(principal)
    saver = f"{rng.choice(('Bác', 'Cô', 'Chị'))} {rng.choice(WOMEN)}"
    both = rng.random() < 0.5
    asked = "cả vốn lẫn lãi" if both else "số tiền lãi"
    question = rng.choice(
        (
            f"{saver} gửi tiết kiệm {put} đồng với lãi suất {percent}%/năm, kì hạn {months} tháng. "
            f"Tính {asked} nhận được khi hết kì hạn.",
            f"Lãi suất tiền gửi kì hạn {months} tháng của một ngân hàng là {percent}%/năm. {saver} "
            f"gửi {put} đồng theo kì hạn đó. Hỏi hết kì hạn, {asked} là bao nhiêu?",
        )
    )
    year = f"Số tiền lãi một năm là:\n{put} · {percent}% = {grouped(earned)} (đồng)"
    half = f"Số tiền lãi 6 tháng là:\n{grouped(earned)} : 2 = {grouped(paid)} (đồng)"
    total = (
        f"Số tiền cả vốn lẫn lãi là:\n{put} + {grouped(paid)} = {grouped(principal + paid)} (đồng)"
    )
    steps = (year, *([half] if months == 6 else []), *([total] if both else []))
    answer = f"{grouped(principal + paid if both else paid)} đồng"
    slips = [
        Slip("principal_forgotten", f"{grouped(paid)} đồng", steps[:-1])
        if both
        else Slip("principal_added", f"{grouped(principal + paid)} đồng", (*steps, total))
    ]
    if months == 6:
        wrong = grouped(principal + earned if both else earned)
        line = f"Số tiền cả vốn lẫn lãi là:\n{put} + {grouped(earned)} = {wrong} (đồng)"
        slips.append(
            Slip("half_year_forgotten", f"{wrong} đồng", (year, *([line] if both else [])))
        )
    variant = f"{months}{'both' if both else ''}"
    return Draft(variant, (principal, rate), question, steps, answer, differing(answer, *slips))


KINDS = {
    "integer_changes": Kind(
        6, "NUM.INT", "a temperature, height or profit that changes", integer_changes
    ),
    "fraction_part_whole": Kind(
        6, "NUM.FRAC", "a fraction of an amount, or the amount from it", fraction_part_whole, 2
    ),
    "discount": Kind(6, "NUM.PERCENT", "a price before or after a discount", discount, 2),
    "interest": Kind(6, "NUM.PERCENT", "interest on savings", interest, 2),
}
