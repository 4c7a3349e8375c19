"""The layers of Gemma 3n: AltUp's streams, Laurel, and each layer's own inputs.

transformers, modeling_gemma3n.py. AltUp (arXiv 2301.13310) carries several versions of the hidden
state, of which a layer computes one and predicts and corrects the others.
"""

from __future__ import annotations

from mathpal.models.shape import Layer, Linear, PerLayerInputs
from mathpal.preflight.memory import operations as op
from mathpal.preflight.memory import products
from mathpal.preflight.memory.attention import Pair, attention
from mathpal.preflight.memory.forward import Forward, named
from mathpal.preflight.memory.layers import feed_forward
from mathpal.preflight.memory.tape import Tensor


def decoded(forward: Forward, x: Tensor) -> Tensor:
    """Return what the last norm takes, from the embedded tokens."""
    per_layer = forward.shape.per_layer
    assert per_layer is not None
    others = {linear.name: linear for linear in forward.shape.others}
    inputs = _own_inputs(forward, x, others["per_layer_model_projection"])
    spread = [others[f"altup_projections.{i}"] for i in range(per_layer.num_streams - 1)]
    streams = _alike(forward, [x] * per_layer.num_streams, spread)
    shared: dict[int | None, Pair] = {}
    for index, layer in enumerate(forward.shape.layers):
        streams = _checkpointed(forward, streams, inputs, index, layer, shared)
    joint = [others[f"altup_unembed_projections.{i}"] for i in range(per_layer.num_streams - 1)]
    parts = [op.selected(streams, x.numel) for _ in range(per_layer.num_streams)]
    return op.mean(_alike(forward, parts, joint), x.numel)


def _own_inputs(forward: Forward, x: Tensor, projection: Linear) -> Tensor:
    """Return the inputs of all layers: of the token itself, and projected from its embedding."""
    weights = forward.weights
    assert weights.per_layer_embedding is not None
    own = products.embedding(weights.per_layer_embedding, forward.tokens, projection.out_features)
    own = op.scale(own)
    projected = forward.linear(x, None, projection)
    num_rows = forward.tokens * len(forward.shape.layers)
    projected = forward.norm(projected, weights.vectors[None], num_rows)
    return op.scale(op.add(projected, own))


def _alike(forward: Forward, parts: list[Tensor], projections: list[Linear]) -> Tensor:
    """Return the first part and the others projected, made as large as it, side by side."""
    tokens = forward.tokens
    size = op.pointwise(op.mean(op.square(parts[0]), tokens), keeps="input")
    made = [parts[0]]
    for part, projection in zip(parts[1:], projections, strict=True):
        projected = op.cast(forward.linear(part, None, projection), parts[0].itemsize)
        own = op.pointwise(op.mean(op.square(projected), tokens), keeps="output")
        made.append(op.divide(op.multiply(projected, size), own))
    return op.joined(made)


def _checkpointed(
    forward: Forward,
    streams: Tensor,
    inputs: Tensor,
    index: int,
    layer: Layer,
    shared: dict[int | None, Pair],
) -> Tensor:
    own = op.selected(inputs, inputs.numel // len(forward.shape.layers))

    def body(streams: Tensor, own: Tensor) -> Tensor:
        return _layer(forward, streams, own, index, layer, shared)

    return forward.checkpointed(body, streams, own)


def _layer(
    forward: Forward,
    streams: Tensor,
    own: Tensor,
    index: int,
    layer: Layer,
    shared: dict[int | None, Pair],
) -> Tensor:
    """Predict all streams, compute one, correct all by it, and add the layer's own input."""
    vector, rows = forward.weights.vectors[index], forward.tokens
    linears, per_layer = named(layer), forward.shape.per_layer
    assert per_layer is not None
    predictions = _predicted(forward, streams, index, linears)
    active = op.selected(predictions, streams.numel // per_layer.num_streams)
    normed = forward.norm(active, vector, rows)
    low = forward.linear(normed, index, linears["linear_left"])
    laurel = forward.norm(forward.linear(low, index, linears["linear_right"]), vector, rows)
    laurel = op.add(normed, laurel)
    attended = attention(forward, normed, index, layer, shared)
    gated = op.add(active, forward.norm(attended, vector, rows))
    both = op.scale(op.add(gated, laurel))
    inner = feed_forward(forward, forward.norm(both, vector, rows), index, layer)
    activated = op.add(both, forward.norm(inner, vector, rows))
    corrected = _corrected(forward, predictions, activated, index, linears)
    return _with_own_input(forward, corrected, own, index, linears, per_layer)


def _routed(forward: Forward, x: Tensor, index: int, router: Linear) -> Tensor:
    """Return a number a stream for every token."""
    scaled = op.scale(forward.norm(x, forward.weights.vectors[index], forward.tokens))
    return op.pointwise(forward.linear(scaled, index, router), keeps="output")


def _predicted(forward: Forward, streams: Tensor, index: int, linears: dict[str, Linear]) -> Tensor:
    assert forward.shape.per_layer is not None
    first = op.selected(streams, streams.numel // forward.shape.per_layer.num_streams)
    routed = _routed(forward, first, index, linears["modality_router"])
    mixed = forward.linear(routed, index, linears["prediction_coefs"])
    predictions = products.product(streams, mixed, streams.numel)
    predictions = op.add(predictions, streams, in_place=True)
    return op.cast(op.copy(predictions), streams.itemsize)


def _corrected(
    forward: Forward,
    predictions: Tensor,
    activated: Tensor,
    index: int,
    linears: dict[str, Linear],
) -> Tensor:
    assert forward.shape.per_layer is not None
    num_streams = forward.shape.per_layer.num_streams
    routed = _routed(forward, activated, index, linears["modality_router"])
    innovation = op.add(activated, op.selected(predictions, activated.numel))
    innovation = op.copy(innovation, num_streams)
    mixed = op.scale(forward.linear(routed, index, linears["correction_coefs"]))
    return op.add(op.multiply(innovation, mixed), predictions, in_place=True)


def _with_own_input(
    forward: Forward,
    corrected: Tensor,
    own: Tensor,
    index: int,
    linears: dict[str, Linear],
    per_layer: PerLayerInputs,
) -> Tensor:
    vector = forward.weights.vectors[index]
    first = op.copy(op.selected(corrected, corrected.numel // per_layer.num_streams))
    first = op.multiply(first, vector)
    gate = forward.activation(forward.linear(first, index, linears["per_layer_input_gate"]))
    del first
    own = op.multiply(gate, own)
    added = forward.linear(own, index, linears["per_layer_projection"])
    added = forward.norm(added, vector, forward.tokens)
    return op.add_to_part(corrected, added)
