"""Load and adapt a model with Unsloth's FastModel: quicker and smaller than transformers on a GPU.

Facts about Unsloth 2026.10, on which this module rests, are held by tests/unsloth_backend.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from mathpal import schema
from mathpal.config import HardwareConfig, ModelConfig, as_dict
from mathpal.errors import RequestError
from mathpal.hardware import Device
from mathpal.models import vocabulary
from mathpal.models.sources import cache_dir, locate
from mathpal.quiet import prints_logged

TEXT_MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""What LoRA adapts where target_modules is all-linear: Unsloth would take that as leave to adapt
the vision and audio towers as well."""

QUANTISED_LAYERS = {"4bit": "Linear4bit", "8bit": "Linear8bitLt"}
"""How bitsandbytes calls the layers that it keeps in so many bits."""

ALWAYS_GIVEN = ("r", "lora_alpha", "lora_dropout", "bias")
"""Options of LoRA whose defaults at Unsloth are not PEFT's."""


def start() -> None:
    """Import Unsloth, which patches transformers, trl and peft: before any of them.

    What it compiles goes to the cache, not into the current folder; it counts no downloads.
    """
    os.environ.setdefault("UNSLOTH_COMPILE_LOCATION", str(cache_dir() / "unsloth"))
    os.environ.setdefault("UNSLOTH_DISABLE_STATISTICS", "1")
    with prints_logged():
        import unsloth  # noqa: F401


def load(
    *,
    lora: Any,
    hardware: HardwareConfig,
    device: Device,
    tokenizer: Any,
    seed: int,
    head: str,
    num_tokens: int,
    **options: Any,
) -> Any:
    """Return the model in training shape: weights read, adapter on, on its device.

    Vision and audio towers are left as they are. `num_tokens` is the longest sequence that the
    model is going to see; `options` are the fields of ModelConfig.
    """
    import torch
    from unsloth import FastModel

    from mathpal.models.transformers import prepare

    if device.device == "cpu":
        torch.set_num_threads(device.num_threads)
    config = ModelConfig(**options)
    if config.extra_tokens:
        raise RequestError(vocabulary.NEEDS_TRANSFORMERS)
    dtypes = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}
    # Unsloth's own kind moves activations to pinned memory, which there is beside a GPU alone.
    kind = "unsloth" if device.device == "cuda" else True
    checkpointing = kind if hardware.gradient_checkpointing else False
    with prints_logged():
        model, _ = FastModel.from_pretrained(
            locate(config.name),
            max_seq_length=num_tokens,
            dtype=dtypes[device.precision],
            load_in_4bit=config.quantization == "4bit",
            load_in_8bit=config.quantization == "8bit",
            full_finetuning=lora is None,
            use_gradient_checkpointing=checkpointing,
            attn_implementation=config.attn_implementation,
            trust_remote_code=config.trust_remote_code,
            revision=config.revision,
            random_state=seed,
            device_map={"": device.device},
        )
        _require_quantised(model, config.quantization)
        prepare(model, tokenizer, head)
        if lora is None:
            return model
        return FastModel.get_peft_model(
            model,
            **_lora_options(as_dict(adapted(lora))),
            finetune_vision_layers=False,
            use_gradient_checkpointing=checkpointing,
            random_state=seed,
        )


@contextmanager
def inference(model: Any) -> Iterator[None]:
    """Keep a model in the state that answers are generated in."""
    import torch
    from unsloth import FastModel

    FastModel.for_inference(model)
    if model.config.get_text_config().to_dict().get("num_kv_shared_layers") == 0:
        # Unsloth leaves the shared layers out of the cache, all[:-0], which then has none.
        model.generation_config.use_cache = False
    with torch.inference_mode():
        yield
    FastModel.for_training(model)


def adapted(lora: Any) -> Any:
    """Return LoRA's options as Unsloth applies them: to the text part alone."""
    if lora is not None and lora.target_modules in (None, "all-linear"):
        return replace(lora, target_modules=list(TEXT_MODULES))
    return lora


def _require_quantised(model: Any, bits: str) -> None:
    """Refuse what Unsloth does where bitsandbytes fails it: 16-bit weights, with a printed line."""
    layers = {type(layer).__name__ for layer in model.modules()}
    if bits != "none" and QUANTISED_LAYERS[bits] not in layers:
        raise RequestError(
            f"model.quantization={bits}: Unsloth loaded the weights without it, see train.log; "
            "set model.quantization=none, or add backend=transformers"
        )


def _lora_options(lora: dict[str, Any]) -> dict[str, Any]:
    return {name: lora[name] for name in ALWAYS_GIVEN} | schema.changed("lora", lora)
