"""A decoder layer of the Llama kind, and of the Gemma kind, as its operations."""

from __future__ import annotations

from mathpal.models.shape import Layer
from mathpal.preflight.memory import operations as op
from mathpal.preflight.memory.attention import Pair, attention
from mathpal.preflight.memory.forward import Forward, named
from mathpal.preflight.memory.tape import Tensor

SPARSE_LAYERS = 10
"""Gemma 3n's first layers, where it has more, drop small activations (configuration_gemma3n.py)."""


def layer_output(
    forward: Forward, x: Tensor, index: int, layer: Layer, shared: dict[int | None, Pair]
) -> Tensor:
    """Apply attention and feed-forward, each normed before, in Gemma 2 and 3 after it as well."""
    vector, rows = forward.weights.vectors[index], forward.tokens
    has_post_norms = forward.shape.model_type in ("gemma2", "gemma3_text")
    inner = attention(forward, forward.norm(x, vector, rows), index, layer, shared)
    if has_post_norms:
        inner = forward.norm(inner, vector, rows)
    x = op.add(x, inner)
    inner = forward.norm(x, vector, rows)
    inner = feed_forward(forward, inner, index, layer)
    if has_post_norms:
        inner = forward.norm(inner, vector, rows)
    return op.add(x, inner)


def feed_forward(forward: Forward, x: Tensor, index: int, layer: Layer) -> Tensor:
    """Return W_down (act(W_gate x) * W_up x): gate, its activation, up and their product are kept.

    arXiv 2002.05202; down's LoRA keeps the product, the others share x.
    """
    linears = named(layer)
    if "gate_up_proj" in linears:
        joined = forward.linear(x, index, linears["gate_up_proj"])
        gate, up = (op.selected(joined, joined.numel // 2) for _ in range(2))
        gate = gate if forward.is_fused else forward.activation(gate)
    else:
        gate = forward.linear(x, index, linears["gate_proj"])
        if forward.shape.per_layer and index < SPARSE_LAYERS < len(forward.shape.layers):
            gate = _largest(gate, forward.tokens)
        gate = gate if forward.is_fused else forward.activation(gate)
        up = forward.linear(x, index, linears["up_proj"])
    product = op.gated(gate, up) if forward.is_fused else op.multiply(gate, up)
    del gate, up
    return forward.linear(product, index, linears["down_proj"])


def _largest(x: Tensor, num_rows: int) -> Tensor:
    """Keep what is so many deviations above the mean of its row (_gaussian_topk)."""
    deviation = op.deviation(x, num_rows)
    cutoff = op.add(op.mean(x, num_rows), op.scale(deviation))
    return op.pointwise(op.add(x, cutoff), keeps="output")
