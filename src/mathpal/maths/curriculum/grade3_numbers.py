"""Grade 3: division with remainder, Roman numerals, expressions, times fewer, tables of data."""

from random import Random

from mathpal.maths.curriculum.drawing import NAMES, THINGS, Draft, Kind, Slip, factors, step


def division_with_remainder(rng: Random) -> Draft:
    each, boxes = rng.randint(3, 9), rng.randint(3, 19)
    draw = rng.choice((_bare_division, _full_boxes, _boxes_needed))
    return draw(rng, each, boxes, rng.randint(1, each - 1))


def _bare_division(rng: Random, each: int, quotient: int, rest: int) -> Draft:
    whole, name = each * quotient + rest, rng.choice(NAMES)
    question = rng.choice(
        (
            f"Tính: {whole} : {each}",
            f"Tìm thương và số dư của phép chia {whole} : {each}.",
            f"{name} thực hiện phép chia {whole} : {each}. Tìm thương và số dư.",
        )
    )
    less, more = quotient - 1, rest + each
    slips = (
        Slip("remainder_forgotten", f"{quotient} dư 0", (f"{whole} : {each} = {quotient}",)),
        Slip(
            "remainder_too_large", f"{less} dư {more}", (f"{whole} : {each} = {less} (dư {more})",)
        ),
    )
    steps = (f"{whole} : {each} = {quotient} (dư {rest})",)
    return Draft("", (whole, each), question, steps, f"{quotient} dư {rest}", slips)


def _full_boxes(rng: Random, each: int, boxes: int, rest: int) -> Draft:
    whole, name = each * boxes + rest, rng.choice(NAMES)
    _, noun, box = rng.choice(THINGS)
    question = rng.choice(
        (
            f"Có {whole} {noun} xếp vào các {box}, mỗi {box} {each} {noun}. Hỏi xếp được nhiều "
            f"nhất bao nhiêu {box} và còn thừa bao nhiêu {noun}?",
            f"{name} có {whole} {noun}. {name} xếp mỗi {box} {each} {noun}. Hỏi {name} xếp đầy "
            f"được bao nhiêu {box} và còn thừa bao nhiêu {noun}?",
        )
    )
    steps = (
        f"Ta có: {whole} : {each} = {boxes} (dư {rest})",
        f"Vậy xếp được {boxes} {box} và còn thừa {rest} {noun}.",
    )
    slips = (
        Slip("remainder_as_quotient", f"{rest} {box}, thừa {boxes} {noun}", steps[:1]),
        Slip(
            "remainder_too_large",
            f"{boxes - 1} {box}, thừa {rest + each} {noun}",
            (f"Ta có: {whole} : {each} = {boxes - 1} (dư {rest + each})",),
        ),
    )
    answer = f"{boxes} {box}, thừa {rest} {noun}"
    return Draft("", (whole, each), question, steps, answer, slips)


def _boxes_needed(rng: Random, each: int, boxes: int, rest: int) -> Draft:
    whole = each * boxes + rest
    people, seat = rng.choice(
        (("học sinh", "xuồng"), ("khách", "bàn"), ("học sinh", "lều"), ("bạn", "ghế dài"))
    )
    question = rng.choice(
        (
            f"Có {whole} {people}, mỗi {seat} có nhiều nhất {each} {people}. "
            f"Hỏi cần ít nhất bao nhiêu {seat} cho tất cả {people}?",
            f"Mỗi {seat} đủ chỗ cho {each} {people}. "
            f"Hỏi {whole} {people} cần ít nhất bao nhiêu {seat}?",
        )
    )
    division = f"Ta có: {whole} : {each} = {boxes} (dư {rest})"
    added = step(f"Số {seat} cần ít nhất", f"{boxes} + 1", boxes + 1, seat)
    steps = (division, f"Còn {rest} {people} nên cần thêm 1 {seat}. {added}")
    slips = (Slip("remainder_ignored", f"{boxes} {seat}", (division,)),)
    return Draft("", (whole, each), question, steps, f"{boxes + 1} {seat}", slips)


ROMAN = (
    *("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"),
    *("XI", "XII", "XIII", "XIV", "XV", "XVI", "XVII", "XVIII", "XIX", "XX"),
)


