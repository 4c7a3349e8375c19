"""Rows of generated Vietnamese school problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any, NamedTuple

from mathpal.data import Row, Rows, conversation
from mathpal.errors import RequestError, did_you_mean
from mathpal.maths import curriculum
from mathpal.maths.curriculum import Problem
from mathpal.maths.mistakes import Mistake, wrong_solution

HELD_OUT_SEED = 2018
"""Held-out problems are the same for every seed, so that accuracies can be compared."""

COURSES = ("starter", "full")

Wanted = Mapping[str, Sequence[str | int] | None]
"""What problems are chosen by -> the names; None leaves it open."""


class Drawn(NamedTuple):
    """Hold the problems of both splits, and what they are, for the plan."""

    train: list[Problem]
    test: list[Problem]
    note: str


def rows(
    train_rows: int | None,
    test_rows: int | None,
    seed: int,
    grades: Sequence[int] | None,
    kinds: Sequence[str] | None,
    system: str | None,
    strands: Sequence[str] | None,
    topics: Sequence[str] | None,
    course: str,
    choices: float,
) -> Rows:
    """Generate problems; train and held-out never share one.

    Where grades, kinds, strands or topics are named, they are chosen from the whole curriculum;
    otherwise `course` says which part of it: "starter" or "full". `choices` is the share of
    problems asked as multiple choice.

    Raises: RequestError for a name that there is not, or too few different problems.
    """
    wanted = {"kinds": kinds, "grades": grades, "strands": strands, "topics": topics}
    drawn = _draw(train_rows, test_rows, seed, wanted, course, choices)
    train, test = ([_row(p, system) for p in part] for part in (drawn.train, drawn.test))
    return Rows(train, test, drawn.note)


def pairs(
    train_rows: int | None,
    test_rows: int | None,
    seed: int,
    grades: Sequence[int] | None,
    kinds: Sequence[str] | None,
    system: str | None,
    strands: Sequence[str] | None,
    topics: Sequence[str] | None,
    course: str,
    choices: float,
) -> Rows:
    """Generate problems as `rows` does, each with a rejected answer: a pupil's plausible mistake.

    Raises: RequestError for a name that there is not, or too few different problems.
    """
    wanted = {"kinds": kinds, "grades": grades, "strands": strands, "topics": topics}
    drawn = _draw(train_rows, test_rows, seed, wanted, course, choices)
    random, held_out = Random(seed), Random(HELD_OUT_SEED)
    train = [_pair(p, system, random) for p in drawn.train]
    test = [_pair(p, system, held_out) for p in drawn.test]
    return Rows(train, test, f"{drawn.note}; rejected answers hold a mistake")


def _draw(
    train_rows: int | None,
    test_rows: int | None,
    seed: int,
    wanted: Wanted,
    course: str,
    choices: float,
) -> Drawn:
    if problems := _unknown(wanted, course):
        raise RequestError(problems)
    named = any(names is not None for names in wanted.values())
    options: dict[str, Any] = {
        **wanted,
        "starter": course == "starter" and not named,
        "choices": choices,
    }
    try:
        train = curriculum.generate(
            4800 if train_rows is None else train_rows, seed, "train", **options
        )
        test = curriculum.generate(
            160 if test_rows is None else test_rows, HELD_OUT_SEED, "heldout", **options
        )
    except ValueError as error:
        raise RequestError(f"data=vi_math_synth: {error}") from error
    return Drawn(train, test, _note(train or test, None if named else course, choices))


def _unknown(wanted: Wanted, course: str) -> list[str]:
    """Return one problem for each name that there is not."""
    problems = []
    for field, names in wanted.items():
        known = [str(name) for name in curriculum.KNOWN[field]]
        for name in names or ():
            if name not in curriculum.KNOWN[field]:
                hint = did_you_mean(str(name), known) if isinstance(name, str) else ""
                problems.append(
                    f"data.{field}: there is no {field[:-1]} '{name}'.{hint} "
                    f"{field.capitalize()}: {', '.join(known)}"
                )
    if course not in COURSES:
        hint = did_you_mean(course, COURSES)
        problems.append(f"data.course={course}: choose one of {', '.join(COURSES)}.{hint}")
    return problems


def _note(problems: Sequence[Problem], course: str | None, choices: float) -> str:
    kinds = {p.kind for p in problems}
    grades = sorted({p.grade for p in problems})
    span = f", grade{'s' * (len(grades) > 1)} {_span(grades)}" if grades else ""
    setting = f" (data.course={course})" if course else ""
    asked = f"; {choices:.0%} multiple choice" if choices else ""
    return f"{len(kinds)} kind{'s' * (len(kinds) != 1)} of problem{span}{setting}{asked}"


def _pair(problem: Problem, system: str | None, random: Random) -> Row:
    mistake = _mistake(problem, random)
    row = _row(problem, system)
    facts = {**row.facts, "mistake": mistake.kind}
    return replace(row, rejected=mistake.solution, facts=facts)


def _mistake(problem: Problem, random: Random) -> Mistake:
    """Make a slip that is typical of the kind of problem, or a mistake that any working invites.

    They are equally likely where both are possible; an altered final answer alone is neither.
    """
    slips = problem.possible_slips
    if not slips or random.random() < 0.5:
        spoiled = _spoiled(problem, random)
        if spoiled is not None and not (slips and spoiled.kind == "final_answer"):
            return spoiled
    slip = random.choice(slips)
    return Mistake(problem.slipped(slip), slip.mistake)


def _spoiled(problem: Problem, random: Random) -> Mistake | None:
    try:
        return wrong_solution(problem.question, problem.solution, random)
    except ValueError:  # it has neither a number nor a choice
        return None


def _row(problem: Problem, system: str | None) -> Row:
    facts = {
        "kind": problem.kind,
        "grade": problem.grade,
        "strand": problem.strand,
        "topic": problem.topic,
        "difficulty": problem.difficulty,
    }
    return Row(conversation(problem.question, problem.solution, system), facts)


def _span(grades: Sequence[int]) -> str:
    return f"{grades[0]} to {grades[-1]}" if len(grades) > 1 else str(grades[0])
