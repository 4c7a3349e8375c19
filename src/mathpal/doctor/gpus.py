"""The GPUs: what torch finds, and why it finds none where the machine has some."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mathpal.doctor.child import reason
from mathpal.doctor.finding import Finding, State, size
from mathpal.hardware import FIRST_WITH_BF16

DRIVER = Path("/proc/driver/nvidia/version")
QUERY = ("--query-gpu=name,driver_version", "--format=csv,noheader")
QUERY_SECONDS = 10.0


def driver() -> tuple[str, bool]:
    """Return what the driver says of the GPUs, or why it fails, and whether it works.

    Both are empty where the machine has no NVIDIA driver.
    """
    if shutil.which("nvidia-smi") is None:
        version = DRIVER.read_text().partition("\n")[0] if DRIVER.is_file() else ""
        return version.partition(": ")[2].strip(), bool(version)
    try:
        done = subprocess.run(
            ["nvidia-smi", *QUERY],
            capture_output=True,
            text=True,
            timeout=QUERY_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"nvidia-smi gives no answer within {QUERY_SECONDS:g} s", False
    if failure := reason(done.returncode, done.stdout + done.stderr):
        return f"nvidia-smi: {failure}", False
    return "; ".join(done.stdout.splitlines()), True


def findings(
    torch: Mapping[str, Any] | None,
    told: tuple[str, bool],
    has_files: bool,
    environ: Mapping[str, str],
) -> Iterator[Finding]:
    """Yield the GPUs and their driver.

    Args:
        torch: what `loading` tells of torch; None: it cannot be imported.
        told: what `driver` returns.
        has_files: whether /dev has the files of a GPU.
    """
    text, works = told
    if text:
        remedy = "" if works else "restart the machine, or install the driver anew"
        yield Finding("driver", State.OK if works else State.WARNING, text, remedy)
    gpus = [] if torch is None else torch["gpus"]
    for number, gpu in enumerate(gpus):
        yield _gpu(number, gpu, torch or {})
    if not gpus and not (has_files or text):
        yield Finding("gpu", State.NOTE, "none: runs use the CPU")
    elif not gpus:
        yield Finding("gpu", State.WARNING, *_unused(torch, environ))


def _gpu(number: int, gpu: Mapping[str, Any], torch: Mapping[str, Any]) -> Finding:
    text = f"{gpu['name']}, capability {gpu['capability']}, {size(gpu['memory_bytes'])}"
    name = f"gpu {number}"
    if "error" in gpu:
        remedy = "set hardware=cpu, or install a torch that is built for it"
        return Finding(name, State.BROKEN, f"{text}: torch fails on it: {gpu['error']}", remedy)
    native = float(gpu["capability"]) >= FIRST_WITH_BF16
    text += f", {size(gpu['free_bytes'])} free, {'bfloat16' if native else 'no bfloat16'}"
    text += f", torch for {torch['built_for']}"
    if gpu["free_bytes"] < gpu["memory_bytes"] / 2:
        return Finding(name, State.WARNING, text, "another program holds much of it: nvidia-smi")
    return Finding(name, State.OK, text)


def _unused(torch: Mapping[str, Any] | None, environ: Mapping[str, str]) -> tuple[str, str]:
    """Say why torch has no GPU on a machine with one, and what to do."""
    visible = environ.get("CUDA_VISIBLE_DEVICES")
    if torch is None:
        return "there is one, but torch cannot be imported", "see imports"
    if torch["built_for"] is None:
        text = f"there is one, but torch {torch['version']} is built for the CPU alone"
        return text, "install a CUDA build of torch, in a version that mathpal allows"
    if visible is not None and visible.strip() in ("", "-1"):
        return f"CUDA_VISIBLE_DEVICES={visible} hides it", "unset CUDA_VISIBLE_DEVICES"
    why = torch["why"] or "and does not say why; may this user open the files /dev/nvidia*?"
    text = f"there is one, but torch for {torch['built_for']} cannot use it: {why}"
    return text, "update the driver, or install a torch built for an older CUDA"
