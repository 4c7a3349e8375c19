"""Load a model and its tokenizer with transformers, and put a PEFT adapter on it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mathpal import schema, warm
from mathpal.config import HardwareConfig, ModelConfig, as_dict
from mathpal.data.chat import end_of_turn_id
from mathpal.errors import RequestError
from mathpal.hardware import Device
from mathpal.models import vocabulary
from mathpal.models.sources import locate

TOWERS = r".*(vision|audio|multi_modal).*"
"""Names of the modules that read pictures and sound."""

PLAIN_OPTIONS = frozenset(
    [
        "r",
        "lora_alpha",
        "lora_dropout",
        "use_rslora",
        "rank_pattern",
        "alpha_pattern",
        "target_modules",
        "exclude_modules",
        "layers_to_transform",
        "layers_pattern",
    ]
)
"""Options of LoRA under which a fresh adapter adds exactly nothing to what the base computes."""

WEIGHTS = "weights"
"""What `warm` calls the base models that it keeps."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Architecture:
    """A model's shape, known from its config.json alone."""

    model_type: str
    num_parameters: int
    num_trained: int
    context_length: int | None
    """Tokens that its positions reach, or None where its config does not say."""


def start() -> None:
    """Do nothing: transformers needs no preparation before others are imported."""


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

    Weights are kept in float32 on the CPU and where all of them are trained (bf16 is an autocast
    then), else in the device's precision, or quantised. The adapter's random start, and that of a
    head that gives scores, come from `seed`; `options` are the fields of ModelConfig.
    """
    import torch
    from peft import get_peft_model, prepare_model_for_kbit_training
    from transformers import set_seed

    if device.device == "cpu":
        torch.set_num_threads(device.num_threads)
    set_seed(seed)
    config = ModelConfig(**options)
    whole = device.device == "cpu" or lora is None
    # A model that is to be cut in pieces may be larger than a GPU.
    place = "cpu" if hardware.sharded_by else device.device
    precision = "fp32" if whole else device.precision
    if warm.is_keeping() and _leaves_base(config, lora, head) and not hardware.sharded_by:
        model = _shared_weights(config, precision, head, place)
    else:
        if place != "cpu":
            warm.drop(WEIGHTS)  # a GPU may not have room for both
        model = _weights(config, precision, head, place)
    _add_rows(model, config, tokenizer)
    prepare(model, tokenizer, head)
    if lora is None:
        return model
    if config.quantization != "none":
        # The trainer turns checkpointing on, if it is asked for.
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
    rows = None
    if config.extra_tokens:
        rows = vocabulary.trained_rows(model, tokenizer, config.extra_tokens)
    with_adapter: Any = get_peft_model(model, peft_config(_of_text(lora, model.config), head, rows))
    if rows:
        vocabulary.settle(with_adapter)
    keep_in_float32(with_adapter)
    return with_adapter


def adapted(lora: Any) -> Any:
    """Return LoRA's options as this backend applies them: as they are."""
    return lora


def identity(model: ModelConfig) -> list[Any]:
    """Return what tells a model and its tokenizer from others, as a key for `warm`."""
    settings = [model.revision, model.trust_remote_code, model.quantization, model.extra_tokens]
    template = model.chat_template and Path(model.chat_template).read_text(encoding="utf-8")
    with _explained(model.name):
        place = locate(model.name)
    stamps = [(p.name, p.stat().st_size, p.stat().st_mtime_ns) for p in Path(place).glob("*")]
    return [str(Path.cwd()), place, sorted(stamps), settings, template, model.attn_implementation]


def adds_nothing(lora: Any) -> bool:
    """Tell whether a fresh adapter leaves every answer of its model exactly as it is."""
    return schema.changed("lora", as_dict(lora)).keys() <= PLAIN_OPTIONS


@contextmanager
def inference(model: Any) -> Iterator[None]:
    """Keep a model in the state that answers are generated in."""
    import torch

    was_training = model.training
    model.eval()
    with torch.inference_mode():
        yield
    model.train(was_training)


