"""Grade 6, natural numbers: divisibility, prime numbers, ƯCLN and BCNN."""

from itertools import combinations
from math import gcd, lcm, prod
from random import Random

from mathpal.maths.curriculum.drawing import NAMES, WOMEN, Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import wrong as differing
from mathpal.maths.curriculum.grade6_notation import factorise, power_product

FULL_NAMES = {"ƯCLN": "ước chung lớn nhất", "BCNN": "bội chung nhỏ nhất"}
BY_5 = {0: "cả 2 và 5", 5: "5 nhưng không chia hết cho 2"}
ROWS = [
    rows
    for rows in combinations((4, 5, 6, 8, 9, 10, 12, 15, 18, 20, 24), 3)
    if 60 <= lcm(*rows) <= 240 and lcm(*rows) not in rows
]
"""Three widths of rows whose common multiples lie far enough apart."""


def missing_digit(rng: Random) -> Draft:
    divisor = rng.choice((3, 9))
    digits = [rng.randint(1, 9), *(rng.randint(0, 9) for _ in range(rng.randint(1, 3)))]
    place = rng.randint(1, len(digits))
    shown = [*map(str, digits[:place]), "a", *map(str, digits[place:])]
    number, known = "".join(shown), sum(digits)
    question = rng.choice(
        (
            f"Tìm tất cả các chữ số a để số {number} chia hết cho {divisor}.",
            f"Thay a bằng những chữ số nào thì số {number} chia hết cho {divisor}?",
            f"Cho số {number} (a là chữ số). Tìm a để số đó chia hết cho {divisor}.",
        )
    )

    def found(rule: int) -> list[int]:
        return [digit for digit in range(10) if (known + digit) % rule == 0]

    def steps(rule: int, answer: str) -> tuple[str, ...]:
        return (
            f"Tổng các chữ số là: {' + '.join(shown)} = {known} + a",
            f"Số {number} chia hết cho {divisor} khi {known} + a chia hết cho {rule}.",
            f"Vì a là chữ số nên 0 ≤ a ≤ 9. Vậy {answer}.",
        )

    answer, other = _digit_set(found(divisor)), 12 - divisor
    first, confused = _digit_set(found(divisor)[-1:]), _digit_set(found(other))
    slips = differing(
        answer,
        Slip("solution_forgotten", first, steps(divisor, first)),
        Slip("rule_confused", confused, steps(other, confused)),
    )
    return Draft(str(divisor), tuple(digits), question, steps(divisor, answer), answer, slips)


def _digit_set(digits: list[int]) -> str:
    return f"a = {digits[0]}" if len(digits) == 1 else f"a ∈ {{{'; '.join(map(str, digits))}}}"


def two_missing_digits(rng: Random) -> Draft:
    last, rule = rng.choice(((0, "cả 2, 5 và 9"), (5, "cả 5 và 9 nhưng không chia hết cho 2")))
    digits = [rng.randint(1, 9), *(rng.randint(0, 9) for _ in range(rng.randint(1, 2)))]
    while (sum(digits) + last) % 9 == 0:  # a would be 0 or 9
        digits[0] = rng.randint(1, 9)
    place, known = rng.randint(1, len(digits)), sum(digits)
    shown = [*map(str, digits[:place]), "a", *map(str, digits[place:]), "b"]
    number = "".join(shown)
    question = rng.choice(
        (
            f"Tìm các chữ số a và b để số {number} chia hết cho {rule}.",
            f"Cho số {number} (a, b là các chữ số). Tìm a và b, biết số đó chia hết cho {rule}.",
            f"Hãy thay a, b bởi các chữ số thích hợp để số {number} chia hết cho {rule}.",
        )
    )

    reasons = ("Số đã cho chia hết cho 5", f"Số đã cho chia hết cho {BY_5[last]}")

    def solved(b: int, divisor: int = 9) -> tuple[str, tuple[str, ...]]:
        a = -(known + b) % divisor
        terms = " + ".join(shown[:-1])
        return f"a = {a}; b = {b}", (
            f"{reasons[b == last]} nên b = {b}.",
            f"Tổng các chữ số là: {terms} + {b} = {known + b} + a",
            f"Vì {known + b} + a chia hết cho {divisor} và 0 ≤ a ≤ 9 nên a = {a}.",
            f"Vậy a = {a}; b = {b}.",
        )

    answer, steps = solved(last)
    slips = differing(
        answer,
        Slip("even_and_odd_confused", *solved(5 - last)),
        Slip("rule_of_3_for_9", *solved(last, 3)),
    )
    return Draft(str(last), tuple(digits), question, steps, answer, slips)


