"""Grade 9: tables of frequencies, of values and of groups."""

from random import Random

from mathpal.maths.curriculum.drawing import Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import decimal, wrong

COUNTED = (
    ("điểm kiểm tra Toán của {} học sinh", 4, 7),
    ("số cuốn sách đã đọc trong tháng của {} học sinh", 0, 6),
    ("số anh chị em của {} học sinh", 0, 5),
    ("số bàn thắng trong {} trận đấu", 0, 6),
    ("số giờ tự học mỗi ngày của {} học sinh", 1, 5),
    ("cỡ giày của {} khách hàng", 36, 5),
)


def frequency_table(rng: Random) -> Draft:
    about, low, width = rng.choice(COUNTED)
    num = rng.choice((20, 20, 25, 40, 50))
    values = list(range(low, low + width))[-5:]
    cuts = sorted(rng.sample(range(1, num), len(values) - 1))
    counts = [b - a for a, b in zip((0, *cuts), (*cuts, num), strict=True)]
    at = rng.randrange(len(values))
    value, count = values[at], counts[at]
    asked = rng.choice(("relative", "mean", "frequency"))
    table = _table(rng, values, counts) if asked != "frequency" else _list(rng, values, counts)
    about = about.format(num)
    ask = {
        "relative": f"Tính tần số tương đối của giá trị {value}.",
        "mean": "Tính số trung bình của mẫu số liệu.",
        "frequency": f"Tìm tần số của giá trị {value}.",
    }[asked]
    question = rng.choice(
        (
            f"Thống kê {about}, ta được: {table}. {ask}",
            f"Kết quả thống kê {about} như sau: {table}. {ask}",
            f"Người ta ghi lại {about}: {table}. {ask}",
        )
    )
    numbers = (*counts, low, at if asked != "mean" else 9)
    if asked == "frequency":
        answer = str(count)
        share = decimal(count * 10_000 // num, 2) + "%"
        steps: tuple[str, ...] = (
            f"Giá trị {value} xuất hiện {count} lần nên tần số của nó là {count}.",
        )
        slip = Slip("relative_frequency", share, (f"Tần số là {count} : {num} = {share}.",))
        return Draft(asked, numbers, question, steps, answer, (slip,))
    if asked == "relative":
        answer = f"{decimal(count * 10_000 // num, 2)}%"
        steps = (
            f"Cỡ mẫu là: {' + '.join(map(str, counts))} = {num}.",
            f"Tần số tương đối của giá trị {value} là: {count} : {num} · 100% = {answer}.",
        )
        slip = Slip("count_as_percent", f"{count}%", (f"Tần số tương đối là {count}%.",))
        return Draft(asked, numbers, question, steps, answer, wrong(answer, slip))
    whole = sum(v * c for v, c in zip(values, counts, strict=True))
    products = " + ".join(f"{v} · {c}" for v, c in zip(values, counts, strict=True))
    answer = decimal(whole * 1000 // num, 3)
    steps = (
        f"Cỡ mẫu là: {num}.",
        f"Số trung bình là: ({products}) : {num} = {whole} : {num} = {answer}.",
    )
    plain = decimal(sum(values) * 100 // len(values), 2)
    summed = " + ".join(map(str, values))
    slip_steps = (f"Số trung bình là: ({summed}) : {len(values)} = {plain}.",)
    slip = Slip("frequencies_ignored", plain, slip_steps)
    return Draft(asked, numbers, question, steps, answer, wrong(answer, slip))


def _table(rng: Random, values: list[int], counts: list[int]) -> str:
    pattern = rng.choice(("giá trị {} có tần số {}", "giá trị {} xuất hiện {} lần"))
    return "; ".join(pattern.format(v, c) for v, c in zip(values, counts, strict=True))


def _list(rng: Random, values: list[int], counts: list[int]) -> str:
    items = [value for value, count in zip(values, counts, strict=True) for _ in range(count)]
    rng.shuffle(items)
    return "; ".join(map(str, items))


GROUPS = (
    ("chiều cao (cm) của {} học sinh lớp 9", 150, 5),
    ("cân nặng (kg) của {} học sinh", 40, 5),
    ("thời gian (phút) đi từ nhà đến trường của {} học sinh", 0, 10),
    ("khối lượng (g) của {} quả xoài", 200, 50),
    ("tuổi thọ (giờ) của {} bóng đèn", 1000, 100),
)


def grouped_frequency(rng: Random) -> Draft:
    about, low, width = rng.choice(GROUPS)
    num = rng.choice((20, 25, 40, 50, 80, 100))
    size = rng.choice((4, 4, 5))
    cuts = sorted(rng.sample(range(1, num), size - 1))
    counts = [b - a for a, b in zip((0, *cuts), (*cuts, num), strict=True)]
    groups = [f"[{low + width * i}; {low + width * (i + 1)})" for i in range(size)]
    table = "; ".join(f"nhóm {g} có {c}" for g, c in zip(groups, counts, strict=True))
    at = rng.randrange(1, size - 1)
    asked = rng.choice(("relative", "at_least"))
    if asked == "relative":
        count, ask = counts[at], f"Tính tần số tương đối của nhóm {groups[at]}."
        what, working = f"Tần số tương đối của nhóm {groups[at]}", str(counts[at])
    else:
        count, bound = sum(counts[at:]), low + width * at
        ask = f"Tính tỉ lệ phần trăm các giá trị từ {bound} trở lên."
        what = f"Tỉ lệ các giá trị từ {bound} trở lên"
        working = f"({' + '.join(map(str, counts[at:]))})"
    question = rng.choice(
        (
            f"Bảng tần số ghép nhóm về {about.format(num)}: {table}. {ask}",
            f"Khảo sát {about.format(num)}, kết quả ghép nhóm như sau: {table}. {ask}",
            f"Số liệu ghép nhóm về {about.format(num)} là: {table}. {ask}",
        )
    )
    share = decimal(count * 10_000 // num, 2)
    steps = (
        f"Cỡ mẫu là: {' + '.join(map(str, counts))} = {num}.",
        f"{what} là: {working} : {num} · 100% = {share}%.",
    )
    answer = f"{share}%"
    slips = [Slip("count_as_percent", f"{count}%", (f"{what} là {count}%.",))]
    if asked == "at_least":
        only = decimal(sum(counts[at + 1 :]) * 10_000 // num, 2)
        working = f"{what} là: {sum(counts[at + 1 :])} : {num} · 100% = {only}%."
        slips.append(Slip("group_left_out", f"{only}%", (working,)))
    numbers = (*counts, low, at)
    return Draft(asked, numbers, question, steps, answer, wrong(answer, *slips))


KINDS = {
    "frequency_table": Kind(
        9, "STA.MEAN", "a frequency, its share of all, or the mean", frequency_table
    ),
    "grouped_frequency": Kind(9, "STA.DATA", "shares from grouped data", grouped_frequency, 2),
}
