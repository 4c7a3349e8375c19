"""Number formats and kernels against the GPU that is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from mathpal.config import Experiment, as_dict
from mathpal.hardware import FIRST_WITH_BF16

FIRST_WITH_TF32 = 8.0
FIRST_WITH_FLASH = {"flash_attention_2": 8.0, "flash_attention_3": 9.0}
"""Kernel -> compute capability of the first GPUs with it."""


def problems(experiment: Experiment) -> Iterator[str]:
    """Yield formats and kernels that the GPU of the hardware option, or each other, exclude."""
    hardware, kernel = experiment.hardware, experiment.model.attn_implementation
    options = as_dict(experiment.trainer)
    capability, gpu = hardware.capability, hardware.gpu or "this GPU"
    on_gpu = hardware.device != "cpu"
    if on_gpu and capability is not None:
        if hardware.precision == "bf16" and capability < FIRST_WITH_BF16:
            yield f"hardware.precision=bf16: {gpu} has no bfloat16; use fp16 or fp32"
        if hardware.tf32 and capability < FIRST_WITH_TF32:
            yield f"hardware.tf32=true: {gpu} has no TensorFloat-32; set it null"
        if options["bf16_full_eval"] and capability < FIRST_WITH_BF16:
            yield f"trainer.bf16_full_eval=true: {gpu} has no bfloat16; use trainer.fp16_full_eval"
        if capability < (first := FIRST_WITH_FLASH.get(kernel, 0)):
            yield (
                f"hardware.attn_implementation={kernel}: needs compute capability {first:g}, and "
                f"{gpu} has {capability:g}; use sdpa"
            )
    if kernel.startswith("flash") and hardware.precision == "fp32":
        yield (
            f"hardware.attn_implementation={kernel}: computes in bf16 or fp16 alone, not in "
            "hardware.precision=fp32; use sdpa, or hardware.precision=auto"
        )
    if kernel.startswith("flash") and not on_gpu:
        yield f"hardware.attn_implementation={kernel}: needs a GPU; use sdpa"
    if hardware.tf32 and not on_gpu and hardware.gpu is None:
        yield "hardware.tf32=true: a format of GPUs; set it null"
