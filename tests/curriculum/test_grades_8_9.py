"""Solve the problems of grades 8 and 9 from their text alone, another way than their author."""

import math
import re
from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import product
from random import Random

import pytest
import sympy

from mathpal.maths.curriculum import grade8, grade9
from mathpal.maths.curriculum.drawing import Draft
from mathpal.maths.curriculum.topics import TOPICS, strand_of

KINDS = {**grade8.KINDS, **grade9.KINDS}
DRAWS = 40
NUMBER = re.compile(r"(?<![\w,])(?:-(?=\d))?\d+(?: \d{3})*(?:,\d+)?")
X, Y = sympy.symbols("x y")
FEW = {"parabola_line": 1500, "two_dice": 1500}
"""Kinds with fewer than 2000 questions in 8000 draws -> how many they have at least."""


def nums(text: str) -> list[Fraction]:
    return [Fraction(n.replace(" ", "").replace(",", ".")) for n in NUMBER.findall(text)]


def algebra(text: str) -> sympy.Expr:
    """Read a formula as it is printed: `2x^2y - 3√2`, `(9 + √33)/4`, `65π/3`, `1 : (√3)`."""
    text = re.sub(r"(?<=\d) (?=\d{3}(?!\d))", "", text.strip())
    text = re.sub(r"(\d),(\d)", r"\1.\2", text)
    text = re.sub(r"∛\((-?\d+)\)", r"real_root(\1,3)", text)
    text = re.sub(r"∛(\d+)", r"real_root(\1,3)", text)
    text = re.sub(r"√(\d+)", r"sqrt(\1)", text).replace("√(", "sqrt(")
    text = re.sub(r"(sin|cos|tan|cot) (\d+)°", r"\1(\2*pi/180)", text)
    for printed, code in zip("[]^·:π", ("(", ")", "**", "*", "/", "pi"), strict=True):
        text = text.replace(printed, code)
    text = re.sub(r"(?<=[\dxyz)])(?=[a-z(])", "*", text)
    text = text.replace("real_root*(", "real_root(").replace("sqrt*(", "sqrt(")
    return sympy.sympify(text.replace(" ", ""), rational=True)


def formulas(question: str) -> list[str]:
    """Return the runs of mathematical signs, the longest first."""
    runs = re.findall(r"[\dxyz^√∛()\[\]+\-/:· ]+", question)
    return sorted((run.strip(" :") for run in runs), key=len, reverse=True)


def formula(question: str) -> sympy.Expr:
    return algebra(formulas(question)[0])


def quantity(answer: str) -> float:
    found = re.match(r"[-\d√π/() ,+]+", answer)
    assert found, answer
    return float(algebra(found[0].rstrip(" (")))


def at(question: str, letter: str) -> int:
    found = re.search(rf"\b{letter} = (-?\d+)", question)
    assert found, question
    return int(found[1])


def only(found: Iterable[object]) -> list[object]:
    result = list(found)
    assert len(result) == 1, result
    return result


def same(one: object, other: object) -> None:
    assert abs(float(one) - float(other)) < 1e-9 * max(1.0, abs(float(other))), (one, other)  # type: ignore[arg-type]


Check = Callable[[str, str], None]
CHECKS: dict[str, Check] = {}


def checks(*kinds: str) -> Callable[[Check], Check]:
    def note(check: Check) -> Check:
        CHECKS.update(dict.fromkeys(kinds, check))
        return check

    return note


@checks("quick_square", "root_value", "surd_sum", "surd_fraction")
def value_of_formula(question: str, answer: str) -> None:
    assert abs(sympy.N(formula(question) - algebra(answer), 30)) < 1e-18
    assert "/√" not in answer


@checks("polynomial_value", "factor_value", "fraction_value")
def value_at_point(question: str, answer: str) -> None:
    place = {X: at(question, "x")} | ({Y: at(question, "y")} if "y =" in question else {})
    assert formula(question).subs(place) == algebra(answer.rpartition("=")[2])


@checks("polynomial_product", "expand_identity")
def expanded(question: str, answer: str) -> None:
    if found := re.search(r"đa thức (.*) cho đơn thức (.*)\.", question):
        expression = algebra(found[1]) / algebra(found[2])
    else:
        expression = formula(question)
    assert sympy.expand(expression - algebra(answer)) == 0
    assert "(" not in answer
    terms = sympy.Add.make_args(sympy.expand(expression))
    assert len(re.split(r" [-+] ", answer)) == len(terms)


@checks("factorise")
def factorised(question: str, answer: str) -> None:
    text = algebra(formulas(question)[0])
    factored = algebra(answer)
    assert sympy.expand(text - factored) == 0
    powers = [p.as_base_exp() for p in sympy.Mul.make_args(factored) if p.free_symbols]
    wanted = sympy.factor_list(text)[1]
    assert sum(power for _, power in powers) == sum(power for _, power in wanted)


