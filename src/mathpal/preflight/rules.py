"""Rules that a request must keep, each with its dotted key and a remedy. No torch here."""

from __future__ import annotations

import importlib.util
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from mathpal import checkpoints
from mathpal.config import Experiment, SynthConfig, as_dict
from mathpal.data import OURS
from mathpal.data.findings import Quality
from mathpal.errors import RequestError, did_you_mean
from mathpal.models import sources, vocabulary
from mathpal.record import holds_secret

AT_LEAST_ONE = (
    "trainer.per_device_train_batch_size",
    "trainer.per_device_eval_batch_size",
    "trainer.gradient_accumulation_steps",
    "trainer.max_length",
    "trainer.max_completion_length",
    "trainer.num_iterations",
    "trainer.early_stopping_patience",
    "trainer.save_total_limit",
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
    "data.test_rows",
    "evaluation.num_samples",
    "hardware.node_rank",
    "optimizer.rate_factor",
    "trainer.adam_epsilon",
    "seed",
)
PACKAGES = {"wandb": "wandb", "tensorboard": "tensorboard"}
"""Tracker -> the package that it needs, which is also the name of our extra."""

OBJECTIVES = (
    "train_loss",
    "eval_loss",
    "eval_margin",
    "eval_reward",
    "eval_accuracy",
    "base_accuracy",
    "tokens_per_second",
    "peak_memory_bytes",
    "seconds_train",
    "seconds_total",
    "seconds_to_first_step",
)
"""The figures of metrics.json."""


def problems(experiment: Experiment) -> list[str]:
    """Return everything that is wrong with a request, a line each."""
    values = as_dict(experiment)
    return [
        *_secrets(values),
        *_numbers(values),
        *sources.check(experiment.model.name),
        *_files(experiment),
        *_packages(experiment),
        *_evaluations(values),
        *_bench(experiment),
        *_generated(experiment),
        *_objective(experiment),
        *_generations(values),
        *_reference(experiment),
        *_writable(experiment),
        *vocabulary.problems(experiment),
    ]


def warnings(
    experiment: Experiment, context_length: int | None, cut_rows: int, num_rows: int, num_test: int
) -> list[str]:
    """Return what a run can do but its owner would want to know."""
    max_length = as_dict(experiment.trainer).get("max_length")
    found = []
    if cut_rows:
        found.append(
            f"{cut_rows} of {num_rows} rows are longer than trainer.max_length={max_length}: "
            "the end of their answers is not trained"
        )
    if num_test > num_rows:
        found.append(f"{num_test} rows are held out of {num_rows + num_test}; see data.test_rows")
    if context_length is not None and max_length is not None and max_length > context_length:
        found.append(
            f"trainer.max_length={max_length} is beyond the model's context of {context_length}"
        )
    return found


def data_warnings(quality: Quality) -> list[str]:
    """Return what of the rows spoils figures: answers that contradict each other, or were seen."""
    counts, dropped = quality.counts, quality.dropped
    found = []
    if leaks := counts.get("leak", 0) - dropped.get("leak", 0):
        found.append(
            f"{leaks} training rows ask a held-out question, so that the accuracy flatters; "
            "set data.leaks=drop"
        )
    if conflicts := counts.get("conflict"):
        found.append(f"{conflicts} rows answer a question in another way than an earlier row does")
    return found


def _numbers(values: Mapping[str, Any]) -> Iterator[str]:
    for keys, least in ((AT_LEAST_ONE, 1), (NOT_NEGATIVE, 0)):
        for key in keys:
            value = _at(values, key)
            if value is not None and not least <= value < math.inf:
                yield f"{key}={value}: must be at least {least}"
    yield from _ranges(values)
    if values["trainer"]["max_steps"] <= 0 and values["trainer"]["num_train_epochs"] <= 0:
        yield "trainer.num_train_epochs=0 and no trainer.max_steps: nothing would be trained"


