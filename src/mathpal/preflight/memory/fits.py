"""Whether a run fits into a device's memory, and what would make it fit."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mathpal.config import HardwareConfig
from mathpal.hardware import Device
from mathpal.preflight import gpus
from mathpal.preflight.memory.moments import estimate
from mathpal.preflight.memory.parts import Memory, gib
from mathpal.preflight.memory.remedies import CUTTING, KINDS, Fits, Kind, Remedy
from mathpal.preflight.memory.workload import Workload

CGROUPS = (
    ("sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory.current"),
    (
        "sys/fs/cgroup/memory/memory.limit_in_bytes",
        "sys/fs/cgroup/memory/memory.usage_in_bytes",
    ),
)
"""Files of cgroup v2 and v1 with the limit of a container and what it uses."""


@dataclass(frozen=True)
class Change:
    """Something to do differently, which makes a run fit."""

    name: str
    """In short: 4-bit, checkpointing, batch 2, ..."""
    overrides: tuple[str, ...]
    load: Workload
    """What the run asks for then."""
    num_bytes: int
    """Its peak."""

    @property
    def text(self) -> str:
        """The overrides to type, and the peak that they lead to."""
        return f"{' '.join(self.overrides)} ({gib(self.num_bytes)})"


def budget(hardware: HardwareConfig, device: Device) -> int | None:
    """Return the bytes that a run's device has for it; None where that cannot be known.

    A GPU that is named in the hardware is taken as planned for, here or elsewhere; of the CPU it
    is what is free now, within the limit of a container, shared by the processes of this machine.
    """
    if device.device == "cpu":
        free = available_bytes()
        return None if free is None else free // hardware.num_processes
    if device.is_planned or (hardware.gpu is None and hardware.memory_gb is not None):
        return gpus.usable_bytes(hardware)
    return _found_bytes()


def available_bytes(root: Path = Path("/")) -> int | None:
    """Return the bytes of memory that a process may still take on this machine."""
    found = [_free(root), *(_left(root / limit, root / used) for limit, used in CGROUPS)]
    known = [size for size in found if size is not None]
    return min(known) if known else None


def _free(root: Path) -> int | None:
    path = root / "proc/meminfo"
    if not path.is_file():
        import psutil

        return int(psutil.virtual_memory().available)
    lines = (line.partition(":") for line in path.read_text().splitlines())
    sizes = {name: text.split() for name, _, text in lines}
    return int(sizes["MemAvailable"][0]) * 1024


def _left(limit: Path, used: Path) -> int | None:
    if not (limit.is_file() and used.is_file()):
        return None
    text = limit.read_text().strip()
    return max(0, int(text) - int(used.read_text())) if text.isdecimal() else None


def _found_bytes() -> int | None:
    """Return the whole memory of the GPU at hand."""
    import torch

    if not torch.cuda.is_available():
        return None
    local = int(os.environ.get("LOCAL_RANK", "0"))
    return int(torch.cuda.get_device_properties(local).total_memory)


def changes(load: Workload, budget: int) -> list[Change]:
    """Return what would make a run fit, those changes first that cost least; none where it fits.

    They are single changes, or the fewest that do together, as one; rows and answers are cut only
    beside these, or where nothing else is enough.
    """
    return list(_changes(load, budget, KINDS))


def smallest(load: Workload, budget: int, kinds: Sequence[Kind] = KINDS) -> Change | None:
    """Return the first change of some kinds that makes a run fit; None where it fits or none do."""
    return next(_changes(load, budget, kinds), None)


def _changes(load: Workload, budget: int, kinds: Sequence[Kind]) -> Iterator[Change]:
    def fits(tried: Workload) -> bool:
        return _peak(tried) <= budget

    if fits(load):
        return
    found = False
    for remedy in _remedies(load, kinds, fits):
        found = True
        yield _changed(remedy)
    if not found:
        yield from map(_changed, _together(load, kinds, fits))


def _remedies(load: Workload, kinds: Sequence[Kind], fits: Fits) -> Iterator[Remedy]:
    """Yield single remedies, or gentle ones together, and then what cuts rows or answers."""
    gentle = [kind for kind in kinds if kind not in CUTTING]
    alone = False
    for kind in gentle:
        if remedy := _first(kind, load, fits):
            alone = True
            yield remedy
    if not alone:
        yield from _together(load, gentle, fits)
    for kind in kinds:
        if kind in CUTTING and (remedy := _first(kind, load, fits)):
            yield remedy


def refusal(memory: Memory, budget: int, changes: Sequence[Change]) -> str:
    """Say what does not fit, by how much, and what would make it fit."""
    peak = memory.peak
    what = max(peak.parts, key=lambda part: part.num_bytes)
    text = (
        f"memory: {peak.name} takes some {gib(peak.num_bytes)}, "
        f"{gib(peak.num_bytes - budget)} more than the {gib(budget)} there are; most of it is "
        f"{what.name}, {gib(what.num_bytes)}"
    )
    if not changes:
        return f"{text}; choose a smaller model or a larger GPU: mathpal fit tells which"
    return f"{text}; set {'; or '.join(change.text for change in changes)}"


def _peak(load: Workload) -> int:
    return estimate(load).peak.num_bytes


def _changed(remedy: Remedy) -> Change:
    return Change(remedy.name, remedy.overrides, remedy.load, _peak(remedy.load))


def _first(kind: Kind, load: Workload, fits: Fits) -> Remedy | None:
    """Return the mildest remedy of a kind that suffices."""
    return next((remedy for remedy in kind(load, fits) if fits(remedy.load)), None)


def _together(load: Workload, kinds: Sequence[Kind], fits: Fits) -> list[Remedy]:
    """Add kinds of remedies, those first that cost least, until all together suffice."""
    taken: list[Kind] = []
    before = Remedy("", (), load)
    for kind in kinds:
        if _first(kind, before.load, fits):
            return [_pruned(load, taken, kind, fits)]
        after = _strongest(before.load, [kind], fits)
        if after.overrides:
            taken.append(kind)
            before = before.then(after)
    return []


def _pruned(load: Workload, taken: Sequence[Kind], last: Kind, fits: Fits) -> Remedy:
    """Leave out the kinds without which the last one suffices as it is, costly ones first."""
    before = _strongest(load, taken, fits)
    found = _first(last, before.load, fits)
    assert found is not None
    needed = list(taken)
    for kind in reversed(taken):
        fewer = [other for other in needed if other is not kind]
        base = _strongest(load, fewer, fits)
        without = _first(last, base.load, fits)
        if without is not None and without.overrides == found.overrides:
            needed, before, found = fewer, base, without
    return before.then(found)


def _strongest(load: Workload, kinds: Sequence[Kind], fits: Fits) -> Remedy:
    """Return the last remedy of each kind, one upon the other."""
    whole = Remedy("", (), load)
    for kind in kinds:
        found = list(kind(whole.load, fits))
        if found:
            whole = whole.then(found[-1])
    return whole
