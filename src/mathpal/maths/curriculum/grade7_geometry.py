"""Grade 7, geometry: angles at lines, triangles."""

from math import gcd
from random import Random

from mathpal.maths.curriculum.drawing import Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import decimal
from mathpal.maths.curriculum.formulas import wrong as differing

TRIANGLES = ("ABC", "MNP", "DEF", "HIK", "PQR", "BCD")


def _one_angle(
    variant: str,
    numbers: tuple[int, ...],
    question: str,
    what: str,
    reason: str,
    right: tuple[str, int],
    wrong: tuple[str, str, int],
    *more: tuple[str, str, int],
) -> Draft:
    """Find one angle in one step; each wrong working is a slip."""

    def steps(working: str, size: int) -> tuple[str, ...]:
        return reason, f"G{what[1:]} = {working}" + ("" if working == f"{size}°" else f" = {size}°")

    answer = f"{right[1]}°"
    slips = [Slip(name, f"{size}°", steps(text, size)) for name, text, size in (wrong, *more)]
    return Draft(variant, numbers, question, steps(*right), answer, differing(answer, *slips))


def crossing_lines(rng: Random) -> Draft:
    size, point = rng.randint(15, 165), rng.choice("OAIMK")
    one, other = rng.choice((("x", "y"), ("a", "b"), ("m", "n"), ("u", "v"), ("z", "t")))
    size += size == 90
    given, rest = f"góc {one}{point}{other} = {size}°", 180 - size
    crossing = f"Hai đường thẳng {one}{one}' và {other}{other}' cắt nhau tại {point}, biết {given}."
    variant = rng.choice(("vertical", "adjacent", "bisector"))
    if variant == "bisector":
        return _halved_angle(rng, size, crossing, point + one + other)
    turned = f"góc {one}'{point}{other}'" if variant == "vertical" else f"góc {one}{point}{other}'"
    question = rng.choice(
        (
            f"{crossing} Tính {turned}.",
            f"Cho hai đường thẳng {one}{one}' và {other}{other}' cắt nhau tại {point}. "
            f"Biết {given}, tính số đo {turned}.",
            f"{crossing} Hỏi {turned} bằng bao nhiêu độ?",
        )
    )
    same, supplement = (f"{size}°", size), (f"180° - {size}°", rest)
    if variant == "vertical":
        reason = f"Góc {one}{point}{other} và {turned} là hai góc đối đỉnh nên bằng nhau."
        return _one_angle(
            variant, (size,), question, turned, reason, same, ("adjacent_for_vertical", *supplement)
        )
    reason = f"Góc {one}{point}{other} và {turned} là hai góc kề bù nên có tổng bằng 180°."
    return _one_angle(
        variant, (size,), question, turned, reason, supplement, ("vertical_for_adjacent", *same)
    )


def _halved_angle(rng: Random, size: int, crossing: str, letters: str) -> Draft:
    """Halve the angle beside the given one; `letters` are its vertex and its two sides."""
    point, one, other = tuple(letters)
    rest = 180 - size
    ray = rng.choice("pqrs")
    asked = f"góc {one}{point}{ray}"
    question = rng.choice(
        (
            f"{crossing} Tia {point}{ray} là tia phân giác của góc {one}{point}{other}'. "
            f"Tính {asked}.",
            f"{crossing} Vẽ tia phân giác {point}{ray} của góc {one}{point}{other}'. "
            f"Hỏi {asked} bằng bao nhiêu độ?",
        )
    )
    half = decimal(5 * rest, 1)
    line = (
        f"Hai góc {one}{point}{other} và {one}{point}{other}' kề bù nên "
        f"góc {one}{point}{other}' = 180° - {size}° = {rest}°"
    )
    steps = (
        line,
        f"Vì {point}{ray} là tia phân giác nên {asked} = {rest}° : 2 = {half}°",
    )
    wrong = decimal(5 * size, 1)
    slips = differing(
        f"{half}°",
        Slip("half_forgotten", f"{rest}°", (line, f"G{asked[1:]} = {rest}°")),
        Slip(
            "wrong_angle_halved",
            f"{wrong}°",
            (f"G{asked[1:]} = {size}° : 2 = {wrong}°",),
        ),
    )
    return Draft("bisector", (size,), question, steps, f"{half}°", slips)


RELATIONS = {
    "so le trong": ((3, 1), (4, 2)),
    "đồng vị": ((1, 1), (2, 2), (3, 3), (4, 4)),
    "trong cùng phía": ((3, 2), (4, 1)),
}
"""How two angles at parallel lines lie -> their numbers, counted from the upper right one on."""


