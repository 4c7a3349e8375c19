"""Evaluation, checkpoints, the best of them, and early stopping."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from mathpal.config import Experiment, as_dict
from mathpal.errors import did_you_mean
from mathpal.preflight.rules.values import method

BEST = "trainer.load_best_model_at_end"

OF_EITHER = tuple(
    f"{figure}/{answer}"
    for figure in ("rewards", "logps", "logits")
    for answer in ("chosen", "rejected")
)
"""Figures of a better and a worse answer."""

COMPARED = ("loss", "rewards/accuracies", "rewards/margins", *OF_EITHER)

METRICS: Mapping[str, tuple[str, ...]] = {
    "sft": ("loss", "mean_token_accuracy", "entropy", "aux_loss"),
    "dpo": (*COMPARED, "aux_loss", "mean_token_accuracy", "entropy"),
    "kto": ("loss", "rewards/margins", *OF_EITHER, "aux_loss", "entropy", "kl"),
    "orpo": (*COMPARED, "nll_loss", "log_odds_ratio", "log_odds_chosen"),
    "reward": ("loss", "accuracy", "margin", "min_reward", "mean_reward", "max_reward"),
}
"""Method -> figures that it measures on held-out rows while it trains; grpo's depend on its
rewards."""


def problems(experiment: Experiment) -> Iterator[str]:
    """Yield what of evaluation, saving and stopping does not go together."""
    options, rows = as_dict(experiment.trainer), experiment.data.test_rows
    evaluates = options["eval_strategy"] != "no"
    if evaluates and rows == 0:
        yield (
            f"trainer.eval_strategy={options['eval_strategy']}: needs held-out rows; "
            "set data.test_rows, or trainer.eval_strategy=no"
        )
    if options["early_stopping_patience"] is not None and not options["load_best_model_at_end"]:
        yield (
            "trainer.early_stopping_patience: needs trainer.load_best_model_at_end=true "
            "trainer.metric_for_best_model=eval_loss trainer.eval_strategy=steps"
        )
    if options["load_best_model_at_end"]:
        yield from _best(options)
    elif options["save_strategy"] == "best":
        yield from _saves_best(options)
    yield from _metric(options)


def warnings(experiment: Experiment) -> Iterator[str]:
    """Yield settings that wait for one that is not made."""
    options = as_dict(experiment.trainer)
    for key in ("eval_steps", "eval_delay"):
        if options["eval_strategy"] == "no" and options[key]:
            yield (
                f"trainer.{key}={options[key]:g} does not count, as trainer.eval_strategy=no "
                "measures nothing; trainer.eval_strategy=steps lets it"
            )
    threshold = options["early_stopping_threshold"]
    if threshold and options["early_stopping_patience"] is None:
        yield (
            f"trainer.early_stopping_threshold={threshold:g} does not count, as nothing stops "
            "early; trainer.early_stopping_patience=3 lets it"
        )


def late_warnings(experiment: Experiment, num_steps: int) -> Iterator[str]:
    """Yield events that a run of so many steps never comes to."""
    options = as_dict(experiment.trainer)
    every, saves = _every(options, "eval"), _every(options, "save")
    if options["eval_strategy"] == "steps" and num_steps < every:
        yield (
            f"trainer.eval_steps={every}: the run has {num_steps} steps, so that held-out rows are "
            "measured at its end alone"
        )
    if options["save_strategy"] == "steps" and num_steps < saves:
        yield (
            f"trainer.save_steps={saves}: the run has {num_steps} steps, so that a crash loses all "
            "of them"
        )
    patience = options["early_stopping_patience"]
    measured = num_steps // every if every else 0
    if patience is not None and 0 < measured <= patience:
        yield (
            f"trainer.early_stopping_patience={patience}: the run measures {measured} times, so "
            "that it never stops early"
        )


def _every(options: Mapping[str, Any], event: str) -> int:
    """Return the steps between evaluations or checkpoints; 0 where they are not counted so."""
    every = options[f"{event}_steps"]
    if event == "eval" and not every:
        every = options["logging_steps"]
    return int(every) if options[f"{event}_strategy"] == "steps" and every >= 1 else 0


def _best(options: Mapping[str, Any]) -> Iterator[str]:
    saves, measures = options["save_strategy"], options["eval_strategy"]
    if saves not in (measures, "best"):
        yield (
            f"{BEST}=true: the best is chosen among saved checkpoints, so "
            f"trainer.save_strategy={saves} must equal trainer.eval_strategy={measures}"
        )
    elif measures == "no":
        yield (
            f"{BEST}=true: nothing is measured and nothing saved; set trainer.eval_strategy=steps "
            "trainer.save_strategy=steps"
        )
    elif saves == measures == "steps":
        every, each = options["save_steps"], options["eval_steps"] or options["logging_steps"]
        if every > 0 and each > 0 and _is_no_multiple(every, each):
            yield (
                f"trainer.save_steps={every:g}: with load_best_model_at_end it must be a multiple "
                f"of the steps between evaluations, {each:g}; set trainer.eval_steps=N "
                "trainer.save_steps=N"
            )


def _is_no_multiple(every: float, each: float) -> bool:
    if (every < 1) != (each < 1):
        return True
    times = every / each
    return not math.isclose(times, round(times)) or round(times) < 1


def _saves_best(options: Mapping[str, Any]) -> Iterator[str]:
    if options["eval_strategy"] == "no":
        yield (
            "trainer.save_strategy=best: nothing is measured; set trainer.eval_strategy=steps, or "
            "trainer.save_strategy=steps"
        )
    if options["metric_for_best_model"] is None:
        yield "trainer.save_strategy=best: needs trainer.metric_for_best_model=eval_loss"


def _metric(options: Mapping[str, Any]) -> Iterator[str]:
    """Look at the figure that the best is chosen by, and at the way that better is."""
    wants_best = options["load_best_model_at_end"] or options["save_strategy"] == "best"
    asked, greater = options["metric_for_best_model"], options["greater_is_better"]
    if not wants_best:
        return
    name = (asked or "loss").removeprefix("eval_")
    known = METRICS.get(method(options))
    if name in ("accuracy", "base_accuracy") and options["head"] == "language":
        yield (
            f"trainer.metric_for_best_model={asked}: answers are scored after training alone; "
            "use eval_loss"
        )
    elif known is not None and name not in known:
        names = [f"eval_{metric}" for metric in known]
        hint = did_you_mean(f"eval_{name}", names) or f" Figures: {', '.join(names)}"
        yield f"trainer.metric_for_best_model={asked}: not measured while it trains.{hint}"
    elif greater is not None and _turns_round(name, greater):
        better = "lower" if greater else "higher"
        yield (
            f"trainer.greater_is_better={str(greater).lower()}: a {better} eval_{name} is better; "
            "leave it out"
        )


def _turns_round(name: str, greater: bool) -> bool:
    """Tell whether the worse counts as better; of most figures nobody can say."""
    return name.endswith("loss") if greater else "accurac" in name or "margin" in name
