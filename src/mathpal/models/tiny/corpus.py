"""The text that the tiny model is pre-trained on: sums, reading, worked solutions. No torch.

Solved problems are of `KNOWN_KINDS` alone. Of the other kinds the model sees questions, and
solutions, never one with the other: how to get from a question to its solution is what
fine-tuning teaches. Everything comes from the `train` side of the curriculum.
"""

import re
from random import Random

from mathpal.maths import curriculum
from mathpal.maths.curriculum.grade5 import PERCENTS

KNOWN_KINDS = ("total", "left")
UNITS = ("quả", "viên", "cái", "chiếc", "bông", "quyển", "que", "cm", "m", "km", "kg", "lít")
SUMS = (
    *("add", "take", "table", "divide", "product", "quotient"),
    *("percent", "double", "third", "three terms", "tenths"),
)
LARGE_FACTORS = (*range(10, 17), *range(20, 65, 5))
NUMBER = re.compile(r"\d+(?:,\d+)?")

Row = list[tuple[str, bool]]
"""A text in pieces, each with whether it is trained on."""


def rows(num: int, seed: int) -> list[Row]:
    """Write `num` rows in a random order; the same arguments give the same rows."""
    rng = Random(seed)
    known = curriculum.generate(num * 15 // 100, seed, "train", kinds=KNOWN_KINDS)
    questions = curriculum.generate(num * 30 // 100, seed + 1, "train", starter=True)
    solutions = curriculum.generate(num * 3 // 100, seed + 2, "train", starter=True)
    written = [
        *(exchange(problem.question, problem.solution) for problem in known),
        *(reading(problem.question, rng) for problem in questions),
        *(exchange("Viết một bài giải mẫu.", problem.solution) for problem in solutions),
    ]
    written += [sums(rng) for _ in range(num - len(written))]
    rng.shuffle(written)
    return written


def exchange(question: str, answer: str) -> Row:
    """Write one turn of chat; the answer and the token that ends it are trained."""
    return [
        (f"<bos><start_of_turn>user\n{question}<end_of_turn>\n<start_of_turn>model\n", False),
        (f"{answer}<end_of_turn>\n", True),
    ]


def reading(question: str, rng: Random) -> Row:
    """Ask something of a problem's text that needs no arithmetic, or tell the problem itself."""
    numbers = NUMBER.findall(question)
    task, answer = rng.choice(
        (
            ("", question),
            ("Bài toán có những số nào?", "; ".join(numbers)),
            ("Viết các số theo thứ tự ngược lại.", "; ".join(reversed(numbers))),
            ("Số đầu tiên trong bài là số nào?", numbers[0]),
            ("Số cuối cùng trong bài là số nào?", numbers[-1]),
            ("Số lớn nhất trong bài là số nào?", max(numbers, key=as_float)),
            ("Hãy chép lại bài toán.", question),
        )
    )
    return exchange(f"{question}\n{task}", answer) if task else [("<bos>", False), (answer, True)]


def as_float(number: str) -> float:
    return float(number.replace(",", "."))


def sums(rng: Random) -> Row:
    """Write a few lines of bare sums, of which the results are trained."""
    row: Row = [("<bos>", False)]
    with_units, prefix = rng.random() < 0.5, rng.choice(("", "", "", "x = "))
    for _ in range(rng.randint(4, 9)):
        left, result = sum_and_result(rng)
        unit = f" ({rng.choice(UNITS)})" if with_units else ""
        row += [(f"{prefix}{left} = ", False), (f"{result}{unit}\n", True)]
    return row


def sum_and_result(rng: Random) -> tuple[str, str]:
    """Draw a sum of a size that the curriculum needs: `("38 + 45", "83")`."""
    a, b = rng.randint(1, 60), rng.randint(1, 45)
    one, other, times = rng.randint(2, 9), rng.randint(2, 9), rng.randint(2, 5)
    match rng.choice(SUMS):
        case "add":
            return f"{a} + {b}", f"{a + b}"
        case "take":
            return f"{a + b} - {a}", f"{b}"
        case "table":
            return f"{one} × {other}", f"{one * other}"
        case "divide":
            return f"{one * other} : {one}", f"{other}"
        case "product":
            large = rng.choice(LARGE_FACTORS)
            return f"{large} × {times}", f"{large * times}"
        case "quotient":
            large = rng.choice(LARGE_FACTORS)
            return f"{large * times} : {times}", f"{large}"
        case "percent":
            rate = rng.choice([rate for rate in PERCENTS if rate * one <= 250])
            return rng.choice(((f"{one} × {rate}", f"{one * rate}"), (f"{one}00 : 100", f"{one}")))
        case "double":
            return rng.choice(((f"{a} × 2", f"{2 * a}"), (f"{2 * a} : 2", f"{a}")))
        case "third":
            return f"{3 * one + 3 * times} : 3", f"{one + times}"
        case "three terms":
            terms = [rng.randint(2, 25) for _ in range(3)]
            return " + ".join(map(str, terms)), f"{sum(terms)}"
        case _:
            a, b = rng.randint(11, 49), rng.randint(11, 49)
            return f"{tenths(a)} + {tenths(b)}", tenths(a + b)


def tenths(value: int) -> str:
    """Write a number of tenths with a decimal comma: `25` -> `2,5`."""
    return f"{value // 10},{value % 10}"
