"""Grade 7, solids: volumes and surfaces of boxes and right prisms."""

from random import Random

from mathpal.maths.curriculum.drawing import Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import decimal, grouped
from mathpal.maths.curriculum.formulas import wrong as differing


def box(rng: Random) -> Draft:
    a, b, c = rng.randint(3, 40), rng.randint(2, 30), rng.randint(2, 25)
    b += b == a
    unit, variant = rng.choice(("cm", "dm")), rng.choice(("volume", "lateral", "total"))
    sizes = f"chiều dài {max(a, b)} {unit}, chiều rộng {min(a, b)} {unit} và chiều cao {c} {unit}"
    long, wide = max(a, b), min(a, b)
    thing = rng.choice(
        ("hình hộp chữ nhật", "chiếc hộp hình hộp chữ nhật", "khối gỗ hình hộp chữ nhật")
    )
    what = {
        "volume": "thể tích",
        "lateral": "diện tích xung quanh",
        "total": "diện tích toàn phần",
    }[variant]
    question = rng.choice(
        (
            f"Một {thing} có {sizes}. Tính {what} của nó.",
            f"Tính {what} của một {thing} có {sizes}.",
            f"Cho một {thing} với {sizes}. Hỏi {what} bằng bao nhiêu?",
        )
    )
    around = f"2 · ({long} + {wide}) · {c}"
    lateral = 2 * (a + b) * c
    works = {
        "volume": (f"{long} · {wide} · {c}", a * b * c),
        "lateral": (around, lateral),
        "total": (f"{around} + 2 · {long} · {wide}", lateral + 2 * a * b),
    }
    wrong = {
        "volume": [
            ("sizes_added", f"{long} + {wide} + {c}", a + b + c),
            ("lateral_for_volume", *works["lateral"]),
        ],
        "lateral": [
            ("half_perimeter", f"({long} + {wide}) · {c}", (a + b) * c),
            ("total_for_lateral", *works["total"]),
        ],
        "total": [
            ("one_base_forgotten", f"{around} + {long} · {wide}", lateral + a * b),
            ("bases_forgotten", *works["lateral"]),
        ],
    }[variant]
    power = "³" if variant == "volume" else "²"
    return _solid(variant, (a, b, c), question, what, unit + power, works[variant], wrong)


def _solid(
    variant: str,
    numbers: tuple[int, ...],
    question: str,
    what: str,
    unit: str,
    right: tuple[str, int],
    wrong: list[tuple[str, str, int]],
) -> Draft:
    """Solve by one formula; each wrong formula is a slip."""

    def steps(working: str, value: int) -> tuple[str, ...]:
        return (f"{what.capitalize()} là:\n{working} = {grouped(value)} ({unit})",)

    answer = f"{grouped(right[1])} {unit}"
    slips = [Slip(name, f"{grouped(v)} {unit}", steps(text, v)) for name, text, v in wrong]
    return Draft(variant, numbers, question, steps(*right), answer, differing(answer, *slips))


BODIES = (
    "Một hình lăng trụ đứng",
    "Một khối gỗ hình lăng trụ đứng",
    "Một hộp quà hình lăng trụ đứng",
)
TRIPLES = (
    (3, 4, 5),
    (6, 8, 10),
    (5, 12, 13),
    (9, 12, 15),
    (8, 15, 17),
    (12, 16, 20),
    (7, 24, 25),
    (20, 21, 29),
)


def prism(rng: Random) -> Draft:
    high, unit = rng.randint(4, 60), rng.choice(("cm", "dm"))
    variant = rng.choice(("right volume", "right lateral", "trapezium volume", "base volume"))
    body = rng.choice(BODIES)
    if variant.startswith("right"):
        base, numbers, right, wrong = _right_triangle(rng, variant, high, unit)
    else:
        base, numbers, right, wrong = _base_with_height(rng, variant, high, unit)
    what = "diện tích xung quanh" if variant == "right lateral" else "thể tích"
    sizes = f"{base}; chiều cao của lăng trụ là {high} {unit}"
    question = rng.choice(
        (
            f"{body} {sizes}. Tính {what} của hình lăng trụ đó.",
            f"{body} {sizes}. Hỏi {what} của lăng trụ bằng bao nhiêu?",
            f"Tính {what} của {body[4:]} {sizes}.",
        )
    )
    power = "²" if variant == "right lateral" else "³"
    return _solid(variant, numbers, question, what, unit + power, right, wrong)


Base = tuple[str, tuple[int, ...], tuple[str, int], list[tuple[str, str, int]]]
"""How a base is told, the numbers, the right working with its result, the wrong ones."""


