"""The GPUs of conf/hardware, and the memory that torch finds on them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import yaml

from mathpal.config import HardwareConfig, conf_dir

TOTAL_GIB = {
    "NVIDIA T4": 14.56,
    "NVIDIA L4": 22.03,
    "NVIDIA RTX 3090": 23.57,
    "NVIDIA RTX 4090": 23.52,
    "NVIDIA A100 40 GB": 39.38,
    "NVIDIA A100 80 GB": 79.14,
    "NVIDIA H100 80 GB": 79.10,
    "NVIDIA H200": 139.80,
}
"""GPU -> its total capacity in GiB, as torch's out-of-memory errors commonly tell it: what is sold,
less error correction and what the driver reserves. None was measured here; drivers vary by some
hundred MiB."""

USABLE_SHARE = 0.90
"""Of the memory of a GPU as sold, in GB taken for GiB: a little under the least of those above."""


def usable_bytes(hardware: HardwareConfig) -> int | None:
    """Return the bytes that torch would find on the GPU that an option is for."""
    known = TOTAL_GIB.get(hardware.gpu or "")
    if known is not None:
        return int(known * 2**30)
    if hardware.memory_gb is None:
        return None
    return int(hardware.memory_gb * USABLE_SHARE * 2**30)


def options() -> dict[str, HardwareConfig]:
    """Return the options of the group hardware that name a GPU, smallest memory first."""
    known = {field.name for field in fields(HardwareConfig)}
    found: dict[str, HardwareConfig] = {}
    for path in sorted((conf_dir() / "hardware").glob("*.yaml")):
        values: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        if values.get("gpu"):
            found[path.stem] = HardwareConfig(**{k: v for k, v in values.items() if k in known})
    return dict(sorted(found.items(), key=lambda item: usable_bytes(item[1]) or 0))