def parallel_lines(rng: Random) -> Draft:
    size = rng.randint(25, 155)
    size += size == 90
    one, other, across = rng.choice(
        (("a", "b", "c"), ("m", "n", "d"), ("x", "y", "t"), ("d", "e", "m"))
    )
    p, q = rng.choice((("A", "B"), ("M", "N"), ("E", "F"), ("H", "K")))
    relation = rng.choice(list(RELATIONS))
    i, j = rng.choice(RELATIONS[relation])
    first, second = f"góc {p}{i}", f"góc {q}{j}"
    question = rng.choice(
        (
            f"Cho {one} // {other}, đường thẳng {across} cắt {one} tại {p} và cắt {other} tại {q}. "
            f"Biết {first} = {size}° và {first}, {second} là hai góc {relation}. Tính {second}.",
            f"Đường thẳng {across} cắt hai đường thẳng song song {one}, {other} lần lượt tại {p}, "
            f"{q}. Hai góc {relation} là {first} và {second}. Cho {first} = {size}°, "
            f"hỏi {second} bằng bao nhiêu độ?",
        )
    )
    same, supplement = (f"{size}°", size), (f"180° - {size}°", 180 - size)
    if relation != "trong cùng phía":
        reason = f"Vì {one} // {other} nên hai góc {relation} bằng nhau: {second} = {first}."
        right, wrong = same, ("supplement_for_equal", *supplement)
    else:
        reason = f"Vì {one} // {other} nên hai góc {relation} bù nhau: {first} + {second} = 180°."
        right, wrong = supplement, ("equal_for_supplement", *same)
    return _one_angle(relation, (size,), question, second, reason, right, wrong)


def triangle_angles(rng: Random) -> Draft:
    a, b, c = tuple(rng.choice(TRIANGLES))
    name = a + b + c
    if rng.random() < 0.35:
        return _angles_in_ratio(rng, name)
    p, q = rng.randint(20, 110), rng.randint(15, 60)
    rest = 180 - p - q
    given = f"góc {a} = {p}°, góc {b} = {q}°"
    if rng.random() < 0.4:
        question = rng.choice(
            (
                f"Cho tam giác {name} có {given}. Tính số đo góc ngoài tại đỉnh {c}.",
                f"Tam giác {name} có {given}. Hỏi góc ngoài tại đỉnh {c} bằng bao nhiêu độ?",
            )
        )
        reason = "Góc ngoài của tam giác bằng tổng hai góc trong không kề với nó."
        return _one_angle(
            "outer",
            (p, q),
            question,
            f"Góc ngoài tại đỉnh {c}",
            reason,
            (f"{p}° + {q}°", p + q),
            ("inner_for_outer", f"180° - {p}° - {q}°", rest),
        )
    question = rng.choice(
        (
            f"Cho tam giác {name} có {given}. Tính số đo góc {c}.",
            f"Tam giác {name} có {given}. Hỏi góc {c} bằng bao nhiêu độ?",
            f"Tính góc {c} của tam giác {name}, biết {given}.",
        )
    )
    return _one_angle(
        "inner",
        (p, q),
        question,
        f"Góc {c}",
        "Tổng ba góc của một tam giác bằng 180°.",
        (f"180° - {p}° - {q}°", rest),
        ("sum_as_third", f"{p}° + {q}°", p + q),
        ("sum_of_360", f"360° - {p}° - {q}°", 360 - p - q),
    )


def _angles_in_ratio(rng: Random, name: str) -> Draft:
    while True:
        parts = tuple(rng.randint(1, 12) for _ in range(3))
        whole = sum(parts)
        if 180 % whole == 0 and gcd(*parts) == 1 and 120 * max(parts) < 115 * whole:
            break
    k, ratio = 180 // whole, " : ".join(map(str, parts))
    question = rng.choice(
        (
            f"Cho tam giác {name} có số đo các góc {name[0]}, {name[1]}, {name[2]} tỉ lệ với "
            f"{ratio}. Tính số đo góc {name[0]}.",
            f"Tính góc {name[0]} của tam giác {name}, biết góc {name[0]} : góc {name[1]} : "
            f"góc {name[2]} = {ratio}.",
        )
    )
    size = parts[0] * k
    sums = f"{parts[0]} + {parts[1]} + {parts[2]}"
    steps = (
        "Tổng ba góc của một tam giác bằng 180°.",
        f"Mỗi phần là: 180° : ({sums}) = {k}°",
        f"Góc {name[0]} = {parts[0]} · {k}° = {size}°",
    )
    line = f"Mỗi phần là: 360° : ({sums}) = {2 * k}°"
    slips = (
        Slip(
            "sum_of_360",
            f"{2 * size}°",
            (line, f"Góc {name[0]} = {parts[0]} · {2 * k}° = {2 * size}°"),
        ),
        Slip("one_part_only", f"{k}°", steps[:2]),
    )
    numbers = tuple(parts)
    return Draft("ratio", numbers, question, steps, f"{size}°", differing(f"{size}°", *slips))


