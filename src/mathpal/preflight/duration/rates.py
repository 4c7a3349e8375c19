"""What machines achieve: GPUs by data sheet and an assumed share, CPUs as measured on one."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path

TERA, GIGA = 1e12, 1e9


@dataclass(frozen=True)
class Sheet:
    """A GPU's data sheet: dense products in 10^12 operations a second, memory in 10^9 bytes."""

    pattern: str
    """A regular expression that its name holds, as our options or its driver spell it."""
    half: float
    """bfloat16, or float16 where it lacks that, summed in float32, without sparsity."""
    tf32: float
    fp32: float
    memory: float


SHEETS = (
    Sheet(r"\bH200\b", 989, 495, 67, 4800),
    Sheet(r"\bH100\b", 989, 495, 67, 3350),
    Sheet(r"\bA100\b.*\b40 ?GB", 312, 156, 19.5, 1555),
    Sheet(r"\bA100\b", 312, 156, 19.5, 2039),
    Sheet(r"\bL4\b", 121, 60, 30.3, 300),
    Sheet(r"\bRTX 4090\b", 165, 82.6, 82.6, 1008),
    Sheet(r"\bRTX 3090\b", 71, 35.6, 35.6, 936),
    Sheet(r"\bT4\b", 65, 8.1, 8.1, 320),
)
"""NVIDIA's data sheets of the H100 SXM, H200 SXM, A100 SXM, L4 and T4 (half the figures given "with
sparsity"), and its whitepapers of the architectures GA102 (appendix A) and Ada (appendix A)."""

PRODUCT_SHARE = 0.5
"""Of the peak, what products of a model's matrices achieve on a GPU: assumed, not measured."""

MEMORY_SHARE = 0.7
"""Of the memory's rate, what reading and writing entry by entry achieves: assumed."""

BYTES_A_VALUE = 48
"""Bytes that a GPU moves in a training step for each entry into and out of a matrix: some twelve
passes of 4 bytes by norms, activations, adapters and their gradients. Assumed."""

GPU_LAYER_SECONDS = 2.5e-3
"""A layer's forward and backward pass on a GPU that waits for Python: assumed."""

GPU_TOKEN_LAYER_SECONDS = 0.6e-3
"""A layer's part of one generated token on a GPU that waits for Python: assumed."""

CPU_GFLOPS = {
    ("amx_bf16", "bf16"): 400.0,
    ("avx512_bf16", "bf16"): 170.0,
    ("avx512f", "fp32"): 75.0,
    ("avx2", "fp32"): 40.0,
    ("", "fp32"): 20.0,
}
"""10^9 operations a second that one thread achieves in products, by instructions and format.
Measured on MEASURED_ON in the second and third case; the others are assumed from those."""

EMULATED_SHARE = 0.3
"""Of its float32 rate, what a CPU without bfloat16 products achieves in bfloat16: assumed."""

CPU_VALUE_SECONDS = {"fp32": 10e-9, "bf16": 8e-9}
"""Of one thread, for each entry into and out of a matrix in a training step. Measured."""

CPU_LAYER_SECONDS = {"fp32": 6e-3, "bf16": 10e-3}
"""A layer's forward and backward pass, its calls alone, and its part of the optimizer. Measured."""

CPU_CAST_SECONDS = {"fp32": 0.0, "bf16": 1e-9}
"""For each weight that autocast turns to bfloat16 anew in every forward pass. Measured."""

CPU_TOKEN_LAYER_SECONDS = 1e-3
"""A layer's part of one generated token, its calls alone. Measured."""

CPU_MEMORY = 10.0
"""10^9 bytes of weights a second that products with a single token read. Measured."""

MEASURED_ON = "an AMD EPYC with AVX512-BF16, November 2026"

THREAD_POWER = 0.9
"""Many threads wait for each other: n of them do the work of n^0.9. Assumed."""


