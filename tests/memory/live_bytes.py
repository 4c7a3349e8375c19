"""Count the bytes of all tensors that are alive, at every operation of PyTorch on the CPU."""

import weakref
from collections.abc import Iterable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter


class LiveBytes(TorchDispatchMode):
    """Follow every storage that an operation reads or returns, from its creation to its release.

    A storage counts once however many views it has. The backward pass of a CPU runs in the thread
    that called it, so that its operations are seen too, and so are the copies that autocast makes.
    What a kernel takes and gives back inside one operation is not: the workspace of oneDNN, the
    blocks of the attention kernel.
    """

    def __init__(self, held: Iterable[torch.Tensor] = ()) -> None:
        """Start from tensors that are alive already: parameters and buffers."""
        super().__init__()
        self.now = 0
        self.peak = 0
        self._known: weakref.WeakSet[torch.UntypedStorage] = weakref.WeakSet()
        for tensor in held:
            self._follow(tensor)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run an operation, and follow what went in and what came out."""
        result = func(*args, **(kwargs or {}))
        for value in tree_iter((args, kwargs, result)):
            if isinstance(value, torch.Tensor):
                self._follow(value)
        self.peak = max(self.peak, self.now)
        return result

    def _follow(self, tensor: torch.Tensor) -> None:
        storage = tensor.untyped_storage()
        if storage in self._known:
            return
        self._known.add(storage)
        self.now += storage.nbytes()
        weakref.finalize(storage, self._forget, storage.nbytes())

    def _forget(self, num_bytes: int) -> None:
        self.now -= num_bytes