def isosceles_triangle(rng: Random) -> Draft:
    a, b, c = tuple(rng.choice(TRIANGLES))
    name, variant = a + b + c, rng.choice(("base", "top", "outer"))
    start = rng.choice(
        (
            f"Cho tam giác {name} cân tại {a}",
            f"Tam giác {name} cân tại {a}",
            f"Cho tam giác cân {name} có {a}{b} = {a}{c}",
        )
    )
    if variant == "base":
        top = rng.randint(8, 85) * 2
        size = (180 - top) // 2
        asked, given = rng.choice((b, c)), f"góc {a} = {top}°"
        reason = f"Tam giác {name} cân tại {a} nên hai góc ở đáy bằng nhau: góc {b} = góc {c}."
        right = (f"(180° - {top}°) : 2", size)
        wrong = (("half_forgotten", f"180° - {top}°", 180 - top), ("top_for_base", f"{top}°", top))
        numbers: tuple[int, ...] = (top,)
    elif variant == "top":
        base = rng.randint(10, 85)
        size, asked, given = 180 - 2 * base, a, f"góc {rng.choice((b, c))} = {base}°"
        reason = f"Tam giác {name} cân tại {a} nên góc {b} = góc {c} = {base}°."
        right = (f"180° - 2 · {base}°", size)
        wrong = (
            ("one_base_angle", f"180° - {base}°", 180 - base),
            ("top_for_base", f"{base}°", base),
        )
        numbers = (base,)
    else:
        base = rng.randint(10, 85)
        outer = 180 - base
        size, asked, given = (
            180 - 2 * base,
            a,
            f"góc ngoài tại đỉnh {rng.choice((b, c))} bằng {outer}°",
        )
        reason = (
            f"Góc ở đáy bằng: 180° - {outer}° = {base}°. Tam giác cân có hai góc đáy bằng nhau."
        )
        right = (f"180° - 2 · {base}°", size)
        wrong = (
            ("one_base_angle", f"180° - {base}°", outer),
            ("top_for_base", f"{base}°", base),
        )
        numbers = (outer,)
    question = f"{start}, {given}. " + rng.choice(
        (f"Tính số đo góc {asked}.", f"Hỏi góc {asked} bằng bao nhiêu độ?", f"Tìm góc {asked}.")
    )
    return _one_angle(variant, numbers, question, f"Góc {asked}", reason, right, *wrong)


WHAT = {
    "largest": "giá trị lớn nhất của {}",
    "smallest": "giá trị nhỏ nhất của {}",
    "count": "số giá trị có thể của {}",
}


def triangle_inequality(rng: Random) -> Draft:
    a, b = rng.sample(range(2, 31), 2)
    low, high = abs(a - b), a + b
    variant, name = rng.choice(("largest", "smallest", "count", "isosceles")), rng.choice(TRIANGLES)
    if variant == "isosceles":
        return _isosceles_perimeter(rng, name, *sorted((a, b)))
    p, q, r = tuple(name)
    given = f"{p}{q} = {a} cm, {q}{r} = {b} cm"
    what = WHAT[variant].format(p + r)
    asked, value, wrong, unit = {
        "largest": (f"Tìm giá trị lớn nhất của {p}{r}", high - 1, high, "cm"),
        "smallest": (f"Tìm giá trị nhỏ nhất của {p}{r}", low + 1, low, "cm"),
        "count": (
            f"Hỏi {p}{r} có thể nhận bao nhiêu giá trị",
            high - low - 1,
            high - low + 1,
            "giá trị",
        ),
    }[variant]
    question = rng.choice(
        (
            f"Cho tam giác {name} có {given}. {asked}, biết độ dài {p}{r} là số nguyên "
            "đo theo xăng-ti-mét.",
            f"Tam giác {name} có {given} và độ dài {p}{r} (theo xăng-ti-mét) là số nguyên. "
            f"{asked}{'?' if variant == 'count' else '.'}",
        )
    )
    sides = f"{max(a, b)} - {min(a, b)} < {p}{r} < {a} + {b}"
    answer = f"{value} {unit}"
    steps = (
        f"Theo bất đẳng thức tam giác: {sides}, hay {low} < {p}{r} < {high}.",
        f"Vì {p}{r} là số nguyên nên {low + 1} ≤ {p}{r} ≤ {high - 1}.",
        f"Vậy {what} là {answer}.",
    )
    allowed = (
        f"Theo bất đẳng thức tam giác: {low} ≤ {p}{r} ≤ {high}.",
        f"Vậy {what} là {wrong} {unit}.",
    )
    slips = [Slip("equality_allowed", f"{wrong} {unit}", allowed)]
    return Draft(variant, (a, b), question, steps, answer, differing(answer, *slips))