def _composite(rng: Random, low: int, high: int) -> tuple[int, dict[int, int]]:
    """Draw a number of three or more prime factors, none above 31."""
    while True:
        number = rng.randint(low, high)
        powers = factorise(number)
        if max(powers) <= 31 and sum(powers.values()) >= 3 and len(powers) >= 2:
            return number, powers


def prime_factorisation(rng: Random) -> Draft:
    number, powers = _composite(rng, 24, 3000)
    question = rng.choice(
        (
            f"Phân tích số {number} ra thừa số nguyên tố.",
            f"Hãy phân tích {number} ra thừa số nguyên tố.",
            f"Viết số {number} dưới dạng tích các thừa số nguyên tố.",
            f"Phân tích số {number} ra thừa số nguyên tố, viết gọn bằng luỹ thừa.",
        )
    )
    lines, left = [], number
    for prime in [prime for prime, exponent in powers.items() for _ in range(exponent)]:
        lines.append(f"{left} : {prime} = {left // prime}")
        left //= prime
    answer = f"{number} = {power_product(powers)}"
    first = next(iter(powers))
    lost = {p: e for p, e in {**powers, first: powers[first] - 1}.items() if e}
    swapped = {e if e > 1 else p: p if e > 1 else 1 for p, e in powers.items()}
    wrong = [("factor_lost", power_product(lost))]
    same_value = prod(p**e for p, e in swapped.items()) == number
    if len(swapped) == len(powers) and max(swapped.values()) < 10 and not same_value:
        wrong.append(("base_and_exponent_swapped", power_product(swapped)))
    slips = [
        Slip(name, f"{number} = {text}", (*lines, f"Vậy {number} = {text}."))
        for name, text in wrong
    ]
    steps = (*lines, f"Vậy {answer}.")
    return Draft("", (number,), question, steps, answer, differing(answer, *slips))


def num_divisors(rng: Random) -> Draft:
    number, powers = _composite(rng, 24, 3000)
    question = rng.choice(
        (
            f"Số {number} có bao nhiêu ước?",
            f"Hỏi số {number} có tất cả bao nhiêu ước là số tự nhiên?",
            f"Tìm số các ước (là số tự nhiên) của {number}.",
            f"Không liệt kê, hãy cho biết số {number} có bao nhiêu ước tự nhiên.",
        )
    )
    exponents = list(powers.values())

    def steps(factors: str, count: int) -> tuple[str, ...]:
        return (
            f"Ta có: {number} = {power_product(powers)}",
            f"Số ước của {number} là: {factors} = {count} (ước)",
        )

    count = prod(e + 1 for e in exponents)
    right = " · ".join(f"({e} + 1)" for e in exponents)
    plain, added = " · ".join(map(str, exponents)), " + ".join(f"({e} + 1)" for e in exponents)
    total = sum(exponents) + len(exponents)
    answer = f"{count} ước"
    slips = differing(
        answer,
        Slip("one_not_added", f"{prod(exponents)} ước", steps(plain, prod(exponents))),
        Slip("added_for_multiplied", f"{total} ước", steps(added, total)),
    )
    return Draft("", (number,), question, steps(right, count), answer, slips)


def _gcd_lines(name: str, numbers: tuple[int, ...]) -> tuple[str, str]:
    """Write how ƯCLN or BCNN is found: the factorisations, then the product."""
    value = gcd(*numbers) if name == "ƯCLN" else lcm(*numbers)
    parts = "; ".join(f"{n} = {power_product(factorise(n))}" for n in numbers)
    listed, powers = ", ".join(map(str, numbers)), factorise(value)
    product = power_product(powers)
    chain = product if product == str(value) else f"{product} = {value}"
    return f"Ta có: {parts}", f"{name}({listed}) = {chain}"


