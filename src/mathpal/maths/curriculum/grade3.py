"""Grade 3: times as many, rates through one unit, the perimeter of a rectangle."""

from random import Random

from mathpal.maths.curriculum.drawing import NAMES, THINGS, Draft, Kind, factors, step


def times_as_many(rng: Random) -> Draft:
    a, times = factors(rng)
    one, other = rng.sample(NAMES, 2)
    unit, noun, _ = rng.choice(THINGS)
    question = rng.choice(
        (
            f"{one} có {a} {noun}, {other} có số {noun} gấp {times} lần {one}. "
            f"Hỏi {other} có bao nhiêu {noun}?",
            f"{one} có {a} {noun}. Số {noun} của {other} gấp {times} lần số {noun} của {one}. "
            f"Hỏi {other} có bao nhiêu {noun}?",
            f"{one} làm được {a} {noun}, {other} làm được gấp {times} lần {one}. "
            f"Hỏi {other} làm được bao nhiêu {noun}?"
            if noun in ("cái bánh", "bông hoa")
            else f"{one} mua {a} {noun}, {other} mua gấp {times} lần {one}. "
            f"Hỏi {other} mua bao nhiêu {noun}?",
        )
    )
    steps = (step(f"Số {noun} của {other}", f"{a} × {times}", a * times, unit),)
    return Draft("", (a, times), question, steps, f"{a * times} {noun}")


def unit_rate(rng: Random) -> Draft:
    each = rng.randint(2, 9)
    given, asked = rng.sample(range(2, 10), 2)
    whole, result = given * each, asked * each
    name = rng.choice(NAMES)
    unit, noun, box = rng.choice(THINGS)
    question = rng.choice(
        (
            f"{given} {box} có {whole} {noun}. Hỏi {asked} {box} như thế có bao nhiêu {noun}?",
            f"Có {whole} {noun} xếp đều vào {given} {box}. "
            f"Hỏi {asked} {box} như thế có bao nhiêu {noun}?",
            f"{name} xếp {whole} {noun} vào đầy {given} {box}. "
            f"Hỏi muốn xếp đầy {asked} {box} như thế thì {name} cần bao nhiêu {noun}?",
        )
    )
    steps = (
        step(f"Số {noun} trong mỗi {box}", f"{whole} : {given}", each, unit),
        step(f"Số {noun} trong {asked} {box}", f"{each} × {asked}", result, unit),
    )
    return Draft("", (given, whole, asked), question, steps, f"{result} {noun}")


def rectangle_perimeter(rng: Random) -> Draft:
    width = rng.randint(2, 20)
    length = width + rng.randint(1, 15)
    name = rng.choice(NAMES)
    noun, owner, unit = rng.choice(
        (
            ("hình chữ nhật", "", "cm"),
            ("tấm bìa", f" hình chữ nhật của {name}", "cm"),
            ("mảnh vườn", f" hình chữ nhật của bác {name}", "m"),
            ("thửa ruộng", f" hình chữ nhật của ông {name}", "m"),
        )
    )
    long, wide = f"chiều dài {length} {unit}", f"chiều rộng {width} {unit}"
    question = rng.choice(
        (
            f"Một {noun}{owner} có {long}, {wide}. Tính chu vi {noun} đó.",
            f"Một {noun}{owner} có {wide}, {long}. Hỏi chu vi {noun} đó là bao nhiêu?",
            f"Tính chu vi {noun}{owner}, biết {long} và {wide}.",
        )
    )
    half = length + width
    steps = (
        step(f"Nửa chu vi {noun}", f"{length} + {width}", half, unit),
        step(f"Chu vi {noun}", f"{half} × 2", half * 2, unit),
    )
    return Draft("", (length, width), question, steps, f"{half * 2} {unit}")


KINDS = {
    "times_as_many": Kind(
        3, "NUM.MUL", "an amount some times as large as another", times_as_many, starter=True
    ),
    "unit_rate": Kind(
        3, "NUM.RATIO", "a rate found for one group, then used for several", unit_rate, starter=True
    ),
    "rectangle_perimeter": Kind(
        3, "GEO.LENGTH", "the perimeter of a rectangle", rectangle_perimeter, starter=True
    ),
}
