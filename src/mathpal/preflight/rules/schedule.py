"""Steps, epochs and the learning rate's way through them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mathpal.config import Experiment, as_dict

CONF_EPOCHS = 1
"""trainer.num_train_epochs of conf/schema/training.yaml."""

SCHEDULER_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "linear": (),
    "cosine": ("num_cycles",),
    "cosine_with_restarts": ("num_cycles",),
    "polynomial": ("lr_end", "power"),
    "inverse_sqrt": ("timescale",),
    "cosine_with_min_lr": ("num_cycles", "min_lr", "min_lr_rate"),
    "cosine_warmup_with_min_lr": ("num_cycles", "min_lr", "min_lr_rate", "warmup_lr_rate"),
    "warmup_stable_decay": (
        "num_decay_steps",
        "num_stable_steps",
        "warmup_type",
        "decay_type",
        "min_lr_ratio",
        "num_cycles",
    ),
}
"""Schedule -> what trainer.lr_scheduler_kwargs may hold for it; constant ones leave it unread."""

WATCHES = ("reduce_lr_on_plateau", "greedy")
"""Schedules that follow the measured loss."""

KWARGS = "trainer.lr_scheduler_kwargs"


def problems(experiment: Experiment) -> Iterator[str]:
    """Yield what of the schedule contradicts itself."""
    yield from _schedule(as_dict(experiment.trainer))


def late_warnings(experiment: Experiment, num_steps: int) -> Iterator[str]:
    """Yield a warm-up that a run of so many steps never leaves.

    It runs: a few steps of a long run, as a trial, are a right request.
    """
    warmup = as_dict(experiment.trainer)["warmup_steps"]
    if warmup > max(num_steps, 1):
        yield (
            f"trainer.warmup_steps={warmup:g}: the run has {num_steps} steps, so that the rate "
            "never reaches trainer.learning_rate; set fewer, or a share such as 0.03"
        )


def warnings(experiment: Experiment) -> Iterator[str]:
    """Yield settings that another one makes idle."""
    options = as_dict(experiment.trainer)
    steps, epochs = options["max_steps"], options["num_train_epochs"]
    if steps > 0 and epochs != CONF_EPOCHS:
        yield (
            f"trainer.num_train_epochs={epochs:g} does not count, as trainer.max_steps={steps} "
            "is set; trainer.max_steps=-1 lets it"
        )


def _schedule(options: Mapping[str, Any]) -> Iterator[str]:
    name, given = options["lr_scheduler_type"], options["lr_scheduler_kwargs"] or {}
    if not isinstance(given, Mapping):
        yield f"{KWARGS}={given}: expected a mapping, such as {{num_cycles:1}}"
        return
    if name in WATCHES and options["eval_strategy"] == "no":
        yield (
            f"trainer.lr_scheduler_type={name}: follows the held-out loss; set "
            "trainer.eval_strategy=steps, or trainer.lr_scheduler_type=cosine"
        )
    known = SCHEDULER_ARGUMENTS.get(name)
    if known is None:
        return
    for key in given:
        if key not in known:
            takes = f"it takes {', '.join(known)}" if known else "it takes none"
            yield f"{KWARGS}.{key}: not of trainer.lr_scheduler_type={name}; {takes}"
    least = [key for key in ("min_lr", "min_lr_rate") if given.get(key) is not None]
    if name.endswith("_with_min_lr") and len(least) != 1:
        yield (
            f"trainer.lr_scheduler_type={name}: needs either of min_lr and min_lr_rate; set "
            f"{KWARGS}={{min_lr_rate:0.1}}"
        )
    if name == "warmup_stable_decay" and "num_decay_steps" not in given:
        yield (
            f"trainer.lr_scheduler_type={name}: needs the steps of its end; set "
            f"{KWARGS}={{num_decay_steps:N}}"
        )
    end = given.get("lr_end", 1e-7)
    if name == "polynomial" and (end is None or end >= options["learning_rate"]):
        yield (
            f"{KWARGS}.lr_end: it is where the rate falls to, so it must be below "
            f"trainer.learning_rate={options['learning_rate']:g}"
        )
