"""Grade 8: linear equations and linear functions."""

from fractions import Fraction
from math import lcm
from random import Random

from mathpal.maths.curriculum.drawing import Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import bracketed, polynomial, total, wrong


def _solve(rng: Random, equation: str, name: str = "phương trình") -> str:
    return rng.choice(
        (
            f"Giải {name}: {equation}.",
            f"Giải {name} sau: {equation}.",
            f"Tìm nghiệm của {name} {equation}.",
            f"Tìm x, biết {equation}.",
        )
    )


def _ending(slope: int, constant: int) -> tuple[tuple[str, ...], str]:
    """Solve slope · x = constant; the slope is not 0."""
    x = Fraction(constant, slope)
    last = () if slope == 1 else (f"x = {x}",)
    return (f"{polynomial((slope, 'x'))} = {constant}", *last), f"x = {x}"


def _solved(*lines: str) -> tuple[str, ...]:
    return "Ta có:", *lines, f"Vậy nghiệm của phương trình là {lines[-1]}."


def linear_equation(rng: Random) -> Draft:
    a, c = rng.sample([n for n in range(-9, 10) if n], 2)
    b, d = rng.randint(-20, 20), rng.randint(-20, 20)
    if rng.random() < 0.7:
        d = b + (a - c) * rng.randint(-9, 9)
    equation = f"{polynomial((a, 'x'), (b, ''))} = {polynomial((c, 'x'), (d, ''))}"
    moved = f"{polynomial((a, 'x'), (-c, 'x'))} = {polynomial((d, ''), (-b, ''))}"
    ending, answer = _ending(a - c, d - b)
    steps = _solved(equation, *([moved] if b else []), *ending)
    slips = []
    if a + c:
        kept = f"{polynomial((a, 'x'), (c, 'x'))} = {polynomial((d, ''), (-b, ''))}"
        ending, slip_answer = _ending(a + c, d - b)
        slips.append(Slip("sign_kept_across", slip_answer, _solved(equation, kept, *ending)))
    kept = f"{polynomial((a, 'x'), (-c, 'x'))} = {polynomial((d, ''), (b, ''))}"
    ending, slip_answer = _ending(a - c, d + b)
    slips.append(Slip("constant_sign_kept", slip_answer, _solved(equation, kept, *ending)))
    return Draft("", (a, b, c, d), _solve(rng, equation), steps, answer, wrong(answer, *slips))


def bracket_equation(rng: Random) -> Draft:
    return rng.choice((_brackets, _denominators))(rng)


def _brackets(rng: Random) -> Draft:
    k, n = rng.randint(2, 6), rng.randint(2, 6)
    a, p, q = rng.randint(1, 3), rng.randint(1, 9), rng.randint(-9, 9) or 4
    if a == 1 and p == q:
        q = -p
    x = rng.randint(-8, 8)
    sign = rng.choice((-1, 1)) if k * a != n else 1  # so that x does not fall out
    left = k * (a * x + p) + sign * n * (x + q)
    op = "-" if sign < 0 else "+"
    inner = polynomial((1, "x"), (q, ""))
    equation = f"{k}({polynomial((a, 'x'), (p, ''))}) {op} {n}({inner}) = {left}"
    slope, constant = k * a + sign * n, left - k * p - sign * n * q

    def steps(first: int, second: int) -> tuple[str, ...]:
        opened = polynomial((k * a, "x"), (first, ""), (sign * n, "x"), (second, ""))
        ending, _ = _ending(slope, left - first - second)
        joined = polynomial((slope, "x"), (first + second, ""))
        gathered = (f"{joined} = {left}",) if first + second else ()
        return _solved(equation, f"{opened} = {left}", *gathered, *ending)

    answer = _ending(slope, constant)[1]
    mistakes = (
        ("second_term_not_multiplied", p, sign * n * q),
        ("sign_lost", k * p, -sign * n * q),
    )
    slips = wrong(
        answer,
        *(Slip(s, _ending(slope, left - f - g)[1], steps(f, g)) for s, f, g in mistakes),
    )
    numbers = (k, a, p, n, q, x)
    question = _solve(rng, equation)
    return Draft("brackets" + op, numbers, question, steps(k * p, sign * n * q), answer, slips)


def _denominators(rng: Random) -> Draft:
    m, n = rng.sample((2, 3, 4, 5, 6), 2)
    p, q = rng.randint(-7, 7), rng.randint(-7, 7)
    sign, common = rng.choice((-1, 1)), lcm(m, n)
    u, v, op = common // m, common // n, "-" if sign < 0 else "+"
    slope, constant = u + sign * v, u * p + sign * v * q
    r = rng.randint(-4, 6) if rng.random() < 0.3 else _whole_side(rng, slope, constant, common)
    one, other = polynomial((1, "x"), (p, "")), polynomial((1, "x"), (q, ""))
    left = f"({one})/{m} {op} ({other})/{n}".replace("(x)", "x")
    answer = _ending(slope, common * r - constant)[1]

    def steps(right: int) -> tuple[str, ...]:
        multiplied = f"{polynomial((u, ''))}({one}) {op} {v}({other}) = {right}"
        opened = polynomial((u, "x"), (u * p, ""), (sign * v, "x"), (sign * v * q, ""))
        lines = (f"{left} = {r}", multiplied.replace("1(", "("), f"{opened} = {right}")
        return _solved(*lines, *_ending(slope, right - constant)[0])

    slip = Slip("right_side_not_multiplied", _ending(slope, r - constant)[1], steps(r))
    question = _solve(rng, f"{left} = {r}")
    numbers = (m, n, p, q, r)
    return Draft(
        "denominators" + op, numbers, question, steps(common * r), answer, wrong(answer, slip)
    )


