"""Batches: how rows are drawn, loaded and put together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mathpal.config import Experiment, as_dict
from mathpal.preflight.rules import generations

WITH_WORKERS = (
    "dataloader_prefetch_factor",
    "dataloader_persistent_workers",
    "dataloader_multiprocessing_context",
)
"""Settings of the processes that load rows."""


def problems(experiment: Experiment) -> Iterator[str]:
    """Yield settings of batches that have nothing to act on."""
    options = as_dict(experiment.trainer)
    if options["dataloader_num_workers"] == 0:
        for key in WITH_WORKERS:
            if options[key]:
                yield (
                    f"trainer.{key}={_written(options[key])}: no process loads rows; set "
                    "trainer.dataloader_num_workers=2, or leave it out"
                )
    if options["fp16_full_eval"] and options["bf16_full_eval"]:
        yield "trainer.fp16_full_eval and trainer.bf16_full_eval exclude each other; leave one out"
    if experiment.data.train_rows is not None:
        yield from too_few(experiment, experiment.data.train_rows)


def warnings(experiment: Experiment) -> Iterator[str]:
    """Yield settings that wait for one that is not made."""
    options = as_dict(experiment.trainer)
    if options["gradient_checkpointing_kwargs"] and not options["gradient_checkpointing"]:
        yield (
            "trainer.gradient_checkpointing_kwargs does not count, as nothing is recomputed; "
            "hardware.gradient_checkpointing=true lets it"
        )


def too_few(experiment: Experiment, num_rows: int) -> Iterator[str]:
    """Yield why so many rows would make no batch."""
    options, hardware = as_dict(experiment.trainer), experiment.hardware
    processes = hardware.num_processes * hardware.num_nodes
    if "num_generations" in options:
        yield from generations.too_few(options, processes, num_rows)
        return
    size = options["per_device_train_batch_size"] * processes
    if options["dataloader_drop_last"] and 0 < num_rows < size:
        yield (
            f"trainer.dataloader_drop_last=true: {num_rows} rows do not fill a batch of {size}, so "
            "that nothing would be trained; set trainer.dataloader_drop_last=false"
        )


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
