"""Whether a run fits into a device's memory, and what would make it fit."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mathpal import limits
from mathpal.config import HardwareConfig
from mathpal.hardware import Device
from mathpal.preflight import gpus
from mathpal.preflight.memory.moments import estimate
from mathpal.preflight.memory.parts import Memory, gib
from mathpal.preflight.memory.remedies import CHOICES, CUTTING, KINDS, Fits, Kind, Remedy
from mathpal.preflight.memory.workload import Workload

STRONGEST = sys.maxsize
"""The place of a kind's last remedy."""


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
        number = self.load.num_devices
        each = f" on each of {number} GPUs" if number > 1 else ""
        return f"{' '.join(self.overrides)} ({gib(self.num_bytes)}{each})"


def budget(hardware: HardwareConfig, device: Device) -> int | None:
    """Return the bytes that a run's device has for it; None where that cannot be known.

    A GPU that is named in the hardware is taken as planned for, here or elsewhere; of the CPU it
    is what is free now, within the limit of a container, shared by the processes of this machine.
    """
    if device.device == "cpu":
        return available_bytes() // hardware.num_processes
    if device.is_planned or (hardware.gpu is None and hardware.memory_gb is not None):
        return gpus.usable_bytes(hardware)
    return _found_bytes()


def available_bytes(groups: Path = limits.GROUPS, own: Path = limits.OWN) -> int:
    """Return the bytes of memory that a process may still take on this machine."""
    import psutil

    free: int = psutil.virtual_memory().available
    allowed = limits.read(groups, own).free_bytes
    return free if allowed is None else max(0, min(free, allowed))


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
        for remedy in _sufficient(kind, load, fits):
            alone = True
            yield remedy
    if not alone:
        yield from _together(load, gentle, fits)
    for kind in kinds:
        if kind in CUTTING:
            yield from _sufficient(kind, load, fits)


def _sufficient(kind: Kind, load: Workload, fits: Fits) -> Iterator[Remedy]:
    """Yield the mildest remedy of a kind that is enough, or all where there is a choice."""
    found = (remedy for remedy in kind(load, fits) if fits(remedy.load))
    return found if kind in CHOICES else itertools.islice(found, 1)


def refusal(memory: Memory, budget: int, changes: Sequence[Change]) -> str:
    """Say what does not fit, by how much, and what would make it fit."""
    peak = memory.peak
    what = max(peak.parts, key=lambda part: part.num_bytes)
    text = (
        f"memory: {peak.name} takes some {gib(peak.num_bytes)}, "
        f"{gib(peak.num_bytes - budget)} more than the {gib(budget)} there are; the largest part "
        f"is {what.name}, {gib(what.num_bytes)}"
    )
    if not changes:
        return f"{text}; choose a smaller model or a larger GPU: mathpal fit tells which"
    return f"{text}; add {'; or '.join(change.text for change in changes)}"


def _peak(load: Workload) -> int:
    return estimate(load).peak.num_bytes


def _changed(remedy: Remedy) -> Change:
    return Change(remedy.name, remedy.overrides, remedy.load, _peak(remedy.load))


def _together(load: Workload, kinds: Sequence[Kind], fits: Fits) -> list[Remedy]:
    """Add kinds of remedies, those first that cost least, until all together suffice.

    What makes a peak higher is left out: quantised weights are kept beside others in float32.
    """
    places: dict[Kind, int] = {}
    before = Remedy("", (), load)
    for kind in kinds:
        after = _joined(load, {**places, kind: STRONGEST}, fits)
        if _peak(after.load) <= _peak(before.load):
            places[kind], before = STRONGEST, after
        if fits(before.load):
            return [_eased(load, places, fits)]
    return []


def _eased(load: Workload, places: Mapping[Kind, int], fits: Fits) -> Remedy:
    """Leave out what is not needed, then take the rest as mildly as may be, costly kinds first.

    Rows must not become shorter for it.
    """
    best = _joined(load, places, fits)
    for milder in (_without, _weaker):
        for kind in reversed(list(places)):
            for tried in milder(load, places, kind, fits):
                remedy = _joined(load, tried, fits)
                if fits(remedy.load) and remedy.load.num_tokens >= best.load.num_tokens:
                    best, places = remedy, tried
                    break
    return best


def _without(
    load: Workload, places: Mapping[Kind, int], kind: Kind, fits: Fits
) -> Iterator[dict[Kind, int]]:
    """Yield kinds without one of them."""
    yield {other: place for other, place in places.items() if other is not kind}


def _weaker(
    load: Workload, places: Mapping[Kind, int], kind: Kind, fits: Fits
) -> Iterator[dict[Kind, int]]:
    """Yield kinds with one of them weaker than its strongest, from the mildest on."""
    kinds = list(places)
    before = {other: places[other] for other in kinds[: kinds.index(kind)]}
    strengths = list(kind(_joined(load, before, fits).load, fits))
    for place in range(len(strengths) - 1):
        yield {**places, kind: place}


def _joined(load: Workload, places: Mapping[Kind, int], fits: Fits) -> Remedy:
    """Return the remedy of each kind at its place, from mild to strong, one upon the other."""
    whole = Remedy("", (), load)
    for kind, place in places.items():
        found = list(kind(whole.load, fits))
        if found:
            whole = whole.then(found[min(place, len(found) - 1)])
    return whole
