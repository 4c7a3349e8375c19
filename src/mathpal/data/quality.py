"""Clean rows, find what is wrong with them, and drop what a request says.

Found are rows that ask the same as an earlier one, or nearly so, training rows that ask what is
held out, solutions without an answer, and questions about a picture that is not there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import chain, islice

from mathpal.config import DataConfig, as_dict
from mathpal.data import Message, Row, Rows
from mathpal.data.duplicates import Asked, Index, asked
from mathpal.data.findings import HELD_OUT, OPTIONS, TRAIN, Finding, Quality, dropping, excerpt
from mathpal.data.looks import Look, look_at, needs_picture, question_of
from mathpal.data.parallel import in_parallel
from mathpal.errors import RequestError
from mathpal.maths import text as maths_text
from mathpal.maths.grading import grade

MOST_PARTNERS = 3
"""Rows that ask the same, and that nearly do, whose answers are compared with one row's."""

MOST_GRADED = 4_000
"""Answers that are read to be compared, in all: some seconds. Beyond it only equal ones agree."""

MOST_CHANGES = 3
"""Changes by cleaning that the note tells, the most frequent first."""

clean_text = lru_cache(maxsize=1024)(maths_text.clean)


def improve(rows: Rows, options: DataConfig) -> Rows:
    """Return rows cleaned, inspected and without those that the options drop.

    Raises: RequestError where no training row is left.
    """
    if options.clean:
        rows = cleaned(rows)
    found = inspect(rows.train, rows.test).findings
    quality = replace(rows.quality, findings=_decide(found, options))
    train = _kept(rows.train, quality, TRAIN)
    told = dropping(quality.dropped)
    if rows.train and not train:
        causes = sorted({OPTIONS[f.finding] or "" for f in quality.findings if f.dropped})
        remedy = " ".join(f"data.{option}=keep" for option in causes)
        raise RequestError(
            f"data: no row is left to train on of {len(rows.train):,}: {told}; set {remedy}"
        )
    note = f"{rows.note}; {told}" if told else rows.note
    return Rows(train, _kept(rows.test, quality, HELD_OUT), note, quality)


def cleaned(rows: Rows) -> Rows:
    """Return rows whose every text is clean; the note and the quality say what was changed."""
    texts = [(row.messages, row.rejected) for row in (*rows.train, *rows.test)]
    parts = in_parallel(_clean_all, texts)
    changes: Counter[str] = Counter()
    for _, made in parts:
        changes.update(made)
    found = [clean for part, _ in parts for clean in part]
    num_cleaned = len(found) - found.count(None)
    if not num_cleaned:
        return rows
    most = ", ".join(f"{name} {count:,}" for name, count in changes.most_common(MOST_CHANGES))
    more = ", ..." if len(changes) > MOST_CHANGES else ""
    note = f"{rows.note}; cleaned {num_cleaned:,} of {len(found):,} rows ({most}{more})"
    train, test = (
        [_with_texts(row, clean) for row, clean in zip(part, some, strict=True)]
        for part, some in (
            (rows.train, found[: len(rows.train)]),
            (rows.test, found[len(rows.train) :]),
        )
    )
    return Rows(train, test, note, Quality(changes=dict(changes), num_cleaned=num_cleaned))


def inspect(train: Sequence[Row], test: Sequence[Row]) -> Quality:
    """Find what is wrong with rows; findings come by split and row, and drop nothing."""
    turns = [(row.messages, row.label) for row in (*train, *test)]
    looks = list(chain.from_iterable(in_parallel(look_at, turns)))
    looks_train, looks_test = looks[: len(train)], looks[len(train) :]
    asks_train, asks_test = ([look.asked for look in some] for some in (looks_train, looks_test))
    judge = Judge()
    findings = [
        *_leaks(train, asks_train, test, asks_test, judge),
        *_repeated(test, asks_test, HELD_OUT, judge),
        *_repeated(train, asks_train, TRAIN, judge),
        *_alone(train, looks_train, TRAIN),
        *_alone(test, looks_test, HELD_OUT),
    ]
    order = list(OPTIONS)
    findings.sort(key=lambda f: (f.split == HELD_OUT, f.row, order.index(f.finding)))
    return Quality(tuple(findings))


Texts = tuple[list[Message], str | None]
"""The texts of a row: its conversation, and the rejected answer of a pair."""


def _clean_all(rows: Sequence[Texts]) -> tuple[list[Texts | None], dict[str, int]]:
    """Return clean texts, None for those that stay, and how often each change was made."""
    changes: Counter[str] = Counter()
    return [_clean_texts(*texts, changes) for texts in rows], changes


def _clean_texts(
    messages: list[Message], rejected: str | None, changes: Counter[str]
) -> Texts | None:
    """Return clean texts; None where they were, or where nothing else tells a pair's answers apart.

    Such a pair is there to teach how an answer is written.
    """
    made: Counter[str] = Counter()
    clean = [Message(role=turn["role"], content=_clean(turn["content"], made)) for turn in messages]
    clean_rejected = None if rejected is None else _clean(rejected, made)
    is_clean = clean == messages and clean_rejected == rejected
    if is_clean or clean_rejected == clean[-1]["content"]:
        return None
    changes.update(made)
    return clean, clean_rejected


