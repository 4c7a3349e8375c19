"""Greedy answers to held-out questions, in batches of like length."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from mathpal.data import Row
from mathpal.data.chat import encode_question

BATCH_TOKENS = 8_192
"""Tokens of questions, padding included, that one batch may have: what its cache grows with."""


class Written(NamedTuple):
    """Hold an answer as it was generated."""

    text: str
    num_tokens: int
    cut: bool
    """Whether it was still going on when it had max_new_tokens."""


def answers(
    model: Any,
    tokenizer: Any,
    rows: Sequence[Row],
    batch_size: int,
    max_new_tokens: int,
    advance: Callable[[int], None] = lambda count: None,
) -> list[Written]:
    """Return one answer a row, in the order of the rows, from a model ready for inference.

    Questions are sorted by length, longest first: little padding, and memory runs out in the
    first batch if it does at all. `advance` is told how many rows each batch answered.
    """
    if not rows:
        return []
    questions = tokenizer(
        [encode_question(row, tokenizer) for row in rows], add_special_tokens=False
    )["input_ids"]
    order = sorted(range(len(rows)), key=lambda i: -len(questions[i]))
    written: dict[int, Written] = {}
    for batch in batches(order, [len(q) for q in questions], batch_size):
        texts = _generate(model, tokenizer, [questions[i] for i in batch], max_new_tokens)
        written.update(zip(batch, texts, strict=True))
        advance(len(batch))
    return [written[i] for i in range(len(rows))]


def batches(order: Sequence[int], lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Group rows, longest first: `most` rows, or as many as BATCH_TOKENS hold with padding.

    >>> list(batches([2, 0, 1, 3], [4000, 40, 5000, 9], 3))
    [[2], [0, 1], [3]]
    """
    batch: list[int] = []
    for row in order:
        padded = (len(batch) + 1) * lengths[batch[0]] if batch else 0
        if len(batch) == most or padded > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _generate(
    model: Any, tokenizer: Any, questions: Sequence[list[int]], max_new_tokens: int
) -> list[Written]:
    inputs = tokenizer.pad(
        {"input_ids": list(questions)}, padding_side="left", return_tensors="pt"
    ).to(model.device)
    output = model.generate(
        **inputs,
        max_new_tokens=max_new_tokens,
        do_sample=False,
        temperature=None,
        top_p=None,
        top_k=None,
        pad_token_id=tokenizer.pad_token_id,
    )
    written = output[:, inputs["input_ids"].shape[1] :]  # (batch, new tokens)
    texts = tokenizer.batch_decode(written, skip_special_tokens=True)
    ends = _end_ids(model, tokenizer)
    return [
        _measured(text.strip(), tokens, ends)
        for text, tokens in zip(texts, written.tolist(), strict=True)
    ]


def _end_ids(model: Any, tokenizer: Any) -> set[int]:
    """Return the tokens that end an answer."""
    named = model.generation_config.eos_token_id
    listed = named if isinstance(named, list) else [named, tokenizer.eos_token_id]
    return {token for token in listed if token is not None}


def _measured(text: str, tokens: Sequence[int], ends: set[int]) -> Written:
    """Count an answer's tokens up to its end; what follows pads the batch."""
    end = next((i for i, token in enumerate(tokens) if token in ends), None)
    return Written(text, len(tokens), True) if end is None else Written(text, end + 1, False)
