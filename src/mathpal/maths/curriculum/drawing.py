"""What every grade draws with: names, things to count, and the parts of a problem."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import NamedTuple


class Draft(NamedTuple):
    """Hold what one kind drew; the variant and the numbers go into the problem's key."""

    variant: str
    numbers: tuple[int, ...]
    question: str
    steps: tuple[str, ...]
    answer: str


@dataclass(frozen=True)
class Kind:
    """Describe one kind of problem and name the function that draws it."""

    grade: int
    description: str
    draw: Callable[[Random], Draft]


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
