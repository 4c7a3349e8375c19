"""The files that a run without arguments reads and writes: the tiny model, its own folder."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mathpal.config import Experiment, conf_dir
from mathpal.doctor.finding import Finding, State, size
from mathpal.doctor.machine import nearest
from mathpal.models.sources import TINY, cache_dir, locate

JSON_FILES = ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json")
WEIGHTS = "model.safetensors"
LENGTH_BYTES = 8
"""How the header of safetensors opens: its length, as an integer, little-endian."""

REINSTALL = "install mathpal anew (in a checkout: git lfs pull, git checkout)"


def findings() -> Iterator[Finding]:
    """Yield what a run reads, then where it writes."""
    yield tiny_model(Path(locate(TINY)))
    yield _conf(conf_dir())
    outputs = Path(Experiment.output_dir)
    yield writable("run folders", outputs, "set output_dir=FOLDER", needed=True)
    yield writable("cache", cache_dir(), "set MATHPAL_CACHE=FOLDER", needed=False)


def tiny_model(folder: Path) -> Finding:
    """Tell whether the tiny model's files are there, whole and readable."""
    try:
        for name in JSON_FILES:
            json.loads((folder / name).read_text(encoding="utf-8"))
        weights = (folder / WEIGHTS).read_bytes()
    except OSError as error:
        text = f"{error.filename}: {error.strerror}"
        return Finding("tiny model", State.BROKEN, text, REINSTALL)
    except ValueError as error:
        text = f"{folder / name} is damaged: {error}"
        return Finding("tiny model", State.BROKEN, text, REINSTALL)
    if not is_whole(weights):
        text = f"{folder / WEIGHTS} is damaged ({size(len(weights))})"
        return Finding("tiny model", State.BROKEN, text, REINSTALL)
    return Finding("tiny model", State.OK, f"{size(len(weights))} of weights and its tokenizer")


def is_whole(weights: bytes) -> bool:
    """Tell whether the bytes of a safetensors file end where its header says.

    >>> is_whole((2).to_bytes(8, "little") + b"{}"), is_whole(b"version https://git-lfs")
    (True, False)
    """
    length = int.from_bytes(weights[:LENGTH_BYTES], "little")
    try:
        header = json.loads(weights[LENGTH_BYTES : LENGTH_BYTES + length])
    except ValueError:
        return False
    ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    return len(weights) == LENGTH_BYTES + length + max(ends, default=0)


def writable(name: str, folder: Path, remedy: str, *, needed: bool) -> Finding:
    """Tell whether a folder can be made and written; what is tried is taken away again."""
    state = State.BROKEN if needed else State.WARNING
    try:
        in_the_way = [p for p in (folder, *folder.parents) if p.exists() and not p.is_dir()]
        if in_the_way:
            return Finding(name, state, f"{in_the_way[0]} is a file, not a folder", remedy)
        with tempfile.TemporaryDirectory(prefix=".mathpal-", dir=nearest(folder)) as trial:
            (Path(trial) / "metrics.json").write_text("{}")
    except OSError as error:
        return Finding(name, state, f"{folder} cannot be written: {error.strerror}", remedy)
    return Finding(name, State.OK, f"{folder} can be written")


def _conf(folder: Path) -> Finding:
    num = len(list(folder.rglob("*.yaml")))
    if not (folder / "train.yaml").is_file():
        return Finding("options", State.BROKEN, f"{folder} has no train.yaml", REINSTALL)
    return Finding("options", State.OK, f"{num} files of options in {folder}")