def _right_triangle(rng: Random, variant: str, high: int, unit: str) -> Base:
    p, q, r = rng.choice(TRIPLES)
    base = (
        f"có đáy là tam giác vuông với hai cạnh góc vuông dài {p} {unit}, {q} {unit} "
        f"và cạnh huyền dài {r} {unit}"
    )
    volume = (f"{p} · {q} : 2 · {high}", p * q // 2 * high)
    lateral = (f"({p} + {q} + {r}) · {high}", (p + q + r) * high)
    if variant == "right volume":
        wrong = [("half_forgotten", f"{p} · {q} · {high}", p * q * high)]
        return base, (p, q, r, high), volume, [*wrong, ("lateral_for_volume", *lateral)]
    wrong = [("side_forgotten", f"({p} + {q}) · {high}", (p + q) * high)]
    return base, (p, q, r, high), lateral, [*wrong, ("volume_for_lateral", *volume)]


def _base_with_height(rng: Random, variant: str, high: int, unit: str) -> Base:
    a, b, h = rng.randint(3, 30), rng.randint(4, 25), rng.randint(2, 15)
    b += a == b
    if variant == "trapezium volume":
        h += (a + b) * h % 2
        base = (
            f"có đáy là hình thang hai đáy dài {a} {unit} và {b} {unit}, "
            f"chiều cao hình thang là {h} {unit}"
        )
        numbers: tuple[int, ...] = (a, b, h, high)
        whole, double = f"({a} + {b}) · {h}", (a + b) * h
    else:
        h += a * h % 2
        base = (
            f"có đáy là tam giác với một cạnh dài {a} {unit} và chiều cao ứng với cạnh đó "
            f"là {h} {unit}"
        )
        whole, numbers, double = f"{a} · {h}", (a, h, high), a * h
    right = (f"{whole} : 2 · {high}", double // 2 * high)
    wrong = [
        ("half_forgotten", f"{whole} · {high}", double * high),
        ("base_area_only", f"{whole} : 2", double // 2),
    ]
    return base, numbers, right, wrong


def fish_tank(rng: Random) -> Draft:
    long, wide = rng.randint(6, 15) * 10, rng.randint(3, 6) * 10
    water, deeper = rng.randint(15, 40), rng.randint(1, 6)
    variant = rng.choice(("litres", "stone"))
    tank = f"Một bể cá dạng hình hộp chữ nhật có đáy dài {long} cm, rộng {wide} cm"
    if variant == "litres":
        amount = decimal(long * wide * water, 3)
        question = f"{tank}, mực nước trong bể cao {water} cm. " + rng.choice(
            ("Hỏi trong bể có bao nhiêu lít nước?", "Tính số lít nước trong bể.")
        )
        volume = grouped(long * wide * water)
        first = f"Thể tích nước trong bể là:\n{long} · {wide} · {water} = {volume} (cm³)"
        steps = (first, f"Đổi: {volume} cm³ = {amount} dm³ = {amount} lít")
        ten = decimal(long * wide * water, 2)
        slips = [Slip("wrong_unit_factor", f"{ten} lít", (first, f"Đổi: {volume} cm³ = {ten} lít"))]
        return Draft(variant, (long, wide, water), question, steps, f"{amount} lít", tuple(slips))
    question = (
        f"{tank}, mực nước cao {water} cm. Thả một hòn đá vào thì đá chìm hẳn và mực nước dâng lên "
        f"đến {water + deeper} cm. "
    ) + rng.choice(("Tính thể tích hòn đá.", "Hỏi hòn đá có thể tích bao nhiêu xăng-ti-mét khối?"))
    value = long * wide * deeper
    whole = long * wide * (water + deeper)
    steps = (
        f"Mực nước dâng thêm là:\n{water + deeper} - {water} = {deeper} (cm)",
        f"Thể tích hòn đá là:\n{long} · {wide} · {deeper} = {grouped(value)} (cm³)",
    )
    line = f"Thể tích hòn đá là:\n{long} · {wide} · {water + deeper} = {grouped(whole)} (cm³)"
    slips = [Slip("whole_height_taken", f"{grouped(whole)} cm³", (line,))]
    answer = f"{grouped(value)} cm³"
    return Draft(variant, (long, wide, water, deeper), question, steps, answer, tuple(slips))


KINDS = {
    "box": Kind(7, "GEO.VOLUME", "volume and surfaces of a box", box),
    "prism": Kind(7, "GEO.VOLUME", "volume and surface of a right prism", prism, 2),
    "fish_tank": Kind(7, "GEO.VOLUME", "water in a tank, a stone put into it", fish_tank, 3),
}
