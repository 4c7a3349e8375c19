"""What is known of models without their weights: config.json, and the tokens of Vietnamese."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from mathpal.config import ModelConfig
from mathpal.errors import RequestError
from mathpal.models.sources import TINY, locate, looks_like_folder

TEMPLATE_TOKENS = 5
"""Tokens that a chat template puts around a turn."""


def names() -> list[str]:
    """Return the hub ids of the models whose config.json is in the catalogue."""
    found = Path(__file__).parent.glob("*--*.json")
    return sorted(path.stem.replace("--", "/", 1) for path in found)


def find_config(model: ModelConfig) -> dict[str, Any] | None:
    """Return a model's config.json: of its folder, the catalogue, or the hub's cache.

    None where none of them has it, or it is no object.

    Raises: RequestError where the file cannot be read.
    """
    if model.name == TINY or looks_like_folder(model.name):
        path = Path(locate(model.name)) / "config.json"
    elif model.name in names():
        path = Path(__file__).with_name(f"{model.name.replace('/', '--')}.json")
    else:
        path = _cached(model.name, model.revision or "main")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise RequestError(f"model.name={model.name}: cannot read {path}: {error}") from error
    return config if isinstance(config, dict) else None


def _cached(name: str, revision: str) -> Path:
    """Return where the hub's cache has, or would have, a model's config.json.

    As huggingface_hub.try_to_load_from_cache finds it, without its import: that takes long, and
    must come after mathpal.hub.is_reachable.
    """
    folder = _hub_cache() / f"models--{name.replace('/', '--')}"
    branch = folder / "refs" / revision
    commit = branch.read_text(encoding="utf-8") if branch.is_file() else revision
    return folder / "snapshots" / commit / "config.json"


def _hub_cache() -> Path:
    """Return the folder that huggingface_hub.constants calls HF_HUB_CACHE."""
    caches = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache"))
    home = Path(os.environ.get("HF_HOME", caches / "huggingface"))
    older = os.environ.get("HUGGINGFACE_HUB_CACHE", home / "hub")
    return Path(os.path.expandvars(os.environ.get("HF_HUB_CACHE", older))).expanduser()


def tokens_per_character(name: str) -> float | None:
    """Return a model's tokens for a character of Vietnamese mathematics; None: not measured."""
    rate: float | None = _tokenizer(name).get("tokens_per_character")
    return rate


def template_tokens(name: str) -> int | None:
    """Return the tokens that a model's chat template adds to a question and its answer.

    None where that was not measured: TEMPLATE_TOKENS a turn is near.
    """
    count: int | None = _tokenizer(name).get("template_tokens")
    return count


def _tokenizer(name: str) -> dict[str, Any]:
    """Return what was measured of a tokenizer, found by how its models' names begin."""
    known = json.loads(Path(__file__).with_name("tokens_per_character.json").read_text("utf-8"))
    model = name.rpartition("/")[2].lower()
    for measured in known["tokenizers"].values():
        if model.startswith(tuple(measured["names"])):
            return dict(measured)
    return {}
