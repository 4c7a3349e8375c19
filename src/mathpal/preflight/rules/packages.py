"""The versions of the packages that training rests on."""

from __future__ import annotations

import functools
from importlib import metadata

PINNED = ("torch", "transformers", "trl", "peft", "accelerate", "datasets")


@functools.cache
def problems() -> tuple[str, ...]:
    """Return packages whose version is not one that mathpal is made for, with the right one."""
    try:
        asked = metadata.requires("mathpal") or []
    except metadata.PackageNotFoundError:  # run from a checkout that was never installed
        return ()
    return tuple(
        wrong for line in asked if line.startswith(PINNED) and (wrong := mismatch(line)) is not None
    )


def mismatch(requirement: str) -> str | None:
    """Return what is wrong with the package that a requirement names, or None."""
    from packaging.requirements import Requirement

    needed = Requirement(requirement)
    if needed.marker is not None and not needed.marker.evaluate({"extra": ""}):
        return None
    try:
        version = metadata.version(needed.name)
    except metadata.PackageNotFoundError:
        return f"{needed.name} is not installed: pip install '{needed}'"
    if needed.specifier.contains(version, prereleases=True):
        return None
    return f"{needed.name} {version} is installed, not {needed.specifier}: pip install '{needed}'"
