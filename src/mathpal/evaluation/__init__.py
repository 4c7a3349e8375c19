"""Answer held-out questions with the model, and score the answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mathpal.config import EvaluationConfig
from mathpal.data import Row
from mathpal.evaluation import predictions
from mathpal.evaluation.generate import answers
from mathpal.evaluation.predictions import Prediction
from mathpal.evaluation.score import score

if TYPE_CHECKING:
    from mathpal.screen import Screen

BEFORE = "base_predictions.jsonl"
AFTER = "predictions.jsonl"


def evaluate(
    model: Any,
    tokenizer: Any,
    rows: Sequence[Row],
    evaluation: EvaluationConfig | None,
    path: Path,
    screen: Screen,
) -> list[Prediction]:
    """Answer and score held-out rows, and write them to `path`; none if evaluation is off."""
    if evaluation is None or not rows:
        return []
    chosen = rows[: evaluation.max_rows]
    text = "answers before training" if path.name == BEFORE else "answers"
    with screen.answering(text, len(chosen)) as advance:
        written = answers(
            model, tokenizer, chosen, evaluation.batch_size, evaluation.max_new_tokens, advance
        )
    scored = score(chosen, written)
    predictions.save(path, scored)
    return scored


def evaluate_base(
    model: Any,
    tokenizer: Any,
    rows: Sequence[Row],
    evaluation: EvaluationConfig | None,
    folder: Path,
    screen: Screen,
    *,
    resumed: bool,
) -> list[Prediction]:
    """Score the model before it is trained; a resumed run reads what its first part found."""
    if resumed or evaluation is None or not evaluation.before:
        return predictions.read(folder / BEFORE)
    return evaluate(model, tokenizer, rows, evaluation, folder / BEFORE, screen)
