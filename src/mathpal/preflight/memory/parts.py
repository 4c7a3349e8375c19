"""An estimate of memory, by moment and by part."""

from __future__ import annotations

from dataclasses import dataclass

GIB = 2**30


@dataclass(frozen=True)
class Part:
    """Something that takes memory."""

    name: str
    """weights, adapter, gradients, optimizer, activations, logits and loss, reference, cache,
    buffers, framework."""
    num_bytes: int
    why: str
    """Its arithmetic in short, such as 3.21B x 2 bytes."""


@dataclass(frozen=True)
class Moment:
    """What is held at one time."""

    name: str
    """training, evaluation (the held-out loss), answering, generation (GRPO's own answers) or
    loading."""
    parts: tuple[Part, ...]

    @property
    def num_bytes(self) -> int:
        """All parts together."""
        return sum(part.num_bytes for part in self.parts)


@dataclass(frozen=True)
class Memory:
    """The moments of a run."""

    moments: tuple[Moment, ...]

    @property
    def peak(self) -> Moment:
        """The moment that takes most."""
        return max(self.moments, key=lambda moment: moment.num_bytes)


def table(memory: Memory, budget: int | None) -> list[tuple[str, str]]:
    """Return lines for people: the peak against what there is, then its parts, largest first."""
    peak = memory.peak
    total = max(1, peak.num_bytes)
    of_all = "" if budget is None else f" of {gib(budget)} ({total / budget:.0%})"
    lines = [("peak", f"{gib(total)}{of_all}, in {peak.name}")]
    for part in sorted(peak.parts, key=lambda part: -part.num_bytes):
        if part.num_bytes:
            share = f"{part.num_bytes / total:.0%}"
            lines.append((part.name, f"{gib(part.num_bytes)} ({share}): {part.why}"))
    others = [moment for moment in memory.moments if moment is not peak]
    if others:
        lines.append(("else", ", ".join(f"{m.name} {gib(m.num_bytes)}" for m in others)))
    return lines


def gib(num_bytes: int) -> str:
    """Write bytes in GiB.

    >>> gib(2 * GIB), gib(12_345_678), gib(150 * GIB)
    ('2.00 GiB', '0.01 GiB', '150 GiB')
    """
    size = num_bytes / GIB
    return f"{size:.3g} GiB" if size >= 10 else f"{size:.2f} GiB"
