"""A step of training that a few layers tell of: to play all of them through takes time."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mathpal.models.shape import Layer, Shape, num_lora_parameters
from mathpal.preflight.memory.parts import Moment, Part
from mathpal.preflight.memory.training import reasons, training
from mathpal.preflight.memory.workload import Workload

TELL_LAYERS_APART = (
    "layers_to_transform",
    "rank_pattern",
    "modules_to_save",
    "trainable_token_indices",
)
"""Options of LoRA under which layers of a kind may differ."""

NOT_OF_A_STEP = frozenset(
    [
        "shape",
        "eval_batch_size",
        "eval_tokens",
        "generation_batch_size",
        "prompt_tokens",
        "new_tokens",
        "capability",
    ]
)
"""Fields of a workload on which a step of one device does not depend, and its shape."""


@dataclass(frozen=True)
class _Case:
    """A workload as a key: what its step depends on."""

    shape: Shape = field(hash=False)
    text: str
    load: Workload = field(compare=False)


def step(load: Workload) -> Moment:
    """Return what a step takes, as `training` does.

    What an adapter's step holds at its peak, which is at the end of the forward pass or just after,
    grows by the same with each layer of a kind: so few layers are played through, and the others
    reckoned. Where all weights are trained, the peak may lie elsewhere with more layers, as it may
    where Gemma 3n's last layers share keys and values.
    """
    if load.precision == "fp16" and load.quantization == "none":
        load = replace(load, precision="bf16")  # as many bytes
    facts = [value for name, value in vars(load).items() if name not in NOT_OF_A_STEP]
    return _step(_Case(load.shape, repr(facts), load))


@functools.lru_cache(maxsize=128)
def _step(case: _Case) -> Moment:
    load, layers = case.load, case.shape.layers
    first = _first_of_each(layers)
    extra = {kind: i for i, kind in _kinds(layers) if i not in first}
    if load.lora is None or not _alike(load.lora) or load.shape.per_layer is not None:
        return training(load)
    base = training(_with(load, first))
    had, have = Counter(_kind(layers[i]) for i in first), Counter(map(_kind, layers))
    slopes = [
        (have[kind] - had[kind], training(_with(load, sorted([*first, i]))))
        for kind, i in extra.items()
    ]
    parts = (_grown(base, slopes, i) for i in range(len(base.parts)))
    why = reasons(load, num_lora_parameters(load.shape, load.lora))
    return replace(base, parts=tuple(replace(part, why=why[part.name]) for part in parts))


def _first_of_each(layers: Sequence[Layer]) -> list[int]:
    """Return the places of the first layer of each sort, its window told apart."""
    return sorted({layer: i for i, layer in reversed(list(enumerate(layers)))}.values())


def _kinds(layers: Sequence[Layer]) -> Iterable[tuple[int, Layer]]:
    return ((i, _kind(layer)) for i, layer in enumerate(layers))


def _kind(layer: Layer) -> Layer:
    """Return a layer for all that differ from it by their window alone, which masks depend on."""
    return replace(layer, window=None)


def _with(load: Workload, places: Sequence[int]) -> Workload:
    layers = tuple(load.shape.layers[i] for i in places)
    return replace(load, shape=replace(load.shape, layers=layers))


def _alike(lora: Mapping[str, Any]) -> bool:
    named = lora.get("target_modules")
    by_name = named == "all-linear" or (
        isinstance(named, list) and not any("." in name for name in named)
    )
    return by_name and not any(lora.get(option) for option in TELL_LAYERS_APART)


def _grown(base: Moment, more: Sequence[tuple[int, Moment]], index: int) -> Part:
    """Return a part with so many more layers as each moment has one of."""
    part = base.parts[index]
    growth = (count * (moment.parts[index].num_bytes - part.num_bytes) for count, moment in more)
    return replace(part, num_bytes=part.num_bytes + sum(growth))
