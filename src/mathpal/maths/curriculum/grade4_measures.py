"""Grade 4: units of mass, time and area, centuries, angles, fields, bar charts, counted events."""

from random import Random

from mathpal.maths.curriculum.drawing import NAMES, Draft, Kind, Slip, step
from mathpal.maths.curriculum.formulas import grouped

MASSES = (
    ("tấn", "kg", 1000, 100),
    ("tạ", "kg", 100, 10),
    ("yến", "kg", 10, 100),
    ("tấn", "tạ", 10, 100),
    ("tấn", "yến", 100, 10),
    ("tạ", "yến", 10, 100),
)
TIMES = (
    ("giờ", "phút", 60, 100),
    ("phút", "giây", 60, 100),
    ("ngày", "giờ", 24, 60),
    ("thế kỉ", "năm", 100, 10),
)
AREAS = (
    ("m²", "dm²", 100, 10),
    ("dm²", "cm²", 100, 10),
    ("cm²", "mm²", 100, 10),
    ("m²", "cm²", 10_000, 100),
)


def mass_units(rng: Random) -> Draft:
    owner = f"Kho của bác {rng.choice(NAMES)} có"
    goods = rng.choice(("thóc", "ngô", "khoai", "muối", "phân bón", "xi măng"))
    return _in_one_unit(rng, MASSES, f"{owner} {{}} {goods}. Hỏi kho đó có bao nhiêu {{}} {goods}?")


def time_units(rng: Random) -> Draft:
    return _in_one_unit(
        rng, TIMES, f"{rng.choice(NAMES)} đổi {{}} ra {{}}. Kết quả đúng là bao nhiêu?"
    )


def area_units(rng: Random) -> Draft:
    owner = f"Tấm vải của bác {rng.choice(NAMES)} có diện tích"
    return _in_one_unit(rng, AREAS, f"{owner} {{}}. Hỏi diện tích tấm vải đó là bao nhiêu {{}}?")


def _in_one_unit(rng: Random, table: tuple[tuple[str, str, int, int], ...], context: str) -> Draft:
    big, small, ratio, confused = rng.choice(table)
    a, b = rng.randint(2, 25), rng.randint(1, min(ratio, 100) - 1)
    b = b * 10 if ratio == 1000 else b
    whole, wrong = a * ratio + b, a * confused + b
    given = f"{a} {big} {b} {small}"
    question = rng.choice(
        (
            f"Viết số thích hợp vào chỗ chấm: {given} = ... {small}",
            f"Đổi {given} ra {small}.",
            f"{given} bằng bao nhiêu {small}?",
            context.format(given, small),
        )
    )
    if context.startswith("Tấm vải") and big == "cm²":
        question = f"{given} bằng bao nhiêu {small}?"
    steps, mistaken = (
        (
            f"{given} = {grouped(a * times)} {small} + {b} {small} "
            f"= {grouped(a * times + b)} {small}",
        )
        for times in (ratio, confused)
    )
    slips = (
        Slip("wrong_factor", f"{grouped(wrong)} {small}", mistaken),
        Slip("units_ignored", f"{a + b} {small}"),
        Slip("smaller_unit_forgotten", f"{grouped(a * ratio)} {small}"),
    )
    return Draft(big + small, (a, b), question, steps, f"{grouped(whole)} {small}", slips)


EVENTS = (
    "Một ngôi chùa được xây",
    "Một vị tướng sinh",
    "Một pho tượng được tạc",
    "Một ngôi đình được dựng",
)


def centuries(rng: Random) -> Draft:
    year = rng.randint(1001, 2020)
    century = (year - 1) // 100 + 1
    question = rng.choice(
        (
            f"Năm {year} thuộc thế kỉ thứ mấy?",
            f"{rng.choice(EVENTS)} vào năm {year}. Hỏi năm đó thuộc thế kỉ thứ mấy?",
            f"{rng.choice(NAMES)} đọc về một sự kiện lịch sử xảy ra năm {year}. "
            "Sự kiện đó thuộc thế kỉ thứ mấy?",
        )
    )
    hundreds, rest = divmod(year, 100)
    if rest:
        reason = f"{year} : 100 = {hundreds} (dư {rest})"
        steps = (reason, f"Năm {year} thuộc thế kỉ thứ:\n{hundreds} + 1 = {century}")
    else:
        steps = (f"{year} : 100 = {hundreds}", f"Năm {year} là năm cuối của thế kỉ thứ {century}.")
    slips = (
        Slip(
            "hundreds_only",
            f"thế kỉ thứ {century - 1}",
            (f"Năm {year} có {century - 1} trăm nên thuộc thế kỉ thứ {century - 1}.",),
        ),
        Slip(
            "count_off",
            f"thế kỉ thứ {century + 1}",
            (f"Năm {year} thuộc thế kỉ thứ:\n{century} + 1 = {century + 1}",),
        ),
    )
    return Draft("", (year,), question, steps, f"thế kỉ thứ {century}", slips)


