"""Grade 7, algebraic expressions: their values; sums, products and roots of polynomials."""

from fractions import Fraction
from random import Random

from mathpal.maths.curriculum.drawing import Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import wrong as differing
from mathpal.maths.curriculum.grade6_notation import added, polynomial, signed, worked


def expression_value(rng: Random) -> Draft:
    a, c = (rng.choice((-1, 1)) * rng.randint(1, 6) for _ in range(2))
    b = rng.choice((-1, 1)) * rng.randint(1, 9)
    x, y = -rng.randint(1, 6), rng.choice((-1, 1)) * rng.randint(1, 6)
    name, two = rng.choice("ABMP"), rng.random() < 0.5
    last = polynomial({0: c}) if not two else polynomial({2: c}, "y")
    middle = "xy" if two else "x"
    coefficient = "" if abs(b) == 1 else str(abs(b))
    expression = (
        f"{polynomial({2: a})} {'-' if b < 0 else '+'} {coefficient}{middle} {_joined(last)}"
    )
    at = f"x = {x} và y = {y}" if two else f"x = {x}"
    question = rng.choice(
        (
            f"Tính giá trị của biểu thức {name} = {expression} tại {at}.",
            f"Cho biểu thức {name} = {expression}. Tính giá trị của {name} khi {at}.",
            f"Tìm giá trị của biểu thức {expression} tại {at}.",
        )
    )
    factor, other = (x * y, y * y) if two else (x, 1)
    shown = f"{a} · ({x})^2 {added(b)} · ({x})" + (f" · {signed(y)}" if two else "")
    shown += f" {added(c)} · {signed(y)}^2" if two else f" {added(c)}"

    def solved(square: int, second: int, third: int) -> tuple[str, tuple[str, ...]]:
        values = (a * square, b * second, c * third)
        result = str(sum(values))
        rest = " ".join(added(v) for v in values[1:])
        chain = f"Thay {at} vào biểu thức, ta được:\n{shown}\n= {values[0]} {rest}\n= {result}"
        return result, (chain,)

    answer, steps = solved(x * x, factor, other)
    slips = differing(
        answer,
        Slip("square_of_a_negative", *solved(-x * x, factor, other)),
        Slip("power_as_product", *solved(2 * x, factor, other)),
        Slip("sign_lost", *solved(x * x, -factor, other)),
    )
    numbers = (a, b, c, x, y) if two else (a, b, c, x)
    return Draft("two" if two else "one", numbers, question, steps, answer, slips)


def _joined(term: str) -> str:
    """Write a term behind others: `-3y^2` -> `- 3y^2`."""
    return f"- {term[1:]}" if term.startswith("-") else f"+ {term}"


def _coefficients(rng: Random, degree: int) -> dict[int, int]:
    values = {d: rng.randint(-9, 9) for d in range(degree, -1, -1)}
    values[degree] = rng.choice((-1, 1)) * rng.randint(1, 9)
    return values


def polynomial_sum(rng: Random) -> Draft:
    degree, sign = rng.choice((2, 2, 3)), rng.choice("+-")
    first, second = _coefficients(rng, degree), _coefficients(rng, degree)
    while not any(second[d] for d in range(degree)) or first[degree] == second[degree]:
        second = _coefficients(rng, degree)
    p, q = rng.choice((("P(x)", "Q(x)"), ("A(x)", "B(x)"), ("F(x)", "G(x)")))
    given = f"{p} = {polynomial(first)} và {q} = {polynomial(second)}"
    question = rng.choice(
        (
            f"Cho hai đa thức {given}. Tính {p} {sign} {q}.",
            f"Tìm đa thức {p} {sign} {q}, biết {given}.",
            f"Cho {given}. Hãy tính và thu gọn {p} {sign} {q}.",
        )
    )
    other = {d: v if sign == "+" else -v for d, v in second.items()}
    total = {d: first[d] + other[d] for d in first}
    answer = polynomial(total)
    opened = f"{polynomial(first)} {_joined(polynomial(other))}"
    head = f"{p} {sign} {q}\n= ({polynomial(first)}) {sign} ({polynomial(second)})"
    steps = (f"{head}\n= {opened}\n= {answer}",)
    slips = [_exponents_added(total, degree, head)]
    if sign == "-":
        leading = next(d for d, v in second.items() if v)
        kept = {d: other[d] if d == leading else second[d] for d in second}
        bad = polynomial({d: first[d] + kept[d] for d in first})
        line = f"{head}\n= {polynomial(first)} {_joined(polynomial(kept))}\n= {bad}"
        slips.insert(0, Slip("minus_not_spread", bad, (line,)))
    numbers = (*first.values(), *second.values())
    return Draft(sign, numbers, question, steps, answer, differing(answer, *slips))