def load_tokenizer(model: ModelConfig) -> Any:
    """Return the tokenizer, with the chat template and the extra tokens that were asked for."""
    return warm.own(warm.kept("tokenizer", identity(model), lambda: _read_tokenizer(model)))


def _read_tokenizer(model: ModelConfig) -> Any:
    from transformers import AutoTokenizer

    with _explained(model.name):
        tokenizer = AutoTokenizer.from_pretrained(locate(model.name), **_source_options(model))
    if model.chat_template is not None:
        tokenizer.chat_template = Path(model.chat_template).read_text(encoding="utf-8")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    vocabulary.add(tokenizer, model.extra_tokens)
    return tokenizer


def architecture(model: ModelConfig, lora: Any, head: str = "language") -> Architecture:
    """Count a model's parameters without reading a weight (on torch's meta device)."""
    options = None if lora is None else as_dict(lora)
    key = [identity(model), options, head]
    return warm.kept("architecture", key, lambda: _architecture(model, lora, head), most=64)


def _architecture(model: ModelConfig, lora: Any, head: str) -> Architecture:
    from peft import get_peft_model

    key = [identity(model), head]
    config, empty = warm.own(warm.kept("empty model", key, lambda: _empty(model, head)))
    rows = None
    if model.extra_tokens:
        tokenizer = load_tokenizer(model)
        vocabulary.make_room(empty, len(tokenizer))
        rows = vocabulary.trained_rows(empty, tokenizer, model.extra_tokens)
    total = sum(p.numel() for p in empty.parameters())
    trained = total
    if lora is not None:
        try:
            options = peft_config(_of_text(lora, config), head, rows)
            adapted = get_peft_model(empty, options, low_cpu_mem_usage=True)
        except ValueError as error:
            raise RequestError(f"lora: {error}") from error
        trained = sum(p.numel() for p in adapted.parameters() if p.requires_grad)
    text_config = config.get_text_config()
    return Architecture(
        config.model_type, total, trained, text_config.to_dict().get("max_position_embeddings")
    )


def _empty(model: ModelConfig, head: str) -> tuple[Any, Any]:
    """Return a model's config, and the model without memory for its weights."""
    import torch
    from transformers import AutoConfig

    with _explained(model.name):
        config = AutoConfig.from_pretrained(locate(model.name), **_source_options(model))
        if head == "score":
            config.num_labels = 1
        with torch.device("meta"):
            try:
                return config, _model_class(head).from_config(config)
            except ImportError:  # of what a tower needs, such as timm; its text part needs nothing
                return config, _model_class(head).from_config(config.get_text_config())


def load_trained(
    model: ModelConfig, folder: Path, device: Device, tokenizer: Any, head: str
) -> Any:
    """Return a run's model for inference: its adapter on the base, or its whole model.

    Raises: RequestError where the run saved neither.
    """
    from peft import PeftModel

    precision = "fp32" if device.device == "cpu" else device.precision
    adapter, whole = folder / "adapter", folder / "model"
    if adapter.is_dir():
        base = _weights(model, precision, head, device.device)
        _add_rows(base, model, tokenizer)
        trained = PeftModel.from_pretrained(base, adapter)
    elif whole.is_dir():
        trained = _weights(replace(model, name=str(whole)), precision, head, device.device)
    else:
        raise RequestError(f"{folder}: neither adapter/ nor model/ was saved; see export=adapter")
    prepare(trained, tokenizer, head)
    return trained.eval()


def merged(model: ModelConfig, adapter: Path, tokenizer: Any, head: str) -> Any:
    """Return a base that was quantised in training, read again in bfloat16, its adapter merged in.

    Merging into quantised weights would round the adapter away.
    """
    from peft import PeftModel

    base = _weights(replace(model, quantization="none"), "bf16", head, "cpu")
    _add_rows(base, model, tokenizer)
    return PeftModel.from_pretrained(base, adapter).merge_and_unload()


def peft_config(
    lora: Any, head: str = "language", rows: Mapping[str, list[int]] | None = None
) -> Any:
    """Return the peft.LoraConfig of a lora group; a head that gives scores is trained whole.

    `rows` are those of the embeddings to train: a module's name -> its rows.
    """
    import peft

    task = "SEQ_CLS" if head == "score" else "CAUSAL_LM"
    options = schema.changed("lora", as_dict(lora))
    if rows:
        options["trainable_token_indices"] = dict(rows)
    return peft.LoraConfig(task_type=task, **options)