def _secrets(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _secrets(value, f"{prefix}{key}.")
        elif isinstance(value, str) and holds_secret(value):
            yield f"{prefix}{key}: looks like a secret and would be written to the run's files"


def _ranges(values: Mapping[str, Any]) -> Iterator[str]:
    trainer = values["trainer"]
    if values["seed"] >= 2**32:
        yield f"seed={values['seed']}: must be below 2**32"
    if values["lora"] is not None and not 0 <= values["lora"]["lora_dropout"] < 1:
        yield f"lora.lora_dropout={values['lora']['lora_dropout']}: must be from 0 to below 1"
    for key in ("adam_beta1", "adam_beta2"):
        if not 0 <= trainer[key] < 1:
            yield f"trainer.{key}={trainer[key]:g}: must be from 0 to below 1"
    for key in ("logging_steps", "save_steps", "eval_steps"):
        if trainer[key] is not None and not trainer[key] > 0:
            yield f"trainer.{key}={trainer[key]:g}: must be above 0"
    if trainer.get("packing") and trainer["max_length"] is None:
        yield "trainer.packing=true: packs are of trainer.max_length tokens; set it"
    for key in ("name", "output_dir"):
        if not values[key].strip():
            yield f"{key} is empty: give it a value"
    if "/" in values["name"]:
        yield f"name={values['name']}: it names a folder, so it cannot hold a '/'"


def _at(values: Mapping[str, Any], key: str) -> Any:
    group, _, name = key.rpartition(".")
    inside = values[group] if group else values
    return None if inside is None else inside.get(name)


def _files(experiment: Experiment) -> Iterator[str]:
    template = experiment.model.chat_template
    if template is not None and not Path(template).is_file():
        yield f"model.chat_template={template}: there is no such file"
    if experiment.resume is not None:
        try:
            checkpoints.find(experiment.resume)
        except RequestError as error:
            yield from error.problems


def _packages(experiment: Experiment) -> Iterator[str]:
    for tracker in experiment.tracking.report_to:
        package = PACKAGES.get(tracker)
        if package is None:
            yield (
                f"tracking.report_to: there is no '{tracker}'.{did_you_mean(tracker, PACKAGES)} "
                f"Trackers: {', '.join(PACKAGES)}"
            )
        elif importlib.util.find_spec(package) is None:
            yield f"tracking={tracker}: {package} is not installed: pip install mathpal[{package}]"
    kernel = experiment.model.attn_implementation
    if kernel.startswith("flash_attention") and importlib.util.find_spec("flash_attn") is None:
        yield f"model.attn_implementation={kernel}: flash_attn is not installed; use sdpa"


def _generated(experiment: Experiment) -> Iterator[str]:
    """Look for wishes about rows of files where rows are generated."""
    if isinstance(experiment.data, SynthConfig):
        defaults = {f.name: f.default for f in fields(SynthConfig)}
        for key in sorted({*OURS} - {"cut"}):
            value = as_dict(experiment.data)[key]
            if value != defaults[key]:
                yield (
                    f"data.{key}={value}: generated rows are clean, answered and apart as they are "
                    "made; leave it out"
                )


def _bench(experiment: Experiment) -> Iterator[str]:
    """Look for an exam file without a bench, and a bench for a model that ranks."""
    settings = experiment.evaluation
    if settings is None:
        return
    if settings.bench is None and settings.exam_path is not None:
        yield "evaluation.exam_path: comes with a bench: use evaluation=vi_math_bench"
    if settings.bench is not None and experiment.trainer.head == "score":
        yield (
            f"evaluation.bench={settings.bench}: has no pairs, which a reward model ranks; "
            "use evaluation=answers"
        )
    if settings.exam_path is not None and not Path(settings.exam_path).expanduser().is_file():
        path = Path(settings.exam_path).expanduser()
        near = did_you_mean(path.name, [p.name for p in path.parent.glob("*.json*")])
        yield f"evaluation.exam_path={settings.exam_path}: there is no such file.{near}"


def _evaluations(values: Mapping[str, Any]) -> Iterator[str]:
    trainer = values["trainer"]
    evaluates = trainer["eval_strategy"] != "no"
    if evaluates and values["data"]["test_rows"] == 0:
        yield (
            f"trainer.eval_strategy={trainer['eval_strategy']}: needs held-out rows; "
            "set data.test_rows, or trainer.eval_strategy=no"
        )
    if trainer["early_stopping_patience"] is not None and not trainer["load_best_model_at_end"]:
        yield (
            "trainer.early_stopping_patience: needs trainer.load_best_model_at_end=true "
            "trainer.metric_for_best_model=eval_loss trainer.eval_strategy=steps"
        )
    if not trainer["load_best_model_at_end"]:
        return
    saves, measures = trainer["save_strategy"], trainer["eval_strategy"]
    if saves not in (measures, "best"):
        yield (
            f"trainer.load_best_model_at_end=true: the best is chosen among saved checkpoints, so "
            f"trainer.save_strategy={saves} must equal trainer.eval_strategy={measures}"
        )
    elif saves == measures == "steps":
        every, each = trainer["save_steps"], trainer["eval_steps"] or trainer["logging_steps"]
        if (every < 1) != (each < 1) or (every >= 1 and every % each):
            yield (
                f"trainer.save_steps={every:g}: with load_best_model_at_end it must be a multiple "
                f"of the steps between evaluations, {each:g}; set trainer.eval_steps=N "
                "trainer.save_steps=N"
            )
    metric = trainer["metric_for_best_model"] or "loss"
    of_answers = metric.removeprefix("eval_") in ("accuracy", "base_accuracy")
    if of_answers and trainer["head"] == "language":
        yield (
            f"trainer.metric_for_best_model={metric}: answers are scored after training alone; "
            "use eval_loss"
        )


def _generations(values: Mapping[str, Any]) -> Iterator[str]:
    trainer, hardware = values["trainer"], values["hardware"]
    if "num_generations" not in trainer:
        return
    group = trainer["num_generations"]
    processes = hardware["num_processes"] * hardware["num_nodes"]
    answers = trainer["per_device_train_batch_size"] * trainer["gradient_accumulation_steps"]
    if group < 2:
        yield f"trainer.num_generations={group}: answers are compared, so at least 2 are needed"
    elif answers * processes % group:
        yield (
            f"trainer.num_generations={group}: must divide the answers of a step, batch x "
            f"accumulation x processes = {answers * processes}; set "
            f"trainer.per_device_train_batch_size={group}"
        )
    if not trainer["rewards"]:
        yield "trainer.rewards: at least one is needed; see conf/trainer/grpo.yaml"


def _reference(experiment: Experiment) -> Iterator[str]:
    """Refuse adapters that change the base, where the base serves as the reference."""
    start = None if experiment.lora is None else as_dict(experiment.lora)["init_lora_weights"]
    options = as_dict(experiment.trainer)
    grpo_compares = "num_generations" in options and options["beta"] != 0
    compares = "precompute_ref_log_probs" in options or grpo_compares
    if compares and start not in (None, True, "gaussian"):
        yield (
            f"lora.init_lora_weights={start}: this trainer compares with the base model, which "
            "such an adapter changes; set lora.init_lora_weights=true"
        )


def _objective(experiment: Experiment) -> Iterator[str]:
    if not experiment.objectives:
        yield "objective=[]: name at least one figure, such as eval_loss"
    for name in experiment.objectives:
        if name not in OBJECTIVES:
            yield (
                f"objective={name}: not a figure of metrics.json."
                f"{did_you_mean(str(name), OBJECTIVES)} Figures: {', '.join(OBJECTIVES)}"
            )


def _writable(experiment: Experiment) -> Iterator[str]:
    folder = Path(experiment.output_dir).absolute()
    existing = next(p for p in (folder, *folder.parents) if p.exists())
    if not existing.is_dir():
        yield f"output_dir={experiment.output_dir}: {existing} is a file, not a folder"
    elif not os.access(existing, os.W_OK | os.X_OK):
        yield f"output_dir={experiment.output_dir}: {existing} is not writable"
