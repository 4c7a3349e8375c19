"""Products of matrices: what each allocates, and keeps for its gradient."""

from __future__ import annotations

from collections.abc import Sequence

from mathpal.preflight.memory.operations import cast
from mathpal.preflight.memory.tape import HALF, Parameter, Tensor


def factor(x: Tensor) -> Tensor:
    """Return a factor of a product as autocast has it: in 16 bits."""
    if not x.tape.autocast or x.itemsize == HALF:
        return x
    if x.tape.sharers and isinstance(x, Parameter):
        return _gathered(x)
    return x.tape.cast(x, lambda whole: cast(whole, HALF))


def _gathered(x: Parameter) -> Tensor:
    """Return a weight in pieces as it is gathered, in 16 bits, which is counted apart.

    It is let go after its layer (mathpal.preflight.memory.sharding), unlike autocast's copies.
    """
    whole = x.itemsize
    out = Tensor(x.storage, x.numel, HALF)
    return x.tape.record(out, (x,), (), lambda g: (g.tape.new(g.numel, whole),))


def product(x: Tensor, y: Tensor, numel: int) -> Tensor:
    """Return a matrix product: x is kept if y has a gradient, y if x has one."""
    x, y = factor(x), factor(y)
    sizes = (x.numel, y.numel)
    saved = (y if x.node else None, x if y.node else None)

    def rule(g: Tensor, *kept: Tensor | None) -> Sequence[Tensor | None]:
        return [
            None if other is None else g.tape.new(size, g.itemsize)
            for other, size in zip(kept, sizes, strict=True)
        ]

    return x.tape.record(x.tape.new(numel, x.itemsize), (x, y), saved, rule)


def linear(x: Tensor, weight: Parameter, num_rows: int, out_features: int) -> Tensor:
    """Return x W': a frozen weight has nothing kept but itself, or its cast."""
    if weight.itemsize:
        return product(x, weight, num_rows * out_features)
    return _quantised_linear(x, weight, num_rows * out_features)


def _quantised_linear(x: Tensor, weight: Parameter, numel: int) -> Tensor:
    """Return x W' of a quantised weight, which is made whole for the product and for its gradient.

    bitsandbytes, autograd/_functions.py: MatMul4Bit and MatMul8bitLt keep the quantised weight;
    nn/modules.py: Linear4bit computes in 16 bits and answers in the format of x.
    """
    before, x = x.itemsize, cast(x, HALF)
    entries, inputs = weight.numel, x.numel
    whole = x.tape.new(entries, HALF)
    out = x.tape.new(numel, HALF)
    del whole

    def rule(g: Tensor) -> Sequence[Tensor]:
        whole = g.tape.new(entries, HALF)
        return (g.tape.new(inputs, whole.itemsize),)

    return cast(x.tape.record(out, (x,), (), rule), before)


def embedding(weight: Parameter, num_tokens: int, width: int) -> Tensor:
    """Look tokens up; the gradient of the weights is as large as they are."""
    entries = weight.numel

    def rule(g: Tensor) -> Sequence[Tensor]:
        return (g.tape.new(entries, g.itemsize),)

    return weight.tape.record(
        weight.tape.new(num_tokens * width, weight.itemsize), (weight,), (), rule
    )
