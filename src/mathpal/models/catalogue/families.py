"""From a config.json to a shape: what each implementation in transformers makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mathpal.models.catalogue import towers
from mathpal.models.shape import Layer, Linear, PerLayerInputs, Shape

SIZES = ("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers")
"""What a config must say, beside its number of heads."""

EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts")


@dataclass(frozen=True)
class Family:
    """How an implementation differs from Llama's."""

    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Of its class in transformers, for what a config.json leaves out."""
    num_norms: int = 2
    """Norms of a layer as long as the hidden state."""
    qk_norm: bool = False
    qkv_bias: bool = False
    """Whether queries, keys and values have a bias, whatever the config says."""
    fused: bool = False
    """Whether queries, keys and values are one matrix, and gate and up another."""
    full_every: int | None = None
    """Every so manieth layer sees all tokens, the others a window; None: all see the same."""


QWEN = {"use_sliding_window": False, "max_window_layers": 28, "sliding_window": None}
GEMMA = {"tie_word_embeddings": True, "head_dim": 256, "hidden_act": "gelu_pytorch_tanh"}
GEMMA2 = {
    **GEMMA,
    "vocab_size": 256000,
    "hidden_size": 2304,
    "intermediate_size": 9216,
    "num_hidden_layers": 26,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "max_position_embeddings": 8192,
    "sliding_window": 4096,
}
GEMMA3 = {**GEMMA2, "vocab_size": 262208, "max_position_embeddings": 131072}
GEMMA3N = {
    **GEMMA3,
    "vocab_size": 262400,
    "hidden_size": 2048,
    "intermediate_size": 16384,
    "num_hidden_layers": 35,
    "num_key_value_heads": 2,
    "max_position_embeddings": 32768,
    "sliding_window": 512,
    "vocab_size_per_layer_input": 262144,
    "hidden_size_per_layer_input": 256,
    "altup_num_inputs": 4,
    "num_kv_shared_layers": 15,
    "laurel_rank": 64,
}
FAMILIES: Mapping[str, Family] = {
    "llama": Family(),
    "mistral": Family({"num_key_value_heads": 8, "sliding_window": 4096}),
    "qwen2": Family(QWEN, qkv_bias=True),
    "qwen3": Family({**QWEN, "head_dim": 128}, qk_norm=True),
    "gemma": Family(GEMMA),
    "gemma2": Family(GEMMA2, num_norms=4, full_every=2),
    "gemma3_text": Family(GEMMA3, num_norms=4, qk_norm=True, full_every=6),
    "gemma3n_text": Family(GEMMA3N, num_norms=4, qk_norm=True, full_every=5),
    "phi3": Family({"sliding_window": None}, fused=True),
    "smollm3": Family({**QWEN, "tie_word_embeddings": True, "num_key_value_heads": 4}),
}
"""By the model type of the text part."""


def read(config: Mapping[str, Any]) -> Shape | None:
    """Return the shape that a config.json describes; see mathpal.models.shape.

    A type that is not known is taken for a Llama of its sizes; None where it says too little for
    that, or has experts.
    """
    text = config.get("text_config") or config
    family = FAMILIES.get(text.get("model_type", ""))
    sizes = _sizes(text, family or Family())
    if any(key not in sizes for key in (*SIZES, "num_attention_heads")):
        return None
    if any(sizes.get(key) for key in EXPERTS):
        return None
    has_towers = text is not config
    per_layer = _per_layer(sizes)
    layers = tuple(_layers(sizes, family or Family(), per_layer))
    others = _others(sizes, per_layer)
    norms = sizes["hidden_size"] + (0 if per_layer is None else per_layer.size)
    return Shape(
        model_type=text.get("model_type", ""),
        vocab_size=sizes["vocab_size"],
        hidden_size=sizes["hidden_size"],
        num_heads=sizes["num_attention_heads"],
        num_kv_heads=sizes["num_key_value_heads"],
        head_dim=sizes["head_dim"],
        layers=layers,
        num_other_parameters=norms + sum(linear.num_parameters for linear in others),
        tied=sizes["tie_word_embeddings"],
        context_length=sizes.get("max_position_embeddings"),
        num_tower_parameters=towers.num_parameters(config, sizes["hidden_size"]),
        per_layer=per_layer,
        activation=sizes.get("hidden_activation", sizes["hidden_act"]),
        qk_norm=family is not None and family.qk_norm,
        exact=family is not None and (not has_towers or config.get("model_type") in towers.COUNTS),
        others=others,
        path="model.language_model" if has_towers else "model",
        whole_type=config.get("model_type", "") if has_towers else "",
    )


def _sizes(text: Mapping[str, Any], family: Family) -> dict[str, Any]:
    """Return a config with its defaults filled in; null stands for a default, but in a window."""
    given = {k: v for k, v in text.items() if v is not None or k == "sliding_window"}
    sizes = {"tie_word_embeddings": False, "hidden_act": "silu", **family.defaults, **given}
    heads = sizes.get("num_attention_heads")
    if heads is not None and "hidden_size" in sizes:
        sizes.setdefault("num_key_value_heads", heads)
        sizes.setdefault("head_dim", sizes["hidden_size"] // heads)
    return sizes


def _layers(
    sizes: Mapping[str, Any], family: Family, per_layer: PerLayerInputs | None
) -> list[Layer]:
    count = sizes["num_hidden_layers"]
    first_shared = count - sizes.get("num_kv_shared_layers", 0) if per_layer else count
    intermediate = sizes["intermediate_size"]
    widths = intermediate if isinstance(intermediate, list) else [intermediate] * count
    layers = []
    for i, window in enumerate(_windows(sizes, family)):
        shares = i >= first_shared > 0
        own = 1 if shares else 2
        norms = family.num_norms * sizes["hidden_size"] + family.qk_norm * own * sizes["head_dim"]
        linears = [*_attention(sizes, family, shares), *_mlp(sizes, family, widths[i])]
        if per_layer is not None:
            # Laurel's norm, that of the layer's own input, AltUp's scale and router's norm.
            norms += 4 * sizes["hidden_size"]
            linears += _streams(sizes["hidden_size"], per_layer)
        layers.append(Layer(tuple(linears), norms, window, shares, widths[i]))
    return layers


def _windows(sizes: Mapping[str, Any], family: Family) -> list[int | None]:
    count, window = sizes["num_hidden_layers"], sizes.get("sliding_window")
    if not sizes.get("use_sliding_window", True):
        window = None
    if "layer_types" in sizes:
        return [window if kind == "sliding_attention" else None for kind in sizes["layer_types"]]
    if family.full_every is not None:
        every = sizes.get("sliding_window_pattern", family.full_every)
        return [window if (i + 1) % every else None for i in range(count)]
    first = sizes.get("max_window_layers", 0)
    return [window if i >= first else None for i in range(count)]


def _attention(sizes: Mapping[str, Any], family: Family, shares_cache: bool) -> list[Linear]:
    hidden, width = sizes["hidden_size"], sizes["head_dim"]
    queries, keys = sizes["num_attention_heads"] * width, sizes["num_key_value_heads"] * width
    bias = sizes.get("attention_bias", False) and not (family.fused or family.qkv_bias)
    if family.fused:
        inputs = [Linear("self_attn.qkv_proj", hidden, queries + 2 * keys)]
    else:
        outputs = {"q": queries} if shares_cache else {"q": queries, "k": keys, "v": keys}
        inputs = [
            Linear(f"self_attn.{name}_proj", hidden, size, bias or family.qkv_bias)
            for name, size in outputs.items()
        ]
    return [*inputs, Linear("self_attn.o_proj", queries, hidden, bias)]


def _mlp(sizes: Mapping[str, Any], family: Family, width: int) -> list[Linear]:
    hidden, bias = sizes["hidden_size"], sizes.get("mlp_bias", False) and not family.fused
    if family.fused:
        inputs = [Linear("mlp.gate_up_proj", hidden, 2 * width)]
    else:
        inputs = [Linear(f"mlp.{name}_proj", hidden, width, bias) for name in ("gate", "up")]
    return [*inputs, Linear("mlp.down_proj", width, hidden, bias)]


def _per_layer(sizes: Mapping[str, Any]) -> PerLayerInputs | None:
    if "laurel_rank" not in sizes:
        return None
    return PerLayerInputs(
        vocab_size=sizes["vocab_size_per_layer_input"],
        size=sizes["hidden_size_per_layer_input"],
        num_streams=sizes["altup_num_inputs"],
        laurel_rank=sizes["laurel_rank"],
    )


def _streams(hidden: int, per_layer: PerLayerInputs) -> list[Linear]:
    """Return a layer's matrices for AltUp, Laurel and the layer's own input."""
    streams, rank, size = per_layer.num_streams, per_layer.laurel_rank, per_layer.size
    return [
        Linear("altup.correction_coefs", streams, streams),
        Linear("altup.prediction_coefs", streams, streams**2),
        Linear("altup.modality_router", hidden, streams),
        Linear("laurel.linear_left", hidden, rank),
        Linear("laurel.linear_right", rank, hidden),
        Linear("per_layer_input_gate", hidden, size),
        Linear("per_layer_projection", size, hidden),
    ]


def _others(sizes: Mapping[str, Any], per_layer: PerLayerInputs | None) -> tuple[Linear, ...]:
    if per_layer is None:
        return ()
    hidden, width = sizes["hidden_size"], sizes["num_hidden_layers"] * per_layer.size
    names = [
        f"{name}.{i}"
        for name in ("altup_projections", "altup_unembed_projections")
        for i in range(per_layer.num_streams - 1)
    ]
    return (
        Linear("per_layer_model_projection", hidden, width),
        *(Linear(name, hidden, hidden) for name in names),
    )
