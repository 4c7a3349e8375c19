"""Grade 8: tables with percentages, experimental and theoretical probability."""

from collections.abc import Callable
from fractions import Fraction
from math import isqrt
from random import Random

from mathpal.maths.curriculum.drawing import NAMES, Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import decimal, grouped, listed, wrong

SURVEYS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "môn thể thao yêu thích của học sinh",
        "học sinh",
        ("Bóng đá", "Cầu lông", "Bơi lội", "Bóng rổ", "Đá cầu"),
    ),
    (
        "phương tiện đến trường của học sinh",
        "học sinh",
        ("Xe buýt", "Xe đạp", "Đi bộ", "Xe máy điện"),
    ),
    (
        "loại sách học sinh mượn ở thư viện",
        "lượt mượn",
        ("Truyện tranh", "Khoa học", "Lịch sử", "Văn học"),
    ),
    ("loại trái cây cửa hàng bán trong ngày", "kg", ("Cam", "Xoài", "Nho", "Táo", "Ổi")),
    ("món ăn sáng của nhân viên", "người", ("Phở", "Bánh mì", "Xôi", "Bún")),
)


def data_percent(rng: Random) -> Draft:
    about, unit, names = rng.choice(SURVEYS)
    names = tuple(rng.sample(names, 4))
    whole = rng.choice((40, 60, 80, 100, 120, 160, 180, 200, 240, 300, 400))
    cuts = sorted(rng.sample(range(1, 20), 3))
    rates = [5 * (b - a) for a, b in zip((0, *cuts), (*cuts, 20), strict=True)]
    counts = [rate * whole // 100 for rate in rates]
    at = rng.randrange(4)
    name, count, rate = names[at].lower(), counts[at], rates[at]
    table = "; ".join(f"{n}: {c}" for n, c in zip(names, counts, strict=True))
    asked = rng.choice(("percent", "percent", "angle"))
    ask = (
        rng.choice(
            (
                f"Mục “{name}” chiếm bao nhiêu phần trăm?",
                f"Tính tỉ lệ phần trăm của mục “{name}”.",
            )
        )
        if asked == "percent"
        else f"Trên biểu đồ hình quạt tròn, phần biểu diễn mục “{name}” có góc ở tâm bao nhiêu độ?"
    )
    question = rng.choice(
        (
            f"Thống kê về {about} (đơn vị: {unit}) như sau: {table}. {ask}",
            f"Bảng số liệu về {about} (đơn vị: {unit}): {table}. {ask}",
            f"Kết quả khảo sát về {about} (đơn vị: {unit}) là: {table}. {ask}",
        )
    )
    start = f"Tổng số là: {' + '.join(map(str, counts))} = {whole} ({unit})."
    share = f"Tỉ lệ phần trăm của mục “{name}” là: {count} : {whole} · 100% = {rate}%."
    if asked == "percent":
        answer = f"{rate}%"
        rest = Fraction(count * 100, whole - count)
        slips = []
        if rest.denominator in (1, 2, 4, 5):
            text = decimal(int(rest * 100), 2)
            working = (
                f"Tỉ lệ phần trăm của mục “{name}” là: {count} : {whole - count} · 100% = {text}%."
            )
            slips.append(Slip("share_of_the_rest", f"{text}%", (working,)))
        if count < 100:
            slips.append(Slip("count_as_percent", f"{count}%", (f"Tỉ lệ phần trăm là {count}%.",)))
        return Draft(
            "percent", (*counts, at), question, (start, share), answer, wrong(answer, *slips)
        )
    angle, half = decimal(rate * 36, 1), decimal(rate * 18, 1)
    steps = (start, share, f"Góc ở tâm là: 360° · {rate}% = {angle}°.")
    slip_steps = (start, share, f"Góc ở tâm là: 180° · {rate}% = {half}°.")
    slip = Slip("half_turn_taken", f"{half}°", slip_steps)
    return Draft("angle", (*counts, at), question, steps, f"{angle}°", (slip,))


def experimental_probability(rng: Random) -> Draft:
    return rng.choice((_observed, _expected))(rng)


def _observed(rng: Random) -> Draft:
    num = rng.choice((20, 25, 30, 40, 50, 60, 80, 100, 120, 150, 200))
    name = rng.choice(NAMES)
    side = rng.randint(1, 6)
    trial, event, size = rng.choice(
        (
            (f"{name} gieo một con xúc xắc {num} lần", f"mặt {side} chấm xuất hiện", 6),
            (f"{name} tung một đồng xu {num} lần", "mặt ngửa xuất hiện", 2),
            (f"{name} tung một chiếc đinh ghim {num} lần", "đinh nằm ngửa", 3),
            (f"{name} ném bóng vào rổ {num} lần", "bóng vào rổ", 2),
            (f"{name} quay một vòng quay may mắn {num} lần", "kim chỉ vào ô màu đỏ", 5),
        )
    )
    hits = max(1, num // size + rng.randint(-num // 8, num // 8))
    question = rng.choice(
        (
            f"{trial}, trong đó có {hits} lần {event}. Tính xác suất thực nghiệm của biến cố "
            f"“{event[0].upper()}{event[1:]}”.",
            f"{trial} và thấy có {hits} lần {event}. Hỏi xác suất thực nghiệm của biến cố "
            f"“{event[0].upper()}{event[1:]}” là bao nhiêu?",
            f"Khi {trial}, có {hits} lần {event}. Tìm xác suất thực nghiệm để {event}.",
        )
    )

    def steps(bottom: int) -> tuple[str, ...]:
        return (f"Xác suất thực nghiệm là: {hits}/{bottom}" + _reduced(hits, bottom) + ".",)

    answer = str(Fraction(hits, num))
    rest = Slip("share_of_the_rest", str(Fraction(hits, num - hits)), steps(num - hits))
    missed = Fraction(num - hits, num)
    other = Slip("other_event", str(missed), (f"Xác suất thực nghiệm là: {missed}.",))
    return Draft(event, (num, hits), question, steps(num), answer, wrong(answer, rest, other))


def _reduced(top: int, bottom: int) -> str:
    value = Fraction(top, bottom)
    return "" if str(value) == f"{top}/{bottom}" else f" = {value}"


def _expected(rng: Random) -> Draft:
    noun, fault, whole_of = rng.choice(
        (
            ("bóng đèn", "bị lỗi", "lô hàng có"),
            ("chiếc áo", "bị lỗi", "lô hàng có"),
            ("hạt giống", "không nảy mầm", "túi có"),
            ("quả trứng", "bị vỡ", "chuyến hàng có"),
        )
    )
    sample = rng.choice((40, 50, 80, 100, 150, 200, 250, 400, 500))
    bad = rng.randint(1, sample // 8)
    times = rng.randint(3, 40)
    whole = sample * times
    question = rng.choice(
        (
            f"Kiểm tra ngẫu nhiên {sample} {noun} thì thấy có {bad} {noun} {fault}. Hãy dự đoán "
            f"trong {whole_of} {grouped(whole)} {noun} có khoảng bao nhiêu {noun} {fault}.",
            f"Trong {sample} {noun} được kiểm tra có {bad} {noun} {fault}. Ước lượng số {noun} "
            f"{fault} trong {whole_of} {grouped(whole)} {noun}.",
        )
    )

    def steps(bottom: int, result: int) -> tuple[str, ...]:
        return (
            f"Xác suất để một {noun} {fault} được ước lượng là: "
            f"{bad}/{bottom}{_reduced(bad, bottom)}.",
            f"Số {noun} {fault} khoảng: {grouped(whole)} · {bad}/{bottom} = {grouped(result)} "
            f"({noun}).",
        )

    answer = f"{grouped(bad * times)} {noun}"
    slips = []
    if bad * whole % (sample - bad) == 0:
        result = bad * whole // (sample - bad)
        slips.append(
            Slip("share_of_the_rest", f"{grouped(result)} {noun}", steps(sample - bad, result))
        )
    return Draft(
        noun, (sample, bad, whole), question, steps(sample, bad * times), answer, tuple(slips)
    )


def theoretical_probability(rng: Random) -> Draft:
    return rng.choice((_cards, _cards, _balls))(rng)


def _is_prime(n: int) -> bool:
    return n > 1 and all(n % p for p in range(2, isqrt(n) + 1))


def _cards(rng: Random) -> Draft:
    num, k = rng.randint(12, 50), rng.randint(2, 9)
    most = rng.randint(5, num - 3)
    thing, verb = rng.choice((("tấm thẻ", "Rút"), ("quả bóng", "Lấy"), ("lá thăm", "Bốc")))
    event, holds = rng.choice(_events(k, most))
    good = [n for n in range(1, num + 1) if holds(n)]
    question = rng.choice(
        (
            f"Một hộp có {num} {thing} cùng loại được đánh số từ 1 đến {num}. {verb} ngẫu nhiên "
            f"một {thing}. Tính xác suất để số ghi trên {thing} đó {event}.",
            f"{verb} ngẫu nhiên một {thing} từ hộp gồm {num} {thing} giống nhau ghi các số từ 1 "
            f"đến {num}. Tính xác suất của biến cố “Số ghi trên {thing} {event}”.",
        )
    )
    value = Fraction(len(good), num)
    listing = f": {'; '.join(map(str, good))}" if len(good) <= 12 else ""
    steps = (
        f"Có {num} kết quả có thể, các kết quả này là đồng khả năng.",
        f"Có {len(good)} kết quả thuận lợi{listing}.",
        f"Xác suất cần tìm là: {len(good)}/{num}{_reduced(len(good), num)}.",
    )
    missed = Fraction(num - len(good), num)
    slip = Slip("other_event", str(missed), (f"Xác suất cần tìm là: {missed}.",))
    one = Slip("one_over_all", f"1/{num}", (f"Có {num} kết quả nên xác suất là: 1/{num}.",))
    numbers = (num, k if str(k) in event else 0, most if str(most) in event else 0)
    return Draft(event, numbers, question, steps, str(value), wrong(str(value), slip, one))


def _events(k: int, most: int) -> tuple[tuple[str, Callable[[int], bool]], ...]:
    return (
        (f"chia hết cho {k}", lambda n: n % k == 0),
        (f"lớn hơn {most}", lambda n: n > most),
        (f"nhỏ hơn {most}", lambda n: n < most),
        ("là số nguyên tố", _is_prime),
        ("là số chính phương", lambda n: isqrt(n) ** 2 == n),
        ("là số có hai chữ số", lambda n: n > 9),
        (f"chia cho {k} dư 1", lambda n: n % k == 1),
    )


COLOURS = ("đỏ", "xanh", "vàng", "trắng", "đen", "tím")


def _balls(rng: Random) -> Draft:
    colours = rng.sample(COLOURS, rng.choice((2, 3)))
    counts = [rng.randint(2, 15) for _ in colours]
    whole, count, colour = sum(counts), counts[0], colours[0]
    thing = rng.choice(("viên bi", "quả bóng", "quả cầu"))
    box = rng.choice(("hộp", "túi"))
    order = rng.sample(range(len(colours)), len(colours))
    content = listed([f"{counts[i]} {thing} màu {colours[i]}" for i in order])
    question = rng.choice(
        (
            f"Một {box} có {content}, cùng kích thước và khối lượng. Lấy ngẫu nhiên một {thing}. "
            f"Tính xác suất để lấy được {thing} màu {colour}.",
            f"Trong một {box} có {content}. Lấy ngẫu nhiên một {thing} từ {box} đó, tính xác "
            f"suất của biến cố “Lấy được {thing} màu {colour}”.",
        )
    )
    value, rest = Fraction(count, whole), Fraction(count, whole - count)
    steps = (
        f"Số {thing} trong {box} là: {' + '.join(str(counts[i]) for i in order)} = {whole}.",
        f"Xác suất cần tìm là: {count}/{whole}{_reduced(count, whole)}.",
    )
    working = f"Xác suất cần tìm là: {count}/{whole - count}{_reduced(count, whole - count)}."
    even = f"1/{len(colours)}"
    slips = [Slip("one_of_the_colours", even, (f"Có {len(colours)} màu nên xác suất là {even}.",))]
    if rest < 1:
        slips.append(Slip("share_of_the_rest", str(rest), (working,)))
    numbers = (*counts, count)
    return Draft("balls", numbers, question, steps, str(value), wrong(str(value), *slips))


KINDS = {
    "data_percent": Kind(8, "STA.DATA", "percentages and angles from a table", data_percent),
    "experimental_probability": Kind(
        8,
        "STA.PROB",
        "a frequency as a probability, and what it foretells",
        experimental_probability,
    ),
    "theoretical_probability": Kind(
        8, "STA.PROB", "one card or ball drawn at random", theoretical_probability
    ),
}
