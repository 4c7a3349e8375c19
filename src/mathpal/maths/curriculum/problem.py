"""One problem as it is handed out, and what its solution looks like after a pupil's slip."""

import re
from dataclasses import dataclass
from fractions import Fraction

from mathpal.maths.curriculum.drawing import Slip

LETTERS = "ABCD"
NUMBER = re.compile(r"-?\d+(?: \d{3})*(?:,\d+|/\d+)?")


@dataclass(frozen=True)
class Problem:
    """Hold one problem.

    `answer` is the text after `Đáp số: `, units included. `key` is the kind, its variant and its
    numbers in order of size, so that 5 + 3 and 3 + 5 share a key; the key alone decides the split.
    `letter` and the four `options` are those of a problem asked as multiple choice.
    """

    kind: str
    grade: int
    strand: str
    topic: str
    difficulty: int
    question: str
    solution: str
    answer: str
    key: str
    slips: tuple[Slip, ...] = ()
    letter: str | None = None
    options: tuple[str, ...] = ()

    @property
    def possible_slips(self) -> tuple[Slip, ...]:
        """The slips that end in an answer that can be given: in multiple choice, an option."""
        if self.letter is None:
            return self.slips
        return tuple(slip for slip in self.slips if slip.answer in self.options)

    def slipped(self, slip: Slip) -> str:
        """Write the solution of a pupil who makes one of the possible slips.

        Where the slip has no working of its own, the right one ends in the wrong result.
        """
        working, _, ending = self.solution.rpartition("\n")
        if slip.steps:
            working = "\n".join(slip.steps)
        else:
            working = _with_result(working, self.answer, slip.answer)
        if self.letter is None:
            return f"{working}\nĐáp số: {slip.answer}"
        wrong_letter = LETTERS[self.options.index(slip.answer)]
        return f"{working}\n{ending.removesuffix(self.letter)}{wrong_letter}"


def same_value(one: str, other: str) -> bool:
    """Tell whether two answers of a problem are the same but for the spelling of their numbers.

    >>> same_value("0,50 m", "1/2 m"), same_value("x > 3", "x < 3"), same_value("√5", "5")
    (True, False, False)
    """
    return one == other or (
        NUMBER.sub("#", one) == NUMBER.sub("#", other) and _values(one) == _values(other)
    )


def _values(answer: str) -> list[Fraction]:
    return [Fraction(found.replace(" ", "").replace(",", ".")) for found in NUMBER.findall(answer)]


def _with_result(working: str, right: str, wrong: str) -> str:
    """Change the last result of a working, where both answers are a single number."""
    old, new = NUMBER.findall(right), NUMBER.findall(wrong)
    if len(old) == len(new) == 1:
        head, found, tail = working.rpartition(f"= {old[0]}")
        if found and not re.match(r"[\d,/]", tail):
            return f"{head}= {new[0]}{tail}"
    return working
