"""Secrets: none in a run's files, and those at hand that a run is going to need."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mathpal import hub
from mathpal.config import Experiment, as_dict
from mathpal.models import sources
from mathpal.record import holds_secret

GATED = ("google/gemma", "meta-llama/")
"""How the ids begin of models whose licence is to be accepted on the hub."""

OFFLINE_MODES = ("offline", "disabled", "dryrun")


def problems(experiment: Experiment) -> Iterator[str]:
    """Yield keys of the request that hold a secret."""
    yield from _written(as_dict(experiment))


def missing(experiment: Experiment) -> Iterator[str]:
    """Yield secrets that a run is going to need and this machine has not got."""
    yield from _for_wandb(experiment)
    yield from _for_uploads(experiment)
    yield from _for_gated(experiment.model.name)


def _written(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _written(value, f"{prefix}{key}.")
        elif isinstance(value, str) and holds_secret(value):
            yield f"{prefix}{key}: looks like a secret and would be written to the run's files"


def _for_wandb(experiment: Experiment) -> Iterator[str]:
    """Look for a key where wandb was told to go online; of itself it stays offline without."""
    mode = os.environ.get("WANDB_MODE", "offline").lower()
    if "wandb" in experiment.tracking.report_to and mode not in OFFLINE_MODES and not has_wandb():
        yield (
            f"tracking.report_to: WANDB_MODE={mode} and no key of wandb is at hand; run `wandb "
            "login`, set WANDB_API_KEY, or unset WANDB_MODE to stay offline"
        )


def _for_uploads(experiment: Experiment) -> Iterator[str]:
    repository = as_dict(experiment.trainer).get("log_completions_hub_repo")
    if repository is not None and not has_hub_token():
        yield (
            f"trainer.log_completions_hub_repo={repository}: no token of the hub is at hand; run "
            "`hf auth login`, or set HF_TOKEN"
        )


def _for_gated(name: str) -> Iterator[str]:
    if not name.startswith(GATED) or sources.looks_like_folder(name) or hub.is_cached(name):
        return
    if not has_hub_token() and "HF_ENDPOINT" not in os.environ and hub.is_reachable():
        yield (
            f"model.name={name}: its licence is to be accepted at https://huggingface.co/{name}, "
            "and then a token set: HF_TOKEN, or `hf auth login`"
        )


def has_wandb() -> bool:
    """Tell whether a key of wandb is at hand."""
    netrc = Path(os.environ.get("NETRC", Path.home() / ".netrc"))
    return "WANDB_API_KEY" in os.environ or (netrc.is_file() and "wandb" in netrc.read_text())


def has_hub_token() -> bool:
    """Tell whether a token of the hub is at hand, where huggingface_hub would look for it."""
    if any(os.environ.get(name) for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")):
        return True
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    home = Path(os.environ.get("HF_HOME", cache / "huggingface"))
    return Path(os.environ.get("HF_TOKEN_PATH", home / "token")).is_file()
