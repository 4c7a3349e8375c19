"""Grade 3: money, grams, lengths in two units, squares and rectangles, the clock."""

from random import Random

from mathpal.maths.curriculum.drawing import NAMES, Draft, Kind, Slip, step
from mathpal.maths.curriculum.formulas import grouped

GOODS = (
    ("quyển vở", range(7, 16)),
    ("chiếc bút chì", range(3, 8)),
    ("cái thước kẻ", range(4, 9)),
    ("hộp sữa", range(6, 10)),
    ("cái bánh mì", range(10, 21)),
    ("quả trứng", range(3, 5)),
    ("cục tẩy", range(3, 8)),
    ("gói kẹo", range(8, 21)),
)
NOTES = (20, 50, 100, 200)


def money(rng: Random) -> Draft:
    noun, prices = rng.choice(GOODS)
    price, num = rng.choice(prices) * 1000, rng.randint(2, 6)
    cost = price * num
    note = rng.choice([n * 1000 for n in NOTES if cost < n * 1000 <= 6 * cost])
    name = rng.choice(NAMES)
    paid = f"{note // 1000} nghìn đồng" if rng.random() < 0.3 else f"{grouped(note)} đồng"
    question = rng.choice(
        (
            f"{name} mua {num} {noun}, mỗi {noun} giá {grouped(price)} đồng. {name} đưa cho người "
            f"bán hàng {paid}. Hỏi người bán hàng trả lại {name} bao nhiêu tiền?",
            f"Giá một {noun} là {grouped(price)} đồng. {name} mua {num} {noun} và đưa {paid}. "
            f"Hỏi {name} được trả lại bao nhiêu đồng?",
            f"{name} có {paid}. {name} mua {num} {noun} giá {grouped(price)} đồng một {noun}. "
            f"Hỏi {name} còn lại bao nhiêu đồng?",
        )
    )
    spent = step(f"Số tiền mua {num} {noun}", f"{grouped(price)} × {num}", grouped(cost), "đồng")
    what = "Số tiền còn lại" if "còn lại" in question else "Số tiền được trả lại"
    one = note - price
    steps = (spent, step(what, f"{grouped(note)} - {grouped(cost)}", grouped(note - cost), "đồng"))
    wrong = step(what, f"{grouped(note)} - {grouped(price)}", grouped(one), "đồng")
    slips = (
        Slip("last_step_forgotten", f"{grouped(cost)} đồng", (spent,)),
        Slip("one_item_only", f"{grouped(one)} đồng", (wrong,)),
    )
    answer = f"{grouped(note - cost)} đồng"
    return Draft("", (price, num, note), question, steps, answer, slips)


FOODS = ("gói bánh", "hộp mứt", "quả xoài", "chai nước mắm", "lon sữa")


def grams(rng: Random) -> Draft:
    thing, each, num = rng.choice(FOODS), rng.randrange(110, 480, 10), rng.randint(2, 4)
    draw = _grams_left if rng.random() < 0.5 else _grams_packed
    return draw(rng, thing, each, num)


def _grams_left(rng: Random, thing: str, each: int, num: int) -> Draft:
    whole = each * num
    kilos = whole // 1000 + rng.randint(1, 2)
    full, name = kilos * 1000, rng.choice(NAMES)
    question, left = rng.choice(
        (
            (
                f"Một túi hàng nặng {kilos} kg gồm {num} {thing}, mỗi {thing} nặng {each} g, còn "
                "lại là gạo. Hỏi trong túi có bao nhiêu gam gạo?",
                "gạo",
            ),
            (
                f"{name} có {kilos} kg hàng, trong đó có {num} {thing}, mỗi {thing} cân nặng "
                f"{each} g, còn lại là đường. Hỏi có bao nhiêu gam đường?",
                "đường",
            ),
        )
    )
    what, turned = f"Số gam {left}", f"{kilos} kg = {full} g"
    packed = step(f"{num} {thing} cân nặng số gam", f"{each} × {num}", whole, "g")
    wrong = step(what, f"{full} - {each}", full - each, "g")
    steps = (turned, packed, step(what, f"{full} - {whole}", full - whole, "g"))
    slips = (
        Slip("last_step_forgotten", f"{whole} g", (turned, packed)),
        Slip("one_item_only", f"{full - each} g", (turned, wrong)),
    )
    return Draft("left", (each, num, kilos), question, steps, f"{full - whole} g", slips)


