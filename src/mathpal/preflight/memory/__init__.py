"""What a run takes of a device's memory, before anything is loaded: by moment and by part."""

from mathpal.preflight.memory.fits import Change, budget, changes, refusal, smallest
from mathpal.preflight.memory.moments import estimate
from mathpal.preflight.memory.parts import GIB, Memory, Moment, Part, count, gib, table
from mathpal.preflight.memory.workload import Workload, workload_of

__all__ = [
    "GIB",
    "Change",
    "Memory",
    "Moment",
    "Part",
    "Workload",
    "budget",
    "changes",
    "count",
    "estimate",
    "gib",
    "refusal",
    "smallest",
    "table",
    "workload_of",
]
