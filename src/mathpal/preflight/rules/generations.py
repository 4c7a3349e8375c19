"""Answers that a model is rewarded for: GRPO."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mathpal.config import Experiment, as_dict
from mathpal.preflight.rules.values import method

BY_TOKEN = ("bnpo", "cispo", "dapo", "dr_grpo")
"""Losses that weigh tokens, each on its own."""


def problems(experiment: Experiment) -> Iterator[str]:
    """Yield what of generating, rewarding and comparing answers does not go together."""
    options, hardware = as_dict(experiment.trainer), experiment.hardware
    if "num_generations" not in options:
        return
    processes = hardware.num_processes * hardware.num_nodes
    yield from _batches(options, processes)
    yield from _evaluation(options, processes)
    yield from _rewards(options)
    if options["top_k"] < 0 and not options["use_vllm"]:  # vLLM takes -1 for all
        yield f"trainer.top_k={options['top_k']}: must be at least 0, which stands for all"
    if method(options) == "grpo":
        yield from _losses(options)
        yield from _reference(experiment, options)
    if options["auto_find_batch_size"]:
        yield (
            "trainer.auto_find_batch_size=true: a batch holds all answers to a question; lower "
            "trainer.per_device_train_batch_size instead"
        )
    if options["log_completions_hub_repo"] and not options["log_completions"]:
        yield "trainer.log_completions_hub_repo: set trainer.log_completions=true, too"


def warnings(experiment: Experiment) -> Iterator[str]:
    """Yield weights of answers that are not those of the loss's paper; TRL warns of them, too."""
    options = as_dict(experiment.trainer)
    if method(options) != "grpo":
        return
    loss, level = options["loss_type"], options["importance_sampling_level"]
    wants = "sequence" if loss == "luspo" else "token" if loss in (*BY_TOKEN, "vespo") else level
    if level != wants:
        yield (
            f"trainer.importance_sampling_level={level} is not how trainer.loss_type={loss} is "
            f"meant, which weighs by {wants}"
        )


def too_few(options: Mapping[str, Any], processes: int, num_rows: int) -> Iterator[str]:
    """Yield why so many questions would never be drawn: TRL leaves out what is left of a round."""
    size, group = options["per_device_train_batch_size"] * processes, options["num_generations"]
    times = options["steps_per_generation"] or options["gradient_accumulation_steps"]
    answers = options["generation_batch_size"] or size * times
    drawn = answers // group if group > 0 else 0
    if 0 < num_rows < drawn:
        yield (
            f"trainer.num_generations={group}: {answers} answers are generated at once, to {drawn} "
            f"questions, and there are {num_rows}, so that nothing would be trained; set "
            "trainer.gradient_accumulation_steps=1, or give more rows"
        )


def _batches(options: Mapping[str, Any], processes: int) -> Iterator[str]:
    group, size = options["num_generations"], options["per_device_train_batch_size"]
    steps, whole = options["steps_per_generation"], options["generation_batch_size"]
    if group < 2:
        yield f"trainer.num_generations={group}: answers are compared, so at least 2 are needed"
        return
    if steps is not None and whole is not None:
        yield (
            f"trainer.generation_batch_size={whole} and trainer.steps_per_generation={steps} say "
            "the same; leave one of them out"
        )
    elif whole is not None and size * processes > 0 and whole % (size * processes):
        yield (
            f"trainer.generation_batch_size={whole}: must be a multiple of batch x processes = "
            f"{size * processes}"
        )
    elif whole is not None and whole % group:
        yield (
            f"trainer.generation_batch_size={whole}: must be a multiple of trainer.num_generations="
            f"{group}"
        )
    elif whole is None:
        times, word = (steps, "steps") if steps else (options["gradient_accumulation_steps"], "")
        answers = size * times * processes
        if answers % group:
            yield (
                f"trainer.num_generations={group}: must divide the answers of a step, batch x "
                f"{word or 'accumulation'} x processes = {answers}; set "
                f"trainer.per_device_train_batch_size={group}"
            )


def _evaluation(options: Mapping[str, Any], processes: int) -> Iterator[str]:
    group = options["num_generations_eval"] or options["num_generations"]
    size = options["per_device_eval_batch_size"]
    if options["eval_strategy"] != "no" and group > 0 and size * processes % group:
        yield (
            f"trainer.per_device_eval_batch_size={size}: batch x processes = {size * processes} "
            f"must be a multiple of the {group} answers to a question; set "
            f"trainer.per_device_eval_batch_size={group}"
        )


def _rewards(options: Mapping[str, Any]) -> Iterator[str]:
    rewards, weights = options["rewards"], options["reward_weights"]
    if not rewards:
        yield "trainer.rewards: at least one is needed; see conf/trainer/grpo.yaml"
    elif weights is not None and not isinstance(weights, list):
        yield f"trainer.reward_weights={weights}: expected a list, a weight for each reward"
    elif weights is not None and len(weights) != len(rewards):
        yield (
            f"trainer.reward_weights: {len(weights)} weights for {len(rewards)} rewards; give one "
            f"each, for {', '.join(rewards)}"
        )


def _losses(options: Mapping[str, Any]) -> Iterator[str]:
    least, most = (options[f"vllm_importance_sampling_clip_{end}"] for end in ("min", "max"))
    if least is not None and most is not None and least >= most:
        yield (
            f"trainer.vllm_importance_sampling_clip_min={least:g}: must be below "
            f"trainer.vllm_importance_sampling_clip_max={most:g}"
        )
    if options["use_liger_kernel"]:
        idle = {
            "off_policy_mask_threshold": None,
            "top_entropy_quantile": 1.0,
            "entropy_coef": 0.0,
            "use_adaptive_entropy": False,
        }
        for key, default in idle.items():
            if options[key] != default:
                yield f"trainer.{key}: not with trainer.use_liger_kernel=true; leave one out"


def _reference(experiment: Experiment, options: Mapping[str, Any]) -> Iterator[str]:
    if not options["sync_ref_model"]:
        return
    if options["beta"] == 0:
        yield "trainer.sync_ref_model=true: trainer.beta=0 compares with no reference; set a beta"
    if experiment.lora is not None:
        yield "trainer.sync_ref_model=true: under LoRA the reference is the base; add lora=none"
