"""Grade 2: more and fewer, equal groups, sharing out, the unknown x."""

from random import Random

from mathpal.maths.curriculum.drawing import NAMES, THINGS, WOMEN, Draft, Kind, factors, step


def more_or_fewer(rng: Random) -> Draft:
    a, b = rng.randint(20, 59), rng.randint(2, 19)
    one, other = rng.sample(NAMES, 2)
    unit, noun, _ = rng.choice(THINGS)
    word, sign, result = rng.choice((("nhiều", "+", a + b), ("ít", "-", a - b)))
    question, what = rng.choice(
        (
            (
                f"{one} có {a} {noun}, {other} có {word} hơn {one} {b} {noun}. "
                f"Hỏi {other} có bao nhiêu {noun}?",
                f"Số {noun} của {other}",
            ),
            (
                f"{one} mua {a} {noun}. {other} mua {word} hơn {one} {b} {noun}. "
                f"Hỏi {other} mua bao nhiêu {noun}?",
                f"Số {noun} {other} mua",
            ),
            (
                f"Hôm qua cửa hàng bán được {a} {noun}, hôm nay bán được {word} hơn hôm qua "
                f"{b} {noun}. Hỏi hôm nay cửa hàng bán được bao nhiêu {noun}?",
                f"Số {noun} bán được hôm nay",
            ),
        )
    )
    steps = (step(what, f"{a} {sign} {b}", result, unit),)
    return Draft(sign, (a, b), question, steps, f"{result} {noun}")


def equal_groups(rng: Random) -> Draft:
    each, num = factors(rng)
    name, teacher = rng.choice(NAMES), rng.choice(WOMEN)
    unit, noun, box = rng.choice(THINGS)
    question = rng.choice(
        (
            f"Mỗi {box} có {each} {noun}. Hỏi {num} {box} như thế có bao nhiêu {noun}?",
            f"{name} có {num} {box}, mỗi {box} có {each} {noun}. "
            f"Hỏi {name} có tất cả bao nhiêu {noun}?",
            f"Cô {teacher} xếp {num} {box}, mỗi {box} xếp {each} {noun}. "
            f"Hỏi cô {teacher} xếp tất cả bao nhiêu {noun}?",
        )
    )
    steps = (step(f"Số {noun} trong {num} {box}", f"{each} × {num}", each * num, unit),)
    return Draft("", (each, num), question, steps, f"{each * num} {noun}")


def sharing(rng: Random) -> Draft:
    each, num = factors(rng)
    whole = each * num
    name, teacher = rng.choice(NAMES), rng.choice(WOMEN)
    unit, noun, box = rng.choice(THINGS)
    question, owner = rng.choice(
        (
            (
                f"{name} chia đều {whole} {noun} cho {num} bạn. Hỏi mỗi bạn được bao nhiêu {noun}?",
                "bạn",
            ),
            (
                f"Có {whole} {noun} xếp đều vào {num} {box}. Hỏi mỗi {box} có bao nhiêu {noun}?",
                box,
            ),
            (
                f"Cô {teacher} xếp {whole} {noun} vào {num} {box}, các {box} có số {noun} "
                f"bằng nhau. Hỏi mỗi {box} có bao nhiêu {noun}?",
                box,
            ),
        )
    )
    steps = (step(f"Số {noun} của mỗi {owner}", f"{whole} : {num}", each, unit),)
    return Draft("", (whole, num), question, steps, f"{each} {noun}")


def find_x(rng: Random) -> Draft:
    a, b = rng.randint(3, 45), rng.randint(3, 40)
    m, n = rng.randint(2, 9), rng.randint(2, 9)
    variant, numbers, equation, working, x = rng.choice(
        (
            ("+", (a, a + b), f"x + {a} = {a + b}", f"{a + b} - {a}", b),
            ("+", (a, a + b), f"{a} + x = {a + b}", f"{a + b} - {a}", b),
            ("-", (a, b), f"x - {a} = {b}", f"{b} + {a}", a + b),
            ("-x", (a + b, a), f"{a + b} - x = {a}", f"{a + b} - {a}", b),
            ("×", (m, m * n), f"x × {m} = {m * n}", f"{m * n} : {m}", n),
            (":", (m, n), f"x : {m} = {n}", f"{n} × {m}", m * n),
        )
    )
    intro = rng.choice(("Tìm x, biết:", "Tìm số x, biết:", "Tìm x:", "Em hãy tìm x, biết:"))
    steps = (f"x = {working} = {x}",)
    return Draft(variant, numbers, f"{intro} {equation}", steps, f"x = {x}")


KINDS = {
    "more_or_fewer": Kind(
        2, "NUM.ADD", "an amount given as more or fewer than another", more_or_fewer, starter=True
    ),
    "equal_groups": Kind(
        2, "NUM.MUL", "equal groups counted by a product", equal_groups, starter=True
    ),
    "sharing": Kind(2, "NUM.MUL", "an amount shared out equally", sharing, starter=True),
    "find_x": Kind(
        2,
        "ALG.UNKNOWN",
        "the unknown of a sum, difference, product or quotient",
        find_x,
        starter=True,
    ),
}
