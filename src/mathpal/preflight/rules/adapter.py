"""LoRA: its rank, its start, and the modules that it names in this architecture."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mathpal.config import Experiment, as_dict
from mathpal.errors import RequestError, did_you_mean
from mathpal.models import shape as shapes
from mathpal.models.shape import Shape
from mathpal.preflight.rules.places import shape_of
from mathpal.preflight.rules.values import method

STARTS = ("gaussian", "olora", "pissa", "orthogonal", "loftq", "mica")
NEED_ROWS = ("eva", "corda", "lora_ga")
"""Starts that PEFT computes from rows, in a step of its own before training."""

CHANGE_BASE = ("olora", "pissa", "loftq")
"""Starts that take their share out of the base's weights."""

ALL_LINEAR = "all-linear"

NAMING = ("target_modules", "exclude_modules")
"""Options that name modules in a list or by an expression; their type says neither."""

EVERYTHING = {"target_modules": ".*"}


def problems(experiment: Experiment) -> Iterator[str]:
    """Yield what of the adapter contradicts itself, or is not in the model."""
    if experiment.lora is None:
        return
    lora = as_dict(experiment.lora)
    unreadable = [key for key in NAMING if not isinstance(lora[key], str | list | None)]
    for key in unreadable:
        yield f"lora.{key}={lora[key]}: expected a list of modules, or a regular expression"
    yield from _start(experiment, lora)
    yield from _layers(lora)
    if lora["lora_bias"] and lora["use_dora"]:
        yield "lora.lora_bias=true: not with lora.use_dora=true; leave one of them out"
    if lora["use_qalora"]:
        yield "lora.use_qalora=true: only for models in GPTQ's format; leave it out"
    if lora["target_modules"] == [] and not lora["target_parameters"]:
        yield f"lora.target_modules=[]: name at least one, or set it to {ALL_LINEAR}"
    shape = shape_of(experiment.model)
    if shape is not None and shape.exact and not unreadable:
        yield from _modules(experiment, lora, shape)


def warnings(experiment: Experiment) -> Iterator[str]:
    """Yield ranks beyond those of the matrices that they adapt."""
    shape = shape_of(experiment.model)
    if experiment.lora is None or shape is None:
        return
    lora = as_dict(experiment.lora)
    try:
        found = shapes.targets(shape, lora)
    except RequestError:
        return
    sizes = [min(linear.in_features, linear.out_features) for _, linear in found]
    small = [size for size in sizes if size < lora["r"]]
    if 2 * len(small) > len(sizes):
        yield (
            f"lora.r={lora['r']} is beyond the rank of {len(small)} of the {len(sizes)} matrices "
            f"that it adapts, at most {max(small)}: more than training them whole"
        )


def _start(experiment: Experiment, lora: Mapping[str, Any]) -> Iterator[str]:
    start = lora["init_lora_weights"]
    key = f"lora.init_lora_weights={start}"
    if isinstance(start, str):
        known = start in (*STARTS, *NEED_ROWS) or re.fullmatch(r"pissa_niter_\d+", start)
        if not known:
            hint = did_you_mean(start, STARTS) or f" Options: true, false, {', '.join(STARTS)}"
            yield f"{key}: not one of the choices.{hint}"
        elif start in NEED_ROWS:
            yield (
                f"{key}: is computed from rows in a step of its own, which mathpal has not; set "
                "lora.init_lora_weights=true"
            )
    if start == "loftq" and not lora["loftq_config"]:
        yield f"{key}: needs +lora.loftq_config.loftq_bits=4"
    if start == "loftq" and importlib.util.find_spec("scipy") is None:
        yield f"{key}: scipy is not installed: pip install scipy"
    bits = experiment.model.quantization
    if bits != "none" and str(start).startswith(CHANGE_BASE):
        yield (
            f"{key}: changes the base's weights, which model.quantization={bits} has rounded; set "
            "lora.init_lora_weights=true, or model.quantization=none"
        )
    if lora["lora_bias"] and not isinstance(start, bool):
        yield f"lora.lora_bias=true: not with {key}; set lora.init_lora_weights=true"


def _layers(lora: Mapping[str, Any]) -> Iterator[str]:
    for key in ("layers_to_transform", "layers_pattern"):
        if lora[key] is not None and isinstance(lora["target_modules"], str):
            yield (
                f"lora.{key}: goes with modules by name, not lora.target_modules="
                f"{lora['target_modules']}; set lora.target_modules=[q_proj,v_proj]"
            )
    if lora["layers_pattern"] and lora["layers_to_transform"] is None:
        yield "lora.layers_pattern: goes with lora.layers_to_transform; set that, too"


