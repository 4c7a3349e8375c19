"""Grade 9: arcs and sectors, angles in a circle, chords and tangents."""

from fractions import Fraction
from random import Random

from mathpal.maths.curriculum.drawing import Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import decimal, grouped, root, wrong
from mathpal.maths.curriculum.grade8_triangles import TRIPLES

ANGLES = (
    20,
    30,
    36,
    40,
    45,
    50,
    54,
    60,
    72,
    80,
    90,
    100,
    108,
    120,
    135,
    144,
    150,
    160,
    210,
    240,
    270,
)


def times_pi(value: Fraction, rough: bool) -> str:
    """Write a multiple of π; where `rough`, with π taken as 3,14.

    >>> times_pi(Fraction(5, 3), False), times_pi(Fraction(5, 2), True)
    ('5π/3', '7,85')
    """
    if rough:
        return decimal(int(value * 314_000), 5)
    factor = "" if value.numerator == 1 else grouped(value.numerator)
    return f"{factor}π" + (f"/{value.denominator}" if value.denominator > 1 else "")


def is_short(value: Fraction) -> bool:
    """Tell whether a value times 3,14 ends within a few decimals."""
    return value.denominator in (1, 2, 4, 5, 10, 20)


def pi_hint(rng: Random, rough: bool) -> str:
    """Say in a question what becomes of π."""
    if rough:
        return rng.choice(("(lấy π ≈ 3,14)", "(lấy π = 3,14)"))
    return rng.choice(("(kết quả tính theo π)", "(giữ nguyên π trong kết quả)"))


def arc_and_sector(rng: Random) -> Draft:
    return rng.choice((_arc, _arc, _sector, _sector, _ring))(rng)


def _radius(rng: Random, thing: str) -> tuple[int, bool, str]:
    """Draw a radius, given as such or as a diameter."""
    radius, wide = rng.randint(2, 40), rng.random() < 0.4
    return (
        radius,
        wide,
        f"{thing} đường kính {2 * radius}" if wide else f"{thing} bán kính {radius}",
    )


def _arc(rng: Random) -> Draft:
    radius, wide, circle = _radius(rng, "đường tròn")
    n, unit = rng.choice(ANGLES), rng.choice(("cm", "cm", "dm", "m"))
    value = Fraction(radius * n, 180)
    rough = is_short(value) and is_short(2 * value) and rng.random() < 0.5
    hint = pi_hint(rng, rough)
    question = rng.choice(
        (
            f"Tính độ dài cung {n}° của {circle} {unit} {hint}.",
            f"Cho {circle} {unit}. Một cung của đường tròn có số đo {n}° dài bao nhiêu {hint}?",
            f"Trên {circle} {unit}, cung tròn ứng với góc ở tâm {n}° có độ dài bằng bao nhiêu "
            f"{hint}?",
        )
    )

    def steps(radius: int, bottom: int) -> tuple[tuple[str, ...], str]:
        pi = "3,14" if rough else "π"
        result = times_pi(Fraction(radius * n, bottom), rough)
        return (f"l = πRn/{bottom} = {pi} · {radius} · {n} : {bottom} = {result} ({unit}).",), (
            f"{result} {unit}"
        )

    right, answer = steps(radius, 180)
    halved = [f"Bán kính là: {2 * radius} : 2 = {radius} ({unit})."] * wide
    start = ("Độ dài cung tròn là:",)
    slips = []
    if wide:
        working, text = steps(2 * radius, 180)
        slips.append(Slip("diameter_for_radius", text, (*start, *working)))
    if not rough or is_short(value / 2):
        working, text = steps(radius, 360)
        slips.append(Slip("whole_turn_for_half", text, (*start, *working)))
    variant = "arc rough" if rough else "arc"
    return Draft(
        variant, (radius, n), question, (*halved, *start, *right), answer, wrong(answer, *slips)
    )


