"""Grade 5: sums of times, meeting, catching up, rivers, pie charts, ratios of outcomes."""

from fractions import Fraction
from random import Random

from mathpal.maths.curriculum.drawing import MEN, NAMES, Draft, Kind, Slip, step
from mathpal.maths.curriculum.formulas import decimal


def time_sums(rng: Random) -> Draft:
    units = big, small = rng.choice((("giờ", "phút"), ("giờ", "phút"), ("phút", "giây")))
    h, m, k, n = rng.randint(2, 9), rng.randint(21, 59), rng.randint(1, 5), rng.randint(22, 59)
    first, second, times = 60 * h + m, 60 * k + n, rng.randint(2, 6)
    variant = rng.choice(("+", "-", "×"))
    name = rng.choice(NAMES)
    raw = 0
    if variant == "+":
        text, result = f"{_written(first, units)} + {_written(second, units)}", first + second
        between = f"{h + k} {big} {m + n} {small}"
        raw = 100 * (h + k) + m + n
    elif variant == "-":
        first, second = max(first, second) + 60, min(first, second)
        text, result = f"{_written(first, units)} - {_written(second, units)}", first - second
        between = f"{first // 60 - 1} {big} {first % 60 + 60} {small} - {_written(second, units)}"
        between = between if first % 60 < second % 60 else ""
        raw = 100 * (first // 60) + first % 60 - 100 * (second // 60) - second % 60
    else:
        text, result = f"{_written(second, units)} × {times}", second * times
        between = f"{k * times} {big} {n * times} {small}"
        raw = 100 * k * times + n * times
    question = rng.choice(
        (
            f"Tính: {text}",
            f"Đặt tính rồi tính: {text}",
            f"{name} tính {text}. Kết quả đúng là bao nhiêu?",
        )
    )
    chain = " = ".join(dict.fromkeys(filter(None, (text, between, _written(result, units)))))
    wrong = f"{raw // 100} {big} {raw % 100} {small}"
    slips = [
        Slip("carried_wrongly", _written(result - 60 if variant != "-" else result + 60, units)),
        Slip("count_off", _written(result + 10, units)),
        Slip("count_off", _written(result - 10, units)),
    ]
    if raw // 100 * 60 + raw % 100 != result:
        slips.insert(0, Slip("hundred_for_sixty", wrong, (f"{text} = {wrong}",)))
    numbers = (first, second) if variant != "×" else (second, times)
    return Draft(variant + big, numbers, question, (chain,), _written(result, units), tuple(slips))


def _written(total: int, units: tuple[str, str]) -> str:
    counts = zip(divmod(total, 60), units, strict=True)
    return " ".join(f"{count} {unit}" for count, unit in counts if count)


TRAVELLERS = (
    ("ô tô", range(45, 66, 5), "xe máy", range(30, 41, 5)),
    ("ô tô khách", range(50, 66, 5), "xe đạp điện", range(20, 31, 5)),
    ("xe máy", range(30, 41, 2), "xe đạp", range(10, 17, 2)),
    ("xe tải", range(40, 56, 5), "xe máy", range(25, 36, 5)),
)
TOWNS = (("A", "B"), ("M", "N"), ("P", "Q"), ("C", "D"))


def meeting(rng: Random) -> Draft:
    fast, fast_speeds, slow, slow_speeds = rng.choice(TRAVELLERS)
    v, u = rng.choice(fast_speeds), rng.choice(slow_speeds)
    halves = rng.randint(2, 8) if (v + u) % 2 == 0 else 2 * rng.randint(1, 4)
    distance, hours = (v + u) * halves // 2, decimal(halves * 5, 1)
    one, other = rng.choice(TOWNS)
    name = rng.choice(NAMES)
    lead = rng.choice(
        (
            f"Quãng đường giữa hai tỉnh {one} và {other} dài {distance} km. Cùng một lúc, một "
            f"{fast} đi từ {one} với vận tốc {v} km/giờ và một {slow} đi từ {other} với vận tốc "
            f"{u} km/giờ, ngược chiều nhau.",
            f"Hai nơi {one} và {other} cách nhau {distance} km. Một {slow} đi từ {one} với vận tốc "
            f"{u} km/giờ, cùng lúc đó một {fast} đi từ {other} với vận tốc {v} km/giờ, ngược chiều "
            "nhau.",
        )
    )
    asked = rng.choice(
        (
            "Hỏi sau mấy giờ hai xe gặp nhau?",
            "Tính thời gian từ lúc xuất phát đến lúc hai xe gặp nhau.",
            f"Em hãy giúp {name} tính xem sau mấy giờ hai xe gặp nhau.",
        )
    )
    both = step("Tổng vận tốc của hai xe", f"{v} + {u}", v + u, "km/giờ")
    what = "Thời gian đi để hai xe gặp nhau"
    steps = (both, step(what, f"{distance} : {v + u}", hours, "giờ"))
    slips = []
    if distance % (v - u) == 0:
        wrong = distance // (v - u)
        apart = step("Hiệu vận tốc của hai xe", f"{v} - {u}", v - u, "km/giờ")
        mistaken = step(what, f"{distance} : {v - u}", wrong, "giờ")
        slips.append(Slip("difference_for_sum", f"{wrong} giờ", (apart, mistaken)))
    for speed in (v, u):
        if distance * 10 % speed == 0:
            alone = decimal(distance * 10 // speed, 1)
            mistaken = step(what, f"{distance} : {speed}", alone, "giờ")
            slips.append(Slip("one_speed_only", f"{alone} giờ", (mistaken,)))
    return Draft("", (v, u, distance), f"{lead} {asked}", steps, f"{hours} giờ", tuple(slips))


def catching_up(rng: Random) -> Draft:
    fast, fast_speeds, slow, slow_speeds = rng.choice(TRAVELLERS)
    v, u = rng.choice(fast_speeds), rng.choice(slow_speeds)
    gain = v - u
    halves = rng.randint(1, 6) if gain % 2 == 0 else 2 * rng.randint(1, 3)
    ahead, hours = gain * halves // 2, decimal(halves * 5, 1)
    start, _ = rng.choice(TOWNS)
    name = rng.choice(NAMES)
    question = rng.choice(
        (
            f"Một {fast} đuổi theo một {slow} đang ở phía trước, cách nhau {ahead} km. Vận tốc của "
            f"{fast} là {v} km/giờ, vận tốc của {slow} là {u} km/giờ. "
            f"Hỏi sau mấy giờ {fast} đuổi kịp {slow}?",
            f"Khi {fast} của bác {name} bắt đầu đi từ {start} với vận tốc {v} km/giờ thì một "
            f"{slow} ở phía trước, cách {start} {ahead} km, đang đi cùng chiều với vận tốc {u} "
            f"km/giờ. Tính thời gian để {fast} đuổi kịp {slow}.",
        )
    )
    apart = step("Hiệu hai vận tốc", f"{v} - {u}", gain, "km/giờ")
    what = f"Thời gian để {fast} đuổi kịp {slow}"
    steps = (apart, step(what, f"{ahead} : {gain}", hours, "giờ"))
    slips = []
    for mistake, speed in (("sum_for_difference", v + u), ("other_speed_forgotten", v)):
        if ahead * 100 % speed == 0:
            wrong = decimal(ahead * 100 // speed, 2)
            mistaken = step(what, f"{ahead} : {speed}", wrong, "giờ")
            slips.append(Slip(mistake, f"{wrong} giờ", (mistaken,)))
    return Draft("", (v, u, ahead), question, steps, f"{hours} giờ", tuple(slips))


def river(rng: Random) -> Draft:
    """Draw speeds in tenths of km/h, halves only."""
    still, stream = 5 * rng.randint(20, 60), 5 * rng.randint(3, 8)
    boat = rng.choice(("ca nô", "thuyền máy", "tàu thuỷ"))
    draw = _way_on_a_river if rng.random() < 0.5 else _speed_of_the_stream
    return draw(rng, boat, still, stream)


def _way_on_a_river(rng: Random, boat: str, still: int, stream: int) -> Draft:
    v, w, name = decimal(still, 1), decimal(stream, 1), rng.choice(MEN)
    word, sign, opposite = rng.choice((("xuôi", "+", "-"), ("ngược", "-", "+")))
    hours = rng.randint(2, 5)
    speeds = {"+": still + stream, "-": still - stream}
    water = f"{boat} có vận tốc khi nước lặng là {v} km/giờ, vận tốc dòng nước là {w} km/giờ"
    question = rng.choice(
        (
            f"Một {water}. Hỏi {boat} đi {word} dòng trong {hours} giờ được bao nhiêu km?",
            f"Anh {name} lái {boat} {word} dòng trong {hours} giờ. Biết {water}. "
            "Tính quãng đường đi được.",
        )
    )

    def travelled(done: str) -> tuple[str, ...]:
        speed, way = decimal(speeds[done], 1), decimal(speeds[done] * hours, 1)
        return (
            step(f"Vận tốc {word} dòng", f"{v} {done} {w}", speed, "km/giờ"),
            step("Quãng đường đi được", f"{speed} × {hours}", way, "km"),
        )

    reversed_way, ignored = decimal(speeds[opposite] * hours, 1), decimal(still * hours, 1)
    still_way = step("Quãng đường đi được", f"{v} × {hours}", ignored, "km")
    slips = (
        Slip("stream_reversed", f"{reversed_way} km", travelled(opposite)),
        Slip("stream_ignored", f"{ignored} km", (still_way,)),
    )
    answer = f"{decimal(speeds[sign] * hours, 1)} km"
    return Draft(f"way{sign}", (still, stream, hours), question, travelled(sign), answer, slips)


def _speed_of_the_stream(rng: Random, boat: str, still: int, stream: int) -> Draft:
    down, up, name = decimal(still + stream, 1), decimal(still - stream, 1), rng.choice(MEN)
    question = rng.choice(
        (
            f"Một {boat} đi xuôi dòng với vận tốc {down} km/giờ và ngược dòng với vận tốc {up} "
            "km/giờ. Tính vận tốc của dòng nước.",
            f"{boat[0].upper()}{boat[1:]} của anh {name} ngược dòng với vận tốc {up} km/giờ, xuôi "
            f"dòng với vận tốc {down} km/giờ. Hỏi vận tốc dòng nước là bao nhiêu?",
        )
    )
    what, twice = "Vận tốc dòng nước", decimal(2 * stream, 1)
    answer = f"{decimal(stream, 1)} km/giờ"
    steps = (step(what, f"({down} - {up}) : 2", decimal(stream, 1), "km/giờ"),)
    wrong = step(what, f"{down} - {up}", twice, "km/giờ")
    sum_halved = step(what, f"({down} + {up}) : 2", decimal(still, 1), "km/giờ")
    slips = (
        Slip("half_forgotten", f"{twice} km/giờ", (wrong,)),
        Slip("still_water_for_stream", f"{decimal(still, 1)} km/giờ", (sum_halved,)),
    )
    return Draft("stream", (still + stream, still - stream), question, steps, answer, slips)


SURVEYS = (
    (
        "môn thể thao yêu thích của {} học sinh",
        ("bơi", "bóng đá", "cầu lông", "chạy"),
        "học sinh thích {}",
    ),
    ("loại quả yêu thích của {} bạn", ("cam", "xoài", "táo", "nho"), "bạn thích {}"),
    (
        "cách đến trường của {} học sinh",
        ("đi bộ", "đi xe đạp", "đi xe buýt", "đi ô tô"),
        "học sinh {}",
    ),
    (
        "các loại sách trong số {} quyển của thư viện",
        ("truyện", "sách khoa học", "sách giáo khoa", "từ điển"),
        "quyển {}",
    ),
)


def percent_chart(rng: Random) -> Draft:
    title, names, noun = rng.choice(SURVEYS)
    whole = rng.choice((40, 60, 80, 100, 120, 160, 200, 240, 300, 400))
    cuts = sorted(rng.sample(range(5, 100, 5), 3))
    shares = [cuts[0], cuts[1] - cuts[0], cuts[2] - cuts[1], 100 - cuts[2]]
    at = rng.randrange(4)
    hidden = rng.random() < 0.5
    told = ", ".join(
        f"{name} {share}%"
        for i, (name, share) in enumerate(zip(names, shares, strict=True))
        if not (hidden and i == at)
    )
    rest = f", còn lại là {names[at]}" if hidden else ""
    thing = noun.format(names[at])
    unit = thing.split(" ")[0] if not thing.startswith("học") else "học sinh"
    question = (
        f"Biểu đồ hình quạt cho biết {title.format(whole)}: {told}{rest}. Hỏi có bao nhiêu {thing}?"
    )
    share, result = shares[at], decimal(whole * shares[at], 2)
    known = 100 - share
    others = " - ".join(str(n) for i, n in enumerate(shares) if i != at)
    first = (f"Tỉ số phần trăm của số {thing} là:\n100 - {others} = {share} (%)",) if hidden else ()
    what = f"Số {thing}"
    steps = (*first, step(what, f"{whole} × {share} : 100", result, unit))
    wrong = decimal(whole * known, 2)
    slips = (
        Slip(
            "percent_of_the_rest",
            f"{wrong} {unit}",
            (step(what, f"{whole} × {known} : 100", wrong, unit),),
        ),
        Slip("percent_as_number", f"{share} {unit}"),
    )
    numbers = (whole, *shares, at, hidden)
    return Draft("", numbers, question, steps, f"{result} {unit}", slips)


TRIALS = (
    ("tung một đồng xu", "mặt ngửa", "mặt sấp", "xuất hiện", (35, 65)),
    ("gieo một con xúc xắc", "mặt 6 chấm", "các mặt khác", "xuất hiện", (8, 30)),
    ("quay một vòng quay", "ô màu đỏ", "các ô khác", "được chọn", (10, 90)),
    (
        "lấy một viên bi trong túi rồi trả lại",
        "viên bi xanh",
        "các viên bi khác",
        "được lấy ra",
        (10, 90),
    ),
)


def outcome_ratio(rng: Random) -> Draft:
    num = rng.randint(12, 60)
    action, event, rest, verb, (low, high) = rng.choice(TRIALS)
    hits = num * rng.randint(low, high) // 100 or 1
    name = rng.choice(NAMES)
    lead = rng.choice(
        (
            f"{name} {action} {num} lần thì có {hits} lần {event} {verb}.",
            f"Trong {num} lần {name} {action}, {event} {verb} {hits} lần.",
        )
    )
    variant, what, top = rng.choice((("hit", event, hits), ("miss", rest, num - hits)))
    asked = f"Viết tỉ số của số lần {what} {verb} và tổng số lần, dưới dạng phân số tối giản."
    result = Fraction(top, num)
    told = (
        () if variant == "hit" else (step(f"Số lần {what} {verb}", f"{num} - {hits}", top, "lần"),)
    )
    chain = " = ".join(dict.fromkeys((f"{top}/{num}", str(result))))
    steps = (*told, f"Tỉ số cần tìm là:\n{top} : {num} = {chain}")
    slips = (
        Slip("other_outcome", str(1 - result)),
        Slip("compared_with_the_rest", str(Fraction(top, num - top))),
        Slip("turned_over", str(1 / result)),
    )
    return Draft(variant, (num, hits), f"{lead} {asked}", steps, str(result), slips)


KINDS = {
    "time_sums": Kind(5, "GEO.TIME", "times added, taken away and multiplied", time_sums, 2),
    "meeting": Kind(5, "GEO.SPEED", "when two that come from both ends meet", meeting, 3),
    "catching_up": Kind(
        5, "GEO.SPEED", "when the faster catches up with the slower", catching_up, 3
    ),
    "river": Kind(5, "GEO.SPEED", "speeds up and down a river", river, 3),
    "percent_chart": Kind(5, "STA.DATA", "an amount read from a pie chart", percent_chart, 2),
    "outcome_ratio": Kind(5, "STA.PROB", "the share of an outcome in a trial", outcome_ratio, 2),
}
