"""Models in pieces, by FSDP or DeepSpeed: what keeps them from it, on any machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mathpal.config import Experiment, as_dict

WRAP_POLICIES = ("TRANSFORMER_BASED_WRAP", "SIZE_BASED_WRAP", "NO_WRAP")
FIRST_FSDP = ("hybrid_shard", "no_shard", "hybrid_shard_zero2")
"""Strategies that torch's first FSDP had alone."""

FOLLOWERS = ("fsdp", "fsdp_config", "deepspeed")
"""Keys of the trainer that follow those of the hardware."""


def problems(experiment: Experiment) -> Iterator[str]:
    """Yield what of the request a model in pieces cannot have."""
    hardware, options = experiment.hardware, as_dict(experiment.trainer)
    asked = as_dict(hardware)
    for key in FOLLOWERS:
        if options[key] != asked[key]:
            yield f"trainer.{key}: follows the hardware; set hardware.{key} instead"
    if options["parallelism_config"] is not None:
        yield "trainer.parallelism_config: not supported; choose hardware=ddp, fsdp or deepspeed"
    if not hardware.sharded_by:
        return
    name, bits = hardware.sharded_by[0], experiment.model.quantization
    if bits != "none":
        yield (
            f"model.quantization={bits}: not for a model in pieces (hardware.{name}); set "
            "model.quantization=none, or choose hardware=ddp"
        )
    if name == "fsdp":
        yield from _fsdp(experiment, options)
    if name == "deepspeed" and options["auto_find_batch_size"]:
        yield (
            "trainer.auto_find_batch_size=true: not with hardware.deepspeed; set "
            "trainer.per_device_train_batch_size"
        )


def _fsdp(experiment: Experiment, options: Mapping[str, Any]) -> Iterator[str]:
    hardware = experiment.hardware
    asked = hardware.fsdp_config if isinstance(hardware.fsdp_config, Mapping) else {}
    config = {key.removeprefix("fsdp_"): value for key, value in asked.items()}
    if hardware.num_processes * hardware.num_nodes == 1:
        yield "hardware.fsdp: one process has nobody to share with; set hardware.num_processes=2"
    policy = config.get("auto_wrap_policy", WRAP_POLICIES[0])
    if policy not in WRAP_POLICIES:
        yield f"hardware.fsdp_config.auto_wrap_policy={policy}: one of {', '.join(WRAP_POLICIES)}"
    words = hardware.fsdp.split() if isinstance(hardware.fsdp, str) else []
    if int(config.get("version", 2)) == 2 and set(words) & set(FIRST_FSDP):
        yield f"hardware.fsdp={hardware.fsdp}: torch's second FSDP has none; set hardware.fsdp=true"
    if config.get("activation_checkpointing") and options["gradient_checkpointing"]:
        yield (
            "trainer.gradient_checkpointing=true: not with hardware.fsdp_config."
            "activation_checkpointing=true, which does the same; leave one of them out"
        )
    if options["save_only_model"] and options["load_best_model_at_end"]:
        yield (
            "trainer.save_only_model=true: a model in pieces cannot load the best of such "
            "checkpoints; set trainer.load_best_model_at_end=false"
        )
    if options["save_only_model"] and "SHARDED" in str(config.get("state_dict_type")):
        yield (
            "trainer.save_only_model=true: needs hardware.fsdp_config.state_dict_type="
            "FULL_STATE_DICT"
        )
