"""Whether the hub and wandb can be reached, and whether a key for them is at hand."""

from __future__ import annotations

import os
import ssl
import threading
import time
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from mathpal.doctor.finding import Finding, State
from mathpal.hub import CONNECT_SECONDS
from mathpal.preflight.rules.secrets import has_wandb as has_wandb_key

PROXY_WANTS_PASSWORD = 407
FIRST_SERVER_ERROR = 500


def hub() -> list[Finding]:
    """Return whether the hub answers, and whether there is a token for it."""
    from huggingface_hub import constants, get_token

    token = get_token() is not None
    text = "at hand" if token else "none: models with a licence (Gemma, Llama) are refused"
    key = _key("hub token", token, text, "hf auth login")
    if constants.HF_HUB_OFFLINE:
        text = "not asked, as HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is set: models come from its "
        return [Finding("hub", State.NOTE, f"{text}cache or a folder"), key]
    remedy = "models come from its cache or a folder: model=hf model.name=FOLDER"
    return [reached("hub", constants.ENDPOINT, remedy), key]


def wandb(url: str) -> list[Finding]:
    """Return whether wandb would send runs to its server, and whether that answers."""
    mode = os.environ.get("WANDB_MODE", "online")
    if mode != "online":
        return [Finding("wandb", State.NOTE, f"WANDB_MODE={mode}: nothing is sent")]
    if not has_wandb_key():
        text = "no key: tracking=wandb keeps runs in their folders, for wandb sync"
        return [Finding("wandb", State.NOTE, text, "wandb login")]
    found = reached("wandb", url, "runs can be kept offline: WANDB_MODE=offline")
    return [found, Finding("wandb key", State.OK, "at hand")]


def reached(name: str, url: str, remedy: str) -> Finding:
    """Tell whether a server answers within a few seconds, through the proxy if one is set."""
    host = urlsplit(url).netloc.rpartition("@")[2] or url
    told = _asked(url)
    if told is None:
        text = f"{host} gives no answer within {CONNECT_SECONDS:g} s"
        return Finding(name, State.WARNING, text, remedy)
    return _told(name, host, told, remedy)


def _asked(url: str) -> Mapping[str, Any] | None:
    """Return how a server answers; None: not in time.

    In a thread that is left behind then: nothing else ends the wait for a name to be resolved.
    """
    told: list[Mapping[str, Any]] = []
    thread = threading.Thread(target=lambda: told.append(_answer(url)), daemon=True)
    thread.start()
    thread.join(CONNECT_SECONDS + 0.5)
    return told[0] if told else None


def _answer(url: str) -> dict[str, Any]:
    begun = time.perf_counter()
    try:
        with urlopen(Request(url, method="HEAD"), timeout=CONNECT_SECONDS) as answer:
            return {"status": answer.status, "seconds": time.perf_counter() - begun}
    except HTTPError as error:
        error.close()
        return {"status": error.code, "seconds": time.perf_counter() - begun}
    except URLError as error:
        certificate = isinstance(error.reason, ssl.SSLCertVerificationError)
        return {"error": str(error.reason), "certificate": certificate}
    except (OSError, HTTPException, ValueError) as error:
        return {"error": f"{type(error).__name__}: {error}"}


def _told(name: str, host: str, told: Mapping[str, Any], remedy: str) -> Finding:
    if told.get("certificate"):
        remedy = f"set SSL_CERT_FILE to the certificates of your network's proxy; or {remedy}"
    if "error" in told:
        text = f"{host} cannot be reached: {told['error']}"
        return Finding(name, State.WARNING, text, remedy)
    if told["status"] == PROXY_WANTS_PASSWORD:
        return Finding(name, State.WARNING, f"the proxy before {host} wants a password", remedy)
    if told["status"] >= FIRST_SERVER_ERROR:
        text = f"{host} is in trouble (HTTP {told['status']})"
        return Finding(name, State.WARNING, text, remedy)
    return Finding(name, State.OK, f"{host} reachable, in {told['seconds']:.2f} s")


def _key(name: str, there: bool, text: str, remedy: str) -> Finding:
    return Finding(name, State.OK if there else State.NOTE, text, "" if there else remedy)
