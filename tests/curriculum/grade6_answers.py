"""Answer problems of grade 6 from their text alone, each in another way than the generator."""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction as F
from itertools import combinations
from math import prod

import sympy
from textbook import (
    Values,
    group,
    ints,
    linear_unknown,
    nums,
    shoelace,
    value_of_power,
    value_of_task,
)


def missing_digit(question: str) -> Values:
    shown, divisor = group(r"\b(\d+a\d*)\b", question), int(group(r"hết cho (\d)", question))
    return [F(a) for a in range(10) if int(shown.replace("a", str(a))) % divisor == 0]


def two_missing_digits(question: str) -> Values:
    shown, even = group(r"\b(\d+a\d*b)\b", question), "không chia hết cho 2" not in question
    found = [
        [F(a), F(b)]
        for a in range(10)
        for b in range(10)
        for n in [int(shown.replace("a", str(a)).replace("b", str(b)))]
        if n % 45 == 0 and (n % 2 == 0) == even
    ]
    assert len(found) == 1
    return found[0]


def prime_factorisation(question: str) -> Values:
    (number,) = ints(question)
    factors = sympy.factorint(number)
    return [F(number), *(F(n) for p, e in factors.items() for n in (p, e) if n == p or e > 1)]


def num_divisors(question: str) -> Values:
    (number,) = ints(question)
    return [F(sum(number % d == 0 for d in range(1, number + 1)))]


def gcd_or_lcm(question: str) -> Values:
    return common(ints(question), largest="ƯCLN" in question or "ước chung" in question)


def gcd_groups(question: str) -> Values:
    return common(ints(question), largest=True)


def common(numbers: list[int], largest: bool) -> Values:
    if largest:
        return [F(max(d for d in range(1, min(numbers) + 1) if not any(n % d for n in numbers)))]
    return [F(next(m for m in range(1, prod(numbers) + 1) if not any(m % n for n in numbers)))]


def lcm_together(question: str) -> Values:
    listed = group(r"((?:\d+(?:, | và ))+\d+) (?:phút|ngày|giây|người)", question)
    return common(ints(listed), largest=False)


def lcm_rows(question: str) -> Values:
    rows = ints(group(r"xếp hàng ([\d, ]+ hay \d+)", question))
    left = int(group(r"thừa (\d+)", question)) if "thừa" in question else 0
    low, high = (int(group(rf"{word} hơn (\d+)", question)) for word in ("lớn", "nhỏ"))
    (count,) = [n for n in range(low + 1, high) if all(n % row == left for row in rows)]
    return [F(count)]


PLACES = ["hàng nghìn", "hàng trăm", "hàng chục", "hàng đơn vị"]
PLACES += ["hàng phần mười", "hàng phần trăm", "hàng phần nghìn"]


def rounding_signed(question: str) -> Values:
    place = PLACES.index(group(r"đến (hàng (?:phần )?\w+(?: vị)?)", question)) - 3
    (value,) = nums(question)
    unit = Decimal(10) ** -place
    exact = Decimal(value.numerator) / value.denominator / unit
    return [F(exact.quantize(Decimal(1), ROUND_HALF_UP) * unit)]


def integer_changes(question: str) -> Values:
    start, up, down = nums(question)
    return [start + up - abs(down)]


def fraction_part_whole(question: str) -> Values:
    values = nums(question.replace("hối 6", "hối"))
    (share,) = [v for v in values if v < 1]
    (amount,) = [v for v in values if v > 1]
    whole_asked = "Biết" in question or "bằng" in question
    return [amount / share if whole_asked else amount * share]


def discount(question: str) -> Values:
    prices = [v for v in nums(question) if v >= 1000]
    rates = [v for v in nums(question) if v < 1]
    if not rates:
        return [1 - prices[1] / prices[0]]
    kept = 1 - rates[0]
    return [
        prices[0] / kept if re.search("giá ban đầu (?:của|là bao)", question) else prices[0] * kept
    ]


def interest(question: str) -> Values:
    put = F(group(r"gửi (?:tiết kiệm )?([\d ]+) đồng", question).replace(" ", ""))
    rate, months = nums(group(r"([\d,]+%)", question))[0], int(group(r"(\d+) tháng", question))
    return [put * rate * months / 12 + (put if "vốn lẫn lãi" in question else 0)]


def area_by_formula(question: str) -> Values:
    a, b, *rest = nums(question.replace("²", ""))
    if "hình thoi" in question:
        return [shoelace((a / 2, 0), (0, b / 2), (-a / 2, 0), (0, -b / 2))]
    if "hình bình hành" in question:
        return [shoelace((0, 0), (a, 0), (a + 3, b), (3, b))]
    return [shoelace((0, 0), (a, 0), (b + 1, rest[0]), (1, rest[0]))]


def polygon_perimeter(question: str) -> Values:
    sizes = nums(question)
    sides = {"tam giác đều": 3, "hình thoi": 4, "ngũ giác": 5, "lục giác": 6, "bát giác": 8}
    if "bình hành" in question:
        return [sum(sizes) + sum(sizes)]
    if "thang cân" in question:
        return [sum(sizes) + sizes[-1]]
    (count,) = [n for name, n in sides.items() if name in question]
    return [sum([sizes[0]] * count, F(0))]


