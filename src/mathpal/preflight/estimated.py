"""Rows whose tokenizer is not at hand, in tokens: reckoned from their characters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mathpal.config import Experiment, as_dict
from mathpal.data import Row, Rows
from mathpal.models.shape import TEMPLATE_TOKENS, template_tokens, tokens_per_character
from mathpal.preflight.lengths import Lengths
from mathpal.preflight.planning import Measured

PROMPT_SHARE = 0.8
"""Of the tokens that a template puts around a question and its answer, those before the answer."""


@dataclass(frozen=True)
class Reckoned:
    """A row in tokens."""

    lengths: tuple[int, ...]
    """Of the row; of a pair, with the chosen and with the rejected answer."""
    trained: int
    """Tokens that carry loss, those of both answers of a pair."""
    prompt: int
    """What stands before the last answer."""

    @property
    def longest(self) -> int:
        """Tokens of the row, of a pair those of its longer half."""
        return max(self.lengths)


@dataclass(frozen=True)
class Rate:
    """What is known of a tokenizer and its template."""

    per_character: float
    around: int
    """Tokens that the template puts around a question and its answer."""

    def reckon(self, row: Row) -> Reckoned:
        """Estimate the tokens of a row."""
        answers = [row.answer] if row.rejected is None else [row.answer, row.rejected]
        asked = row.messages[:-1]
        more_turns = TEMPLATE_TOKENS * (len(asked) - 1)
        before = self._tokens(*(turn["content"] for turn in asked)) + more_turns
        earlier = [turn["content"] for turn in asked if turn["role"] == "assistant"]
        ends = len(answers) * (len(earlier) + 1)  # tokens that close turns
        return Reckoned(
            lengths=tuple(before + self._tokens(answer) + self.around for answer in answers),
            trained=len(answers) * self._tokens(*earlier) + self._tokens(*answers) + ends,
            prompt=before + round(self.around * PROMPT_SHARE),
        )

    def _tokens(self, *texts: str) -> int:
        return round(sum(map(len, texts)) * self.per_character)


def measured(experiment: Experiment, rows: Rows) -> Measured | None:
    """Estimate the tokens of rows; None where nothing is known of the model's tokenizer."""
    name, options = experiment.model.name, as_dict(experiment.trainer)
    per_character = tokens_per_character(name)
    if per_character is None:
        return None
    around = template_tokens(name)
    rate = Rate(per_character, 2 * TEMPLATE_TOKENS if around is None else around)
    train = [rate.reckon(row) for row in rows.train]
    test = [rate.reckon(row) for row in rows.test]
    limit = None if options.get("packing") else options.get("max_length")
    fitting = [row for row in train if limit is None or row.longest <= limit]
    num_cut = len(train) - len(fitting)
    if experiment.data.cut == "drop" and fitting:
        train, num_cut = fitting, 0
    asked = [*test, *train] if "num_generations" in options else test
    return Measured(
        num_train=len(train),
        num_test=len(test),
        tokens=_lengths(train),
        test_tokens=_lengths(test) if test else None,
        longest_question=max((row.prompt for row in asked), default=0),
        num_cut=num_cut,
        is_estimate=True,
    )


def _lengths(rows: Sequence[Reckoned]) -> Lengths:
    ordered = sorted(length for row in rows for length in row.lengths)
    return Lengths(
        total=sum(ordered),
        trained=sum(row.trained for row in rows),
        median=ordered[len(ordered) // 2],
        p95=ordered[math.ceil(len(ordered) * 0.95) - 1],
        longest=ordered[-1],
    )
