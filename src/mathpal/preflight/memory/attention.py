"""Attention: what each kernel allocates, and keeps for its gradient."""

from __future__ import annotations

from collections.abc import Sequence

from mathpal.models.shape import Layer
from mathpal.preflight.memory import operations as op
from mathpal.preflight.memory import products
from mathpal.preflight.memory.forward import Forward, named
from mathpal.preflight.memory.tape import FP32, Tensor

QUERIES = 128
"""Queries a block of mathpal.models.block_attention."""

Pair = tuple[Tensor, Tensor]


def attention(
    forward: Forward, x: Tensor, index: int, layer: Layer, shared: dict[int | None, Pair]
) -> Tensor:
    """Return the attention of a layer: projections, norms, rotary positions, kernel, projection.

    `shared` holds the keys and values of the layers before, by window, which Gemma 3n's last
    layers read (transformers, modeling_gemma3n.py).
    """
    linears = named(layer)
    query, key, value = _projected(forward, x, index, layer)
    query = _placed(forward, query, index)
    if key is None or value is None:
        key, value = shared[layer.window]
    else:
        key = _placed(forward, key, index)
        if forward.shape.per_layer is not None:
            value = forward.norm(value, None, value.numel // forward.shape.head_dim)
            if _is_last_of_its_kind(forward.shape.layers, index):
                shared[layer.window] = key, value
    out = _kernel(forward, query, key, value, layer.window)
    del query, key, value
    return forward.linear(out, index, linears["o_proj"])


def _is_last_of_its_kind(layers: Sequence[Layer], index: int) -> bool:
    """Tell whether later layers, if any, read this one's keys and values."""
    window = layers[index].window
    return not any(x.window == window and not x.shares_cache for x in layers[index + 1 :])


def _projected(
    forward: Forward, x: Tensor, index: int, layer: Layer
) -> tuple[Tensor, Tensor | None, Tensor | None]:
    """Return queries, keys and values; neither of the latter where they are an earlier layer's."""
    linears, shape = named(layer), forward.shape
    if "qkv_proj" in linears:
        joined = forward.linear(x, index, linears["qkv_proj"])
        widths = [shape.num_heads, shape.num_kv_heads, shape.num_kv_heads]
        numels = [forward.tokens * width * shape.head_dim for width in widths]
        query, key, value = (op.selected(joined, numel) for numel in numels)
        return query, key, value
    query = forward.linear(x, index, linears["q_proj"])
    if layer.shares_cache:
        return query, None, None
    key = forward.linear(x, index, linears["k_proj"])
    return query, key, forward.linear(x, index, linears["v_proj"])


def _placed(forward: Forward, x: Tensor, index: int) -> Tensor:
    """Return queries or keys normed, where the model does so, and turned by their positions.

    Cosines and sines are kept, not x; under autocast they are float32, and so is the result.
    """
    shape = forward.shape
    if shape.qk_norm:
        x = forward.norm(x, forward.weights.vectors[index], x.numel // shape.head_dim)
    direct = op.multiply(x, forward.positions)
    return op.add(direct, op.multiply(op.turned(x), forward.positions))


def _kernel(
    forward: Forward, query: Tensor, key: Tensor, value: Tensor, window: int | None
) -> Tensor:
    load, mask = forward.load, forward.masks[window]
    if load.attn_implementation == "eager":
        assert mask is not None
        return _eager(forward, query, key, value, mask)
    if forward.is_packed and load.device == "cpu":
        return _by_blocks(forward, query, key, value)
    return _fused(forward, query, key, value, mask)


def _fused(
    forward: Forward, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None
) -> Tensor:
    """Return PyTorch's fused attention (arXiv 2205.14135; sdpa_attention.py of transformers).

    Kept: queries, keys, values, output and a number a query. With a mask, keys and values are
    repeated for the heads that share them, and the mask is kept in numbers.
    """
    tape, shape = forward.tape, forward.shape
    groups = shape.num_heads // shape.num_kv_heads
    if groups > 1 and (mask is not None or shape.head_dim > 256):
        key, value = op.copy(key, groups), op.copy(value, groups)
    query, key, value = products.factor(query), products.factor(key), products.factor(value)
    in_numbers = None if mask is None else tape.new(mask.numel, query.itemsize)
    num_queries = query.numel // shape.head_dim
    out = tape.new(query.numel, query.itemsize)
    logsumexp = tape.new(num_queries, FP32)

    def rule(g: Tensor, q: Tensor, k: Tensor, v: Tensor, *_: Tensor) -> Sequence[Tensor]:
        # A GPU adds up the gradient of the queries in float32, and makes those of keys and values
        # for each head of a group (native/transformers/cuda/flash_attn/flash_api.cpp).
        whole = tape.new(q.numel, FP32) if tape.on_gpu else None
        each = tape.new(2 * q.numel, q.itemsize) if tape.on_gpu and k.numel < q.numel else None
        found = [tape.new(x.numel, x.itemsize) for x in (q, k, v)]
        del whole, each
        return found

    saved = (query, key, value, out.shown(), logsumexp, in_numbers)
    return tape.record(out, (query, key, value), saved, rule)


def _by_blocks(forward: Forward, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Return attention by mathpal.models.block_attention, for rows one behind the other.

    Kept: queries, keys, values and, for each block of queries, its shares of the keys from the
    first to the last that it may see.
    """
    tape, heads = forward.tape, forward.shape.num_heads
    query, key, value = products.factor(query), products.factor(key), products.factor(value)
    query, key, value = (op.selected(x, x.numel) for x in (query, key, value))
    itemsize = query.itemsize
    blocks = [heads * pairs for pairs in _pairs(forward.row_lengths)]
    out = tape.new(query.numel, itemsize)
    shares = tape.new(sum(blocks), itemsize)
    scores = tape.new(max(blocks), itemsize)
    del scores

    def rule(g: Tensor, q: Tensor, k: Tensor, v: Tensor, shares: Tensor) -> Sequence[Tensor]:
        found = [tape.new(x.numel, x.itemsize) for x in (q, k, v)]
        given = tape.new(2 * max(blocks), itemsize)
        del given
        return found

    return tape.record(out, (query, key, value), (query, key, value, shares), rule)


def _pairs(row_lengths: Sequence[int]) -> list[int]:
    """Return each block's queries times the keys from the first to the last that they may see.

    >>> _pairs([128, 64])
    [16384, 4096]
    """
    starts = [start for i, n in enumerate(row_lengths) for start in [sum(row_lengths[:i])] * n]
    found = []
    for first in range(0, len(starts), QUERIES):
        end = min(first + QUERIES, len(starts))
        found.append((end - first) * (end - starts[first]))
    return found


def _eager(forward: Forward, query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    """Return attention as transformers' eager_attention_forward computes it.

    Kept, beside queries, keys and values: the shares of every pair of tokens, in float32, and in
    the values' format where that is another.
    """
    load, shape = forward.load, forward.shape
    groups = shape.num_heads // shape.num_kv_heads
    key, value = (op.copy(x, groups) if groups > 1 else x for x in (key, value))
    numel = mask.numel * shape.num_heads
    scores = op.scale(products.product(_contiguous(query), _contiguous(key), numel))
    scores = op.add(scores, mask)
    shares = op.pointwise(op.cast(scores, FP32), keeps="output")
    shares = op.cast(shares, query.itemsize)
    out = products.product(shares, _contiguous(value), query.numel)
    return op.copy(out) if load.batch_size > 1 or load.num_tokens > 1 else out


def _contiguous(x: Tensor) -> Tensor:
    """Return a factor of a batched product, laid out by heads."""
    return op.copy(products.factor(x))