@checks("fraction_sum")
def one_fraction(question: str, answer: str) -> None:
    assert sympy.cancel(formula(question) - algebra(answer)) == 0


@checks("linear_equation", "bracket_equation")
def root_of_equation(question: str, answer: str) -> None:
    left, right = re.findall(r"[-\dx()+/ ]+ = [-\dx()+/ ]+", question)[-1].split(" = ")
    found = sympy.solve(algebra(left) - algebra(right), X)
    assert found == [algebra(answer.removeprefix("x = "))]


@checks("linear_function")
def line_value(question: str, answer: str) -> None:
    line = algebra(next(run for run in formulas(question) if re.search(r"\dx|x [-+]", run)))
    value = algebra(answer.rpartition("=")[2])
    if answer.startswith("x"):
        target = re.search(r"(?:y = |bằng )(-?\d+)(?:\.|\?| trên)", question)
        assert target
        assert line.subs(X, value) == int(target[1])
    else:
        place = re.search(r"[fgh]\((-?\d+)\)|x = (-?\d+)", question)
        assert place
        assert line.subs(X, int(place[1] or place[2])) == value


@checks("line_problem")
def lines(question: str, answer: str) -> None:
    found = [algebra(run) for run in re.findall(r"y = ([-\dx+ ]*x(?: [-+] \d+)?)", question)]
    points = [(int(x), int(y)) for x, y in re.findall(r"\((-?\d+); (-?\d+)\)", question)]
    if "tam giác" in question:
        b = found[0].subs(X, 0)
        (a,) = sympy.solve(found[0], X)
        same(nums(answer)[0] if "/" not in answer else Fraction(answer.split()[0]), abs(a * b) / 2)
    elif not points:
        x, y = (algebra(part) for part in answer.strip("()").split(";"))
        assert found[0].subs(X, x) == y == found[1].subs(X, x)
        assert found[0] != found[1]
    else:
        line = algebra(answer.removeprefix("y = "))
        assert all(line.subs(X, x) == y for x, y in points)
        if len(points) == 1:
            assert sympy.diff(line - found[0], X) == 0
            assert line != found[0]


@checks("age_equation")
def age(question: str, answer: str) -> None:
    k, years, j = nums(question)
    if "trước" in question:
        years = -years
    assert only(x for x in range(1, 99) if k * x + years == j * (x + years)) == nums(answer)


def minutes(text: str) -> Fraction:
    hours = re.search(r"(\d+) giờ", text)
    rest = re.search(r"(\d+) phút", text)
    return Fraction(60 * int(hours[1]) if hours else 0) + (int(rest[1]) if rest else 0)


@checks("motion_equation")
def motion(question: str, answer: str) -> None:
    v, w = (int(n) for n in re.findall(r"(\d+) km/h", question))
    if "đuổi" in question:
        ahead = int(minutes(question) / 60)
        (half,) = only(n for n in range(1, 40) if w * n == v * (n + 2 * ahead))
        assert isinstance(half, int)
        time = Fraction(half, 2)
        assert nums(answer) == [time if "giờ" in answer else w * time]
    else:
        late = minutes(question)
        ways = (d for d in range(1, 2000) if abs(Fraction(60 * d, v) - Fraction(60 * d, w)) == late)
        assert only(ways) == nums(answer)
        assert ("nhiều hơn" in question) == (w < v)


@checks("plan_equation")
def plan(question: str, answer: str) -> None:
    a, b, early, *more = (int(n) for n in nums(question))
    days = (d for d in range(early + 1, 400) if b * (d - early) == a * d + sum(more))
    assert [a * d for d in only(days)] == nums(answer)  # type: ignore[operator]


@checks("mixture")
def mixed(question: str, answer: str) -> None:
    mass, p, q = (int(n) for n in nums(question))
    pure = 0 if "gam nước" in question or "lượng nước" in question else 1
    found = (x for x in range(1, 4000) if mass * p + 100 * x * pure == q * (mass + x))
    assert only(found) == nums(answer)


@checks("percent_price")
def price_before(question: str, answer: str) -> None:
    *rates, paid = sorted(int(n) for n in nums(question))
    kept = math.prod(100 - rate for rate in rates)
    prices = (n for n in range(10_000, 6_000_000, 10_000) if n * kept == paid * 100 ** len(rates))
    assert only(prices) == nums(answer)


@checks("pythagoras")
def right_triangle(question: str, answer: str) -> None:
    unit = answer.split()[-1]
    if "vuông tại" in question:
        corner = re.search(r"vuông tại ([A-Z])", question)
        assert corner
        sides = dict(re.findall(r"([A-Z]{2}) = ([\d√]+) ", question))
        squares = {side: algebra(text) ** 2 for side, text in sides.items()}
        long = [value for side, value in squares.items() if corner[1] not in side]
        others = sum(value for side, value in squares.items() if corner[1] in side)
        wanted = long[0] - others if long else others
    else:
        one, other = (n for n in nums(question)[:2])
        wanted = (
            one**2 - other**2 if "thang" in question or "cáp" in question else one**2 + other**2
        )
    same(quantity(answer) ** 2, wanted)
    assert unit in question


