"""Rows in the cache: a file of JSON lines, of which only the rows that are asked for are parsed."""

from __future__ import annotations

import hashlib
import json
import mmap
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, overload

from mathpal.data import Row, Rows
from mathpal.data.findings import Finding, Quality

FACTS = "facts.json"
SPLITS = ("train", "test")


class StoredRows(Sequence[Row]):
    """Rows that are parsed each time they are asked for."""

    def __init__(self, text: mmap.mmap | bytes, places: Any, has_bad: bool) -> None:
        """Take JSON lines, and where in them the rows begin and end; (rows, 2)."""
        self._text, self._places = text, places
        self.has_bad = has_bad
        """Whether the answer of some row is a bad one."""

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> StoredRows: ...
    def __getitem__(self, at: int | slice) -> Row | StoredRows:
        if isinstance(at, slice):
            return StoredRows(self._text, self._places[at], self.has_bad)
        first, end = self._places[at].tolist()
        return _parsed(self._text[first:end])

    def __iter__(self) -> Iterator[Row]:
        return (_parsed(self._text[first:end]) for first, end in self._places.tolist())

    def take(self, numbers: Sequence[int]) -> StoredRows:
        """Return the rows of these numbers, from 0."""
        return StoredRows(self._text, self._places[list(numbers)], self.has_bad)


def write(rows: Rows, folder: Path) -> None:
    """Write rows that JSON can hold into an empty folder."""
    import numpy as np

    for split, part in zip(SPLITS, (rows.train, rows.test), strict=True):
        ends = [0]
        with (folder / f"{split}.jsonl").open("wb") as file:
            for row in part:
                ends.append(ends[-1] + file.write(_line(row)))
        np.save(folder / f"{split}.npy", np.array([ends[:-1], ends[1:]], np.int64).T)
    quality = rows.quality
    facts = {
        "note": rows.note,
        "findings": quality.records(),
        "changes": dict(quality.changes),
        "num_cleaned": quality.num_cleaned,
        "has_bad": [has_bad(part) for part in (rows.train, rows.test)],
    }
    (folder / FACTS).write_text(json.dumps(facts))


def read(folder: Path, name: str) -> Rows:
    """Return the rows of an entry of the cache, which stay in their files."""
    facts = json.loads((folder / FACTS).read_text())
    train, test = map(_split, (folder, folder), SPLITS, facts["has_bad"])
    findings = tuple(Finding(**found) for found in facts["findings"])
    quality = Quality(findings, facts["changes"], facts["num_cleaned"])
    return Rows(train, test, facts["note"], quality, name)


def can_be_written(rows: Rows) -> bool:
    """Tell whether rows come back from JSON as they are: facts of one's own source may not."""
    try:
        return all(_parsed(_line(row)) == row for part in (rows.train, rows.test) for row in part)
    except TypeError:
        return False


def hash_of_file(path: Path) -> str:
    """Return a hash of a file's bytes.

    Raises: OSError.
    """
    with path.expanduser().open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_of_rows(rows: Rows) -> str | None:
    """Return a hash of everything in rows; None where it is more than JSON can hold."""
    if not can_be_written(rows):
        return None
    found = hashlib.sha256(json.dumps([rows.note, asdict(rows.quality)]).encode())
    for part in (rows.train, rows.test):
        found.update(b"\n%d\n" % len(part))
        for row in part:
            found.update(_line(row))
    return found.hexdigest()


def has_bad(rows: Sequence[Row]) -> bool:
    """Tell whether the answer of some row is a bad one; stored rows are not parsed for it."""
    if isinstance(rows, StoredRows):
        return rows.has_bad
    return any(row.label is False for row in rows)


def taken(rows: Sequence[Row], numbers: Sequence[int]) -> Sequence[Row]:
    """Return some rows by their numbers, from 0; stored ones are not parsed."""
    if isinstance(rows, StoredRows):
        return rows.take(numbers)
    return [rows[number] for number in numbers]


def _split(folder: Path, split: str, has_bad: bool) -> StoredRows:
    import numpy as np

    places = np.load(folder / f"{split}.npy", allow_pickle=False)
    with (folder / f"{split}.jsonl").open("rb") as file:
        text = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if len(places) else b""
    return StoredRows(text, places, has_bad)


def _line(row: Row) -> bytes:
    fields = [row.messages, row.facts, row.rejected, row.label, row.number]
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass") + b"\n"


def _parsed(line: bytes) -> Row:
    return Row(*json.loads(line))
