"""The machine: system, Python, processor, memory, disks."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import metadata
from pathlib import Path

import psutil

from mathpal import limits
from mathpal.config import Experiment
from mathpal.doctor.finding import Finding, State, size
from mathpal.hardware import cpu_bf16
from mathpal.models.sources import cache_dir

NEEDED_BYTES = 1_000_000_000
"""Memory that a run of the tiny model takes, with a little to spare."""

FEW_BYTES = 4_000_000_000
"""Memory below which no larger model can be trained."""

SMALL_DISK_BYTES = 200_000_000
"""What a run of the tiny model writes, with room to spare."""

ROOMY_DISK_BYTES = 20_000_000_000
"""What one model of 7 billion parameters takes, with a checkpoint."""

SMALL_SHARED_BYTES = 1_000_000_000

VARIABLES = (
    "CUDA_VISIBLE_DEVICES",
    "HF_DATASETS_OFFLINE",
    "HF_ENDPOINT",
    "HF_HOME",
    "HF_HUB_OFFLINE",
    "HTTPS_PROXY",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "MATHPAL_CACHE",
    "MATHPAL_DEBUG",
    "OMP_NUM_THREADS",
    "PYTHONPATH",
    "PYTORCH_CUDA_ALLOC_CONF",
    "TRANSFORMERS_OFFLINE",
    "UNSLOTH_ALLOW_CPU",
    "WANDB_MODE",
)
"""What changes a run from outside its config."""


def findings() -> Iterator[Finding]:
    """Yield what there is to compute with."""
    allowed = limits.read()
    yield Finding("system", State.OK, _system())
    yield _python()
    yield _cores(allowed)
    yield Finding("bfloat16", State.OK, _bfloat16())
    yield _memory(allowed)
    if text := variables(os.environ):
        yield Finding("variables", State.NOTE, f"{text} (these change runs)")


def disks() -> Iterator[Finding]:
    """Yield the room where runs, models and temporary files go."""
    outputs = Path(Experiment.output_dir)
    yield room(outputs, str(outputs), "set output_dir=FOLDER on another disk", needed=True)
    yield room(cache_dir(), "cache", "set MATHPAL_CACHE=FOLDER on another disk", needed=False)
    yield _temporary()
    shared = Path("/dev/shm")
    if shared.is_dir():
        yield _shared(shutil.disk_usage(shared).total)


def room(folder: Path, name: str, remedy: str, *, needed: bool) -> Finding:
    """Tell how much room there is in a folder, which need not be there yet."""
    try:
        there = nearest(folder)
        free = shutil.disk_usage(there).free
        entries = os.statvfs(there)
    except OSError as error:
        state = State.BROKEN if needed else State.WARNING
        return Finding(name, state, f"{folder}: {error.strerror}", remedy)
    text = f"{size(free)} free in {there}"
    if entries.f_files and not entries.f_favail:
        free, text = 0, f"no more files can be made in {there} (its inodes are used up)"
    if free < SMALL_DISK_BYTES:
        state = State.BROKEN if needed else State.WARNING
        return Finding(name, state, text, f"free some, or {remedy}")
    if free < ROOMY_DISK_BYTES:
        return Finding(name, State.WARNING, text, f"little for a model's weights; {remedy}")
    return Finding(name, State.OK, text)


def nearest(folder: Path) -> Path:
    """Return the folder itself, or the nearest one above it that is there."""
    folder = folder.expanduser().absolute()
    return next(path for path in (folder, *folder.parents) if path.is_dir())


def variables(environ: Mapping[str, str]) -> str:
    """Write the variables that are set.

    >>> variables({"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "HOME": "/home/an"})
    'CUDA_VISIBLE_DEVICES= HF_HUB_OFFLINE=1'
    """
    return " ".join(f"{name}={environ[name]}" for name in VARIABLES if name in environ)


def _temporary() -> Finding:
    try:
        folder = Path(tempfile.gettempdir())
    except FileNotFoundError as error:  # which a full disk brings about, too
        return Finding("temporary", State.BROKEN, str(error.strerror), "set TMPDIR=FOLDER")
    return room(folder, "temporary", "set TMPDIR=FOLDER", needed=False)


def _system() -> str:
    text = f"{platform.system()} {platform.release()} {platform.machine()}"
    release = Path("/etc/os-release")
    lines = release.read_text().splitlines() if release.is_file() else []
    names = [x.partition("=")[2].strip('"') for x in lines if x.startswith("PRETTY_NAME=")]
    return ", ".join([*names, text])


def _python() -> Finding:
    from packaging.specifiers import SpecifierSet

    supported = metadata("mathpal")["Requires-Python"]
    text = f"{platform.python_version()} at {sys.executable}"
    if SpecifierSet(supported).contains(platform.python_version(), prereleases=True):
        return Finding("python", State.OK, text)
    return Finding("python", State.BROKEN, text, f"mathpal is for {supported}: install it there")


def _cores(allowed: limits.Limits) -> Finding:
    cores = os.cpu_count() or 1
    affinity = len(os.sched_getaffinity(0)) if sys.platform == "linux" else cores
    text = f"{_processor()}, {cores} {'core' if cores == 1 else 'cores'}"
    if affinity < cores:
        text += f", {affinity} of them for this process"
    quota = allowed.num_cores
    if quota is None or quota >= affinity:
        return Finding("cpu", State.OK, text)
    text += f", but the time of {quota:.3g} (control group)"
    remedy = f"set hardware.num_threads={max(1, int(quota))}, else threads wait for each other"
    return Finding("cpu", State.WARNING, text, remedy)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _bfloat16() -> str:
    instructions = cpu_bf16()
    if instructions is None:
        return "this CPU cannot multiply it: runs on it use float32"
    return f"this CPU multiplies it ({instructions}): runs of larger models on it are quicker"


def _memory(allowed: limits.Limits) -> Finding:
    machine = psutil.virtual_memory()
    free = machine.available
    text = f"{size(machine.total)}, {size(free)} available"
    if allowed.memory_bytes is not None and allowed.memory_bytes < machine.total:
        free = min(free, allowed.free_bytes or 0)
        text += f"; {size(allowed.memory_bytes)} for this control group, {size(free)} of it free"
    if free < NEEDED_BYTES:
        remedy = f"a run of the tiny model takes {size(NEEDED_BYTES)}: end other programs"
        return Finding("memory", State.BROKEN, text, remedy)
    if free < FEW_BYTES:
        return Finding("memory", State.WARNING, text, "enough for model=tiny alone")
    return Finding("memory", State.OK, text)


def _shared(total: int) -> Finding:
    text = f"{size(total)} in /dev/shm"
    if total < SMALL_SHARED_BYTES:
        remedy = "keep trainer.dataloader_num_workers=0, or docker run --shm-size=8g"
        return Finding("shared", State.WARNING, text, remedy)
    return Finding("shared", State.OK, text)
