"""Grade 6, data and chance: tables, pictograms, double bar charts, experimental probability."""

from fractions import Fraction
from random import Random

from mathpal.maths.curriculum.drawing import NAMES, Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import listed
from mathpal.maths.curriculum.formulas import wrong as differing

SURVEYS = (
    ("môn thể thao yêu thích", ("Bóng đá", "Cầu lông", "Bơi lội", "Bóng rổ", "Cờ vua")),
    ("loại quả yêu thích", ("Cam", "Xoài", "Chuối", "Dưa hấu", "Nho")),
    ("phương tiện đến trường", ("Đi bộ", "Xe đạp", "Xe buýt", "Xe máy", "Ô tô")),
    ("món quà yêu thích", ("Sách", "Bút", "Ba lô", "Bộ cờ", "Tranh")),
)
GOODS = (
    ("số cây trồng được", "cây"),
    ("số sách quyên góp", "quyển"),
    ("số vỏ chai thu gom", "vỏ chai"),
)
AXES = (
    ("Toán", "Ngữ văn", "Tiếng Anh"),
    ("Tháng 9", "Tháng 10", "Tháng 11"),
    ("Học kì I", "Học kì II"),
)
DIE_EVENTS = (
    ("số chấm là số chẵn", (2, 4, 6)),
    ("số chấm lớn hơn 4", (5, 6)),
    ("xuất hiện mặt 6 chấm", (6,)),
    ("số chấm là số nguyên tố", (2, 3, 5)),
)
CLASSES = ("6A", "6B", "6C", "6D", "6E")


def survey_table(rng: Random) -> Draft:
    topic, names = rng.choice(SURVEYS)
    labels = rng.sample(names, rng.randint(4, 5))
    least, times = rng.randint(3, 9), rng.randint(3, 6)
    between = rng.sample(range(least + 1, least * times), len(labels) - 2)
    counts = rng.sample([least, least * times, *between], len(labels))
    rows = "; ".join(f"{label}: {n}" for label, n in zip(labels, counts, strict=True))
    one, other = sorted(rng.sample(range(len(labels)), 2), key=lambda i: -counts[i])
    variant, asked = rng.choice(
        (
            ("total", "Mỗi học sinh chỉ chọn một loại. Hỏi có bao nhiêu học sinh được khảo sát?"),
            (
                "difference",
                f"Hỏi số học sinh chọn {labels[one]} nhiều hơn số học sinh chọn {labels[other]} "
                "bao nhiêu em?",
            ),
            ("ratio", "Hỏi số lớn nhất trong bảng gấp bao nhiêu lần số nhỏ nhất?"),
        )
    )
    question = rng.choice(
        (
            f"Kết quả khảo sát về {topic} được ghi trong bảng sau: {rows}. {asked}",
            f"Bảng thống kê số học sinh theo {topic}: {rows}. {asked}",
            f"Bạn {rng.choice(NAMES)} khảo sát về {topic} và thu được bảng: {rows}. {asked}",
        )
    )
    answer, steps, slip = _read_table(variant, counts, counts[one], counts[other])
    return Draft(variant, tuple(counts), question, steps, answer, differing(answer, slip))


def _read_table(
    variant: str, counts: list[int], high: int, low: int
) -> tuple[str, tuple[str, ...], Slip]:
    """Answer one question on a table: the answer, the steps and a slip."""
    if variant == "total":
        total, short = sum(counts), sum(counts[:-1])
        what = "Số học sinh được khảo sát là:\n"
        steps: tuple[str, ...] = (f"{what}{' + '.join(map(str, counts))} = {total} (học sinh)",)
        line = f"{what}{' + '.join(map(str, counts[:-1]))} = {short} (học sinh)"
        return f"{total} học sinh", steps, Slip("row_missed", f"{short} học sinh", (line,))
    if variant == "difference":
        steps = (f"Số học sinh nhiều hơn là:\n{high} - {low} = {high - low} (học sinh)",)
        line = f"Ta có:\n{high} + {low} = {high + low} (học sinh)"
        slip = Slip("added_for_subtracted", f"{high + low} học sinh", (line,))
        return f"{high - low} học sinh", steps, slip
    high, low = max(counts), min(counts)
    answer = f"{Fraction(high, low)} lần"
    steps = (
        f"Số lớn nhất trong bảng là {high}, số nhỏ nhất là {low}.",
        f"Số lần gấp là:\n{high} : {low} = {answer[:-4]} (lần)",
    )
    line = f"Số lần gấp là:\n{high} - {low} = {high - low} (lần)"
    return answer, steps, Slip("difference_for_ratio", f"{high - low} lần", (line,))


