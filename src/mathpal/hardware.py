"""Choose the device and the number format from what the machine can do, and say why."""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass
from pathlib import Path

from mathpal.config import HardwareConfig
from mathpal.distributed import is_worker
from mathpal.errors import RequestError

BF16_FLAGS = {"avx512_bf16": "AVX512-BF16", "amx_bf16": "AMX"}
"""Flags of /proc/cpuinfo -> the instructions that multiply bfloat16 in hardware."""

SMALL_MODEL_PARAMETERS = 20_000_000
"""Below this, casting costs more than bf16 products save on a CPU (`make bench` measures it)."""

FIRST_WITH_BF16 = 8.0
"""Compute capability of the first GPUs with bfloat16 (Ampere)."""

GPU_FILES = ("nvidia[0-9]*", "dxg", "kfd")
"""What the drivers of NVIDIA (native, WSL) and AMD put into /dev where there is a GPU."""


@dataclass(frozen=True)
class Device:
    """Where a run computes, and in which number format."""

    device: str
    precision: str
    num_threads: int
    reason: str
    gpu: str | None = None
    """Its name, as our options or its driver spell it; None: a CPU."""
    is_planned: bool = False
    """Whether it need not be here: for the plan of another machine."""


def may_have_gpu() -> bool:
    """Tell, without torch, whether this machine may have a GPU; False is certain on Linux."""
    files = any(path for pattern in GPU_FILES for path in Path("/dev").glob(pattern))
    return files or sys.platform == "win32"


def choose(
    hardware: HardwareConfig,
    num_parameters: int,
    *,
    planning: bool = False,
    needs_gpu: bool = False,
) -> Device:
    """Return the device and precision for a model of this size.

    `planning` is for a machine other than this one: the GPU asked for, or needed, need not be here.

    Raises: RequestError where the machine has not got what was asked for.
    """
    import torch

    has_cuda = torch.cuda.is_available()
    # A worker was given its share of the threads already.
    sharers = 1 if is_worker() else hardware.num_processes
    own = _own_num_threads()
    num_threads = hardware.num_threads or max(1, own // sharers)
    lacks_gpu = hardware.device == "cuda" and not has_cuda
    wants_gpu = hardware.gpu or lacks_gpu or (needs_gpu and not has_cuda)
    if planning and hardware.device != "cpu" and wants_gpu:
        return _planned(hardware, num_threads)
    if lacks_gpu:
        raise RequestError(no_gpu(hardware))
    if has_cuda and hardware.device != "cpu":
        return _gpu(hardware, num_threads)
    best, why = _cpu_precision(num_parameters)
    precision, reason = _asked_or(hardware.precision, best, why)
    if precision == "fp16":
        raise RequestError("hardware.precision=fp16: needs a GPU; use bf16 or fp32 on the CPU")
    return Device("cpu", precision, num_threads, reason)


@functools.cache
def _own_num_threads() -> int:
    """Return the threads that torch took by itself, before a run of this process set them."""
    import torch

    num_threads: int = torch.get_num_threads()
    return num_threads


def no_gpu(hardware: HardwareConfig) -> str:
    """Say that the GPU asked for is not here, and what to do."""
    return (
        f"hardware.device=cuda: no CUDA GPU was found; set hardware.device=cpu, install a CUDA "
        f"build of torch, or plan for {hardware.gpu or 'a GPU'} by dry_run=true"
    )


def _gpu(hardware: HardwareConfig, num_threads: int) -> Device:
    import torch

    if hardware.num_processes > (here := torch.cuda.device_count()):
        raise RequestError(
            f"hardware.num_processes={hardware.num_processes}: this machine has {here} GPU; "
            f"set hardware.num_processes={here}, or hardware.device=cpu"
        )
    name = torch.cuda.get_device_name()
    native = torch.cuda.is_bf16_supported(including_emulation=False)
    _require_bf16(hardware, native, name)
    if hardware.attn_implementation.startswith("flash") and not native:
        raise RequestError(
            f"hardware.attn_implementation={hardware.attn_implementation}: needs an Ampere GPU or "
            f"newer, not {name}; use sdpa"
        )
    best = "bf16" if native else "fp16"
    why = f"{name} {'has' if native else 'lacks'} bfloat16"
    precision, reason = _asked_or(hardware.precision, best, why)
    return Device("cuda", precision, num_threads, reason, name)


def _planned(hardware: HardwareConfig, num_threads: int) -> Device:
    """Return the device of a plan for another machine, from what its option says of the GPU."""
    size = "" if hardware.memory_gb is None else f" ({hardware.memory_gb:g} GB)"
    name = f"{hardware.gpu or 'a GPU'}{size}"
    native = hardware.capability is None or hardware.capability >= FIRST_WITH_BF16
    _require_bf16(hardware, native, name)
    precision, _ = _asked_or(hardware.precision, "bf16" if native else "fp16", "")
    return Device("cuda", precision, num_threads, f"planned for {name}", name, is_planned=True)


def _require_bf16(hardware: HardwareConfig, native: bool, name: str) -> None:
    if hardware.precision == "bf16" and not native:
        raise RequestError(f"hardware.precision=bf16: {name} has no bfloat16; use fp16 or fp32")


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
