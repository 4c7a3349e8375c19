"""Checkpoints: which are whole, and which to go on from. No torch here.

A checkpoint counts as whole when its manifest, written last, matches the sizes of its files.
"""

from __future__ import annotations

import json
from pathlib import Path
from shutil import rmtree

from mathpal.errors import RequestError
from mathpal.files import write_json

MANIFEST = "manifest.json"


def step_of(checkpoint: Path) -> int:
    """Return the step that a checkpoint was saved at: its folder is `checkpoint-STEP`."""
    return int(checkpoint.name.rpartition("-")[2])


def write_manifest(checkpoint: Path) -> None:
    """Record the sizes of a checkpoint's files, once all of them are there."""
    files = [p for p in sorted(checkpoint.rglob("*")) if p.is_file() and p.name != MANIFEST]
    sizes = {p.relative_to(checkpoint).as_posix(): p.stat().st_size for p in files}
    write_json(checkpoint / MANIFEST, sizes)


def is_whole(checkpoint: Path) -> bool:
    """Tell whether every file of a checkpoint has the size that was written."""
    try:
        sizes = json.loads((checkpoint / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return False
    return all(
        (checkpoint / name).is_file() and (checkpoint / name).stat().st_size == size
        for name, size in sizes.items()
    )


def newest_whole(folder: Path) -> Path | None:
    """Return the newest whole checkpoint of a run's folder, or None."""
    found = [p for p in folder.glob("checkpoints/checkpoint-*") if is_whole(p)]
    return max(found, key=step_of, default=None)


def find(resume: str) -> Path:
    """Return the checkpoint that `resume=` names: itself, or the newest whole one of a run.

    Raises: RequestError where there is none.
    """
    path = Path(resume)
    if path.name.startswith("checkpoint-"):
        if not is_whole(path):
            raise RequestError(f"resume={resume}: not a whole checkpoint")
        return path
    checkpoint = newest_whole(path)
    if checkpoint is None:
        missing = "" if path.is_dir() else " (there is no such folder)"
        raise RequestError(f"resume={resume}: no whole checkpoint to go on from{missing}")
    return checkpoint


def how_to_go_on(folder: Path) -> str:
    """Say which checkpoint of a run was kept, and the command that goes on from it."""
    checkpoint = newest_whole(folder)
    if checkpoint is None:
        return "no checkpoint was kept"
    return f"{checkpoint.name} was kept; go on with: mathpal resume {folder}"


def discard_partial(folder: Path) -> None:
    """Remove checkpoints that were not finished, which also frees a full disk."""
    for checkpoint in folder.glob("checkpoints/checkpoint-*"):
        if not is_whole(checkpoint):
            rmtree(checkpoint)