def gcd_or_lcm(rng: Random) -> Draft:
    common, p, q = rng.randint(2, 24), rng.randint(2, 9), rng.randint(2, 9)
    while gcd(p, q) > 1:
        p, q = rng.randint(2, 9), rng.randint(2, 9)
    numbers = (common * p, common * q)
    name, other = rng.choice((("ƯCLN", "BCNN"), ("BCNN", "ƯCLN")))
    value, wrong = (common, lcm(*numbers))[:: 1 if name == "ƯCLN" else -1]
    listed = ", ".join(map(str, numbers))
    question = rng.choice(
        (
            f"Tìm {name}({listed}).",
            f"Tìm {FULL_NAMES[name]} của {numbers[0]} và {numbers[1]}.",
            f"Bằng cách phân tích ra thừa số nguyên tố, hãy tìm {name} của "
            f"{numbers[0]} và {numbers[1]}.",
        )
    )
    parts, line = _gcd_lines(name, numbers)
    steps = (parts, line, f"Vậy {name}({listed}) = {value}.")
    confused = (
        parts,
        _gcd_lines(other, numbers)[1].replace(other, name),
        f"Vậy {name}({listed}) = {wrong}.",
    )
    product = numbers[0] * numbers[1]
    multiplied = (f"{name}({listed}) = {numbers[0]} · {numbers[1]} = {product}",)
    slips = differing(
        str(value),
        Slip("lcm_for_gcd" if name == "ƯCLN" else "gcd_for_lcm", str(wrong), confused),
        *([Slip("numbers_multiplied", str(product), multiplied)] if name == "BCNN" else ()),
    )
    return Draft(name, numbers, question, steps, str(value), slips)


def gcd_groups(rng: Random) -> Draft:
    common, p, q = rng.randint(4, 20), rng.randint(2, 9), rng.randint(2, 9)
    while gcd(p, q) > 1:
        p, q = rng.randint(2, 9), rng.randint(2, 9)
    a, b, name, teacher = common * p, common * q, rng.choice(NAMES), rng.choice(WOMEN)
    question, what, unit = rng.choice(
        (
            (
                f"Một trường có {a} học sinh nam và {b} học sinh nữ tham gia đồng diễn. Thầy giáo "
                "muốn chia các em thành các nhóm sao cho số nam và số nữ trong mỗi nhóm đều bằng "
                "nhau. Hỏi có thể chia được nhiều nhất bao nhiêu nhóm?",
                "số nhóm",
                "nhóm",
            ),
            (
                f"{name} có {a} viên bi xanh và {b} viên bi đỏ, muốn xếp hết vào các túi sao cho "
                "số bi mỗi màu ở các túi bằng nhau. Hỏi "
                f"{name} cần nhiều nhất bao nhiêu túi?",
                "số túi",
                "túi",
            ),
            (
                f"Cô {teacher} chia đều {a} quyển vở và {b} chiếc bút thành các phần thưởng như "
                "nhau. Hỏi có thể chia được nhiều nhất bao nhiêu phần thưởng?",
                "số phần thưởng",
                "phần thưởng",
            ),
            (
                f"Một tấm bìa hình chữ nhật có kích thước {a} cm và {b} cm. {name} cắt tấm bìa "
                "thành các hình vuông bằng nhau, không còn thừa. Tính độ dài cạnh lớn nhất có thể "
                "của mỗi hình vuông.",
                "độ dài cạnh hình vuông",
                "cm",
            ),
        )
    )
    return _common_draft("ƯCLN", (a, b), question, what, unit)


def lcm_together(rng: Random) -> Draft:
    periods = tuple(rng.sample(range(6, 25), rng.choice((2, 2, 3))))
    while lcm(*periods) > 360 or lcm(*periods) in periods or gcd(*periods) == 1:
        periods = tuple(rng.sample(range(6, 25), len(periods)))
    listed = ", ".join(map(str, periods[:-1])) + f" và {periods[-1]}"
    count = {2: "Hai", 3: "Ba"}[len(periods)]
    names = rng.sample(NAMES, len(periods))
    people = ", ".join(names[:-1]) + f" và {names[-1]}"
    routes = ", ".join(map(str, sorted(rng.sample(range(10, 60), len(periods)))))
    question, what, unit = rng.choice(
        (
            (
                f"{count} xe buýt các tuyến {routes} cùng rời bến một lúc. Cứ sau {listed} phút "
                "thì các xe lần lượt trở lại bến rồi đi ngay. Hỏi sau ít nhất bao nhiêu phút các "
                "xe lại cùng có mặt ở bến?",
                "số phút cần tìm",
                "phút",
            ),
            (
                f"{people} cùng trực nhật vào hôm nay và sau đó lần lượt cứ {listed} ngày lại trực "
                "nhật một lần. Hỏi sau ít nhất bao nhiêu ngày các bạn lại cùng trực nhật?",
                "số ngày cần tìm",
                "ngày",
            ),
            (
                f"{count} đèn nháy cùng loé sáng một lúc, sau đó lần lượt cứ {listed} giây lại loé "
                "sáng một lần. Hỏi sau ít nhất bao nhiêu giây các đèn lại cùng loé sáng?",
                "số giây cần tìm",
                "giây",
            ),
            (
                f"Đội của {names[0]} xếp thành các hàng {listed} người đều vừa đủ. "
                "Hỏi đội có ít nhất bao nhiêu người?",
                "số người của đội",
                "người",
            ),
        )
    )
    return _common_draft("BCNN", periods, question, what, unit)


