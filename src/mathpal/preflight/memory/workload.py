"""What a run asks of a device's memory: all that the estimate depends on, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mathpal.config import TRAINERS, Experiment, as_dict
from mathpal.hardware import Device
from mathpal.models import backend
from mathpal.models.shape import Shape


@dataclass(frozen=True)
class Workload:
    """One process's part of a run."""

    shape: Shape
    method: str
    """sft, dpo, kto, orpo, grpo or reward."""
    backend: str
    """transformers or unsloth."""
    device: str
    """cpu or cuda."""
    precision: str
    """fp32, bf16 or fp16; on the CPU, and where all weights are trained, an autocast over fp32."""
    batch_size: int
    """Rows of a forward pass: trainer.per_device_train_batch_size."""
    num_tokens: int
    """Tokens of the longest row after truncation, to which others are padded."""
    batch_tokens: int | None = None
    """Without padding, the tokens of the largest batch in all; None: batch_size x num_tokens."""
    eval_batch_size: int = 0
    """trainer.per_device_eval_batch_size; 0: nothing is evaluated."""
    eval_tokens: int = 0
    """Tokens of the longest held-out row."""
    generation_batch_size: int = 0
    """Rows answered at once by evaluation; 0: no answers are generated."""
    prompt_tokens: int = 0
    """Of the longest question that is answered."""
    new_tokens: int = 0
    """evaluation.max_new_tokens."""
    lora: Mapping[str, Any] | None = None
    """The options of the lora group; None: every weight is trained."""
    quantization: str = "none"
    attn_implementation: str = "sdpa"
    gradient_checkpointing: bool = False
    optimizer: str = "adamw_torch_fused"
    options: Mapping[str, Any] = field(default_factory=dict)
    """The trainer's options: num_generations, max_completion_length, use_liger_kernel, ..."""
    num_devices: int = 1
    sharded_by: str | None = None
    """fsdp or deepspeed; None: each process holds the whole model (DDP where there are several)."""
    capability: float | None = None
    """Compute capability of the GPU, as hardware.capability; None: not known."""

    @property
    def tokens(self) -> int:
        """Tokens of a forward pass, padding included."""
        return self.batch_size * self.num_tokens if self.batch_tokens is None else self.batch_tokens


def workload_of(
    experiment: Experiment,
    shape: Shape,
    device: Device,
    *,
    train_tokens: int,
    eval_tokens: int = 0,
    prompt_tokens: int = 0,
    batch_tokens: int | None = None,
    num_questions: int | None = None,
) -> Workload:
    """Return what a run asks of each of its devices.

    `train_tokens` and `eval_tokens` are those of the longest rows before they are cut, 0 where
    none are held out; `prompt_tokens` those of the longest question. `batch_tokens` is given where
    rows of a batch stand one behind the other; `num_questions` are the rows to be answered, None
    where that is not known.
    """
    options, hardware = as_dict(experiment.trainer), experiment.hardware
    lora = backend(experiment.backend).adapted(experiment.lora)
    method = next(name for name, kind in TRAINERS.items() if isinstance(experiment.trainer, kind))
    drawn = prompt_tokens + (options.get("max_completion_length") or 0)
    evaluates = eval_tokens > 0 and (method != "grpo" or options["eval_strategy"] != "no")
    return Workload(
        shape=shape,
        method=method,
        backend=experiment.backend,
        device=device.device,
        precision=device.precision,
        batch_size=options["per_device_train_batch_size"],
        num_tokens=drawn if method == "grpo" else _cut(train_tokens, options, packs=True),
        batch_tokens=batch_tokens,
        eval_batch_size=options["per_device_eval_batch_size"] if evaluates else 0,
        eval_tokens=drawn if method == "grpo" else _cut(eval_tokens, options),
        generation_batch_size=_answered(experiment, prompt_tokens, num_questions),
        prompt_tokens=prompt_tokens,
        new_tokens=0 if experiment.evaluation is None else experiment.evaluation.max_new_tokens,
        lora=None if lora is None else as_dict(lora),
        quantization=experiment.model.quantization,
        attn_implementation=experiment.model.attn_implementation,
        gradient_checkpointing=bool(options["gradient_checkpointing"]),
        optimizer=options["optim"],
        options=options,
        num_devices=hardware.num_processes * hardware.num_nodes,
        sharded_by=next(iter(hardware.sharded_by), None),
        capability=hardware.capability,
    )


def _cut(num_tokens: int, options: Mapping[str, Any], *, packs: bool = False) -> int:
    """Return the tokens of a row once it is cut; a pack is as long as rows may be."""
    limit = options.get("max_length")
    if limit is None:
        return num_tokens
    return int(limit) if packs and options.get("packing") else min(num_tokens, int(limit))


def _answered(experiment: Experiment, prompt_tokens: int, num_questions: int | None) -> int:
    """Return the rows that evaluation answers at once, as mathpal.evaluation.generate groups them.

    A model that gives scores ranks pairs instead, which takes no cache.
    """
    from mathpal.evaluation.generate import BATCH_TOKENS

    settings = experiment.evaluation
    if settings is None or experiment.trainer.head == "score" or not prompt_tokens:
        return 0
    most = [settings.batch_size, max(1, BATCH_TOKENS // prompt_tokens)]
    most += [limit for limit in (num_questions, settings.max_rows) if limit is not None]
    return min(most)
