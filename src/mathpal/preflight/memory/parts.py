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
    """training, evaluation or answering."""
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