@checks("quadrilateral_angles")
def fourth_angle(question: str, answer: str) -> None:
    given = [int(n) for n in nums(question)]
    if "tỉ lệ" in question:
        asked = re.findall(r"góc ([A-Z])\b", question)[-1]
        order = re.search(r"góc ([A-Z]), ([A-Z]), ([A-Z]), ([A-Z])", question)
        assert order
        unit = Fraction(360, sum(given))
        assert nums(answer) == [unit * given[order.groups().index(asked)]]
    elif len(given) == 3:
        assert sum(given) + nums(answer)[0] == 360
    else:
        one, other = re.findall(r"góc ([A-Z])\b", question)
        name = re.search(r"[A-Z]{4}", question)
        assert name
        assert abs(name[0].index(one) - name[0].index(other)) in (1, 3)
        assert given[0] + nums(answer)[0] == 180


@checks("thales")
def parallels(question: str, answer: str) -> None:
    one, other, third = (nums(n)[0] for n in re.findall(r"[A-Z]{2} = ([\d,]+) cm", question))
    found = nums(answer)[0]
    if "phân giác" in question:
        assert one * found == other * third
    elif "MN =" in question and "E" not in question:
        assert third * (one + other) == found * one
    else:  # D(one, 0), E(0, third), B(one + other, 0), C(0, third + found)
        assert one * (third + found) == third * (one + other)


@checks("similar_triangles")
def alike(question: str, answer: str) -> None:
    if "bóng" in question or "Bóng" in question:
        high = nums(answer)[0]
        pole = nums(re.search(r"cao ([\d,]+) m", question)[1])[0]  # type: ignore[index]
        shades = sorted(
            nums(n)[0]
            for n in re.findall(r"bóng dài ([\d,]+) m|dài ([\d,]+) m", question)
            for n in n
            if n
        )
        assert high * shades[0] == pole * shades[1]
    else:
        k, base = (
            re.search(r"(?:tỉ số(?: đồng dạng)?|k =) (\d+(?:/\d+)?)\b", question),
            nums(question)[-1],
        )
        assert k
        assert nums(answer) == [base * Fraction(k[1]) ** (2 if "diện tích" in question else 1)]


def shoelace(*points: tuple[float, float]) -> float:
    pairs = zip(points, (*points[1:], points[0]), strict=True)
    return abs(sum(a * d - b * c for (a, b), (c, d) in pairs)) / 2


@checks("quadrilateral_area")
def area(question: str, answer: str) -> None:
    given = [float(n) for n in nums(question)]
    if "chiều cao" in question:
        a, b, h = given
        found = shoelace((0, 0), (a, 0), (b, h), (0, h))
    else:
        if "hình vuông" in question:
            p = q = given[0]
        elif "cạnh" in question:
            side, p = given
            q = 2 * math.sqrt(side**2 - (p / 2) ** 2)
        else:
            p, q = given
        found = shoelace((p / 2, 0), (0, q / 2), (-p / 2, 0), (0, -q / 2))
    same(nums(answer)[0], found)


@checks("pyramid")
def pyramids(question: str, answer: str) -> None:
    one, other = (float(n) for n in nums(question))
    if "thể tích" in question.lower():
        if question.index("chiều cao") < question.index("đáy"):
            one, other = other, one
        base = one if "diện tích đáy" in question else one * one
        slices = 2000
        found = sum(base * ((i + 0.5) / slices) ** 2 * other / slices for i in range(slices))
        assert abs(float(nums(answer)[0]) / found - 1) < 1e-5
    else:
        slant = other if "trung đoạn" in question else math.hypot(one / 2, other)
        num = 3 if "tam giác" in question else 4
        same(nums(answer)[0], num * shoelace((0, 0), (one, 0), (one / 2, slant)))


@checks("data_percent")
def share_in_table(question: str, answer: str) -> None:
    counts = {name.lower(): int(n) for name, n in re.findall(r"([^:;.]+): (\d+)", question)}
    counts = {name.split(") như sau")[-1].strip(): n for name, n in counts.items()}
    name = re.search(r"“(.*)”", question)
    assert name
    part = next(n for key, n in counts.items() if key.endswith(name[1]))
    assert len(counts) == 4
    whole = 360 if "°" in answer else 100
    assert nums(answer) == [Fraction(part * whole, sum(counts.values()))]


@checks("experimental_probability")
def experiment(question: str, answer: str) -> None:
    if answer[-1].isdigit():
        num, hits = (int(n) for n in re.findall(r"(\d+) lần", question))
        assert Fraction(answer) * num == hits
    else:
        sample, bad, whole = (int(n) for n in nums(question))
        assert nums(answer)[0] * sample == bad * whole


