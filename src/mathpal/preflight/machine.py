"""Rules about the machine: devices, and packages that a choice needs. No torch here."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator

from mathpal.config import Experiment, as_dict
from mathpal.hardware import may_have_gpu, no_gpu

OPTIMIZER_PACKAGES = (
    (("adamw_torch_4bit", "adamw_torch_8bit"), "torchao", "torchao"),
    (("galore",), "galore_torch", "galore-torch"),
    (("8bit", "paged_", "bnb", "lion_32bit", "ademamix"), "bitsandbytes", "bitsandbytes"),
    (("schedule_free",), "schedulefree", "schedulefree"),
    (("apollo",), "apollo_torch", "apollo-torch"),
    (("lomo",), "lomo_optim", "lomo-optim"),
    (("grokadamw",), "grokadamw", "grokadamw"),
    (("stable_adamw",), "optimi", "torch-optimi"),
    (("anyprecision",), "torchdistx", "torchdistx"),
    (("lion", "muon"), "pytorch_optimizer", "pytorch-optimizer"),
)
"""Parts of an optimizer's name -> module and package that it needs; the first match counts."""

NEED_GPU = ("bitsandbytes", "torchao", "galore_torch", "apollo_torch")


def problems(experiment: Experiment) -> Iterator[str]:
    """Yield what this machine cannot do; a dry run may plan for another machine."""
    yield from _processes(experiment)
    if experiment.dry_run:
        return
    yield from _backend(experiment)
    yield from _device(experiment)
    yield from _quantization(experiment)
    yield from _optimizer(experiment)
    if experiment.hardware.deepspeed is not None and not _installed("deepspeed"):
        yield "hardware=deepspeed: deepspeed is not installed: pip install deepspeed"


def has_gpu(experiment: Experiment) -> bool:
    """Tell whether a run may use a GPU here."""
    return experiment.hardware.device != "cpu" and may_have_gpu()


def _backend(experiment: Experiment) -> Iterator[str]:
    if experiment.backend != "unsloth":
        return
    instead = (
        "add backend=transformers, which runs everywhere, or choose model=smollm2 or model=tiny"
    )
    # Unsloth's own switch, for its tests: it imports and trains tiny models without a GPU.
    if experiment.trainer.head == "score":
        yield "backend=unsloth: does not train a model that gives scores; add backend=transformers"
    if not has_gpu(experiment) and os.environ.get("UNSLOTH_ALLOW_CPU") != "1":
        yield f"backend=unsloth: needs a GPU, and there is none to use; {instead}"
    elif not _installed("unsloth"):
        yield f"backend=unsloth: not installed: pip install mathpal[unsloth]; or {instead}"


def _device(experiment: Experiment) -> Iterator[str]:
    hardware = experiment.hardware
    if hardware.device == "cuda" and not may_have_gpu():
        yield no_gpu(hardware)
    elif hardware.precision == "fp16" and not has_gpu(experiment):
        yield "hardware.precision=fp16: needs a GPU; use bf16 or fp32 on the CPU"


def _quantization(experiment: Experiment) -> Iterator[str]:
    bits = experiment.model.quantization
    if bits == "none":
        return
    if experiment.lora is None:
        yield f"model.quantization={bits}: only frozen weights can be quantised; choose lora=r16"
    if not has_gpu(experiment):
        yield f"model.quantization={bits}: needs a GPU; set model.quantization=none"
    elif not _installed("bitsandbytes"):
        yield f"model.quantization={bits}: bitsandbytes is not installed: pip install bitsandbytes"


def _optimizer(experiment: Experiment) -> Iterator[str]:
    name = as_dict(experiment.trainer)["optim"]
    for parts, module, package in OPTIMIZER_PACKAGES:
        if any(part in name for part in parts):
            if module in NEED_GPU and not has_gpu(experiment):
                yield f"trainer.optim={name}: needs a GPU; choose optimizer=adamw"
            elif not _installed(module):
                yield (
                    f"trainer.optim={name}: {package} is not installed: pip install {package}; "
                    "or choose optimizer=adamw"
                )
            return


def _processes(experiment: Experiment) -> Iterator[str]:
    hardware = experiment.hardware
    sharded = [n for n in ("fsdp", "deepspeed") if as_dict(hardware)[n]]
    if hardware.node_rank >= hardware.num_nodes:
        yield (
            f"hardware.node_rank={hardware.node_rank}: machines are numbered from 0 to "
            f"{hardware.num_nodes - 1}"
        )
    host, _, port = hardware.main_address.rpartition(":")
    if not host or not port.isdecimal():
        yield f"hardware.main_address={hardware.main_address}: expected HOST:PORT"
    elif hardware.num_nodes > 1 and int(port) == 0:
        yield "hardware.num_nodes: machines must meet; set hardware.main_address=HOST:PORT"
    if experiment.backend == "unsloth" and sharded:
        yield f"hardware.{sharded[0]}: Unsloth does not shard a model; add backend=transformers"
    if len(sharded) > 1:
        yield "hardware.fsdp and hardware.deepspeed do not go together; set one of them to null"


def _installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
