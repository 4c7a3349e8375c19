"""Grade 9: linear inequalities and problems solved by one."""

from fractions import Fraction
from random import Random

from mathpal.maths.curriculum.drawing import NAMES, WOMEN, Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import grouped, polynomial, wrong


def inequality(rng: Random) -> Draft:
    a, c = rng.sample([n for n in range(-9, 10) if n], 2)
    b = rng.randint(-20, 20)
    d = b + (a - c) * rng.randint(-9, 9) if rng.random() < 0.7 else rng.randint(-20, 20)
    if rng.random() < 0.3:
        c = 0
    sign = rng.choice("<>≤≥")
    turned = {"<": ">", ">": "<", "≤": "≥", "≥": "≤"}[sign]
    text = f"{polynomial((a, 'x'), (b, ''))} {sign} {polynomial((c, 'x'), (d, ''))}"
    question = rng.choice(
        (
            f"Giải bất phương trình: {text}.",
            f"Giải bất phương trình bậc nhất một ẩn {text}.",
            f"Tìm tất cả các giá trị của x thoả mãn {text}.",
            f"Tìm nghiệm của bất phương trình {text}.",
        )
    )
    slope = a - c

    def steps(constant: int, end_sign: str) -> tuple[tuple[str, ...], str]:
        result = f"x {end_sign} {Fraction(constant, slope)}"
        middle = f"{polynomial((slope, 'x'))} {sign} {constant}"
        rule = [f"Chia hai vế cho {slope}{' (số âm nên đổi chiều)' * (end_sign != sign)}: {result}"]
        ends = (middle, *rule) if slope != 1 else (middle,)
        return (f"Ta có: {text}", *ends, f"Vậy nghiệm của bất phương trình là {result}."), result

    right_sign = sign if slope > 0 else turned
    right, answer = steps(d - b, right_sign)
    moved, moved_answer = steps(d + b, right_sign)
    slips = [Slip("constant_sign_kept", moved_answer, moved)]
    kept, kept_answer = steps(d - b, sign if slope < 0 else turned)
    if slope < 0:
        slips.append(Slip("inequality_not_turned", kept_answer, kept))
    return Draft(sign, (a, b, c, d), question, right, answer, wrong(answer, *slips))


def inequality_words(rng: Random) -> Draft:
    return rng.choice((_money_left, _taxi, _average))(rng)


def _money_left(rng: Random) -> Draft:
    name, noun = rng.choice(NAMES), rng.choice(("quyển vở", "chiếc bút", "tập tem", "cái bánh"))
    price, spent = 1000 * rng.randint(3, 25), 1000 * rng.randint(10, 120)
    most, rest = rng.randint(4, 30), 1000 * rng.randint(1, 2)
    money = spent + price * most + rest
    money += -money % 5000 if price > 5000 + rest else 0
    question = rng.choice(
        (
            f"{name} có {grouped(money)} đồng. Sau khi mua sách hết {grouped(spent)} đồng, "
            f"{name} muốn mua thêm {noun}, mỗi {noun} giá {grouped(price)} đồng. Hỏi {name} mua "
            f"được nhiều nhất bao nhiêu {noun}?",
            f"Với {grouped(money)} đồng, {name} mua một chiếc cặp giá {grouped(spent)} đồng và "
            f"một số {noun}, mỗi {noun} giá {grouped(price)} đồng. Tính số {noun} nhiều nhất có "
            "thể mua.",
        )
    )
    left = money - spent
    steps = (
        f"Gọi số {noun} mua được là x (x là số tự nhiên).",
        f"Ta có: {grouped(spent)} + {grouped(price)}x ≤ {grouped(money)}",
        f"{grouped(price)}x ≤ {grouped(left)}",
    )
    result, bound = left // price, f"x ≤ {Fraction(left, price)}"
    exact = left % price == 0
    end = f"{bound}. Số tự nhiên lớn nhất thoả mãn là {result}."
    answer = f"{result} {noun}"
    wrongly = result + 1
    name_of = "bound_not_reached" if exact else "rounded_up"
    wrongly = result - 1 if exact else wrongly
    slip = Slip(name_of, f"{wrongly} {noun}", (*steps, f"{bound}, chọn x = {wrongly}."))
    spare = money // price
    all_spent = (f"{grouped(price)}x ≤ {grouped(money)}", f"Suy ra x lớn nhất là {spare}.")
    forgot = Slip("spent_money_forgotten", f"{spare} {noun}", all_spent)
    numbers = (money, spent, price)
    return Draft("money", numbers, question, (*steps, end), answer, wrong(answer, slip, forgot))


