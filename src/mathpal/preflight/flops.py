"""Floating-point operations of a run, from a model's shape and its rows' tokens. No torch.

A product of matrices of m x k and k x n entries counts as 2 m k n operations; what goes entry by
entry (norms, activations, softmax) is left out, as in the papers named below.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mathpal.models.shape import Layer, Shape, rank, targets
from mathpal.preflight.memory.workload import Workload

CHUNKED = (None, "chunked_nll")
"""Values of loss_type under which TRL's SFTTrainer computes logits of trained tokens alone."""

CHUNK = 256
"""Tokens that it computes logits of at once; the last chunk is filled up."""


@dataclass(frozen=True)
class Batch:
    """Rows that go through the model at once."""

    lengths: Sequence[float]
    """Tokens of each row, with what it is padded by."""
    num_trained: float
    """Tokens that carry loss."""

    @property
    def num_tokens(self) -> float:
        """Tokens of all rows, padding included."""
        return sum(self.lengths)


def matrix_entries(shape: Shape) -> int:
    """Count the entries of the matrices that every token meets, without the head.

    An embedding is looked up, not multiplied (N of arXiv 2001.08361, section 2.1).
    """
    inner = [linear for layer in shape.layers for linear in layer.linears]
    return sum(linear.in_features * linear.out_features for linear in (*inner, *shape.others))


def adapter_entries(shape: Shape, lora: Mapping[str, Any]) -> int:
    """Count the entries of LoRA's two matrices, r (in + out) of every linear layer that has them.

    Source: arXiv 2106.09685, section 4.1.
    """
    return sum(
        rank(shape, lora, index, linear) * (linear.in_features + linear.out_features)
        for index, linear in targets(shape, lora)
        if not linear.name.startswith("embed_tokens")
    )


def attention(shape: Shape, lengths: Sequence[float]) -> float:
    """Return the operations of the forward pass of attention: scores, and the sum of values.

    A layer takes 4 x heads x head_dim for each pair of a token and one that it sees (arXiv
    2204.02311, appendix B, which counts 12 for the forward and backward pass). Here a token sees
    those up to itself, and no further back than the layer's window.
    """
    seen = sum(
        length * _mean_context(length, layer) for layer in shape.layers for length in lengths
    )
    return 4 * shape.num_heads * shape.head_dim * seen


def head(shape: Shape, num_tokens: float) -> float:
    """Return the operations that logits of so many tokens take: 2 x hidden x vocabulary each."""
    return 2 * shape.hidden_size * shape.vocab_size * num_tokens


def body(shape: Shape, lengths: Sequence[float], num_adapter_entries: int = 0) -> float:
    """Return the operations of the layers' forward pass: 2 N a token, and attention.

    Source: arXiv 2001.08361, table 1.
    """
    entries = matrix_entries(shape) + num_adapter_entries
    return 2 * entries * sum(lengths) + attention(shape, lengths)


def forward(load: Workload, batch: Batch) -> float:
    """Return the operations of a forward pass whose loss is measured, as evaluation makes it."""
    adapters = 0 if load.lora is None else adapter_entries(load.shape, load.lora)
    logits = head(load.shape, num_logits(load, batch))
    return body(load.shape, batch.lengths, adapters) + logits


def training(load: Workload, batch: Batch) -> float:
    """Return the operations of a forward and backward pass over a batch.

    The gradients of activations cost as much as the forward pass, 2 N a token, those of weights 2 N
    of the weights that are trained: 6 N in all where every weight is (arXiv 2001.08361, section
    2.1), 4 N and LoRA's own small matrices where only they are. Both factors of a score are
    activations, so that attention costs twice its forward pass. Gradient checkpointing adds a
    forward pass of the layers, TRL's chunked loss one of the head, a reference one of everything.
    """
    shape, whole = load.shape, load.lora is None
    adapters = 0 if load.lora is None else adapter_entries(shape, load.lora)
    once = body(shape, batch.lengths, adapters)
    logits = head(shape, num_logits(load, batch))
    weights = matrix_entries(shape) if whole else adapters
    backward = once + attention(shape, batch.lengths) + 2 * weights * batch.num_tokens
    backward += logits * (2 if whole else 1)
    again = once * load.gradient_checkpointing + logits * _computes_logits_twice(load)
    return once + logits + backward + again + num_references(load) * (once + logits)


def num_references(load: Workload) -> int:
    """Count the forward passes over a training batch beside the one that is trained.

    DPO's reference; KTO's, and the mismatched answers that both models score (TRL's KTOTrainer);
    GRPO's reference where beta weighs it, and the old probabilities where rows are used again.
    """
    options = load.options
    if load.method == "dpo":
        return 0 if options.get("precompute_ref_log_probs") else 1
    if load.method == "kto":
        return 1 if options.get("loss_type") == "apo_zero_unpaired" else 3
    if load.method == "grpo":
        return int(options.get("beta", 0.0) != 0.0) + int(options.get("num_iterations", 1) > 1)
    return 0


def answering(shape: Shape, prompt_tokens: float, new_tokens: float) -> float:
    """Return the operations of one answer: the question once, then 2 N and the cache a token."""
    question = body(shape, [prompt_tokens]) + head(shape, 1)
    whole = body(shape, [prompt_tokens + new_tokens])
    return question + whole - body(shape, [prompt_tokens]) + head(shape, new_tokens)


def _mean_context(length: float, layer: Layer) -> float:
    """Return the tokens that a token of a row sees on average, itself included.

    All of 4 tokens see 1 + 2 + 3 + 4; within a window of 2 they see 1 + 2 + 2 + 2.
    """
    window = length if layer.window is None else min(layer.window, length)
    return window - window * (window - 1) / (2 * length) if length else 0.0


def num_logits(load: Workload, batch: Batch) -> float:
    """Return the tokens whose logits are computed: TRL's SFTTrainer skips those without loss."""
    if load.method == "reward":
        return 0.0
    if load.method == "grpo":
        return batch.num_trained
    if _computes_logits_twice(load):
        return CHUNK * math.ceil(batch.num_trained / CHUNK)
    return batch.num_tokens


def _computes_logits_twice(load: Workload) -> bool:
    """Tell whether the loss is TRL's chunked_nll, whose logits are computed anew for gradients."""
    liger = load.options.get("use_liger_kernel", False)
    return load.method == "sft" and not liger and load.options.get("loss_type") in CHUNKED
