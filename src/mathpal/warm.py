"""What a process that carries many runs keeps from one to the next: a worker of a sweep.

Only after `keep()`; an ordinary run holds nothing longer than it needs it.
"""

from __future__ import annotations

import copy
import gc
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")

NEWEST = 2
"""Values that are kept of each kind: a sweep goes back and forth between a few."""

_keeping = False
_settled = False
"""Whether what stays after the first run was set apart from what is collected."""
_values: dict[str, dict[str, Any]] = {}
"""Kind -> key as JSON -> value, the last used at the end."""


def keep() -> None:
    """Keep things in this process from now on, once it has imported what runs need.

    Later collections pass over what was imported: Trainer makes a whole one each time it trains.
    """
    global _keeping
    _keeping = True
    gc.freeze()


def is_keeping() -> bool:
    """Tell whether this process keeps things."""
    return _keeping


def forget() -> None:
    """Drop everything, and keep nothing from now on."""
    global _keeping, _settled
    _keeping = _settled = False
    _values.clear()
    gc.unfreeze()


def drop(kind: str) -> None:
    """Drop what is kept of a kind."""
    _values.pop(kind, None)


@contextmanager
def paused(*, when: bool) -> Iterator[None]:
    """Keep nothing within the block, nor use what is kept."""
    global _keeping
    before, _keeping = _keeping, _keeping and not when
    try:
        yield
    finally:
        _keeping = before


def kept(kind: str, key: Any, make: Callable[[], T], most: int = NEWEST) -> T:
    """Return what was made earlier for an equal key, or make it.

    `key` is anything that JSON can write. At most `most` values of the kind exist at any time, the
    one being made included; whoever gets one must not change it.
    """
    if not _keeping:
        return make()
    values, name = _values.setdefault(kind, {}), json.dumps(key, sort_keys=True)
    if name in values:
        values[name] = values.pop(name)
    else:
        while len(values) >= most:
            del values[next(iter(values))]
        values[name] = make()
    found: T = values[name]
    return found


def derived(kind: str, source: Any, key: Any, make: Callable[[], T], most: int = NEWEST) -> T:
    """Return what was made earlier of the very same `source`, an object that is kept, or make it.

    The source stays with it, so that no other object takes its id.
    """
    return kept(kind, [id(source), key], lambda: (source, make()), most)[1]


def own(value: T) -> T:
    """Return a copy of what is kept, for a run that may change it; unkept, the value itself."""
    return copy.deepcopy(value) if _keeping else value


def tidy() -> None:
    """Free what an earlier run left in cycles, its model among it, before another is loaded.

    The first time that there is an earlier run, what stays is set apart from later collections.
    """
    global _settled
    if not _keeping:
        return
    gc.collect()
    if _values and not _settled:
        gc.freeze()
        _settled = True


class SharedModel:
    """A model whose weights many runs read, each through modules of its own."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self._sum = self._summed()

    def view(self) -> Any:
        """Return a copy that shares the storage of the parameters, and nothing else.

        What a run does to modules, hooks, settings, requires_grad or `.data` stays in its copy;
        only a write in place reaches the others. Tied parameters stay tied. Buffers are copied:
        they are small, and models write into some.
        """
        from torch.nn import Parameter

        memo: dict[int, Any] = {
            id(parameter): Parameter(parameter.detach(), requires_grad=parameter.requires_grad)
            for parameter in self.model.parameters()
        }
        return copy.deepcopy(self.model, memo)

    def is_intact(self) -> bool:
        """Tell whether no run has written into the weights.

        Their sum tells, 25 ms for 500 MB: torch's version counters are shared with the views, but
        miss what is written through `.data`, as PEFT does where it merges.
        """
        return self._summed() == self._sum

    def _summed(self) -> int:
        return sum(int(found) for found in [_bit_sum(p) for p in self.model.parameters()])


def _bit_sum(tensor: Any) -> Any:
    """Add up the bits of a tensor as integers of 64 bits, or of 8 where it does not divide."""
    import torch

    flat = tensor.detach().reshape(-1)
    whole = flat.numel() * flat.element_size() % 8 == 0
    return flat.view(torch.int64 if whole else torch.uint8).sum()
