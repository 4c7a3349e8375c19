"""The figures that a sweep optimises, and whether a run measures them."""

from __future__ import annotations

from collections.abc import Iterator

from mathpal.config import Experiment
from mathpal.errors import did_you_mean

OBJECTIVES = (
    "train_loss",
    "eval_loss",
    "eval_margin",
    "eval_reward",
    "eval_accuracy",
    "base_accuracy",
    "tokens_per_second",
    "peak_memory_bytes",
    "seconds_train",
    "seconds_total",
    "seconds_to_first_step",
)
"""The figures of metrics.json."""

ACCURACIES = ("eval_accuracy", "base_accuracy")


def problems(experiment: Experiment) -> Iterator[str]:
    """Yield objectives that are no figures, or that were named and are not measured."""
    if not experiment.objectives:
        yield "objective=[]: name at least one figure, such as eval_loss"
    for name in experiment.objectives:
        if name not in OBJECTIVES:
            yield (
                f"objective={name}: not a figure of metrics.json."
                f"{did_you_mean(str(name), OBJECTIVES)} Figures: {', '.join(OBJECTIVES)}"
            )
        elif name != experiment.trainer.objective:  # else nobody has asked for it by name
            yield from _unmeasured(experiment, name)


def _unmeasured(experiment: Experiment, name: str) -> Iterator[str]:
    settings = experiment.evaluation
    if name in ACCURACIES and settings is None:
        yield f"objective={name}: no answers are generated; use evaluation=answers"
    elif name == "base_accuracy" and settings is not None and not settings.before:
        yield "objective=base_accuracy: needs evaluation.before=true"
    if name.startswith("eval_") and experiment.data.test_rows == 0:
        benched = settings is not None and settings.bench is not None
        if not (name in ACCURACIES and benched):
            yield f"objective={name}: no rows are held out; set data.test_rows"
    if name in ("eval_margin", "eval_reward") and experiment.trainer.learns_from == "answers":
        rewarded = "rewards" in vars(experiment.trainer)
        if not (rewarded and name == "eval_reward"):
            yield f"objective={name}: this trainer measures none; use objective=eval_loss"