def is_prime(n: int) -> bool:
    return sympy.isprime(n)


ONE_NUMBER = {
    r"chia hết cho (\d+)": lambda n, k: n % k == 0,
    r"lớn hơn (\d+)": lambda n, k: n > k,
    r"nhỏ hơn (\d+)": lambda n, k: n < k,
    r"chia cho (\d+) dư 1": lambda n, k: (n - 1) % k == 0,
    r"là số nguyên tố": lambda n, _: is_prime(n),
    r"là số chính phương": lambda n, _: math.sqrt(n).is_integer(),
    r"là số có hai chữ số": lambda n, _: len(str(n)) == 2,
}


@checks("theoretical_probability")
def one_draw(question: str, answer: str) -> None:
    if "màu" in question:
        counts = {c: int(n) for n, c in re.findall(r"(\d+) [\w ]+? màu (\w+)", question)}
        colour = re.findall(r"màu (\w+)", question)[-1]
        assert Fraction(answer) == Fraction(counts[colour], sum(counts.values()))
        return
    num = int(re.search(r"từ 1 đến (\d+)", question)[1])  # type: ignore[index]
    pattern, holds = only((p, h) for p, h in ONE_NUMBER.items() if re.search(p, question))[0]  # type: ignore[misc]
    found = re.search(pattern, question)
    assert found
    k = int(found[1]) if found.groups() else 0
    good = sum(holds(n, k) for n in range(1, num + 1))
    assert Fraction(answer) == Fraction(good, num)


HOLDS = {"<": lambda a, b: a < b, ">": lambda a, b: a > b}
HOLDS |= {"≤": lambda a, b: a <= b, "≥": lambda a, b: a >= b}


@checks("root_domain", "inequality")
def solution_set(question: str, answer: str) -> None:
    if "√" in question:
        inner = re.search(r"√\((.*?)\)", question)
        assert inner
        left, sign, right = algebra(inner[1]), "≥", algebra("0")
    else:
        found = re.search(r"([-\dx+ ]+) ([<>≤≥]) ([-\dx+ ]+)", question)
        assert found
        left, sign, right = algebra(found[1]), found[2], algebra(found[3])
    _, answer_sign, bound = answer.split()
    limit = Fraction(bound)
    assert algebra(bound) in sympy.solve(left - right, X)
    for x in (limit - 1, limit, limit + 1, limit - 50, limit + 50):
        place = {X: sympy.Rational(x.numerator, x.denominator)}
        assert HOLDS[answer_sign](x, limit) == HOLDS[sign](left.subs(place), right.subs(place))


@checks("product_equation", "quadratic_equation")
def roots(question: str, answer: str) -> None:
    equation = re.search(r"([-\dx^()+ ]+) = 0", question)
    assert equation
    wanted = set(sympy.solveset(sympy.expand(algebra(equation[1])), X, sympy.S.Reals))
    if "vô nghiệm" in answer:
        assert not wanted
        return
    given = [algebra(part.strip().removeprefix("x = ")) for part in answer.split(";")]
    assert len(given) == len(wanted)
    same(sum((10 * g + g**2 for g in given), sympy.S.Zero), sum(10 * w + w**2 for w in wanted))
    assert sorted(map(float, given)) == pytest.approx(sorted(map(float, wanted)))


@checks("linear_system")
def system(question: str, answer: str) -> None:
    one, other = (
        algebra(left) - int(right)
        for left, right in re.findall(r"([-\dxy+ ]+) = (-?\d+)", question)
    )
    wanted = sympy.linsolve([one, other], X, Y)
    if "vô nghiệm" in answer:
        assert wanted == sympy.S.EmptySet
    else:
        pair = answer.partition("= (")[2].strip(")").split("; ")
        assert wanted == sympy.FiniteSet(tuple(algebra(part) for part in pair))


@checks("viete")
def symmetric(question: str, answer: str) -> None:
    equation = re.search(r"phương trình ([-\dx^+ ]+) = 0", question)
    assert equation
    a, b, c = sympy.Poly(algebra(equation[1]), X).all_coeffs()
    root = math.sqrt(b * b - 4 * a * c)
    x1, x2 = float(-b + root) / float(2 * a), float(-b - root) / float(2 * a)
    cases = {
        "x1^2 + x2^2": x1**2 + x2**2,
        "1/x1 + 1/x2": 1 / x1 + 1 / x2,
        "(x1 - x2)^2": (x1 - x2) ** 2,
        "x1^2x2 + x1x2^2": x1**2 * x2 + x1 * x2**2,
        "(x1 + 1)(x2 + 1)": (x1 + 1) * (x2 + 1),
    }
    (wanted,) = only(value for text, value in cases.items() if text in question)
    assert float(Fraction(answer)) == pytest.approx(wanted, abs=1e-9)