def _whole_side(rng: Random, slope: int, constant: int, common: int) -> int:
    """Draw a right side that makes x whole, or any one where none is near."""
    sides = [r for r in range(-6, 9) if (common * r - constant) % slope == 0]
    return rng.choice(sides or range(1, 7))


def _line(a: int, b: int) -> str:
    return polynomial((a, "x"), (b, ""))


def _slope(rng: Random) -> int:
    return rng.choice((-5, -4, -3, -2, -1, 1, 2, 3, 4, 5))


def linear_function(rng: Random) -> Draft:
    a, b, x = _slope(rng), rng.choice((-1, 1)) * rng.randint(1, 12), rng.randint(-8, 8)
    text, name = _line(a, b), rng.choice("fgh")
    y = a * x + b
    if rng.random() < 0.5:
        question = rng.choice(
            (
                f"Cho hàm số y = {name}(x) = {text}. Tính {name}({x}).",
                f"Tính giá trị của hàm số y = {name}(x) = {text} tại x = {x}.",
                f"Cho hàm số bậc nhất y = {name}(x) = {text}. Tìm giá trị của hàm số khi x = {x}.",
            )
        )
        head = f"Ta có: {name}({x}) = {polynomial((a, ''))} · {bracketed(x)} {_signed(b)}"
        steps = (f"{head} = {total((a * x, b))} = {y}.",)
        lost = a * abs(x) + b
        slip = Slip(
            "sign_lost", f"{name}({x}) = {lost}", (f"{head} = {total((a * abs(x), b))} = {lost}.",)
        )
        answer = f"{name}({x}) = {y}"
        return Draft("value", (a, b, x), question, steps, answer, wrong(answer, slip))
    question = rng.choice(
        (
            f"Cho hàm số y = {text}. Tìm x để y = {y}.",
            f"Tìm hoành độ của điểm có tung độ bằng {y} trên đường thẳng y = {text}.",
            f"Với giá trị nào của x thì hàm số y = {text} có giá trị bằng {y}?",
        )
    )
    right = (f"Ta có: {text} = {y}", f"{polynomial((a, 'x'))} = {y - b}", f"x = {x}.")
    moved = Fraction(y + b, a)
    slip_steps = (f"Ta có: {text} = {y}", f"{polynomial((a, 'x'))} = {y + b}", f"x = {moved}.")
    slip = Slip("constant_sign_kept", f"x = {moved}", slip_steps)
    answer = f"x = {x}"
    return Draft("argument", (a, b, y), question, right, answer, wrong(answer, slip))


def _signed(value: int) -> str:
    return f"- {-value}" if value < 0 else f"+ {value}"


def line_problem(rng: Random) -> Draft:
    return rng.choice((_intersection, _intersection, _axes, _through, _parallel))(rng)


def _intersection(rng: Random) -> Draft:
    a, c = _slope(rng), _slope(rng)
    while a == c:
        c = _slope(rng)
    x, b = rng.randint(-7, 7), rng.randint(-12, 12)
    d = (a - c) * x + b
    one, other, y = _line(a, b), _line(c, d), a * x + b
    question = rng.choice(
        (
            f"Tìm toạ độ giao điểm của hai đường thẳng y = {one} và y = {other}.",
            f"Cho hai đường thẳng (d): y = {one} và (d'): y = {other}. "
            "Tìm toạ độ giao điểm của (d) và (d').",
            f"Hai đường thẳng y = {one} và y = {other} cắt nhau tại điểm nào?",
        )
    )

    def steps(slope: int, constant: int, x: Fraction, y: Fraction) -> tuple[str, ...]:
        lines = [f"{_line(slope, 0)} = {constant}"] * (slope != 1)
        return (
            f"Hoành độ giao điểm là nghiệm của phương trình: {one} = {other}.",
            *lines,
            f"x = {x}",
            f"Thay x = {x} vào y = {one}, ta được y = {y}.",
            f"Vậy giao điểm có toạ độ ({x}; {y}).",
        )

    answer = f"({x}; {y})"
    right = steps(a - c, d - b, Fraction(x), Fraction(y))
    swapped = (*right[:-1], f"Vậy giao điểm có toạ độ ({y}; {x}).")
    slips = [Slip("coordinates_swapped", f"({y}; {x})", swapped)]
    if a + c:
        wrong_x = Fraction(d - b, a + c)
        wrong_y = a * wrong_x + b
        slip_steps = steps(a + c, d - b, wrong_x, wrong_y)
        slips.append(Slip("sign_kept_across", f"({wrong_x}; {wrong_y})", slip_steps))
    return Draft("intersection", (a, b, c, d), question, right, answer, wrong(answer, *slips))


