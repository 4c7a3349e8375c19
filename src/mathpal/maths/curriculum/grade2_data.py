"""Grade 2: broken lines, pictographs, what is certain, possible and impossible."""

from random import Random

from mathpal.maths.curriculum.drawing import NAMES, Draft, Kind, Slip, step

SHAPES = (
    ("đường gấp khúc", "Độ dài đường gấp khúc", "ABCD", ("AB", "BC", "CD")),
    ("đường gấp khúc", "Độ dài đường gấp khúc", "MNPQ", ("MN", "NP", "PQ")),
    ("hình tam giác", "Chu vi hình tam giác", "ABC", ("AB", "BC", "CA")),
    ("hình tam giác", "Chu vi hình tam giác", "MNP", ("MN", "NP", "PM")),
    ("hình tứ giác", "Chu vi hình tứ giác", "ABCD", ("AB", "BC", "CD", "DA")),
)


def broken_line(rng: Random) -> Draft:
    shape, what, name, sides = rng.choice(SHAPES)
    unit = rng.choice(("cm", "dm", "m"))
    shortest = rng.randint(5, 40)
    lengths = [shortest + rng.randint(0, shortest - 1) for _ in sides]
    listed = ", ".join(f"{side} = {n} {unit}" for side, n in zip(sides, lengths, strict=True))
    asked = f"{what[0].lower()}{what[1:]}"
    question = rng.choice(
        (
            f"Tính {asked} {name}, biết {listed}.",
            f"Cho {shape} {name} có {listed}. Tính {asked} {name}.",
            f"{shape[0].upper()}{shape[1:]} {name} có {listed}. Hỏi {asked} {name} là bao nhiêu?",
        )
    )
    whole, fewer = sum(lengths), sum(lengths[:-1])
    slip = step(f"{what} {name}", " + ".join(map(str, lengths[:-1])), fewer, unit)
    steps = (step(f"{what} {name}", " + ".join(map(str, lengths)), whole, unit),)
    return Draft(
        shape,
        tuple(lengths),
        question,
        steps,
        f"{whole} {unit}",
        (Slip("side_forgotten", f"{fewer} {unit}", (slip,)),),
    )


PICTURES = (
    ("hình tròn", "con gà", "con", "nhà {}"),
    ("ngôi sao", "bông hoa tốt", "bông", "bạn {}"),
    ("hình vuông", "quyển sách đã đọc", "quyển", "bạn {}"),
    ("chiếc lá", "cây đã trồng", "cây", "bạn {}"),
)


def pictograph(rng: Random) -> Draft:
    picture, noun, unit, whose = rng.choice(PICTURES)
    worth = rng.choice((2, 5, 10))
    a, b = sorted(rng.sample(range(2, 13), 2), reverse=True)
    one, other = (whose.format(name) for name in rng.sample(NAMES, 2))
    lead = (
        f"Trên biểu đồ tranh, mỗi {picture} biểu diễn {worth} {noun}. "
        f"Hàng của {one} có {a} {picture}, hàng của {other} có {b} {picture}."
    )
    variant, asked, sign, pictures, what = rng.choice(
        (
            ("+", f"Hỏi {one} và {other} có tất cả bao nhiêu {noun}?", "+", a + b, "cả hai hàng"),
            ("-", f"Hỏi {one} có nhiều hơn {other} bao nhiêu {noun}?", "-", a - b, "nhiều hơn"),
        )
    )
    counted = step(f"Số {picture} {what}", f"{a} {sign} {b}", pictures, picture.split()[0])
    steps = (counted, step(f"Số {noun}", f"{worth} × {pictures}", worth * pictures, unit))
    slips = (
        Slip("pictures_counted", f"{pictures} {noun}", (counted,)),
        Slip("added", f"{worth + pictures} {noun}"),
    )
    answer = f"{worth * pictures} {noun}"
    return Draft(variant, (worth, a, b), f"{lead} {asked}", steps, answer, slips)


COLOURS = ("đỏ", "xanh", "vàng", "trắng", "đen", "tím", "hồng", "nâu")
DRAWN = ("quả bóng", "viên bi", "cái nơ", "chiếc bút", "tấm thẻ")


def chance_words(rng: Random) -> Draft:
    a, b = rng.randint(2, 9), rng.randint(2, 9)
    i, j, k = rng.sample(range(len(COLOURS)), 3)
    one, other, absent = COLOURS[i], COLOURS[j], COLOURS[k]
    thing, name = rng.choice(DRAWN), rng.choice(NAMES)
    variant, word = rng.choice((("certain", "chắc chắn"), ("impossible", "không thể")))
    statements = {
        "certain": f"{name} lấy được {thing} màu {one} hoặc màu {other}.",
        "impossible": f"{name} lấy được {thing} màu {absent}.",
        one: f"{name} lấy được {thing} màu {one}.",
        other: f"{name} lấy được {thing} màu {other}.",
    }
    order = rng.sample(list(statements), 4)
    at = order.index(variant) + 1
    listed = "\n".join(f"({n}) {statements[key]}" for n, key in enumerate(order, 1))
    bag = rng.choice(("hộp", "túi"))
    question = (
        f"Trong {bag} có {a} {thing} màu {one} và {b} {thing} màu {other}. Không nhìn vào {bag}, "
        f"{name} lấy ra 1 {thing}. Câu nào nói về điều {word} xảy ra?\n{listed}"
    )
    reason = {
        "certain": f"Trong {bag} chỉ có {thing} màu {one} và màu {other}, nên chắc chắn lấy được "
        "một trong hai màu đó.",
        "impossible": f"Trong {bag} không có {thing} màu {absent}, nên không thể lấy được màu đó.",
    }[variant]
    steps = (reason, f"Điều {word} xảy ra là ở câu {at}.")
    slips = tuple(
        Slip("chance_confused", f"câu {n}", (f"Điều {word} xảy ra là ở câu {n}.",))
        for n in range(1, 5)
        if n != at
    )
    return Draft(variant, (a, b, i, j, k), question, steps, f"câu {at}", slips)


KINDS = {
    "broken_line": Kind(
        2, "GEO.LENGTH", "the length of a broken line, the perimeter of a polygon", broken_line
    ),
    "pictograph": Kind(2, "STA.DATA", "amounts read from a pictograph", pictograph, 2),
    "chance_words": Kind(2, "STA.PROB", "what is certain or impossible", chance_words),
}
