"""What the caches hold, and how to empty them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from mathpal.doctor.finding import Finding, State, size
from mathpal.models.sources import CONVERTED, cache_dir

PATIENCE_SECONDS = 2.0
"""How long one cache is counted; of a larger one, or one on the network, a part."""

BLOCK_BYTES = 512

ABSENT = "not there yet, or not to be read"

PARTS = {
    CONVERTED: "the converted SmolLM2",
    "data": "facts about data, by content",
    "unsloth": "what Unsloth compiled",
}
"""Folders of mathpal's cache -> what they hold."""


def findings() -> list[Finding]:
    """Return the hub's cache, that of datasets, and the parts of mathpal's."""
    return list(_findings())


def bytes_in(folder: Path, seconds: float = PATIENCE_SECONDS) -> tuple[int, bool]:
    """Return what a folder takes on the disk, and whether all of it was counted in time."""
    until = time.monotonic() + seconds
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # a file that a run has just taken away
                total += (Path(path) / name).lstat().st_blocks * BLOCK_BYTES
        if time.monotonic() > until:
            return total, False
    return total, True


def _findings() -> Iterator[Finding]:
    from huggingface_hub import constants

    hub = Path(constants.HF_HUB_CACHE)
    yield _cache("hub", hub, "models and data", "hf cache ls, then hf cache rm NAME")
    home = Path(constants.HF_HOME)
    datasets = Path(os.environ.get("HF_DATASETS_CACHE", home / "datasets"))
    yield _cache("datasets", datasets, "prepared data", f"rm -r {datasets}")
    own = cache_dir()
    if not os.access(own, os.R_OK | os.X_OK):
        yield Finding("mathpal", State.OK, f"{own}: {ABSENT}")
        return
    yield Finding("mathpal", State.OK, f"in {own}")
    for folder in sorted(path for path in own.iterdir() if path.is_dir()):
        yield _part(folder)


def _part(folder: Path) -> Finding:
    meaning = PARTS.get(folder.name)
    remedy = f"rm -r {folder}"
    if meaning is None:
        found = _cache(folder.name, folder, "no longer used, or not mathpal's", remedy)
        return Finding(f"mathpal {found.name}", State.NOTE, found.text, found.remedy)
    return _cache(f"mathpal {folder.name}", folder, meaning, remedy)


def _cache(name: str, folder: Path, meaning: str, remedy: str) -> Finding:
    if not os.access(folder, os.R_OK | os.X_OK):
        return Finding(name, State.OK, f"{folder}: {ABSENT}")
    num_bytes, whole = bytes_in(folder)
    if not num_bytes:
        return Finding(name, State.OK, f"empty, in {folder}")
    taken = size(num_bytes) if whole else f"more than {size(num_bytes)}"
    return Finding(name, State.OK, f"{taken}, {meaning}, in {folder}", f"frees it: {remedy}")
