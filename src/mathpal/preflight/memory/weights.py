"""The weights of a model: their bytes, and their places on a tape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mathpal.models.shape import (
    Linear,
    Shape,
    num_embedding_parameters,
    num_parameters,
)
from mathpal.preflight.memory import quantised
from mathpal.preflight.memory.parts import count
from mathpal.preflight.memory.tape import FP32, HALF, Parameter, Tape
from mathpal.preflight.memory.workload import Workload

PART = "weights"


@dataclass(frozen=True)
class Weights:
    """A model's parameters on a tape."""

    embedding: Parameter
    head: Parameter
    """The embedding itself where they are tied."""
    per_layer_embedding: Parameter | None
    linears: Mapping[tuple[int | None, str], Parameter]
    """By layer, None outside of all, and name."""
    vectors: Mapping[int | None, Parameter]
    """The norms of a layer, as one; None: those outside of all."""


def itemsize(load: Workload) -> int:
    """Return the bytes of a weight that is not quantised (mathpal.models.transformers.load).

    Four on a CPU and where all weights are trained, else those of the precision. Around quantised
    weights, PEFT's prepare_model_for_kbit_training keeps all others in float32.
    """
    whole = load.device == "cpu" or load.lora is None or load.precision == "fp32"
    upcast = load.quantization != "none" and load.backend == "transformers"
    return FP32 if whole or upcast else HALF


def num_bytes(load: Workload) -> int:
    """Return the bytes of all weights, towers included: parameters x bytes of each."""
    size = itemsize(load)
    if load.quantization == "none":
        return num_parameters(load.shape) * size
    return quantised.num_bytes(load.shape, load.quantization, size)


def reason(load: Workload) -> str:
    """Say what the weights' bytes are made of."""
    shape, size = load.shape, itemsize(load)
    if load.quantization == "none":
        return f"{count(num_parameters(shape))} x {size} bytes"
    others = quantised.num_unquantised(shape)
    inner = f"{count(num_parameters(shape) - others)} in {load.quantization[0]} bits"
    cause = ", float32 by PEFT" if size == FP32 and load.precision != "fp32" else ""
    return f"{inner}, {count(others)} others x {size} bytes{cause}"


def linears(shape: Shape) -> list[tuple[int | None, Linear]]:
    """Return every linear but the head, with its layer; None outside of all."""
    inner = [(i, linear) for i, layer in enumerate(shape.layers) for linear in layer.linears]
    return [*inner, *((None, linear) for linear in shape.others)]


def place(load: Workload, tape: Tape) -> Weights:
    """Put the weights on a tape; all have gradients where there is no adapter."""
    shape, size, trained = load.shape, itemsize(load), load.lora is None

    def parameter(numel: int, itemsize: int = size) -> Parameter:
        return Parameter(tape, numel, itemsize, PART, trained=trained)

    is_whole = load.quantization == "none"
    if is_whole:
        tape.grow(PART, shape.num_tower_parameters * size)
    else:
        tape.grow(PART, num_bytes(load) - quantised.num_unquantised(shape) * size)
    embedding = parameter(shape.vocab_size * shape.hidden_size)
    inner = sum(linear.num_parameters for linear in shape.others)
    vectors: dict[int | None, Parameter] = {None: parameter(shape.num_other_parameters - inner)}
    for i, layer in enumerate(shape.layers):
        vectors[i] = parameter(layer.num_norm_parameters)
    further = num_embedding_parameters(shape) - embedding.numel
    return Weights(
        embedding=embedding,
        head=embedding if shape.tied else parameter(embedding.numel),
        per_layer_embedding=parameter(further) if further else None,
        linears={
            (i, linear.name): parameter(linear.num_parameters, size if is_whole else 0)
            for i, linear in linears(shape)
        },
        vectors=vectors,
    )
