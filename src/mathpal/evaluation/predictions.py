"""Held-out questions with their answers, as written to predictions.jsonl."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mathpal.files import read_jsonl, write_jsonl


@dataclass(frozen=True)
class Prediction:
    """A held-out question, answered and scored."""

    question: str
    reference: str
    prediction: str
    correct: bool | None
    """None where the reference has no answer that can be read."""
    read_as: str | None
    """What the prediction's final answer was read as."""
    expected: str | None
    """What the reference's final answer was read as."""
    facts: dict[str, Any]
    """What the source knows of the row, such as the kind and grade of a problem."""
    why: str = ""
    """What the judgement rests on, in a clause."""
    num_tokens: int = 0
    """Tokens that were generated; 0 where nothing was."""
    cut: bool = False
    """Whether the answer was still going on at evaluation.max_new_tokens."""


def accuracy(predictions: Sequence[Prediction]) -> float | None:
    """Return the share of right answers among those that can be scored, or None if none can."""
    scored = [p.correct for p in predictions if p.correct is not None]
    return sum(scored) / len(scored) if scored else None


def save(path: Path, predictions: Sequence[Prediction]) -> None:
    """Write predictions, one a line."""
    write_jsonl(path, map(asdict, predictions))


def read(path: Path) -> list[Prediction]:
    """Read what `save` wrote; an absent file is no predictions."""
    return [Prediction(**record) for record in read_jsonl(path)] if path.is_file() else []