def angles(rng: Random) -> Draft:
    o, a, b, c = rng.choice(("OABC", "OMNP", "IABC", "DEGH", "KABC", "OEGH"))
    name = rng.choice(NAMES)
    whole_angle, part, rest = f"{a}{o}{b}", f"{a}{o}{c}", f"{c}{o}{b}"
    roll = rng.random()
    if roll < 0.7:
        word, total, other = rng.choice((("bẹt", 180, 90), ("vuông", 90, 180)))
        given = rng.randint(11, total - 11)
        result = total - given
        question = rng.choice(
            (
                f"Góc {whole_angle} là góc {word}. Tia {o}{c} nằm trong góc đó sao cho góc {part} "
                f"bằng {given}°. Tính số đo góc {rest}.",
                f"{name} vẽ góc {word} đỉnh {o}, cạnh {o}{a}, {o}{b} rồi vẽ tia {o}{c} chia góc đó "
                f"thành hai góc. Góc {part} bằng {given}°. Hỏi góc {rest} bằng bao nhiêu độ?",
            )
        )
        steps = (f"Góc {word} bằng {total}°. Góc {rest} là:\n{total} - {given} = {result} (độ)",)
        wrong = abs(other - given)
        slips = (
            Slip(
                "angle_confused",
                f"{wrong}°",
                (
                    f"Góc {word} bằng {other}°. Góc {rest} là:\n{max(other, given)} - "
                    f"{min(other, given)} = {wrong} (độ)",
                ),
            ),
            Slip("part_for_rest", f"{given}°"),
        )
        return Draft(word, (given,), question, steps, f"{result}°", slips)
    x, y = rng.randint(15, 85), rng.randint(15, 85)
    question = rng.choice(
        (
            f"Tia {o}{c} nằm trong góc {whole_angle}. Góc {part} bằng {x}°, góc {rest} bằng {y}°. "
            f"Hỏi góc {whole_angle} bằng bao nhiêu độ?",
            f"{name} vẽ góc {whole_angle} và tia {o}{c} chia góc đó thành góc {part} bằng {x}° và "
            f"góc {rest} bằng {y}°. Tính số đo góc {whole_angle}.",
        )
    )
    steps = (f"Góc {whole_angle} là:\n{x} + {y} = {x + y} (độ)",)
    slips = (
        Slip("wrong_operation", f"{abs(x - y)}°"),
        Slip("straight_angle_assumed", f"{180 - max(x, y)}°"),
    )
    return Draft("+", (x, y), question, steps, f"{x + y}°", slips)


