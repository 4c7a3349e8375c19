"""A step of training by each method: what differs from supervised fine-tuning of as many rows.

The bytes of a logit are measured: trl 1.13's trainers on a CPU, a model of one layer with a
vocabulary of 32,000, peak resident memory of a step over its number of logits.
"""

from __future__ import annotations

from dataclasses import replace

from mathpal.models.shape import num_parameters
from mathpal.preflight.memory import extrapolation
from mathpal.preflight.memory.evaluation import PAIRED, compares_in_step, entropy_bytes
from mathpal.preflight.memory.parts import Moment, Part
from mathpal.preflight.memory.workload import Workload

PLAIN_OPTIONS = {"loss_type": "chunked_nll", "use_liger_kernel": False}
"""Options of sft under which its logits are what is replaced here."""

LIGER = ("dpo", "kto", "grpo")
"""Methods whose loss Liger fuses with the head."""


def training_step(load: Workload) -> Moment:
    """Return what a step of training takes on one device."""
    parts = extrapolation.step(load if load.method == "sft" else as_sft(load)).parts
    if load.method != "sft":
        parts = (*(p for p in parts if p.name != "logits and loss"), _logits(load))
    if second := reference(load):
        parts = (*parts, second)
    return Moment("training", parts)


def as_sft(load: Workload) -> Workload:
    """Return the supervised fine-tuning of the rows that a method's forward pass has.

    Chosen and rejected answers are rows of one batch (trl, trainer/dpo_trainer.py,
    DataCollatorForPreference; reward_trainer.py; experimental/orpo, concatenated_forward). KTO's
    mismatched answers pass first, without gradients, and leave nothing. A model that gives scores
    has no matrix for its head, as if that were the embedding's.
    """
    rows = load.batch_size * (2 if load.method in PAIRED else 1)
    options = {**load.options, **PLAIN_OPTIONS}
    shape = replace(load.shape, tied=True) if load.method == "reward" else load.shape
    return replace(
        load, shape=shape, method="sft", batch_size=rows, batch_tokens=None, options=options
    )


def trained_logits(load: Workload) -> int:
    """Return the tokens whose logits a step holds: GRPO's of its answers alone (logits_to_keep)."""
    if load.method == "grpo":
        new = int(load.options.get("max_completion_length") or 0)
        return load.batch_size * (min(new, load.num_tokens) + 1)
    return as_sft(load).tokens


def _logits(load: Workload) -> Part:
    """Return what logits and loss take at their fullest.

    DPO and KTO (trainer/dpo_trainer.py and kto_trainer.py, _compute_loss): float32 logits, the
    reference's, and a copy that is made for the entropy; backward, gradients of both ways that
    lead to the logits. ORPO (experimental/orpo, concatenated_forward): a log-softmax of the chosen
    half. GRPO (grpo_trainer.py, _get_per_token_logps_and_entropies): logits over the temperature.
    """
    tokens, vocabulary = trained_logits(load), load.shape.vocab_size
    if load.method == "reward":
        return Part("logits and loss", 16 * tokens, "one score a row")
    if load.options.get("use_liger_kernel") and load.method in LIGER:
        return Part("logits and loss", entropy_bytes(load, tokens), "fused with the head (Liger)")
    forward, backward = _bytes_a_logit(load)
    entropy = 0 if load.method == "orpo" else entropy_bytes(load, tokens)
    size = max(forward * tokens * vocabulary + entropy, backward * tokens * vocabulary)
    why = f"{tokens:,} tokens x {vocabulary:,} x {size / (tokens * vocabulary):.3g} bytes"
    return Part("logits and loss", size, why)


def _bytes_a_logit(load: Workload) -> tuple[int, int]:
    """Return the bytes of a logit at the end of the forward pass, and in the backward pass."""
    if load.method == "orpo":
        return 8, 14
    if load.method == "grpo":
        return 8, 16
    if not compares_in_step(load):
        return 8, 12
    return 12, 12 if load.precision == "fp32" else 16


def reference(load: Workload) -> Part | None:
    """Return the second model that a trainer loads to compare with, if it does.

    With an adapter, the same model without it is the reference. Without one, a model is loaded in
    float32 (trl, trainer/utils.py, create_model_from_path) by DPO and KTO, but for
    precompute_ref_log_probs, and by GRPO where beta is not 0.
    """
    compares = compares_in_step(load) or (load.method == "grpo" and load.options.get("beta"))
    if load.lora is not None or not compares:
        return None
    count = num_parameters(load.shape)
    return Part("reference", 4 * count, f"a second model, {count / 1e9:.2f}B x 4 bytes")
