"""Grade 7, proportions: equal ratios, shares, direct and inverse proportionality."""

from fractions import Fraction
from math import gcd
from random import Random

from mathpal.maths.curriculum.drawing import NAMES, Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import decimal, listed
from mathpal.maths.curriculum.formulas import wrong as differing
from mathpal.maths.curriculum.grade6_notation import polynomial, signed


def proportion(rng: Random) -> Draft:
    a, b, c = rng.randint(2, 30), rng.randint(2, 20), rng.choice((-1, 1)) * rng.randint(2, 30)
    equation = rng.choice(
        (f"x/{b} = {c}/{a}", f"x : {b} = {signed(c)} : {a}", f"{a}/{signed(c)} = {b}/x")
    )
    question = rng.choice(
        (
            f"Tìm x trong tỉ lệ thức: {equation}",
            f"Tìm x, biết: {equation}",
            f"Tìm số x thoả mãn tỉ lệ thức {equation}.",
        )
    )
    x, wrong, turned = Fraction(b * c, a), Fraction(a * b, c), Fraction(a * c, b)

    def steps(top: str, bottom: int, value: Fraction) -> tuple[str, ...]:
        return (
            f"Theo tính chất của tỉ lệ thức: {signed(bottom)} · x = {top}",
            f"x = ({top}) : {signed(bottom)} = {value}",
        )

    answer = f"x = {x}"
    slips = differing(
        answer,
        Slip("wrong_cross_product", f"x = {wrong}", steps(f"{a} · {b}", c, wrong)),
        Slip("wrong_cross_product", f"x = {turned}", steps(f"{a} · {signed(c)}", b, turned)),
    )
    return Draft("", (a, b, c), question, steps(f"{b} · {signed(c)}", a, x), answer, slips)


def equal_ratios(rng: Random) -> Draft:
    a, b, k = rng.randint(2, 13), rng.randint(2, 13), rng.choice((-1, 1)) * rng.randint(2, 15)
    while gcd(a, b) > 1 or a == b:
        a, b = rng.randint(2, 13), rng.randint(2, 13)
    sign, m, n = rng.choice("+-"), *rng.choice(((1, 1), (1, 1), (2, 1), (1, 3), (2, 3)))
    if sign == "-" and m * a == n * b:
        sign = "+"
    x, y = polynomial({1: m}), polynomial({1: n}, "y")
    bottom = m * a + n * b if sign == "+" else m * a - n * b
    total = bottom * k
    condition = f"{x} {sign} {y} = {total}"
    question = rng.choice(
        (
            f"Tìm hai số x, y biết x/{a} = y/{b} và {condition}.",
            f"Cho x/{a} = y/{b} và {condition}. Tìm x và y.",
            f"Tìm x và y, biết x : {a} = y : {b} và {condition}.",
        )
    )
    bottoms = [f"{f} · {v}" if f > 1 else str(v) for f, v in ((m, a), (n, b))]

    def solved(operation: str, below: int) -> tuple[str, tuple[str, ...]]:
        ratio = Fraction(total, below)
        answer = f"x = {ratio * a}; y = {ratio * b}"
        return answer, (
            "Áp dụng tính chất của dãy tỉ số bằng nhau, ta có:",
            f"x/{a} = y/{b} = ({x} {sign} {y})/({bottoms[0]} {operation} {bottoms[1]}) "
            f"= {total}/{signed(below)} = {ratio}",
            f"x = {a} · {signed(ratio)} = {ratio * a}; y = {b} · {signed(ratio)} = {ratio * b}",
            f"Vậy {answer}.",
        )

    answer, steps = solved(sign, bottom)
    other = m * a - n * b if sign == "+" else m * a + n * b
    slips = (
        [Slip("signs_of_denominators", *solved("-" if sign == "+" else "+", other))]
        if other
        else []
    )
    swapped = f"x = {b * k}; y = {a * k}"
    slips.append(Slip("shares_swapped", swapped, (*steps[:2], f"Vậy {swapped}.")))
    numbers = (a, b, total)
    variant = f"{m}{sign}{n}"
    return Draft(variant, numbers, question, steps, answer, differing(answer, *slips))


