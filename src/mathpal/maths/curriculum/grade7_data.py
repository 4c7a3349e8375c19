"""Grade 7, data and chance: pie charts, the probability of a random event."""

from collections.abc import Callable
from fractions import Fraction
from random import Random

from mathpal.maths.curriculum.drawing import NAMES, Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import decimal, listed
from mathpal.maths.curriculum.formulas import wrong as differing

CHARTS = (
    ("màu yêu thích của học sinh", ("Đỏ", "Xanh", "Vàng", "Tím"), "học sinh", "chọn"),
    ("môn thể thao yêu thích", ("Bóng đá", "Cầu lông", "Bơi", "Bóng rổ"), "học sinh", "chọn"),
    ("các loại cây trong vườn", ("Cam", "Xoài", "Bưởi", "Chanh"), "cây", "loại"),
    ("sách trong thư viện", ("Truyện", "Khoa học", "Lịch sử", "Tham khảo"), "quyển", "loại"),
)


def pie_chart(rng: Random) -> Draft:
    topic, names, unit, verb = rng.choice(CHARTS)
    cuts = sorted(rng.sample(range(1, 20), 3))
    rates = [5 * n for n in (cuts[0], cuts[1] - cuts[0], cuts[2] - cuts[1], 20 - cuts[2])]
    total, at = 20 * rng.randint(5, 60), rng.randrange(4)
    labels = rng.sample(names, 4)
    variant = rng.choice(("part", "missing", "angle", "whole"))
    rate, label = rates[at], labels[at]
    part = total * rate // 100
    hidden = variant == "missing"
    shown = "; ".join(
        f"{n}: {r}%" for n, r in zip(labels, rates, strict=True) if not (hidden and n == label)
    )
    chart = rng.choice(
        (
            f"Biểu đồ hình quạt tròn biểu diễn {topic}: {shown}",
            f"Cho biểu đồ hình quạt tròn về {topic}: {shown}",
        )
    )
    chart += f"; còn lại là {label}." if hidden else "."
    wrong_rate = rates[(at + 1) % 4]
    line = f"Tỉ lệ phần trăm của {label} là: 100% - {100 - rate}% = {rate}%"
    numbers: tuple[int, ...] = (total, *rates)
    if variant == "angle":
        question = f"{chart} Tính số đo góc ở tâm của hình quạt biểu diễn {label}."
        size, bad = decimal(36 * rate, 1), decimal(18 * rate, 1)
        answer, numbers = f"{size}°", (*rates, rate)
        steps: tuple[str, ...] = (f"Số đo góc cần tìm là: 360° · {rate}% = {size}°",)
        slip = Slip("half_turn", f"{bad}°", (f"Số đo góc cần tìm là: 180° · {rate}% = {bad}°",))
    elif variant == "whole":
        question = (
            f"{chart} Biết số {unit} {verb} {label} là {part}. Hỏi có tất cả bao nhiêu {unit}?"
        )
        answer = f"{total} {unit}"
        steps = (f"Tổng số {unit} là:\n{part} : {rate}% = {total} ({unit})",)
        bad = str(Fraction(part * rate, 100))
        slip = Slip(
            "multiplied_for_divided",
            f"{bad} {unit}",
            (f"Tổng số {unit} là:\n{part} · {rate}% = {bad} ({unit})",),
        )
    else:
        question = (
            f"{chart} Biết có tất cả {total} {unit}. Hỏi số {unit} {verb} {label} là bao nhiêu?"
        )
        answer, other = f"{part} {unit}", total * wrong_rate // 100
        calculation = f"Số {unit} {verb} {label} là:\n{total} · {rate}% = {part} ({unit})"
        steps = (line, calculation) if hidden else (calculation,)
        bad_line = f"Số {unit} {verb} {label} là:\n{total} · {wrong_rate}% = {other} ({unit})"
        slip = Slip("wrong_sector", f"{other} {unit}", (bad_line,))
        if hidden:
            left = total - part
            bad_line = f"Số {unit} {verb} {label} là:\n{total} · {100 - rate}% = {left} ({unit})"
            slip = Slip("percent_of_the_others", f"{left} {unit}", (bad_line,))
    return Draft(f"{variant}{rate}", numbers, question, steps, answer, differing(answer, slip))