def _sector(rng: Random) -> Draft:
    radius, wide, circle = _radius(rng, "hình tròn")
    n, unit = rng.choice(ANGLES), rng.choice(("cm", "cm", "dm", "m"))
    value = Fraction(radius * radius * n, 360)
    rough = is_short(value) and rng.random() < 0.5
    hint = pi_hint(rng, rough)
    question = rng.choice(
        (
            f"Tính diện tích hình quạt tròn ứng với cung {n}° của {circle} {unit} {hint}.",
            f"Một hình quạt tròn có góc ở tâm {n}° được cắt từ {circle} {unit}. "
            f"Tính diện tích hình quạt {hint}.",
            f"Một chiếc bánh dạng {circle} {unit}. Phần bánh ứng với góc ở tâm {n}° có diện tích "
            f"bề mặt là bao nhiêu {hint}?",
        )
    )

    def steps(square: int, text: str) -> tuple[tuple[str, ...], str]:
        pi = "3,14" if rough else "π"
        result = times_pi(Fraction(square * n, 360), rough)
        return (
            "Diện tích hình quạt tròn là:",
            f"S = πR^2n/360 = {pi} · {text} · {n} : 360 = {result} ({unit}²).",
        ), f"{result} {unit}²"

    right, answer = steps(radius * radius, f"{radius}^2")
    halved = [f"Bán kính là: {2 * radius} : 2 = {radius} ({unit})."] * wide
    slips = []
    if wide:
        working, text = steps(4 * radius * radius, f"{2 * radius}^2")
        slips.append(Slip("diameter_for_radius", text, working))
    elif not rough or is_short(Fraction(radius * n, 360)):
        working, text = steps(radius, str(radius))
        slips.append(Slip("radius_not_squared", text, working))
    variant = "sector rough" if rough else "sector"
    return Draft(variant, (radius, n), question, (*halved, *right), answer, wrong(answer, *slips))


def _ring(rng: Random) -> Draft:
    small, large = sorted(rng.sample(range(2, 31), 2))
    unit, rough = rng.choice(("cm", "dm", "m")), rng.random() < 0.5
    hint = pi_hint(rng, rough)
    question = rng.choice(
        (
            f"Tính diện tích hình vành khuyên giới hạn bởi hai đường tròn cùng tâm có bán kính "
            f"{large} {unit} và {small} {unit} {hint}.",
            f"Một lối đi hình vành khuyên nằm giữa hai đường tròn đồng tâm bán kính {small} "
            f"{unit} và {large} {unit}. Tính diện tích lối đi {hint}.",
        )
    )

    def steps(value: int, inner: str) -> tuple[tuple[str, ...], str]:
        result = times_pi(Fraction(value), rough)
        pi = "3,14" if rough else "π"
        return (
            "Diện tích hình vành khuyên là:",
            f"S = {pi} · {inner} = {result} ({unit}²).",
        ), f"{result} {unit}²"

    right, answer = steps(large**2 - small**2, f"({large}^2 - {small}^2)")
    slip_steps, slip_answer = steps((large - small) ** 2, f"({large} - {small})^2")
    slip = Slip("square_of_difference", slip_answer, slip_steps)
    variant = "ring rough" if rough else "ring"
    return Draft(variant, (small, large), question, right, answer, wrong(answer, slip))


def circle_angles(rng: Random) -> Draft:
    return rng.choice((_inscribed, _inscribed, _cyclic, _tangents, _diameter))(rng)


def _inscribed(rng: Random) -> Draft:
    a, b, m = rng.choice((("A", "B", "M"), ("C", "D", "N"), ("P", "Q", "K"), ("B", "C", "A")))
    half = rng.randint(12, 88)
    whole = 2 * half
    central = rng.random() < 0.5
    one, other = f"góc ở tâm {a}O{b}", f"góc nội tiếp {a}{m}{b}"
    given, size, asked, result = (one, whole, other, half) if central else (other, half, one, whole)
    question = rng.choice(
        (
            f"Trên đường tròn (O), {one} và {other} cùng chắn cung nhỏ {a}{b}. Biết {given} = "
            f"{size}°, tính {asked}.",
            f"Cho đường tròn (O) có {given} = {size}°. Tính {asked}, biết hai góc cùng chắn cung "
            f"nhỏ {a}{b}.",
            f"Trong đường tròn tâm O, {given} bằng {size}° và cùng chắn cung nhỏ {a}{b} với "
            f"{asked}. Hỏi {asked} bằng bao nhiêu độ?",
        )
    )
    op = f"{size}° : 2" if central else f"2 · {size}°"
    wrongly = f"2 · {size}°" if central else f"{size}° : 2"
    turned = 2 * size if central else Fraction(size, 2)
    rule = "Số đo góc nội tiếp bằng một nửa số đo góc ở tâm cùng chắn một cung."
    name = asked[0].upper() + asked[1:]
    answer = f"{result}°"
    slips = [Slip("taken_as_equal", f"{size}°", (f"{name} = {given} = {size}°.",))]
    if turned < 180:
        text = decimal(int(turned * 10), 1)
        slips.append(Slip("turned_over", f"{text}°", (f"{name} = {wrongly} = {text}°.",)))
    steps = (rule, f"{name} = {op} = {answer}.")
    variant = "inscribed" if central else "central"
    return Draft(variant, (size,), question, steps, answer, tuple(slips))