def shares_of_three(rng: Random) -> Draft:
    parts = rng.sample(range(2, 13), 3)
    while gcd(*parts) > 1:
        parts = rng.sample(range(2, 13), 3)
    each, ratio = rng.randint(2, 15), "; ".join(map(str, parts))
    total, names = each * sum(parts), rng.sample(NAMES, 3)
    people = listed(names)
    question, unit = rng.choice(
        (
            (
                f"Ba lớp 7A, 7B, 7C trồng được tất cả {total} cây. Số cây trồng được của ba lớp "
                f"7A, 7B, 7C lần lượt tỉ lệ với {ratio}. Hỏi mỗi lớp trồng được bao nhiêu cây?",
                "cây",
            ),
            (
                f"{people} góp vốn kinh doanh theo tỉ lệ {ratio} (theo thứ tự đó). Biết tổng số "
                f"vốn là {total} triệu đồng, hỏi mỗi người góp bao nhiêu triệu đồng?",
                "triệu đồng",
            ),
            (
                f"{people} có tổng cộng {total} quyển sách. Số sách của ba bạn theo thứ tự đó tỉ "
                f"lệ với {ratio}. Tính số sách của mỗi bạn.",
                "quyển",
            ),
            (
                f"Người ta chia {total} kg gạo vào ba kho theo thứ tự tỉ lệ với {ratio}. "
                "Hỏi mỗi kho có bao nhiêu ki-lô-gam gạo?",
                "kg",
            ),
        )
    )
    a, b, c = parts
    values = [part * each for part in parts]
    written = [f"{v} {unit}" for v in values]
    answer = "; ".join(written)
    steps = (
        f"Gọi ba số cần tìm lần lượt là x, y, z. Theo đề bài: x/{a} = y/{b} = z/{c} "
        f"và x + y + z = {total}.",
        "Theo tính chất của dãy tỉ số bằng nhau:",
        f"x/{a} = y/{b} = z/{c} = (x + y + z)/({a} + {b} + {c}) = {total}/{sum(parts)} = {each}",
        *(f"{s} = {p} · {each} = {v}" for s, p, v in zip("xyz", parts, values, strict=True)),
        f"Vậy kết quả lần lượt là {answer}.",
    )
    turned = "; ".join(reversed(written))
    slips = [Slip("order_of_shares", turned, (*steps[:3], f"Vậy kết quả lần lượt là {turned}."))]
    if total % 3 == 0:
        same = "; ".join([f"{total // 3} {unit}"] * 3)
        slips.append(Slip("shared_equally", same, (f"Mỗi phần là: {total} : 3 = {total // 3}",)))
    return Draft("", (*parts, total), question, steps, answer, differing(answer, *slips))


