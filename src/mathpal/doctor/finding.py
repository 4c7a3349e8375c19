"""What was found of one thing: its state, the facts, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How something is; a run without arguments fails at what is broken."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    """A line of the doctor's table."""

    name: str
    state: State
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        """Return the facts, and what to do about them."""
        return f"{self.text}; {self.remedy}" if self.remedy else self.text


def size(num_bytes: float) -> str:
    """Write a number of bytes.

    >>> size(141_300_000_000), size(2_150_000_000), size(540_000_000), size(12_345), size(0)
    ('141 GB', '2.1 GB', '540 MB', '12 kB', '0 kB')
    """
    if num_bytes < 1e6:
        return f"{num_bytes / 1e3:.0f} kB"
    if num_bytes < 1e9:
        return f"{num_bytes / 1e6:.0f} MB"
    return f"{num_bytes / 1e9:.{1 if num_bytes < 1e10 else 0}f} GB"


def listed(names: Iterable[str], limit: int = 6) -> str:
    """Join names, the first few of them.

    >>> listed(["torch", "trl"]), listed("abcd", limit=2)
    ('torch, trl', 'a, b and 2 more')
    """
    names = list(names)
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
