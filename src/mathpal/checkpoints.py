"""Checkpoints: which are whole, which to go on from, and stopping in good order.

A checkpoint counts as whole when its manifest, written last, matches the sizes of its files.
"""

from __future__ import annotations

import json
import signal
from pathlib import Path
from shutil import rmtree
from types import FrameType
from typing import Any

from transformers import TrainerCallback

from mathpal.errors import RequestError
from mathpal.files import write_json

MANIFEST = "manifest.json"


def step_of(checkpoint: Path) -> int:
    """Return the step that a checkpoint was saved at: its folder is `checkpoint-STEP`."""
    return int(checkpoint.name.rpartition("-")[2])


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


def discard_partial(folder: Path) -> None:
    """Remove checkpoints that were not finished, which also frees a full disk."""
    for checkpoint in folder.glob("checkpoints/checkpoint-*"):
        if not is_whole(checkpoint):
            rmtree(checkpoint)


class Manifest(TrainerCallback):  # type: ignore[misc]
    """Write the manifest of every checkpoint once all its files are there."""

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Record the sizes of the files just saved."""
        checkpoint = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        sizes = {
            p.relative_to(checkpoint).as_posix(): p.stat().st_size
            for p in sorted(checkpoint.rglob("*"))
            if p.is_file() and p.name != MANIFEST
        }
        write_json(checkpoint / MANIFEST, sizes)


class Stopper(TrainerCallback):  # type: ignore[misc]
    """Turn Ctrl-C, or a scheduler's SIGTERM, into a checkpoint after the step in progress.

    A second signal stops at once.
    """

    def __init__(self) -> None:
        self.stopped = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Stopper:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.stopped:
            raise KeyboardInterrupt
        self.stopped = True

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Save and stop, if asked to."""
        if self.stopped:
            control.should_save = True
            control.should_training_stop = True
