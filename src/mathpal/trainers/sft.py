"""Supervised fine-tuning: trl.SFTTrainer over rows that are already tokenised and masked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mathpal import warm
from mathpal.data.chat import Encoded
from mathpal.trainers.setup import Setup, arguments, assemble, table


def build(setup: Setup, **options: Any) -> Any:
    """Return a trl.SFTTrainer; `options` are those of trl.SFTConfig, by their own names.

    Raises: RequestError where the library refuses a combination of options.
    """
    from trl import SFTConfig, SFTTrainer

    parts: dict[str, Any] = {}
    if setup.padding_free:
        parts["data_collator"] = _one_behind_the_other(setup)
    args = arguments(SFTConfig, "sft", setup, options, **_as_they_are(options))
    # TRL shuffles while it prepares; what skips the preparation is shuffled here.
    seed = setup.seed if args.shuffle_dataset and not args.packing else None
    return assemble(
        SFTTrainer,
        setup,
        options,
        args=args,
        train_dataset=_table("training rows", setup.train, seed),
        eval_dataset=_table("held-out rows", setup.test, seed) if setup.test else None,
        **parts,
    )


def _one_behind_the_other(setup: Setup) -> Any:
    """Return TRL's collator of padding-free batches, and set the attention that is quick on them.

    Positions restart with each row and no attention mask is given, from which transformers makes
    one that keeps the rows apart.
    """
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    from mathpal.models import block_attention

    setup.model.set_attn_implementation(block_attention.NAME)
    return DataCollatorForLanguageModeling(setup.tokenizer.pad_token_id, padding_free=True)


def _as_they_are(options: Mapping[str, Any]) -> dict[str, Any]:
    """Skip TRL's own preparation, which would only copy the rows; packing is part of it."""
    if options["packing"]:
        return {}
    return {"dataset_kwargs": {**(options["dataset_kwargs"] or {}), "skip_prepare_dataset": True}}


def _table(kind: str, rows: Sequence[Encoded], seed: int | None) -> Any:
    """Return a datasets.Dataset of rows, which no trainer changes."""
    from mathpal.data import columns
    from mathpal.data.arrays import packed

    def make() -> Any:
        encoded = packed(rows)
        parts = {"input_ids": columns.ids(encoded), "labels": columns.labels(encoded)}
        return table(parts, seed)

    return warm.derived(f"table of {kind}", rows, seed, make)