@checks("parabola")
def parabolas(question: str, answer: str) -> None:
    values = [algebra(part.rpartition("=")[2]) for part in answer.split(";")]
    if answer.startswith("a"):
        x, y = re.search(r"\((-?\d+); (-?[\d/]+)\)", question).groups()  # type: ignore[union-attr]
        assert values[0] * int(x) ** 2 == algebra(y)
        return
    text = re.search(r"y = ([-\d()/]*x\^2)", question)
    assert text
    curve = algebra(text[1])
    if answer.startswith("y"):
        x = re.search(r"(?:x = |hoành độ )(-?\d+)", question)
        assert x
        assert curve.subs(X, int(x[1])) == values[0]
    else:
        y = re.search(r"(?:để y = |tung độ |bằng )(-?\d+(?:/\d+)?)", question)
        assert y
        assert len(set(values)) == 2
        assert all(curve.subs(X, value) == algebra(y[1]) for value in values)


@checks("parabola_line")
def crossings(question: str, answer: str) -> None:
    curve, line = sorted(
        (algebra(text) for text in re.findall(r"y = ([-\dx^+ ]*x[-\d^+ ]*|-?\d+)", question)),
        key=lambda e: -sympy.degree(e, X),
    )
    points = [(int(x), int(y)) for x, y in re.findall(r"\((-?\d+); (-?\d+)\)", answer)]
    assert sympy.degree(curve, X) == 2
    assert len(set(points)) == 2
    assert all(curve.subs(X, x) == y == line.subs(X, x) for x, y in points)


@checks("system_words")
def two_unknowns(question: str, answer: str) -> None:
    given, found = [int(n) for n in nums(question)], [int(n) for n in nums(answer)]
    if "chữ số" in question:
        whole, change = given
        change *= -1 if "nhỏ hơn" in question or "số nhỏ" in question else 1
        digits = (divmod(n, 10) for n in range(10, 100))
        wanted = (10 * t + o for t, o in digits if t + o == whole and 9 * (o - t) == change)
        assert only(wanted) == found
    elif "dòng" in question:
        down, hours, up, more = given
        boat, stream = found
        assert (boat + stream) * hours == down
        assert (boat - stream) * more == up
    elif "đồng" in question:
        a, b, paid, c, d, owed = given
        x, y = found
        assert a * x + b * y == paid
        assert c * x + d * y == owed
        assert a * d != b * c
    else:
        whole, *rest = given
        first, second, amount = sorted(rest)
        pairs = ((x, whole - x) for x in range(whole))
        wanted = [p for p in pairs if second * p[0] + first * p[1] == amount]
        assert wanted == [tuple(found)]


@checks("two_numbers")
def sum_and_product(question: str, answer: str) -> None:
    s, p = nums(question)
    s = s / 2 if "có chu vi" in question else s
    x, y = nums(answer)
    assert (x + y, x * y) == (s, p)


@checks("quadratic_words")
def squares_in_words(question: str, answer: str) -> None:
    given, found = [int(n) for n in nums(question)], [int(n) for n in nums(answer)]
    if "liên tiếp" in question:
        step = 2 if "chẵn" in question else 1
        wanted = [n for n in range(0, 200, step) if n * (n + step) == given[0]]
        assert [*wanted, *(n + step for n in wanted)] == found
    elif "diện tích" in question.lower():
        more, area = sorted(given)
        (width,) = only(w for w in range(1, 200) if w * (w + more) == area)
        assert isinstance(width, int)
        asked = question.replace("chiều dài hơn", "").replace("kém chiều dài", "")
        asked = re.findall(r"(?:Tính|Hỏi) (chu vi|chiều dài|chiều rộng)", asked)[0]
        sizes = {"chu vi": 4 * width + 2 * more, "chiều dài": width + more, "chiều rộng": width}
        assert found == [sizes[asked]]
    else:
        distance, more, late = given
        speeds = (
            v
            for v in range(1, 200)
            if Fraction(distance, v) - Fraction(distance, v + more) == Fraction(late, 60)
        )
        assert only(speeds) == found


@checks("inequality_words")
def most_or_least(question: str, answer: str) -> None:
    given, found = [int(n) for n in nums(question)], int(nums(answer)[0])
    if "điểm" in question:
        listing = re.search(r"là ([\d; ]+)", question)
        target = re.search(r"không nhỏ hơn (\d+)|từ (\d+) trở lên", question)
        assert listing
        assert target
        scores = [int(n) for n in listing[1].split(";")]
        goal = int(target[1] or target[2])
        wanted = min(x for x in range(11) if (sum(scores) + x) / (len(scores) + 1) >= goal)
    else:
        if "taxi" in question or "xe" in question.split("đồng")[0] or "phí" in question:
            money = max(given)
            fixed, price = (n for n in given if n != money)
        else:
            money, fixed, price = given
        wanted = max(n for n in range(2000) if fixed + price * n <= money)
    assert found == wanted


