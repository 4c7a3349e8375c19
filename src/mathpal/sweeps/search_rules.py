"""Rules that a search must keep, each with its key and a remedy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mathpal.config import Experiment, as_dict
from mathpal.sweeps.spaces import MAX_POINTS, Space

HIGHER_IS_BETTER = ("accuracy", "reward", "margin", "per_second")
"""What the names of figures end in of which more is better."""

MEASURED_IN_TRAINING = ("train_loss", "eval_loss", "eval_margin", "eval_reward")
"""Objectives that a pruner can see before a trial has ended."""

DIRECTIONS = ("minimize", "maximize")


def problems(options: Mapping[str, Any], first: Experiment, space: Space) -> list[str]:
    """Return what is wrong with the options of a search for trials like `first`."""
    return [
        *_size(options, space),
        *_directions(options["direction"], first.objectives),
        *(_pruner(first) if prunes(options) else ()),
        *_numbers(options),
        *_storage(options["storage"]),
    ]


def prunes(options: Mapping[str, Any]) -> bool:
    """Tell whether trials may be stopped early."""
    return not str(options["pruner"]["_target_"]).endswith("NopPruner")


def directions(asked: Any, objectives: Sequence[str]) -> list[str]:
    """Return the direction of each objective, as asked or as its name tells.

    >>> directions(None, ["eval_loss", "eval_accuracy"])
    ['minimize', 'maximize']
    """
    if asked is None:
        return [DIRECTIONS[name.endswith(HIGHER_IS_BETTER)] for name in objectives]
    return [str(asked)] if isinstance(asked, str) else [str(one) for one in asked]


def _size(options: Mapping[str, Any], space: Space) -> Iterator[str]:
    points = space.num_points()
    if options["n_trials"] is None and points is not None and points > MAX_POINTS:
        yield (
            f"{points:,} combinations: set hydra.sweeper.n_trials, so that a sampler chooses among "
            "them"
        )


def _directions(asked: Any, objectives: Sequence[str]) -> Iterator[str]:
    found = directions(asked, objectives)
    if len(found) != len(objectives):
        yield (
            f"hydra.sweeper.direction: {len(found)} for {len(objectives)} objectives "
            f"({', '.join(objectives)}); null tells them by name"
        )
    for direction in found:
        if direction not in DIRECTIONS:
            yield f"hydra.sweeper.direction={direction}: minimize or maximize"


def _pruner(first: Experiment) -> Iterator[str]:
    names = first.objectives
    if len(names) > 1:
        yield "hydra/sweeper/pruner: a pruner needs one objective, not several; choose none"
    elif names[0] not in MEASURED_IN_TRAINING:
        yield (
            f"hydra/sweeper/pruner: objective={names[0]} is known only when a trial has ended; "
            f"a pruner needs one of {', '.join(MEASURED_IN_TRAINING)}"
        )
    elif names[0] != "train_loss" and as_dict(first.trainer)["eval_strategy"] == "no":
        yield (
            "hydra/sweeper/pruner: nothing is measured while a trial trains; set "
            "trainer.eval_strategy=steps trainer.eval_steps=10"
        )


def _numbers(options: Mapping[str, Any]) -> Iterator[str]:
    for key in ("n_trials", "max_failures", "n_jobs"):
        value = options[key]
        if value is not None and value < 1:
            yield f"hydra.sweeper.{key}={value}: at least 1 is needed"
    if options["seconds_to_live"] <= 0:
        yield f"hydra.sweeper.seconds_to_live={options['seconds_to_live']}: more than 0 is needed"


def _storage(url: str | None) -> Iterator[str]:
    if url is not None and "://" not in url:
        yield (
            f"hydra.sweeper.storage={url}: expected a URL such as sqlite:///study.db or "
            "postgresql+psycopg2://user@host/database"
        )
