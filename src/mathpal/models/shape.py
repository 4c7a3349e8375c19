"""A model's shape from its config.json alone: sizes, and the matrices of every layer. No torch."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mathpal.config import ModelConfig
from mathpal.errors import RequestError
from mathpal.models import catalogue
from mathpal.models.catalogue import TEMPLATE_TOKENS, template_tokens, tokens_per_character

__all__ = [
    "TEMPLATE_TOKENS",
    "Layer",
    "Linear",
    "PerLayerInputs",
    "Shape",
    "find",
    "linear_modules",
    "module_path",
    "num_embedding_parameters",
    "num_lora_parameters",
    "num_parameters",
    "rank",
    "read",
    "targets",
    "template_tokens",
    "tokens_per_character",
]

DEFAULT_TARGETS: Mapping[str, tuple[str, ...]] = dict.fromkeys(
    ("gemma", "gemma2", "gemma3_text", "llama", "mistral", "qwen2", "qwen3"), ("q_proj", "v_proj")
)
"""What PEFT adapts where target_modules is null, by model type; it refuses other types."""


@dataclass(frozen=True)
class Linear:
    """A matrix of a layer, applied to every token."""

    name: str
    """The module's name within its layer, such as self_attn.q_proj."""
    in_features: int
    out_features: int
    bias: bool = False

    @property
    def num_parameters(self) -> int:
        """The entries of the matrix and of its bias."""
        return self.in_features * self.out_features + self.out_features * self.bias


@dataclass(frozen=True)
class Layer:
    """A decoder layer."""

    linears: tuple[Linear, ...]
    num_norm_parameters: int
    """Entries of norms and other small vectors."""
    window: int | None = None
    """Tokens that attention looks back on; None: all of them."""
    shares_cache: bool = False
    """Whether it reads the keys and values of an earlier layer (Gemma 3n)."""
    intermediate_size: int = 0


@dataclass(frozen=True)
class PerLayerInputs:
    """What Gemma 3n has beside its layers (transformers, modeling_gemma3n.py)."""

    vocab_size: int
    size: int
    """Entries of a token's input to one layer."""
    num_streams: int
    """Versions of the hidden state that AltUp carries side by side."""
    laurel_rank: int


@dataclass(frozen=True)
class Shape:
    """All of a decoder that memory and time depend on."""

    model_type: str
    """Of its text part, as in config.json: llama, gemma3_text, gemma3n_text, qwen3, ..."""
    vocab_size: int
    hidden_size: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    layers: tuple[Layer, ...]
    num_other_parameters: int
    """The last norm, projections and norms outside of the layers; no embeddings, no head."""
    tied: bool
    """Whether the head is the embedding."""
    context_length: int | None
    num_tower_parameters: int = 0
    """Vision and audio towers and what joins them, which stay as they are."""
    per_layer: PerLayerInputs | None = None
    activation: str = "silu"
    qk_norm: bool = False
    exact: bool = True
    """Whether its implementation is known; else it is taken for a Llama of these sizes."""
    others: tuple[Linear, ...] = ()
    """Linears outside of the layers, which num_other_parameters counts; no head."""
    path: str = "model"
    """Where its layers hang in the whole model: model.language_model beside towers."""
    whole_type: str = ""
    """The model type of the whole where it has towers; else empty."""

    @property
    def head(self) -> Linear:
        """The language head, whether or not its matrix is the embedding's."""
        return Linear("lm_head", self.hidden_size, self.vocab_size)


def find(model: ModelConfig) -> Shape | None:
    """Return the shape of a model as far as this machine knows it, without asking the hub.

    None where there is no config.json at hand, or it is not one of a decoder that we can read.
    """
    config = catalogue.find_config(model)
    return None if config is None else read(config)


def read(config: Mapping[str, Any]) -> Shape | None:
    """Return the shape that a config.json describes, or None where it lacks what that takes."""
    from mathpal.models.catalogue import families

    return families.read(config)


def num_embedding_parameters(shape: Shape) -> int:
    """Count the entries of the embeddings, Gemma 3n's for each layer among them."""
    entries = shape.vocab_size * shape.hidden_size
    if shape.per_layer is not None:
        entries += shape.per_layer.vocab_size * shape.per_layer.size * len(shape.layers)
    return entries


def num_parameters(shape: Shape, head: str = "language") -> int:
    """Count all parameters, towers included; `head` is language, or score for a reward model."""
    inner = sum(
        sum(linear.num_parameters for linear in layer.linears) + layer.num_norm_parameters
        for layer in shape.layers
    )
    total = inner + shape.num_other_parameters + shape.num_tower_parameters
    return total + num_embedding_parameters(shape) + _num_head_parameters(shape, head)


def linear_modules(shape: Shape) -> list[str]:
    """Return the names of the linears, each once: within their layer, or outside of all."""
    inner = [linear.name for layer in shape.layers for linear in layer.linears]
    return list(dict.fromkeys(inner + [linear.name for linear in shape.others]))


def module_path(shape: Shape, index: int | None, linear: Linear) -> str:
    """Return a module's name within the whole model, such as model.layers.0.mlp.up_proj."""
    if linear.name == "lm_head":
        return linear.name
    layer = "" if index is None else f"layers.{index}."
    return f"{shape.path}.{layer}{linear.name}"


