"""Rows: conversations to train on and held-out ones to score, whatever their source."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypedDict

from mathpal.config import DataConfig
from mathpal.errors import RequestError


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

    @property
    def question(self) -> str:
        """The last turn before the answer."""
        return self.messages[-2]["content"]

    @property
    def answer(self) -> str:
        """The last turn."""
        return self.messages[-1]["content"]


@dataclass(frozen=True)
class Rows:
    """What a source returns. No question stands in both lists."""

    train: list[Row]
    test: list[Row]
    note: str
    """How the rows were read, for the plan: file, columns, what was left out."""

    @property
    def sha256(self) -> str:
        """Hash of every row's text, in order."""
        text = json.dumps([[r.messages for r in rows] for rows in (self.train, self.test)])
        return hashlib.sha256(text.encode()).hexdigest()


def conversation(question: str, answer: str, system: str | None = None) -> list[Message]:
    """Return a question and its answer as turns, after a system message if there is one."""
    turns = [Message(role="user", content=question), Message(role="assistant", content=answer)]
    return [Message(role="system", content=system), *turns] if system else turns


def load(config: DataConfig) -> Rows:
    """Return the rows that a data option names; asked twice, they are read once.

    Raises: RequestError with every problem of the file, or where no row is left to train on.
    """
    from mathpal.compose import factory

    key = json.dumps(asdict(config))
    if key not in _loaded:
        _loaded.clear()
        rows = factory(config)()
        if not rows.train:
            raise RequestError(f"data: there is no row to train on ({rows.note})")
        _loaded[key] = rows
    return _loaded[key]


_loaded: dict[str, Rows] = {}
"""The rows read last, by the option that named them: checking and running ask for the same."""


def hold_out(rows: Sequence[Row], num_test: int, seed: int) -> tuple[list[Row], list[Row]]:
    """Split rows by question, at random: (train, test).

    Rows that ask a held-out question stay out of training. The order of the rows is kept.
    """
    questions = sorted({row.question for row in rows})
    held = set(random.Random(seed).sample(questions, min(num_test, len(questions) - 1)))
    seen: set[str] = set()
    test = []
    for row in rows:
        if row.question in held and row.question not in seen:
            seen.add(row.question)
            test.append(row)
    return [row for row in rows if row.question not in held], test
