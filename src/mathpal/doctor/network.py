"""Whether the hub and wandb can be reached, and whether a key for them is at hand."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from mathpal.doctor import child, imports
from mathpal.doctor.finding import Finding, State
from mathpal.doctor.packages import installed
from mathpal.hub import CONNECT_SECONDS
from mathpal.preflight.rules.secrets import has_wandb as has_wandb_key

START_SECONDS = 30.0
"""How long a process that asks may take to start, on a busy machine."""

PROXY_WANTS_PASSWORD = 407
FIRST_SERVER_ERROR = 500

TRUE = ("1", "ON", "YES", "TRUE")


def hub() -> list[Finding]:
    """Return whether the hub answers, and whether there is a token for it."""
    from huggingface_hub import constants, get_token

    endpoint = os.environ.get("HF_ENDPOINT", constants.ENDPOINT)
    token = get_token() is not None
    text = "at hand" if token else "none: gated models are refused"
    return [_hub(endpoint), _key("hub token", token, text, "hf auth login")]


def wandb() -> list[Finding]:
    """Return whether wandb, if it is installed, would send runs to its server."""
    if installed("wandb") is None:
        return [
            Finding("wandb", State.NOTE, "not installed", "pip install 'mathpal[wandb]'"),
        ]
    mode = os.environ.get("WANDB_MODE", "online")
    if mode != "online":
        return [Finding("wandb", State.NOTE, f"WANDB_MODE={mode}: nothing is sent")]
    outcome = imports.load(["wandb"])["wandb"]
    if outcome.failure is not None:
        text = f"cannot be imported: {outcome.failure}"
        return [Finding("wandb", State.WARNING, text, imports.reinstall("wandb"))]
    url = os.environ.get("WANDB_BASE_URL", str(outcome.facts["url"]))
    key = has_wandb_key()
    text = "at hand" if key else "none: runs stay in their folders, for wandb sync"
    found = reached("wandb", url, "runs can be kept offline: WANDB_MODE=offline")
    if not key and found.state is State.WARNING:
        found = replace(found, state=State.NOTE)  # without a key, nothing would be sent
    return [found, _key("wandb key", key, text, "wandb login")]


def reached(name: str, url: str, remedy: str) -> Finding:
    """Tell whether a server answers within a few seconds, through the proxy if one is set."""
    host = urlsplit(url).netloc.rpartition("@")[2] or url
    answer = child.ask(
        "mathpal.doctor.request", [url, str(CONNECT_SECONDS)], CONNECT_SECONDS + START_SECONDS
    )
    if not answer.told:
        text = f"{host} gives no answer within {CONNECT_SECONDS:g} s"
        return Finding(name, State.WARNING, text, remedy)
    return _told(name, host, answer.told[0], remedy)


def _told(name: str, host: str, told: Mapping[str, object], remedy: str) -> Finding:
    if told.get("certificate"):
        remedy = f"set SSL_CERT_FILE to the certificates of your network's proxy; or {remedy}"
    if "error" in told:
        text = f"{host} cannot be reached: {told['error']}"
        return Finding(name, State.WARNING, text, remedy)
    status = int(str(told["status"]))
    if status == PROXY_WANTS_PASSWORD:
        return Finding(name, State.WARNING, f"the proxy before {host} wants a password", remedy)
    if status >= FIRST_SERVER_ERROR:
        return Finding(name, State.WARNING, f"{host} is in trouble (HTTP {status})", remedy)
    return Finding(name, State.OK, f"{host} reachable, in {float(str(told['seconds'])):.2f} s")


def _hub(endpoint: str) -> Finding:
    if os.environ.get("HF_HUB_OFFLINE", "0").upper() in TRUE:
        text = "not asked, as HF_HUB_OFFLINE=1: models come from its cache or a folder"
        return Finding("hub", State.NOTE, text)
    remedy = "models come from its cache or a folder: model=hf model.name=FOLDER"
    return reached("hub", endpoint, remedy)


def _key(name: str, there: bool, text: str, remedy: str) -> Finding:
    return Finding(name, State.OK if there else State.NOTE, text, "" if there else remedy)
