"""A resumed run against what its checkpoint was trained with."""

from __future__ import annotations

import filecmp
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mathpal import checkpoints
from mathpal.compose import PATHS, thaw
from mathpal.config import Experiment, as_dict
from mathpal.errors import RequestError

FIXED = (
    "model.name",
    "model.revision",
    "model.quantization",
    "model.extra_tokens",
    "trainer._target_",
    "seed",
)
"""What a checkpoint continues: its weights are those of this model, at this point of this run."""

ORDER = ("max_length", "packing", "packing_strategy", "truncation_mode")
"""Options of a trainer that rows are made by."""

KEPT = ("optim", "optim_args", "learning_rate", "weight_decay", "adam_beta1", "adam_beta2")
"""What the optimizer's state brings along, so that another value would have no effect."""

OPTIMIZER = "optimizer.pt"


def problems(experiment: Experiment) -> Iterator[str]:
    """Yield what differs from the checkpoint's run and cannot; steps, logging and devices may."""
    if experiment.resume is None:
        return
    try:
        checkpoint = checkpoints.find(experiment.resume)
    except RequestError:
        return  # which the rules of places tell
    frozen = checkpoint.absolute().parents[1] / "config.yaml"
    if frozen.is_file():
        yield from _differences(thaw(frozen), experiment)


def finished(experiment: Experiment, num_steps: int) -> Iterator[str]:
    """Yield why a run of so many steps has none left to do; all done is no problem."""
    if experiment.resume is None:
        return
    checkpoint = checkpoints.find(experiment.resume)
    done = checkpoints.step_of(checkpoint)
    if done > num_steps:
        key = "max_steps" if as_dict(experiment.trainer)["max_steps"] > 0 else "num_train_epochs"
        yield (
            f"trainer.{key}={as_dict(experiment.trainer)[key]:g}: the run has {num_steps} steps, "
            f"and {checkpoint.name} of resume has done more; set trainer.max_steps={done} or more"
        )


def warnings(experiment: Experiment) -> Iterator[str]:
    """Yield what a checkpoint of weights alone begins anew."""
    if experiment.resume is None or experiment.hardware.sharded_by:
        return
    checkpoint = checkpoints.find(experiment.resume)
    if not (checkpoint / OPTIMIZER).is_file():
        yield (
            f"resume={experiment.resume}: {checkpoint.name} holds no optimizer state "
            "(trainer.save_only_model=true), so that moments, warm-up and schedule begin anew"
        )


def _differences(before: Experiment, now: Experiment) -> Iterator[str]:
    old, new = as_dict(before), as_dict(now)
    if (old["lora"] is None) != (new["lora"] is None):
        had, has = (
            "no adapter" if group is None else "one" for group in (old["lora"], new["lora"])
        )
        yield f"lora: the checkpoint of resume has {had}, this request {has}; leave it as it was"
    for key in _keys(old, new):
        was, wanted = _at(old, key), _at(new, key)
        if was != wanted and not _is_moved(key, was, wanted):
            yield (
                f"{key}={wanted}: the checkpoint of resume was trained with {was}; leave it as it "
                "was, or start anew without resume"
            )
    was, wanted = _rows_a_step(before), _rows_a_step(now)
    if was != wanted:
        yield (
            f"trainer.per_device_train_batch_size: batch x accumulation x processes = {wanted} "
            f"rows a step, and {was} before resume; its steps would not be the same rows; "
            f"{_remedy(now, was)}"
        )


def _keys(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    yield from FIXED
    if old["lora"] is not None and new["lora"] is not None:
        yield from (f"lora.{key}" for key in new["lora"] if key != "lora_dropout")
    if old["data"]["_target_"] != new["data"]["_target_"]:
        yield "data._target_"
    else:
        follows = {"seed"} if old["seed"] != new["seed"] else set()
        yield from (f"data.{key}" for key in new["data"] if key not in follows)
    if old["trainer"]["_target_"] == new["trainer"]["_target_"]:
        yield from (f"trainer.{key}" for key in (*ORDER, *KEPT) if key in new["trainer"])


def _at(values: Mapping[str, Any], key: str) -> Any:
    group, _, name = key.rpartition(".")
    return values[group].get(name) if group else values[name]


def _is_moved(key: str, was: Any, wanted: Any) -> bool:
    """Tell whether a file or folder is the same in another place; a frozen config has whole paths.

    One that is gone from where it was is taken to be the one that is asked for now.
    """
    if tuple(key.split(".")) not in PATHS or was is None or wanted is None:
        return False
    before, now = Path(was).expanduser(), Path(wanted).expanduser()
    if not now.exists() or not (before.is_absolute() or before.exists()):
        return False
    if now.is_dir():
        before, now = before / "config.json", now / "config.json"
    return not before.exists() or (now.is_file() and filecmp.cmp(before, now, shallow=False))


def _remedy(now: Experiment, rows_a_step: int) -> str:
    """Say how a request would come to as many rows a step as before."""
    times = as_dict(now.trainer)["gradient_accumulation_steps"]
    size = _rows_a_step(now) // times if times > 0 else 0
    if size > 0 and rows_a_step % size == 0:
        return f"set trainer.gradient_accumulation_steps={rows_a_step // size}"
    return "leave batch and accumulation as they were"


def _rows_a_step(experiment: Experiment) -> int:
    options, hardware = as_dict(experiment.trainer), experiment.hardware
    size: int = options["per_device_train_batch_size"] * options["gradient_accumulation_steps"]
    return size * hardware.num_processes * hardware.num_nodes
