"""Rows of generated Vietnamese primary-school problems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

from mathpal.data import Row, Rows, conversation
from mathpal.errors import RequestError, did_you_mean
from mathpal.maths import curriculum
from mathpal.maths.mistakes import wrong_solution

HELD_OUT_SEED = 2018
"""Held-out problems are the same for every seed, so that accuracies can be compared."""


def rows(
    train_rows: int | None,
    test_rows: int | None,
    seed: int,
    grades: Sequence[int] | None,
    kinds: Sequence[str] | None,
    system: str | None,
) -> Rows:
    """Generate problems; train and held-out never share one.

    Raises: RequestError for a grade or kind that there is not.
    """
    for kind in kinds or ():
        if kind not in curriculum.KINDS:
            hint = did_you_mean(kind, curriculum.KINDS)
            known = ", ".join(curriculum.KINDS)
            raise RequestError(f"data.kinds: there is no kind '{kind}'.{hint} Kinds: {known}")
    try:
        train = curriculum.generate(
            4800 if train_rows is None else train_rows, seed, "train", kinds, grades
        )
        test = curriculum.generate(
            160 if test_rows is None else test_rows, HELD_OUT_SEED, "heldout", kinds, grades
        )
    except ValueError as error:
        raise RequestError(f"data=vi_math_synth: {error}") from error
    chosen = {p.kind for p in train}
    note = f"{len(chosen)} kinds of problem, grades {_span(sorted({p.grade for p in train}))}"
    return Rows([_row(p, system) for p in train], [_row(p, system) for p in test], note)


def pairs(seed: int, **options: Any) -> Rows:
    """Generate problems as `rows` does, each with a rejected answer: a pupil's plausible mistake.

    Raises: RequestError for a grade or kind that there is not.
    """
    right = rows(seed=seed, **options)
    train = _with_mistakes(right.train, Random(seed))
    test = _with_mistakes(right.test, Random(HELD_OUT_SEED))
    return Rows(train, test, f"{right.note}; rejected answers hold a mistake")


def _with_mistakes(right: Sequence[Row], random: Random) -> list[Row]:
    paired = []
    for row in right:
        mistake = wrong_solution(row.question, row.answer, random)
        facts = {**row.facts, "mistake": mistake.kind}
        paired.append(replace(row, rejected=mistake.solution, facts=facts))
    return paired


def _row(problem: curriculum.Problem, system: str | None) -> Row:
    facts = {"kind": problem.kind, "grade": problem.grade}
    return Row(conversation(problem.question, problem.solution, system), facts)


def _span(grades: Sequence[int]) -> str:
    return f"{grades[0]} to {grades[-1]}" if len(grades) > 1 else str(grades[0])
