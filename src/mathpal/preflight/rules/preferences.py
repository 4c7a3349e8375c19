"""Trainers that learn from preferences, labels and scores: DPO, KTO, ORPO, reward models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mathpal.config import Experiment, as_dict
from mathpal.preflight.rules.values import method

LEARNS_FROM = {
    "sft": "answers",
    "grpo": "answers",
    "dpo": "pairs",
    "orpo": "pairs",
    "reward": "pairs",
    "kto": "labels",
}

WITH_DIVERGENCES = (
    "sigmoid",
    "sigmoid_norm",
    "hinge",
    "ipo",
    "exo_pair",
    "robust",
    "discopop",
    "sft",
)
"""Losses of DPO for which other divergences than reverse KL are defined."""

SORTING = ("aot", "aot_unpaired")
"""Losses of DPO that sort pairs, after which a weight would meet another pair."""


def problems(experiment: Experiment) -> Iterator[str]:
    """Yield what of a method's options, reference and rows does not go together."""
    options = as_dict(experiment.trainer)
    name = method(options)
    yield from _kind(options, name)
    yield from _base(experiment, options)
    if name in ("dpo", "kto"):
        yield from _reference(experiment, options)
    if name == "dpo":
        yield from _dpo(options)
    if name == "kto":
        yield from _kto(options)
    if name == "orpo" and options["max_completion_length"] is not None:
        yield (
            f"trainer.max_completion_length={options['max_completion_length']}: TRL's ORPO cuts by "
            "it for encoder-decoders alone; set trainer.max_length"
        )


def _kind(options: Mapping[str, Any], name: str) -> Iterator[str]:
    """Look for a trainer of ours that was told to learn from other rows, or to end otherwise."""
    if name not in LEARNS_FROM:
        return
    form, head = LEARNS_FROM[name], "score" if name == "reward" else "language"
    if options["learns_from"] != form:
        yield (
            f"trainer.learns_from={options['learns_from']}: trainer={name} learns from {form}; "
            "leave it out, or choose another trainer"
        )
    if options["head"] != head:
        instead = "choose trainer=reward" if head == "language" else "leave it out"
        yield f"trainer.head={options['head']}: trainer={name} needs head={head}; {instead}"


def _base(experiment: Experiment, options: Mapping[str, Any]) -> Iterator[str]:
    """Refuse adapters that change the base, where the base serves as the reference."""
    start = None if experiment.lora is None else as_dict(experiment.lora)["init_lora_weights"]
    grpo_compares = "num_generations" in options and options["beta"] != 0
    compares = "precompute_ref_log_probs" in options or grpo_compares
    if compares and start not in (None, True, "gaussian"):
        yield (
            f"lora.init_lora_weights={start}: this trainer compares with the base model, which "
            "such an adapter changes; set lora.init_lora_weights=true"
        )


def _reference(experiment: Experiment, options: Mapping[str, Any]) -> Iterator[str]:
    if options["sync_ref_model"] and experiment.lora is not None:
        yield "trainer.sync_ref_model=true: under LoRA the reference is the base; add lora=none"
    if options["sync_ref_model"] and options["precompute_ref_log_probs"]:
        yield (
            "trainer.precompute_ref_log_probs=true: not for a reference that moves; set "
            "trainer.sync_ref_model=false"
        )
    if options["use_liger_kernel"] and options["precompute_ref_log_probs"]:
        yield (
            "trainer.precompute_ref_log_probs=true: not with trainer.use_liger_kernel=true; leave "
            "one of them out"
        )


def _dpo(options: Mapping[str, Any]) -> Iterator[str]:
    losses, weights = options["loss_type"], options["loss_weights"]
    if not losses:
        yield "trainer.loss_type=[]: name at least one, such as [sigmoid]"
    if weights is not None and not isinstance(weights, list):
        yield f"trainer.loss_weights={weights}: expected a list, a weight for each loss"
    elif weights is not None and len(weights) != len(losses):
        yield f"trainer.loss_weights: {len(weights)} for {len(losses)} losses; give one each"
    other = [loss for loss in losses if loss not in WITH_DIVERGENCES]
    if options["f_divergence_type"] != "reverse_kl" and other:
        yield (
            f"trainer.f_divergence_type={options['f_divergence_type']}: not for trainer.loss_type="
            f"[{','.join(other)}]; set trainer.f_divergence_type=reverse_kl"
        )
    if options["use_weighting"] and set(SORTING) & set(losses):
        yield (
            f"trainer.use_weighting=true: not for losses that sort pairs, {' and '.join(SORTING)}; "
            "choose another trainer.loss_type"
        )
    smoothing = options["label_smoothing"]
    if "exo_pair" in losses and smoothing == 0:
        yield (
            "trainer.loss_type=[exo_pair]: needs trainer.label_smoothing above 0; its paper takes "
            "1e-3"
        )
    if "robust" in losses and not 0 <= smoothing < 0.5:
        yield (
            f"trainer.label_smoothing={smoothing:g}: the share of wrong pairs, from 0 to below 0.5 "
            "for trainer.loss_type=[robust]"
        )
    if options["use_liger_kernel"] and len(losses) > 1:
        yield "trainer.loss_type: one loss alone with trainer.use_liger_kernel=true"


def _kto(options: Mapping[str, Any]) -> Iterator[str]:
    measures_kl = options["loss_type"] != "apo_zero_unpaired"
    size, sampling = options["per_device_train_batch_size"], options["train_sampling_strategy"]
    if measures_kl and size == 1:
        yield (
            "trainer.per_device_train_batch_size=1: the divergence is measured against another "
            "answer of the batch; set 2, or trainer.loss_type=apo_zero_unpaired"
        )
    if measures_kl and sampling != "sequential":
        yield (
            f"trainer.train_sampling_strategy={sampling}: answers are paired in the order they lie "
            "in; leave it out, or set trainer.loss_type=apo_zero_unpaired"
        )
    if not options["use_liger_kernel"]:
        return
    if not measures_kl:
        yield "trainer.loss_type=apo_zero_unpaired: not with trainer.use_liger_kernel=true"
    if (options["desirable_weight"], options["undesirable_weight"]) != (1, 1):
        yield "trainer.desirable_weight: only 1 with trainer.use_liger_kernel=true"
