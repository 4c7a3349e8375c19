"""Grade 5: triangles, trapezoids, circles, boxes and cubes."""

from random import Random

from mathpal.maths.curriculum.drawing import MEN, NAMES, Draft, Kind, Slip, step
from mathpal.maths.curriculum.formulas import decimal, grouped


def triangle_area(rng: Random) -> Draft:
    base, height, places = rng.randint(5, 60), rng.randint(4, 50), rng.choice((0, 0, 1))
    base += places == 1 and base % 10 == 0
    height += base * height % 2
    unit = rng.choice(("cm", "dm", "m"))
    a, h = decimal(base, places), decimal(height, places)
    area, twice = decimal(base * height // 2, 2 * places), decimal(base * height, 2 * places)
    name = rng.choice(NAMES)
    noun = (
        rng.choice(("hình tam giác", "tấm bìa", "mảnh đất"))
        if unit == "m"
        else rng.choice(("hình tam giác", "tấm bìa", "lá cờ"))
    )
    owner = "" if noun == "hình tam giác" else f" hình tam giác của {name}"
    question = rng.choice(
        (
            f"Một {noun}{owner} có độ dài đáy {a} {unit} và chiều cao {h} {unit}. "
            f"Tính diện tích {noun} đó.",
            f"Tính diện tích một {noun}{owner}, biết đáy dài {a} {unit}, chiều cao {h} {unit}.",
            f"{noun[0].upper()}{noun[1:]}{owner} có chiều cao {h} {unit}, đáy {a} {unit}. "
            f"Hỏi diện tích {noun} đó là bao nhiêu?",
        )
    )
    what = f"Diện tích {noun}"
    steps = (step(what, f"{a} × {h} : 2", area, f"{unit}²"),)
    slips = (
        Slip("half_forgotten", f"{twice} {unit}²", (step(what, f"{a} × {h}", twice, f"{unit}²"),)),
        Slip("sides_added", f"{decimal(base + height, places)} {unit}²"),
    )
    return Draft(str(places), (base, height), question, steps, f"{area} {unit}²", slips)


def trapezoid_area(rng: Random) -> Draft:
    large = rng.randint(10, 60)
    small, height = rng.randint(4, large - 2), rng.randint(4, 40)
    height += (large + small) * height % 2
    unit, name = rng.choice(("cm", "m")), rng.choice(MEN)
    noun, owner = (
        ("hình thang", "")
        if unit == "cm"
        else rng.choice(
            (
                ("thửa ruộng", f" hình thang của bác {name}"),
                ("mảnh đất", f" hình thang của ông {name}"),
            )
        )
    )
    both = large + small
    area, twice = both * height // 2, both * height
    question = rng.choice(
        (
            f"Một {noun}{owner} có đáy lớn {large} {unit}, đáy bé {small} {unit} và chiều cao "
            f"{height} {unit}. Tính diện tích {noun} đó.",
            f"Tính diện tích một {noun}{owner}, biết độ dài hai đáy là {large} {unit} và {small} "
            f"{unit}, chiều cao là {height} {unit}.",
            f"Một {noun}{owner} có hai đáy dài {small} {unit} và {large} {unit}, chiều cao "
            f"{height} {unit}. Hỏi diện tích {noun} đó là bao nhiêu?",
        )
    )
    what, square = f"Diện tích {noun}", f"{unit}²"
    steps = (step(what, f"({large} + {small}) × {height} : 2", area, square),)
    slips = (
        Slip(
            "half_forgotten",
            f"{twice} {square}",
            (step(what, f"({large} + {small}) × {height}", twice, square),),
        ),
        Slip(
            "one_base_only",
            f"{decimal(large * height * 5, 1)} {square}",
            (step(what, f"{large} × {height} : 2", decimal(large * height * 5, 1), square),),
        ),
    )
    return Draft("", (large, small, height), question, steps, f"{area} {square}", slips)


ROUND_THINGS = (
    ("cái bàn", "m", 4, 12),
    ("bánh xe", "dm", 25, 40),
    ("bồn hoa", "m", 8, 60),
    ("nắp nồi", "cm", 100, 300),
    ("biển báo giao thông", "dm", 25, 45),
    ("cái đĩa", "cm", 60, 150),
    ("hồ nước", "m", 50, 300),
    ("hình tròn", "cm", 5, 250),
    ("hình tròn", "m", 5, 99),
)


def circle(rng: Random) -> Draft:
    """Compute with 3,14 for pi; radii are drawn in tenths of the unit."""
    noun, unit, shortest, longest = rng.choice(ROUND_THINGS)
    thing = "hình tròn" if noun == "hình tròn" else f"{noun} hình tròn"
    if noun in ("cái bàn", "cái đĩa"):
        thing += f" của {rng.choice(NAMES)}"
    draw = _circumference if rng.random() < 0.5 else _disc_area
    return draw(rng, noun, thing, unit, rng.randint(shortest, longest))


def _circumference(rng: Random, noun: str, thing: str, unit: str, radius: int) -> Draft:
    r, d = decimal(radius, 1), decimal(2 * radius, 1)
    given, expression = rng.choice(
        ((f"bán kính {r} {unit}", f"{r} × 2 × 3,14"), (f"đường kính {d} {unit}", f"{d} × 3,14"))
    )
    question = rng.choice(
        (
            f"Tính chu vi một {thing} có {given}.",
            f"Một {thing} có {given}. Hỏi chu vi {noun} đó là bao nhiêu {unit}?",
        )
    )
    what = f"Chu vi {noun}"
    around, half = decimal(2 * radius * 314, 3), decimal(radius * 314, 3)
    steps = (step(what, expression, around, unit),)
    slips = (
        Slip("radius_for_diameter", f"{half} {unit}", (step(what, f"{r} × 3,14", half, unit),)),
        Slip("area_for_perimeter", f"{decimal(radius * radius * 314, 4)} {unit}"),
    )
    return Draft("around", (radius,), question, steps, f"{around} {unit}", slips)


def _disc_area(rng: Random, noun: str, thing: str, unit: str, radius: int) -> Draft:
    r, d, square = decimal(radius, 1), decimal(2 * radius, 1), f"{unit}²"
    given, found = rng.choice(
        (
            (f"bán kính {r} {unit}", ()),
            (f"đường kính {d} {unit}", (step(f"Bán kính {noun}", f"{d} : 2", r, unit),)),
        )
    )
    question = rng.choice(
        (
            f"Tính diện tích một {thing} có {given}.",
            f"Một {thing} có {given}. Hỏi diện tích {noun} đó là bao nhiêu {square}?",
        )
    )
    what = f"Diện tích {noun}"
    area, whole = decimal(radius * radius * 314, 4), decimal(4 * radius * radius * 314, 4)
    steps = (*found, step(what, f"{r} × {r} × 3,14", area, square))
    wrong = step(what, f"{d} × {d} × 3,14", whole, square)
    slips = (
        Slip("perimeter_for_area", f"{decimal(2 * radius * 314, 3)} {square}"),
        Slip("diameter_for_radius", f"{whole} {square}", (wrong,)),
    )
    return Draft("area", (radius,), question, steps, f"{area} {square}", slips)


BOXES = (
    ("bể cá", "cm", 30, 90),
    ("hộp quà", "cm", 8, 40),
    ("thùng gỗ", "dm", 4, 15),
    ("viên gạch", "cm", 6, 25),
)


def box_volume(rng: Random) -> Draft:
    noun, unit, shortest, longest = rng.choice(BOXES)
    if rng.random() < 0.25:
        return _cube_volume(rng, noun, unit, rng.randint(shortest, longest))
    width = rng.randint(shortest, longest - 2)
    edges = (rng.randint(width + 1, longest), width, rng.randint(shortest, longest))
    return _tank_volume(rng, *edges) if noun == "bể cá" else _plain_box(rng, noun, unit, edges)


def _cube_volume(rng: Random, noun: str, unit: str, edge: int) -> Draft:
    volume, surface, cubic = grouped(edge**3), grouped(6 * edge * edge), f"{unit}³"
    name = rng.choice(NAMES)
    question = rng.choice(
        (
            f"Một {noun} hình lập phương có cạnh {edge} {unit}. Tính thể tích {noun} đó.",
            f"{name} có một {noun} hình lập phương cạnh {edge} {unit}. "
            f"Hỏi thể tích {noun} đó là bao nhiêu?",
        )
    )
    what = f"Thể tích {noun}"
    steps = (step(what, f"{edge} × {edge} × {edge}", volume, cubic),)
    wrong = step(what, f"{edge} × {edge} × 6", surface, cubic)
    slips = (
        Slip("surface_for_volume", f"{surface} {cubic}", (wrong,)),
        Slip(
            "three_times_edge",
            f"{3 * edge} {cubic}",
            (step(what, f"{edge} × 3", 3 * edge, cubic),),
        ),
    )
    return Draft("cube", (edge,), question, steps, f"{volume} {cubic}", slips)


def _edges(length: int, width: int, height: int, unit: str) -> str:
    return f"chiều dài {length} {unit}, chiều rộng {width} {unit}, chiều cao {height} {unit}"


def _tank_volume(rng: Random, length: int, width: int, height: int) -> Draft:
    given, name = _edges(length, width, height, "cm"), rng.choice(NAMES)
    volume = length * width * height
    shown, litres = grouped(volume), decimal(volume, 3)
    question = rng.choice(
        (
            f"Một bể cá dạng hình hộp chữ nhật có {given} (đo trong lòng bể). "
            "Hỏi bể chứa được nhiều nhất bao nhiêu lít nước? (1 l = 1 dm³)",
            f"Bể cá hình hộp chữ nhật của {name} có kích thước trong lòng bể là {given}. "
            "Tính số lít nước cần để đổ đầy bể (1 l = 1 dm³).",
        )
    )
    found = step("Thể tích bể cá", f"{length} × {width} × {height}", shown, "cm³")
    steps = (found, f"{shown} cm³ = {litres} dm³ = {litres} l")
    slips = (
        Slip("wrong_factor", f"{decimal(volume, 2)} l", (found,)),
        Slip("unit_not_changed", f"{shown} l", (found,)),
    )
    return Draft("litres", (length, width, height), question, steps, f"{litres} l", slips)


def _plain_box(rng: Random, noun: str, unit: str, edges: tuple[int, int, int]) -> Draft:
    length, width, height = edges
    given, name = _edges(*edges, unit), rng.choice(NAMES)
    question = rng.choice(
        (
            f"Một {noun} dạng hình hộp chữ nhật có {given}. Tính thể tích {noun} đó.",
            f"{name} có một {noun} dạng hình hộp chữ nhật với {given}. "
            f"Hỏi thể tích {noun} đó là bao nhiêu?",
        )
    )
    what, cubic = f"Thể tích {noun}", f"{unit}³"
    volume = grouped(length * width * height)
    around = grouped(2 * (length + width) * height)
    steps = (step(what, f"{length} × {width} × {height}", volume, cubic),)
    wrong = step(what, f"({length} + {width}) × 2 × {height}", around, cubic)
    slips = (
        Slip("side_surface_for_volume", f"{around} {cubic}", (wrong,)),
        Slip("edges_added", f"{sum(edges)} {cubic}"),
    )
    return Draft("", edges, question, steps, f"{volume} {cubic}", slips)


def box_surface(rng: Random) -> Draft:
    noun, unit = rng.choice(
        (("hộp bìa", "cm"), ("thùng tôn", "dm"), ("phòng học", "m"), ("hộp gỗ", "cm"))
    )
    low, high = {"cm": (5, 40), "dm": (3, 15), "m": (4, 9)}[unit]
    width = rng.randint(low, high - 1)
    length, height = rng.randint(width + 1, high), rng.randint(max(3, low // 2), high // 2 + 1)
    name = rng.choice(NAMES)
    owner = f" của trường bạn {name}" if noun == "phòng học" else f" của {name}"
    given = f"chiều dài {length} {unit}, chiều rộng {width} {unit} và chiều cao {height} {unit}"
    side, base = 2 * (length + width) * height, length * width
    whole = side + 2 * base
    variant, asked, result = rng.choice(
        (("side", "diện tích xung quanh", side), ("whole", "diện tích toàn phần", whole))
    )
    question = rng.choice(
        (
            f"Một {noun}{owner} dạng hình hộp chữ nhật có {given}. Tính {asked} của {noun} đó.",
            f"Tính {asked} của một {noun} dạng hình hộp chữ nhật có {given}.",
            f"{noun[0].upper()}{noun[1:]}{owner} dạng hình hộp chữ nhật có {given}. "
            f"Hỏi {asked} của {noun} đó là bao nhiêu?",
        )
    )
    square = f"{unit}²"
    around = step(
        "Diện tích xung quanh", f"({length} + {width}) × 2 × {height}", grouped(side), square
    )
    steps: tuple[str, ...] = (around,)
    slips = [Slip("volume_for_surface", f"{grouped(length * width * height)} {square}")]
    if variant == "whole":
        both = step("Diện tích hai đáy", f"{length} × {width} × 2", grouped(2 * base), square)
        steps = (
            around,
            both,
            step(
                "Diện tích toàn phần",
                f"{grouped(side)} + {grouped(2 * base)}",
                grouped(whole),
                square,
            ),
        )
        slips.append(Slip("bases_forgotten", f"{grouped(side)} {square}", (around,)))
        slips.append(Slip("one_base_only", f"{grouped(side + base)} {square}"))
    else:
        slips.append(Slip("half_perimeter_used", f"{grouped(side // 2)} {square}"))
        slips.append(Slip("bases_included", f"{grouped(whole)} {square}"))
    numbers = (length, width, height)
    return Draft(variant, numbers, question, steps, f"{grouped(result)} {square}", tuple(slips))


KINDS = {
    "triangle_area": Kind(5, "GEO.AREA", "the area of a triangle", triangle_area),
    "trapezoid_area": Kind(5, "GEO.AREA", "the area of a trapezoid", trapezoid_area),
    "circle": Kind(5, "GEO.CIRCLE", "perimeter and area of a circle", circle, 2),
    "box_volume": Kind(
        5, "GEO.VOLUME", "the volume of a box or cube, in litres too", box_volume, 2
    ),
    "box_surface": Kind(5, "GEO.SOLID", "the surface of a box", box_surface, 2),
}
