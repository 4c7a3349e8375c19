"""Judge a model by held-out rows: answer their questions, or rank their pairs of answers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mathpal import distributed, models, warm
from mathpal.config import EvaluationConfig, Experiment, as_dict
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
    chosen = _asked(rows, experiment, settings)
    if not chosen:
        return []
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
    """Judge the model before it is trained; a resumed run reads what its first part found.

    A process that carries many runs asks a model once.
    """
    settings, path = experiment.evaluation, folder / BEFORE
    if experiment.resume is not None or settings is None or not settings.before:
        return predictions.read(path)
    judge = partial(evaluate, model, tokenizer, rows, experiment, path, screen)
    if not warm.is_keeping():
        return judge()
    key = _base_key(_asked(rows, experiment, settings), experiment)
    judged = warm.kept("answers before training", key, judge)
    if judged and not path.exists():
        predictions.save(path, judged)
    return judged


def _asked(
    rows: Sequence[Row], experiment: Experiment, settings: EvaluationConfig
) -> Sequence[Row]:
    """Return the rows that a model is judged by: held-out ones or those of a bench."""
    if settings.bench:
        asked = bench.rows(settings, experiment.data.system)
    else:
        asked = [row for row in rows if row.label is not False]
    return asked[: settings.max_rows]


def _base_key(asked: Sequence[Row], experiment: Experiment) -> list[Any]:
    """Return all that the answers before training depend on, as a key for `warm`."""
    from mathpal.models.transformers import adds_nothing, identity

    lora, head = experiment.lora, experiment.trainer.head
    is_base = head == "language" and (lora is None or adds_nothing(lora))
    drawn = None if is_base else [None if lora is None else as_dict(lora), experiment.seed]
    texts = [[row.messages, row.rejected, row.facts] for row in asked]
    settings = [as_dict(experiment.hardware), as_dict(experiment.evaluation)]
    model = [experiment.backend, identity(experiment.model), head, lora is None, drawn]
    return [model, settings, texts]


def _answered(
    model: Any, tokenizer: Any, rows: Sequence[Row], settings: EvaluationConfig, advance: Any
) -> list[Prediction]:
    written = answers(model, tokenizer, rows, settings.batch_size, settings.max_new_tokens, advance)
    return score(rows, written)
