"""Problems asked as multiple choice, laid out as Vietnamese examination papers do."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random

from mathpal.maths.curriculum.formulas import decimal, grouped
from mathpal.maths.curriculum.problem import LETTERS, Problem, same_value

LAYOUTS = (("{}. ", "\n"), ("{}. ", "    "), ("{}) ", "\n"), ("{}) ", "    "))
PROMPTS = (
    "",
    "",
    "\nChọn đáp án đúng:",
    "\nKhoanh vào chữ đặt trước câu trả lời đúng:",
    "\nĐáp án nào đúng?",
)
ENDINGS = ("Chọn {}", "Vậy chọn {}", "Đáp án: {}", "Vậy đáp án đúng là {}")
PIECE = re.compile(r"(?P<over>\d+)/(?P<under>\d+)|\d+(?: \d{3})*(?:,(?P<places>\d+))?")


def ask_as_choices(problems: Sequence[Problem], share: float, rng: Random) -> list[Problem]:
    """Ask a share of the problems as multiple choice, fewer where too few have four options."""
    asked = list(problems)
    missing = round(share * len(asked))
    for i in rng.sample(range(len(asked)), len(asked)):
        if missing == 0:
            break
        if (choice := as_choice(asked[i], rng)) is not None:
            asked[i] = choice
            missing -= 1
    return asked


def as_choice(problem: Problem, rng: Random) -> Problem | None:
    """Ask a problem with four options; None where too few wrong answers can be thought of.

    Wrong options are the problem's slips first, then numbers near the right one. All four differ
    in value, and each letter is as likely to be the right one.
    """
    options = [problem.answer]
    for wrong in _distractors(problem, rng):
        if not any(same_value(wrong, option) for option in options):
            options.append(wrong)
        if len(options) == len(LETTERS):
            break
    else:
        return None
    rng.shuffle(options)
    letter = LETTERS[options.index(problem.answer)]
    mark, between = rng.choice(LAYOUTS)
    listed = between.join(
        mark.format(sign) + option for sign, option in zip(LETTERS, options, strict=True)
    )
    working = problem.solution.rpartition("\n")[0]
    return replace(
        problem,
        question=f"{problem.question}{rng.choice(PROMPTS)}\n{listed}",
        solution=f"{working}\n{rng.choice(ENDINGS).format(letter)}",
        letter=letter,
        options=tuple(options),
    )


def near_answers(answer: str, rng: Random) -> Iterator[str]:
    """Alter one number of an answer, in its own notation: `3,5 m` -> `3,6 m`, `5,3 m`, `35 m`."""
    pieces = list(PIECE.finditer(answer))
    for piece in rng.sample(pieces, len(pieces)):
        found = list(_near(piece))
        for text in rng.sample(found, len(found)):
            yield answer[: piece.start()] + text + answer[piece.end() :]


def _distractors(problem: Problem, rng: Random) -> Iterator[str]:
    slips = [slip.answer for slip in problem.slips]
    yield from rng.sample(slips, len(slips))
    yield from near_answers(problem.answer, rng)


def _near(piece: re.Match[str]) -> Iterator[str]:
    if piece["over"]:
        over, under = int(piece["over"]), int(piece["under"])
        yield from (f"{over + 1}/{under}", f"{over}/{under + 1}", f"{under}/{over}")
        if over > 1:
            yield f"{over - 1}/{under}"
        return
    places = len(piece["places"] or "")
    digits = piece[0].replace(" ", "").replace(",", "")
    value = int(digits)
    kept = len(digits) - len(digits.rstrip("0")) if value else 0
    unit = 10 ** min(kept, len(digits) - 1)
    shifts = (1, 2, 10, -1, -2, -10) if value // unit > 20 else (1, 2, 3, -1, -2)
    near = {value + shift * unit for shift in shifts}
    for i, (one, other) in enumerate(pairwise(digits)):
        near.add(int(digits[:i] + other + one + digits[i + 2 :]))
    for wrong in sorted(near - {value}):
        if wrong > 0:
            yield decimal(wrong, places) if places else grouped(wrong)