def _taxi(rng: Random) -> Draft:
    opening, rate = 1000 * rng.randint(8, 30), 500 * rng.randint(18, 34)
    most = rng.randint(5, 40)
    money = -(-(opening + rate * most) // 10_000) * 10_000
    brand = rng.choice(("Một hãng taxi", "Một ứng dụng gọi xe", "Một hãng xe công nghệ"))
    name = rng.choice(WOMEN)
    question = rng.choice(
        (
            f"{brand} tính giá mở cửa {grouped(opening)} đồng, sau đó mỗi ki-lô-mét "
            f"{grouped(rate)} đồng. Với {grouped(money)} đồng, chị {name} đi được nhiều nhất bao "
            "nhiêu ki-lô-mét (số nguyên)?",
            f"Chị {name} có {grouped(money)} đồng. {brand} thu phí mở cửa {grouped(opening)} "
            f"đồng và {grouped(rate)} đồng cho mỗi ki-lô-mét. Hỏi chị đi được nhiều nhất bao "
            "nhiêu ki-lô-mét (số nguyên)?",
        )
    )
    left = money - opening
    steps = (
        "Gọi số ki-lô-mét đi được là x (x > 0).",
        f"Ta có: {grouped(opening)} + {grouped(rate)}x ≤ {grouped(money)}",
        f"{grouped(rate)}x ≤ {grouped(left)}",
        f"x ≤ {Fraction(left, rate)}. Số nguyên lớn nhất thoả mãn là {left // rate}.",
    )
    answer = f"{left // rate} km"
    up = -(-left // rate)
    rounded = Slip("rounded_up", f"{up} km", (*steps[:3], f"Làm tròn, ta được x = {up}."))
    spare = money // rate
    forgot = (f"{grouped(rate)}x ≤ {grouped(money)}", f"Suy ra x lớn nhất là {spare}.")
    slips = wrong(answer, rounded, Slip("opening_forgotten", f"{spare} km", forgot))
    return Draft("taxi", (opening, rate, money), question, steps, answer, slips)


def _average(rng: Random) -> Draft:
    name, num = rng.choice(NAMES), rng.randint(3, 5)
    target = rng.randint(7, 9)
    scores = [rng.randint(5, 10) for _ in range(num)]
    needed = target * (num + 1) - sum(scores)
    while not 3 <= needed <= 10:
        scores = [rng.randint(5, 10) for _ in range(num)]
        needed = target * (num + 1) - sum(scores)
    listed = "; ".join(map(str, scores))
    question = rng.choice(
        (
            f"{name} có điểm các bài kiểm tra là {listed}. Hỏi bài kiểm tra tiếp theo {name} "
            f"phải được ít nhất bao nhiêu điểm để điểm trung bình không nhỏ hơn {target}?",
            f"Điểm {num} bài kiểm tra đầu của {name} là {listed}. Muốn điểm trung bình của "
            f"{num + 1} bài từ {target} trở lên, bài thứ {num + 1} phải được ít nhất bao nhiêu "
            "điểm?",
        )
    )
    whole = sum(scores)
    steps = (
        f"Gọi điểm bài tiếp theo là x. Tổng điểm {num} bài đầu là: {' + '.join(map(str, scores))} "
        f"= {whole}.",
        f"Ta có: ({whole} + x) : {num + 1} ≥ {target}",
        f"{whole} + x ≥ {target * (num + 1)}",
        f"x ≥ {needed}",
    )
    fewer = target * num - whole
    forgot = Slip(
        "number_of_tests_kept",
        f"{fewer} điểm",
        (steps[0], f"({whole} + x) : {num} ≥ {target}", f"x ≥ {fewer}"),
    )
    slips = (forgot,) if fewer > 0 else ()
    return Draft("average", (*scores, target), question, steps, f"{needed} điểm", slips)


KINDS = {
    "inequality": Kind(9, "ALG.INEQ", "a linear inequality", inequality),
    "inequality_words": Kind(
        9, "ALG.INEQ", "the most or the least that holds", inequality_words, 2
    ),
}
