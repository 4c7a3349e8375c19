"""Token counts, truncation and steps: arithmetic over tokenised rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mathpal.data import Rows
from mathpal.data.chat import Encoded
from mathpal.data.findings import TRAIN, Finding, amount, excerpt
from mathpal.errors import RequestError

if TYPE_CHECKING:
    from mathpal.data.arrays import EncodedRows


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
    import numpy as np

    from mathpal.data.arrays import packed

    halves = packed(rows).halves
    lengths = np.sort(np.concatenate([half.lengths for half in halves]))
    return Lengths(
        total=int(lengths.sum()),
        trained=sum(int(half.num_trained.sum()) for half in halves),
        median=int(lengths[len(lengths) // 2]),
        p95=int(lengths[math.ceil(len(lengths) * 0.95) - 1]),
        longest=int(lengths[-1]),
    )


def longest_prompt(rows: Sequence[Encoded]) -> int:
    """Return the tokens of the longest question, with all that stands before its answer."""
    from mathpal.data.arrays import packed

    return int(packed(rows).prompts.lengths.max(initial=0))


def without_long(
    rows: Rows, train: Sequence[Encoded], options: Mapping[str, Any], *, drops: bool
) -> tuple[Rows, EncodedRows]:
    """Find the training rows that are longer than trainer.max_length, and drop them if told to.

    Raises: RequestError where no row is left.
    """
    from mathpal.data.arrays import packed
    from mathpal.data.stored import taken

    encoded = packed(train)
    limit = options.get("max_length")
    if limit is None or options.get("packing"):
        return rows, encoded
    fits = encoded.longest <= limit
    long = (~fits).nonzero()[0].tolist()
    findings = [
        Finding("cut", TRAIN, row.number, excerpt(row.question), dropped=drops)
        for row in (rows.train[index] for index in long)
    ]
    quality = replace(rows.quality, findings=(*rows.quality.findings, *findings))
    if not (long and drops):
        return replace(rows, quality=quality), encoded
    if len(long) == len(encoded):
        raise RequestError(
            f"data.cut=drop: every training row is longer than trainer.max_length={limit}: "
            f"set trainer.max_length={encoded.longest.max()}"
        )
    kept = taken(rows.train, fits.nonzero()[0].tolist())
    note = f"{rows.note}; dropped: {amount('cut', len(long))}"
    return replace(rows, train=kept, note=note, quality=quality), encoded.take(fits)


def cut(rows: Sequence[Encoded], options: Mapping[str, Any], which: str) -> tuple[EncodedRows, int]:
    """Cut rows to trainer.max_length, as TRL does; return them and how many were longer.

    Raises: RequestError where a row has no trained token, or keeps none.
    """
    from mathpal.data.arrays import packed

    encoded = packed(rows)
    limit = options.get("max_length")
    empty = encoded.are_empty.nonzero()[0]
    if len(empty):
        raise RequestError(
            f"data: {len(empty)} of {len(rows)} {which} rows have no token to train (first: row "
            f"{empty[0] + 1}): the chat template writes nothing of their answers; set "
            "model.chat_template=FILE, or leave those rows out"
        )
    if limit is None or options.get("packing"):
        return encoded, 0
    result = encoded.cut(limit, from_end=options.get("truncation_mode") == "keep_end")
    empty = result.are_empty.nonzero()[0]
    if len(empty):
        longest = encoded.longest.max()
        instead = "data.cut=drop" if which == "training" else "leave such rows out"
        raise RequestError(
            f"trainer.max_length={limit}: {len(empty)} of {len(rows)} {which} rows keep nothing of "
            f"their answer (first: row {empty[0] + 1}); the longest row has {longest} tokens: "
            f"set trainer.max_length={longest}, or {instead}"
        )
    return result, int((encoded.longest > limit).sum())


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