@dataclass(frozen=True)
class Rates:
    """What a machine achieves, in all threads of a process together."""

    name: str
    flops: float
    """Operations a second in products of matrices."""
    memory: float
    """Bytes a second."""
    value_seconds: float
    """For each entry into and out of a matrix in a training step."""
    cast_seconds: float
    """For each weight that a forward pass turns into another format."""
    layer_seconds: float
    """A layer's calls, forward and backward."""
    token_layer_seconds: float
    """A layer's calls for one generated token."""
    overlaps: bool
    """Whether calls are made while the device computes, as for a GPU."""
    basis: str
    """Where the rates are from."""


def of(
    device: str,
    precision: str,
    num_threads: int,
    *,
    gpu: str | None = None,
    tf32: bool | None = None,
    gflops: float | None = None,
) -> Rates | None:
    """Return the rates of a device, or None for a GPU that is not in the table."""
    if device == "cpu":
        return of_cpu(precision, num_threads, gflops)
    return None if gpu is None else of_gpu(gpu, precision, tf32=tf32)


def of_gpu(name: str, precision: str, *, tf32: bool | None = None) -> Rates | None:
    """Return the rates of a GPU by its name, or None for one that is not in the table."""
    sheet = next((s for s in SHEETS if re.search(s.pattern, name)), None)
    if sheet is None:
        return None
    peak = (sheet.tf32 if tf32 else sheet.fp32) if precision == "fp32" else sheet.half
    memory = sheet.memory * GIGA * MEMORY_SHARE
    return Rates(
        name=name,
        flops=peak * TERA * PRODUCT_SHARE,
        memory=memory,
        value_seconds=BYTES_A_VALUE / memory,
        cast_seconds=0.0,
        layer_seconds=GPU_LAYER_SECONDS,
        token_layer_seconds=GPU_TOKEN_LAYER_SECONDS,
        overlaps=True,
        basis=f"{PRODUCT_SHARE:.0%} of its {peak:g} TFLOP/s, assumed",
    )


def of_cpu(precision: str, num_threads: int, gflops: float | None = None) -> Rates:
    """Return the rates of this machine's CPU, by its instructions.

    `gflops` is what `measured_gflops` found here: the CPU is then taken to be as much quicker or
    slower in everything as it is in float32 products.
    """
    flags = cpu_flags()
    plain = _gflops(flags, "fp32")
    own = 1.0 if gflops is None else gflops / plain
    threads = own * num_threads**THREAD_POWER
    basis = f"at the rates of {MEASURED_ON}"
    if gflops is not None:
        basis = f"{gflops:.0f} GFLOP/s a thread in float32, tried just now"
    return Rates(
        name="one CPU thread" if num_threads == 1 else f"{num_threads} CPU threads",
        flops=_gflops(flags, precision) * GIGA * threads,
        memory=CPU_MEMORY * GIGA * own,
        value_seconds=CPU_VALUE_SECONDS[precision] / threads,
        cast_seconds=CPU_CAST_SECONDS[precision] / own,
        layer_seconds=CPU_LAYER_SECONDS[precision] / own,
        token_layer_seconds=CPU_TOKEN_LAYER_SECONDS / own,
        overlaps=False,
        basis=basis,
    )


def cpu_flags() -> frozenset[str]:
    """Return the instruction sets that Linux names, or none elsewhere."""
    info = Path("/proc/cpuinfo")
    return frozenset(info.read_text().split()) if info.is_file() else frozenset()


def measured_gflops(seconds: float = 0.05) -> float:
    """Measure what one thread of this machine achieves now in float32 products; takes torch.

    The best of a few: others on the machine only take away.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        a, b = torch.ones(512, 576), torch.ones(1536, 576)
        best, end = float("inf"), time.perf_counter() + seconds
        while time.perf_counter() < end:
            begun = time.perf_counter()
            torch.nn.functional.linear(a, b)
            best = min(best, time.perf_counter() - begun)
    finally:
        torch.set_num_threads(threads)
    return 2 * 512 * 576 * 1536 / best / GIGA


def _gflops(flags: frozenset[str], precision: str) -> float:
    found = [
        rate
        for (flag, format), rate in CPU_GFLOPS.items()
        if format == precision and (not flag or flag in flags)
    ]
    return found[0] if found else EMULATED_SHARE * _gflops(flags, "fp32")
