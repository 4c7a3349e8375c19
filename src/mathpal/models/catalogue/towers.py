"""Parameters of what sees and hears beside a text part, which stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

GEMMA3N_VISION = 294_126_912
"""Parameters of mobilenetv5_300m_enc in timm 1.0."""
GEMMA3N_AUDIO = 681_348_640
"""Parameters of Gemma 3n's audio encoder."""


def num_parameters(config: Mapping[str, Any], hidden: int) -> int:
    """Count a config's towers and what joins them to a text part `hidden` wide.

    Those of a model type that is not known count as none.
    """
    count = COUNTS.get(config.get("model_type", ""))
    return 0 if count is None or not config.get("text_config") else count(config, hidden)


def _gemma3(config: Mapping[str, Any], hidden: int) -> int:
    """Count SigLIP and the projection to the text part (transformers, modeling_siglip.py)."""
    vision: dict[str, Any] = {
        "hidden_size": 768,
        "intermediate_size": 3072,
        "num_hidden_layers": 12,
        "image_size": 224,
        "patch_size": 16,
        "num_channels": 3,
        "vision_use_head": True,
        **config.get("vision_config", {}),
    }
    size, width = vision["hidden_size"], vision["intermediate_size"]
    mlp = 2 * size * width + size + width
    attention = 4 * (size**2 + size)
    patches = (vision["image_size"] // vision["patch_size"]) ** 2
    embeddings = (vision["num_channels"] * vision["patch_size"] ** 2 + 1 + patches) * size
    head = attention + mlp + 3 * size if vision["vision_use_head"] else 0
    layers = vision["num_hidden_layers"] * (attention + mlp + 4 * size)
    return int(embeddings + layers + 2 * size + head + size + size * hidden)


def _gemma3n(config: Mapping[str, Any], hidden: int) -> int:
    """Count both encoders, and what brings each to the text part."""
    total = 0
    for name, encoder, own in (
        ("vision_config", GEMMA3N_VISION, 2048),
        ("audio_config", GEMMA3N_AUDIO, 1536),
    ):
        given = config.get(name, {})
        size = given.get("hidden_size", own)
        total += encoder + size * (given.get("vocab_size", 128) + 2 + hidden)
    return total


COUNTS: Mapping[str, Callable[[Mapping[str, Any], int], int]] = {
    "gemma3": _gemma3,
    "gemma3n": _gemma3n,
}
"""By the model type of the whole."""
