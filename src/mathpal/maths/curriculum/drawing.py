"""What every grade draws with: names, things to count, and the parts of a problem."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import NamedTuple


class Slip(NamedTuple):
    """Hold what a pupil gets by a mistake that is typical of the kind of problem."""

    mistake: str
    """Its name, in English: `half_forgotten`, `sign_lost`."""
    answer: str
    """The wrong answer, written as the right one is."""
    steps: tuple[str, ...] = ()
    """The wrong working, where it differs from the right one in more than its result."""


class Draft(NamedTuple):
    """Hold what one kind drew; the variant and the numbers go into the problem's key."""

    variant: str
    numbers: tuple[int, ...]
    question: str
    steps: tuple[str, ...]
    answer: str
    slips: tuple[Slip, ...] = ()


@dataclass(frozen=True)
class Kind:
    """Describe one kind of problem and name the function that draws it."""

    grade: int
    topic: str
    """A code of `topics.TOPICS`."""
    description: str
    draw: Callable[[Random], Draft]
    difficulty: int = 1
    """1: one step or idea, 2: two or three, 3: a problem for good pupils of the grade."""
    starter: bool = False
    """Whether its numbers and words suit a model of two million parameters."""


class Thing(NamedTuple):
    """Name what is counted: its unit word, its full noun, what it is kept in."""

    unit: str
    noun: str
    box: str


WOMEN = ["Chi", "Hà", "Hoa", "Lan", "Linh", "Mai", "Thảo", "Trang"]
MEN = ["Bình", "Dũng", "Hùng", "Minh", "Nam", "Phúc", "Quân", "Tú"]
NAMES = [*WOMEN, *MEN]
THINGS = (
    Thing("quả", "quả táo", "giỏ"),
    Thing("quả", "quả cam", "rổ"),
    Thing("quả", "quả trứng", "khay"),
    Thing("viên", "viên bi", "hộp"),
    Thing("cái", "cái kẹo", "túi"),
    Thing("cái", "cái bánh", "đĩa"),
    Thing("chiếc", "chiếc bút chì", "hộp"),
    Thing("bông", "bông hoa", "lọ"),
    Thing("quyển", "quyển vở", "thùng"),
    Thing("que", "que tính", "bó"),
)


def step(what: str, expression: str, result: int | str, unit: str) -> str:
    """Write one step of a solution; an empty unit leaves the brackets out.

    >>> step("Số bi", "5 + 3", 8, "viên")
    'Số bi là:\\n5 + 3 = 8 (viên)'
    """
    return f"{what} là:\n{expression} = {result}" + (f" ({unit})" if unit else "")


def factors(rng: Random) -> tuple[int, int]:
    """Draw a pair of the times tables, or now and then a larger number and a factor up to 5."""
    if rng.random() < 0.7:
        return rng.randint(2, 9), rng.randint(2, 9)
    return rng.choice((10, 11, 12, 15, 20, 25)), rng.randint(2, 5)