def _grams_packed(rng: Random, thing: str, each: int, num: int) -> Draft:
    box, whole, name = rng.randrange(50, 300, 10), each * num, rng.choice(NAMES)
    question, owner = rng.choice(
        (
            (
                f"Một cái hộp rỗng cân nặng {box} g. Trong hộp có {num} {thing}, mỗi {thing} cân "
                f"nặng {each} g. Hỏi cả hộp cân nặng bao nhiêu gam?",
                "hộp",
            ),
            (
                f"{name} xếp {num} {thing} vào một cái giỏ. Mỗi {thing} nặng {each} g, cái giỏ "
                f"nặng {box} g. Hỏi cả giỏ nặng bao nhiêu gam?",
                "giỏ",
            ),
        )
    )
    packed = step(f"{num} {thing} cân nặng số gam", f"{each} × {num}", whole, "g")
    what = f"Cả {owner} cân nặng số gam"
    wrong = step(what, f"{each} + {box}", each + box, "g")
    slips = (
        Slip("box_forgotten", f"{whole} g", (packed,)),
        Slip("one_item_only", f"{each + box} g", (wrong,)),
    )
    steps = (packed, step(what, f"{whole} + {box}", whole + box, "g"))
    return Draft("all", (each, num, box), question, steps, f"{whole + box} g", slips)


LENGTHS = (("km", "m", 1000), ("m", "cm", 100), ("m", "dm", 10), ("dm", "cm", 10), ("cm", "mm", 10))


