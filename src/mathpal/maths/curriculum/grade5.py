"""Grade 5: steady motion, percentages, decimals."""

from random import Random

from mathpal.maths.curriculum.drawing import MEN, NAMES, THINGS, WOMEN, Draft, Kind, step

PERCENTS = range(5, 100, 5)


def motion(rng: Random) -> Draft:
    mover, speed = rng.choice(
        (
            (f"Bác {rng.choice(NAMES)} đi ô tô", rng.randrange(30, 65, 5)),
            (f"Cô {rng.choice(WOMEN)} đi xe máy", rng.randrange(20, 45, 5)),
            (f"Anh {rng.choice(MEN)} đi xe đạp", rng.randint(10, 16)),
            (f"Bạn {rng.choice(NAMES)} đi bộ", rng.randint(3, 6)),
        )
    )
    hours = rng.randint(2, 3 if speed > 40 else 4)
    distance = speed * hours
    if rng.random() < 0.5:
        question = rng.choice(
            (
                f"{mover} trong {hours} giờ với vận tốc {speed} km/giờ. Tính quãng đường đi được.",
                f"{mover} {hours} giờ, mỗi giờ đi được {speed} km. Tính quãng đường đi được.",
                f"{mover} với vận tốc {speed} km/giờ. "
                f"Hỏi trong {hours} giờ đi được bao nhiêu ki-lô-mét?",
            )
        )
        steps = (step("Quãng đường đi được", f"{speed} × {hours}", distance, "km"),)
        return Draft("distance", (speed, hours), question, steps, f"{distance} km")
    question = rng.choice(
        (
            f"{mover} hết quãng đường {distance} km trong {hours} giờ. Tính vận tốc.",
            f"{mover} trong {hours} giờ được {distance} km. Tính vận tốc.",
            f"{mover} được {distance} km trong {hours} giờ. Hỏi vận tốc là bao nhiêu?",
        )
    )
    steps = (step("Vận tốc", f"{distance} : {hours}", speed, "km/giờ"),)
    return Draft("speed", (distance, hours), question, steps, f"{speed} km/giờ")


def percent(rng: Random) -> Draft:
    hundredth = rng.randint(1, 9)
    rate = rng.choice([rate for rate in PERCENTS if rate * hundredth <= 250])
    whole, result = hundredth * 100, hundredth * rate
    name, shopper = rng.choice(NAMES), rng.choice(WOMEN)
    unit, noun, _ = rng.choice((*THINGS, ("học sinh", "học sinh", "")))
    if noun == "học sinh":
        question = (
            f"Trường của {name} có {whole} học sinh, trong đó {rate}% là học sinh lớp 5. "
            "Hỏi trường có bao nhiêu học sinh lớp 5?"
        )
    else:
        question = rng.choice(
            (
                f"Cửa hàng có {whole} {noun}, đã bán {rate}% số {noun} đó. "
                f"Hỏi cửa hàng đã bán bao nhiêu {noun}?",
                f"Cô {shopper} có {whole} {noun}, trong đó {rate}% để làm quà. "
                f"Hỏi cô {shopper} để bao nhiêu {noun} làm quà?",
            )
        )
    steps = (
        step(f"1% số {noun}", f"{whole} : 100", hundredth, unit),
        step(f"{rate}% số {noun}", f"{hundredth} × {rate}", result, unit),
    )
    return Draft("", (whole, rate), question, steps, f"{result} {noun}")


def decimal_total(rng: Random) -> Draft:
    a, b = rng.randint(11, 49), rng.randint(11, 49)
    while 0 in (a % 10, b % 10, (a + b) % 10):
        a, b = rng.randint(11, 49), rng.randint(11, 49)
    first, second, result = _tenths(a), _tenths(b), _tenths(a + b)
    name = rng.choice(NAMES)
    question, what, unit = rng.choice(
        (
            (
                f"Sợi dây của {name} dài {first} m, sợi dây của Việt dài {second} m. "
                "Hỏi cả hai sợi dây dài bao nhiêu mét?",
                "Cả hai sợi dây dài số mét",
                "m",
            ),
            (
                f"Mẹ {name} mua {first} kg gạo và {second} kg khoai. "
                f"Hỏi mẹ {name} mua tất cả bao nhiêu ki-lô-gam?",
                f"Mẹ {name} mua tất cả số ki-lô-gam",
                "kg",
            ),
            (
                f"Can to đựng {first} lít dầu, can nhỏ đựng {second} lít dầu. "
                "Hỏi cả hai can đựng bao nhiêu lít dầu?",
                "Cả hai can đựng số lít dầu",
                "lít",
            ),
        )
    )
    steps = (step(what, f"{first} + {second}", result, unit),)
    return Draft("", (a, b), question, steps, f"{result} {unit}")


def _tenths(value: int) -> str:
    """Write a number of tenths with a decimal comma: `25` -> `2,5`."""
    return f"{value // 10},{value % 10}"


KINDS = {
    "motion": Kind(5, "GEO.SPEED", "distance or speed of a steady motion", motion, starter=True),
    "percent": Kind(5, "NUM.PERCENT", "a percentage of an amount", percent, starter=True),
    "decimal_total": Kind(
        5, "NUM.DEC", "the sum of two decimal measures", decimal_total, starter=True
    ),
}
