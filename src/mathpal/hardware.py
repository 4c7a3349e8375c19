"""Choose the device and the number format from what the machine can do, and say why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mathpal.config import HardwareConfig
from mathpal.errors import RequestError

BF16_FLAGS = {"avx512_bf16": "AVX512-BF16", "amx_bf16": "AMX"}
"""Flags of /proc/cpuinfo -> the instructions that multiply bfloat16 in hardware."""

SMALL_MODEL_PARAMETERS = 20_000_000
"""Below this, casting costs more than bf16 products save on a CPU (`make bench` measures it)."""


@dataclass(frozen=True)
class Device:
    """Where a run computes, and in which number format."""

    device: str
    precision: str
    num_threads: int
    reason: str


def choose(hardware: HardwareConfig, num_parameters: int) -> Device:
    """Return the device and precision for a model of this size.

    Raises: RequestError where the machine has not got what was asked for.
    """
    import torch

    has_cuda = torch.cuda.is_available()
    if hardware.device == "cuda" and not has_cuda:
        raise RequestError(
            "hardware.device=cuda: no CUDA GPU was found; set hardware=cpu, "
            "or install a CUDA build of torch"
        )
    num_threads = hardware.num_threads or torch.get_num_threads()
    if has_cuda and hardware.device != "cpu":
        name = torch.cuda.get_device_name()
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        best = "bf16" if native else "fp16"
        why = f"{name} {'has' if native else 'lacks'} bfloat16"
        precision, reason = _asked_or(hardware.precision, best, why)
        return Device("cuda", precision, num_threads, reason)
    best, why = _cpu_precision(num_parameters)
    precision, reason = _asked_or(hardware.precision, best, why)
    if precision == "fp16":
        raise RequestError("hardware.precision=fp16: needs a GPU; use bf16 or fp32 on the CPU")
    return Device("cpu", precision, num_threads, reason)


def cpu_bf16() -> str | None:
    """Name the instructions with which this CPU multiplies bfloat16, or None."""
    info = Path("/proc/cpuinfo")
    flags = set(info.read_text().split()) if info.is_file() else set()
    return next((name for flag, name in BF16_FLAGS.items() if flag in flags), None)


def _cpu_precision(num_parameters: int) -> tuple[str, str]:
    instructions = cpu_bf16()
    if instructions is None:
        return "fp32", "this CPU has no bfloat16 products"
    if num_parameters < SMALL_MODEL_PARAMETERS:
        return "fp32", f"a model this small gains nothing from {instructions}"
    return "bf16", f"this CPU has {instructions}"


def _asked_or(asked: str, best: str, why: str) -> tuple[str, str]:
    return (best, why) if asked == "auto" else (asked, "as asked")