AXES = {"tam giác đều": 3, "hình vuông": 4, "lục giác đều": 6, "hình chữ nhật": 2, "hình thoi": 2}
AXES |= {"hình thang cân": 1, "ngũ giác đều": 5, "bát giác đều": 8, "hình bình hành": 0}
WITHOUT_CENTRE = {"tam giác đều", "hình thang cân", "ngũ giác đều"}


def symmetric_figures(question: str) -> Values:
    figures = [name for name in AXES if name in re.sub(r"\(.*?\)", "", question)]
    if re.search("tổng số|tất cả bao nhiêu|Tổng", question):
        return [F(sum(AXES[name] for name in figures))]
    if "tâm đối xứng" in question:
        return [F(sum(name not in WITHOUT_CENTRE for name in figures))]
    return [F(sum(AXES[name] > 0 for name in figures))]


def midpoint_segments(question: str) -> Values:
    ends, between = group(r"đoạn thẳng (\w\w) =", question), group(r"điểm (\w) nằm", question)
    middle = group(r"(\w) là trung điểm", question)
    asked = re.findall(r"đoạn thẳng (\w\w)(?:\.| dài)", question)[-1]
    whole, part = nums(question)
    at = {ends[0]: F(0), ends[1]: whole, between: part, middle: (part + whole) / 2}
    return [abs(at[asked[0]] - at[asked[1]])]


def lines_through_points(question: str) -> Values:
    points, aligned = [*ints(question), 0][:2]
    pairs = combinations(range(points), 2)
    return [F(len({(-1, -1) if pair[1] < aligned else pair for pair in pairs}))]


def angle_types(question: str) -> Values:
    low, high = (0, 90) if "góc nhọn" in question else (90, 180)
    return [F(sum(low < size < high for size in ints(question)))]


def garden_left(question: str) -> Values:
    long, wide, a, b, price = nums(question)
    return [price * (long * wide - a * b / (2 if "hình thoi" in question else 1))]


def survey_table(question: str) -> Values:
    rows = {label: F(n) for label, n in re.findall(r"(?:: |; )([^:;]+): (\d+)", question)}
    if "nhiều hơn" in question:
        high = group(r"chọn ([^.]*?) nhiều hơn", question.rpartition("Hỏi")[2])
        return [rows[high] - rows[group(r"nhiều hơn số học sinh chọn (.*?) bao nhiêu", question)]]
    if "gấp" in question:
        return [max(rows.values()) / min(rows.values())]
    return [sum(rows.values(), F(0))]


def pictogram(question: str) -> Values:
    stars = "".join(re.findall(r"6[A-E]: (★*☆?)", question))
    full, half = (int(group(rf"{sign}(?::| ứng với| biểu diễn) (\d+)", question)) for sign in "★☆")
    return [F(stars.count("★") * full + stars.count("☆") * half)]


def double_bar_chart(question: str) -> Values:
    sums: dict[str, int] = {}
    for name, count in re.findall(r"(6\w) có (\d+)", question):
        sums[name] = sums.get(name, 0) + int(count)
    if "nhiều hơn" in question:
        high, low = re.findall(r"lớp (6\w)", question)
        return [F(sums[high] - sums[low])]
    return [F(sum(sums.values()))]


def observed_probability(question: str) -> Values:
    if "đồng xu" in question:
        total, seen = ints(question)
        shown, asked = re.findall("mặt (sấp|ngửa)", question)
        return [F(seen if shown == asked else total - seen, total)]
    if "xúc xắc" in question:
        counts = {int(face): int(n) for face, n in re.findall(r"(\d) chấm: (\d+)", question)}
        events = {"số chẵn": {2, 4, 6}, "lớn hơn 4": {5, 6}, "mặt 6": {6}, "nguyên tố": {2, 3, 5}}
        (faces,) = [faces for name, faces in events.items() if name in question]
        return [F(sum(counts[face] for face in faces), sum(counts.values()))]
    balls = {colour: int(n) for n, colour in re.findall(r"(\d+) lần được bóng (\w+)", question)}
    return [F(balls[group(r"lấy được bóng (\w+)\.", question)], sum(balls.values()))]


ANSWERS: dict[str, Callable[[str], Values | F]] = {
    "missing_digit": missing_digit,
    "two_missing_digits": two_missing_digits,
    "prime_factorisation": prime_factorisation,
    "num_divisors": num_divisors,
    "gcd_or_lcm": gcd_or_lcm,
    "gcd_groups": gcd_groups,
    "lcm_together": lcm_together,
    "lcm_rows": lcm_rows,
    "rounding_signed": rounding_signed,
    "integer_changes": integer_changes,
    "fraction_part_whole": fraction_part_whole,
    "discount": discount,
    "interest": interest,
    "area_by_formula": area_by_formula,
    "polygon_perimeter": polygon_perimeter,
    "symmetric_figures": symmetric_figures,
    "midpoint_segments": midpoint_segments,
    "lines_through_points": lines_through_points,
    "angle_types": angle_types,
    "garden_left": garden_left,
    "survey_table": survey_table,
    "pictogram": pictogram,
    "double_bar_chart": double_bar_chart,
    "observed_probability": observed_probability,
    "order_of_operations": value_of_task,
    "integer_sum": value_of_task,
    "integer_product": value_of_task,
    "fraction_signed": value_of_task,
    "decimal_expression": value_of_task,
    "power_of_one_base": value_of_power,
    "integer_equation": linear_unknown,
}
