"""Tokenised rows in flat arrays: one of all tokens, one of where trained ones begin and end.

100,000 rows are some numbers a row, where as lists of Python's integers they would be gigabytes;
arrays may lie in a file of the cache, of which only what is looked at is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, overload

import numpy as np

from mathpal.data.chat import IGNORED, Encoded

GOOD, NO_LABEL = 1, -1
Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class EncodedRows(Sequence[Encoded]):
    """Rows as the model sees them. Parts of them, and rows cut short, share the arrays."""

    ids: Array
    """Every token, 32-bit; (tokens,)."""
    edges: Array
    """Where in `ids` trained tokens begin and end, in turns, rising; (2 x spans,)."""
    starts: Array
    """Where each row begins in `ids`; (rows,)."""
    ends: Array
    """Where each row ends; (rows,)."""
    goodness: Array
    """GOOD where a row's answer is a good one, 0 a bad one, NO_LABEL where nobody says; (rows,)."""
    rejected: EncodedRows | None = None
    """The same questions with the rejected answers, in preference pairs."""

    def __len__(self) -> int:
        return len(self.starts)

    @overload
    def __getitem__(self, at: int) -> Encoded: ...
    @overload
    def __getitem__(self, at: slice) -> EncodedRows: ...
    def __getitem__(self, at: int | slice) -> Encoded | EncodedRows:
        if isinstance(at, slice):
            return self.take(at)
        start, end = int(self.starts[at]), int(self.ends[at])
        ids: list[int] = self.ids[start:end].tolist()
        rejected = None if self.rejected is None else self.rejected[at]
        good = int(self.goodness[at])
        label = None if good == NO_LABEL else bool(good)
        return Encoded(ids, self._labels(start, end), rejected, label)

    def _labels(self, start: int, end: int) -> list[int]:
        labels = [IGNORED] * (end - start)
        first, last = np.searchsorted(self.edges, [start, end], "right")
        first -= first % 2
        for begins, stops in self.edges[first : last + last % 2].reshape(-1, 2).tolist():
            begins, stops = max(begins, start), min(stops, end)
            labels[begins - start : stops - start] = self.ids[begins:stops].tolist()
        return labels

    def take(self, which: slice | Array) -> EncodedRows:
        """Return some of the rows, named by a slice, their numbers or a mask."""
        return replace(
            self,
            starts=self.starts[which],
            ends=self.ends[which],
            goodness=self.goodness[which],
            rejected=None if self.rejected is None else self.rejected.take(which),
        )

    @cached_property
    def lengths(self) -> Array:
        """Tokens of each row, of a pair those of the chosen answer; (rows,)."""
        return self.ends - self.starts

    @cached_property
    def longest(self) -> Array:
        """Tokens of each row, of a pair those of its longer half; (rows,)."""
        longest: Array = np.max([half.lengths for half in self.halves], axis=0)
        return longest

    @property
    def halves(self) -> list[EncodedRows]:
        """These rows, and the rejected ones where they are pairs."""
        return [self] if self.rejected is None else [self, self.rejected]

    @cached_property
    def num_trained(self) -> Array:
        """Tokens of each row that carry loss, of a pair those of the chosen answer; (rows,)."""
        trained: Array = self._trained_before(self.ends) - self._trained_before(self.starts)
        return trained

    @property
    def are_empty(self) -> Array:
        """Whether a row has no trained token, or one half of a pair has none; (rows,)."""
        empty: Array = np.any([half.num_trained == 0 for half in self.halves], axis=0)
        return empty

    def _trained_before(self, places: Array) -> Array:
        """Count the trained tokens before places in `ids`."""
        spans = np.concatenate([[0], np.cumsum(self.edges[1::2] - self.edges[::2])])
        begun = np.searchsorted(self.edges, places, "right")
        since = np.where(begun % 2, places - self._edge_before[begun], 0)
        counted: Array = spans[begun // 2] + since
        return counted

    @cached_property
    def _edge_before(self) -> Array:
        """The last of the first n edges, 0 where n is 0; (edges + 1,)."""
        return np.concatenate([np.zeros(1, np.int64), self.edges])

    @cached_property
    def _last_answers(self) -> tuple[Array, Array]:
        """Where each row's last run of trained tokens begins and ends in `ids`."""
        begun = np.searchsorted(self.edges, self.ends - 1, "right")
        reaches_end = begun % 2 == 1
        ends = np.where(reaches_end, self.ends, self._edge_before[begun])
        first = self._edge_before[begun - np.where(reaches_end, 0, 1)]
        there = ends > self.starts
        return (
            np.where(there, np.maximum(first, self.starts), self.starts),
            np.where(there, ends, self.starts),
        )

    @property
    def prompts(self) -> EncodedRows:
        """What stands before the last answers."""
        return replace(self, ends=self._last_answers[0], rejected=None)

    @property
    def answers(self) -> EncodedRows:
        """The last answers, with the tokens that close their turns."""
        starts, ends = self._last_answers
        return replace(self, starts=starts, ends=ends, rejected=None)

    def cut(self, limit: int, *, from_end: bool) -> EncodedRows:
        """Return the first `limit` tokens of each row, or the last."""
        starts = np.maximum(self.starts, self.ends - limit) if from_end else self.starts
        ends = self.ends if from_end else np.minimum(self.ends, self.starts + limit)
        rejected = None if self.rejected is None else self.rejected.cut(limit, from_end=from_end)
        return replace(self, starts=starts, ends=ends, rejected=rejected)


def packed(rows: Sequence[Encoded]) -> EncodedRows:
    """Return rows in arrays; those that are in arrays stay as they are."""
    if isinstance(rows, EncodedRows):
        return rows
    flat = flattened((row.input_ids, _spans(row.labels), row.label) for row in rows)
    rejected = [row.rejected for row in rows if row.rejected is not None]
    if not rejected or len(rejected) < len(rows):
        return flat
    return replace(flat, rejected=packed(rejected))


Part = tuple[Sequence[int], Sequence[tuple[int, int]], bool | None]
"""A row: its tokens, which of them are trained (first, end), and whether its answer is good."""


def flattened(rows: Iterable[Part]) -> EncodedRows:
    """Put rows into arrays, one after the other."""
    ids: list[Array] = []
    ends, edges, goodness = [0], [-1], []
    for tokens, spans, good in rows:
        offset = ends[-1]
        for first, end in spans:
            if end > first:
                _extend(edges, offset + first, offset + end)
        ids.append(np.array(tokens, np.int32))
        ends.append(offset + len(tokens))
        goodness.append(NO_LABEL if good is None else int(good))
    return EncodedRows(
        np.concatenate(ids) if ids else np.zeros(0, np.int32),
        np.array(edges[1:], np.int64),
        np.array(ends[:-1], np.int64),
        np.array(ends[1:], np.int64),
        np.array(goodness, np.int8),
    )


def _extend(edges: list[int], first: int, end: int) -> None:
    """Add a span to rising edges; one that touches the last goes on with it."""
    if edges[-1] >= first:
        edges[-1] = max(edges[-1], end)
    else:
        edges += [first, end]


def _spans(labels: Sequence[int]) -> list[tuple[int, int]]:
    """Return the runs of labels that are trained: (first, end).

    >>> _spans([-100, 5, 6, -100, 7])
    [(1, 3), (4, 5)]
    """
    trained = [False, *(label != IGNORED for label in labels), False]
    changes = [at for at, (one, other) in enumerate(pairwise(trained)) if one != other]
    return list(zip(changes[::2], changes[1::2], strict=True))


PARTS = ("ids", "edges", "starts", "ends", "goodness")
SPLITS = ("train", "test")


def write(splits: tuple[EncodedRows, EncodedRows], folder: Path) -> None:
    """Write the arrays of training and held-out rows into an empty folder."""
    for split, rows in zip(SPLITS, splits, strict=True):
        for half, name in zip(rows.halves, (split, f"{split}_rejected"), strict=False):
            for part in PARTS:
                np.save(folder / f"{name}_{part}.npy", half.__dict__[part])


def read(folder: Path) -> tuple[EncodedRows, EncodedRows]:
    """Return the rows that `write` wrote, whose arrays stay in their files.

    Raises: OSError, ValueError.
    """
    train, test = (_read(folder, split) for split in SPLITS)
    return train, test


def _read(folder: Path, name: str) -> EncodedRows:
    ids, edges, starts, ends, goodness = (_load(folder / f"{name}_{part}.npy") for part in PARTS)
    rejected = f"{name}_rejected"
    is_paired = (folder / f"{rejected}_{PARTS[0]}.npy").is_file()
    worse = _read(folder, rejected) if is_paired else None
    return EncodedRows(ids, edges, starts, ends, goodness, worse)


def _load(path: Path) -> Array:
    """Return an array that stays in its file; one of nothing, which cannot, is read."""
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError:
        found = np.load(path, allow_pickle=False)
    return np.asarray(found)