def _cyclic(rng: Random) -> Draft:
    name = rng.choice(("ABCD", "MNPQ", "EFGH", "CDEF"))
    size = rng.choice((*range(40, 90), *range(91, 141)))
    first = rng.randrange(4)
    one, other = name[first], name[first - 2]
    question = rng.choice(
        (
            f"Tứ giác {name} nội tiếp đường tròn có góc {one} = {size}°. Tính góc {other}.",
            f"Cho tứ giác {name} nội tiếp đường tròn (O), biết góc {one} bằng {size}°. "
            f"Hỏi góc {other} bằng bao nhiêu độ?",
        )
    )
    answer = f"{180 - size}°"
    steps = (
        "Trong tứ giác nội tiếp, tổng hai góc đối bằng 180°.",
        f"Góc {other} = 180° - {size}° = {answer}.",
    )
    slip = Slip("taken_as_equal", f"{size}°", (f"Góc {other} = góc {one} = {size}°.",))
    return Draft("cyclic", (size,), question, steps, answer, (slip,))


def _tangents(rng: Random) -> Draft:
    a, b, m = rng.choice((("A", "B", "M"), ("B", "C", "A"), ("P", "Q", "K")))
    size = rng.choice((*range(30, 90), *range(91, 151)))
    given, asked = rng.choice(((f"{a}{m}{b}", f"{a}O{b}"), (f"{a}O{b}", f"{a}{m}{b}")))
    question = rng.choice(
        (
            f"Từ điểm {m} nằm ngoài đường tròn (O), kẻ hai tiếp tuyến {m}{a}, {m}{b} ({a}, {b} "
            f"là các tiếp điểm). Biết góc {given} = {size}°, tính góc {asked}.",
            f"Hai tiếp tuyến của đường tròn (O) tại {a} và {b} cắt nhau tại {m}, góc {given} = "
            f"{size}°. Tính số đo góc {asked}.",
        )
    )
    answer = f"{180 - size}°"
    steps = (
        f"Vì {m}{a}, {m}{b} là tiếp tuyến nên góc O{a}{m} = góc O{b}{m} = 90°.",
        f"Tứ giác {m}{a}O{b} có tổng các góc bằng 360° nên góc {asked} = 360° - 90° - 90° - "
        f"{size}° = {answer}.",
    )
    half = decimal(size * 5, 1)
    equal = Slip("taken_as_equal", f"{size}°", (f"Góc {asked} = góc {given} = {size}°.",))
    halved = Slip("taken_as_inscribed", f"{half}°", (f"Góc {asked} = {size}° : 2 = {half}°.",))
    return Draft("tangents", (size,), question, steps, answer, wrong(answer, equal, halved))


def _diameter(rng: Random) -> Draft:
    size = rng.choice((*range(10, 45), *range(46, 81)))
    a, b, c = tuple(rng.choice(("ABC", "MNP", "DEF")))
    question = rng.choice(
        (
            f"Cho đường tròn đường kính {b}{c}, điểm {a} thuộc đường tròn sao cho góc {a}{b}{c} = "
            f"{size}°. Tính góc {a}{c}{b}.",
            f"Tam giác {a}{b}{c} nội tiếp đường tròn đường kính {b}{c}, góc {b} = {size}°. "
            f"Hỏi góc {c} bằng bao nhiêu độ?",
        )
    )
    answer = f"{90 - size}°"
    steps = (
        f"Góc {b}{a}{c} là góc nội tiếp chắn nửa đường tròn nên góc {b}{a}{c} = 90°.",
        f"Góc {a}{c}{b} = 90° - {size}° = {answer}.",
    )
    left = f"{180 - size}°"
    slip = Slip("right_angle_forgotten", left, (f"Góc {a}{c}{b} = 180° - {size}° = {left}.",))
    return Draft("diameter", (size,), question, steps, answer, (slip,))