@checks("trig_values")
def special_angles(question: str, answer: str) -> None:
    text = re.search(
        r"-?\d*(?:sin|cos|tan|cot) \d+°(?: [-+] \d*(?:sin|cos|tan|cot) \d+°)*", question
    )
    assert text
    total = 0.0
    for sign, factor, name, angle in re.findall(r"([-+]? ?)(\d*)([a-z]{3}) (\d+)°", text[0]):
        t = math.radians(int(angle))
        value = (
            1 / math.tan(t)
            if name == "cot"
            else {"sin": math.sin, "cos": math.cos, "tan": math.tan}[name](t)
        )
        total += (-1 if "-" in sign else 1) * int(factor or 1) * value
    assert float(algebra(answer)) == pytest.approx(total, abs=1e-9)


@checks("trig_ratios")
def ratio_from_sides(question: str, answer: str) -> None:
    corner = re.search(r"vuông tại ([A-Z])", question)
    asked = re.match(r"(sin|cos|tan|cot) ([A-Z]) = (\d+(?:/\d+)?)", answer)
    assert corner
    assert asked
    sides = {frozenset(s): int(n) for s, n in re.findall(r"([A-Z]{2}) = (\d+)", question)}
    triangle = re.search(r"tam giác ([A-Z]{3})|Tam giác ([A-Z]{3})", question)
    assert triangle
    (third,) = set(triangle[1] or triangle[2]) - {corner[1], asked[2]}
    near, far, long = (
        frozenset(p) for p in (corner[1] + asked[2], corner[1] + third, asked[2] + third)
    )
    if long not in sides:
        angle = math.atan2(sides[far], sides[near])
    elif near in sides:
        angle = math.acos(sides[near] / sides[long])
    else:
        angle = math.asin(sides[far] / sides[long])
    names = {"sin": math.sin, "cos": math.cos, "tan": math.tan, "cot": lambda t: 1 / math.tan(t)}
    assert float(Fraction(asked[3])) == pytest.approx(names[asked[1]](angle))


@checks("right_triangle_side")
def side_or_height(question: str, answer: str) -> None:
    if "tan" in question:
        tangent = nums(question)[-1]
        distance = int(
            re.search(
                r"(?:cách .*?|dài )(\d+) m\b", re.sub(r"cách mặt đất [\d,]+ m", "", question)
            )[1]
        )  # type: ignore[index]
        eye = re.search(r"(?:mặt đất|giác kế cao) (\d,\d) m", question)
        assert nums(answer) == [tangent * distance + (nums(eye[1])[0] if eye else 0)]
        angle = re.search(r"tan (\d+)°", question)
        assert angle
        assert abs(math.tan(math.radians(int(angle[1]))) - float(tangent)) <= 0.0051
        return
    corner = re.search(r"vuông tại ([A-Z])", question)
    known = re.search(r"góc ([A-Z]) = (\d+)°", question)
    side = re.search(r"([A-Z]{2}) = (\d+) ", question)
    asked = re.search(r"(?:độ dài|Tính|cạnh) ([A-Z]{2})\b", question)
    assert corner and known and side and asked
    angle, length = math.radians(int(known[2])), int(side[2])

    def size(name: str) -> float:
        if corner[1] not in name:
            return 1.0
        return math.cos(angle) if known[1] in name else math.sin(angle)

    assert quantity(answer) == pytest.approx(length * size(asked[1]) / size(side[1]))


def pi_of(question: str) -> float:
    return 3.14 if "3,14" in question else math.pi


def radius_of(question: str) -> float:
    found = re.search(r"(bán kính|đường kính)(?: đáy)? (\d+)", question)
    assert found
    return int(found[2]) / (2 if found[1] == "đường kính" else 1)


@checks("arc_and_sector")
def arcs(question: str, answer: str) -> None:
    pi = pi_of(question)
    if "vành khuyên" in question:
        r, big = sorted(int(n) for n in re.findall(r"(\d+) (?:cm|dm|m)\b", question))
        wanted = pi * big**2 - pi * r**2
    else:
        turn = int(re.search(r"(\d+)°", question)[1]) / 360  # type: ignore[index]
        r = radius_of(question)
        wanted = turn * (2 * pi * r if "²" not in answer else pi * r**2)
        assert ("diện tích" in question) == ("²" in answer)
    assert quantity(answer) == pytest.approx(wanted)


@checks("circle_angles")
def angles_in_circle(question: str, answer: str) -> None:
    (size,) = nums(question)
    if "nội tiếp đường tròn có" in question or "tứ giác" in question:
        wanted = 180 - size
    elif "đường kính" in question:
        wanted = 90 - size
    elif "tiếp tuyến" in question:
        wanted = 360 - 90 - 90 - size
    else:
        given = re.search(r"(ở tâm|nội tiếp) \w+ (?:=|bằng) \d", question)
        assert given
        wanted = size / 2 if given[1] == "ở tâm" else 2 * size
    assert nums(answer) == [wanted]


