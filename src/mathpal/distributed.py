"""Several processes, one run: which of them this is, and what they tell each other.

`mathpal.launch` starts them. Each goes through the same story; the first one, rank 0, writes the
run's folder and has the screen.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

WORKER = "MATHPAL_WORKER"
"""Set in the environment of processes that `mathpal.launch` started; RANK alone is anybody's."""


def is_worker() -> bool:
    """Tell whether this process is one of several that carry a run."""
    return WORKER in os.environ


def rank() -> int:
    """Return the number of this process among all of the run."""
    return int(os.environ["RANK"]) if is_worker() else 0


def num_processes() -> int:
    """Return how many processes carry the run."""
    return int(os.environ["WORLD_SIZE"]) if is_worker() else 1


def is_main() -> bool:
    """Tell whether this process writes the run's folder."""
    return rank() == 0


def join(device: str) -> None:
    """Make this process known to the others, with its own device; alone, do nothing."""
    if num_processes() > 1:
        from accelerate import PartialState
        from torch.serialization import register_package

        PartialState(cpu=device == "cpu")
        # accelerate calls a process's CPU cpu:0 or cpu:1, where torch.load knows but one cpu.
        register_package(
            15,  # after torch's own cpu, before its cuda
            lambda _: None,
            lambda held, place: held if place.startswith("cpu:") else None,
        )


def share(items: Sequence[T]) -> list[T]:
    """Return this process's share of items: every num_processes-th one."""
    return list(items[rank() :: num_processes()])


def gather(mine: list[T]) -> list[T]:
    """Return the items of all processes in the order that `share` took them from."""
    if num_processes() == 1:
        return mine
    from torch import distributed

    shares: list[list[T]] = [[] for _ in range(num_processes())]
    distributed.all_gather_object(shares, mine)
    longest = max(map(len, shares))
    return [part[i] for i in range(longest) for part in shares if i < len(part)]


def any_of_all(flag: bool) -> bool:
    """Tell whether the flag is set in any process; all of them must ask."""
    return any(gather([flag]))


def leave() -> None:
    """Wait for the others, then end what `join` began."""
    from torch import distributed

    if distributed.is_initialized():
        distributed.barrier()
        distributed.destroy_process_group()
