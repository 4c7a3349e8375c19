"""Token counts, truncation and steps: arithmetic over tokenised rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mathpal.data.chat import Encoded
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
    """Count the tokens of rows."""
    lengths = sorted(len(row.input_ids) for row in rows)
    return Lengths(
        total=sum(lengths),
        trained=sum(row.num_trained for row in rows),
        median=lengths[len(lengths) // 2],
        p95=lengths[math.ceil(len(lengths) * 0.95) - 1],
        longest=lengths[-1],
    )


def cut(
    rows: Sequence[Encoded], options: Mapping[str, Any], which: str
) -> tuple[list[Encoded], int]:
    """Cut rows to trainer.max_length, as TRL does; return them and how many were longer.

    Raises: RequestError where a row keeps no trained token.
    """
    limit = options["max_length"]
    if limit is None or options["packing"]:
        return list(rows), 0
    keep = slice(None, limit) if options["truncation_mode"] == "keep_start" else slice(-limit, None)
    result = [Encoded(row.input_ids[keep], row.labels[keep]) for row in rows]
    empty = [i for i, row in enumerate(result, start=1) if row.num_trained == 0]
    if empty:
        longest = max(len(row.input_ids) for row in rows)
        raise RequestError(
            f"trainer.max_length={limit}: {len(empty)} of {len(rows)} {which} rows keep nothing of "
            f"their answer (first: row {empty[0]}); the longest row has {longest} tokens: "
            f"set trainer.max_length={longest}"
        )
    return result, sum(len(row.input_ids) > limit for row in rows)


def num_steps(num_rows: int, tokens: Lengths, options: Mapping[str, Any]) -> tuple[int, float]:
    """Return the optimizer steps and epochs of a run on one device, counted as Trainer does.

    With packing the rows are packs, whose number is estimated from the tokens.
    """
    if options["packing"]:
        num_rows = math.ceil(tokens.total / options["max_length"])
    rounding = math.floor if options["dataloader_drop_last"] else math.ceil
    batches = max(1, rounding(num_rows / options["per_device_train_batch_size"]))
    per_epoch = math.ceil(batches / options["gradient_accumulation_steps"])
    if options["max_steps"] > 0:
        return options["max_steps"], options["max_steps"] / per_epoch
    epochs = options["num_train_epochs"]
    return math.ceil(per_epoch * epochs), epochs
