"""Know of a sweep what can be known before Optuna and torch are imported: its first trial."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from omegaconf import OmegaConf

from mathpal.compose import compose, compose_sweeper
from mathpal.config import Experiment
from mathpal.errors import RequestError
from mathpal.overrides import Request
from mathpal.sweeps import search_rules, spaces

OURS = "hydra_plugins.mathpal_sweeps.search.SearchSweeper"


def first_trial(request: Request) -> Experiment:
    """Return the experiment of a sweep's first point, its search being right.

    Raises: RequestError with every problem of the search, its space and the first trial.
    """
    hydra = compose_sweeper(request)
    options: Any = OmegaConf.to_container(hydra.sweeper)
    if options["_target_"] != OURS:
        return compose(request)
    own = [text for text in request.overrides if not _is_hydra(text)]
    asked = [f"{key}={value}" for key, value in (options["params"] or {}).items()]
    choices = hydra.runtime.choices
    space = spaces.read(
        [*asked, *own],
        request.options,
        options["conditions"],
        lambda key: None if choices.get(key) is None else str(choices[key]),
    )
    point = [*space.overrides(space.first()), *filter(_is_hydra, request.overrides)]
    first = compose(replace(request, overrides=tuple(point), multirun=False))
    problems = search_rules.problems(options, first, space)
    if any(text.startswith("hydra.sweep.subdir=") for text in request.overrides):
        problems.append(
            "hydra.sweep.subdir: the trials of a search land in folders by their numbers, so that "
            "it can go on; hydra/sweeper=basic lets you name them"
        )
    if problems:
        raise RequestError(problems)
    return first


def _is_hydra(text: str) -> bool:
    return text.lstrip("+~").startswith(("hydra.", "hydra/"))
