"""Answers of the starter kinds and of grades 1 to 3, found from the question's text alone."""

import re
from collections.abc import Callable
from fractions import Fraction
from math import ceil, prod

from equations import UNITS, evaluate, numbers, values

EXPRESSION = re.compile(r"[\d(][\d ()+×:,-]*[\d)]")
PAIR_OF_UNITS = re.compile(r"(\d+) (\S+|thế kỉ) (\d+) (\S+?)(?= |,|\.|$)")
SOLVERS: dict[str, Callable[[str], list[Fraction]]] = {}
Solver = Callable[[str], object]


def solves(*kinds: str) -> Callable[[Solver], Solver]:
    """Register a function that finds the numbers of the answer in a question."""

    def register(solver: Solver) -> Solver:
        def as_list(question: str) -> list[Fraction]:
            found = solver(question)
            return list(map(Fraction, found if isinstance(found, (list, tuple)) else [found]))

        SOLVERS.update(dict.fromkeys(kinds, as_list))
        return solver

    return register


def written(question: str) -> str:
    """Return the only expression that a question shows."""
    return max(EXPRESSION.findall(question), key=len).strip()


def is_sum(question: str) -> bool:
    return any(sign in question for sign in (" + ", "Tổng", "cộng", "tổng của hai"))


@solves("total", "decimal_total")
def _(question):
    return sum(numbers(question)[:2])


@solves("left", "difference")
def _(question):
    return max(numbers(question)) - min(numbers(question))


@solves("more_or_fewer")
def _(question):
    given, change = numbers(question)[:2]
    return given + change * (1 if "nhiều hơn" in question else -1)


@solves("equal_groups", "times_as_many", "rectangle_area")
def _(question):
    return prod(numbers(question)[:2])


@solves("sharing")
def _(question):
    whole, num = numbers(question)[:2]
    return whole / num


@solves("find_x", "find_decimal")
def _(question):
    left, right = question.partition(": ")[2].split(" = ")
    at_zero, at_one = (
        evaluate(left.replace("x", str(x))) - evaluate(right) for x in (0, 1)
    )  # linear in x, so that two points give the root
    return -at_zero / (at_one - at_zero)


@solves("unit_rate")
def _(question):
    boxes, things = sorted(numbers(question)[:2])
    return things / boxes * numbers(question)[2]


@solves("rectangle_perimeter")
def _(question):
    return sum(2 * side for side in numbers(question))


@solves("average")
def _(question):
    given = numbers(question)
    return sum(given) / len(given)


@solves("sum_difference")
def _(question):
    whole, more = numbers(question)
    return [(whole + more) / 2, (whole - more) / 2]


@solves("fraction_of")
def _(question):
    whole, share = values(question)
    return whole * share


@solves("motion")
def _(question):
    given = numbers(question)
    if "vận tốc" in question and "km/giờ" not in question:
        return max(given) / min(given)
    return given[0] * given[1]


@solves("percent")
def _(question):
    whole, rate = numbers(question)[:2]
    return whole * rate / 100


@solves("tens_and_units")
def _(question):
    given = numbers(question)
    if "mấy chục" in question:
        return divmod(given[0], 10)
    return 10 * given[0] + given[-1]


@solves("order_numbers", "decimal_order")
def _(question):
    given = numbers(question)
    assert len(given) == 4
    if "nhất" in question:
        return max(given) if "lớn nhất" in question else min(given)
    return sorted(given, reverse="từ lớn đến bé" in question)


@solves("sums_without_carrying", "sums_with_carrying")
def _(question):
    a, b = numbers(question)
    return a + b if is_sum(question) else a - b


@solves("centimetres")
def _(question):
    a, b = numbers(question)
    return a + b if "cả hai" in question else a - b


@solves("calendar")
def _(question):
    date = numbers(question)[0]
    return date + 7 if "tuần sau" in question else date - 7


@solves("neighbours")
def _(question):
    return numbers(question)[0] + (1 if "liền sau" in question else -1)


