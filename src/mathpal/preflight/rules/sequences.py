"""Rows as sequences: packed, without padding, trained in part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mathpal.config import Experiment, as_dict
from mathpal.preflight.packing import KEEP_ROWS_APART
from mathpal.preflight.rules.places import shape_of
from mathpal.preflight.rules.values import method


def problems(experiment: Experiment) -> Iterator[str]:
    """Yield settings of rows that the trainer, the attention or each other exclude."""
    options = as_dict(experiment.trainer)
    if method(options) == "sft":
        yield from _packing(experiment, options)
        yield from _losses(options)
    elif experiment.hardware.padding_free:
        yield "hardware.padding_free=true: only trainer=sft does it; set it null"
    if method(options) not in ("", "sft") and options["label_smoothing_factor"]:
        instead = (
            "set trainer.label_smoothing with trainer.loss_type=[robust]"
            if method(options) == "dpo"
            else "leave it out"
        )
        yield f"trainer.label_smoothing_factor: this trainer's loss has no use for it; {instead}"


def warnings(experiment: Experiment, context_length: int | None) -> Iterator[str]:
    """Yield what a run can do with its rows but its owner would want to know."""
    options, scoring = as_dict(experiment.trainer), experiment.evaluation
    length = options.get("max_length")
    if context_length is not None and length is not None and length > context_length:
        yield f"trainer.max_length={length} is beyond the model's context of {context_length}"
    written = 0 if scoring is None else scoring.max_new_tokens
    if context_length is not None and written >= context_length:
        yield (
            f"evaluation.max_new_tokens={written} leaves no room for a question in the model's "
            f"context of {context_length}"
        )
    if options.get("packing") and options["packing_strategy"] == "wrapped":
        yield "trainer.packing_strategy=wrapped cuts rows anywhere, and each sees those before it"
    elif options.get("packing"):
        yield from _neighbours(experiment)
    if method(options) in ("dpo", "kto") and options.get("padding_free"):
        yield "trainer.padding_free=true does not count: TRL leaves it undone for this trainer"


def _packing(experiment: Experiment, options: Mapping[str, Any]) -> Iterator[str]:
    packs, free = options["packing"], experiment.hardware.padding_free
    if packs and options["max_length"] is None:
        yield "trainer.packing=true: packs are of trainer.max_length tokens; set it"
    if packs and experiment.data.cut == "drop":
        yield "data.cut=drop: packs take rows of any length; leave it out, or trainer.packing=false"
    if not packs and options["eval_packing"]:
        yield "trainer.eval_packing=true: goes with trainer.packing=true; set that, too"
    if not packs and options["padding_free"] and options["max_length"] is not None:
        yield (
            "trainer.padding_free=true: TRL takes it without a length alone; set "
            "trainer.max_length=null, use hardware.padding_free=true, or trainer.packing=true"
        )
    elif not packs and options["padding_free"] and free:
        yield "trainer.padding_free=true: hardware.padding_free=true does it; leave one of them out"
    if free and packs:
        yield (
            "hardware.padding_free=true: packs have no padding as they are; set it null, or "
            "trainer.packing=false"
        )
    elif free:
        yield from _padding_free(experiment)


def _padding_free(experiment: Experiment) -> Iterator[str]:
    key, kernel = "hardware.padding_free=true", experiment.model.attn_implementation
    found = shape_of(experiment.model)
    if kernel != "sdpa":
        yield f"{key}: works by sdpa, not {kernel}; set it null"
    if experiment.backend != "transformers":
        yield f"{key}: works with backend=transformers; set it null"
    if experiment.hardware.device == "cuda":
        yield f"{key}: works on a CPU; set it null"
    if found is not None and found.model_type not in KEEP_ROWS_APART:
        yield f"{key}: rows of a {found.model_type} model would see each other; set it null"


def _neighbours(experiment: Experiment) -> Iterator[str]:
    """Look for packed rows that may see each other.

    TRL warns of all attention but flash's; transformers makes a mask that keeps rows apart by their
    positions, which tests hold for these types of model.
    """
    kernel = experiment.model.attn_implementation
    if kernel.startswith("flash") or experiment.backend != "transformers":
        return
    found = shape_of(experiment.model)
    if found is not None and found.model_type not in KEEP_ROWS_APART:
        yield (
            f"trainer.packing=true: with {kernel} attention, whether packed rows of a "
            f"{found.model_type} model see each other was not tried; "
            "model.attn_implementation=flash_attention_2 keeps them apart"
        )


def _losses(options: Mapping[str, Any]) -> Iterator[str]:
    if options["assistant_only_loss"]:
        yield "trainer.assistant_only_loss=true: answers alone are trained as it is; leave it out"
    if options["completion_only_loss"] is False:
        yield "trainer.completion_only_loss=false: answers alone are trained; leave it out"
    chunked = options["loss_type"] in (None, "chunked_nll") and not options["use_liger_kernel"]
    if options["label_smoothing_factor"] and (chunked or options["loss_type"] == "dft"):
        yield (
            f"trainer.label_smoothing_factor={options['label_smoothing_factor']:g}: needs all "
            "logits, which this loss does without; set trainer.loss_type=nll"
        )
    if options["use_liger_kernel"] and options["loss_type"] == "chunked_nll":
        yield (
            "trainer.loss_type=chunked_nll: not with trainer.use_liger_kernel=true, which has its "
            "own; leave one of them out"
        )