def _of_text(lora: Any, config: Any) -> Any:
    """Keep the adapter off the vision and audio towers of a model that has some."""
    has_towers = {"vision_config", "audio_config"} & config.to_dict().keys()
    if has_towers and lora.exclude_modules is None:
        return replace(lora, exclude_modules=TOWERS)
    return lora


def keep_in_float32(model: Any) -> None:
    """Keep what is trained in float32: a head comes in the base's format, and fp16 cannot scale."""
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()


def prepare(model: Any, tokenizer: Any, head: str) -> None:
    """Tell a model what its tokenizer pads with, and where its answers end.

    Generation stops at the template's end of turn as well as at eos.
    """
    if head == "score":
        model.config.get_text_config().pad_token_id = tokenizer.pad_token_id
        return
    stops = model.generation_config.eos_token_id
    known = (
        stops if isinstance(stops, list) else [tokenizer.eos_token_id if stops is None else stops]
    )
    model.generation_config.eos_token_id = sorted({*known, end_of_turn_id(tokenizer)})


def _weights(model: ModelConfig, precision: str, head: str, place: str) -> Any:
    import torch

    dtypes = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}
    options = _source_options(model)
    if head == "score":
        options["num_labels"] = 1
    if model.quantization != "none":
        options["quantization_config"] = _quantization(model.quantization, dtypes[precision])
        options["device_map"] = {"": place}
    with _explained(model.name):
        weights = _model_class(head).from_pretrained(
            locate(model.name),
            dtype=dtypes[precision],
            attn_implementation=model.attn_implementation,
            **options,
        )
    return weights if model.quantization != "none" else weights.to(place)


def _leaves_base(model: ModelConfig, lora: Any, head: str) -> bool:
    """Tell whether neither adding nor training an adapter writes into the base's weights."""
    plain = lora is not None and adds_nothing(replace(lora, use_dora=False))
    return plain and head == "language" and model.quantization == "none" and not model.extra_tokens


def _shared_weights(model: ModelConfig, precision: str, head: str, place: str) -> Any:
    """Return modules of a run's own over weights that this process keeps."""
    import torch

    def shared() -> warm.SharedModel:
        return warm.kept(
            WEIGHTS,
            [identity(model), precision, head, place],
            lambda: warm.SharedModel(_weights(model, precision, head, place)),
            most=warm.NEWEST if place == "cpu" else 1,
        )

    before = torch.get_rng_state()
    found = shared()
    if not found.is_intact():
        log.warning("a run wrote into the weights of %s, which it shared: read anew", model.name)
        warm.drop(WEIGHTS)
        found = shared()
    if not torch.equal(torch.get_rng_state(), before):  # some start at random, from this run's seed
        warm.drop(WEIGHTS)
    return found.view()


def _add_rows(weights: Any, model: ModelConfig, tokenizer: Any) -> None:
    """Give a base, just read, rows for the extra tokens of its tokenizer."""
    if model.extra_tokens:
        plain = load_tokenizer(replace(model, extra_tokens=[]))
        vocabulary.extend(weights, tokenizer, plain, model.extra_tokens)


def _quantization(bits: str, compute_dtype: Any) -> Any:
    """Return how bitsandbytes keeps frozen weights; 4 bits as QLoRA does (arXiv 2305.14314)."""
    from transformers import BitsAndBytesConfig

    if bits == "8bit":
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=compute_dtype,
    )


def _model_class(head: str) -> Any:
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

    return AutoModelForSequenceClassification if head == "score" else AutoModelForCausalLM


def _source_options(model: ModelConfig) -> dict[str, Any]:
    return {"revision": model.revision, "trust_remote_code": model.trust_remote_code}


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Turn what loading raises for a folder or id that is no model into a RequestError."""
    try:
        yield
    except (OSError, ValueError, KeyError, ImportError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise RequestError(f"model.name={name}: cannot be loaded: {reason}") from error