@solves("place_value", "digit_value")
def _(question):
    if "giá trị" in question:
        digit, number = (str(n) for n in sorted(numbers(question)))
        return int(digit) * 10 ** (len(number) - 1 - number.index(digit))
    found = re.findall(r"(\d) (trăm|chục|đơn vị)", question)
    assert len(found) == 3
    return sum(int(digit) * {"trăm": 100, "chục": 10, "đơn vị": 1}[place] for digit, place in found)


@solves("two_steps")
def _(question):
    a, b = numbers(question)
    return 2 * a + b if "nhiều hơn" in question else 2 * a - b


@solves("litres")
def _(question):
    whole, cans, each = numbers(question)
    return whole - cans * each if "còn lại" in question else whole + cans * each


@solves("broken_line")
def _(question):
    return sum(numbers(question))


@solves("pictograph")
def _(question):
    worth, a, b = numbers(question)
    return worth * a + worth * b if "tất cả" in question else worth * a - worth * b


@solves("chance_words")
def _(question):
    lead, *statements = question.splitlines()
    inside = set(re.findall(r"màu (\w+)", lead))
    told = [set(re.findall(r"màu (\w+)", line)) for line in statements]
    fits = [colours == inside if "chắc chắn" in lead else not colours & inside for colours in told]
    assert fits.count(True) == 1 and len(inside) == 2
    return fits.index(True) + 1


@solves("division_with_remainder")
def _(question):
    whole, each = max(numbers(question)), min(numbers(question))
    if "ít nhất" in question:
        return ceil(whole / each)
    return divmod(whole, each)


@solves("roman_numerals")
def _(question):
    found = [roman(text) for text in re.findall(r"\b[IVX]+\b", question)]
    if "chương" in question:
        return len(range(found[0], found[1] + 1))
    return sum(found) if is_sum(question) else found[0] - found[1]


def roman(text: str) -> int:
    worth = [{"I": 1, "V": 5, "X": 10}[letter] for letter in text]
    return sum(
        -value if any(value < after for after in worth[i + 1 :]) else value
        for i, value in enumerate(worth)
    )


@solves("expressions", "clever_sums")
def _(question):
    return evaluate(written(question))


@solves("times_fewer")
def _(question):
    given = numbers(question)
    return max(given) / min(given)


@solves("data_table")
def _(question):
    _, *lines, asked = question.splitlines()
    rows = [line.split(": ") for line in lines]
    table = {name.lower(): numbers(cell)[0] for name, cell in rows}
    if "tất cả" in asked:
        return sum(table.values())
    if "nhiều nhất" in asked:
        return max(table.values()) - min(table.values())
    left, right = asked.lower().split(" nhiều hơn ")
    (one,) = [value for name, value in table.items() if name in left]
    (other,) = [value for name, value in table.items() if name in right]
    return one - other


@solves("money")
def _(question):
    spelled = re.sub(r"(\d+) nghìn", r"\1 000", question)
    num, price, paid = sorted(numbers(spelled))
    return paid - num * price


@solves("grams")
def _(question):
    given = numbers(question)
    if "còn lại là" in question:
        kilos, num, each = given
        return kilos * 1000 - num * each
    box, num, each = given if "hộp rỗng" in question else (given[2], *given[:2])
    return box + num * each


@solves("lengths_in_two_units", "mass_units", "time_units", "area_units")
def _(question):
    found = PAIR_OF_UNITS.search(question)
    in_small = evaluate(found[0]) / UNITS[found[4]]
    used = numbers(question[found.end() :]) if "đã" in question else []
    return in_small - sum(used)


@solves("square")
def _(question):
    given = numbers(question)[0]
    if "diện tích" in question:
        return (given / 4) ** 2
    return given * 4 if re.search(r"(Tính|Hỏi) chu vi", question) else given / 4


@solves("clock")
def _(question):
    times = [60 * int(h) + int(m or 0) for h, m in re.findall(r"(\d+) giờ(?: (\d+))?", question)]
    if "mấy giờ" in question:
        end = times[0] + int(re.search(r"kéo dài (\d+) phút", question)[1])
        return [part for part in divmod(end, 60) if part]
    return times[1] - times[0]
