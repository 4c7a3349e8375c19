"""Rows: conversations to train on and held-out ones to score, whatever their source."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypedDict

from mathpal.config import DataConfig, FileConfig, SynthConfig, as_dict
from mathpal.data.findings import Quality
from mathpal.errors import RequestError

OURS = ("clean", "duplicates", "leaks", "unanswered", "without_image", "cut")
"""Options of data that no source sees: what is done with its rows, whatever it is."""

NOT_READ = ("path", "test_path", "cut")
"""Options of data that rows do not depend on: where files lie, and what is done with tokens."""

READ = "mathpal.data.sources.rows"
GENERATED = ("mathpal.data.synth.rows", "mathpal.data.synth.pairs")
"""Sources of ours, whose rows are known from their options, files and our code."""


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

    @property
    def texts(self) -> list[str]:
        """What every turn says, and the rejected answer of a pair."""
        worse = [] if self.rejected is None else [self.rejected]
        return [turn["content"] for turn in self.messages] + worse

    def answered(self, answer: str, label: bool | None = None) -> Row:
        """Return the row with another answer, no pair."""
        turn = Message(role="assistant", content=answer)
        return Row([*self.messages[:-1], turn], self.facts, None, label, self.number)


@dataclass(frozen=True)
class Rows:
    """What a source returns; that no question stands in both lists is seen to later."""

    train: Sequence[Row]
    test: Sequence[Row]
    note: str
    """How the rows were read, for the plan: file, columns, what was left out."""
    quality: Quality = field(default_factory=Quality)
    """What was found in them, dropped rows included."""
    key: str | None = field(default=None, compare=False)
    """What tells them from all others, where the cache has them."""

    @property
    def sha256(self) -> str:
        """Hash of every row's text, in order: of both lists as JSON."""
        found = hashlib.sha256()
        for opening, rows in (("[[", self.train), ("], [", self.test)):
            found.update(opening.encode())
            for number, row in enumerate(rows):
                text = json.dumps([row.messages, row.rejected, row.label])
                found.update(f"{', ' if number else ''}{text}".encode())
        found.update(b"]]")
        return found.hexdigest()


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
        rows = _cached(config)
        if not rows.train:
            raise RequestError(f"data: there is no row to train on ({rows.note})")
        _loaded[key] = rows
    return _loaded[key]


def _cached(config: DataConfig) -> Rows:
    """Return the improved rows of a source, out of the cache if the same were read before.

    What a source of one's own returns, or the hub, is known once it is asked.
    """
    from mathpal.data import cache, stored

    content, given, place = _content(config), None, _place(config)
    if content is None:
        given = _numbered(source(config)())
        if len(given.train) + len(given.test) >= cache.MIN_ROWS:
            content = stored.hash_of_rows(given)
        if content is None:
            return _improved(given, config)
    options = {key: value for key, value in as_dict(config).items() if key not in NOT_READ}
    name = cache.key("rows", content, options)

    def is_worth_it(rows: Rows) -> bool:
        is_large = len(rows.train) + len(rows.test) >= cache.MIN_ROWS
        # A file may have been written to while it was read.
        return is_large and (given is not None or _content(config) == content)

    def make() -> Rows:
        rows = _improved(given or _numbered(source(config)()), config)
        return replace(rows, key=name) if is_worth_it(rows) else rows

    def read(path: Path) -> Rows:
        rows = stored.read(path, name)
        return replace(rows, note=place + rows.note)

    def write(rows: Rows, path: Path) -> None:
        stored.write(replace(rows, note=rows.note.removeprefix(place)), path)

    return cache.found_or_made(name, read, make, write, keeps=lambda rows: rows.key is not None)


def _place(config: DataConfig) -> str:
    """Return what the note of a file opens with: where it lies, which changes no row."""
    if not isinstance(config, FileConfig) or config._target_ != READ:
        return ""
    return config.path or ""


def _content(config: DataConfig) -> Any:
    """Return what tells a source's rows from others before it is asked; None: it must be asked."""
    from mathpal.data.stored import hash_of_file

    if isinstance(config, SynthConfig) and config._target_ in GENERATED:
        return "generated"
    if not isinstance(config, FileConfig) or config._target_ != READ or config.path is None:
        return None
    paths = [path for path in (config.path, config.test_path) if path is not None]
    try:
        return [hash_of_file(Path(path)) for path in paths]
    except OSError:  # the source says what is wrong
        return None


def _improved(rows: Rows, config: DataConfig) -> Rows:
    from mathpal.data.quality import improve

    return rows if isinstance(config, SynthConfig) else improve(rows, config)


def _numbered(rows: Rows) -> Rows:
    train, test = (
        [replace(row, number=number) for number, row in enumerate(part, start=1)]
        for part in (rows.train, rows.test)
    )
    return replace(rows, train=train, test=test)


def for_learning(rows: Sequence[Row], learns_from: str) -> Sequence[Row]:
    """Return rows in the form that a trainer learns from: answers, pairs or labels.

    Of a pair, the chosen answer serves as an answer, and both as labelled ones.

    Raises: RequestError where the rows do not hold it, with the options that do.
    """
    from mathpal.data.stored import both, chosen, has_bad

    if not rows:
        return []
    paired, labelled = rows[0].rejected is not None, rows[0].label is not None
    fits = {"answers": not has_bad(rows), "pairs": paired, "labels": paired or labelled}
    if not fits[learns_from]:
        raise RequestError(f"trainer.learns_from={learns_from}: {DO_NOT_FIT[learns_from]}")
    if not paired or learns_from == "pairs":
        return rows
    return both(rows) if learns_from == "labels" else chosen(rows)


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