def _modules(experiment: Experiment, lora: Mapping[str, Any], shape: Shape) -> Iterator[str]:
    named = lora["target_modules"]
    if isinstance(named, str) and named != ALL_LINEAR:
        yield from _pattern(f"target_modules={named}", named, shape, named)
    elif isinstance(named, list):
        yield from _names("target_modules", named, shape)
    yield from _saved(lora["modules_to_save"] or [], shape)
    yield from _left_out(lora["exclude_modules"], shape)
    for key in ("rank_pattern", "alpha_pattern"):
        for pattern in lora[key] or {}:
            yield from _pattern(f"{key}.{pattern}", rf"(.*\.)?({pattern})", shape, pattern)
    yield from _indices(lora["layers_to_transform"], shape)
    yield from _none_left(lora, shape)
    yield from _head(experiment, lora, shape)


def _names(key: str, names: list[str], shape: Shape) -> Iterator[str]:
    """Look for names of no module; of towers and norms, a shape knows none."""
    for name in names:
        if name == "score" or "norm" in name or shapes.targets(shape, {"target_modules": [name]}):
            continue
        if not shape.num_tower_parameters or did_you_mean(name, _known(shape)):
            yield f"lora.{key}=[{','.join(names)}]: {_nothing(name, shape)}"


def _saved(names: list[str], shape: Shape) -> Iterator[str]:
    """Look for names of no module to train whole, be it one that holds others, such as mlp."""
    paths = [shapes.module_path(shape, *found) for found in shapes.targets(shape, EVERYTHING)]
    unknown = [name for name in names if not any(f".{name}." in f".{path}." for path in paths)]
    yield from _names("modules_to_save", unknown, shape)


def _left_out(names: Any, shape: Shape) -> Iterator[str]:
    """Look for misspelt names; what a model has not is left out of it anyway."""
    if isinstance(names, str):
        yield from _expression(f"exclude_modules={names}", names)
    else:
        misspelt = [name for name in names or [] if did_you_mean(name, _known(shape))]
        yield from _names("exclude_modules", misspelt, shape)


def _pattern(key: str, pattern: str, shape: Shape, name: str) -> Iterator[str]:
    """Look for an expression that is none, or that matches nothing."""
    wrong = list(_expression(key, pattern))
    yield from wrong
    if wrong or shape.num_tower_parameters:
        return
    if not shapes.targets(shape, {"target_modules": pattern}):
        yield f"lora.{key}: {_nothing(name, shape)}"


def _expression(key: str, pattern: str) -> Iterator[str]:
    try:
        re.compile(pattern)
    except re.error as error:
        yield f"lora.{key}: neither a list nor a regular expression: {error}"


def _nothing(name: str, shape: Shape) -> str:
    """Say that a model has no module of a name, and which it has."""
    known = _known(shape)
    hint = did_you_mean(name.rpartition(".")[2], known)
    return f"{shape.model_type} has no '{name}'.{hint} Modules: {', '.join(known)}"


def _known(shape: Shape) -> list[str]:
    names = [name.rpartition(".")[2] for name in shapes.linear_modules(shape)]
    return [*dict.fromkeys(names), "embed_tokens", "lm_head"]


def _indices(asked: Any, shape: Shape) -> Iterator[str]:
    indices = [asked] if isinstance(asked, int) else asked or []
    beyond = [index for index in indices if not 0 <= index < len(shape.layers)]
    if beyond:
        yield (
            f"lora.layers_to_transform: there is no layer {', '.join(map(str, beyond))}; the model "
            f"has 0 to {len(shape.layers) - 1}"
        )


def _none_left(lora: Mapping[str, Any], shape: Shape) -> Iterator[str]:
    """Look for an adapter of nothing: what it names is excluded, or lies in other layers."""
    try:
        empty = not shapes.targets(shape, lora) and not lora["target_parameters"]
        whole = shapes.targets(shape, {"target_modules": lora["target_modules"]})
    except RequestError as error:
        if lora["target_modules"] is None:  # wrong expressions were told
            yield from error.problems
        return
    if empty and whole and not shape.num_tower_parameters:
        key = "layers_to_transform" if lora["exclude_modules"] is None else "exclude_modules"
        yield f"lora.{key}={lora[key]}: leaves none of {len(whole)} modules to adapt; set it null"


def _head(experiment: Experiment, lora: Mapping[str, Any], shape: Shape) -> Iterator[str]:
    """Look for an adapter on the head where the loss reads the head's own weights alone."""
    options = as_dict(experiment.trainer)
    liger = options["use_liger_kernel"]
    try:
        adapted = any(linear.name == "lm_head" for _, linear in shapes.targets(shape, lora))
    except RequestError:
        return
    chunked = method(options) == "sft" and options["loss_type"] in (None, "chunked_nll")
    if adapted and chunked and not liger:
        yield "lora.target_modules: an adapter on lm_head needs trainer.loss_type=nll; set it"
    if adapted and liger and method(options) in ("dpo", "kto", "grpo"):
        yield (
            "lora.target_modules: an adapter on lm_head is never trained with "
            "trainer.use_liger_kernel=true; leave one of them out"
        )
