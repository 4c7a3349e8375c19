"""Base models: where their files are, and the backends that load and adapt them.

A backend is a module with the same functions: `start`, to be called before transformers, trl and
peft are imported; `load`; `adapted`, LoRA's options as it applies them; and `inference`, the state
that answers are generated in.
"""

from __future__ import annotations

import importlib
from types import ModuleType


def backend(name: str) -> ModuleType:
    """Return a backend's module."""
    return importlib.import_module(f"mathpal.models.{name}")
