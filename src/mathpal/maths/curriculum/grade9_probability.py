"""Grade 9: probability with two dice, two cards or two balls."""

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from random import Random

from mathpal.maths.curriculum.drawing import NAMES, Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import listed, wrong

Pair = tuple[int, int]
Holds = Callable[[int, int], bool]
DICE = ("tổng số chấm", "tích số chấm", "hai mặt có số chấm", "mặt {} chấm")
CARDS = ("tổng hai số", "tích hai số", "hai số", "số {}")


def _event(rng: Random, words: tuple[str, ...], space: list[Pair]) -> tuple[str, Holds, list[Pair]]:
    """Draw an event that some but not all pairs make; the pairs come with it."""
    while True:
        text, holds = _any_event(rng, words, max(b for _, b in space))
        good = [pair for pair in space if holds(*pair)]
        if 0 < len(good) < len(space):
            return text, holds, good


def _any_event(rng: Random, words: tuple[str, ...], most: int) -> tuple[str, Holds]:
    total, times, both, face = words
    s, d = rng.randint(3, 2 * most - 1), rng.randint(1, most - 1)
    k, p = rng.randint(2, 6), rng.randint(1, most)
    return rng.choice(
        (
            (f"{total} bằng {s}", lambda a, b: a + b == s),
            (f"{total} lớn hơn {s}", lambda a, b: a + b > s),
            (f"{total} nhỏ hơn {s}", lambda a, b: a + b < s),
            (f"{total} chia hết cho {k}", lambda a, b: (a + b) % k == 0),
            (f"{times} chia hết cho {k}", lambda a, b: a * b % k == 0),
            (f"{times} là số lẻ", lambda a, b: a * b % 2 == 1),
            (f"{times} bằng {d * p}", lambda a, b: a * b == d * p),
            (f"{times} lớn hơn {s + d}", lambda a, b: a * b > s + d),
            (f"{both} bằng nhau", lambda a, b: a == b),
            (f"{both} hơn kém nhau {d} đơn vị", lambda a, b: abs(a - b) == d),
            (f"có ít nhất một {face.format(p)}", lambda a, b: p in (a, b)),
            (f"không có {face.format(p)}", lambda a, b: p not in (a, b)),
        )
    )


def _solution(space: str, num: int, good: list[Pair]) -> tuple[tuple[str, ...], str]:
    value = Fraction(len(good), num)
    pairs = "; ".join(f"({a}, {b})" for a, b in good)
    listing = f": {pairs}" if len(good) <= 12 else ""
    plain = f"{len(good)}/{num}"
    reduced = "" if plain == str(value) else f" = {value}"
    return (
        f"Không gian mẫu có {space} = {num} kết quả đồng khả năng.",
        f"Có {len(good)} kết quả thuận lợi{listing}.",
        f"Xác suất cần tìm là: {plain}{reduced}.",
    ), str(value)


def _slips(answer: str, num: int, good: list[Pair], unordered: int = 0) -> tuple[Slip, ...]:
    """Take the other event, or count (a, b) and (b, a) once where both are possible."""
    missed = str(1 - Fraction(len(good), num))
    slips = [Slip("other_event", missed, (f"Xác suất cần tìm là: {missed}.",))]
    if unordered:
        fewer = len({(min(pair), max(pair)) for pair in good})
        value = str(Fraction(fewer, unordered))
        steps = (
            f"Không gian mẫu có {unordered} kết quả, trong đó có {fewer} kết quả thuận lợi.",
            f"Xác suất cần tìm là: {value}.",
        )
        slips.append(Slip("order_ignored", value, steps))
    return wrong(answer, *slips)


SQUARE = list(product(range(1, 7), range(1, 7)))


def two_dice(rng: Random) -> Draft:
    event, _, good = _event(rng, DICE, SQUARE)
    name = rng.choice(NAMES)
    title = event[0].upper() + event[1:]
    question = rng.choice(
        (
            f"Bạn {name} gieo đồng thời hai con xúc xắc cân đối. Tính xác suất của biến cố "
            f"“{title}”.",
            f"Gieo đồng thời hai con xúc xắc cân đối và đồng chất. Tính xác suất để {event}.",
            f"Bạn {name} gieo một con xúc xắc cân đối hai lần liên tiếp. Tính xác suất để {event}.",
            f"{name} và bạn của mình mỗi người gieo một con xúc xắc cân đối. Xác suất để {event} "
            "là bao nhiêu?",
        )
    )
    steps, answer = _solution("6 · 6", 36, good)
    return Draft(event, (), question, steps, answer, _slips(answer, 36, good, 21))


