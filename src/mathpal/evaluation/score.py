"""Score generated answers by the number that they end in."""

from __future__ import annotations

from collections.abc import Sequence

from mathpal.data import Row
from mathpal.evaluation.predictions import Prediction
from mathpal.maths.answers import agree, final_answer


def score(rows: Sequence[Row], written: Sequence[str]) -> list[Prediction]:
    """Compare each written answer with the row's own."""
    return [_score(row, text) for row, text in zip(rows, written, strict=True)]


def _score(row: Row, text: str) -> Prediction:
    given, expected = final_answer(text), final_answer(row.answer)
    return Prediction(
        question=row.question,
        reference=row.answer,
        prediction=text,
        correct=agree(text, row.answer),
        read_as=None if given is None else str(given),
        expected=None if expected is None else str(expected),
        facts=row.facts,
    )