@checks("chord_length")
def chords(question: str, answer: str) -> None:
    given = [int(n) for n in nums(question)]
    if "tiếp tuyến" in question:
        wanted = math.sqrt(max(given) ** 2 - min(given) ** 2)
    elif "Tính độ dài" in question:
        wanted = 2 * math.sqrt(given[0] ** 2 - given[1] ** 2)
    else:
        chord = max(int(n) for n in re.findall(r"(?:AB = |dài )(\d+)", question))
        radius = next((n for n in given if n != chord), given[0])
        wanted = math.sqrt(radius**2 - (chord / 2) ** 2)
    assert quantity(answer) == pytest.approx(wanted)


@checks("cylinder", "cone")
def round_solid(question: str, answer: str) -> None:
    pi, r = pi_of(question), radius_of(question)
    other = re.search(r"(chiều cao|đường sinh) (\d+)", question)
    assert other
    h = int(other[2])
    low = question.lower()
    if "nón" not in question:
        if "thể tích" in low:
            wanted = pi * r * r * h
        else:
            wanted = 2 * pi * r * h + (2 * pi * r * r if "toàn phần" in low else 0)
    elif "thể tích" in low:
        wanted = pi * r * r * h / 3
    else:
        wanted = pi * r * (h if other[1] == "đường sinh" else math.hypot(r, h))
    assert quantity(answer) == pytest.approx(wanted)
    assert answer[-1] == ("³" if "thể tích" in low else "²")


@checks("sphere")
def ball(question: str, answer: str) -> None:
    pi, r = pi_of(question), radius_of(question)
    wanted = 4 * pi * r**3 / 3 if "thể tích" in question.lower() else 4 * pi * r**2
    assert quantity(answer) == pytest.approx(wanted)


@checks("frequency_table")
def frequencies(question: str, answer: str) -> None:
    pairs = [
        (int(v), int(c))
        for v, c in re.findall(r"giá trị (\d+) (?:có tần số|xuất hiện) (\d+)", question)
    ]
    data = [v for v, c in pairs for _ in range(c)]
    if not pairs:
        data = [int(n) for n in re.findall(r"\d+", re.search(r"[:] ([\d; ]+)\.", question)[1])]  # type: ignore[index]
    num = int(re.search(r"(\d+) (?:học sinh|trận|khách)", question)[1])  # type: ignore[index]
    assert len(data) == num
    if "trung bình" in question:
        assert nums(answer) == [Fraction(sum(data), num)]
        return
    value = int(re.findall(r"giá trị (\d+)", question)[-1])
    count = data.count(value)
    assert nums(answer) == [Fraction(100 * count, num) if "tương đối" in question else count]


@checks("grouped_frequency")
def grouped(question: str, answer: str) -> None:
    groups = [
        tuple(map(int, found)) for found in re.findall(r"nhóm \[(\d+); (\d+)\) có (\d+)", question)
    ]
    whole = sum(count for *_, count in groups)
    if found := re.search(r"từ (\d+) trở lên", question):
        part = sum(count for low, _, count in groups if low >= int(found[1]))
    else:
        asked = re.findall(r"nhóm \[(\d+);", question)[-1]
        part = sum(count for low, _, count in groups if low == int(asked))
    assert nums(answer) == [Fraction(100 * part, whole)]


TWO_NUMBERS = {
    r"tổng [\w ]+ bằng (\d+)": lambda a, b, k: a + b == k,
    r"tổng [\w ]+ lớn hơn (\d+)": lambda a, b, k: a + b > k,
    r"tổng [\w ]+ nhỏ hơn (\d+)": lambda a, b, k: a + b < k,
    r"tổng [\w ]+ chia hết cho (\d+)": lambda a, b, k: (a + b) % k == 0,
    r"tích [\w ]+ chia hết cho (\d+)": lambda a, b, k: (a * b) % k == 0,
    r"tích [\w ]+ là số lẻ": lambda a, b, _: a % 2 == b % 2 == 1,
    r"tích [\w ]+ bằng (\d+)": lambda a, b, k: a * b == k,
    r"tích [\w ]+ lớn hơn (\d+)": lambda a, b, k: a * b > k,
    r"hai (?:số|mặt có số chấm) bằng nhau": lambda a, b, _: a == b,
    r"hơn kém nhau (\d+) đơn vị": lambda a, b, k: k in (a - b, b - a),
    r"có ít nhất một (?:số|mặt) (\d+)": lambda a, b, k: k in {a, b},
    r"không có (?:số|mặt) (\d+)": lambda a, b, k: k not in {a, b},
}


