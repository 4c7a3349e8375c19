"""Grade the answers of a file: `mathpal grade FILE.jsonl`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mathpal.errors import RequestError, did_you_mean
from mathpal.files import write_jsonl
from mathpal.maths.grading import Verdict, grade

COLUMNS = ("question", "reference", "prediction")
MAX_PROBLEMS = 5
CHUNK_ROWS = 1_000


@dataclass(frozen=True)
class Graded:
    """What grading a file came to."""

    path: Path
    """The file with the verdicts."""
    num_right: int
    num_wrong: int
    num_unreadable: int
    """Predictions without an answer that can be read; they are among the wrong ones."""
    num_ungradable: int
    """Rows whose reference has no answer."""


def grade_file(path: Path) -> Graded:
    """Judge each row, and write FILE.graded.jsonl beside the file: its rows with the verdicts.

    A row has a question, a reference solution and a prediction, null where there is none; what
    else it has is kept.

    Raises: RequestError for a file that cannot be read, with the line numbers; nothing is written.
    """
    rows = list(_rows(path))
    verdicts = _verdicts([tuple(row[c] or "" for c in COLUMNS) for row in rows])
    target = path.with_name(f"{path.stem}.graded.jsonl")
    try:
        write_jsonl(target, (row | asdict(v) for row, v in zip(rows, verdicts, strict=True)))
    except OSError as error:
        raise RequestError(f"{target}: cannot be written: {error.strerror}") from error
    return Graded(
        path=target,
        num_right=sum(v.correct is True for v in verdicts),
        num_wrong=sum(v.correct is False for v in verdicts),
        num_unreadable=sum(v.correct is False and v.read_as is None for v in verdicts),
        num_ungradable=sum(v.correct is None for v in verdicts),
    )


def _verdicts(texts: Sequence[tuple[str, ...]]) -> list[Verdict]:
    """Judge rows, on all cores where there are many."""
    if len(texts) <= 2 * CHUNK_ROWS:
        return [grade(*text) for text in texts]
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(_grade, texts, chunksize=CHUNK_ROWS))


def _grade(texts: tuple[str, str, str]) -> Verdict:
    return grade(*texts)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """Read the rows of a file.

    Raises: RequestError with every line that is wrong, up to MAX_PROBLEMS.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError:
        near = did_you_mean(path.name, [p.name for p in path.parent.glob("*.jsonl")])
        raise RequestError(f"{path}: there is no such file.{near}") from None
    except IsADirectoryError:
        raise RequestError(f"{path}: a folder; name a .jsonl file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"{path}: cannot be read as UTF-8 text: {error}") from error
    rows, problems = [], []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                rows.append(_row(line))
            except ValueError as error:
                problems.append(f"{path} line {number}: {error}")
    if problems:
        more = len(problems) - MAX_PROBLEMS
        raise RequestError(
            problems[:MAX_PROBLEMS]
            + ([f"{path}: {more} more lines like these"] if more > 0 else [])
        )
    if not rows:
        raise RequestError(f"{path}: the file is empty")
    yield from rows


def _row(line: str) -> dict[str, Any]:
    """Return one row.

    Raises: ValueError saying what it lacks.
    """
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg}: {line[:60]}") from error
    if not isinstance(row, dict):
        raise ValueError(f"not a JSON object: {line[:60]}")
    for column in COLUMNS:
        if column not in row:
            hint = did_you_mean(column, row)
            raise ValueError(f"there is no '{column}'.{hint} Columns: {', '.join(row)}")
        if not isinstance(row[column], str | None):
            raise ValueError(f"'{column}' is not text: {str(row[column])[:60]}")
    return row
