"""Base models: where their files are, and the backends that load and adapt them.

A backend is a module with the same functions: `start`, to be called before transformers, trl and
peft are imported; `load`; `adapted`, LoRA's options as it applies them; and `inference`, the state
that answers are generated in.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any

from mathpal import warm
from mathpal.compose import factory
from mathpal.config import Experiment

if TYPE_CHECKING:
    from mathpal.preflight.plan import Prepared


def backend(name: str) -> ModuleType:
    """Return a backend's module."""
    return importlib.import_module(f"mathpal.models.{name}")


def start(experiment: Experiment) -> None:
    """Let the backend import what must come first; a dry run does without."""
    warm.tidy()
    if not experiment.dry_run:
        backend(experiment.backend).start()


def load(experiment: Experiment, prepared: Prepared) -> Any:
    """Return the experiment's model in training shape."""
    # Merging writes into the base's weights.
    with warm.paused(when=experiment.export.merged):
        return factory(experiment.model)(
            lora=experiment.lora,
            hardware=experiment.hardware,
            device=prepared.device,
            tokenizer=prepared.tokenizer,
            seed=experiment.seed,
            head=experiment.trainer.head,
            num_tokens=prepared.num_tokens,
        )
