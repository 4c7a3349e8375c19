"""Answer problems of grade 7 from their text alone, each in another way than the generator."""

import re
from collections.abc import Callable
from fractions import Fraction as F
from math import prod

import sympy
from textbook import (
    Values,
    X,
    evaluate,
    group,
    ints,
    linear_unknown,
    nums,
    poly,
    shoelace,
    value_of_power,
    value_of_task,
)


def absolute_equation(question: str) -> Values:
    equation = group(r"(\|.*?)(?:\.|\?)?$", question)
    inside, right = equation.strip("|").split("| = ")
    shift = evaluate(inside, x=F(0))
    return [evaluate(right) - shift, -evaluate(right) - shift]


def rounding_precision(question: str) -> Values:
    value, precision = nums(question)
    unit = 2 * precision
    return [unit * ((value / unit + F(1, 2)).__floor__())]


def proportion(question: str) -> Values:
    equation = group(r"(?:thức:?|biết:) (.*?)\.?$", question).replace("(", "").replace(")", "")
    a, b, c, d = re.split(r" : |/| = ", equation)
    known = {"a": a, "b": b, "c": c, "d": d}
    outer = [v for v in (known["a"], known["d"]) if v != "x"]
    inner = [v for v in (known["b"], known["c"]) if v != "x"]
    top, bottom = (inner, outer) if len(inner) == 2 else (outer, inner)
    return [F(prod(map(int, top)), int(bottom[0]))]


def equal_ratios(question: str) -> Values:
    a, b = re.search(r"x(?: : |/)(\d+) = y(?: : |/)(\d+)", question).groups()
    left, right = re.search(r"(\d*x [+-] \d*y) = (-?\d+)", question).groups()
    x, y = sympy.symbols("x y")
    found = sympy.solve([x * int(b) - y * int(a), poly(left) - int(right)], [x, y])
    return [F(int(found[x])), F(int(found[y]))]


def shares_of_three(question: str) -> Values:
    parts = [int(n) for n in re.search(r"(\d+); (\d+); (\d+)", question).groups()]
    total = int(group(r"(\d+) (?:cây|triệu đồng|quyển|kg)", question))
    return [F(total * part, sum(parts)) for part in parts]


def direct_proportion(question: str) -> Values:
    a, known, c = nums(question)
    return [known / a * c]


def inverse_proportion(question: str) -> Values:
    a, known, c = nums(question)
    return [a * known / c]


def expression_value(question: str) -> Values:
    text = group(r"((?:-?\d*x\^2)[-+\dxy^ ]*[\dy2])(?= |\.)", question)
    at = {name: int(group(rf"{name} = (-?\d+)", question)) for name in "xy" if name in text}
    return [F(int(poly(text).subs(at)))]


def polynomials(question: str) -> list[str]:
    return re.findall(r"\(x\) = (-?\d*x[\dxm^ +-]*[\dxm])", question)


def polynomial_sum(question: str) -> sympy.Expr:
    first, second = (poly(text) for text in polynomials(question))
    return first + second if re.search(r"\(x\) \+ [A-Z]", question) else first - second


def polynomial_root(question: str) -> Values:
    (text,) = polynomials(question)
    if "m" in text:
        at = poly(text).subs(X, int(group(r"x = (-?\d+)", question)))
        return [F(int(sympy.solve(at)[0]))]
    return sorted((F(str(r)) for r in sympy.roots(poly(text), X)), reverse=True)


def binomial_product(question: str) -> sympy.Expr:
    left, right = re.findall(r"-?\d*x [+-] \d+", question)
    return sympy.expand(poly(left) * poly(right))


def polynomial_terms(question: str) -> Values:
    (text,) = re.findall(r"\(x\) = (-?[\dx][\dx^ +-]*[\dx])", question)
    whole = sympy.Poly(poly(text), X)
    if "bậc" in question:
        return [F(whole.degree())]
    return [F(int(whole.LC() if "cao nhất" in question else whole.eval(0)))]


def crossing_lines(question: str) -> Values:
    size = F(group(r"(\d+)°", question))
    if "phân giác" in question:
        return [(180 - size) / 2]
    asked = re.findall(r"góc (\w'?\w\w'?)", question)[-1]
    return [size if asked.count("'") == 2 else 180 - size]


def parallel_lines(question: str) -> Values:
    size = F(group(r"(\d+)°", question))
    numbers = {int(number) for number in re.findall(r"góc [A-Z](\d)", question)}
    return [size if len({number % 2 for number in numbers}) == 1 else 180 - size]


def triangle_angles(question: str) -> Values:
    sizes = [F(size) for size in re.findall(r"(\d+)°", question)]
    if not sizes:
        parts = [F(n) for n in group(r"(\d+ : \d+ : \d+)", question).split(" : ")]
        return [180 * parts[0] / sum(parts)]
    rest = 180 - sum(sizes)
    return [180 - rest if "góc ngoài" in question else rest]