def _with_texts(row: Row, texts: Texts | None) -> Row:
    """Return a row with clean texts, the same object if they were."""
    return row if texts is None else replace(row, messages=texts[0], rejected=texts[1])


def _clean(text: str, changes: Counter[str]) -> str:
    """Return a clean text; one of which nothing would be left stays as it is."""
    found = clean_text(text)
    if not found.text or found.text == text:
        return text
    changes.update(found.changes)
    return found.text


class Judge:
    """Compares answers, until it has read as many as may be read."""

    def __init__(self) -> None:
        """Begin with none read."""
        self._num_read = 0

    def agree(self, one: Row, other: Row) -> bool | None:
        """Tell whether two rows have the same answer; None where it cannot be told."""
        if _conclusion(one) and _conclusion(one) == _conclusion(other):
            return True
        if self._num_read >= MOST_GRADED:
            return None
        self._num_read += 2
        verdict = grade(one.question, other.answer, one.answer)
        if verdict.correct is False and verdict.read_as is not None:
            verdict = grade(one.question, one.answer, other.answer)
        return None if verdict.read_as is None else verdict.correct


def _conclusion(row: Row) -> str:
    """Return a solution's last line as it is compared; of one in parts, the whole solution."""
    text = row.answer if "b)" in row.question else row.answer.rstrip().rpartition("\n")[2]
    return asked(text).text


def _repeated(
    rows: Sequence[Row], asks: Sequence[Asked], split: str, judge: Judge
) -> Iterator[Finding]:
    """Yield rows that repeat an earlier one, or answer it in another way."""
    index = Index(asks)
    for number, (row, question) in enumerate(zip(rows, asks, strict=True)):
        found = _repeats(row, question, rows, index, judge)
        if found:
            yield _finding(*found, row, split, number)
        if found is None or found[0] == "conflict":
            index.add(number, question)


def _repeats(
    row: Row, question: Asked, rows: Sequence[Row], index: Index, judge: Judge
) -> tuple[str, int] | None:
    """Return what a row repeats, and the earlier row."""
    conflict = None
    for name, numbers in (
        ("duplicate", index.same(question)),
        ("near_duplicate", index.near(question)),
    ):
        of_a_kind = (at for at in numbers if _is_of_a_kind(row, rows[at]))
        for at in islice(of_a_kind, MOST_PARTNERS):
            agree = judge.agree(row, rows[at])
            if agree:
                return name, at
            if agree is False and name == "duplicate" and conflict is None:
                conflict = at
    if conflict is None or row.label is False or needs_picture(row.question):
        return None
    return "conflict", conflict


def _leaks(
    train: Sequence[Row],
    asks: Sequence[Asked],
    test: Sequence[Row],
    asks_test: Sequence[Asked],
    judge: Judge,
) -> Iterator[Finding]:
    """Yield training rows that ask a held-out question; about a picture, only if answers agree."""
    index = Index([*asks, *asks_test])
    for number, question in enumerate(asks_test):
        index.add(number, question)
    for number, (row, question) in enumerate(zip(train, asks, strict=True)):
        same, near = index.same(question), index.near(question)
        if same and not needs_picture(row.question):
            yield _finding("leak", same[0], row, TRAIN, number)
            continue
        for at in (*islice(same, MOST_PARTNERS), *islice(near, MOST_PARTNERS)):
            if judge.agree(row, test[at]):
                yield _finding("leak", at, row, TRAIN, number)
                break


def _alone(rows: Sequence[Row], looks: Sequence[Look], split: str) -> Iterator[Finding]:
    """Yield what can be seen of a row without another one."""
    for number, (row, look) in enumerate(zip(rows, looks, strict=True)):
        if look.is_unanswered:
            yield _finding("unanswered", None, row, split, number)
        if look.needs_picture:
            yield _finding("without_image", None, row, split, number)


def _finding(what: str, partner: int | None, row: Row, split: str, number: int) -> Finding:
    other = None if partner is None else partner + 1
    return Finding(what, split, number + 1, excerpt(question_of(row)), other)


def _is_of_a_kind(one: Row, other: Row) -> bool:
    """Tell whether rows may stand for each other: both right or both wrong, with the same pair."""
    return one.label == other.label and one.rejected == other.rejected


def _decide(findings: Sequence[Finding], options: DataConfig) -> tuple[Finding, ...]:
    """Mark what the options drop; of held-out rows only duplicates are."""
    chosen = as_dict(options)
    drops = {finding for finding, option in OPTIONS.items() if option and chosen[option] == "drop"}
    of_held_out = drops & {"duplicate", "near_duplicate"}
    return tuple(
        replace(found, dropped=found.finding in (drops if found.split == TRAIN else of_held_out))
        for found in findings
    )


def _kept(rows: Sequence[Row], quality: Quality, split: str) -> list[Row]:
    gone = {found.row for found in quality.findings if found.dropped and found.split == split}
    return [row for number, row in enumerate(rows, start=1) if number not in gone]