def share_of(event: str, space: list[tuple[int, int]]) -> Fraction:
    tests = [(m, h) for p, h in TWO_NUMBERS.items() if (m := re.search(p, event.lower()))]
    ((match, holds),) = tests
    k = int(match[1]) if match.groups() else 0
    return Fraction(sum(holds(a, b, k) for a, b in space), len(space))


@checks("two_dice")
def dice(question: str, answer: str) -> None:
    space = [(a, b) for a in range(1, 7) for b in range(1, 7)]
    assert Fraction(answer) == share_of(re.split("[Xx]ác suất", question)[-1], space)


@checks("two_cards")
def cards(question: str, answer: str) -> None:
    sizes = [int(n) for n in re.findall(r"từ 1 đến (\d+)", question)]
    if len(sizes) == 2:
        space = list(product(range(1, sizes[0] + 1), range(1, sizes[1] + 1)))
    else:
        space = [(a, b) for a, b in product(range(1, sizes[0] + 1), repeat=2) if a != b]
    assert Fraction(answer) == share_of(question.partition("xác suất")[2], space)


@checks("two_balls")
def balls(question: str, answer: str) -> None:
    counts = {c: int(n) for n, c in re.findall(r"(\d+) [\w ]+? màu (\w+)", question)}
    bag = [colour for colour, n in counts.items() for _ in range(n)]
    back = "có hoàn lại" in question
    pairs = [(bag[i], bag[j]) for i, j in product(range(len(bag)), repeat=2) if back or i != j]
    event = question.partition("xác suất")[2]
    if "khác màu" in event:
        good = sum(a != b for a, b in pairs)
    elif "cùng màu" in event:
        good = sum(a == b for a, b in pairs)
    else:
        colour = re.findall(r"màu (\w+)", event)[-1]
        good = sum(a == b == colour for a, b in pairs)
    assert Fraction(answer) == Fraction(good, len(pairs))


def drafts(kind: str, num: int = DRAWS) -> list[Draft]:
    return [KINDS[kind].draw(Random(i)) for i in range(num)]


def test_every_kind_is_checked() -> None:
    assert set(CHECKS) == set(KINDS)
    assert len(KINDS) == len(grade8.KINDS) + len(grade9.KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_answer_is_what_the_question_asks_for(kind: str) -> None:
    for draft in drafts(kind):
        try:
            CHECKS[kind](draft.question, draft.answer)
        except Exception as error:
            raise AssertionError(f"{draft}") from error


@pytest.mark.parametrize("kind", KINDS)
def test_slips_differ_from_the_answer_and_from_each_other(kind: str) -> None:
    for draft in drafts(kind):
        assert draft.answer not in [slip.answer for slip in draft.slips]
        assert len({slip.mistake for slip in draft.slips}) == len(draft.slips)
        assert all(slip.steps for slip in draft.slips)
    assert any(draft.slips for draft in drafts(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_a_slip_ends_in_an_answer_that_its_question_refuses(kind: str) -> None:
    for draft in drafts(kind, 20):
        for slip in draft.slips:
            with pytest.raises((AssertionError, ValueError, TypeError)):
                CHECKS[kind](draft.question, slip.answer)


@pytest.mark.parametrize("kind", KINDS)
def test_drawing_is_deterministic(kind: str) -> None:
    assert drafts(kind, 8) == drafts(kind, 8)


@pytest.mark.parametrize("kind", KINDS)
def test_there_are_thousands_of_questions(kind: str) -> None:
    rng = Random(0)
    questions = {KINDS[kind].draw(rng).question for _ in range(8000)}
    assert len(questions) >= FEW.get(kind, 2000)


@pytest.mark.parametrize("kind", KINDS)
def test_the_solution_shows_its_answer(kind: str) -> None:
    for draft in drafts(kind):
        end = draft.steps[-1]
        shown = [part for part in re.findall(r"[\dπ√/,]+", draft.answer) if part.strip(",/")]
        working = "\n".join(draft.steps)
        assert end
        assert all(part in working for part in shown), draft


@pytest.mark.parametrize("kind", KINDS)
def test_texts_are_clean(kind: str) -> None:
    for draft in drafts(kind):
        slips = [text for slip in draft.slips for text in (slip.answer, *slip.steps)]
        for text in (draft.question, draft.answer, *draft.steps, *slips):
            assert text == text.strip()
            assert not re.search(r"  | \.| ,|\+ -|- -|\b1x|\.\.|None|Fraction", text), text
        assert draft.question[-1] in ".?"
        assert all(isinstance(number, int) for number in draft.numbers)


def test_topics_and_strands_are_those_of_the_programme() -> None:
    for kinds in (grade8.KINDS, grade9.KINDS):
        assert all(kind.topic in TOPICS and 1 <= kind.difficulty <= 3 for kind in kinds.values())
        assert {strand_of(kind.topic) for kind in kinds.values()} == {
            *("number", "algebra", "geometry", "statistics")
        }
        assert {kind.difficulty for kind in kinds.values()} == {1, 2, 3}
