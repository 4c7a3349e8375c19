"""Load a model and its tokenizer with transformers, and put a PEFT adapter on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mathpal import schema
from mathpal.config import ModelConfig, as_dict
from mathpal.data.chat import end_of_turn_id
from mathpal.errors import RequestError
from mathpal.hardware import Device
from mathpal.models.sources import locate


@dataclass(frozen=True)
class Architecture:
    """A model's shape, known from its config.json alone."""

    model_type: str
    num_parameters: int
    num_trained: int
    context_length: int | None
    """Tokens that its positions reach, or None where its config does not say."""


def load(*, lora: Any, device: Device, tokenizer: Any, seed: int, **options: Any) -> Any:
    """Return the model in training shape: weights read, adapter on, on its device.

    Weights are kept in float32 on the CPU and where all of them are trained (bf16 is an autocast
    then), else in the device's precision. The adapter's random start comes from `seed`; `options`
    are the fields of ModelConfig.
    """
    import torch
    from peft import get_peft_model
    from transformers import set_seed

    if device.device == "cpu":
        torch.set_num_threads(device.num_threads)
    set_seed(seed)
    whole = device.device == "cpu" or lora is None
    model = _weights(ModelConfig(**options), "fp32" if whole else device.precision)
    model.to(device.device)
    add_stop_token(model, tokenizer)
    if lora is None:
        return model
    adapted: Any = get_peft_model(model, peft_config(lora))
    return adapted


def load_tokenizer(model: ModelConfig) -> Any:
    """Return the tokenizer, with the chat template that was asked for."""
    from transformers import AutoTokenizer

    with _explained(model.name):
        tokenizer = AutoTokenizer.from_pretrained(locate(model.name), **_source_options(model))
    if model.chat_template is not None:
        tokenizer.chat_template = Path(model.chat_template).read_text(encoding="utf-8")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def architecture(model: ModelConfig, lora: Any) -> Architecture:
    """Count a model's parameters without reading a weight (on torch's meta device)."""
    import torch
    from peft import get_peft_model
    from transformers import AutoConfig, AutoModelForCausalLM

    with _explained(model.name):
        config = AutoConfig.from_pretrained(locate(model.name), **_source_options(model))
        with torch.device("meta"):
            empty = AutoModelForCausalLM.from_config(config)
    total = sum(p.numel() for p in empty.parameters())
    trained = total
    if lora is not None:
        try:
            adapted = get_peft_model(empty, peft_config(lora), low_cpu_mem_usage=True)
        except ValueError as error:
            raise RequestError(f"lora: {error}") from error
        trained = sum(p.numel() for p in adapted.parameters() if p.requires_grad)
    text_config = config.get_text_config()
    return Architecture(
        config.model_type, total, trained, text_config.to_dict().get("max_position_embeddings")
    )


def load_trained(model: ModelConfig, folder: Path, device: Device, tokenizer: Any) -> Any:
    """Return a run's model for inference: its adapter on the base, or its whole model.

    Raises: RequestError where the run saved neither.
    """
    from peft import PeftModel

    adapter, whole = folder / "adapter", folder / "model"
    if adapter.is_dir():
        trained = PeftModel.from_pretrained(_weights(model, _inference_format(device)), adapter)
    elif whole.is_dir():
        trained = _weights(replace(model, name=str(whole)), _inference_format(device))
    else:
        raise RequestError(f"{folder}: neither adapter/ nor model/ was saved; see export=adapter")
    add_stop_token(trained, tokenizer)
    return trained.to(device.device).eval()


def peft_config(lora: Any) -> Any:
    """Return the peft.LoraConfig of a lora group."""
    import peft

    return peft.LoraConfig(task_type="CAUSAL_LM", **schema.changed("lora", as_dict(lora)))


def add_stop_token(model: Any, tokenizer: Any) -> None:
    """Make generation stop at the template's end of turn as well as at eos."""
    stops = model.generation_config.eos_token_id
    known = (
        stops if isinstance(stops, list) else [tokenizer.eos_token_id if stops is None else stops]
    )
    model.generation_config.eos_token_id = sorted({*known, end_of_turn_id(tokenizer)})


def _weights(model: ModelConfig, precision: str) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    dtypes = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}
    with _explained(model.name):
        return AutoModelForCausalLM.from_pretrained(
            locate(model.name),
            dtype=dtypes[precision],
            attn_implementation=model.attn_implementation,
            **_source_options(model),
        )


def _inference_format(device: Device) -> str:
    return "fp32" if device.device == "cpu" else device.precision


def _source_options(model: ModelConfig) -> dict[str, Any]:
    return {"revision": model.revision, "trust_remote_code": model.trust_remote_code}


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Turn what loading raises for a folder or id that is no model into a RequestError."""
    try:
        yield
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise RequestError(f"model.name={name}: cannot be loaded: {reason}") from error