def _axes(rng: Random) -> Draft:
    a, b = _slope(rng), rng.choice((-1, 1)) * rng.randint(1, 15)
    x, text = Fraction(-b, a), _line(a, b)
    area = abs(x * b) / 2
    question = rng.choice(
        (
            f"Đường thẳng y = {text} cắt trục Ox tại A và cắt trục Oy tại B. "
            "Tính diện tích tam giác OAB.",
            f"Gọi A, B lần lượt là giao điểm của đường thẳng y = {text} với trục Ox, Oy. "
            "Tính diện tích tam giác OAB (O là gốc toạ độ).",
            f"Tính diện tích tam giác tạo bởi đường thẳng y = {text} và hai trục toạ độ.",
        )
    )
    start = (
        f"Cho y = 0 thì x = {x}, đường thẳng cắt trục Ox tại A({x}; 0).",
        f"Cho x = 0 thì y = {b}, đường thẳng cắt trục Oy tại B(0; {b}).",
        f"Suy ra OA = {abs(x)}, OB = {abs(b)}.",
    )
    sides = f"{bracketed(abs(x))} · {abs(b)}"
    steps = (*start, f"Diện tích tam giác OAB là: 1/2 · {sides} = {area} (đơn vị diện tích).")
    slip_steps = (*start, f"Diện tích tam giác OAB là: {sides} = {2 * area} (đơn vị diện tích).")
    slip = Slip("half_forgotten", f"{2 * area} (đơn vị diện tích)", slip_steps)
    answer = f"{area} (đơn vị diện tích)"
    return Draft("axes", (a, b), question, steps, answer, (slip,))


def _through(rng: Random) -> Draft:
    """Draw a line through two points."""
    a, b = _slope(rng), rng.randint(-9, 9)
    x, u = rng.sample(range(-6, 7), 2)
    y, v = a * x + b, a * u + b
    question = rng.choice(
        (
            f"Viết phương trình đường thẳng đi qua hai điểm A({x}; {y}) và B({u}; {v}).",
            f"Tìm hàm số bậc nhất có đồ thị đi qua hai điểm M({x}; {y}) và N({u}; {v}).",
            f"Đường thẳng y = ax + b đi qua A({x}; {y}) và B({u}; {v}). Xác định a và b "
            "rồi viết phương trình đường thẳng đó.",
        )
    )

    ratio = f"({y} - {bracketed(v)})/({x} - {bracketed(u)})"
    start = f"Đường thẳng y = ax + b có hệ số góc a = {ratio} = {a}."
    put = f"Đường thẳng đi qua điểm ({x}; {y}) nên {y} = {bracketed(a)} · {bracketed(x)} + b"
    shift = y + a * x
    lost = f"{put}, suy ra b = {y} + {bracketed(a * x)} = {shift}."
    answer = f"y = {_line(a, b)}"
    slip = Slip("sign_lost", f"y = {_line(a, shift)}", (start, lost))
    steps = (start, f"{put}, suy ra b = {b}.")
    return Draft("through", (x, y, u, v), question, steps, answer, wrong(answer, slip))


def _parallel(rng: Random) -> Draft:
    a, c, x, b = _slope(rng), rng.randint(-9, 9), rng.randint(-6, 6), rng.randint(-9, 9)
    while b == c:
        b = rng.randint(-9, 9)
    y = a * x + b
    question = rng.choice(
        (
            f"Viết phương trình đường thẳng đi qua điểm A({x}; {y}) và song song với đường thẳng "
            f"y = {_line(a, c)}.",
            f"Tìm đường thẳng y = ax + b song song với đường thẳng y = {_line(a, c)} và đi qua "
            f"điểm M({x}; {y}).",
        )
    )
    start = f"Vì hai đường thẳng song song nên a = {a} và b ≠ {c}."
    put = f"Đường thẳng đi qua điểm ({x}; {y}) nên {y} = {a} · {bracketed(x)} + b"
    shift = y + a * x
    slip_steps = (start, f"{put}, suy ra b = {y} + {bracketed(a * x)} = {shift}.")
    slip = Slip("sign_lost", f"y = {_line(a, shift)}", slip_steps)
    steps = (start, f"{put}, suy ra b = {b} (thoả mãn).")
    answer = f"y = {_line(a, b)}"
    return Draft("parallel", (a, c, x, y), question, steps, answer, wrong(answer, slip))


KINDS = {
    "linear_equation": Kind(8, "ALG.LINEAR", "ax + b = cx + d", linear_equation),
    "bracket_equation": Kind(
        8, "ALG.LINEAR", "a linear equation with brackets or denominators", bracket_equation, 2
    ),
    "linear_function": Kind(8, "ALG.FUNC", "a value of y = ax + b, or its x", linear_function),
    "line_problem": Kind(8, "ALG.FUNC", "points, areas and equations of lines", line_problem, 2),
}