def roman_numerals(rng: Random) -> Draft:
    small, large = sorted(rng.sample(range(1, 21), 2))
    r, s = ROMAN[small - 1], ROMAN[large - 1]
    name = rng.choice(NAMES)
    known = f"{s} là {large}, {r} là {small}."
    roll = rng.random()
    if roll < 0.35:
        question = rng.choice(
            (
                f"Một cuốn truyện đánh số chương bằng số La Mã. {name} đã đọc từ đầu chương {r} "
                f"đến hết chương {s}. Hỏi {name} đã đọc bao nhiêu chương?",
                f"{name} đọc một cuốn sách từ đầu chương {r} đến hết chương {s}. "
                f"Hỏi {name} đã đọc mấy chương sách?",
            )
        )
        num = large - small + 1
        steps = (known, step("Số chương đã đọc", f"{large} - {small} + 1", num, "chương"))
        wrong = step("Số chương đã đọc", f"{large} - {small}", num - 1, "chương")
        slips: tuple[Slip, ...] = (Slip("ends_miscounted", f"{num - 1} chương", (known, wrong)),)
        return Draft("chapters", (small, large), question, steps, f"{num} chương", slips)
    sign, other, result, confused = rng.choice(
        (("+", "-", large + small, large - small), ("-", "+", large - small, large + small))
    )
    question = rng.choice(
        (
            f"Tính {s} {sign} {r} rồi viết kết quả bằng số tự nhiên.",
            f"{name} viết lên bảng: {s} {sign} {r}. Viết kết quả bằng số tự nhiên.",
            f"Kết quả của phép tính {s} {sign} {r} là số tự nhiên nào?",
        )
    )
    mistaken = f"{large} {other} {small} = {confused}"
    slips = (Slip("wrong_operation", str(confused), (known, mistaken)),)
    if small in (4, 9, 14, 19) or large in (4, 9, 14, 19):
        a, b = (n + 2 if n in (4, 9, 14, 19) else n for n in (large, small))
        misread = a + b if sign == "+" else a - b
        if misread > 0:
            told = f"{s} là {a}, {r} là {b}."
            slips += (Slip("numeral_misread", str(misread), (told, f"{a} {sign} {b} = {misread}")),)
    steps = (known, f"{large} {sign} {small} = {result}")
    return Draft(sign, (small, large), question, steps, str(result), slips)


def expressions(rng: Random) -> Draft:
    a, b = rng.randint(2, 9), rng.randint(3, 9)
    c, d = rng.randint(11, 90), rng.randint(2, 9)
    ab, part = a * b, rng.randint(1, b - 1)
    lifted, less = c + ab, part + 10
    pattern, numbers, text, between, half, result, wrong = rng.choice(
        (
            ("a+b×c", (c, a, b), f"{c} + {a} × {b}", f"{c} + {ab}", ab, c + ab, (c + a) * b),
            ("a-b×c", (lifted, a, b), f"{lifted} - {a} × {b}", f"{lifted} - {ab}", ab, c, None),
            ("a+b:c", (c, ab, b), f"{c} + {ab} : {b}", f"{c} + {a}", a, c + a, None),
            ("a-b:c", (c, ab, b), f"{c} - {ab} : {b}", f"{c} - {a}", a, c - a, None),
            (
                "a×b-c",
                (c, d, less),
                f"{c} × {d} - {less}",
                f"{c * d} - {less}",
                c * d,
                c * d - less,
                None,
            ),
            ("a:b+c", (ab, a, c), f"{ab} : {a} + {c}", f"{b} + {c}", b, b + c, None),
            (
                "(a+b)×c",
                (part, b, a),
                f"({part} + {b}) × {a}",
                f"{part + b} × {a}",
                part + b,
                (part + b) * a,
                part + ab,
            ),
            ("(a-b):c", (lifted, c, a), f"({lifted} - {c}) : {a}", f"{ab} : {a}", ab, b, None),
            (
                "a×(b-c)",
                (a, b, part),
                f"{a} × ({b} - {part})",
                f"{a} × {b - part}",
                b - part,
                a * (b - part),
                ab - part,
            ),
        )
    )
    name = rng.choice(NAMES)
    question = rng.choice(
        (
            f"Tính giá trị của biểu thức: {text}",
            f"Tính: {text}",
            f"{name} tính giá trị của biểu thức {text}. Kết quả đúng là bao nhiêu?",
        )
    )
    slips: tuple[Slip, ...] = (
        (Slip("order_ignored", str(wrong), (f"{text} = {wrong}",)),) if wrong else ()
    )
    slips += (Slip("stopped_early", str(half)),)
    return Draft(
        pattern, numbers, question, (f"{text} = {between} = {result}",), str(result), slips
    )


