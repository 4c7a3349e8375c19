"""Direct preference optimisation: trl.DPOTrainer over pairs (arXiv 2305.18290)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mathpal.data.chat import Encoded
from mathpal.trainers.setup import (
    Setup,
    arguments,
    assemble,
    drop_reference_copy,
    table,
    tokenised,
)


def build(setup: Setup, **options: Any) -> Any:
    """Return a trl.DPOTrainer; `options` are those of trl.DPOConfig, by their own names.

    The reference is the model before training.

    Raises: RequestError where the library refuses a combination of options.
    """
    from trl import DPOConfig, DPOTrainer

    trainer = assemble(
        tokenised(DPOTrainer),
        setup,
        options,
        args=arguments(DPOConfig, "dpo", setup, options),
        train_dataset=table(_columns(setup.train), setup.seed),
        eval_dataset=table(_columns(setup.test), None) if setup.test else None,
    )
    drop_reference_copy(trainer.model)
    return trainer


def _columns(rows: Sequence[Encoded]) -> dict[str, Any]:
    from mathpal.data import columns
    from mathpal.data.arrays import packed

    chosen, rejected = packed(rows).halves
    return {
        "prompt_ids": columns.ids(chosen.prompts),
        "chosen_ids": columns.ids(chosen.answers),
        "rejected_ids": columns.ids(rejected.answers),
    }
