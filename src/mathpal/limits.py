"""What the machine's control groups leave to this process: processor time and memory.

Source: the kernel's Documentation/admin-guide/cgroup-v2 and cgroup-v1.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")

NO_LIMIT_BYTES = 2**60
"""From here on, a limit of version 1 stands for none."""


@dataclass(frozen=True)
class Limits:
    """The smallest limits of a process's group and those above it; None: no limit."""

    num_cores: float | None
    memory_bytes: int | None
    free_bytes: int | None
    """What the tightest group has left of its memory, files that it caches counted as free."""


def read(groups: Path = GROUPS, own: Path = OWN) -> Limits:
    """Return the limits of this process; none where the system has no control groups."""
    folders = list(_folders(groups, own))
    cores = [c for c in map(_cores, folders) if c is not None]
    memory = [m for m in map(_memory, folders) if m is not None]
    return Limits(
        min(cores, default=None),
        min((limit for limit, _ in memory), default=None),
        min((free for _, free in memory), default=None),
    )


def _folders(groups: Path, own: Path) -> Iterator[Path]:
    """Yield the folders of this process's groups and of all above them, up to the mount.

    In a container the path may be the host's, which is not there; its root then is the group.
    """
    lines = own.read_text().splitlines() if own.is_file() else []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        top = groups / controllers if controllers else groups
        if controllers and not controllers.startswith(("cpu", "memory")):
            continue
        folder = top / path.strip("/")
        while folder.is_relative_to(top):
            if folder.is_dir():
                yield folder
            folder = folder.parent


def _cores(folder: Path) -> float | None:
    quota, period = ([*_words(folder / "cpu.max"), "max", ""])[:2]
    if quota == "max":
        quota = next(iter(_words(folder / "cpu.cfs_quota_us")), "-1")
        period = next(iter(_words(folder / "cpu.cfs_period_us")), "")
    return int(quota) / int(period) if period.isdecimal() and int(quota) > 0 else None


def _memory(folder: Path) -> tuple[int, int] | None:
    """Return a group's limit and what is free of it."""
    for limit, usage, cached in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        word = next(iter(_words(folder / limit)), "max")
        if word.isdecimal() and int(word) < NO_LIMIT_BYTES:
            statistics = _words(folder / "memory.stat")
            used = int(next(iter(_words(folder / usage)), "0"))
            counts = dict(zip(statistics[::2], statistics[1::2], strict=True))
            used -= int(counts.get(cached, "0"))
            return int(word), int(word) - used
    return None


def _words(path: Path) -> list[str]:
    """Return the words of a file; none where it is not there, or is not ours to read."""
    with suppress(OSError):
        return path.read_text().split()
    return []