def lengths_in_two_units(rng: Random) -> Draft:
    big, small, ratio = rng.choice(LENGTHS)
    a = rng.randint(2, 9)
    b = rng.randint(1, 9) * (ratio // 10) if ratio == 1000 else rng.randint(1, ratio - 1)
    whole = a * ratio + b
    name = rng.choice(NAMES)
    thing, owner, use = {
        "km": ("Con đường", "từ làng ra tỉnh", "đã sửa xong"),
        "m": ("Sợi dây", f"của {name}", "đã cắt đi"),
        "dm": ("Tấm ván", f"của bác {name}", "đã cưa đi"),
        "cm": ("Cây bút chì", f"của {name}", "đã gọt đi"),
    }[big]
    misjudged = 10 if ratio == 100 else 100
    wrong = a * misjudged + b
    turned = _in_one_unit(a, big, b, small, ratio)
    mistaken = _in_one_unit(a, big, b, small, misjudged)
    if rng.random() < 0.4:
        question = rng.choice(
            (
                f"Điền số thích hợp vào chỗ chấm: {a} {big} {b} {small} = ... {small}",
                f"{a} {big} {b} {small} bằng bao nhiêu {small}?",
                f"{name} đổi {a} {big} {b} {small} ra {small}. Kết quả đúng là bao nhiêu?",
                f"Đổi {a} {big} {b} {small} ra đơn vị {small}.",
            )
        )
        slips: tuple[Slip, ...] = (
            Slip("wrong_factor", f"{grouped(wrong)} {small}", (mistaken,)),
            Slip("units_ignored", f"{a + b} {small}"),
        )
        return Draft(big + small, (a, b), question, (turned,), f"{grouped(whole)} {small}", slips)
    used = rng.randint(1, 9) * ratio // 10 if ratio > 10 else rng.randint(2, 9)
    question = (
        f"{thing} {owner} dài {a} {big} {b} {small}, {use} {used} {small}. "
        f"Hỏi {thing.lower()} còn lại dài bao nhiêu {small}?"
    )
    what = f"{thing} còn lại dài số {small}"
    steps = (turned, step(what, f"{grouped(whole)} - {used}", grouped(whole - used), small))
    slip = Slip(
        "wrong_factor",
        f"{grouped(wrong - used)} {small}",
        (mistaken, step(what, f"{grouped(wrong)} - {used}", grouped(wrong - used), small)),
    )
    slips = (slip,) if wrong > used else ()
    slips += (Slip("last_step_forgotten", f"{grouped(whole)} {small}", (turned,)),)
    return Draft(
        big + small + "-", (a, b, used), question, steps, f"{grouped(whole - used)} {small}", slips
    )


def _in_one_unit(a: int, big: str, b: int, small: str, ratio: int) -> str:
    return (
        f"{a} {big} {b} {small} = {grouped(a * ratio)} {small} + {b} {small} "
        f"= {grouped(a * ratio + b)} {small}"
    )


def rectangle_area(rng: Random) -> Draft:
    width = rng.randint(3, 20)
    length = width + rng.randint(1, 20)
    name = rng.choice(NAMES)
    noun = rng.choice(("hình chữ nhật", "tờ giấy màu", "tấm bìa", "miếng gỗ", "bức tranh"))
    owner = f" hình chữ nhật của {name}" if noun != "hình chữ nhật" else ""
    question = rng.choice(
        (
            f"Một {noun}{owner} có chiều dài {length} cm, chiều rộng {width} cm. "
            f"Tính diện tích {noun} đó.",
            f"Tính diện tích một {noun}{owner}, biết chiều rộng {width} cm, chiều dài {length} cm.",
            f"{noun[0].upper()}{noun[1:]}{owner} dài {length} cm và rộng {width} cm. "
            f"Hỏi diện tích {noun} đó là bao nhiêu xăng-ti-mét vuông?",
        )
    )
    what = f"Diện tích {noun}"
    around = 2 * (length + width)
    slips = (
        Slip(
            "perimeter_for_area",
            f"{around} cm²",
            (step(what, f"({length} + {width}) × 2", around, "cm²"),),
        ),
        Slip(
            "sides_added",
            f"{length + width} cm²",
            (step(what, f"{length} + {width}", length + width, "cm²"),),
        ),
    )
    steps = (step(what, f"{length} × {width}", length * width, "cm²"),)
    return Draft("", (length, width), question, steps, f"{length * width} cm²", slips)


SQUARES = (
    ("hình vuông", "cm", ""),
    ("viên gạch", "cm", " hình vuông"),
    ("tấm bìa", "cm", " hình vuông của {}"),
    ("mảnh vườn", "m", " hình vuông của bác {}"),
    ("sân chơi", "m", " hình vuông của trường bạn {}"),
    ("khăn trải bàn", "cm", " hình vuông của bà {}"),
)


def square(rng: Random) -> Draft:
    noun, unit, owner = rng.choice(SQUARES)
    thing = noun + owner.format(rng.choice(NAMES))
    draw = rng.choice((_square_perimeter, _square_side, _square_area))
    return draw(rng, noun, thing, unit, rng.randint(3, 60))


def _square_perimeter(rng: Random, noun: str, thing: str, unit: str, side: int) -> Draft:
    question = rng.choice(
        (
            f"Tính chu vi một {thing} có cạnh {side} {unit}.",
            f"Một {thing} có cạnh dài {side} {unit}. Hỏi chu vi {noun} đó là bao nhiêu?",
        )
    )
    what = f"Chu vi {noun}"
    wrong = step(what, f"{side} × 2", 2 * side, unit)
    slips = (
        Slip("two_sides_only", f"{2 * side} {unit}", (wrong,)),
        Slip("area_for_perimeter", f"{side * side} {unit}"),
    )
    steps = (step(what, f"{side} × 4", 4 * side, unit),)
    return Draft("around", (side,), question, steps, f"{4 * side} {unit}", slips)


def _square_side(rng: Random, noun: str, thing: str, unit: str, side: int) -> Draft:
    around = 4 * side
    question = rng.choice(
        (
            f"Một {thing} có chu vi {around} {unit}. Tính độ dài cạnh {noun} đó.",
            f"Biết chu vi một {thing} là {around} {unit}. Hỏi cạnh {noun} đó dài bao nhiêu?",
        )
    )
    what = f"Cạnh {noun}"
    wrong = step(what, f"{around} : 2", 2 * side, unit)
    steps = (step(what, f"{around} : 4", side, unit),)
    slips = (Slip("halved", f"{2 * side} {unit}", (wrong,)),)
    return Draft("side", (around,), question, steps, f"{side} {unit}", slips)


def _square_area(rng: Random, noun: str, thing: str, unit: str, side: int) -> Draft:
    around = 4 * side
    question = rng.choice(
        (
            f"Một {thing} có chu vi {around} {unit}. Tính diện tích {noun} đó.",
            f"Tính diện tích một {thing}, biết chu vi của nó là {around} {unit}.",
            f"Chu vi của một {thing} là {around} {unit}. Hỏi diện tích {noun} đó là bao nhiêu?",
        )
    )
    what, squared = f"Diện tích {noun}", f"{unit}²"
    length = step(f"Cạnh {noun}", f"{around} : 4", side, unit)
    steps = (length, step(what, f"{side} × {side}", side * side, squared))
    wrong = step(what, f"{around} × 4", around * 4, squared)
    slips = (
        Slip("side_for_area", f"{side} {squared}", (length,)),
        Slip("perimeter_as_side", f"{around * 4} {squared}", (wrong,)),
    )
    return Draft("area", (around,), question, steps, f"{side * side} {squared}", slips)


ACTIVITIES = (
    ("Buổi xem phim", 60, 110),
    ("Trận bóng đá", 40, 95),
    ("Buổi tập bơi", 35, 70),
    ("Giờ học vẽ", 40, 80),
    ("Chuyến xe buýt", 25, 75),
    ("Buổi sinh hoạt câu lạc bộ", 45, 100),
)


def clock(rng: Random) -> Draft:
    activity, shortest, longest = rng.choice(ACTIVITIES)
    start = rng.randrange(7, 18) * 60 + rng.randrange(0, 60, 5)
    lasts = rng.randrange(shortest, longest + 1, 5)
    end, name = start + lasts, rng.choice(NAMES)
    began, ended = _time(start), _time(end)
    whose = f"{activity} của {name}"
    if rng.random() < 0.5:
        question = rng.choice(
            (
                f"{whose} bắt đầu lúc {began} và kéo dài {lasts} phút. Hỏi kết thúc lúc mấy giờ?",
                f"{whose} kéo dài {lasts} phút, bắt đầu từ {began}. Hỏi đến mấy giờ thì kết thúc?",
            )
        )
        hours, minutes = divmod(start, 60)
        total = minutes + lasts
        over = f" = {_time(end)}" if total >= 60 else ""
        sum_line = f"{began} + {lasts} phút = {hours} giờ {total} phút{over}"
        steps = (f"{activity} kết thúc lúc:\n{sum_line}",)
        slips = (
            Slip("hour_forgotten", _time(end - 60)),
            Slip("hour_too_many", _time(end + 60)),
            Slip("hundred_minutes", _time(end - 40) if total >= 100 else _time(end - 20)),
        )
        return Draft("end", (start, lasts), question, steps, ended, slips)
    question = rng.choice(
        (
            f"{whose} bắt đầu lúc {began} và kết thúc lúc {ended}. Hỏi kéo dài bao nhiêu phút?",
            f"{whose} diễn ra từ {began} đến {ended}. Hỏi diễn ra trong bao nhiêu phút?",
        )
    )
    hours, minutes = divmod(lasts, 60)
    spoken = f"{_time(lasts)} = {lasts} phút" if hours else f"{lasts} phút"
    steps = (f"{activity} kéo dài:\n{ended} - {began} = {spoken}",)
    slips = (
        Slip("hundred_minutes", f"{100 * hours + minutes} phút"),
        Slip("borrowed_hundred", f"{lasts + 40} phút"),
        Slip("minutes_only", f"{abs(end % 60 - start % 60) or 60} phút"),
    )
    return Draft("lasts", (start, lasts), question, steps, f"{lasts} phút", slips)


def _time(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if hours == 0:
        return f"{rest} phút"
    return f"{hours} giờ {rest} phút" if rest else f"{hours} giờ"


KINDS = {
    "money": Kind(3, "GEO.MONEY", "the change after buying several things", money, 2),
    "grams": Kind(3, "GEO.MASS", "grams packed together, kilograms made grams", grams, 2),
    "lengths_in_two_units": Kind(
        3, "GEO.LENGTH", "lengths in two units turned into one", lengths_in_two_units
    ),
    "rectangle_area": Kind(3, "GEO.AREA", "the area of a rectangle", rectangle_area),
    "square": Kind(3, "GEO.AREA", "perimeter, side and area of a square", square, 2),
    "clock": Kind(3, "GEO.TIME", "when something ends, how long it lasts", clock, 2),
}
