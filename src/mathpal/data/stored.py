"""Rows in the cache: a file of JSON lines, of which only the rows that are asked for are parsed."""

from __future__ import annotations

import hashlib
import json
import mmap
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, overload

from mathpal.data import Row, Rows
from mathpal.data.findings import Finding, Quality

FACTS = "facts.json"
SPLITS = ("train", "test")


WHOLE, CHOSEN, GOOD, BAD = range(4)
"""What a row is read for: as it is, a pair's chosen answer alone, that as a good one, its rejected
answer as a bad one."""


@dataclass(frozen=True, eq=False)
class StoredRows(Sequence[Row]):
    """Rows that are parsed each time they are asked for."""

    text: mmap.mmap | bytes
    """JSON lines."""
    places: Any
    """Where in them each row begins and ends; (rows, 2)."""
    uses: Any
    """What each row is read for; (rows,)."""
    has_bad: bool
    """Whether the answer of some row is a bad one."""

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> StoredRows: ...
    def __getitem__(self, at: int | slice) -> Row | StoredRows:
        if isinstance(at, slice):
            return self.take(at)
        first, end = self.places[at].tolist()
        return _used(_parsed(self.text[first:end]), int(self.uses[at]))

    def __iter__(self) -> Iterator[Row]:
        for (first, end), use in zip(self.places.tolist(), self.uses.tolist(), strict=True):
            yield _used(_parsed(self.text[first:end]), use)

    def take(self, which: slice | list[int]) -> StoredRows:
        """Return some of the rows, named by a slice or their numbers, from 0."""
        return replace(self, places=self.places[which], uses=self.uses[which])

    def used(self, *uses: int) -> StoredRows:
        """Return each row as many times as there are uses, once for each."""
        import numpy as np

        places = np.repeat(self.places, len(uses), axis=0)
        return replace(self, places=places, uses=np.array(uses * len(self), np.int8))


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
        return rows.take(list(numbers))
    return [rows[number] for number in numbers]


def chosen(pairs: Sequence[Row]) -> Sequence[Row]:
    """Return pairs without their rejected answers; stored ones are not parsed."""
    return _each_used(pairs, CHOSEN)


def both(pairs: Sequence[Row]) -> Sequence[Row]:
    """Return the answers of pairs, in turns a good and a bad one; stored ones are not parsed."""
    return _each_used(pairs, GOOD, BAD)


def _each_used(rows: Sequence[Row], *uses: int) -> Sequence[Row]:
    if isinstance(rows, StoredRows):
        return rows.used(*uses)
    return [_used(row, use) for row in rows for use in uses]


def _used(row: Row, use: int) -> Row:
    if use == WHOLE:
        return row
    if use == BAD:
        return row.answered(row.rejected or "", False)
    return row.answered(row.answer, True if use == GOOD else None)


def _split(folder: Path, split: str, has_bad: bool) -> StoredRows:
    import numpy as np

    places = np.load(folder / f"{split}.npy", allow_pickle=False)
    with (folder / f"{split}.jsonl").open("rb") as file:
        text = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if len(places) else b""
    return StoredRows(text, places, np.full(len(places), WHOLE, np.int8), has_bad)


def _line(row: Row) -> bytes:
    fields = [row.messages, row.facts, row.rejected, row.label, row.number]
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass") + b"\n"


def _parsed(line: bytes) -> Row:
    return Row(*json.loads(line))
