"""Odds-ratio preference optimisation: trl's ORPOTrainer over pairs (arXiv 2403.07691)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from mathpal.data.chat import Encoded
from mathpal.trainers.setup import Setup, arguments, assemble, table


def build(setup: Setup, **options: Any) -> Any:
    """Return a trl ORPOTrainer; `options` are those of trl's ORPOConfig, by their own names.

    It needs no reference model.

    Raises: RequestError where the library refuses a combination of options.
    """
    os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")
    from trl.experimental.orpo import ORPOConfig, ORPOTrainer

    class Tokenised(ORPOTrainer):  # type: ignore[misc]
        """Takes rows as they are, tokenised by ours, and counts this process's tokens."""

        num_tokens = 0

        def tokenize_row(self, feature: dict[str, Any], model: Any = None) -> dict[str, Any]:
            return feature

        def training_step(self, model: Any, inputs: Any, *rest: Any) -> Any:
            for name in ("chosen", "rejected"):
                self.num_tokens += int(inputs[f"{name}_attention_mask"].sum())
            return super().training_step(model, inputs, *rest)

        def log(self, logs: dict[str, float], *rest: Any) -> None:
            super().log({**logs, "num_tokens": self.num_tokens}, *rest)

    return assemble(
        Tokenised,
        setup,
        options,
        args=arguments(ORPOConfig, "orpo", setup, options, remove_unused_columns=False),
        train_dataset=table(_columns(setup.train), setup.seed),
        eval_dataset=table(_columns(setup.test), None) if setup.test else None,
    )


def _columns(rows: Sequence[Encoded]) -> dict[str, Any]:
    from mathpal.data import columns
    from mathpal.data.arrays import packed

    chosen, rejected = packed(rows).halves
    parts: dict[str, Any] = {
        "prompt": [""] * len(rows),  # the trainer looks for it, and reads the ids
        "prompt_input_ids": columns.ids(chosen.prompts),
        "prompt_attention_mask": columns.ones(chosen.prompts),
    }
    for name, answers in (("chosen", chosen), ("rejected", rejected)):
        parts[f"{name}_input_ids"] = columns.ids(answers)
        parts[f"{name}_attention_mask"] = columns.ones(answers)
        parts[f"{name}_labels"] = columns.labels(answers)
    return parts
