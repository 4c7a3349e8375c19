"""Supervised fine-tuning: trl.SFTTrainer over rows that are already tokenised and masked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mathpal import schema
from mathpal.data.chat import Encoded
from mathpal.errors import RequestError
from mathpal.hardware import Device


def build(
    *,
    model: Any,
    tokenizer: Any,
    train: Sequence[Encoded],
    test: Sequence[Encoded],
    folder: Path,
    device: Device,
    seed: int,
    name: str,
    tf32: bool | None,
    report_to: Sequence[str],
    callbacks: Sequence[Any],
    early_stopping_patience: int | None,
    early_stopping_threshold: float,
    **options: Any,
) -> Any:
    """Return a trl.SFTTrainer; `options` are those of trl.SFTConfig, by their own names.

    Raises: RequestError where the library refuses a combination of options.
    """
    import datasets
    from transformers import EarlyStoppingCallback, PrinterCallback
    from trl import SFTTrainer

    datasets.disable_progress_bars()
    arguments = _arguments(folder, device, seed, name, tf32, report_to, options)
    stoppers = []
    if early_stopping_patience is not None:
        stoppers = [EarlyStoppingCallback(early_stopping_patience, early_stopping_threshold)]
    try:
        trainer = SFTTrainer(
            model=model,
            args=arguments,
            train_dataset=_table(train, arguments),
            eval_dataset=_table(test, arguments) if test else None,
            processing_class=tokenizer,
            callbacks=[*callbacks, *stoppers],
        )
    except ValueError as error:
        raise RequestError(f"trainer: {error}") from error
    trainer.remove_callback(PrinterCallback)
    return trainer


def _arguments(
    folder: Path,
    device: Device,
    seed: int,
    name: str,
    tf32: bool | None,
    report_to: Sequence[str],
    options: dict[str, Any],
) -> Any:
    from trl import SFTConfig

    changed = schema.changed("sft", options)
    if not options["packing"]:
        # Rows come tokenised, masked and cut: TRL's own preparation would only copy them.
        changed["dataset_kwargs"] = {
            **(options["dataset_kwargs"] or {}),
            "skip_prepare_dataset": True,
        }
    if device.device == "cpu":
        changed["dataloader_pin_memory"] = False
    if tf32 is not None:
        changed["tf32"] = tf32
    try:
        return SFTConfig(
            output_dir=str(folder / "checkpoints"),
            run_name=name,
            seed=seed,
            use_cpu=device.device == "cpu",
            bf16=device.precision == "bf16",
            fp16=device.precision == "fp16",
            disable_tqdm=True,
            report_to=list(report_to) or "none",
            **changed,
        )
    except ValueError as error:
        raise RequestError(f"trainer: {error}") from error


def _table(rows: Sequence[Encoded], arguments: Any) -> Any:
    import datasets

    table = datasets.Dataset.from_dict(
        {"input_ids": [r.input_ids for r in rows], "labels": [r.labels for r in rows]}
    )
    # TRL shuffles while it prepares; what skips the preparation is shuffled here.
    shuffles = arguments.shuffle_dataset and not arguments.packing
    return table.shuffle(seed=arguments.seed) if shuffles else table
