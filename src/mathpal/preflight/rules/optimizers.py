"""Optimizers: their options, and the matrices that some of them project."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mathpal.config import OUR_OPTIMIZERS, Experiment, as_dict
from mathpal.models import shape as shapes
from mathpal.preflight.rules.places import shape_of

PROJECTING = ("galore", "apollo")
"""How the names begin of optimizers that project the gradients of matrices named to them."""


def problems(experiment: Experiment) -> Iterator[str]:
    """Yield options that an optimizer does not take, or lacks."""
    options = as_dict(experiment.trainer)
    name, args = options["optim"], options["optim_args"]
    if args and not all("=" in part for part in args.split(",")):
        yield f"trainer.optim_args={args}: expected name=value,name=value"
    elif args and name in OUR_OPTIMIZERS:
        yield f"trainer.optim_args={args}: {name} takes none; set optimizer.beta1 and the like"
    if not name.startswith(PROJECTING):
        return
    yield from _projected(experiment, name, options["optim_target_modules"])
    processes = experiment.hardware.num_processes * experiment.hardware.num_nodes
    if name.endswith("layerwise") and options["gradient_accumulation_steps"] > 1:
        yield (
            f"trainer.optim={name}: steps while it goes backward; set "
            "trainer.gradient_accumulation_steps=1"
        )
    if name.endswith("layerwise") and processes > 1:
        yield f"trainer.optim={name}: one process alone; set hardware.num_processes=1"


def warnings(experiment: Experiment) -> Iterator[str]:
    """Yield settings that this optimizer does not read."""
    options = as_dict(experiment.trainer)
    if options["optim_target_modules"] and not options["optim"].startswith(PROJECTING):
        yield (
            f"optimizer.target_modules does not count: {options['optim']} has no use for it, as "
            "GaLore and Apollo have"
        )


def _projected(experiment: Experiment, name: str, modules: Any) -> Iterator[str]:
    """Look for matrices to project; names count as parts of a module's name."""
    if not modules:
        yield f"trainer.optim={name}: needs optimizer.target_modules=[attn,mlp]"
        return
    shape = shape_of(experiment.model)
    if isinstance(modules, str) or shape is None or shape.num_tower_parameters:
        return
    known = shapes.linear_modules(shape)
    unknown = [part for part in modules if not any(part in module for module in known)]
    if shape.exact and unknown and unknown != ["all-linear"]:
        yield (
            f"optimizer.target_modules: {shape.model_type} has no '{unknown[0]}'. Modules: "
            f"{', '.join(known)}"
        )
