"""What PyTorch holds during a training step, played through with sizes in place of numbers.

Every operation of a step allocates its result and keeps for the backward pass what its derivative
needs; a tensor is gone with its last reference, here as there. So a model that is written down as
its operations (mathpal.preflight.memory.operations) yields the bytes alive at any moment, and their
peak, by addition and subtraction alone. The rules are those of torch.autograd:
- a storage counts once, however many tensors show it, and what several operations keep is one;
- nodes run in the reverse of the order in which they were made, and free what they kept afterwards
  (torch/csrc/autograd/engine.cpp, graph_task without keep_graph);
- gradients that meet are added in place where nobody else holds the first (input_buffer.cpp), and
  a parameter takes its first gradient as it comes, without a copy (accumulate_grad.h);
- under autocast a matrix product casts its factors, and the cast of a trained parameter is kept
  until autocast ends (aten/src/ATen/autocast_mode.cpp, cached_cast);
- a checkpoint keeps the inputs of its part and computes it anew when the backward pass first needs
  something of it (torch/utils/checkpoint.py, use_reentrant=False; arXiv 1604.06174).
"""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

FP32, HALF, BYTE = 4, 2, 1
"""Bytes of a number."""

LAST = 1 << 60
"""The rank of a parameter's node, which runs as soon as its gradient is there."""

Rule = Callable[..., Sequence["Tensor | None"]]
"""From the gradient of a result, and what was kept, to those of the inputs."""


class Storage:
    """Memory that tensors show."""

    __slots__ = ("num_bytes", "part", "tape", "users")

    def __init__(self, tape: Tape, num_bytes: int, part: str) -> None:
        self.tape, self.num_bytes, self.part, self.users = tape, num_bytes, part, 0
        tape.grow(part, num_bytes)

    def belong_to(self, part: str) -> None:
        """Count it to another part from now on."""
        self.tape.shrink(self.part, self.num_bytes)
        self.tape.grow(part, self.num_bytes)
        self.part = part


class Tensor:
    """So many numbers of so many bytes, and the node that made them, if a gradient flows there."""

    __slots__ = ("itemsize", "node", "numel", "storage")

    def __init__(self, storage: Storage, numel: int, itemsize: int, node: Node | None = None):
        self.storage, self.numel, self.itemsize, self.node = storage, numel, itemsize, node
        storage.users += 1

    def __del__(self) -> None:
        storage = self.storage
        storage.users -= 1
        if not storage.users:
            storage.tape.shrink(storage.part, storage.num_bytes)

    @property
    def tape(self) -> Tape:
        """Where it is counted."""
        return self.storage.tape

    def shown(self, numel: int | None = None) -> Tensor:
        """Return another view of the same memory, through which no gradient flows."""
        return Tensor(self.storage, self.numel if numel is None else numel, self.itemsize)


class Parameter(Tensor):
    """A weight; `grad` is its gradient, once there is one."""

    __slots__ = ("grad",)

    def __init__(self, tape: Tape, numel: int, itemsize: int, part: str, *, trained: bool) -> None:
        super().__init__(Storage(tape, numel * itemsize, part), numel, itemsize)
        self.grad: Tensor | None = None
        if trained:
            self.node = Node(LAST, (), (), lambda gradient: ())
            tape.trained[self.node] = self


class Node:
    """An operation that a gradient goes back through."""

    __slots__ = ("__weakref__", "edges", "frame", "part", "rank", "rule", "saved")

    def __init__(
        self, rank: int, edges: Sequence[Node | None], saved: tuple[Tensor | None, ...], rule: Rule
    ) -> None:
        self.rank, self.edges, self.saved, self.rule = rank, edges, saved, rule
        self.frame: Frame | None = None
        self.part = "activations"
        """What its gradients are counted to."""


class Frame:
    """A checkpointed part: what it takes to compute it again."""

    def __init__(
        self,
        body: Callable[..., Tensor],
        inputs: Sequence[Tensor],
        *,
        autocast: bool,
        offloaded: bool,
    ) -> None:
        self.body, self.autocast = body, autocast
        self.inputs = [_Offloaded(x) if offloaded else x for x in inputs]
        self.nodes: list[weakref.ref[Node]] = []
        """Those that nobody waits for any more, such as of figures for the log, are gone."""
        self.is_recomputed = False

    def recompute(self, tape: Tape) -> None:
        """Compute the part again, and give its nodes what they should have kept."""
        self.is_recomputed = True
        inputs = [x.back(tape) if isinstance(x, _Offloaded) else tape.leaf(x) for x in self.inputs]
        inner: list[Node] = []
        outer, tape.frame, tape.recorded = tape.frame, None, inner
        with tape.forward(autocast=self.autocast):
            self.body(*inputs)
        tape.frame, tape.recorded = outer, None
        for known, twin in zip(self.nodes, inner, strict=True):
            node = known()
            if node is not None:
                node.saved = twin.saved


