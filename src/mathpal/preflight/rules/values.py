"""Single values: ranges, and choices that the libraries check when they are about to train."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from mathpal.config import Experiment, as_dict
from mathpal.errors import did_you_mean

AT_LEAST_ONE = (
    "trainer.per_device_train_batch_size",
    "trainer.per_device_eval_batch_size",
    "trainer.gradient_accumulation_steps",
    "trainer.eval_accumulation_steps",
    "trainer.max_length",
    "trainer.max_completion_length",
    "trainer.num_iterations",
    "trainer.num_generations_eval",
    "trainer.generation_batch_size",
    "trainer.steps_per_generation",
    "trainer.ref_model_sync_steps",
    "trainer.precompute_ref_batch_size",
    "trainer.early_stopping_patience",
    "trainer.save_total_limit",
    "trainer.dataloader_prefetch_factor",
    "trainer.torch_empty_cache_steps",
    "trainer.pad_to_multiple_of",
    "trainer.vllm_tensor_parallel_size",
    "lora.r",
    "lora.lora_alpha",
    "data.train_rows",
    "evaluation.batch_size",
    "evaluation.max_new_tokens",
    "evaluation.max_rows",
    "hardware.num_threads",
    "hardware.num_processes",
    "hardware.num_nodes",
    "hardware.memory_gb",
)
NOT_NEGATIVE = (
    "trainer.learning_rate",
    "trainer.warmup_steps",
    "trainer.weight_decay",
    "trainer.neftune_noise_alpha",
    "trainer.dataloader_num_workers",
    "trainer.eval_delay",
    "trainer.beta",
    "trainer.desirable_weight",
    "trainer.undesirable_weight",
    "trainer.center_rewards_coefficient",
    "trainer.early_stopping_threshold",
    "data.test_rows",
    "evaluation.num_samples",
    "hardware.node_rank",
    "hardware.dollars_per_hour",
    "optimizer.rate_factor",
    "trainer.adam_epsilon",
    "seed",
)
BELOW_ONE = ("trainer.adam_beta1", "trainer.adam_beta2", "trainer.label_smoothing_factor")
UP_TO_ONE = ("trainer.top_p", "trainer.top_entropy_quantile")
ABOVE_ZERO = (
    "trainer.logging_steps",
    "trainer.save_steps",
    "trainer.eval_steps",
    "trainer.temperature",
    "trainer.repetition_penalty",
)

DPO_LOSSES = (
    "sigmoid",
    "hinge",
    "ipo",
    "exo_pair",
    "nca_pair",
    "robust",
    "bco_pair",
    "sppo_hard",
    "aot",
    "aot_unpaired",
    "apo_zero",
    "apo_down",
    "discopop",
    "sft",
    "sigmoid_norm",
)
GRPO_LOSSES = ("grpo", "dr_grpo", "dapo", "bnpo", "cispo", "sapo", "luspo", "vespo")
COMPILERS = (
    "inductor",
    "eager",
    "aot_eager",
    "aot_ts_nvfuser",
    "nvprims_nvfuser",
    "cudagraphs",
    "ofi",
    "fx2trt",
    "onnxrt",
    "tensorrt",
    "aot_torchxla_trace_once",
    "torchxla_trace_once",
    "tvm",
    "hpu_backend",
    "neuron",
)
CHOICES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "": {
        "debug": ("underflow_overflow", "tpu_metrics_debug"),
        "include_num_input_tokens_seen": ("all", "non_padding", "no"),
        "torch_compile_mode": (
            "default",
            "reduce-overhead",
            "max-autotune",
            "max-autotune-no-cudagraphs",
        ),
        "torch_compile_backend": COMPILERS,
    },
    "dpo": {
        "loss_type": DPO_LOSSES,
        "f_divergence_type": (
            "reverse_kl",
            "forward_kl",
            "js_divergence",
            "alpha_divergence",
        ),
    },
    "grpo": {
        "loss_type": GRPO_LOSSES,
        "scale_rewards": ("group", "batch", "none"),
        "importance_sampling_level": ("token", "sequence"),
        "multi_objective_aggregation": ("sum_then_normalize", "normalize_then_sum"),
        "vllm_mode": ("server", "colocate"),
        "vllm_model_impl": ("vllm", "transformers"),
        "vllm_importance_sampling_mode": (
            "token_truncate",
            "token_mask",
            "sequence_truncate",
            "sequence_mask",
        ),
    },
}
"""Method ("": any) -> option -> what TRL or transformers take for it."""


def problems(experiment: Experiment) -> Iterator[str]:
    """Yield values that are out of range, or not one of the few that there are."""
    values = as_dict(experiment)
    yield from _least(values)
    yield from _shares(values)
    yield from _steps(values["trainer"])
    yield from _choices(values["trainer"])
    if values["seed"] >= 2**32:
        yield f"seed={values['seed']}: must be below 2**32"
    for key in ("name", "output_dir"):
        if not values[key].strip():
            yield f"{key} is empty: give it a value"
    if "/" in values["name"]:
        yield f"name={values['name']}: it names a folder, so it cannot hold a '/'"


def method(trainer: Mapping[str, Any]) -> str:
    """Return the method of one of our own trainers, such as dpo; empty for another's.

    >>> method({"_target_": "mathpal.trainers.dpo.build"}), method({"_target_": "mine.build"})
    ('dpo', '')
    """
    package, _, name = trainer["_target_"].removesuffix(".build").rpartition(".")
    return name if package == "mathpal.trainers" else ""


def _least(values: Mapping[str, Any]) -> Iterator[str]:
    for keys, least in ((AT_LEAST_ONE, 1), (NOT_NEGATIVE, 0)):
        for key in keys:
            value = _at(values, key)
            if value is not None and not least <= value < math.inf:
                yield f"{key}={value}: must be at least {least}"
    for key in ABOVE_ZERO:
        value = _at(values, key)
        if value is not None and not 0 < value < math.inf:
            yield f"{key}={value:g}: must be above 0"
    trainer = values["trainer"]
    if trainer["max_steps"] <= 0 and trainer["num_train_epochs"] <= 0:
        yield "trainer.num_train_epochs=0 and no trainer.max_steps: nothing would be trained"


def _shares(values: Mapping[str, Any]) -> Iterator[str]:
    if values["lora"] is not None and not 0 <= values["lora"]["lora_dropout"] < 1:
        yield f"lora.lora_dropout={values['lora']['lora_dropout']}: must be from 0 to below 1"
    for key in BELOW_ONE:
        value = _at(values, key)
        if value is not None and not 0 <= value < 1:
            yield f"{key}={value:g}: must be from 0 to below 1"
    for key in UP_TO_ONE:
        value = _at(values, key)
        if value is not None and not 0 < value <= 1:
            yield f"{key}={value:g}: must be above 0 and at most 1"


def _steps(trainer: Mapping[str, Any]) -> Iterator[str]:
    for event in ("logging", "save", "eval"):
        every = trainer[f"{event}_steps"]
        counts = trainer[f"{event}_strategy"] == "steps" and every is not None
        if counts and every > 1 and every != int(every):
            yield (
                f"trainer.{event}_steps={every:g}: above 1 it counts steps; set a whole number, or "
                "a share of all steps below 1"
            )


def _choices(trainer: Mapping[str, Any]) -> Iterator[str]:
    for key, choices in {**CHOICES[""], **CHOICES.get(method(trainer), {})}.items():
        asked = trainer[key]
        words = asked.split() if isinstance(asked, str) else asked
        for value in words if isinstance(words, list) else [words]:
            if value in (None, True, False) or value in choices:
                continue
            hint = did_you_mean(str(value), choices) or f" Options: {', '.join(choices)}"
            yield f"trainer.{key}={value}: not one of the choices.{hint}"


def _at(values: Mapping[str, Any], key: str) -> Any:
    group, _, name = key.rpartition(".")
    inside = values[group] if group else values
    return None if inside is None else inside.get(name)