def two_cards(rng: Random) -> Draft:
    thing = rng.choice(("tấm thẻ", "lá thăm", "quả bóng"))
    if rng.random() < 0.5:
        m, n = rng.randint(3, 8), rng.randint(4, 9)
        space = list(product(range(1, m + 1), range(1, n + 1)))
        counted, variant = f"{m} · {n}", "two boxes"
        setting = rng.choice(
            (
                f"Hộp thứ nhất có {m} {thing} đánh số từ 1 đến {m}, hộp thứ hai có {n} {thing} "
                f"đánh số từ 1 đến {n}. Lấy ngẫu nhiên từ mỗi hộp một {thing}.",
                f"Có hai hộp đựng các {thing} cùng loại: hộp A ghi các số từ 1 đến {m}, hộp B "
                f"ghi các số từ 1 đến {n} (mỗi số trên đúng một {thing}). Rút ngẫu nhiên từ mỗi "
                f"hộp một {thing}.",
            )
        )
    else:
        m = n = rng.randint(4, 10)
        space = [(a, b) for a, b in product(range(1, n + 1), repeat=2) if a != b]
        counted, variant = f"{n} · {n - 1}", "one box"
        setting = rng.choice(
            (
                f"Một hộp có {n} {thing} đánh số từ 1 đến {n}. Lấy ngẫu nhiên lần lượt hai "
                f"{thing}, không trả lại.",
                f"Từ một hộp gồm {n} {thing} ghi các số từ 1 đến {n}, rút lần lượt không hoàn "
                f"lại hai {thing}.",
            )
        )
    event, _, good = _event(rng, CARDS, space)
    title = event[0].upper() + event[1:]
    ask = rng.choice((f"Tính xác suất để {event}.", f"Tính xác suất của biến cố “{title}”."))
    steps, answer = _solution(counted, len(space), good)
    slips = list(_slips(answer, len(space), good))
    if variant == "one box":
        kept = str(Fraction(len(good), n * n))
        slips.append(
            Slip("card_put_back", kept, (f"Có {n} · {n} kết quả nên xác suất là {kept}.",))
        )
    return Draft(
        f"{variant} {event}", (m, n), f"{setting} {ask}", steps, answer, wrong(answer, *slips)
    )


COLOURS = ("đỏ", "xanh", "vàng", "trắng", "đen")


def two_balls(rng: Random) -> Draft:
    one, other = rng.sample(COLOURS, 2)
    a, b = rng.randint(2, 9), rng.randint(2, 9)
    num = a + b
    thing, back = rng.choice(("viên bi", "quả bóng", "quả cầu")), rng.random() < 0.3
    left = num if back else num - 1
    first, second = (a, b) if back else (a - 1, b - 1)
    event, working, good = rng.choice(
        (
            (f"cả hai {thing} màu {one}", f"{a} · {first}", a * first),
            (f"hai {thing} cùng màu", f"{a} · {first} + {b} · {second}", a * first + b * second),
            (f"hai {thing} khác màu", f"{a} · {b} + {b} · {a}", 2 * a * b),
        )
    )
    how = "có hoàn lại" if back else "không hoàn lại"
    content = listed([f"{a} {thing} màu {one}", f"{b} {thing} màu {other}"])
    question = rng.choice(
        (
            f"Một túi có {content}. Lấy ngẫu nhiên lần lượt hai {thing}, {how}. Tính xác suất để "
            f"lấy được {event}.",
            f"Một hộp đựng {content}, cùng kích thước. Lần lượt lấy ngẫu nhiên {how} hai {thing} "
            f"từ hộp. Hỏi xác suất để lấy được {event} là bao nhiêu?",
        )
    )
    value = Fraction(good, num * left)
    plain = f"{good}/{num * left}"
    reduced = "" if plain == str(value) else f" = {value}"
    answer = str(value)
    steps = (
        f"Số kết quả có thể là: {num} · {left} = {num * left}.",
        f"Số kết quả thuận lợi là: {working} = {good}.",
        f"Xác suất cần tìm là: {plain}{reduced}.",
    )
    missed = str(1 - value)
    slips = [Slip("other_event", missed, (f"Xác suất cần tìm là: {missed}.",))]
    if "khác màu" in event:
        half = str(value / 2)
        once = (steps[0], f"Số kết quả thuận lợi là: {a} · {b} = {a * b}.", f"Xác suất là: {half}.")
        slips.append(Slip("one_order_only", half, once))
    elif not back:
        kept = Fraction(a * a + (b * b if "cùng màu" in event else 0), num * num)
        slips.append(Slip("ball_put_back", str(kept), (f"Xác suất cần tìm là: {kept}.",)))
    variant = f"{'different' if 'khác' in event else 'alike' if 'cùng' in event else 'one'} {how}"
    return Draft(variant, (a, b), question, steps, answer, wrong(answer, *slips))


KINDS = {
    "two_dice": Kind(9, "STA.PROB", "an event of two dice", two_dice, 2),
    "two_cards": Kind(9, "STA.PROB", "an event of two numbered cards", two_cards, 2),
    "two_balls": Kind(9, "STA.PROB", "the colours of two balls", two_balls, 3),
}
