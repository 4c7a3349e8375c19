"""Base models: where their files are, and the backends that load and adapt them.

A backend is a module with the same functions: `load`, and `inference`, the state that answers are
generated in.
"""

from __future__ import annotations

import importlib
from types import ModuleType


def backend(name: str) -> ModuleType:
    """Return a backend's module.

    To be asked for before transformers, trl or peft are imported: Unsloth patches them.
    """
    return importlib.import_module(f"mathpal.models.{name}")
