"""The loss of the methods that hold the logits of all tokens: DPO, KTO, ORPO, GRPO; and of scores.

The bytes of a logit are measured: trl 1.13's trainers on a CPU, a model of one layer with a
vocabulary of 32,000, peak resident memory of a step over its number of logits.
"""

from __future__ import annotations

from collections.abc import Sequence

from mathpal.preflight.memory.evaluation import (
    ENTROPY_BYTES,
    PAIRED,
    compares_in_step,
    entropy_bytes,
)
from mathpal.preflight.memory.forward import Forward
from mathpal.preflight.memory.tape import BYTE, FP32, Tensor
from mathpal.preflight.memory.workload import Workload

LIGER = ("dpo", "kto", "grpo")
"""Methods whose loss Liger fuses with the head."""

SCORE_BYTES = 16
"""Of a token, where a model gives scores."""


def loss(forward: Forward, hidden: Tensor) -> Tensor:
    """Return the loss of a method whose logits, whole, are there until the backward pass.

    What is held at the end of the forward pass is kept, and what the backward pass has more of is
    taken there.
    """
    load, tape, head = forward.load, forward.tape, forward.weights.head
    before, after, passing = held_bytes(load)
    kept = tape.new(before, BYTE)
    entropy = tape.new(passing, BYTE)
    del entropy
    has_head = head.node is not None and load.method != "reward"

    def rule(g: Tensor, kept: Tensor) -> Sequence[Tensor | None]:
        more = tape.new(max(0, after - before), BYTE)
        of_head = tape.new(head.numel, head.itemsize) if has_head else None
        found = tape.new(hidden.numel, hidden.itemsize)
        del more
        return found, of_head

    return tape.record(tape.new(1, FP32), (hidden, head), (kept,), rule)


def held_bytes(load: Workload) -> tuple[int, int, int]:
    """Return the bytes held at the forward pass's end and in the backward pass, and passing ones.

    DPO and KTO (trainer/dpo_trainer.py and kto_trainer.py, _compute_loss): float32 logits, the
    reference's, and a copy that is made for the entropy; backward, gradients of both ways that
    lead to the logits. ORPO (experimental/orpo, concatenated_forward): a log-softmax of the chosen
    half. GRPO (grpo_trainer.py, _get_per_token_logps_and_entropies): logits over the temperature.
    Liger makes the gradients with the loss, of one row or pair at a time (liger_kernel,
    chunked_loss): not measured.
    """
    tokens, vocabulary = num_tokens(load), load.shape.vocab_size
    if load.method == "reward":
        return SCORE_BYTES * tokens, SCORE_BYTES * tokens, 0
    if _is_by_rows(load):
        rows = load.batch_size // 2 if load.method in PAIRED else load.batch_size
        return 0, 0, ENTROPY_BYTES * (tokens // rows) * vocabulary
    before, after = _bytes_a_logit(load)
    entropy = 0 if load.method == "orpo" else entropy_bytes(load, tokens)
    return before * tokens * vocabulary, after * tokens * vocabulary, entropy


def num_tokens(load: Workload) -> int:
    """Return the tokens whose logits a step holds: GRPO's of its answers alone (logits_to_keep)."""
    if load.method == "grpo":
        new = int(load.options.get("max_completion_length") or 0)
        return load.batch_size * (min(new, load.num_tokens) + 1)
    return load.tokens


def reason(load: Workload) -> str:
    """Say what the logits' bytes are made of."""
    if load.method == "reward":
        return "one score a row"
    tokens, vocabulary = num_tokens(load), load.shape.vocab_size
    if _is_by_rows(load):
        return "fused with the head (Liger)"
    return f"{tokens:,} tokens x {vocabulary:,} x {max(_bytes_a_logit(load))} bytes"


def _is_by_rows(load: Workload) -> bool:
    return bool(load.options.get("use_liger_kernel")) and load.method in LIGER


def _bytes_a_logit(load: Workload) -> tuple[int, int]:
    """Return the bytes of a logit at the end of the forward pass, and in the backward pass."""
    if load.method == "orpo":
        return 8, 14
    if load.method == "grpo":
        return 8, 16
    if not compares_in_step(load):
        return 8, 12
    return 12, 12 if load.precision == "fp32" else 16