def pictogram(rng: Random) -> Draft:
    half = rng.choice((2, 3, 4, 5, 10, 15, 20, 25))
    labels = CLASSES[: rng.randint(3, 5)]
    counts = [2 * rng.randint(1, 6) + rng.choice((0, 0, 1)) for _ in labels]
    counts[rng.randrange(len(labels))] |= 1
    rows = "; ".join(
        f"{label}: {'★' * (n // 2)}{'☆' * (n % 2)}" for label, n in zip(labels, counts, strict=True)
    )
    what, unit = rng.choice(GOODS)
    full, halves = sum(n // 2 for n in counts), sum(n % 2 for n in counts)
    question = rng.choice(
        (
            f"Biểu đồ tranh cho biết {what} của các lớp: {rows}. Mỗi ★ ứng với {2 * half} {unit}, "
            f"mỗi ☆ ứng với {half} {unit}. Hỏi {len(labels)} lớp có tất cả bao nhiêu {unit}?",
            f"Trong biểu đồ tranh dưới đây, ★ biểu diễn {2 * half} {unit}, ☆ biểu diễn {half} "
            f"{unit}: {rows}. Tính tổng {what} của các lớp.",
            f"Biểu đồ tranh biểu diễn {what}: {rows} (★: {2 * half} {unit}; ☆: {half} {unit}). "
            f"Hỏi tổng cộng có bao nhiêu {unit}?",
        )
    )
    total = half * sum(counts)
    drawn = f"Có tất cả {full} biểu tượng ★ và {halves} biểu tượng ☆."

    def steps(working: str, value: int) -> tuple[str, ...]:
        return drawn, f"Tổng {what} là:\n{working} = {value} ({unit})"

    right = f"{full} · {2 * half} + {halves} · {half}"
    answer = f"{total} {unit}"
    same, signs = 2 * half * (full + halves), full + halves
    slips = differing(
        answer,
        Slip("half_taken_as_whole", f"{same} {unit}", steps(f"{signs} · {2 * half}", same)),
        Slip("signs_counted", f"{signs} {unit}", steps(f"{full} + {halves}", signs)),
    )
    return Draft("", (half, *counts), question, steps(right, total), answer, slips)


def double_bar_chart(rng: Random) -> Draft:
    one, other = rng.sample(CLASSES, 2)
    labels = rng.choice(AXES)
    first, second = ([rng.randint(4, 30) for _ in labels] for _ in range(2))
    while sum(first) == sum(second):
        first[0] = rng.randint(4, 30)
    bars = "; ".join(
        f"{label}: {one} có {m}, {other} có {n}"
        for label, m, n in zip(labels, first, second, strict=True)
    )
    if sum(first) < sum(second):
        one, other, first, second = other, one, second, first
    gap, both = sum(first) - sum(second), sum(first) + sum(second)
    if rng.random() < 0.5:
        variant, result, sign = "difference", gap, "-"
        asked = f"Hỏi tổng số điểm tốt của lớp {one} nhiều hơn lớp {other} bao nhiêu?"
    else:
        variant, result, sign = "total", both, "+"
        asked = "Hỏi cả hai lớp có tất cả bao nhiêu điểm tốt?"
    question = rng.choice(
        (
            f"Biểu đồ cột kép biểu diễn số điểm tốt của hai lớp: {bars}. {asked}",
            f"Số điểm tốt của hai lớp được cho bởi biểu đồ cột kép như sau: {bars}. {asked}",
            f"Đọc biểu đồ cột kép về số điểm tốt ({bars}) và trả lời: {asked}",
        )
    )
    sums = [
        f"Số điểm tốt của lớp {name} là:\n{' + '.join(map(str, values))} = {sum(values)}"
        for name, values in ((one, first), (other, second))
    ]
    final = f"Lớp {one} nhiều hơn là" if sign == "-" else "Cả hai lớp có"
    ending = f"{final}:\n{sum(first)} {sign} {sum(second)} = {result} (điểm tốt)"
    opposite, wrong = ("+", both) if sign == "-" else ("-", gap)
    bad = f"{final}:\n{sum(first)} {opposite} {sum(second)} = {wrong} (điểm tốt)"
    only = abs(first[0] - second[0]) if sign == "-" else first[0] + second[0]
    large, small = max(first[0], second[0]), min(first[0], second[0])
    answer = f"{result} điểm tốt"
    slips = differing(
        answer,
        Slip("operation_confused", f"{wrong} điểm tốt", (*sums, bad)),
        Slip(
            "first_pair_only",
            f"{only} điểm tốt",
            (f"{final}:\n{large} {sign} {small} = {only} (điểm tốt)",),
        ),
    )
    return Draft(variant, (*first, *second), question, (*sums, ending), answer, slips)


def observed_probability(rng: Random) -> Draft:
    name, variant = rng.choice(NAMES), rng.choice(("coin", "die", "balls"))
    if variant == "coin":
        total = rng.randrange(20, 105, 5)
        seen = rng.randint(total // 4, 3 * total // 4)
        faces = ["sấp", "ngửa"]
        rng.shuffle(faces)
        asked = rng.choice(faces)
        question = (
            f"{name} tung một đồng xu {total} lần liên tiếp thì có {seen} lần xuất hiện mặt "
            f"{faces[0]}. Tính xác suất thực nghiệm của sự kiện xuất hiện mặt {asked}."
        )
        hits, event = seen if asked == faces[0] else total - seen, f"xuất hiện mặt {asked}"
        numbers: tuple[int, ...] = (total, seen)
        variant = "coin" if asked == faces[0] else "coin other"
    elif variant == "die":
        counts = [rng.randint(4, 20) for _ in range(6)]
        total, numbers = sum(counts), tuple(counts)
        rows = ", ".join(f"{face} chấm: {n} lần" for face, n in enumerate(counts, 1))
        event, faces_in = rng.choice(DIE_EVENTS)
        hits = sum(counts[face - 1] for face in faces_in)
        question = (
            f"{name} gieo một con xúc xắc nhiều lần và ghi lại kết quả: {rows}. "
            f"Tính xác suất thực nghiệm của sự kiện {event}."
        )
    else:
        counts = [rng.randint(5, 40) for _ in range(3)]
        total, numbers = sum(counts), tuple(counts)
        colours = rng.sample(("đỏ", "xanh", "vàng", "trắng", "tím"), 3)
        chosen = rng.randrange(3)
        rows = listed([f"{n} lần được bóng {c}" for n, c in zip(counts, colours, strict=True)])
        hits, event = counts[chosen], f"lấy được bóng {colours[chosen]}"
        question = (
            f"Trong hộp có các quả bóng màu {listed(colours)}. {name} lấy ngẫu nhiên một quả, ghi "
            f"màu rồi trả lại hộp. Sau nhiều lần lấy, có {rows}. "
            f"Tính xác suất thực nghiệm của sự kiện {event}."
        )
    answer = str(Fraction(hits, total))
    first = f"Tổng số lần thực hiện là {total}, số lần xảy ra sự kiện {event} là {hits}."

    def steps(top: int, bottom: int) -> tuple[str, str]:
        value = Fraction(top, bottom)
        shown = f"{top}/{bottom}" + ("" if str(value) == f"{top}/{bottom}" else f" = {value}")
        return first, f"Xác suất thực nghiệm cần tìm là: {shown}"

    slips = differing(
        answer,
        Slip("part_to_part", str(Fraction(hits, total - hits)), steps(hits, total - hits)),
        Slip("other_event", str(Fraction(total - hits, total)), steps(total - hits, total)),
    )
    return Draft(variant, numbers, question, steps(hits, total), answer, slips)


KINDS = {
    "survey_table": Kind(6, "STA.DATA", "a table of a survey, read", survey_table),
    "pictogram": Kind(6, "STA.DATA", "a pictogram with half signs, read", pictogram),
    "double_bar_chart": Kind(6, "STA.DATA", "a double bar chart, read", double_bar_chart, 2),
    "observed_probability": Kind(
        6, "STA.PROB", "an experimental probability from counts", observed_probability, 2
    ),
}
