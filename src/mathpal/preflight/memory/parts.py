"""An estimate of memory, by moment and by part."""

from __future__ import annotations

from dataclasses import dataclass

MIB, GIB = 2**20, 2**30

SMALL_SHARE = 0.01
"""Of the peak: parts below it are one line of the table."""


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
    of_all = f" of {gib(budget)} ({total / budget:.0%})" if budget else ""
    lines = [("peak", f"{gib(total)}{of_all}, in {peak.name}")]
    parts = sorted(peak.parts, key=lambda part: -part.num_bytes)
    for part in (part for part in parts if part.num_bytes >= SMALL_SHARE * total):
        share = f"{part.num_bytes / total:.0%}"
        lines.append((part.name, f"{gib(part.num_bytes)} ({share}): {part.why}"))
    small = [part for part in parts if 0 < part.num_bytes < SMALL_SHARE * total]
    if small:
        names = ", ".join(dict.fromkeys(part.name for part in small))
        lines.append(("other", f"{gib(sum(part.num_bytes for part in small))}: {names}"))
    others = [moment for moment in memory.moments if moment is not peak]
    if others:
        lines.append(("else", ", ".join(f"{m.name} {gib(m.num_bytes)}" for m in others)))
    return lines


def gib(num_bytes: int) -> str:
    """Write bytes in GiB, few of them in MiB.

    >>> gib(2 * GIB), gib(12_345_678), gib(150 * GIB), gib(100_000)
    ('2.00 GiB', '12 MiB', '150 GiB', '0.1 MiB')
    """
    size = num_bytes / GIB
    if size < 0.1:
        return f"{num_bytes / MIB:.0f} MiB" if num_bytes >= MIB else f"{num_bytes / MIB:.1f} MiB"
    return (
        f"{size:.0f} GiB" if size >= 100 else f"{size:.1f} GiB" if size >= 10 else f"{size:.2f} GiB"
    )


def count(number: int) -> str:
    """Abbreviate a count.

    >>> count(3_212_749_824), count(134_515_008), count(1_660_000), count(512)
    ('3.21B', '135M', '1.66M', '512')
    >>> count(999_885_952)
    '1B'
    """
    for unit, name in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if number >= 0.9995 * unit:
            return f"{number / unit:.3g}{name}"
    return str(number)