def times_fewer(rng: Random) -> Draft:
    a, times = factors(rng)
    whole = a * times
    one, other = rng.sample(NAMES, 2)
    unit, noun, _ = rng.choice(THINGS)
    if rng.random() < 0.5:
        question = rng.choice(
            (
                f"{one} có {whole} {noun}, {other} có {a} {noun}. "
                f"Hỏi số {noun} của {one} gấp mấy lần số {noun} của {other}?",
                f"{other} có {a} {noun} và {one} có {whole} {noun}. "
                f"Hỏi {one} có số {noun} gấp mấy lần {other}?",
            )
        )
        what = f"Số {noun} của {one} gấp số {noun} của {other} số lần"
        slips: tuple[Slip, ...] = (
            Slip(
                "difference_for_ratio",
                f"{whole - a} lần",
                (step(what, f"{whole} - {a}", whole - a, "lần"),),
            ),
        )
        steps = (step(what, f"{whole} : {a}", times, "lần"),)
        return Draft("ratio", (whole, a), question, steps, f"{times} lần", slips)
    question = rng.choice(
        (
            f"{one} có {whole} {noun}. Nếu giảm số {noun} đó đi {times} lần thì được số {noun} của "
            f"{other}. Hỏi {other} có bao nhiêu {noun}?",
            f"Buổi sáng cửa hàng bán được {whole} {noun}, số {noun} bán buổi chiều giảm đi {times} "
            f"lần so với buổi sáng. Hỏi buổi chiều cửa hàng bán được bao nhiêu {noun}?",
            f"{one} có {whole} {noun}, gấp {times} lần số {noun} của {other}. "
            f"Hỏi {other} có bao nhiêu {noun}?",
        )
    )
    owner = "bán buổi chiều" if question.startswith("Buổi") else f"của {other}"
    what = f"Số {noun} {owner}"
    slips = (
        Slip(
            "times_as_less",
            f"{whole - times} {noun}",
            (step(what, f"{whole} - {times}", whole - times, unit),),
        ),
        Slip(
            "wrong_operation",
            f"{whole * times} {noun}",
            (step(what, f"{whole} × {times}", whole * times, unit),),
        ),
    )
    steps = (step(what, f"{whole} : {times}", a, unit),)
    return Draft("fewer", (whole, times), question, steps, f"{a} {noun}", slips)


TABLES = (
    ("Số cây các lớp trồng được", "cây", "lớp", ("lớp 3A", "lớp 3B", "lớp 3C", "lớp 3D"), "trồng"),
    ("Số sách các tổ quyên góp", "quyển sách", "tổ", ("tổ 1", "tổ 2", "tổ 3", "tổ 4"), "góp"),
    (
        "Số vé xem phim bán được trong bốn ngày",
        "vé",
        "ngày",
        ("thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật"),
        "bán",
    ),
    (
        "Số giấy vụn các lớp thu gom",
        "kg giấy",
        "lớp",
        ("lớp 3A", "lớp 3B", "lớp 3C", "lớp 3D"),
        "gom",
    ),
)


def data_table(rng: Random) -> Draft:
    title, noun, group, rows, verb = rng.choice(TABLES)
    values = rng.sample(range(15, 60), 4)
    unit = noun.split()[0]
    table = "\n".join(
        f"{row[0].upper()}{row[1:]}: {value} {unit}"
        for row, value in zip(rows, values, strict=True)
    )
    least, *_, most = sorted(values)
    fewer, other, more = sorted(rng.sample(values, 3))
    i, j = values.index(more), values.index(fewer)
    whole = sum(values)
    compared = f"{verb} được nhiều hơn"
    every = " + ".join(map(str, values))
    variant, asked, what, expression, result, wrong = rng.choice(
        (
            (
                "all",
                f"Hỏi có tất cả bao nhiêu {noun}?",
                f"Số {noun} có tất cả",
                every,
                whole,
                whole - values[-1],
            ),
            (
                "two",
                f"Hỏi {rows[i]} {compared} {rows[j]} bao nhiêu {noun}?",
                f"{rows[i][0].upper()}{rows[i][1:]} {compared} {rows[j]} số {noun}",
                f"{more} - {fewer}",
                more - fewer,
                more - other,
            ),
            (
                "range",
                f"Hỏi {group} {verb} được nhiều nhất hơn {group} {verb} được ít nhất "
                f"bao nhiêu {noun}?",
                f"{group[0].upper()}{group[1:]} nhiều nhất hơn {group} ít nhất số {noun}",
                f"{most} - {least}",
                most - least,
                most,
            ),
        )
    )
    slips = (Slip("row_misread", f"{wrong} {noun}"),)
    steps = (step(what, expression, result, unit),)
    question = f"{title}:\n{table}\n{asked}"
    return Draft(variant, tuple(values), question, steps, f"{result} {noun}", slips)


KINDS = {
    "division_with_remainder": Kind(
        3, "NUM.MUL", "sharing out with a remainder", division_with_remainder, 2
    ),
    "roman_numerals": Kind(3, "NUM.COUNT", "Roman numerals to twenty", roman_numerals),
    "expressions": Kind(
        3, "NUM.MIXED", "expressions of two operations, with brackets", expressions
    ),
    "times_fewer": Kind(3, "NUM.MUL", "how many times as many, or as few", times_fewer),
    "data_table": Kind(3, "STA.DATA", "a table of four rows", data_table),
}
