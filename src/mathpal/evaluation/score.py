"""Judge generated answers by the final answer that they come to."""

from __future__ import annotations

from collections.abc import Sequence

from mathpal.data import Row
from mathpal.evaluation.generate import Written
from mathpal.evaluation.predictions import Prediction
from mathpal.maths.grading import grade


def score(rows: Sequence[Row], written: Sequence[Written]) -> list[Prediction]:
    """Compare each written answer with the row's own."""
    return [_score(row, answer) for row, answer in zip(rows, written, strict=True)]


def _score(row: Row, answer: Written) -> Prediction:
    verdict = grade(row.question, row.answer, answer.text)
    return Prediction(
        question=row.question,
        reference=row.answer,
        prediction=answer.text,
        correct=verdict.correct,
        read_as=verdict.read_as,
        expected=verdict.expected,
        facts=row.facts,
        why=verdict.why,
        num_tokens=answer.num_tokens,
        cut=answer.cut,
    )