def field_harvest(rng: Random) -> Draft:
    times, width = rng.randint(2, 4), rng.randrange(10, 80, 10)
    length = width * times
    area = length * width
    crop, rates = rng.choice((("thóc", (50, 55, 60)), ("khoai", (120, 150)), ("rau", (200, 250))))
    rate = rng.choice(rates)
    name = rng.choice(NAMES)
    given, side = rng.choice(
        (
            (
                f"chiều rộng {width} m, chiều dài gấp {times} lần chiều rộng",
                step("Chiều dài thửa ruộng", f"{width} × {times}", length, "m"),
            ),
            (
                f"chiều dài {length} m, chiều rộng bằng 1/{times} chiều dài",
                step("Chiều rộng thửa ruộng", f"{length} : {times}", width, "m"),
            ),
        )
    )
    question = rng.choice(
        (
            f"Thửa ruộng hình chữ nhật của bác {name} có {given}. Cứ 100 m² thu hoạch được "
            f"{rate} kg {crop}. Hỏi cả thửa ruộng thu hoạch được bao nhiêu ki-lô-gam {crop}?",
            f"Bác {name} có một thửa ruộng hình chữ nhật {given}. Biết cứ 100 m² thu được {rate} "
            f"kg {crop}, tính số ki-lô-gam {crop} thu được trên cả thửa ruộng.",
        )
    )
    harvest, surface = f"Số ki-lô-gam {crop} thu được", "Diện tích thửa ruộng"
    around, whole = 2 * (length + width), area // 100 * rate
    steps = (
        side,
        step(surface, f"{length} × {width}", grouped(area), "m²"),
        step(harvest, f"{grouped(area)} : 100 × {rate}", grouped(whole), "kg"),
    )
    slips = [Slip("hundred_ignored", f"{grouped(area * rate)} kg")]
    if around * rate % 100 == 0:
        wrong = grouped(around * rate // 100)
        slips.append(
            Slip(
                "perimeter_for_area",
                f"{wrong} kg",
                (
                    side,
                    step(surface, f"({length} + {width}) × 2", around, "m²"),
                    step(harvest, f"{around} : 100 × {rate}", wrong, "kg"),
                ),
            )
        )
    numbers = (width, times, rate)
    return Draft(crop, numbers, question, steps, f"{grouped(whole)} kg", tuple(slips))


CHARTS = (
    (
        "số lượt khách tham quan bảo tàng",
        "lượt khách",
        "ngày",
        ("thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy"),
    ),
    ("số cây xanh trồng được", "cây", "khối", ("khối 2", "khối 3", "khối 4", "khối 5")),
    ("số xe đạp bán được", "xe", "tháng", ("tháng 1", "tháng 2", "tháng 3", "tháng 4")),
    ("số tấn thóc thu hoạch", "tấn", "thôn", ("thôn Đông", "thôn Đoài", "thôn Thượng", "thôn Hạ")),
)


def bar_chart(rng: Random) -> Draft:
    title, unit, group, columns = rng.choice(CHARTS)
    mean = rng.randint(25, 80)
    values = [mean + rng.randint(-15, 15) for _ in range(3)]
    values.append(4 * mean - sum(values))
    while len(set(values)) < 4 or min(values) < 5:
        values = [mean + rng.randint(-15, 15) for _ in range(3)]
        values.append(4 * mean - sum(values))
    shown = "; ".join(f"{name}: {n}" for name, n in zip(columns, values, strict=True))
    lead = f"Biểu đồ cột cho biết {title} ({unit}): {shown}."
    whole, least = sum(values), min(values)
    every = " + ".join(map(str, values))
    added = step("Tổng bốn cột", every, whole, unit)
    if rng.random() < 0.6:
        asked = rng.choice(
            (
                f"Hỏi trung bình mỗi {group} có bao nhiêu {unit}?",
                f"Tính số {unit} trung bình của mỗi {group}.",
            )
        )
        steps: tuple[str, ...] = (
            added,
            step(f"Trung bình mỗi {group} có số {unit}", f"{whole} : 4", mean, unit),
        )
        slips = (
            Slip("last_step_forgotten", f"{whole} {unit}", (added,)),
            Slip("ends_averaged", f"{(max(values) + least) // 2} {unit}"),
        )
        return Draft("mean", tuple(values), f"{lead} {asked}", steps, f"{mean} {unit}", slips)
    most, second = sorted(values, reverse=True)[:2]
    asked = f"Hỏi {group} nhiều nhất hơn {group} ít nhất bao nhiêu {unit}?"
    what = f"{group[0].upper()}{group[1:]} nhiều nhất hơn {group} ít nhất số {unit}"
    steps = (step(what, f"{most} - {least}", most - least, unit),)
    slips = (
        Slip("second_for_most", f"{second - least} {unit}"),
        Slip("last_column_taken", f"{most - values[-1] or most} {unit}"),
    )
    return Draft("range", tuple(values), f"{lead} {asked}", steps, f"{most - least} {unit}", slips)


def counted_events(rng: Random) -> Draft:
    throws = [rng.randint(1, 6) for _ in range(rng.randint(8, 14))]
    name, listed = rng.choice(NAMES), ", ".join(map(str, throws))
    lead = f"{name} gieo một con xúc xắc {len(throws)} lần. Số chấm của các lần gieo là: {listed}."
    if rng.random() < 0.5:
        face = rng.choice(throws)
        found = [str(n) for n, value in enumerate(throws, 1) if value == face]
        asked = rng.choice(
            (
                f"Hỏi mặt {face} chấm xuất hiện bao nhiêu lần?",
                f"Mặt {face} chấm xuất hiện mấy lần?",
            )
        )
        steps = (
            f"Mặt {face} chấm xuất hiện ở lần gieo thứ {', '.join(found)}.",
            f"Số lần xuất hiện mặt {face} chấm là {len(found)} lần.",
        )
        num, variant = len(found), f"face{face}"
    else:
        word, odd = rng.choice((("chẵn", 0), ("lẻ", 1)))
        faces = [face for face in range(1, 7) if face % 2 == odd]
        counts = [throws.count(face) for face in faces]
        num, variant = sum(counts), word
        asked = f"Hỏi mặt có số chấm {word} xuất hiện bao nhiêu lần?"
        told = ", ".join(f"mặt {f} chấm {n} lần" for f, n in zip(faces, counts, strict=True))
        steps = (
            f"Đếm được: {told}.",
            step(
                f"Số lần xuất hiện mặt có số chấm {word}", " + ".join(map(str, counts)), num, "lần"
            ),
        )
    rest = len(throws) - num
    slips = (
        Slip("count_off", f"{num + 1} lần", (f"Đếm được {num + 1} lần.",)),
        Slip("others_counted", f"{rest} lần", (f"Đếm được {rest} lần.",)),
    )
    return Draft(variant, tuple(throws), f"{lead} {asked}", steps, f"{num} lần", slips)


KINDS = {
    "mass_units": Kind(4, "GEO.MASS", "tons, quintals and kilograms in one unit", mass_units),
    "time_units": Kind(4, "GEO.TIME", "hours, minutes, days and centuries in one unit", time_units),
    "area_units": Kind(4, "GEO.AREA", "areas in two units turned into one", area_units),
    "centuries": Kind(4, "GEO.TIME", "the century of a year", centuries),
    "angles": Kind(4, "GEO.ANGLE", "an angle from its parts", angles),
    "field_harvest": Kind(4, "GEO.AREA", "the harvest of a field by its area", field_harvest, 3),
    "bar_chart": Kind(4, "STA.DATA", "a mean or a range read from a bar chart", bar_chart, 2),
    "counted_events": Kind(4, "STA.PROB", "how often a die showed something", counted_events),
}
