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
    import numpy as np

    from mathpal.data import columns
    from mathpal.data.arrays import GOOD, packed

    numbers = np.arange(len(rows))
    shuffled = packed(rows).take(np.array(table({"row": numbers}, seed)["row"][:]))
    first_of_batch = numbers - numbers % batch_size
    last_of_batch = np.minimum(first_of_batch + batch_size, len(rows)) - 1
    partners = np.where(numbers == first_of_batch, last_of_batch, numbers - 1)
    parts = {
        "prompt_ids": columns.ids(shuffled.prompts),
        "completion_ids": columns.ids(shuffled.answers),
        "label": shuffled.goodness == GOOD,
        "KL_completion_ids": columns.ids(shuffled.answers.take(partners)),
    }
    return table(parts, None)
