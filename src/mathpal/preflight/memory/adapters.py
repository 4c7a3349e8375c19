"""LoRA's adapters: their bytes, and what a linear with one computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mathpal.models.shape import Linear, num_lora_parameters, rank, targets
from mathpal.preflight.memory import operations as op
from mathpal.preflight.memory import products
from mathpal.preflight.memory.tape import FP32, HALF, Parameter, Tape, Tensor
from mathpal.preflight.memory.workload import Workload

PART = "adapter"


@dataclass(frozen=True)
class Adapter:
    """What LoRA adds to a linear: B A x (arXiv 2106.09685), DoRA's magnitudes (2402.09353)."""

    a: Parameter
    b: Parameter
    magnitude: Parameter | None
    linear: Linear
    rank: int
    dropout: float
    is_fused: bool
    """Whether a kernel of Unsloth's applies it, which keeps x as it is."""


def itemsize(load: Workload) -> int:
    """Return the bytes of an entry: float32, but TRL takes bfloat16 over quantised weights.

    trl/trainer/sft_trainer.py; fp16 stays at float32 (mathpal.trainers.setup.assemble).
    """
    over_quantised = load.quantization != "none" and load.precision == "bf16"
    return HALF if over_quantised and load.backend == "transformers" else FP32


def num_bytes(load: Workload) -> int:
    """Return the bytes of all that LoRA trains: rank x (in + out) entries a linear."""
    if load.lora is None:
        return 0
    return num_lora_parameters(load.shape, load.lora) * itemsize(load)


def place(load: Workload, tape: Tape) -> Mapping[tuple[int | None, str], Adapter]:
    """Put the adapters on a tape, and what else LoRA's options have trained, as one parameter."""
    if load.lora is None:
        return {}
    size, found = itemsize(load), {}
    rest = num_lora_parameters(load.shape, load.lora)
    for index, linear in targets(load.shape, load.lora):
        own = rank(load.shape, load.lora, index, linear)
        numels = [own * linear.in_features, own * linear.out_features]
        numels += [linear.out_features] if load.lora.get("use_dora") else []
        rest -= sum(numels)
        made = [Parameter(tape, numel, size, PART, trained=True) for numel in numels]
        found[index, linear.name] = Adapter(
            a=made[0],
            b=made[1],
            magnitude=made[2] if len(made) > 2 else None,
            linear=linear,
            rank=own,
            dropout=load.lora.get("lora_dropout") or 0.0,
            is_fused=load.backend == "unsloth",
        )
    if rest > 0:
        Parameter(tape, rest, size, PART, trained=True)
    return found


def adapted(x: Tensor, weight: Parameter, adapter: Adapter, num_rows: int) -> Tensor:
    """Return W x + B A x (peft/tuners/lora/layer.py, Linear.forward).

    The frozen weight has nothing of x kept. A has x kept, in its own format or autocast's, and
    where there is dropout the dropped x and its factors; B keeps A x, of rank entries a row.
    """
    out_features = adapter.linear.out_features
    result = products.linear(x, weight, num_rows, out_features)
    before = result.itemsize
    x = x if adapter.is_fused else op.cast(x, adapter.a.itemsize)
    dropped = op.dropout(x, adapter.dropout)
    if adapter.magnitude is None:
        inner = products.linear(dropped, adapter.a, num_rows, adapter.rank)
        added = op.scale(products.linear(inner, adapter.b, num_rows, out_features))
    else:
        base = None if adapter.dropout else result
        added = _dora(dropped, weight, adapter, num_rows, base)
    return op.cast(op.add(result, added), before)


def _dora(
    x: Tensor, weight: Parameter, adapter: Adapter, num_rows: int, base: Tensor | None
) -> Tensor:
    """Return what DoRA adds (peft/tuners/lora/dora.py): magnitudes over the norm of W + B A.

    For that norm the adapter is applied to an identity of in x in, and W + B A is made whole.
    """
    assert adapter.magnitude is not None
    linear = adapter.linear
    own = _norms(x, weight, adapter)
    inner = products.linear(x, adapter.a, num_rows, adapter.rank)
    added = products.linear(inner, adapter.b, num_rows, linear.out_features)
    del inner
    if base is None:
        base = products.linear(x, weight, num_rows, linear.out_features)
    return op.add(op.multiply(base, op.scale(own)), op.scale(op.multiply(added, own)))


def _norms(x: Tensor, weight: Parameter, adapter: Adapter) -> Tensor:
    """Return magnitudes over norms; no gradient goes through the norms."""
    assert adapter.magnitude is not None
    change = op.cast(_change(adapter), x.itemsize)
    scaled = x.tape.new(change.numel, change.itemsize)
    whole = x.tape.new(change.numel, max(change.itemsize, weight.itemsize))
    del scaled, whole
    return op.multiply(adapter.magnitude, x.tape.new(adapter.linear.out_features, x.itemsize))


def _change(adapter: Adapter) -> Tensor:
    """Return B A, as the adapter's answer to an identity matrix."""
    width = adapter.linear.in_features
    identity = adapter.a.tape.new(width**2, adapter.a.itemsize)
    inner = products.linear(identity, adapter.a, width, adapter.rank)
    return products.linear(inner, adapter.b, width, adapter.linear.out_features)