def direct_proportion(rng: Random) -> Draft:
    a, c = rng.sample(range(2, 31), 2)
    form, name = rng.choice(("wire", "books", "petrol", "plain")), rng.choice(NAMES)
    low, high = {"wire": (20, 90), "books": (5, 25), "petrol": (6, 12), "plain": (2, 15)}[form]
    rate = rng.randint(low, high) * (rng.choice((-1, 1)) if form == "plain" else 1)
    places = 1 if form == "petrol" else 0
    known, result = decimal(a * rate, places), decimal(c * rate, places)
    if form == "petrol":
        a, c = 10 * a, 10 * c
    question, unit = {
        "wire": (f"{a} m dây đồng nặng {known} g. Hỏi {c} m dây như thế nặng bao nhiêu gam?", " g"),
        "books": (
            f"{name} mua {a} quyển vở cùng loại hết {known} nghìn đồng. "
            f"Hỏi mua {c} quyển vở như thế hết bao nhiêu nghìn đồng?",
            " nghìn đồng",
        ),
        "petrol": (
            f"Một ô tô đi {a} km thì tiêu thụ hết {known} lít xăng. Hỏi cũng với mức tiêu thụ đó, "
            f"ô tô đi {c} km hết bao nhiêu lít xăng?",
            " lít",
        ),
        "plain": (
            f"Cho biết hai đại lượng x và y tỉ lệ thuận với nhau, khi x = {a} thì y = {known}. "
            f"Tính giá trị của y khi x = {c}.",
            "",
        ),
    }[form]
    answer = f"{result}{unit}" if unit else f"y = {result}"
    steps = (
        "Hai đại lượng tỉ lệ thuận với nhau nên tỉ số hai giá trị tương ứng không đổi.",
        f"Gọi giá trị cần tìm là y. Ta có: y/{c} = {known}/{a}",
        f"y = {signed(known)} · {c} : {a} = {result}",
    )
    inverse = Fraction(known.replace(",", ".").replace(" ", "")) * a / c
    bad = f"{inverse}{unit}" if unit else f"y = {inverse}"
    line = f"y = {signed(known)} · {a} : {c} = {inverse}"
    slips = [Slip("inverse_for_direct", bad, (f"Ta có: y · {c} = {signed(known)} · {a}", line))]
    numbers = (a, c, rate * a)
    return Draft(form, numbers, question, steps, answer, differing(answer, *slips))


def inverse_proportion(rng: Random) -> Draft:
    p, q, r, s = (rng.randint(2, 7) for _ in range(4))
    while q == r:
        r = rng.randint(2, 7)
    a, known, c, result = p * q, r * s, p * r, q * s
    form = rng.choice(("workers", "looms", "food", "plain"))
    question, unit = {
        "workers": (
            f"{a} công nhân hoàn thành một công việc trong {known} ngày. Hỏi {c} công nhân hoàn "
            "thành công việc đó trong bao nhiêu ngày (năng suất mỗi người như nhau)?",
            " ngày",
        ),
        "looms": (
            f"{a} máy dệt như nhau dệt xong một đơn hàng trong {known} giờ. "
            f"Hỏi {c} máy dệt như thế dệt xong đơn hàng đó trong bao nhiêu giờ?",
            " giờ",
        ),
        "food": (
            f"Bếp ăn dự trữ gạo đủ cho {a} người ăn trong {known} ngày. Hỏi số gạo đó đủ cho {c} "
            "người ăn trong bao nhiêu ngày (mức ăn mỗi người như nhau)?",
            " ngày",
        ),
        "plain": (
            f"Cho biết hai đại lượng x và y tỉ lệ nghịch với nhau, khi x = {a} thì y = {known}. "
            f"Tính giá trị của y khi x = {c}.",
            "",
        ),
    }[form]
    answer = f"{result}{unit}" if unit else f"y = {result}"
    steps = (
        "Hai đại lượng tỉ lệ nghịch với nhau nên tích hai giá trị tương ứng không đổi.",
        f"Gọi giá trị cần tìm là y. Ta có: {c} · y = {a} · {known}",
        f"y = {a} · {known} : {c} = {result}",
    )
    direct = Fraction(c * known, a)
    bad = f"{direct}{unit}" if unit else f"y = {direct}"
    wrong = (f"Ta có: y/{c} = {known}/{a}", f"y = {known} · {c} : {a} = {direct}")
    slips = differing(answer, Slip("direct_for_inverse", bad, wrong))
    return Draft(form, (a, known, c), question, steps, answer, slips)


KINDS = {
    "proportion": Kind(7, "ALG.PROP", "the unknown of a proportion", proportion),
    "equal_ratios": Kind(7, "ALG.PROP", "two numbers from equal ratios", equal_ratios, 2),
    "shares_of_three": Kind(7, "ALG.PROP", "an amount in three given shares", shares_of_three, 3),
    "direct_proportion": Kind(7, "ALG.PROP", "direct proportionality", direct_proportion),
    "inverse_proportion": Kind(7, "ALG.PROP", "inverse proportionality", inverse_proportion, 2),
}
