"""What of a moment is left on one device of several: DDP, FSDP and DeepSpeed's ZeRO.

Sources: ZeRO, arXiv 1910.02054, sections 3 and 5; PyTorch FSDP, arXiv 2304.11277, section 3.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mathpal.models.shape import Shape, num_parameters
from mathpal.preflight.memory.parts import Moment, Part
from mathpal.preflight.memory.workload import Workload

FSDP = frozenset(["weights", "adapter", "gradients", "optimizer", "reference"])
ZERO = {
    0: frozenset[str](),
    1: frozenset(["optimizer"]),
    2: frozenset(["optimizer", "gradients"]),
    3: FSDP,
}
"""Stage of ZeRO -> the parts of which a device keeps its share."""

MASTER_BYTES = 4
"""Of a trained weight's float32 copy, which DeepSpeed's optimizer holds in 16-bit training."""


def shared(load: Workload, moment: Moment) -> Moment:
    """Return what one of the devices holds at a moment that a single device would have."""
    if load.num_devices == 1:
        return moment
    if load.sharded_by == "fsdp":
        parts = _divided(moment.parts, FSDP, load.num_devices)
        return replace(moment, parts=(*parts, _gathered(load)))
    if load.sharded_by == "deepspeed":
        return _zero(load, moment)
    return replace(moment, parts=(*moment.parts, _buckets(moment)))


def sharers(load: Workload) -> Mapping[str, int]:
    """Return how many devices share each part that is in pieces."""
    if load.num_devices == 1 or load.sharded_by is None:
        return {}
    parts = FSDP if load.sharded_by == "fsdp" else ZERO[zero_stage(load.options)]
    return dict.fromkeys(parts, load.num_devices)


def zero_stage(options: Mapping[str, Any]) -> int:
    """Return the stage of a DeepSpeed config; one in a file is taken for stage 2."""
    config = options.get("deepspeed")
    if not isinstance(config, Mapping):
        return 2
    return int(config.get("zero_optimization", {}).get("stage", 0))


def _buckets(moment: Moment) -> Part:
    """Return DDP's buckets: a copy of the gradients, which it adds up between devices."""
    size = sum(part.num_bytes for part in moment.parts if part.name == "gradients")
    return Part("buffers", size, "DDP's buckets of gradients")


def _zero(load: Workload, moment: Moment) -> Moment:
    """Divide by ZeRO; in 16 bits, whole models are trained beside a divided float32 copy."""
    stage = zero_stage(load.options)
    parts = tuple(_halved(load, part) for part in moment.parts)
    if master := _master(load, moment):
        parts = (*parts, master)
    parts = _divided(parts, ZERO[stage], load.num_devices)
    parts = tuple(part for part in parts if part.name not in _offloaded(load.options))
    return replace(moment, parts=(*parts, _gathered(load)) if stage == 3 else parts)


def _halved(load: Workload, part: Part) -> Part:
    """Return weights and gradients in 16 bits where DeepSpeed trains all of them so."""
    in_full = load.lora is None and load.precision != "fp32"
    if not in_full or part.name not in ("weights", "gradients"):
        return part
    return replace(part, num_bytes=part.num_bytes // 2, why=f"{part.why}, in 16 bits")


def _master(load: Workload, moment: Moment) -> Part | None:
    if load.lora is not None or load.precision == "fp32":
        return None
    size = MASTER_BYTES * num_parameters(load.shape)
    return Part("optimizer", size, "float32 copy of the weights")


def _offloaded(options: Mapping[str, Any]) -> frozenset[str]:
    """Return the parts that DeepSpeed moves to the machine's own memory."""
    config = options.get("deepspeed")
    settings = config.get("zero_optimization", {}) if isinstance(config, Mapping) else {}
    gone: set[str] = set()
    if (settings.get("offload_optimizer") or {}).get("device") in ("cpu", "nvme"):
        gone.add("optimizer")
    if (settings.get("offload_param") or {}).get("device") in ("cpu", "nvme"):
        gone.add("weights")
    return frozenset(gone)


def _divided(parts: tuple[Part, ...], names: frozenset[str], num_devices: int) -> tuple[Part, ...]:
    return tuple(_share(part, num_devices) if part.name in names else part for part in parts)


def _share(part: Part, num_devices: int) -> Part:
    size = -(-part.num_bytes // num_devices)
    return replace(part, num_bytes=size, why=f"{part.why} / {num_devices}")


def _gathered(load: Workload) -> Part:
    """Return the units that are whole at one time: the outermost, a layer and the one after it."""
    bytes_each = 4 if load.precision == "fp32" else 2
    with_gradients = 2 if load.lora is None else 1
    layer = max(_layer_parameters(load.shape))
    outermost = num_parameters(load.shape) - sum(_layer_parameters(load.shape))
    size = bytes_each * (outermost + (1 + with_gradients) * layer)
    return Part("buffers", size, "embeddings, head and two layers gathered")


def _layer_parameters(shape: Shape) -> list[int]:
    return [
        sum(linear.num_parameters for linear in layer.linears) + layer.num_norm_parameters
        for layer in shape.layers
    ]
