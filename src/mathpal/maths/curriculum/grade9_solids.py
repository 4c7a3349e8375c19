"""Grade 9: cylinders, cones and spheres."""

from fractions import Fraction
from random import Random

from mathpal.maths.curriculum.drawing import Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import wrong
from mathpal.maths.curriculum.grade8_triangles import TRIPLES
from mathpal.maths.curriculum.grade9_circle import is_short, pi_hint, times_pi

SHORT = [triple for triple in TRIPLES if triple[2] <= 60]


def _measure(what: str, formula: str, product: str, value: Fraction, rough: bool, unit: str) -> str:
    pi = "3,14" if rough else "π"
    put = product.replace("π", pi)
    return f"{what} là: {formula} = {put} = {times_pi(value, rough)} ({unit})."


def _base(rng: Random, radius: int, unit: str) -> tuple[bool, str, tuple[str, ...]]:
    """Draw how the radius is given, and the step that finds it."""
    if rng.random() < 0.6:
        return False, f"bán kính đáy {radius} {unit}", ()
    halved = f"Bán kính đáy là: {2 * radius} : 2 = {radius} ({unit})."
    return True, f"đường kính đáy {2 * radius} {unit}", (halved,)


def cylinder(rng: Random) -> Draft:
    r, h, unit = rng.randint(2, 30), rng.randint(2, 40), rng.choice(("cm", "cm", "dm", "m"))
    wide, given, start = _base(rng, r, unit)
    rough, asked = rng.random() < 0.5, rng.choice(("lateral", "volume", "volume", "total"))
    what, formula, power = {
        "lateral": ("diện tích xung quanh", "2πrh", "²"),
        "volume": ("thể tích", "πr^2h", "³"),
        "total": ("diện tích toàn phần", "2πr(r + h)", "²"),
    }[asked]
    thing = rng.choice(
        ("Một hình trụ", "Một thùng hình trụ", "Một lon hình trụ", "Một bồn hình trụ")
    )
    hint = pi_hint(rng, rough)
    question = rng.choice(
        (
            f"{thing} có {given} và chiều cao {h} {unit}. Tính {what} của nó {hint}.",
            f"{thing} có chiều cao {h} {unit}, {given}. Hỏi {what} bằng bao nhiêu {hint}?",
            f"Tính {what} của hình trụ có {given} và chiều cao {h} {unit} {hint}.",
        )
    )

    def steps(r: int) -> tuple[str, str]:
        product, value = {
            "lateral": (f"2 · π · {r} · {h}", 2 * r * h),
            "volume": (f"π · {r}^2 · {h}", r * r * h),
            "total": (f"2 · π · {r} · ({r} + {h})", 2 * r * (r + h)),
        }[asked]
        return _finish(what, formula, product, Fraction(value), rough, unit + power)

    right, answer = steps(r)
    wrongly, text = steps(2 * r)
    slips = [Slip("diameter_for_radius", text, (wrongly,))] if wide else []
    if asked == "lateral":
        working, text = _finish(what, "πrh", f"π · {r} · {h}", Fraction(r * h), rough, unit + power)
        slips.append(Slip("half_of_the_circle", text, (*start, working)))
    elif asked == "volume":
        product = f"2 · π · {r} · {h}"
        working, text = _finish(what, "2πrh", product, Fraction(2 * r * h), rough, unit + power)
        slips.append(Slip("lateral_for_volume", text, (*start, working)))
    else:
        product = f"2 · π · {r} · {h}"
        working, text = _finish(what, "2πrh", product, Fraction(2 * r * h), rough, unit + power)
        slips.append(Slip("bases_forgotten", text, (*start, working)))
    variant = asked + " rough" * rough
    return Draft(variant, (r, h), question, (*start, right), answer, wrong(answer, *slips))


def _finish(
    what: str, formula: str, product: str, value: Fraction, rough: bool, unit: str
) -> tuple[str, str]:
    """Write the last step, and the answer."""
    name = what[0].upper() + what[1:]
    step = _measure(name, formula, product, value, rough, unit)
    return step, f"{times_pi(value, rough)} {unit}"


def cone(rng: Random) -> Draft:
    return rng.choice((_cone_volume, _cone_volume, _cone_lateral, _cone_slant))(rng)


CONES = ("Một hình nón", "Một đống cát hình nón", "Một chiếc nón lá dạng hình nón")


def _cone_volume(rng: Random) -> Draft:
    r, h, unit = rng.randint(2, 30), rng.randint(2, 40), rng.choice(("cm", "cm", "dm", "m"))
    wide, given, start = _base(rng, r, unit)
    value = Fraction(r * r * h, 3)
    rough = is_short(value) and rng.random() < 0.6
    hint = pi_hint(rng, rough)
    question = rng.choice(
        (
            f"{rng.choice(CONES)} có {given} và chiều cao {h} {unit}. Tính thể tích của nó {hint}.",
            f"Tính thể tích hình nón có {given}, chiều cao {h} {unit} {hint}.",
            f"Một cốc giấy hình nón có chiều cao {h} {unit} và {given}. "
            f"Hỏi thể tích của cốc là bao nhiêu {hint}?",
        )
    )
    cubed = f"{unit}³"
    product = f"1/3 · π · {r}^2 · {h}"
    right, answer = _finish("thể tích", "1/3 · πr^2h", product, value, rough, cubed)
    working, text = _finish("thể tích", "πr^2h", f"π · {r}^2 · {h}", 3 * value, rough, cubed)
    slips = [Slip("third_forgotten", text, (*start, working))]
    if wide:
        product = f"1/3 · π · {2 * r}^2 · {h}"
        working, text = _finish("thể tích", "1/3 · πr^2h", product, 4 * value, rough, cubed)
        slips.append(Slip("diameter_for_radius", text, (working,)))
    variant = "volume rough" if rough else "volume"
    return Draft(variant, (r, h), question, (*start, right), answer, wrong(answer, *slips))