def _isosceles_perimeter(rng: Random, name: str, short: int, long: int) -> Draft:
    if 2 * short > long:
        long = 2 * short + long % 5
    leg, perimeter = long, 2 * long + short
    question = rng.choice(
        (
            f"Một tam giác cân có hai cạnh dài {short} cm và {long} cm. Tính chu vi của nó.",
            f"Tam giác {name} cân, có hai cạnh dài {short} cm và {long} cm. "
            f"Tính chu vi tam giác {name}.",
        )
    )
    steps = (
        f"Nếu cạnh bên dài {short} cm thì {short} + {short} ≤ {long}, trái với bất đẳng thức "
        f"tam giác. Vậy cạnh bên dài {leg} cm.",
        f"Chu vi tam giác là: {leg} + {leg} + {short} = {perimeter} (cm)",
    )
    wrong = 2 * short + long
    line = f"Chu vi tam giác là: {short} + {short} + {long} = {wrong} (cm)"
    answer, slips = f"{perimeter} cm", [Slip("impossible_triangle", f"{wrong} cm", (line,))]
    return Draft("isosceles", (short, long), question, steps, answer, differing(answer, *slips))


def centroid(rng: Random) -> Draft:
    a, b, c = tuple(rng.choice(TRIANGLES))
    middle, third = rng.choice("XYTU"), rng.randint(2, 60)
    point, variant = rng.choice("GOS"), rng.choice(("AG", "GM", "AM"))
    lengths = {key: decimal(5 * third * n, 1) for key, n in (("AG", 2), ("GM", 1), ("AM", 3))}
    names = {"AG": a + point, "GM": point + middle, "AM": a + middle}
    known, asked, factor, wrong = {
        "AG": ("AM", "AG", ("2/3", "1/3"), lengths["GM"]),
        "GM": ("AG", "GM", ("1/2", "1/3"), None),
        "AM": ("GM", "AM", ("3", "2"), lengths["AG"]),
    }[variant]
    value, result = lengths[known], lengths[asked]
    question = rng.choice(
        (
            f"Tam giác {a}{b}{c} có đường trung tuyến {names['AM']} và trọng tâm {point}. "
            f"Biết {names[known]} = {value} cm, tính độ dài {names[asked]}.",
            f"Cho {point} là trọng tâm của tam giác {a}{b}{c} với đường trung tuyến {names['AM']}. "
            f"Biết {names[known]} = {value} cm. Hỏi {names[asked]} dài bao nhiêu xăng-ti-mét?",
        )
    )
    reason = f"Vì {point} là trọng tâm nên {names[asked]} = {factor[0]} · {names[known]}."
    steps = (reason, f"{names[asked]} = {factor[0]} · {value} = {result} (cm)")
    doubled = decimal(20 * third, 1)
    bad, text = (wrong, factor[1]) if wrong else (doubled, "2")
    if variant == "GM":
        line = f"{names[asked]} = 2 · {value} = {doubled} (cm)"
    else:
        line = f"{names[asked]} = {text} · {value} = {bad} (cm)"
    slip = Slip("ratio_confused", f"{bad} cm", (line,))
    answer = f"{result} cm"
    return Draft(variant, (third,), question, steps, answer, differing(answer, slip))


KINDS = {
    "crossing_lines": Kind(7, "GEO.ANGLE", "vertical and adjacent angles", crossing_lines),
    "parallel_lines": Kind(7, "GEO.ANGLE", "angles at parallel lines", parallel_lines),
    "triangle_angles": Kind(7, "GEO.TRIANGLE", "the angles of a triangle", triangle_angles),
    "isosceles_triangle": Kind(
        7, "GEO.TRIANGLE", "the angles of an isosceles triangle", isosceles_triangle, 2
    ),
    "triangle_inequality": Kind(
        7, "GEO.TRIANGLE", "sides that a triangle can have", triangle_inequality, 2
    ),
    "centroid": Kind(7, "GEO.TRIANGLE", "lengths on a median", centroid),
}
