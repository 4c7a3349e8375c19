"""Let a trainer work on a batch, and find everything afterwards as it was before."""

from __future__ import annotations

import copy
import random
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

CONTAINERS = (dict, defaultdict, list, deque)
PLAIN = (bool, int, float, str, type(None))


@contextmanager
def restored(trainer: Any) -> Iterator[None]:
    """Put back what a step changes: random numbers, gradients, the trainer's and models' state.

    Weights are left to the block, which has to keep its hands off them, as off the optimizer.
    """
    from torch.nn import Module

    # GRPO counts its tokens in the state; the rest of it changes after a step alone.
    put_back = [_generators(), _attributes(trainer), _attributes(trainer.state)]
    models = [value for value in vars(trainer).values() if isinstance(value, Module)]
    modules = {id(module): module for model in models for module in model.modules()}
    put_back += [_module(module) for module in modules.values()]
    try:
        yield
    finally:
        trainer.model_wrapped.zero_grad()
        for restore in put_back:
            restore()


def _generators() -> Callable[[], None]:
    """Remember the random generators of Python, numpy and torch."""
    import numpy as np
    import torch

    python, numpy_state, cpu = random.getstate(), np.random.get_state(), torch.get_rng_state()
    on_gpu = torch.cuda.is_available() and torch.cuda.is_initialized()
    gpus = torch.cuda.get_rng_state_all() if on_gpu else []

    def restore() -> None:
        random.setstate(python)
        np.random.set_state(numpy_state)
        torch.set_rng_state(cpu)
        if gpus:
            torch.cuda.set_rng_state_all(gpus)

    return restore


def _attributes(holder: Any) -> Callable[[], None]:
    """Remember what a trainer holds: its counts, and the figures that TRL's keep until a log."""
    before = {name: _copied(value) for name, value in vars(holder).items()}

    def restore() -> None:
        vars(holder).clear()
        vars(holder).update(before)

    return restore


def _copied(value: Any) -> Any:
    """Return a copy of containers within containers; whatever else they hold is shared."""
    if type(value) not in CONTAINERS:
        return value
    found = copy.copy(value)
    for key, held in value.items() if isinstance(value, dict) else enumerate(value):
        found[key] = _copied(held)
    return found


def _module(module: Any) -> Callable[[], None]:
    """Remember a module's mode and numbers, and its buffers: some models write into them.

    torch's first FSDP sets itself up in its first forward pass, and stays so: it notes that in
    attributes of its own, and casts buffers.
    """
    import torch
    from torch.distributed.fsdp import FullyShardedDataParallel

    is_wrapper = isinstance(module, FullyShardedDataParallel)
    kept = {} if is_wrapper else vars(module)
    plain = {name: value for name, value in kept.items() if isinstance(value, PLAIN)}
    buffers = [
        (name, held, held.detach().to("cpu", copy=True))
        for name, held in module.named_buffers(recurse=False)
    ]

    def restore() -> None:
        vars(module).update(plain)
        for name, held, content in buffers:
            is_cast = held.dtype != content.dtype
            if not (is_cast or torch.equal(held.detach().to("cpu"), content)):
                with torch.no_grad():
                    held.copy_(content)
            module._buffers[name] = held

    return restore
