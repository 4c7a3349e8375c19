"""The operations of a decoder: what each allocates, and keeps for its gradient.

The derivatives are those of torch/tools/autograd/derivatives.yaml. `x` and `y` are tensors of a
tape; a shape is a number of entries, and of those of a row where it matters.
"""

from __future__ import annotations

from collections.abc import Sequence

from mathpal.preflight.memory.tape import BYTE, FP32, Tensor


def cast(x: Tensor, itemsize: int) -> Tensor:
    """Return x in another format: a copy, unless it is in that format already."""
    if x.itemsize == itemsize:
        return x
    before = x.itemsize
    out = x.tape.new(x.numel, itemsize)
    return x.tape.record(out, (x,), (), lambda g: (_formatted(g, before),))


def copy(x: Tensor, times: int = 1) -> Tensor:
    """Return x laid out anew, each entry so many times, such as the keys of grouped heads."""
    numel = x.numel

    def rule(g: Tensor) -> Sequence[Tensor]:
        return (g if times == 1 else g.tape.new(numel, g.itemsize),)

    return x.tape.record(x.tape.new(times * x.numel, x.itemsize), (x,), (), rule)


def scale(x: Tensor) -> Tensor:
    """Return x times a number: nothing is kept."""
    out = x.tape.new(x.numel, x.itemsize)
    return x.tape.record(out, (x,), (), lambda g: (g.tape.new(g.numel, g.itemsize),))


def add(x: Tensor, y: Tensor, *, in_place: bool = False) -> Tensor:
    """Return x + y: nothing is kept, and the gradient goes to both as it is."""
    sizes = [(x.numel, x.itemsize), (y.numel, y.itemsize)]
    numel, itemsize = max(x.numel, y.numel), max(x.itemsize, y.itemsize)
    out = x.shown() if in_place else x.tape.new(numel, itemsize)
    needed = [x.node is not None, y.node is not None]

    def rule(g: Tensor) -> Sequence[Tensor | None]:
        return [
            _reduced(g, *size) if need else None for need, size in zip(needed, sizes, strict=True)
        ]

    return x.tape.record(out, (x, y), (), rule)


def multiply(x: Tensor, y: Tensor) -> Tensor:
    """Return x * y: each is kept for the other's gradient; one may be a row for all."""
    sizes = [(x.numel, x.itemsize), (y.numel, y.itemsize)]
    out = x.tape.new(max(x.numel, y.numel), max(x.itemsize, y.itemsize))
    saved = (y if x.node else None, x if y.node else None)

    def rule(g: Tensor, *kept: Tensor | None) -> Sequence[Tensor | None]:
        return [
            None if other is None else _reduced(g.tape.new(g.numel, g.itemsize), *size)
            for other, size in zip(kept, sizes, strict=True)
        ]

    return x.tape.record(out, (x, y), saved, rule)


def divide(x: Tensor, y: Tensor) -> Tensor:
    """Return x / y: y is kept for the gradient of x, both for that of y."""
    sizes = [(x.numel, x.itemsize), (y.numel, y.itemsize)]
    needed = [x.node is not None, y.node is not None]

    def rule(g: Tensor, *kept: Tensor | None) -> Sequence[Tensor | None]:
        return [
            _reduced(g.tape.new(g.numel, g.itemsize), *size) if need else None
            for need, size in zip(needed, sizes, strict=True)
        ]

    out = x.tape.new(x.numel, max(x.itemsize, y.itemsize))
    return x.tape.record(out, (x, y), (y, x if y.node else None), rule)


def add_to_part(x: Tensor, y: Tensor) -> Tensor:
    """Add y to a part of x, in place; the gradient of that is a copy (CopySlices)."""
    numel, itemsize = y.numel, y.itemsize

    def rule(g: Tensor) -> Sequence[Tensor]:
        return (g.tape.new(g.numel, g.itemsize), g.tape.new(numel, itemsize))

    return x.tape.record(x.shown(), (x, y), (), rule)


def square(x: Tensor) -> Tensor:
    """Return x ** 2, of which x is kept; its gradient g * (2 * x ** 1) takes three steps.

    Autocast on a GPU computes powers in float32 (autocast_mode.h, AT_FORALL_FP32).
    """
    if x.tape.autocast and x.tape.on_gpu:
        x = cast(x, FP32)

    def rule(g: Tensor, x: Tensor) -> Sequence[Tensor]:
        power = g.tape.new(g.numel, g.itemsize)
        twice = scale(power)
        return (multiply(twice, g),)

    return x.tape.record(x.tape.new(x.numel, x.itemsize), (x,), (x,), rule)


