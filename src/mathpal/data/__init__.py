"""Rows: conversations to train on and held-out ones to score, whatever their source."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypedDict

from mathpal.config import DataConfig, SynthConfig, as_dict
from mathpal.data.findings import Quality
from mathpal.errors import RequestError

OURS = ("clean", "duplicates", "leaks", "unanswered", "without_image", "cut")
"""Options of data that no source sees: what is done with its rows, whatever it is."""


class Message(TypedDict):
    """One turn of a conversation; `role` is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True)
class Row:
    """A conversation that ends with the answer to learn."""

    messages: list[Message]
    facts: dict[str, Any] = field(default_factory=dict)
    """What the source knows about the row, such as the kind and grade of a problem."""
    rejected: str | None = None
    """A worse answer to the same question, in a preference pair."""
    label: bool | None = None
    """Whether the answer is a good one, where the source says so."""
    number: int = field(default=0, compare=False)
    """Its place among the rows that the source returned for its split, from 1; 0: not known."""

    @property
    def question(self) -> str:
        """The last turn before the answer."""
        return self.messages[-2]["content"]

    @property
    def answer(self) -> str:
        """The last turn."""
        return self.messages[-1]["content"]

    def answered(self, answer: str, label: bool | None = None) -> Row:
        """Return the row with another answer, no pair."""
        turn = Message(role="assistant", content=answer)
        return Row([*self.messages[:-1], turn], self.facts, None, label, self.number)


@dataclass(frozen=True)
class Rows:
    """What a source returns. No question stands in both lists."""

    train: list[Row]
    test: list[Row]
    note: str
    """How the rows were read, for the plan: file, columns, what was left out."""
    quality: Quality = field(default_factory=Quality)
    """What was found in them, dropped rows included."""

    @property
    def sha256(self) -> str:
        """Hash of every row's text, in order."""
        text = json.dumps(
            [[[r.messages, r.rejected, r.label] for r in rows] for rows in (self.train, self.test)]
        )
        return hashlib.sha256(text.encode()).hexdigest()


def conversation(question: str, answer: str, system: str | None = None) -> list[Message]:
    """Return a question and its answer as turns, after a system message if there is one."""
    turns = [Message(role="user", content=question), Message(role="assistant", content=answer)]
    return [Message(role="system", content=system), *turns] if system else turns


def source(config: DataConfig) -> Callable[..., Rows]:
    """Return the function that a data option names, its options bound.

    Raises: RequestError where it cannot be imported, or does not take those options.
    """
    from mathpal.compose import bind

    return bind("", {key: value for key, value in as_dict(config).items() if key not in OURS})


def load(config: DataConfig) -> Rows:
    """Return the rows that a data option names, clean; asked twice, they are read once.

    Generated rows are clean, answered and apart from held-out ones as they are made, and alike by
    intent: they are not inspected.

    Raises: RequestError with every problem of the file, or where no row is left to train on.
    """
    key = json.dumps([str(Path.cwd()), asdict(config)])
    if key not in _loaded:
        _loaded.clear()
        rows = source(config)()
        rows = replace(rows, train=_numbered(rows.train), test=_numbered(rows.test))
        if not isinstance(config, SynthConfig):
            from mathpal.data.quality import improve

            rows = improve(rows, config)
        if not rows.train:
            raise RequestError(f"data: there is no row to train on ({rows.note})")
        _loaded[key] = rows
    return _loaded[key]


def _numbered(rows: Sequence[Row]) -> list[Row]:
    return [replace(row, number=number) for number, row in enumerate(rows, start=1)]


def for_learning(rows: Sequence[Row], learns_from: str) -> list[Row]:
    """Return rows in the form that a trainer learns from: answers, pairs or labels.

    Of a pair, the chosen answer serves as an answer, and both as labelled ones.

    Raises: RequestError where the rows do not hold it, with the options that do.
    """
    if not rows:
        return []
    paired, labelled = rows[0].rejected is not None, rows[0].label is not None
    has_bad = any(row.label is False for row in rows)
    fits = {"answers": not has_bad, "pairs": paired, "labels": paired or labelled}
    if not fits[learns_from]:
        raise RequestError(f"trainer.learns_from={learns_from}: {DO_NOT_FIT[learns_from]}")
    if learns_from == "labels" and paired:
        return [
            row.answered(answer, label)
            for row in rows
            for answer, label in ((row.answer, True), (row.rejected or "", False))
        ]
    return list(rows)


DO_NOT_FIT = {
    "answers": "these rows hold good and bad answers (a column label): choose trainer=kto, or "
    "leave the bad ones out of the file",
    "pairs": "these rows have no chosen and rejected answers: use data=vi_math_pref, or data=jsonl "
    "with columns prompt, chosen, rejected; or choose trainer=sft or trainer=grpo",
    "labels": "these rows have no label, good or bad: use data=vi_math_pref, or data=jsonl with "
    "columns prompt, completion, label; or choose trainer=sft or trainer=grpo",
}
"""What a trainer learns from -> what is wrong with rows that do not hold it."""


_loaded: dict[str, Rows] = {}
"""The rows read last, by the option that named them: checking and running ask for the same."""


def hold_out(rows: Sequence[Row], num_test: int, seed: int) -> tuple[list[Row], list[Row]]:
    """Split rows by question, at random: (train, test).

    Rows that ask a held-out question stay out of training. The order of the rows is kept.
    """
    questions = sorted({row.question for row in rows})
    held = set(random.Random(seed).sample(questions, min(num_test, len(questions) - 1)))
    seen: set[tuple[str, bool | None]] = set()
    test = []
    for row in rows:
        asked = (row.question, row.label)
        if row.question in held and asked not in seen:
            seen.add(asked)
            test.append(row)
    return [row for row in rows if row.question not in held], test
