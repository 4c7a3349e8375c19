"""Judge a model by held-out rows: answer their questions, or rank their pairs of answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mathpal import distributed, models
from mathpal.config import EvaluationConfig, Experiment
from mathpal.data import Row
from mathpal.evaluation import bench, predictions
from mathpal.evaluation.generate import answers
from mathpal.evaluation.predictions import Prediction
from mathpal.evaluation.rank import rank
from mathpal.evaluation.score import score

if TYPE_CHECKING:
    from mathpal.screen import Screen

BEFORE = "base_predictions.jsonl"
AFTER = "predictions.jsonl"


def evaluate(
    model: Any,
    tokenizer: Any,
    rows: Sequence[Row],
    experiment: Experiment,
    path: Path,
    screen: Screen,
) -> list[Prediction]:
    """Judge a model by held-out rows or a bench, and write how it did to `path`; none if it is off.

    Several processes share the rows; each returns the judgement of all of them.
    """
    settings = experiment.evaluation
    if settings is None:
        return []
    if settings.bench:
        asked = bench.rows(settings, experiment.data.system)
    else:
        asked = [row for row in rows if row.label is not False]
    if not asked:
        return []
    chosen = asked[: settings.max_rows]
    mine = distributed.share(chosen)
    ranks = experiment.trainer.head == "score"
    text = "answers ranked" if ranks else "answers"
    text += " before training" if path.name == BEFORE else ""
    with (
        models.backend(experiment.backend).inference(model),
        screen.answering(text, len(mine)) as advance,
    ):
        if ranks:
            judged = rank(model, tokenizer, mine, settings.batch_size, advance)
        else:
            judged = _answered(model, tokenizer, mine, settings, advance)
    judged = distributed.gather(judged)
    predictions.save(path, judged)
    return judged


def evaluate_base(
    model: Any,
    tokenizer: Any,
    rows: Sequence[Row],
    experiment: Experiment,
    folder: Path,
    screen: Screen,
) -> list[Prediction]:
    """Judge the model before it is trained; a resumed run reads what its first part found."""
    settings = experiment.evaluation
    if experiment.resume is not None or settings is None or not settings.before:
        return predictions.read(folder / BEFORE)
    return evaluate(model, tokenizer, rows, experiment, folder / BEFORE, screen)


def _answered(
    model: Any, tokenizer: Any, rows: Sequence[Row], settings: EvaluationConfig, advance: Any
) -> list[Prediction]:
    written = answers(model, tokenizer, rows, settings.batch_size, settings.max_new_tokens, advance)
    return score(rows, written)
