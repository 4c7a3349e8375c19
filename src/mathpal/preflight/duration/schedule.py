"""What a run does, in numbers: steps, rows and their lengths, evaluations, checkpoints, answers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mathpal.config import Experiment, as_dict
from mathpal.preflight.duration.spread import Spread, spread
from mathpal.preflight.lengths import Lengths

PAIRED = ("dpo", "orpo", "reward")
"""Methods whose rows are two sequences each."""


@dataclass(frozen=True)
class Work:
    """What a run does, in numbers."""

    num_steps: int
    train_rows: int
    train: Spread
    """Tokens of a training sequence; a pair is two."""
    num_tokens: int
    """Of all training rows."""
    trained_share: float
    """Of the tokens, those that carry loss."""
    accumulation: int = 1
    packed_tokens: int | None = None
    """Tokens of a pack, where sequences are packed; None: a row each."""
    test_rows: int = 0
    test: Spread | None = None
    num_evaluations: int = 0
    """Measurements of the held-out loss, the one after training among them."""
    num_checkpoints: int = 0
    asked_rows: int = 0
    """Questions that are answered after training."""
    asks_before: bool = False
    """Whether they are answered before it, too."""


def work_of(
    experiment: Experiment,
    *,
    method: str,
    num_steps: int,
    num_epochs: float,
    train_rows: int,
    tokens: Lengths,
    test_rows: int = 0,
    test_tokens: Lengths | None = None,
    asked_rows: int | None = None,
) -> Work:
    """Return what a run does; `asked_rows` are a bench's questions, None: the held-out rows."""
    options, settings = as_dict(experiment.trainer), experiment.evaluation
    limit = None if options.get("packing") else options.get("max_length")
    factor = 2 if method in PAIRED else 1
    asked = 0
    if settings is not None:
        asked = test_rows if asked_rows is None else asked_rows
        asked = asked if settings.max_rows is None else min(asked, settings.max_rows)
    test = None
    if test_rows and test_tokens is not None:
        test = spread(test_tokens, factor * test_rows, limit)
    train = spread(tokens, factor * train_rows, limit)
    is_cut = limit is not None and tokens.longest > limit
    return Work(
        num_steps=num_steps,
        train_rows=train_rows,
        train=train,
        num_tokens=min(tokens.total, round(train.mean * factor * train_rows))
        if is_cut
        else tokens.total,
        trained_share=tokens.trained / tokens.total,
        accumulation=options["gradient_accumulation_steps"],
        packed_tokens=options["max_length"] if options.get("packing") else None,
        test_rows=test_rows,
        test=test,
        num_evaluations=num_evaluations(options, num_steps, num_epochs) if test else 0,
        num_checkpoints=times("save", options, 0, num_steps, num_steps / num_epochs),
        asked_rows=asked,
        asks_before=settings is not None and settings.before,
    )


def num_evaluations(options: Mapping[str, Any], num_steps: int, num_epochs: float) -> int:
    """Count the measurements of the held-out loss: while training, and one after it."""
    at_start = 1 if options.get("eval_on_start") else 0
    return at_start + times("eval", options, 0, num_steps, num_steps / num_epochs) + 1


def times(
    kind: str, options: Mapping[str, Any], step: int, num_steps: int, epoch_steps: float
) -> int:
    """Count how often Trainer is still going to evaluate (eval) or save after a step.

    It does both at the end, too (transformers, DefaultFlowCallback).

    >>> times("eval", {"eval_strategy": "steps", "eval_steps": 30}, 0, 100, 50)
    4
    >>> times("save", {"save_strategy": "epoch"}, 50, 100, 50)
    1
    """
    strategy = options[f"{kind}_strategy"]
    if strategy == "epoch":
        return math.ceil(round(num_steps / epoch_steps, 6)) - math.floor(step / epoch_steps)
    if strategy != "steps" or step >= num_steps:
        return 0
    every = options.get(f"{kind}_steps") or options["logging_steps"]
    every = math.ceil(num_steps * every) if every < 1 else int(every)
    return math.ceil(num_steps / every) - step // every