CARD_EVENTS: dict[str, tuple[str, Callable[[int, int], bool]]] = {
    "divisible": ("số ghi trên thẻ chia hết cho {k}", lambda n, k: n % k == 0),
    "greater": ("số ghi trên thẻ lớn hơn {k}", lambda n, k: n > k),
    "less": ("số ghi trên thẻ nhỏ hơn {k}", lambda n, k: n < k),
    "divisor": ("số ghi trên thẻ là ước của {k}", lambda n, k: k % n == 0),
}


def random_event(rng: Random) -> Draft:
    if rng.random() < 0.4:
        return _balls(rng)
    num, k = rng.randint(8, 40), rng.randint(2, 7)
    kind = rng.choice(list(CARD_EVENTS))
    text, holds = CARD_EVENTS[kind]
    if kind == "divisor":
        k = rng.choice((6, 8, 12, 18, 20, 24, 30))
    name, first = rng.choice(NAMES), rng.choice((1, 1, 1, 2))
    event = text.format(k=k)
    last = first + num - 1
    found = [n for n in range(first, last + 1) if holds(n, k)]
    if not found:
        return random_event(rng)
    question = rng.choice(
        (
            f"Một hộp có {num} thẻ cùng loại, mỗi thẻ ghi một trong các số từ {first} đến {last}, "
            "hai thẻ khác nhau ghi hai số khác nhau. "
            f"Rút ngẫu nhiên một thẻ. Tính xác suất của biến cố: {event}.",
            f"{name} rút ngẫu nhiên một thẻ từ hộp có {num} thẻ được đánh số "
            f"từ {first} đến {last}. "
            f"Tính xác suất của biến cố: {event}.",
        )
    )
    listing = (
        "; ".join(map(str, found))
        if len(found) <= 12
        else (f"{found[0]}; {found[1]}; ...; {found[-1]}")
    )
    favourable = f"Có {len(found)} kết quả thuận lợi: {listing}."
    return _probability(f"{kind}{first}", (num, k), question, favourable, len(found), num)


def _balls(rng: Random) -> Draft:
    colours = rng.sample(("đỏ", "xanh", "vàng", "trắng", "tím", "đen"), rng.choice((2, 3)))
    counts = [rng.randint(1, 12) for _ in colours]
    at, name = rng.randrange(len(colours)), rng.choice(NAMES)
    shown = listed([f"{n} quả bóng {c}" for n, c in zip(counts, colours, strict=True)])
    total, negated = sum(counts), rng.random() < 0.3
    event = f"lấy được quả bóng {'không phải màu' if negated else 'màu'} {colours[at]}"
    hits = total - counts[at] if negated else counts[at]
    question = rng.choice(
        (
            f"Một túi có {shown}, cùng kích thước và khối lượng. {name} lấy ngẫu nhiên một quả. "
            f"Tính xác suất của biến cố: {event}.",
            f"Trong hộp kín có {shown} giống nhau về kích thước. Lấy ngẫu nhiên một quả bóng. "
            f"Xác suất của biến cố “{event}” bằng bao nhiêu?",
        )
    )
    favourable = f"Số kết quả thuận lợi cho biến cố là {hits}."
    variant = f"balls{counts[at]}{'not' if negated else ''}"
    return _probability(variant, tuple(counts), question, favourable, hits, total)


def _probability(
    variant: str, numbers: tuple[int, ...], question: str, favourable: str, hits: int, total: int
) -> Draft:
    """Divide the favourable outcomes by all of them, which are equally likely."""

    def steps(top: int, bottom: int) -> tuple[str, ...]:
        value = str(Fraction(top, bottom))
        shown = f"{top}/{bottom}" + ("" if value == f"{top}/{bottom}" else f" = {value}")
        return (
            f"Có {total} kết quả có thể xảy ra, các kết quả đồng khả năng.",
            favourable,
            f"Xác suất của biến cố là: {shown}",
        )

    answer, rest = str(Fraction(hits, total)), total - hits
    slips = [Slip("other_event", str(Fraction(rest, total)), steps(rest, total))]
    if rest:
        slips.append(Slip("part_to_part", str(Fraction(hits, rest)), steps(hits, rest)))
    return Draft(variant, numbers, question, steps(hits, total), answer, differing(answer, *slips))


KINDS = {
    "pie_chart": Kind(7, "STA.DATA", "a pie chart, read", pie_chart, 2),
    "random_event": Kind(7, "STA.PROB", "the probability of a random event", random_event, 2),
}
