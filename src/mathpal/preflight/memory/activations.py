"""The layers of a decoder, as their operations: what a forward pass keeps for the backward pass.

For a Llama of hidden size h, with a GPU's kernels and all weights trained, a layer keeps about
s b h (34 + 5 a s / h) bytes of 16-bit activations with eager attention, and no term in s squared
with a fused kernel (Korthikanti et al., arXiv 2205.05198, section 4.1); LoRA keeps less of the
frozen linears, and float32 keeps more. The operations here are those of modeling_llama.py,
modeling_gemma3.py and, in streams.py, modeling_gemma3n.py of transformers.
"""

from __future__ import annotations

from mathpal.models.shape import Layer
from mathpal.preflight.memory import operations as op
from mathpal.preflight.memory import products, streams
from mathpal.preflight.memory.attention import Pair
from mathpal.preflight.memory.forward import Forward
from mathpal.preflight.memory.layers import layer_output
from mathpal.preflight.memory.tape import Tensor


def hidden_states(forward: Forward) -> Tensor:
    """Return what the last norm gives: (tokens, hidden), all layers' activations kept behind it."""
    shape, tape, vectors = forward.shape, forward.tape, forward.weights.vectors
    x = products.embedding(forward.weights.embedding, forward.tokens, shape.hidden_size)
    if forward.is_gemma:
        x = op.scale(x)
    if forward.load.gradient_checkpointing and forward.load.lora is not None:
        x = tape.with_gradient(x)
    if shape.per_layer is not None:
        return forward.norm(streams.decoded(forward, x), vectors[None], forward.tokens)
    shared: dict[int | None, Pair] = {}
    for index, layer in enumerate(shape.layers):
        x = _checkpointed(forward, x, index, layer, shared)
    return forward.norm(x, vectors[None], forward.tokens)


def _checkpointed(
    forward: Forward, x: Tensor, index: int, layer: Layer, shared: dict[int | None, Pair]
) -> Tensor:
    """Apply a layer; with gradient checkpointing its input alone is kept (arXiv 1604.06174)."""

    def body(x: Tensor) -> Tensor:
        return layer_output(forward, x, index, layer, shared)

    return forward.checkpointed(body, x)
