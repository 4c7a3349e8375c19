"""Vietnamese school problems, drawn from a seed, with worked solutions.

A solution reads as a textbook prints it: what is computed, the equation with its unit in brackets,
and a last line `Đáp số: ...`. The starter kinds keep to words and numbers small enough for a model
of two million parameters. A new kind is a function in the module of its grade and a line in that
module's `KINDS`.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from random import Random
from typing import Literal

from mathpal.maths.curriculum import (
    grade1,
    grade2,
    grade2_data,
    grade2_numbers,
    grade3,
    grade3_measures,
    grade3_numbers,
    grade4,
    grade4_fractions,
    grade4_measures,
    grade4_numbers,
    grade5,
    grade5_decimals,
    grade5_motion,
    grade5_ratio,
    grade5_shapes,
    grade6,
    grade7,
    grade8,
    grade9,
)
from mathpal.maths.curriculum.choices import ask_as_choices
from mathpal.maths.curriculum.drawing import Draft, Kind
from mathpal.maths.curriculum.problem import Problem, same_value
from mathpal.maths.curriculum.topics import STRANDS, TOPICS, strand_of

__all__ = ["KINDS", "KNOWN", "Kind", "Problem", "Split", "generate", "split_of"]

Split = Literal["train", "heldout"]

MODULES = (
    *(grade1, grade2, grade2_numbers, grade2_data, grade3, grade3_numbers, grade3_measures),
    *(grade4, grade4_numbers, grade4_fractions, grade4_measures),
    *(grade5, grade5_ratio, grade5_decimals, grade5_shapes, grade5_motion),
    *(grade6, grade7, grade8, grade9),
)

KINDS: dict[str, Kind] = {name: kind for module in MODULES for name, kind in module.KINDS.items()}

KNOWN: dict[str, tuple[str | int, ...]] = {
    "kinds": tuple(KINDS),
    "grades": tuple(sorted({kind.grade for kind in KINDS.values()})),
    "strands": tuple(STRANDS),
    "topics": tuple(code for code in TOPICS if any(k.topic == code for k in KINDS.values())),
}
"""What problems are chosen by -> the names that there are."""

HELDOUT_ONE_IN = 8
MAX_MISSES = 2000  # draws in a row without a new question: the kind counts as used up


def generate(
    num: int,
    seed: int,
    split: Split,
    kinds: Sequence[str] | None = None,
    grades: Sequence[int] | None = None,
    strands: Sequence[str] | None = None,
    topics: Sequence[str] | None = None,
    *,
    starter: bool = False,
    choices: float = 0.0,
) -> list[Problem]:
    """Draw `num` problems of one split, spread evenly over the kinds and shuffled.

    The same arguments give the same list. None for what problems are chosen by means all of them;
    `starter` leaves out all but the starter kinds. No question comes twice in a list; its numbers
    may come back in other words. A key belongs to one split for ever, so that no problem of one
    split is in the other, whatever the seeds. Where a kind runs out of questions, the others make
    up for it. `choices` is the share of problems asked as multiple choice; where too few have wrong
    answers to offer, it is smaller.

    Raises ValueError for a negative `num`, a share outside 0 to 1, an unknown split or name, a
    choice that leaves no kind, and kinds that have too few different questions all together.
    """
    if split not in ("train", "heldout"):
        raise ValueError(f"unknown split {split!r}; there are: train, heldout")
    if num < 0:
        raise ValueError(f"num={num} problems cannot be drawn; ask for 0 or more")
    if not 0 <= choices <= 1:
        raise ValueError(f"choices={choices} is not a share; give a number from 0 to 1")
    wanted = {"kinds": kinds, "grades": grades, "strands": strands, "topics": topics}
    problems = _draw_evenly(_choose_kinds(wanted, starter), num, seed, split)
    Random(f"{seed}/{split}").shuffle(problems)
    if choices:
        return ask_as_choices(problems, choices, Random(f"{seed}/{split}/choices"))
    return problems


def split_of(key: str) -> Split:
    """Tell the split of a key, by a hash that is the same on every machine."""
    digest = hashlib.sha256(key.encode()).digest()
    return "heldout" if digest[0] % HELDOUT_ONE_IN == 0 else "train"


def _choose_kinds(wanted: Mapping[str, Sequence[str | int] | None], starter: bool) -> list[str]:
    for field, names in wanted.items():
        if unknown := [name for name in names or () if name not in KNOWN[field]]:
            known = ", ".join(map(str, KNOWN[field]))
            raise ValueError(f"unknown {field} {unknown}; there are: {known}")
    chosen = [name for name, kind in KINDS.items() if kind.starter or not starter]
    for field, names in wanted.items():
        if names is not None:
            chosen = [name for name in chosen if _facts(name)[field] in names]
    if not chosen:
        given = [f"{field}={list(names)}" for field, names in wanted.items() if names is not None]
        given += ["starter=True"] if starter else []
        raise ValueError(f"{' with '.join(given)} leaves no kind of problem")
    return chosen


def _facts(name: str) -> dict[str, str | int]:
    kind = KINDS[name]
    strand = strand_of(kind.topic)
    return {"kinds": name, "grades": kind.grade, "strands": strand, "topics": kind.topic}


def _draw_evenly(names: Sequence[str], num: int, seed: int, split: Split) -> list[Problem]:
    seen: set[str] = set()
    left = {name: _distinct(name, Random(f"{seed}/{split}/{name}"), split, seen) for name in names}
    problems: list[Problem] = []
    while len(problems) < num:
        if not left:
            raise ValueError(
                f"there are about {len(problems)} different {split} questions of {names}, {num} "
                "were asked for; ask for fewer problems or more kinds"
            )
        share, over = divmod(num - len(problems), len(left))
        for i, (name, source) in enumerate(list(left.items())):
            drawn = list(islice(source, share + (i < over)))
            problems += drawn
            if len(drawn) < share + (i < over):
                del left[name]
    return problems


def _distinct(name: str, rng: Random, split: Split, seen: set[str]) -> Iterator[Problem]:
    """Draw the problems of a kind until no question comes that was not seen."""
    kind = KINDS[name]
    misses = 0
    while misses <= MAX_MISSES:
        draft = kind.draw(rng)
        key = ":".join((name, draft.variant, *map(str, sorted(draft.numbers))))
        if draft.question in seen or split_of(key) != split:
            misses += 1
            continue
        seen.add(draft.question)
        misses = 0
        yield _problem(name, key, draft)


def _problem(name: str, key: str, draft: Draft) -> Problem:
    kind = KINDS[name]
    return Problem(
        kind=name,
        grade=kind.grade,
        strand=strand_of(kind.topic),
        topic=kind.topic,
        difficulty=kind.difficulty,
        question=draft.question,
        solution="\n".join((*draft.steps, f"Đáp số: {draft.answer}")),
        answer=draft.answer,
        key=key,
        slips=tuple(s for s in draft.slips if not same_value(s.answer, draft.answer)),
    )