def _cone_lateral(rng: Random) -> Draft:
    r, unit = rng.randint(2, 30), rng.choice(("cm", "cm", "dm"))
    slant = r + rng.randint(1, 30)
    wide, given, start = _base(rng, r, unit)
    rough = rng.random() < 0.5
    hint = pi_hint(rng, rough)
    question = rng.choice(
        (
            f"{rng.choice(CONES)} có {given} và đường sinh {slant} {unit}. "
            f"Tính diện tích xung quanh {hint}.",
            f"Tính diện tích xung quanh của hình nón có đường sinh {slant} {unit}, {given} {hint}.",
        )
    )
    return _lateral("lateral", (r, slant), wide, rough, unit, question, start, slant)


def _cone_slant(rng: Random) -> Draft:
    r, h, slant = rng.choice(SHORT)
    unit, rough = rng.choice(("cm", "dm")), rng.random() < 0.5
    wide, given, start = _base(rng, r, unit)
    hint = pi_hint(rng, rough)
    question = rng.choice(
        (
            f"Tính diện tích xung quanh của hình nón có {given} và chiều cao {h} {unit} {hint}.",
            f"{rng.choice(CONES)} có chiều cao {h} {unit}, {given}. Tính diện tích xung quanh "
            f"{hint}.",
        )
    )
    found = f"Đường sinh là: l = √({r}^2 + {h}^2) = {slant} ({unit})."
    return _lateral("slant", (r, h), wide, rough, unit, question, (*start, found), slant)


def _lateral(
    asked: str,
    numbers: tuple[int, int],
    wide: bool,
    rough: bool,
    unit: str,
    question: str,
    start: tuple[str, ...],
    slant: int,
) -> Draft:
    r, h = numbers
    what, square = "diện tích xung quanh", f"{unit}²"
    right, answer = _finish(what, "πrl", f"π · {r} · {slant}", Fraction(r * slant), rough, square)
    working, text = _finish(
        what, "2πrl", f"2 · π · {r} · {slant}", Fraction(2 * r * slant), rough, square
    )
    slips = [Slip("formula_of_cylinder", text, (*start, working))]
    if asked == "slant":
        working, text = _finish(what, "πrh", f"π · {r} · {h}", Fraction(r * h), rough, square)
        slips.append(Slip("height_for_slant", text, (working,)))
    elif wide:
        product = f"π · {2 * r} · {slant}"
        working, text = _finish(what, "πrl", product, Fraction(2 * r * slant), rough, square)
        slips = [Slip("diameter_for_radius", text, (working,))]
    variant = asked + " rough" * rough
    return Draft(variant, numbers, question, (*start, right), answer, wrong(answer, *slips))


SPHERES = (
    ("Một hình cầu", "cm", 100),
    ("Một hình cầu", "dm", 100),
    ("Một viên bi hình cầu", "mm", 40),
    ("Một quả bóng hình cầu", "cm", 60),
    ("Một bồn chứa hình cầu", "m", 30),
    ("Một quả cầu đá", "dm", 40),
)


def sphere(rng: Random) -> Draft:
    thing, unit, most = rng.choice(SPHERES)
    r = rng.randint(2, most)
    wide, volume = rng.random() < 0.5, rng.random() < 0.5
    value = Fraction(4 * r**3, 3) if volume else Fraction(4 * r * r)
    rough = is_short(value) and rng.random() < 0.5
    what, formula, power = (
        ("thể tích", "4/3 · πR^3", "³") if volume else ("diện tích bề mặt", "4πR^2", "²")
    )
    given = f"đường kính {2 * r} {unit}" if wide else f"bán kính {r} {unit}"
    hint = pi_hint(rng, rough)
    question = rng.choice(
        (
            f"{thing} có {given}. Tính {what} của nó {hint}.",
            f"Cho {thing.removeprefix('Một ')} có {given}. Hỏi {what} bằng bao nhiêu {hint}?",
            f"Tính {what}, biết {thing.lower()} có {given} {hint}.",
        )
    )
    start = (f"Bán kính là: {2 * r} : 2 = {r} ({unit}).",) if wide else ()

    def steps(r: int, formula: str, value: Fraction) -> tuple[str, str]:
        product = f"4/3 · π · {r}^3" if volume else f"4 · π · {r}^2"
        if formula in ("πR^2", "4πR^3"):
            product = product.replace("4/3 · ", "4 · ") if volume else f"π · {r}^2"
        return _finish(what, formula, product, value, rough, unit + power)

    right, answer = steps(r, formula, value)
    slips = []
    if wide:
        working, text = steps(2 * r, formula, value * (8 if volume else 4))
        slips.append(Slip("diameter_for_radius", text, (working,)))
    if volume:
        working, text = steps(r, "4πR^3", 3 * value)
        slips.append(Slip("third_forgotten", text, (*start, working)))
    else:
        working, text = steps(r, "πR^2", value / 4)
        slips.append(Slip("area_of_the_circle", text, (*start, working)))
    variant = what + " rough" * rough
    return Draft(variant, (r,), question, (*start, right), answer, wrong(answer, *slips))


KINDS = {
    "cylinder": Kind(9, "GEO.SOLID", "areas and volume of a cylinder", cylinder, 2),
    "cone": Kind(9, "GEO.SOLID", "lateral area and volume of a cone", cone, 2),
    "sphere": Kind(9, "GEO.SOLID", "area and volume of a sphere", sphere, 2),
}
