"""The backward pass over a tape, in the order of torch/csrc/autograd/engine.cpp."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence

from mathpal.preflight.memory.tape import Node, Parameter, Tape, Tensor


def backward(tape: Tape, loss: Tensor) -> None:
    """Go back through all nodes, leaving gradients at the trained parameters."""
    assert loss.node is not None
    waiting = _uses(loss.node)
    gradients = {loss.node: tape.new(loss.numel, loss.itemsize)}
    ready = [(-loss.node.rank, id(loss.node), loss.node)]
    while ready:
        node = heapq.heappop(ready)[2]
        if node in tape.trained:
            _accumulate(tape.trained[node], gradients.pop(node))
            continue
        tape.part = node.part
        if node.frame is not None and not node.frame.is_recomputed:
            node.frame.recompute(tape)
        found = node.rule(gradients.pop(node), *node.saved)
        node.saved, node.frame = (), None
        for edge in _hand_on(node, found, gradients):
            waiting[edge] -= 1
            if not waiting[edge] and edge in gradients:
                heapq.heappush(ready, (-edge.rank, id(edge), edge))
        del found


def _uses(root: Node) -> Counter[Node]:
    """Count how often the nodes below one are reached."""
    uses: Counter[Node] = Counter()
    seen, stack = {root}, [root]
    while stack:
        for edge in stack.pop().edges:
            if edge is not None:
                uses[edge] += 1
                if edge not in seen:
                    seen.add(edge)
                    stack.append(edge)
    return uses


def _hand_on(
    node: Node, found: Sequence[Tensor | None], gradients: dict[Node, Tensor]
) -> Iterator[Node]:
    """Add the gradients that a node found to those of its inputs, and yield those."""
    for edge, gradient in zip(node.edges, found, strict=True):
        if edge is None:
            continue
        if gradient is not None:
            gradients[edge] = _sum(gradients.pop(edge, None), gradient)
        yield edge


def _sum(old: Tensor | None, gradient: Tensor) -> Tensor:
    if old is None or old.storage.users > 1:
        return gradient if old is None else old.tape.new(old.numel, old.itemsize)
    return old


def _accumulate(parameter: Parameter, gradient: Tensor) -> None:
    if parameter.grad is not None:
        return
    if gradient.storage.users > 1:
        gradient = gradient.tape.new(gradient.numel, gradient.itemsize)
    gradient.storage.belong_to("gradients")
    parameter.grad = gradient