def mean(x: Tensor, num_rows: int) -> Tensor:
    """Return the mean of each row; its gradient is as large as x."""
    numel = x.numel
    out = x.tape.new(num_rows, x.itemsize)
    return x.tape.record(out, (x,), (), lambda g: (g.tape.new(numel, g.itemsize),))


def deviation(x: Tensor, num_rows: int) -> Tensor:
    """Return the standard deviation of each row; x is kept, and the result."""
    out = x.tape.new(num_rows, x.itemsize)

    def rule(g: Tensor, x: Tensor, _: Tensor) -> Sequence[Tensor]:
        centred = g.tape.new(x.numel, x.itemsize)
        return (scale(centred),)

    return x.tape.record(out, (x,), (x, out.shown()), rule)


def pointwise(x: Tensor, *, keeps: str) -> Tensor:
    """Return a function of each entry, whose gradient needs its `keeps`: input or output."""
    out = x.tape.new(x.numel, x.itemsize)

    def rule(g: Tensor, kept: Tensor) -> Sequence[Tensor]:
        return (g.tape.new(g.numel, g.itemsize),)

    return x.tape.record(out, (x,), (x if keeps == "input" else out.shown(),), rule)


def picked(x: Tensor) -> Tensor:
    """Return the sum of an entry a row, the loss; x is kept, and its gradient is as large."""

    def rule(g: Tensor, x: Tensor) -> Sequence[Tensor]:
        return (g.tape.new(x.numel, x.itemsize),)

    return x.tape.record(x.tape.new(1, x.itemsize), (x,), (x,), rule)


def dropout(x: Tensor, share: float) -> Tensor:
    """Drop entries at random.

    A GPU keeps a byte an entry (native_dropout); a CPU keeps the factors, as wide as the entries
    (aten/src/ATen/native/Dropout.cpp, _dropout_impl).
    """
    if not share:
        return x
    factors = x.tape.new(x.numel, BYTE if x.tape.on_gpu else x.itemsize)
    out = x.tape.new(x.numel, x.itemsize)

    def rule(g: Tensor, kept: Tensor) -> Sequence[Tensor]:
        return (g.tape.new(g.numel, g.itemsize),)

    return x.tape.record(out, (x,), (factors,), rule)


def gated(gate: Tensor, up: Tensor) -> Tensor:
    """Return act(gate) * up in one kernel, which keeps both and computes the rest anew."""

    def rule(g: Tensor, gate: Tensor, up: Tensor) -> Sequence[Tensor]:
        return (g.tape.new(gate.numel, gate.itemsize), g.tape.new(up.numel, up.itemsize))

    out = gate.tape.new(gate.numel, gate.itemsize)
    return gate.tape.record(out, (gate, up), (gate, up), rule)


def joined(parts: Sequence[Tensor]) -> Tensor:
    """Stack tensors: a copy of all, of whose gradient each gets its view."""
    sizes = [part.numel for part in parts]
    itemsize = max(part.itemsize for part in parts)

    def rule(g: Tensor) -> Sequence[Tensor]:
        return [g.shown(size) for size in sizes]

    tape = parts[0].tape
    return tape.record(tape.new(sum(sizes), itemsize), parts, (), rule)


def selected(x: Tensor, numel: int) -> Tensor:
    """View a part of x; its gradient is as large as all of x, zeros but there."""
    whole, out = x.numel, x.shown(numel)
    return x.tape.record(out, (x,), (), lambda g: (g.tape.new(whole, g.itemsize),))


def gathered(x: Tensor, numel: int) -> Tensor:
    """Return rows of x in another order, a copy."""
    whole, out = x.numel, x.tape.new(numel, x.itemsize)
    return x.tape.record(out, (x,), (), lambda g: (g.tape.new(whole, g.itemsize),))


def turned(x: Tensor) -> Tensor:
    """Return x with the halves of each row swapped, one negated: rotate_half of transformers."""

    def rule(g: Tensor) -> Sequence[Tensor]:
        half = g.tape.new(g.numel // 2, g.itemsize)
        first = g.tape.new(g.numel, g.itemsize)
        second = g.tape.new(g.numel, half.itemsize)
        del second
        return (first,)

    half = x.tape.new(x.numel // 2, x.itemsize)
    out = x.tape.new(2 * half.numel, x.itemsize)
    return x.tape.record(out, (x,), (), rule)


def _formatted(g: Tensor, itemsize: int) -> Tensor:
    return g.shown() if g.itemsize == itemsize else g.tape.new(g.numel, itemsize)


def _reduced(g: Tensor, numel: int, itemsize: int) -> Tensor:
    """Return a gradient summed to the entries, and in the format, of what it is for."""
    if g.numel == numel:
        return _formatted(g, itemsize)
    return g.tape.new(numel, itemsize)
