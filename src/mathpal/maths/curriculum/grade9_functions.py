"""Grade 9: the function y = ax^2 and its graph."""

from fractions import Fraction
from random import Random

from mathpal.maths.curriculum.drawing import Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import bracketed, polynomial, square_part, wrong


def parabola(rng: Random) -> Draft:
    return rng.choice((_parabola_value, _parabola_factor, _parabola_argument))(rng)


def _factor(rng: Random) -> Fraction:
    return Fraction(rng.choice((-5, -4, -3, -2, -1, 1, 2, 3, 4, 5)), rng.choice((1, 1, 2, 3, 4)))


def _square_function(a: Fraction) -> str:
    whole = a.denominator == 1
    return polynomial((a.numerator, "x^2")) if whole else f"({a})x^2"


def _parabola_value(rng: Random) -> Draft:
    a, x = _factor(rng), rng.choice((-1, 1)) * rng.randint(1, 12)
    y = a * x * x
    question = rng.choice(
        (
            f"Cho hàm số y = {_square_function(a)}. Tính giá trị của y khi x = {x}.",
            f"Tìm tung độ của điểm có hoành độ {x} thuộc đồ thị hàm số y = {_square_function(a)}.",
            f"Tính giá trị của hàm số y = {_square_function(a)} tại x = {x}.",
        )
    )
    steps = (f"Với x = {x} thì y = {bracketed(a)} · {bracketed(x)}^2 = {y}.",)
    slips = wrong(
        f"y = {y}",
        Slip(
            "all_squared", f"y = {y * a}", (f"y = ({bracketed(a)} · {bracketed(x)})^2 = {y * a}.",)
        ),
        Slip(
            "doubled_for_squared",
            f"y = {a * 2 * x}",
            (f"y = {bracketed(a)} · 2 · {bracketed(x)} = {a * 2 * x}.",),
        ),
    )
    return Draft("value", (a.numerator, a.denominator, x), question, steps, f"y = {y}", slips)


def _parabola_factor(rng: Random) -> Draft:
    a, x = _factor(rng), rng.choice((-1, 1)) * rng.randint(1, 9)
    y = a * x * x
    question = rng.choice(
        (
            f"Tìm hệ số a, biết đồ thị hàm số y = ax^2 (a ≠ 0) đi qua điểm M({x}; {y}).",
            f"Đồ thị hàm số y = ax^2 đi qua điểm A({x}; {y}). Xác định a.",
            f"Parabol y = ax^2 đi qua điểm N({x}; {y}). Hỏi a bằng bao nhiêu?",
        )
    )
    start = f"Vì đồ thị đi qua điểm ({x}; {y}) nên {y} = a · {bracketed(x)}^2."
    lost = y / x
    steps = (start, f"Suy ra a = {y} : {x * x} = {a}.".replace(f"{y} :", f"{bracketed(y)} :"))
    slip_steps = (start, f"Suy ra a = {bracketed(y)} : {bracketed(x)} = {lost}.")
    slip = Slip("square_forgotten", f"a = {lost}", slip_steps)
    numbers = (x, y.numerator, y.denominator)
    return Draft("factor", numbers, question, steps, f"a = {a}", wrong(f"a = {a}", slip))


def _parabola_argument(rng: Random) -> Draft:
    a, k = _factor(rng), rng.randint(1, 60)
    y = a * k
    outside, inside = square_part(k)
    x = polynomial((outside, f"√{inside}")) if inside > 1 else str(outside)
    question = rng.choice(
        (
            f"Cho hàm số y = {_square_function(a)}. Tìm các giá trị của x để y = {y}.",
            f"Tìm hoành độ các điểm có tung độ {y} thuộc đồ thị hàm số y = {_square_function(a)}.",
            f"Với những giá trị nào của x thì hàm số y = {_square_function(a)} có giá trị bằng "
            f"{y}?",
        )
    )
    start = (f"Ta có: {_square_function(a)} = {y}", *[f"x^2 = {k}"] * (a != 1))
    answer = f"x = {x}; x = -{x}"
    slip = Slip("second_root_forgotten", f"x = {x}", (*start, f"x = {x}."))
    numbers = (a.numerator, a.denominator, k)
    return Draft("argument", numbers, question, (*start, f"{answer}."), answer, (slip,))


def parabola_line(rng: Random) -> Draft:
    a, (x, y) = rng.choice((-4, -3, -2, -1, 1, 2, 3, 4)), rng.sample(range(-8, 9), 2)
    b, c = a * (x + y), -a * x * y
    line = polynomial((b, "x"), (c, ""))
    curve = polynomial((a, "x^2"))
    question = rng.choice(
        (
            f"Tìm toạ độ các giao điểm của parabol y = {curve} và đường thẳng y = {line}.",
            f"Cho parabol (P): y = {curve} và đường thẳng (d): y = {line}. "
            "Tìm toạ độ giao điểm của (P) và (d).",
            f"Đường thẳng y = {line} cắt đồ thị hàm số y = {curve} tại những điểm nào?",
        )
    )
    x, y = sorted((x, y))
    points = [f"({n}; {a * n * n})" for n in (x, y)]
    answer = " và ".join(points)
    moved = f"{polynomial((a, 'x^2'), (-b, 'x'), (-c, ''))} = 0"
    steps = (
        f"Hoành độ giao điểm là nghiệm của phương trình {curve} = {line}, hay {moved}.",
        f"Phương trình có hai nghiệm x = {x}; x = {y}.",
        f"Với x = {x} thì y = {a * x * x}; với x = {y} thì y = {a * y * y}.",
    )
    halves = " và ".join(f"({n}; {2 * a * n})" for n in (x, y))
    doubled = (*steps[:2], f"Với x = {x} thì y = {2 * a * x}; với x = {y} thì y = {2 * a * y}.")
    slips = wrong(
        answer,
        Slip(
            "one_point_forgotten", points[1], (*steps[:1], f"x = {y} nên giao điểm là {points[1]}.")
        ),
        Slip("doubled_for_squared", halves, doubled),
    )
    return Draft("", (a, b, c), question, steps, answer, slips)


KINDS = {
    "parabola": Kind(9, "ALG.FUNC", "a point, argument or factor of y = ax^2", parabola),
    "parabola_line": Kind(9, "ALG.FUNC", "where a line cuts a parabola", parabola_line, 3),
}
