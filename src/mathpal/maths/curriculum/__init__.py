"""Vietnamese primary-school problems of grades 1 to 5, drawn from a seed, with worked solutions.

A solution reads as a textbook prints it: what is computed, the equation with its unit in brackets,
and a last line `Đáp số: ...`. Numbers stay small enough for a model of two million parameters.
Each grade has its module; a new kind is a function there and a line in that module's `KINDS`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from mathpal.maths.curriculum import grade1, grade2, grade3, grade4, grade5
from mathpal.maths.curriculum.drawing import Kind

__all__ = ["KINDS", "Kind", "Problem", "Split", "generate", "split_of"]

Split = Literal["train", "heldout"]

KINDS: dict[str, Kind] = {
    **grade1.KINDS,
    **grade2.KINDS,
    **grade3.KINDS,
    **grade4.KINDS,
    **grade5.KINDS,
}

HELDOUT_ONE_IN = 8
MAX_MISSES = 2000  # draws in a row without a new question: the kind counts as used up


@dataclass(frozen=True)
class Problem:
    """Hold one problem.

    `answer` is the text after `Đáp số: `, units included. `key` is the kind, its variant and its
    numbers in order of size, so that 5 + 3 and 3 + 5 share a key; the key alone decides the split.
    """

    kind: str
    grade: int
    question: str
    solution: str
    answer: str
    key: str


def generate(
    num: int,
    seed: int,
    split: Split,
    kinds: Sequence[str] | None = None,
    grades: Sequence[int] | None = None,
) -> list[Problem]:
    """Draw `num` problems of one split, spread evenly over the kinds and shuffled.

    The same arguments give the same list. None for `kinds` or `grades` means all of them. No
    question comes twice in a list; its numbers may come back in other words. A key belongs to one
    split for ever, so that no problem of one split is in the other, whatever the seeds.

    Raises ValueError for a negative `num`, an unknown split, kind or grade, a choice that leaves no
    kind, and a kind without enough different questions (the smallest has some hundreds held out).
    """
    if split not in ("train", "heldout"):
        raise ValueError(f"unknown split {split!r}; there are: train, heldout")
    if num < 0:
        raise ValueError(f"num={num} problems cannot be drawn; ask for 0 or more")
    names = _choose_kinds(kinds, grades)
    problems: list[Problem] = []
    for i, name in enumerate(names):
        share = num // len(names) + (i < num % len(names))
        problems += _draw_distinct(name, share, Random(f"{seed}/{split}/{name}"), split)
    Random(f"{seed}/{split}").shuffle(problems)
    return problems


def split_of(key: str) -> Split:
    """Tell the split of a key, by a hash that is the same on every machine."""
    digest = hashlib.sha256(key.encode()).digest()
    return "heldout" if digest[0] % HELDOUT_ONE_IN == 0 else "train"


def _choose_kinds(kinds: Sequence[str] | None, grades: Sequence[int] | None) -> list[str]:
    all_grades = sorted({kind.grade for kind in KINDS.values()})
    if unknown := [name for name in kinds or () if name not in KINDS]:
        raise ValueError(f"unknown kinds {unknown}; there are: {', '.join(KINDS)}")
    if absent := [grade for grade in grades or () if grade not in all_grades]:
        raise ValueError(f"unknown grades {absent}; there are: {all_grades}")
    names = [
        name
        for name, kind in KINDS.items()
        if (kinds is None or name in kinds) and (grades is None or kind.grade in grades)
    ]
    if not names:
        raise ValueError(f"kinds={kinds} with grades={grades} leaves no kind of problem")
    return names


def _draw_distinct(name: str, num: int, rng: Random, split: Split) -> list[Problem]:
    found: dict[str, Problem] = {}
    misses = 0
    while len(found) < num:
        problem = _draw(name, rng)
        if split_of(problem.key) == split and problem.question not in found:
            found[problem.question] = problem
            misses = 0
        elif (misses := misses + 1) > MAX_MISSES:
            raise ValueError(
                f"kind {name} has about {len(found)} different {split} questions, {num} were asked "
                "for; ask for fewer problems or more kinds"
            )
    return list(found.values())


def _draw(name: str, rng: Random) -> Problem:
    kind = KINDS[name]
    draft = kind.draw(rng)
    return Problem(
        kind=name,
        grade=kind.grade,
        question=draft.question,
        solution="\n".join((*draft.steps, f"Đáp số: {draft.answer}")),
        answer=draft.answer,
        key=":".join((name, draft.variant, *map(str, sorted(draft.numbers)))),
    )
