"""Room on the disk for what a run is going to write."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mathpal.config import Experiment, as_dict
from mathpal.errors import RequestError
from mathpal.models import shape as shapes
from mathpal.models.shape import Shape
from mathpal.preflight.rules.places import existing, shape_of

ADAM_BYTES = 8
FLOAT_BYTES = 4

MOST_BYTES = 16
"""Of a parameter, in a checkpoint or exported: more than any optimizer comes to."""


@dataclass(frozen=True)
class Written:
    """Bytes that a run writes."""

    checkpoint_bytes: int
    num_checkpoints: int
    """That lie there at once: one more than are kept, while the oldest is about to go."""
    export_bytes: int

    @property
    def total_bytes(self) -> int:
        """All of them, at their most."""
        return self.checkpoint_bytes * self.num_checkpoints + self.export_bytes


def problems(experiment: Experiment) -> Iterator[str]:
    """Yield a disk without room for checkpoints and exports; a dry run may plan for another."""
    shape = shape_of(experiment.model)
    if experiment.dry_run or shape is None:
        return
    free = shutil.disk_usage(existing(Path(experiment.output_dir).absolute())).free
    pieces = _num_checkpoints(experiment) + 1
    if shapes.num_parameters(shape) * MOST_BYTES * pieces < free:
        return  # without the optimizers' table, whose import takes its time
    try:
        needed = written(experiment, shape)
    except RequestError:
        return  # which the rules of the adapter tell
    if needed.total_bytes > free:
        yield (
            f"output_dir={experiment.output_dir}: {_gigabytes(free)} are free, and this run writes "
            f"{_gigabytes(needed.total_bytes)}: {needed.num_checkpoints} checkpoints of "
            f"{_gigabytes(needed.checkpoint_bytes)} and {_gigabytes(needed.export_bytes)} in the "
            "end; set trainer.save_total_limit=1, trainer.save_only_model=true, or output_dir on "
            "a larger disk"
        )


def written(experiment: Experiment, shape: Shape) -> Written:
    """Estimate what a run writes, from the shape of its model.

    Raises: RequestError where the adapter's modules are not known.
    """
    options, head = as_dict(experiment.trainer), experiment.trainer.head
    whole = shapes.num_parameters(shape, head)
    lora = None if experiment.lora is None else as_dict(experiment.lora)
    trained = whole if lora is None else shapes.num_lora_parameters(shape, lora, head)
    state = 0 if options["save_only_model"] else trained * _state_bytes(options["optim"])
    export = experiment.export
    exported = trained * FLOAT_BYTES if export.adapter or (lora is None and export.merged) else 0
    if lora is not None and export.merged:
        exported += whole * (2 if experiment.hardware.device == "cuda" else FLOAT_BYTES)
    return Written(trained * FLOAT_BYTES + state, _num_checkpoints(experiment), exported)


def _num_checkpoints(experiment: Experiment) -> int:
    options = as_dict(experiment.trainer)
    every, steps, limit = options["save_steps"], options["max_steps"], options["save_total_limit"]
    if options["save_strategy"] == "no":
        return 0
    if options["save_strategy"] == "epoch":
        saves: float = math.ceil(options["num_train_epochs"])
    elif 0 < every < 1:
        saves = math.ceil(1 / every)
    else:
        saves = math.ceil(steps / every) if steps > 0 and every > 0 else 1
    saves = min(saves, steps) if steps > 0 else saves
    return int(max(1, saves if limit is None else min(saves, limit + 1)))


def _state_bytes(optimizer: str) -> int:
    from mathpal.preflight.memory.optimizers import STATE_BYTES

    return STATE_BYTES.get(optimizer.removeprefix("paged_"), ADAM_BYTES)


def _gigabytes(num_bytes: int) -> str:
    return f"{num_bytes / 1e9:,.1f} GB"