def targets(shape: Shape, lora: Mapping[str, Any]) -> list[tuple[int | None, Linear]]:
    """Return what PEFT adapts of the text part: a layer's index, or None outside, and the linear.

    Embeddings, where they are asked for by name, come as linears from the vocabulary.

    Raises: RequestError where target_modules is null and PEFT has no default for the model type,
        or an option is no regular expression.
    """
    wanted = _wanted(shape, lora)
    try:
        return [
            (index, linear)
            for index, linear in _modules(shape)
            if _is_target(module_path(shape, index, linear), linear, wanted, lora)
        ]
    except re.error as error:
        raise RequestError(f"lora: {error.pattern!r} is no regular expression: {error}") from error


def rank(shape: Shape, lora: Mapping[str, Any], index: int | None, linear: Linear) -> int:
    """Return the rank of a target's adapter."""
    path = module_path(shape, index, linear)
    for pattern, own in (lora.get("rank_pattern") or {}).items():
        if re.match(rf"(.*\.)?({pattern})$", path):
            return int(own)
    return int(lora.get("r", 8))


def num_lora_parameters(shape: Shape, lora: Mapping[str, Any], head: str = "language") -> int:
    """Count what LoRA trains: the adapters, and what else its options have trained whole.

    Towers are left as they are; target_parameters and layer_replication are not counted.
    """
    found = targets(shape, lora)
    extra = bool(lora.get("use_dora")) + bool(lora.get("lora_bias"))
    total = sum(
        rank(shape, lora, index, linear) * (linear.in_features + linear.out_features)
        + extra * linear.out_features
        for index, linear in found
    )
    total += sum(linear.num_parameters for linear in _saved(shape, lora))
    total += _num_token_parameters(shape, lora.get("trainable_token_indices"))
    total += sum(linear.out_features for _, linear in _biased(shape, found, lora.get("bias")))
    return total + (shape.hidden_size if head == "score" else 0)


def _num_head_parameters(shape: Shape, head: str) -> int:
    if head == "score":
        return shape.hidden_size
    return 0 if shape.tied else shape.head.num_parameters


def _modules(shape: Shape) -> Iterator[tuple[int | None, Linear]]:
    """Yield all that PEFT could adapt: linears, the embeddings and the head."""
    yield None, Linear("embed_tokens", shape.vocab_size, shape.hidden_size)
    if shape.per_layer is not None:
        width = shape.per_layer.size * len(shape.layers)
        yield None, Linear("embed_tokens_per_layer", shape.per_layer.vocab_size, width)
    for index, layer in enumerate(shape.layers):
        yield from ((index, linear) for linear in layer.linears)
    yield from ((None, linear) for linear in shape.others)
    yield None, shape.head


def _wanted(shape: Shape, lora: Mapping[str, Any]) -> str | list[str]:
    modules = lora.get("target_modules")
    if isinstance(modules, str):
        return modules
    if modules is not None:
        return list(modules)
    if lora.get("target_parameters"):
        return []
    model_type = shape.whole_type or shape.model_type
    if model_type not in DEFAULT_TARGETS:
        raise RequestError(
            f"lora.target_modules=null: PEFT has no default for {model_type}; "
            "set lora.target_modules=all-linear"
        )
    return list(DEFAULT_TARGETS[model_type])


def _is_target(path: str, linear: Linear, wanted: str | list[str], lora: Mapping[str, Any]) -> bool:
    """Decide as PEFT's check_target_module_exists does."""
    if _is_named(path, lora.get("exclude_modules") or []) or _is_saved(path, lora):
        return False
    if isinstance(wanted, str) and wanted.lower() == "all-linear":
        return not linear.name.startswith(("embed_tokens", "lm_head"))
    if isinstance(wanted, str) or path in wanted:
        return _is_named(path, wanted)
    return _is_named(path, wanted) and _is_in_layers(path, lora)


def _is_named(path: str, names: str | list[str]) -> bool:
    if isinstance(names, str):
        return re.fullmatch(names, path) is not None
    return any(path == name or path.endswith(f".{name}") for name in names)


def _is_saved(path: str, lora: Mapping[str, Any]) -> bool:
    names = lora.get("modules_to_save") or []
    return any(re.match(rf"(^|.*\.){name}($|\..*)", path) for name in names)


def _is_in_layers(path: str, lora: Mapping[str, Any]) -> bool:
    indices = lora.get("layers_to_transform")
    if indices is None or indices == []:
        return True
    patterns = lora.get("layers_pattern") or [r"[^.]*"]
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        match = re.match(rf"(?:^|.*?\.){pattern}\.(\d+)\.", path)
        if match is not None:
            return int(match[1]) in ([indices] if isinstance(indices, int) else indices)
    return False


def _saved(shape: Shape, lora: Mapping[str, Any]) -> list[Linear]:
    return [m for i, m in _modules(shape) if _is_saved(module_path(shape, i, m), lora)]


def _num_token_parameters(shape: Shape, tokens: Any) -> int:
    rows = tokens.values() if isinstance(tokens, Mapping) else [tokens or []]
    return sum(len(row) for row in rows) * shape.hidden_size


def _biased(
    shape: Shape, found: list[tuple[int | None, Linear]], bias: str | None
) -> list[tuple[int | None, Linear]]:
    if bias not in ("all", "lora_only"):
        return []
    return [pair for pair in (_modules(shape) if bias == "all" else found) if pair[1].bias]
