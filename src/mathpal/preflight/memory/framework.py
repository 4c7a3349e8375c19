"""What a process holds beside its tensors."""

from __future__ import annotations

from dataclasses import replace

from mathpal.preflight.memory.parts import Moment, Part
from mathpal.preflight.memory.workload import Workload

MIB = 2**20

CONTEXT_MIB = ((9.0, 560), (8.0, 480), (0.0, 360))
"""Compute capability from which on -> MiB of a CUDA context with cuBLAS and its workspace.

Known figures of other people's machines (0.3 to 0.6 GB, as nvidia-smi shows beyond what torch has
reserved), not measured by us; kernels are loaded as they are used (CUDA_MODULE_LOADING=LAZY).
"""

NCCL_MIB = 300
"""Buffers of NCCL's channels between devices: a known figure, not measured by us."""

FRAGMENTATION = 0.05
"""Share of what comes and goes in a step that torch's allocator reserves beyond it.

It hands out blocks of 2 and 20 MiB, rounded up, and rows of differing lengths leave gaps; the
share is an assumption.
"""

INTERPRETER_MIB = 580
"""Resident size of a run of the tiny model just before its first step, less weights: VmRSS of
/proc/self/status on Linux with torch 2.13 for the CPU, transformers 5, trl 1.13, peft, datasets."""

PASSING = ("activations", "logits and loss", "gradients", "cache", "buffers")
"""Parts that are allocated anew in each step."""


def added(load: Workload, moment: Moment) -> Moment:
    """Return a moment with what the framework takes, in place of any such part."""
    parts = tuple(part for part in moment.parts if part.name != "framework")
    return replace(moment, parts=(*parts, overhead(load, replace(moment, parts=parts))))


def overhead(load: Workload, moment: Moment) -> Part:
    """Return what is held beside the tensors of a moment."""
    if load.device == "cpu":
        return Part("framework", INTERPRETER_MIB * MIB, "Python with torch, transformers and trl")
    context = _context_mib(load.capability) * MIB
    passing = sum(part.num_bytes for part in moment.parts if part.name in PASSING)
    gaps = int(FRAGMENTATION * passing)
    nccl = NCCL_MIB * MIB if load.num_devices > 1 else 0
    why = f"CUDA context, allocator ({FRAGMENTATION:.0%} of what comes and goes)"
    return Part("framework", context + gaps + nccl, why + (", NCCL" if nccl else ""))


def _context_mib(capability: float | None) -> int:
    known = 8.0 if capability is None else capability
    return next(size for least, size in CONTEXT_MIB if known >= least)
