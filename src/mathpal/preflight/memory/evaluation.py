"""The held-out loss: a forward pass without gradients, beside all that training keeps."""

from __future__ import annotations

from collections.abc import Iterable

from mathpal.models.shape import Layer, num_parameters
from mathpal.preflight.memory.parts import Moment, Part
from mathpal.preflight.memory.workload import Workload

KEPT = ("weights", "adapter", "optimizer", "reference", "buffers")
"""Parts that training keeps between its steps; gradients are set to None by then."""

CHUNK = 256
"""Tokens whose logits exist at a time under chunked_nll (trl, trainer/sft_trainer.py)."""

CHUNK_BYTES = 16
"""Of a logit of such a chunk: float32 itself, its log-softmax, its exponential and their product;
measured with trl 1.13 on a CPU, as are the others below."""

ENTROPY_TOKENS = 128
"""Tokens whose entropy trl measures at a time (trl, trainer/utils.py, entropy_from_logits)."""

ENTROPY_BYTES = 12

PAIRED = ("dpo", "orpo", "reward")
"""Methods whose forward pass has the chosen and the rejected answers of its rows, one by one."""


def kept(moment: Moment) -> tuple[Part, ...]:
    """Return the parts of a moment of training that outlast it."""
    return tuple(part for part in moment.parts if part.name in KEPT)


def held_out(load: Workload, kept: tuple[Part, ...]) -> Moment:
    """Return what measuring the held-out loss takes.

    Trainer asks for the loss alone where no metrics are computed (transformers, trainer.py,
    evaluate: prediction_loss_only), so that no logits are collected over batches.
    """
    rows = load.eval_batch_size * (2 if load.method in PAIRED else 1)
    tokens = rows * load.eval_tokens
    return Moment(
        "evaluation",
        (
            *kept,
            Part(
                "activations",
                forward_bytes(load, rows, load.eval_tokens),
                f"of one layer, {tokens:,} tokens",
            ),
            _logits(load, tokens),
        ),
    )


def forward_bytes(load: Workload, rows: int, num_tokens: int) -> int:
    """Return what the largest layer holds of a forward pass that keeps nothing for gradients.

    Autocast keeps its 16-bit copies of all weights that are trained until the pass ends, without
    gradients too (aten/src/ATen/autocast_mode.cpp, cached_cast); weights in pieces are gathered in
    16 bits instead.
    """
    has_casts = load.lora is None and load.precision != "fp32" and load.sharded_by is None
    casts = 2 * num_parameters(load.shape) if has_casts else 0
    sorts = set(load.shape.layers)
    return casts + max(layer_bytes(load, layer, rows, num_tokens) for layer in sorts)


def layer_bytes(load: Workload, layer: Layer, rows: int, num_tokens: int) -> int:
    """Return what one layer holds at its fullest, in attention or in its feed-forward block.

    The embeddings and the hidden state are kept beside its normed copy, which norms make in
    float32. Attention holds queries, keys and values, turned by their positions and spread over
    the heads, and its output; the feed-forward block its gate, its upward product and their
    product (transformers, modeling_llama.py). The mask, one for each sort of window, is turned to
    numbers for the kernel; eager attention has the scores of all pairs of tokens instead, in
    float32 for the softmax. Gemma 3n has three sets of its streams while it predicts them, every
    layer's inputs, and copies of the gate that it thins out (modeling_gemma3n.py).
    """
    shape = load.shape
    entry = 4 if load.precision == "fp32" else 2
    stream = 4 if load.device == "cpu" or load.lora is None else entry
    heads = shape.num_heads * shape.head_dim
    streams, gates, inputs = 1, 3, 0
    if shape.per_layer is not None:
        streams, gates = 3 * shape.per_layer.num_streams, 5
        inputs = 2 * stream * rows * num_tokens * len(shape.layers) * shape.per_layer.size
    pairs = rows * num_tokens**2
    scores = entry
    if load.attn_implementation == "eager":
        scores = shape.num_heads * (4 + 2 * entry)
    attention = rows * num_tokens * heads * (6 * entry + 2 * stream) + pairs * scores
    feed_forward = rows * num_tokens * layer.intermediate_size * entry * gates
    hidden = rows * num_tokens * shape.hidden_size * (stream * (2 + streams) + 4)
    masks = pairs * len({other.window for other in shape.layers})
    return hidden + inputs + masks + max(attention, feed_forward)


def _logits(load: Workload, tokens: int) -> Part:
    size, why = logits_bytes(load, tokens)
    return Part("logits and loss", size, why)


def logits_bytes(load: Workload, tokens: int) -> tuple[int, str]:
    """Return what logits and losses take at their fullest without gradients, and why.

    Logits come out in float32 whatever the precision (accelerate, convert_outputs_to_fp32). DPO
    and KTO have those of the reference beside them, and a copy for the entropy.
    """
    vocabulary = load.shape.vocab_size
    if load.method == "reward":
        return 4 * tokens, "one score a row"
    if load.options.get("use_liger_kernel"):
        return 4 * vocabulary * ENTROPY_TOKENS, "fused with the head (Liger)"
    if load.method == "sft" and load.options.get("loss_type") in (None, "chunked_nll"):
        chunk = min(CHUNK, tokens)
        return CHUNK_BYTES * chunk * vocabulary, f"{chunk} tokens at a time x {vocabulary:,}"
    if load.method == "orpo":
        return 8 * tokens * vocabulary, f"{tokens:,} x {vocabulary:,} x 8 bytes"
    copies = 3 if compares_in_step(load) else 2
    size = 4 * copies * tokens * vocabulary + entropy_bytes(load, tokens)
    return size, f"{tokens:,} x {vocabulary:,} x {4 * copies} bytes"


def entropy_bytes(load: Workload, tokens: int) -> int:
    """Return what measuring the entropy of some tokens takes."""
    return ENTROPY_BYTES * min(ENTROPY_TOKENS, tokens) * load.shape.vocab_size


def compares_in_step(load: Workload) -> bool:
    """Tell whether each step asks the reference too, instead of once before training."""
    return load.method in ("dpo", "kto") and not load.options.get("precompute_ref_log_probs")


def named(parts: Iterable[Part], name: str) -> int:
    """Return the bytes of the parts of a name."""
    return sum(part.num_bytes for part in parts if part.name == name)
