"""Columns of tokenised rows as Arrow has them, for a datasets.Dataset: lists, one a row."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from mathpal.data.arrays import Array, EncodedRows
from mathpal.data.chat import IGNORED

MOST_IN_A_CHUNK = 2**31 - 1
"""Tokens that a list of 32-bit offsets reaches."""


def ids(rows: EncodedRows) -> Any:
    """Return the tokens of rows; those of whole sets are not copied."""
    return _column(rows, rows.ids)


def labels(rows: EncodedRows) -> Any:
    """Return the labels of rows."""
    changes = np.zeros(len(rows.ids) + 1, np.int8)
    changes[rows.edges[::2]] = 1
    changes[rows.edges[1::2]] = -1
    is_trained = np.cumsum(changes[:-1], dtype=np.int8).view(bool)
    return _column(rows, np.where(is_trained, rows.ids, np.int32(IGNORED)))


def ones(rows: EncodedRows) -> Any:
    """Return an attention mask of rows."""
    return _column(rows, np.ones(len(rows.ids), np.int8))


def _column(rows: EncodedRows, values: Array) -> Any:
    """Return lists of values, in chunks that 32-bit offsets reach."""
    totals = np.concatenate([[0], np.cumsum(rows.lengths)])
    bounds = [0]
    while bounds[-1] < len(rows):
        reach = np.searchsorted(totals, totals[bounds[-1]] + MOST_IN_A_CHUNK, "right") - 1
        bounds.append(int(reach))
    chunks = [
        pa.ListArray.from_arrays(
            pa.array((totals[first : last + 1] - totals[first]).astype(np.int32)),
            pa.array(_gathered(rows[first:last], values)),
        )
        for first, last in pairwise(bounds)
    ]
    return pa.chunked_array(chunks, pa.list_(pa.from_numpy_dtype(values.dtype)))


def _gathered(rows: EncodedRows, values: Array) -> Array:
    """Return what rows hold, one row behind the other; a view where they stand so."""
    if (rows.starts[1:] == rows.ends[:-1]).all():
        return values[rows.starts[0] : rows.ends[-1]]
    places = zip(rows.starts.tolist(), rows.ends.tolist(), strict=True)
    return np.concatenate([values[start:end] for start, end in places])
