"""Grade 1: adding, taking away, comparing."""

from random import Random

from mathpal.maths.curriculum.drawing import NAMES, THINGS, WOMEN, Draft, Kind, step


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


KINDS = {
    "total": Kind(1, "NUM.ADD", "two amounts put together", total, starter=True),
    "left": Kind(1, "NUM.ADD", "what is left after taking away", left, starter=True),
    "difference": Kind(
        1, "NUM.ADD", "how many more or fewer one has than another", difference, starter=True
    ),
}