def chord_length(rng: Random) -> Draft:
    """Ask for a chord, its distance from the centre, or a tangent."""
    if rng.random() < 0.6:
        d, half, radius = rng.choice(TRIPLES)
    else:
        radius = rng.randint(4, 30)
        d = rng.randint(1, radius - 1)
        half = 0
    squared = radius * radius - d * d
    unit, asked = rng.choice(("cm", "dm", "m")), rng.choice(("chord", "distance", "tangent"))
    if not half and asked == "distance":
        asked = "chord"
    if asked == "tangent":
        return _tangent(rng, radius, d, unit)
    if asked == "distance":
        question = rng.choice(
            (
                f"Cho đường tròn (O; {radius} {unit}) và dây AB = {2 * half} {unit}. "
                "Tính khoảng cách từ O đến dây AB.",
                f"Dây AB của đường tròn tâm O bán kính {radius} {unit} dài {2 * half} {unit}. "
                "Hỏi tâm O cách dây AB bao nhiêu?",
            )
        )
        steps = (
            f"Gọi H là trung điểm của AB thì OH ⊥ AB và AH = {2 * half} : 2 = {half} ({unit}).",
            f"OH = √(OA^2 - AH^2) = √({radius}^2 - {half}^2) = {d} ({unit}).",
        )
        short = f"{radius - half} {unit}"
        working = f"OH = OA - AH = {radius} - {half} = {short}."
        slips = [Slip("lengths_subtracted", short, (working,))]
        if radius > 2 * half:
            far = root(radius**2 - 4 * half**2)
            working = f"OH = √({radius}^2 - {2 * half}^2) = {far} ({unit})."
            slips.append(Slip("chord_not_halved", f"{far} {unit}", (working,)))
        return Draft(
            asked, (radius, 2 * half), question, steps, f"{d} {unit}", wrong(f"{d} {unit}", *slips)
        )
    question = rng.choice(
        (
            f"Cho đường tròn (O; {radius} {unit}), dây AB cách tâm O một khoảng {d} {unit}. "
            "Tính độ dài dây AB.",
            f"Đường tròn tâm O bán kính {radius} {unit} có dây CD mà khoảng cách từ O đến CD là "
            f"{d} {unit}. Tính độ dài CD.",
        )
    )
    outer, answer = root(squared), root(4 * squared)
    steps = (
        f"Nửa dây dài: √({radius}^2 - {d}^2) = √{squared}"
        + f" = {outer}" * (outer != f"√{squared}")
        + f" ({unit}).",
        f"Độ dài dây là: 2 · {outer} = {answer} ({unit}).",
    )
    slip = Slip("half_chord", f"{outer} {unit}", steps[:1])
    return Draft(asked, (radius, d), question, steps, f"{answer} {unit}", (slip,))


def _tangent(rng: Random, far: int, radius: int, unit: str) -> Draft:
    squared, added = far * far - radius * radius, far * far + radius * radius
    question = rng.choice(
        (
            f"Cho đường tròn (O; {radius} {unit}) và điểm M cách O {far} {unit}. Kẻ tiếp tuyến "
            "MA với A là tiếp điểm. Tính độ dài MA.",
            f"Từ điểm M cách tâm O của đường tròn bán kính {radius} {unit} một khoảng {far} "
            f"{unit}, kẻ tiếp tuyến MA (A là tiếp điểm). Tính MA.",
        )
    )

    def steps(op: str, squared: int) -> tuple[str, ...]:
        return (
            "Vì MA là tiếp tuyến nên tam giác OAM vuông tại A.",
            f"MA = √(OM^2 {op} OA^2) = √({far}^2 {op} {radius}^2) = √{squared}"
            + f" = {root(squared)}" * (root(squared) != f"√{squared}")
            + f" ({unit}).",
        )

    answer = f"{root(squared)} {unit}"
    slip = Slip("squares_added", f"{root(added)} {unit}", steps("+", added))
    return Draft("tangent", (far, radius), question, steps("-", squared), answer, (slip,))


KINDS = {
    "arc_and_sector": Kind(9, "GEO.CIRCLE", "arcs, sectors and rings", arc_and_sector),
    "circle_angles": Kind(9, "GEO.ANGLE", "angles at the centre and on a circle", circle_angles),
    "chord_length": Kind(9, "GEO.CIRCLE", "a chord or a tangent by Pythagoras", chord_length, 2),
}
