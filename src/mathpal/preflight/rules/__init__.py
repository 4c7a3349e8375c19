"""Rules that a request must keep, each with its dotted key and a remedy. No torch here.

A module a topic; each yields all that it finds, so that one answer holds every problem.
"""

from __future__ import annotations

from mathpal.config import Experiment, as_dict
from mathpal.data.findings import Quality
from mathpal.models import sources, vocabulary
from mathpal.models.shape import Shape
from mathpal.preflight.rules import (
    adapter,
    batches,
    generations,
    objectives,
    optimizers,
    places,
    precision,
    preferences,
    resuming,
    saving,
    schedule,
    secrets,
    sequences,
    tracking,
    values,
)

LEARNED_POSITIONS = ("biogpt", "gpt2", "gpt_bigcode", "gpt_neo", "opt", "xglm")
"""Types of model whose positions are a table: beyond its end there is none."""


def problems(experiment: Experiment) -> list[str]:
    """Return everything that is wrong with a request, a line each."""
    return [
        *secrets.problems(experiment),
        *values.problems(experiment),
        *schedule.problems(experiment),
        *saving.problems(experiment),
        *sources.check(experiment.model.name),
        *places.problems(experiment),
        *tracking.problems(experiment),
        *objectives.problems(experiment),
        *sequences.problems(experiment),
        *batches.problems(experiment),
        *generations.problems(experiment),
        *preferences.problems(experiment),
        *adapter.problems(experiment),
        *precision.problems(experiment),
        *vocabulary.problems(experiment),
        *resuming.problems(experiment),
    ]


def input_problems(experiment: Experiment) -> list[str]:
    """Return what keeps a model and rows from being read, for what does not train."""
    return [
        *secrets.problems(experiment),
        *values.problems(experiment),
        *sources.check(experiment.model.name),
        *places.problems(experiment),
        *vocabulary.problems(experiment),
    ]


def late_problems(
    experiment: Experiment,
    *,
    num_rows: int,
    num_steps: int,
    longest_sequence: int,
    shape: Shape | None,
) -> list[str]:
    """Return what is wrong with a request once its rows are tokenised and its steps counted.

    `num_rows` are those that are trained on, `longest_sequence` the tokens of the longest one that
    the model has to cope with, its answer included.
    """
    found = [*batches.too_few(experiment, num_rows), *resuming.finished(experiment, num_steps)]
    if shape is None or shape.context_length is None or shape.model_type not in LEARNED_POSITIONS:
        return found
    if longest_sequence > shape.context_length:
        found.append(
            f"trainer.max_length: a sequence of {longest_sequence} tokens is beyond the "
            f"{shape.context_length} positions that {shape.model_type} has learned; set "
            f"trainer.max_length={shape.context_length}, or shorten the answers"
        )
    return found


def warnings(
    experiment: Experiment, context_length: int | None, cut_rows: int, num_rows: int, num_test: int
) -> list[str]:
    """Return what a run can do but its owner would want to know."""
    max_length = as_dict(experiment.trainer).get("max_length")
    found = []
    if cut_rows:
        found.append(
            f"{cut_rows} of {num_rows} rows are longer than trainer.max_length={max_length}: "
            "the end of their answers is not trained"
        )
    if num_test > num_rows:
        found.append(f"{num_test} rows are held out of {num_rows + num_test}; see data.test_rows")
    return [
        *found,
        *sequences.warnings(experiment, context_length),
        *schedule.warnings(experiment),
        *saving.warnings(experiment),
        *batches.warnings(experiment),
        *generations.warnings(experiment),
        *optimizers.warnings(experiment),
        *adapter.warnings(experiment),
        *resuming.warnings(experiment),
    ]


def late_warnings(experiment: Experiment, num_steps: int) -> list[str]:
    """Return what a run of so many steps can do but its owner would want to know."""
    return [
        *schedule.late_warnings(experiment, num_steps),
        *saving.late_warnings(experiment, num_steps),
    ]


def data_warnings(quality: Quality) -> list[str]:
    """Return what of the rows spoils figures: answers that contradict each other, or were seen."""
    counts, dropped = quality.counts, quality.dropped
    found = []
    if leaks := counts.get("leak", 0) - dropped.get("leak", 0):
        found.append(
            f"{leaks} training rows ask a held-out question, so that the accuracy flatters; "
            "set data.leaks=drop"
        )
    if conflicts := counts.get("conflict"):
        found.append(f"{conflicts} rows answer a question in another way than an earlier row does")
    return found
