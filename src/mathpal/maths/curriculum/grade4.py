"""Grade 4: means, two numbers from their sum and difference, fractions of an amount."""

from math import gcd
from random import Random

from mathpal.maths.curriculum.drawing import NAMES, THINGS, Draft, Kind, step


def average(rng: Random) -> Draft:
    mean = rng.randint(7, 20)
    a, b = mean + rng.randint(1, 5), mean - rng.randint(0, 5)
    values = rng.choice(([a, 2 * mean - a], [a, b, 3 * mean - a - b]))
    rng.shuffle(values)
    num, whole = len(values), sum(values)
    num_word = {2: "hai", 3: "ba"}[num]
    unit, noun, _ = rng.choice(THINGS)
    people = rng.sample(NAMES, num)
    owned = ", ".join(f"{who} có {value} {noun}" for who, value in zip(people, values, strict=True))
    listed = ", ".join(map(str, values[:-1])) + f" và {values[-1]}"
    question, mean_of = rng.choice(
        (
            (f"{owned}. Hỏi trung bình mỗi bạn có bao nhiêu {noun}?", "bạn có"),
            (f"{owned}. Tính trung bình cộng số {noun} của {num_word} bạn.", "bạn có"),
            (
                f"Trong {num_word} ngày, cửa hàng bán được lần lượt {listed} {noun}. "
                f"Hỏi trung bình mỗi ngày cửa hàng bán được bao nhiêu {noun}?",
                "ngày bán được",
            ),
        )
    )
    steps = (
        step(f"Tổng số {noun}", " + ".join(map(str, values)), whole, unit),
        step(f"Trung bình mỗi {mean_of} số {noun}", f"{whole} : {num}", mean, unit),
    )
    return Draft("", tuple(values), question, steps, f"{mean} {noun}")


def sum_difference(rng: Random) -> Draft:
    small, more = rng.randint(3, 30), rng.randint(2, 25)
    large = small + more
    whole = small + large
    one, other = rng.sample(NAMES, 2)
    unit, noun, _ = rng.choice(THINGS)
    if rng.random() < 0.5:
        question = rng.choice(
            (
                f"Tổng của hai số là {whole}, hiệu của hai số là {more}. Tìm hai số đó.",
                f"Hai số có tổng là {whole} và hiệu là {more}. Tìm hai số đó.",
                f"Tìm hai số, biết tổng của chúng là {whole} và hiệu của chúng là {more}.",
            )
        )
        small_name, large_name, unit = "số bé", "số lớn", ""
        answer = f"số lớn {large}; số bé {small}"
    else:
        question = (
            f"{one} và {other} có tất cả {whole} {noun}, {one} có nhiều hơn {other} "
            f"{more} {noun}. Hỏi mỗi bạn có bao nhiêu {noun}?"
        )
        small_name, large_name = f"số {noun} của {other}", f"số {noun} của {one}"
        answer = f"{one} {large} {noun}; {other} {small} {noun}"
    steps = (
        step(f"Hai lần {small_name}", f"{whole} - {more}", 2 * small, unit),
        step(f"S{small_name[1:]}", f"{2 * small} : 2", small, unit),
        step(f"S{large_name[1:]}", f"{small} + {more}", large, unit),
    )
    return Draft("", (whole, more), question, steps, answer)


def fraction_of(rng: Random) -> Draft:
    bottom, part = rng.randint(3, 9), rng.randint(2, 9)
    top = rng.choice([n for n in range(2, bottom) if gcd(n, bottom) == 1])
    whole, result = bottom * part, part * top
    one, other = rng.sample(NAMES, 2)
    unit, noun, box = rng.choice(THINGS)
    share = f"{top}/{bottom} số {noun}"
    question = rng.choice(
        (
            f"{one} có {whole} {noun}, {one} cho {other} {share} đó. "
            f"Hỏi {one} cho {other} bao nhiêu {noun}?",
            f"Một {box} có {whole} {noun}. Hỏi {share} trong {box} là bao nhiêu {noun}?",
            f"Cửa hàng có {whole} {noun}, đã bán {share} đó. Hỏi cửa hàng đã bán bao nhiêu {noun}?",
        )
    )
    steps = (
        step(f"1/{bottom} số {noun}", f"{whole} : {bottom}", part, unit),
        step(share, f"{part} × {top}", result, unit),
    )
    return Draft("", (whole, top, bottom), question, steps, f"{result} {noun}")


KINDS = {
    "average": Kind(4, "STA.MEAN", "the mean of two or three amounts", average, starter=True),
    "sum_difference": Kind(
        4, "NUM.MIXED", "two numbers from their sum and difference", sum_difference, starter=True
    ),
    "fraction_of": Kind(4, "NUM.FRAC", "a fraction of an amount", fraction_of, starter=True),
}
