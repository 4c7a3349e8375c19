"""The hub: whether it can be reached, and what its cache already holds."""

from __future__ import annotations

import functools
import os
import socket
from urllib.parse import urlsplit

from mathpal.errors import Unreachable

CONNECT_SECONDS = 3.0


@functools.cache
def is_reachable() -> bool:
    """Tell whether the hub answers, and have its clients work from their cache if it does not.

    Its own client would retry for half a minute. It reads HF_HUB_OFFLINE when it is imported, so
    that this is asked first. A proxy is taken at its word.
    """
    if os.environ.get("HF_HUB_OFFLINE", "0").upper() in ("1", "ON", "YES", "TRUE"):
        return False
    if os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy"):
        return True
    url = urlsplit(os.environ.get("HF_ENDPOINT", "https://huggingface.co"))
    try:
        socket.create_connection((url.hostname or "", url.port or 443), CONNECT_SECONDS).close()
    except OSError:
        os.environ["HF_HUB_OFFLINE"] = "1"
        return False
    return True


def require_model(model: str, revision: str | None = None) -> None:
    """Refuse a model that is neither cached nor to be had.

    Raises: Unreachable.
    """
    if not is_reachable() and not is_cached(model, revision):
        raise Unreachable(
            f"model.name={model}: the hub cannot be reached and the cache has no copy; "
            "use model=tiny, or a folder: model=hf model.name=FOLDER"
        )


def is_cached(model: str, revision: str | None = None) -> bool:
    """Tell whether the cache has a model's config."""
    from huggingface_hub import try_to_load_from_cache

    return isinstance(try_to_load_from_cache(model, "config.json", revision=revision), str)
