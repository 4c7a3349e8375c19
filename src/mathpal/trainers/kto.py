"""Kahneman-Tversky optimisation: trl.KTOTrainer over answers labelled good or bad (2402.01306)."""

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
    """Return a trl.KTOTrainer; `options` are those of trl.KTOConfig, by their own names.

    The reference is the model before training.

    Raises: RequestError where the library refuses a combination of options.
    """
    from trl import KTOConfig, KTOTrainer

    args = arguments(KTOConfig, "kto", setup, options)
    trainer = assemble(
        tokenised(KTOTrainer),
        setup,
        options,
        args=args,
        train_dataset=_table(setup.train, args.per_device_train_batch_size, setup.seed),
        eval_dataset=_table(setup.test, args.per_device_eval_batch_size, setup.seed)
        if setup.test
        else None,
    )
    drop_reference_copy(trainer.model)
    return trainer


def _table(rows: Sequence[Encoded], batch_size: int, seed: int) -> Any:
    """Return rows in the order they are trained in, each with the answer of another of its batch.

    The divergence from the reference is measured on such mismatched answers (section 4.1 of the
    paper).
    """
    columns: dict[str, Sequence[Any]] = {
        "prompt_ids": [row.prompt_ids for row in rows],
        "completion_ids": [row.answer_ids for row in rows],
        "label": [row.label for row in rows],
    }

    def mismatch(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
        answers = batch["completion_ids"]
        return {"KL_completion_ids": [answers[-1], *answers[:-1]]}

    return table(columns, seed).map(mismatch, batched=True, batch_size=batch_size)
