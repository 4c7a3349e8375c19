"""The loss over the vocabulary: logits, their log-softmax, and the gradients of both."""

from __future__ import annotations

from collections.abc import Sequence

from mathpal.preflight.memory import comparisons, products
from mathpal.preflight.memory import operations as op
from mathpal.preflight.memory.forward import SOFTCAPPED, Forward
from mathpal.preflight.memory.tape import FP32, Tensor
from mathpal.preflight.memory.workload import Workload

CHUNK = 256
"""Tokens whose logits TRL makes at once (trl/trainer/sft_trainer.py)."""

ENTROPY_ROWS = 128
"""Tokens whose entropy TRL computes at once (trl/trainer/utils.py)."""


def loss(forward: Forward, hidden: Tensor) -> Tensor:
    """Return the loss of hidden states (tokens, hidden), by the method and its options."""
    forward.tape.part = "logits and loss"
    if forward.load.method != "sft":
        found = comparisons.loss(forward, hidden)
    elif forward.is_fused:
        found = _fused(forward, hidden)
    elif forward.load.options.get("loss_type") in (None, "chunked_nll"):
        found = _chunked(forward, hidden)
    else:
        found = _whole(forward, hidden)
    forward.tape.part = "activations"
    return found


def reason(load: Workload) -> str:
    """Say what the logits' bytes are made of."""
    if load.method != "sft":
        return comparisons.reason(load)
    tokens, by = load.tokens, f"x {load.shape.vocab_size:,}"
    if load.options.get("use_liger_kernel") or load.backend == "unsloth":
        return f"some tokens at a time {by}, fused with the head"
    if load.options.get("loss_type") in (None, "chunked_nll"):
        return f"{min(CHUNK, tokens)} tokens at a time {by}"
    return f"{tokens:,} tokens {by}"


def _chunked(forward: Forward, hidden: Tensor) -> Tensor:
    """Return the loss, of a chunk of tokens at a time, each computed anew for its gradient.

    Logits, their log-softmax, its exponential and the product of both, for the entropy: four
    times 256 x vocabulary x 4 bytes (trl/trainer/sft_trainer.py, _chunk), whatever the batch.
    """
    load, shape = forward.load, forward.shape
    rows = 1 if forward.is_packed else load.batch_size
    num_tokens = max(forward.tokens - rows, 1)
    if rows > 1:
        hidden = op.gathered(hidden, num_tokens * shape.hidden_size)  # all but the last of each row
    hidden = op.gathered(hidden, num_tokens * shape.hidden_size)  # those without loss last

    def body(x: Tensor, weight: Tensor) -> Tensor:
        return _log_likelihood(forward, x, weight)

    total: Tensor | None = None
    for first in range(0, num_tokens, CHUNK):
        count = min(CHUNK, num_tokens - first)
        x = op.selected(hidden, count * shape.hidden_size)
        found = forward.tape.checkpoint(body, x, forward.weights.head)
        total = found if total is None else op.add(total, found)
    assert total is not None
    return op.scale(total)


def _log_likelihood(forward: Forward, x: Tensor, weight: Tensor) -> Tensor:
    logits = _logits(forward, x, op.cast(weight, x.itemsize))
    log_shares = op.pointwise(logits, keeps="output")
    found = op.picked(log_shares)
    shares = op.pointwise(log_shares, keeps="output")
    entropy = op.multiply(shares, log_shares)
    del entropy, shares, log_shares, logits
    return found


def _logits(forward: Forward, x: Tensor, weight: Tensor) -> Tensor:
    """Return logits in float32, after a copy in the products' format where that is another."""
    num_tokens = x.numel // forward.shape.hidden_size
    logits = op.cast(products.product(x, weight, num_tokens * forward.shape.vocab_size), FP32)
    if forward.shape.model_type in SOFTCAPPED:
        logits = op.scale(op.pointwise(op.scale(logits), keeps="output"))
    return logits


def _whole(forward: Forward, hidden: Tensor) -> Tensor:
    """Return the loss over all logits at once, as transformers computes it (loss_utils.py).

    Kept: the log-softmax of all logits, tokens x vocabulary x 4 bytes. Beside it the trainer holds
    the logits in float32, and a copy without the last of each row for the entropy, some rows at a
    time (trl/trainer/utils.py, entropy_from_logits); going back, two gradients in float32.
    """
    shape, tape = forward.shape, forward.tape
    logits = products.product(hidden, forward.weights.head, forward.tokens * shape.vocab_size)
    if shape.model_type in SOFTCAPPED:
        logits = op.scale(op.pointwise(op.scale(logits), keeps="output"))
    whole = op.cast(logits, FP32)
    found = op.picked(op.pointwise(whole, keeps="output"))
    del whole
    returned = op.cast(logits, FP32)
    del logits
    rows = 1 if forward.is_packed else forward.load.batch_size
    copied = tape.new((forward.tokens - rows) * shape.vocab_size if rows > 1 else 0, FP32)
    entropy = tape.new(3 * min(ENTROPY_ROWS, forward.tokens) * shape.vocab_size, FP32)
    del entropy, copied, returned
    return found


def _fused(forward: Forward, hidden: Tensor) -> Tensor:
    """Return the loss of a kernel that makes the gradient with it, a few tokens at a time.

    Kept: the gradient of the hidden states. Liger (arXiv 2410.10989, fused_linear_cross_entropy)
    takes as many tokens at once as makes their logits as large as the hidden states; Unsloth's
    likewise.
    """
    tape, shape, head = forward.tape, forward.shape, forward.weights.head
    chunks = -(-shape.vocab_size // shape.hidden_size)
    num_tokens = 1 << (-(-forward.tokens // chunks) - 1).bit_length()
    gradient = tape.new(hidden.numel, hidden.itemsize)
    of_head = tape.new(head.numel, head.itemsize) if head.node is not None else None
    logits = tape.new(2 * min(num_tokens, forward.tokens) * shape.vocab_size, FP32)
    del logits

    def rule(g: Tensor, gradient: Tensor, of_head: Tensor | None) -> Sequence[Tensor | None]:
        return (gradient.shown(), None if of_head is None else of_head.shown())

    return tape.record(tape.new(1, FP32), (hidden, head), (gradient, of_head), rule)