def _common_draft(
    name: str, numbers: tuple[int, ...], question: str, what: str, unit: str
) -> Draft:
    """Solve a word problem whose answer is the ƯCLN or the BCNN of its numbers."""
    value, wrong = gcd(*numbers), lcm(*numbers)
    other, mistake = "BCNN", "lcm_for_gcd"
    if name == "BCNN":
        value, wrong, other, mistake = wrong, value, "ƯCLN", "gcd_for_lcm"
    listed = ", ".join(map(str, numbers))

    def steps(used: str, result: int) -> tuple[str, ...]:
        return (
            f"Gọi {what} là x. Theo đề bài, x là {FULL_NAMES[used]} của {listed} "
            f"nên x = {used}({listed}).",
            *_gcd_lines(used, numbers),
            f"Vậy {what} là {result} {unit}.",
        )

    answer = f"{value} {unit}"
    slips = [Slip(mistake, f"{wrong} {unit}", steps(other, wrong))]
    if name == "BCNN":
        product = prod(numbers)
        line = f"{' · '.join(map(str, numbers))} = {product}"
        slips.append(
            Slip(
                "numbers_multiplied",
                f"{product} {unit}",
                (line, f"Vậy {what} là {product} {unit}."),
            )
        )
    return Draft("", numbers, question, steps(name, value), answer, differing(answer, *slips))


def lcm_rows(rng: Random) -> Draft:
    rows = rng.choice(ROWS)
    left, step = rng.randrange(min(rows)), lcm(*rows)
    count = rng.randint(2, 1200 // step) * step + left
    while count % 50 == 0:
        count = rng.randint(2, 1200 // step) * step + left
    low = count // 50 * 50
    high, listed = low + 50, ", ".join(map(str, rows[:-1])) + f" hay {rows[-1]}"
    fit = f"đều thừa {left} người" if left else "đều vừa đủ"
    who = rng.choice(("học sinh khối 6", "đội viên", "vận động viên"))
    question = rng.choice(
        (
            f"Số {who} khi xếp hàng {listed} {fit}. Biết số đó lớn hơn {low} và nhỏ hơn {high}. "
            f"Tính số {who}.",
            f"Khi xếp hàng {listed}, số {who} {fit}. Hỏi có bao nhiêu {who}, biết rằng số đó "
            f"lớn hơn {low} và nhỏ hơn {high}?",
        )
    )
    unknown = f"x - {left}" if left else "x"

    def steps(result: int) -> tuple[str, ...]:
        return (
            f"Gọi số {who} là x ({low} < x < {high}).",
            f"Theo đề bài, {unknown} là bội chung của {', '.join(map(str, rows))}.",
            *_gcd_lines("BCNN", rows),
            f"Do đó {unknown} ∈ {{0; {step}; {2 * step}; {3 * step}; ...}}.",
            f"Vậy x = {result}.",
        )

    answer = f"{count} người"
    slips = differing(
        answer,
        Slip("remainder_forgotten", f"{count - left} người", steps(count - left)),
        Slip("range_ignored", f"{step + left} người", steps(step + left)),
    )
    numbers = (*rows, left, low, high)
    return Draft("", numbers, question, steps(count), answer, slips)


KINDS = {
    "missing_digit": Kind(
        6, "NUM.DIV", "the digits that make a number divisible by 3 or 9", missing_digit, 2
    ),
    "two_missing_digits": Kind(
        6, "NUM.DIV", "two digits that make a number divisible by 5 and 9", two_missing_digits, 3
    ),
    "prime_factorisation": Kind(
        6, "NUM.DIV", "a number as a product of primes", prime_factorisation
    ),
    "num_divisors": Kind(6, "NUM.DIV", "how many divisors a number has", num_divisors, 2),
    "gcd_or_lcm": Kind(6, "NUM.DIV", "the ƯCLN or BCNN of two numbers", gcd_or_lcm),
    "gcd_groups": Kind(6, "NUM.DIV", "the most equal groups, by the ƯCLN", gcd_groups, 2),
    "lcm_together": Kind(6, "NUM.DIV", "when events coincide again, by the BCNN", lcm_together, 2),
    "lcm_rows": Kind(6, "NUM.DIV", "people who fit several rows, with a remainder", lcm_rows, 3),
}
