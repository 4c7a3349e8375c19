"""Reward modelling: trl.RewardTrainer over pairs; the model gives an answer one score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mathpal.data.chat import Encoded
from mathpal.trainers.setup import Setup, arguments, assemble, table


def build(setup: Setup, **options: Any) -> Any:
    """Return a trl.RewardTrainer; `options` are those of trl.RewardConfig, by their own names.

    Raises: RequestError where the library refuses a combination of options.
    """
    from trl import RewardConfig, RewardTrainer

    return assemble(
        RewardTrainer,
        setup,
        options,
        args=arguments(RewardConfig, "reward", setup, options),
        train_dataset=table(_columns(setup.train), setup.seed),
        eval_dataset=table(_columns(setup.test), None) if setup.test else None,
    )


def _columns(rows: Sequence[Encoded]) -> dict[str, Any]:
    from mathpal.data import columns
    from mathpal.data.arrays import packed

    chosen, rejected = packed(rows).halves
    return {"chosen_ids": columns.ids(chosen), "rejected_ids": columns.ids(rejected)}