class _Offloaded:
    """A tensor moved to the host's memory until it is needed."""

    def __init__(self, x: Tensor) -> None:
        self.numel, self.itemsize, self.has_gradient = x.numel, x.itemsize, x.node is not None

    def back(self, tape: Tape) -> Tensor:
        """Return it on the device."""
        x = tape.new(self.numel, self.itemsize)
        return tape.with_gradient(x) if self.has_gradient else x


class Tape:
    """The bytes alive, now and at their peak, in all and by part.

    Of a part in pieces, `sharers` tells how many devices share it: its bytes are those of all of
    them, of which the peak is found with one's.
    """

    def __init__(self, *, on_gpu: bool = False, sharers: Mapping[str, int] | None = None) -> None:
        self.on_gpu, self.sharers = on_gpu, sharers or {}
        self.now = self.peak = 0
        self.parts: Counter[str] = Counter()
        self.at_peak: dict[str, int] = {}
        self.part = "activations"
        """What new tensors are counted to."""
        self.trained: dict[Node, Parameter] = {}
        self.autocast = False
        self.frame: Frame | None = None
        self.recorded: list[Node] | None = None
        self._casts: dict[Node, Tensor] = {}
        self._num_nodes = 0

    def grow(self, part: str, num_bytes: int) -> None:
        """Count memory that is taken."""
        self.parts[part] += num_bytes
        self.now += num_bytes // self.sharers.get(part, 1)
        if self.now > self.peak:
            self.peak, self.at_peak = self.now, dict(self.parts)

    def shrink(self, part: str, num_bytes: int) -> None:
        """Count memory that is given back."""
        self.parts[part] -= num_bytes
        self.now -= num_bytes // self.sharers.get(part, 1)

    def new(self, numel: int, itemsize: int) -> Tensor:
        """Take memory for a tensor."""
        return Tensor(Storage(self, numel * itemsize, self.part), numel, itemsize)

    def leaf(self, x: Tensor) -> Tensor:
        """Return a tensor cut off from what made it, that gradients still stop at."""
        cut = x.shown()
        cut.node = None if x.node is None else Node(LAST, (), (), lambda gradient: ())
        return cut

    def with_gradient(self, x: Tensor) -> Tensor:
        """Let gradients come as far as x: requires_grad_."""
        if x.node is None:
            x.node = Node(LAST, (), (), lambda gradient: ())
        return x

    def record(
        self, out: Tensor, inputs: Sequence[Tensor], saved: tuple[Tensor | None, ...], rule: Rule
    ) -> Tensor:
        """Note how a result was made, if any of the inputs has a gradient."""
        edges = [x.node for x in inputs]
        if not any(edges):
            return out
        self._num_nodes += 1
        out.node = node = Node(self._num_nodes, edges, saved, rule)
        node.part = self.part
        if saved and self.recorded is not None:
            self.recorded.append(node)
        elif saved and self.frame is not None:
            node.saved, node.frame = (), self.frame
            self.frame.nodes.append(weakref.ref(node))
        return out

    @contextmanager
    def forward(self, *, autocast: bool) -> Iterator[None]:
        """Keep the casts of trained parameters from here on, until the outermost such part ends."""
        before, self.autocast = self.autocast, autocast
        kept, self._casts = self._casts, self._casts if before else {}
        yield
        self.autocast, self._casts = before, kept

    def checkpoint(
        self, body: Callable[..., Tensor], *inputs: Tensor, offloaded: bool = False
    ) -> Tensor:
        """Compute a part and keep its inputs alone, on the device or on its host."""
        self.frame = Frame(body, inputs, autocast=self.autocast, offloaded=offloaded)
        out = body(*inputs)
        self.frame = None
        return out

    def cast(self, x: Tensor, make: Callable[[Tensor], Tensor]) -> Tensor:
        """Return a factor of a product in autocast's format, kept if it is a trained parameter."""
        if x.node is None or x.node not in self.trained:
            return make(x)
        if x.node not in self._casts:
            self._casts[x.node] = make(x)
        return self._casts[x.node]