def _exponents_added(total: dict[int, int], degree: int, head: str) -> Slip:
    bad = polynomial({(2 * d if d == degree else d): v for d, v in total.items()})
    return Slip("exponents_added", bad, (f"{head}\n= {bad}",))


def polynomial_root(rng: Random) -> Draft:
    root, lead = rng.choice((-1, 1)) * rng.randint(1, 15), rng.choice((-1, 1)) * rng.randint(1, 9)
    name, form = rng.choice("PQABF"), rng.choice(("linear", "square", "unknown"))
    if form == "linear":
        bottom = rng.choice((1, 1, 2, 3, 5))
        value = Fraction(root, bottom)
        b, lead = -lead * root, lead * bottom
        text, answer = polynomial({1: lead, 0: b}), f"x = {value}"
        lines = (f"{text} = 0", f"{polynomial({1: lead})} = {-b}", f"x = {-b} : {signed(lead)}")
        moved = (f"{polynomial({1: lead})} = {b}", f"x = {b} : {signed(lead)} = {-value}")
        slip = Slip("sign_lost", f"x = {-value}", (lines[0], *moved))
        steps: tuple[str, ...] = (*lines, answer)
        question = _root_question(rng, name, text)
        numbers: tuple[int, ...] = (lead, b)
    elif form == "square":
        root, lead = abs(root), abs(lead)
        text = polynomial({2: lead, 0: -lead * root * root})
        answer = f"x = {root}; x = {-root}"
        moved = (f"{text} = 0", f"{polynomial({2: lead})} = {lead * root * root}")
        divided = (f"x^2 = {root * root}",) if lead > 1 else ()
        steps = (*moved, *divided, f"Vậy {answer}.")
        only = (*moved, *divided, f"Vậy x = {root}.")
        slip = Slip("negative_root_forgotten", f"x = {root}", only)
        question, numbers = _root_question(rng, name, text), (lead, lead * root * root)
    else:
        root, b = (root if abs(root) < 7 else root // 3), rng.choice((-1, 1)) * rng.randint(1, 9)
        c = -(lead * root * root + b * root)
        text = f"{polynomial({2: lead, 1: b})} + m"
        question = rng.choice(
            (
                f"Tìm m để đa thức {name}(x) = {text} nhận x = {root} làm nghiệm.",
                f"Cho đa thức {name}(x) = {text}. Tìm m, biết x = {root} là nghiệm của {name}(x).",
            )
        )
        answer = f"m = {c}"
        values = f"{lead * root * root} {added(b * root)} + m = 0"
        steps = (f"x = {root} là nghiệm khi {name}({root}) = 0.", values, f"Vậy m = {c}.")
        slip = Slip("sign_lost", f"m = {-c}", (*steps[:2], f"Vậy m = {-c}."))
        numbers = (lead, b, root)
    return Draft(form, numbers, question, steps, answer, differing(answer, slip))


def _root_question(rng: Random, name: str, text: str) -> str:
    return rng.choice(
        (
            f"Tìm nghiệm của đa thức {name}(x) = {text}.",
            f"Đa thức {name}(x) = {text} có nghiệm nào?",
            f"Với giá trị nào của x thì đa thức {name}(x) = {text} có giá trị bằng 0?",
        )
    )


def binomial_product(rng: Random) -> Draft:
    a, c = (rng.choice((1, 1, 2, 3, 4, 5, -1, -2)) for _ in range(2))
    b, d = (rng.choice((-1, 1)) * rng.randint(1, 12) for _ in range(2))
    left, right = polynomial({1: a, 0: b}), polynomial({1: c, 0: d})
    question = rng.choice(
        (
            f"Thực hiện phép nhân: ({left})({right})",
            f"Tính tích của hai đa thức {left} và {right}.",
            f"Nhân hai đa thức rồi thu gọn: ({left})({right})",
        )
    )
    answer = polynomial({2: a * c, 1: a * d + b * c, 0: b * d})
    terms = [polynomial({2: a * c}), *(_joined(polynomial({1: v})) for v in (a * d, b * c))]
    opened = " ".join((*terms, added(b * d)))
    shown = f"({left})({right})"
    outer = polynomial({2: a * c, 0: b * d})
    lost = polynomial({2: a * c, 1: a * d + b * c, 0: -b * d})
    short = polynomial({1: a * c + a * d + b * c, 0: b * d})
    slips = [
        Slip("middle_terms_forgotten", outer, (worked(shown, outer),)),
        Slip("sign_lost", lost, (worked(shown, " ".join((*terms, added(-b * d))), lost),)),
    ]
    if "x" in short:
        slips.append(Slip("x_times_x_as_x", short, (worked(shown, short),)))
    numbers = (a, b, c, d)
    return Draft(
        "", numbers, question, (worked(shown, opened, answer),), answer, differing(answer, *slips)
    )


def polynomial_terms(rng: Random) -> Draft:
    degree = rng.randint(2, 5)
    kept = {d: rng.choice((-1, 1)) * rng.randint(1, 9) for d in (degree, degree - 1, 0)}
    extra = rng.choice((-1, 1)) * rng.randint(1, 9)
    while extra == kept[degree - 1]:
        extra = rng.choice((-1, 1)) * rng.randint(1, 9)
    pieces = [
        (degree, kept[degree]),
        (degree - 1, extra),
        (0, kept[0]),
        (degree - 1, kept[degree - 1] - extra),
    ]
    rng.shuffle(pieces)
    text = polynomial(dict(pieces[:1])) + "".join(
        f" {_joined(polynomial({d: v}))}" for d, v in pieces[1:]
    )
    what, value, name = rng.choice(
        (("bậc", degree, "P"), ("hệ số cao nhất", kept[degree], "Q"), ("hệ số tự do", kept[0], "A"))
    )
    question = rng.choice(
        (
            f"Cho đa thức {name}(x) = {text}. Tìm {what} của {name}(x).",
            f"Thu gọn đa thức {name}(x) = {text} rồi cho biết {what} của nó.",
            f"Xác định {what} của đa thức {name}(x) = {text}.",
        )
    )
    reduced = polynomial(kept)

    def steps(result: int) -> tuple[str, ...]:
        return f"Thu gọn: {name}(x) = {reduced}", f"Vậy {what} của {name}(x) là {result}."

    largest = max(kept.values())
    wrong = {
        "bậc": ("degrees_added", 2 * degree - 1),
        "hệ số cao nhất": ("largest_for_leading", largest),
        "hệ số tự do": ("sign_lost", -kept[0]),
    }[what]
    slips = [Slip(wrong[0], str(wrong[1]), steps(wrong[1]))]
    if what == "hệ số cao nhất":
        slips.append(Slip("first_for_leading", str(pieces[0][1]), steps(pieces[0][1])))
    numbers = tuple(n for piece in pieces for n in piece)
    answer = str(value)
    return Draft(what, numbers, question, steps(value), answer, differing(answer, *slips))


KINDS = {
    "expression_value": Kind(7, "ALG.EXPR", "the value of an expression", expression_value, 2),
    "polynomial_sum": Kind(
        7, "ALG.POLY", "sum or difference of two polynomials", polynomial_sum, 2
    ),
    "polynomial_root": Kind(7, "ALG.POLY", "roots of a polynomial", polynomial_root, 2),
    "binomial_product": Kind(7, "ALG.POLY", "product of two binomials", binomial_product, 2),
    "polynomial_terms": Kind(
        7, "ALG.POLY", "degree and coefficients of a polynomial", polynomial_terms
    ),
}