def isosceles_triangle(question: str) -> Values:
    top = group(r"cân tại (\w)|$", question) or group(r"có (\w)\w =", question)
    given, size = re.search(r"(?:góc|đỉnh) (\w) (?:=|bằng) (\d+)°", question).groups()
    asked = re.findall(r"góc (\w)(?: bằng bao|\.)", question)[-1]
    inner = 180 - F(size) if "góc ngoài" in question else F(size)
    base = (180 - inner) / 2 if given == top else inner
    return [180 - 2 * base if asked == top else base]


def triangle_inequality(question: str) -> Values:
    a, b = ints(question)
    if "cân" in question:
        ((leg, other),) = [(x, y) for x, y in ((a, b), (b, a)) if 2 * x > y]
        return [F(2 * leg + other)]
    thirds = [c for c in range(1, 100) if a < b + c and b < a + c and c < a + b]
    if "bao nhiêu giá trị" in question:
        return [F(len(thirds))]
    return [F(max(thirds) if "lớn nhất" in question else min(thirds))]


def centroid(question: str) -> Values:
    median = group(r"đường trung tuyến (\w\w)", question)
    point = group(r"(?:trọng tâm|Cho) (\w)(?:\.| là trọng tâm)", question)
    at = {median[0]: F(0), point: F(2, 3), median[1]: F(1)}
    known, asked = group(r"Biết (\w\w)", question), group(r"(?:độ dài|Hỏi) (\w\w)", question)
    lengths = [abs(at[names[0]] - at[names[1]]) for names in (known, asked)]
    return [nums(question)[0] / lengths[0] * lengths[1]]


def box(question: str) -> Values:
    a, b, c = nums(question)
    if "thể tích" in question:
        return [a * b * c]
    sides = [a * c, b * c, a * c, b * c]
    return [sum(sides) + (a * b + a * b if "toàn phần" in question else 0)]


def prism(question: str) -> Values:
    *base, high = nums(question)
    if "xung quanh" in question:
        return [sum(side * high for side in base)]
    if "hình thang" in question:
        a, b, h = base
        return [shoelace((0, 0), (a, 0), (b, h), (0, h)) * high]
    return [shoelace((0, 0), (base[0], 0), (0, base[1])) * high]


def fish_tank(question: str) -> Values:
    long, wide, water, *risen = nums(question)
    if not risen:
        return [long / 10 * wide / 10 * water / 10]
    return [long * wide * (risen[0] - water)]


def pie_chart(question: str) -> Values:
    rows = {
        label.strip(): F(rate) / 100 for label, rate in re.findall(r"([^\d:;]+): (\d+)%", question)
    }
    if "còn lại là" in question:
        rows[group(r"còn lại là ([^.]+)\.", question)] = 1 - sum(rows.values())
    assert sum(rows.values()) == 1
    ending = (
        question.rpartition(". ")[0].rpartition(". ")[2]
        if "Hỏi có tất cả" in question
        else question
    )
    (asked,) = [
        label for label in rows if re.search(rf"(?:chọn|loại|diễn) {label}(?: là|\.)", ending)
    ]
    if "góc ở tâm" in question:
        return [360 * rows[asked]]
    if "Hỏi có tất cả" in question:
        return [F(group(r"là (\d+)\. Hỏi", question)) / rows[asked]]
    return [F(group(r"tất cả (\d+)", question)) * rows[asked]]


def random_event(question: str) -> Values:
    if "bóng" in question:
        balls = {colour: int(n) for n, colour in re.findall(r"(\d+) quả bóng (\w+)", question)}
        hits = balls[group(r"màu (\w+)", question)]
        total = sum(balls.values())
        return [F(total - hits if "không phải" in question else hits, total)]
    first, last = (int(n) for n in re.search(r"từ (\d+) đến (\d+)", question).groups())
    k = ints(question)[-1]
    cards = range(first, last + 1)
    holds: dict[str, Callable[[int], bool]] = {
        "chia hết cho": lambda n: n % k == 0,
        "lớn hơn": lambda n: n > k,
        "nhỏ hơn": lambda n: n < k,
        "là ước của": lambda n: k % n == 0,
    }
    (rule,) = [rule for words, rule in holds.items() if words in question]
    return [F(sum(map(rule, cards)), len(cards))]


ANSWERS: dict[str, Callable[[str], Values | F | sympy.Expr]] = {
    "absolute_equation": absolute_equation,
    "rounding_precision": rounding_precision,
    "proportion": proportion,
    "equal_ratios": equal_ratios,
    "shares_of_three": shares_of_three,
    "direct_proportion": direct_proportion,
    "inverse_proportion": inverse_proportion,
    "expression_value": expression_value,
    "polynomial_sum": polynomial_sum,
    "polynomial_root": polynomial_root,
    "binomial_product": binomial_product,
    "polynomial_terms": polynomial_terms,
    "crossing_lines": crossing_lines,
    "parallel_lines": parallel_lines,
    "triangle_angles": triangle_angles,
    "isosceles_triangle": isosceles_triangle,
    "triangle_inequality": triangle_inequality,
    "centroid": centroid,
    "box": box,
    "prism": prism,
    "fish_tank": fish_tank,
    "pie_chart": pie_chart,
    "random_event": random_event,
    "rational_expression": value_of_task,
    "square_roots": value_of_task,
    "rational_power": value_of_power,
    "rational_unknown": linear_unknown,
}
