"""Answers of the new kinds of grades 4 and 5, found from the question's text alone."""

import re
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil, prod

from equations import evaluate, numbers, values
from grades_1_to_3_answers import SOLVERS, is_sum, solves

__all__ = ["SOLVERS"]  # of all five grades


@solves("rounding", "decimal_rounding")
def _(question):
    places = {
        "hàng chục nghìn": "1E4",
        "hàng trăm nghìn": "1E5",
        "hàng nghìn": "1E3",
        "hàng trăm": "1E2",
        "hàng chục": "1E1",
        "số tự nhiên": "1",
        "hàng phần mười": "0.1",
        "hàng phần trăm": "0.01",
    }
    unit = Decimal(next(size for name, size in places.items() if name in question))
    (given,) = numbers(question)
    exact = Decimal(given.numerator) / given.denominator
    return (exact / unit).quantize(Decimal(1), ROUND_HALF_UP) * unit


@solves("long_multiplication")
def _(question):
    a, b = numbers(question)
    return a * b if " × " in question or "Tích" in question else a / b


@solves("even_and_odd")
def _(question):
    start, end = map(int, numbers(question))
    return sum(n % 2 == ("lẻ" in question) for n in range(start, end + 1))


@solves("reduce_fraction")
def _(question):
    return values(question)


@solves("compare_fractions")
def _(question):
    return max(values(question))


@solves("fraction_sums", "unlike_fractions")
def _(question):
    a, b = values(question)
    return a + b if is_sum(question) else a - b


@solves("fraction_products")
def _(question):
    a, b = values(question)
    return a * b if " × " in question or "Tích" in question else a / b


@solves("fraction_left")
def _(question):
    return 1 - sum(values(question))


@solves("centuries")
def _(question):
    return ceil(numbers(question)[0] / 100)


@solves("angles")
def _(question):
    given = numbers(question)
    if "góc bẹt" in question or "góc vuông" in question:
        return (180 if "bẹt" in question else 90) - given[0]
    return sum(given)


@solves("field_harvest")
def _(question):
    *sides, hundred, rate = values(question)
    width = sides[0] if "gấp" in question else sides[0] * sides[1]
    length = sides[0] * sides[1] if "gấp" in question else sides[0]
    return width * length * rate / hundred


@solves("bar_chart")
def _(question):
    given = [int(n) for n in re.findall(r": (\d+)", question)]
    assert len(given) == 4
    return Fraction(sum(given), 4) if "trung bình" in question else max(given) - min(given)


@solves("counted_events")
def _(question):
    lead, asked = re.fullmatch(r".*là: ([\d, ]+)\. (.*)", question).groups()
    throws = [int(n) for n in lead.split(", ")]
    assert f"{len(throws)} lần" in question
    if face := re.search(r"[Mm]ặt (\d) chấm", asked):
        return throws.count(int(face[1]))
    return sum(n % 2 == ("lẻ" in asked) for n in throws)


@solves("sum_and_ratio")
def _(question):
    whole, ratio = values(question)
    return next([n, whole - n] for n in range(1, int(whole)) if n == ratio * (whole - n))


@solves("difference_and_ratio")
def _(question):
    more, ratio = values(question)
    return next([n, more + n] for n in range(1, 1000) if n == ratio * (more + n))


@solves("workers_and_days")
def _(question):
    days = [int(n) for n in re.findall(r"(\d+) ngày", question)]
    people = [int(n) for n in re.findall(r"(\d+) (?:người|công nhân|thợ)", question)]
    assert len(days) + len(people) == 3
    work = days[0] * people[0]
    return Fraction(work, days[1] if len(days) == 2 else people[1])


@solves("map_scale")
def _(question):
    scale = numbers(re.search(r"1 : [\d ]+", question)[0])[1]
    length = numbers(re.search(r"([\d ]+) c?m\b", question)[0])[0]
    return length * scale / 100 if re.search(r"\d cm", question) else length * 100 / scale


@solves("percent_ratio")
def _(question):
    whole, part = numbers(question)
    return part / whole * 100


@solves("percent_whole")
def _(question):
    rate = Fraction(re.search(r"(\d+)%", question)[1])
    return numbers(question)[0] * 100 / rate


@solves("price_cut")
def _(question):
    rate, price = sorted(numbers(question))
    return price * (100 - rate) / 100


@solves("monthly_interest")
def _(question):
    rate, deposit = sorted(numbers(question))
    gain = deposit * rate / 100
    return gain + deposit if "cả tiền gửi" in question else gain


@solves("mixed_numbers")
def _(question):
    found = re.findall(r"(\d+) (\d+)/(\d+)", question)
    return sum(int(whole) + Fraction(int(top), int(bottom)) for whole, top, bottom in found)


@solves("decimal_products")
def _(question):
    return prod(numbers(question))


@solves("decimal_quotients")
def _(question):
    a, b = numbers(question)
    return a / b


@solves("triangle_area")
def _(question):
    return prod(numbers(question)) / 2


@solves("trapezoid_area")
def _(question):
    one, other, height = numbers(question)
    return (one + other) / 2 * height


@solves("circle")
def _(question):
    given = numbers(question)[0]
    radius = given / 2 if "đường kính" in question else given
    pi = Fraction("3.14")
    return pi * radius**2 if "diện tích" in question else 2 * pi * radius


@solves("box_volume")
def _(question):
    if "lập phương" in question:
        return numbers(question)[0] ** 3
    volume = prod(numbers(question)[:3])
    return volume / 1000 if " l" in question and "lít" in question else volume


@solves("box_surface")
def _(question):
    length, width, height = numbers(question)
    faces = [length * height, width * height]
    if "toàn phần" in question:
        faces.append(length * width)
    return 2 * sum(faces)


@solves("time_sums")
def _(question):
    text = re.search(r"\d+ (?:giờ|phút).*?(?=\. |$)", question)[0]
    seconds = evaluate(text)
    parts = divmod(seconds, 60) if "giây" in text else divmod(seconds / 60, 60)
    return [part for part in parts if part]


@solves("meeting")
def _(question):
    distance, *speeds = numbers(question)
    return distance / sum(speeds)


@solves("catching_up")
def _(question):
    ahead = int(re.search(r"(\d+) km(?!/)", question)[1])
    one, other = (int(n) for n in re.findall(r"(\d+) km/giờ", question))
    return Fraction(ahead, one - other)


@solves("river")
def _(question):
    speeds = numbers(" và ".join(re.findall(r"[\d,]+ km/giờ", question)))
    hours = re.search(r"trong (\d+) giờ", question)
    if hours is None:
        return abs(speeds[0] - speeds[1]) / 2
    pace = speeds[0] + speeds[1] if "xuôi dòng" in question else speeds[0] - speeds[1]
    return pace * int(hours[1])


@solves("percent_chart")
def _(question):
    lead, asked = question.split(". Hỏi ")
    whole = numbers(lead)[0]
    shares = dict(re.findall(r"([^\d:,%]+?) (\d+)%", lead.partition(": ")[2]))
    shares = {name.strip(" ,"): int(share) for name, share in shares.items()}
    if "còn lại là " in lead:
        shares[lead.partition("còn lại là ")[2]] = 100 - sum(shares.values())
    assert len(shares) == 4 and sum(shares.values()) == 100
    (share,) = [share for name, share in shares.items() if asked.endswith(f" {name}?")]
    return whole * share / 100


@solves("outcome_ratio")
def _(question):
    hits, num = sorted(int(n) for n in re.findall(r"(\d+) lần", question))
    return 1 - Fraction(hits, num) if re.search("khác|mặt sấp", question) else Fraction(hits, num)
