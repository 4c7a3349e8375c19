"""Rows whose tokenizer is not at hand, in tokens: reckoned from their characters."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mathpal.config import Experiment, as_dict
from mathpal.data import Row, Rows
from mathpal.models.shape import TEMPLATE_TOKENS, template_tokens, tokens_per_character
from mathpal.preflight.lengths import Lengths
from mathpal.preflight.planning import Measured

PROMPT_SHARE = 0.8
"""Of the tokens that a template puts around a question and its answer, those before the answer."""


def measured(experiment: Experiment, rows: Rows) -> Measured | None:
    """Estimate the tokens of rows; None where nothing is known of the model's tokenizer."""
    name = experiment.model.name
    rate = tokens_per_character(name)
    if rate is None:
        return None
    around = template_tokens(name)
    around = 2 * TEMPLATE_TOKENS if around is None else around
    train = [_tokens(row, rate, around) for row in rows.train]
    test = [_tokens(row, rate, around) for row in rows.test]
    limit = as_dict(experiment.trainer).get("max_length")
    asked = rows.train if "num_generations" in as_dict(experiment.trainer) else rows.test
    return Measured(
        num_train=len(train),
        num_test=len(test),
        tokens=_lengths(rows.train, train, rate),
        test_tokens=_lengths(rows.test, test, rate) if test else None,
        longest_question=max((_prompt_tokens(row, rate, around) for row in asked), default=0),
        num_cut=0 if limit is None else sum(count > limit for count in train),
        is_estimate=True,
    )


def _lengths(rows: Sequence[Row], counts: Sequence[int], rate: float) -> Lengths:
    ordered = sorted(counts)
    answers = (
        turn["content"] for row in rows for turn in row.messages if _is_trained(turn["role"])
    )
    return Lengths(
        total=sum(ordered),
        trained=sum(round(len(text) * rate) + 1 for text in answers),
        median=ordered[len(ordered) // 2],
        p95=ordered[math.ceil(len(ordered) * 0.95) - 1],
        longest=ordered[-1],
    )


def _is_trained(role: str) -> bool:
    return role == "assistant"


def _tokens(row: Row, rate: float, around: int) -> int:
    characters = sum(len(turn["content"]) for turn in row.messages)
    extra = TEMPLATE_TOKENS * max(0, len(row.messages) - 2)
    worse = 0 if row.rejected is None else max(0, len(row.rejected) - len(row.answer))
    return round((characters + worse) * rate) + around + extra


def _prompt_tokens(row: Row, rate: float, around: int) -> int:
    return _tokens(row, rate, round(around * PROMPT_SHARE)) - round(len(row.answer) * rate)
