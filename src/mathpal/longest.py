"""The batch of a table of rows that takes most memory, as its trainer is going to meet it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mathpal.data.chat import Encoded

SEQUENCES = (
    "input_ids",
    "chosen_ids",
    "rejected_ids",
    "completion_ids",
    "KL_completion_ids",
    "chosen_input_ids",
    "rejected_input_ids",
)
"""Columns of tokens. A row is as long as its longest one, behind `prompt_ids` where it has any."""


@dataclass(frozen=True)
class Batch:
    """Rows as a trainer's collator takes them."""

    rows: list[dict[str, Any]]
    num_rows: int
    """Rows of a forward pass: fewer than `rows` where answers are generated for several."""
    num_tokens: int
    """Of the longest row."""
    is_answered: bool = False
    """Whether rows are questions, whose answers are generated first."""

    @property
    def tokens(self) -> tuple[int, int]:
        """Rows, and tokens of the longest."""
        return self.num_rows, self.num_tokens

    def first(self, num_rows: int) -> Batch:
        """Return a batch of as many of its rows, the longest ones."""
        return Batch(self.rows[:num_rows], num_rows, self.num_tokens)

    def cut(self, num_tokens: int) -> Batch:
        """Return the longest row alone, cut to the end of its columns, where the answers are."""
        share = num_tokens / self.num_tokens
        row = {
            name: held[-math.ceil(len(held) * share) :] if isinstance(held, list) else held
            for name, held in self.rows[0].items()
        }
        return Batch([row], 1, num_tokens)

    def __str__(self) -> str:
        return f"{self.num_rows} row{'s' * (self.num_rows > 1)} of {self.num_tokens:,} tokens"


def longest(table: Any, size: int) -> Batch | None:
    """Return the `size` longest rows of a datasets.Dataset; None where none has known columns.

    They take most whether they are padded or stand one behind the other.
    """
    lengths = None if table is None else _lengths(table)
    if lengths is None:
        return None
    chosen = sorted(range(len(lengths)), key=lambda index: -lengths[index])[:size]
    return Batch([table[index] for index in chosen], len(chosen), lengths[chosen[0]])


def longest_question(
    table: Any, encoded: Sequence[Encoded], size: int, times: int, new_tokens: int
) -> Batch | None:
    """Return the longest question `size` x `times`, to be answered at once, `size` to be trained.

    `encoded` are the same rows as the table's; None where the table has others.
    """
    if table is None or len(encoded) != len(table):
        return None
    prompts = [len(row.prompt_ids) for row in encoded]
    row = table[max(range(len(prompts)), key=prompts.__getitem__)]
    return Batch([row] * (size * times), size, max(prompts) + new_tokens, is_answered=True)


def _lengths(table: Any) -> list[int] | None:
    """Count the tokens of each row of a datasets.Dataset."""
    import numpy as np
    from pyarrow import compute

    names = [name for name in (*SEQUENCES, "prompt_ids") if name in table.column_names]
    columns = table.select_columns(names).with_format("arrow")[:]
    counts = {name: compute.list_value_length(columns[name]).to_numpy() for name in names}
    prompts = counts.pop("prompt_ids", 0)
    if not counts:
        return None
    lengths: list[int] = (prompts + np.maximum.reduce(list(counts.values()))).tolist()
    return lengths
