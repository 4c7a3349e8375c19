"""Rank the two answers of held-out pairs with a model that gives scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mathpal.data import Row
from mathpal.data.chat import Encoded, encode
from mathpal.evaluation.generate import batches
from mathpal.evaluation.predictions import Prediction


def rank(
    model: Any,
    tokenizer: Any,
    rows: Sequence[Row],
    batch_size: int,
    advance: Callable[[int], None] = lambda count: None,
) -> list[Prediction]:
    """Return for each pair which answer scores higher; it is right where that is the chosen one.

    The model must be ready for inference. Pairs are sorted by length, longest first.
    """
    pairs = encode(rows, tokenizer)
    lengths = [max(len(s.input_ids) for s in _both(pair)) for pair in pairs]
    order = sorted(range(len(rows)), key=lambda i: -lengths[i])
    judged: dict[int, Prediction] = {}
    for batch in batches(order, lengths, batch_size):
        sequences = [s.input_ids for i in batch for s in _both(pairs[i])]
        scores = _scores(model, tokenizer, sequences)
        for place, i in enumerate(batch):
            judged[i] = _judged(rows[i], *scores[2 * place : 2 * place + 2])
        advance(len(batch))
    return [judged[i] for i in range(len(rows))]


def _both(pair: Encoded) -> tuple[Encoded, Encoded]:
    assert pair.rejected is not None
    return pair, pair.rejected


def _scores(model: Any, tokenizer: Any, sequences: Sequence[list[int]]) -> list[float]:
    inputs = tokenizer.pad(
        {"input_ids": list(sequences)}, padding_side="right", return_tensors="pt"
    ).to(model.device)
    scores: list[float] = model(**inputs).logits[:, 0].float().tolist()  # (batch, 1)
    return scores


def _judged(row: Row, chosen: float, rejected: float) -> Prediction:
    assert row.rejected is not None
    right = chosen > rejected
    return Prediction(
        question=row.question,
        reference=row.answer,
        prediction=row.answer if right else row.rejected,
        correct=right,
        read_as=f"{chosen:.3f} for the chosen answer, {rejected:.3f} for the rejected one",
        expected=None,
        facts=row.facts,
    )
