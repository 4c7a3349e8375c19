"""Build the trainer that the experiment names, and train: resumed, recorded, stopped in order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mathpal import checkpoints
from mathpal.compose import factory
from mathpal.config import Experiment
from mathpal.errors import Interrupted
from mathpal.preflight.plan import Prepared
from mathpal.tracking import Metrics


def build(
    experiment: Experiment, prepared: Prepared, model: Any, folder: Path, metrics: Metrics
) -> Any:
    """Return the trainer of the experiment, with our callbacks."""
    return factory(experiment.trainer)(
        model=model,
        tokenizer=prepared.tokenizer,
        train=prepared.train,
        test=prepared.test,
        folder=folder,
        device=prepared.device,
        seed=experiment.seed,
        name=experiment.name,
        tf32=experiment.hardware.tf32,
        report_to=experiment.tracking.report_to,
        callbacks=[metrics, checkpoints.Manifest()],
    )


def train(trainer: Any, resume: str | None, folder: Path) -> None:
    """Train, from a checkpoint if there is one to resume; measure the held-out loss at the end.

    Raises: Interrupted after Ctrl-C or SIGTERM, with a whole checkpoint kept.
    """
    checkpoint = None if resume is None else str(checkpoints.find(resume))
    stopper = checkpoints.Stopper()
    trainer.add_callback(stopper)
    with stopper:
        trainer.train(resume_from_checkpoint=checkpoint)
    if stopper.stopped:
        raise Interrupted(
            f"stopped at step {trainer.state.global_step} of {trainer.state.max_steps}, "
            f"checkpoint kept; go on with: mathpal resume {folder}"
        )
    if trainer.eval_dataset is not None:
        trainer.evaluate()
