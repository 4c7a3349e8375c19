"""What a run asks of a device's memory: all that the estimate depends on, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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

    @property
    def tokens(self) -> int:
        """Tokens of a forward pass, padding included."""
        return self.batch_size * self.num_tokens if self.batch_tokens is None else self.batch_tokens
