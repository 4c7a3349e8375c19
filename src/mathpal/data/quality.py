"""Clean rows, find what is wrong with them, and drop what a request says.

Found are rows that ask the same as an earlier one, or nearly so, training rows that ask what is
held out, solutions without an answer, and questions about a picture that is not there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice

from mathpal.config import DataConfig, as_dict
from mathpal.data import Message, Row, Rows
from mathpal.data.duplicates import Asked, Index, asked
from mathpal.data.findings import HELD_OUT, OPTIONS, TRAIN, Finding, Quality, dropping, excerpt
from mathpal.errors import RequestError
from mathpal.maths import text as maths_text
from mathpal.maths.answers import is_unanswered
from mathpal.maths.grading import grade, reference_answer

MOST_PARTNERS = 3
"""Rows that ask the same, and that nearly do, whose answers are compared with one row's."""

MOST_GRADED = 4_000
"""Answers that are read to be compared, in all: some seconds. Beyond it only equal ones agree."""

MOST_CHANGES = 3
"""Changes by cleaning that the note tells, the most frequent first."""

SHAPES = "chữ nhật|vuông|tròn|thang|thoi|tam giác|tứ giác|bình hành|lập phương|hộp|trụ|cầu|nón|chóp"
PICTURE = re.compile(
    r"!\[|<img\b|\[hình|(?<!bằng )(?<!vẽ )hình vẽ|hình minh h[oọ]a"
    r"|hình (?:ảnh )?(?:ở )?(?:bên(?! trong| ngoài)|dưới|sau(?: đây)?(?=\s*(?:\.|:?\s*$)))"
    rf"|(?:như|trong|trên|xem|theo|nhìn|dựa vào) (?:các )?hình(?! (?:{SHAPES}|học|dạng))(?![\w:])"
    r"|quan sát (?:các )?(?:hình|biểu đồ|bức tranh|tranh|đồng hồ|sơ đồ)(?!\w)"
    r"|(?:biểu đồ|đồ thị|sơ đồ|bức tranh|đồng hồ)(?: [^\W\d]+){0,4} (?:sau|dưới|bên)(?! khi)(?!\w)"
    r"(?![^?\n]*:[^?\n]*\d)"  # what is shown stands there in words
    r"|(?:diện tích|chu vi|phân số chỉ|tính)(?: của)?(?: phần| hình)?(?: đã| được)?"
    r" (?:tô (?:màu|đậm)|gạch (?:chéo|sọc))",
    re.MULTILINE,
)
"""A picture in the question, or words that point at one."""
PICTURE_SIGNS = ("hình", "![", "<img", "đồ", "tranh", "đồng hồ", "tô ", "gạch ")

CONCLUSION = re.compile(
    r"(?<!\w)(?:đáp số|đáp án)(?: đúng)?(?: là)?\s*:\s*[$(]*[\w\\]"
    r"|(?<!\w)chọn(?: đáp án)? [a-e](?!\w)"
)
"""What announces an answer that is there."""
LAST_PART = 160
"""Characters at the end of a solution in which its answer is looked for at first."""

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
    changes: Counter[str] = Counter()
    train = [_clean_row(row, changes) for row in rows.train]
    test = [_clean_row(row, changes) for row in rows.test]
    before, after = [*rows.train, *rows.test], [*train, *test]
    num_cleaned = sum(old is not new for old, new in zip(before, after, strict=True))
    if not num_cleaned:
        return rows
    most = ", ".join(f"{name} {count:,}" for name, count in changes.most_common(MOST_CHANGES))
    more = ", ..." if len(changes) > MOST_CHANGES else ""
    note = f"{rows.note}; cleaned {num_cleaned:,} of {len(after):,} rows ({most}{more})"
    return Rows(train, test, note, Quality(changes=dict(changes), num_cleaned=num_cleaned))


def inspect(train: Sequence[Row], test: Sequence[Row]) -> Quality:
    """Find what is wrong with rows; findings come by split and row, and drop nothing."""
    asks_train, asks_test = ([asked(_question(row)) for row in rows] for rows in (train, test))
    judge = Judge()
    findings = [
        *_leaks(train, asks_train, test, asks_test, judge),
        *_repeated(test, asks_test, HELD_OUT, judge),
        *_repeated(train, asks_train, TRAIN, judge),
        *_alone(train, TRAIN),
        *_alone(test, HELD_OUT),
    ]
    order = list(OPTIONS)
    findings.sort(key=lambda f: (f.split == HELD_OUT, f.row, order.index(f.finding)))
    return Quality(tuple(findings))


def needs_picture(question: str) -> bool:
    """Tell whether a question shows a picture or points at one, which no text holds.

    >>> needs_picture("Tính diện tích phần tô đậm:\\n[hình]"), needs_picture("Vẽ hình vuông.")
    (True, False)
    """
    lowered = question.lower()
    return any(sign in lowered for sign in PICTURE_SIGNS) and bool(PICTURE.search(lowered))


def has_answer(row: Row) -> bool:
    """Tell whether a solution has a final answer that can be read."""
    end = row.answer[-LAST_PART:].lower()
    if CONCLUSION.search(end) and not is_unanswered(row.answer):
        return True  # as reading it would tell, in a tenth of the time
    return reference_answer(row.answer, row.question) is not None


def _clean_row(row: Row, changes: Counter[str]) -> Row:
    """Return a row with clean texts, the same object if all are."""
    messages = [
        Message(role=turn["role"], content=_clean(turn["content"], changes))
        for turn in row.messages
    ]
    rejected = None if row.rejected is None else _clean(row.rejected, changes)
    if messages == row.messages and rejected == row.rejected:
        return row
    return replace(row, messages=messages, rejected=rejected)


def _clean(text: str, changes: Counter[str]) -> str:
    """Return a clean text; one of which nothing would be left stays as it is."""
    found = clean_text(text)
    if not found.text or found.text == text:
        return text
    changes.update(found.changes)
    return found.text


def _question(row: Row) -> str:
    """Return all that is asked in a conversation."""
    return "\n".join(turn["content"] for turn in row.messages[:-1] if turn["role"] == "user")


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


def _alone(rows: Sequence[Row], split: str) -> Iterator[Finding]:
    """Yield what can be seen of a row without another one."""
    for number, row in enumerate(rows):
        if row.label is not False and not has_answer(row):
            yield _finding("unanswered", None, row, split, number)
        if needs_picture(_question(row)):
            yield _finding("without_image", None, row, split, number)


def _finding(what: str, partner: int | None, row: Row, split: str, number: int) -> Finding:
    other = None if partner is None else partner + 1
    return Finding(what, split, number + 1, excerpt(_question(row)), other)


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
