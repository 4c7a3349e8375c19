"""Token counts, truncation and steps: arithmetic over tokenised rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mathpal.data import Rows
from mathpal.data.chat import Encoded
from mathpal.data.findings import TRAIN, Finding, amount, excerpt
from mathpal.errors import RequestError


@dataclass(frozen=True)
class Lengths:
    """Tokens of the training rows, before truncation."""

    total: int
    trained: int
    """Tokens that carry loss."""
    median: int
    p95: int
    longest: int

    def __str__(self) -> str:
        return (
            f"{self.median} a row (p95 {self.p95}, longest {self.longest}), "
            f"{self.trained / self.total:.1%} of them trained"
        )


def measure(rows: Sequence[Encoded]) -> Lengths:
    """Count the tokens of rows; a pair counts as two."""
    sequences = [s for row in rows for s in (row, row.rejected) if s is not None]
    lengths = sorted(len(s.input_ids) for s in sequences)
    return Lengths(
        total=sum(lengths),
        trained=sum(s.num_trained for s in sequences),
        median=lengths[len(lengths) // 2],
        p95=lengths[math.ceil(len(lengths) * 0.95) - 1],
        longest=lengths[-1],
    )


def without_long(
    rows: Rows, train: list[Encoded], options: Mapping[str, Any], *, drops: bool
) -> tuple[Rows, list[Encoded]]:
    """Find the training rows that are longer than trainer.max_length, and drop them if told to.

    Raises: RequestError where no row is left.
    """
    limit = options.get("max_length")
    if limit is None or options.get("packing"):
        return rows, train
    long = {index for index, row in enumerate(train) if _length(row) > limit}
    findings = [
        Finding("cut", TRAIN, row.number, excerpt(row.question), dropped=drops)
        for index, row in enumerate(rows.train)
        if index in long
    ]
    quality = replace(rows.quality, findings=(*rows.quality.findings, *findings))
    if not (long and drops):
        return replace(rows, quality=quality), train
    if len(long) == len(train):
        raise RequestError(
            f"data.cut=drop: every training row is longer than trainer.max_length={limit}: "
            f"set trainer.max_length={max(map(_length, train))}"
        )
    kept = [row for index, row in enumerate(rows.train) if index not in long]
    note = f"{rows.note}; dropped: {amount('cut', len(long))}"
    rows = replace(rows, train=kept, note=note, quality=quality)
    return rows, [row for index, row in enumerate(train) if index not in long]


def cut(
    rows: Sequence[Encoded], options: Mapping[str, Any], which: str
) -> tuple[list[Encoded], int]:
    """Cut rows to trainer.max_length, as TRL does; return them and how many were longer.

    Raises: RequestError where a row keeps no trained token.
    """
    limit = options.get("max_length")
    if limit is None or options.get("packing"):
        return list(rows), 0
    from_end = options.get("truncation_mode") == "keep_end"
    keep = slice(-limit, None) if from_end else slice(None, limit)
    result = [_cut(row, keep) for row in rows]
    empty = [i for i, row in enumerate(result, start=1) if _keeps_nothing(row)]
    if empty:
        longest = max(_length(row) for row in rows)
        raise RequestError(
            f"trainer.max_length={limit}: {len(empty)} of {len(rows)} {which} rows keep nothing of "
            f"their answer (first: row {empty[0]}); the longest row has {longest} tokens: "
            f"set trainer.max_length={longest}"
        )
    return result, sum(_length(row) > limit for row in rows)


def _cut(row: Encoded, keep: slice) -> Encoded:
    rejected = None if row.rejected is None else _cut(row.rejected, keep)
    return Encoded(row.input_ids[keep], row.labels[keep], rejected, row.label)


def _keeps_nothing(row: Encoded) -> bool:
    return row.num_trained == 0 or (row.rejected is not None and row.rejected.num_trained == 0)


def _length(row: Encoded) -> int:
    return max(len(row.input_ids), 0 if row.rejected is None else len(row.rejected.input_ids))


def num_steps(
    num_rows: int, tokens: Lengths, options: Mapping[str, Any], num_processes: int = 1
) -> tuple[int, float]:
    """Return the optimizer steps and epochs of a run, counted as Trainer does.

    With packing the rows are packs, whose number is estimated from the tokens; a question that is
    answered several times counts as often.
    """
    if options.get("packing"):
        num_rows = math.ceil(tokens.total / options["max_length"])
    num_rows *= options.get("num_generations", 1) * options.get("num_iterations", 1)
    rounding = math.floor if options["dataloader_drop_last"] else math.ceil
    batch_size = options["per_device_train_batch_size"] * num_processes
    batches = max(1, rounding(num_rows / batch_size))
    per_epoch = math.ceil(batches / options["gradient_accumulation_steps"])
    if options["max_steps"] > 0:
        return options["max_steps"], options["max_steps"] / per_epoch
    epochs = options["num_train_epochs"]
    return math.ceil(per_epoch * epochs), epochs
