"""Build the trainer that the experiment names, and train: resumed, recorded, stopped in order."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from transformers import TrainerCallback
from transformers.trainer_callback import TrainerState

from mathpal import distributed, probe
from mathpal.checkpoints import find, how_to_go_on, step_of, write_manifest
from mathpal.compose import factory
from mathpal.config import Experiment
from mathpal.errors import Interrupted, Pruned
from mathpal.preflight.plan import Prepared
from mathpal.quiet import prints_logged
from mathpal.sweeps.reporting import Reporter
from mathpal.tracking import Metrics
from mathpal.trainers.setup import Setup


def build(
    experiment: Experiment, prepared: Prepared, model: Any, folder: Path, metrics: Metrics
) -> Any:
    """Return the trainer of the experiment, with our callbacks."""
    assert prepared.device is not None
    setup = Setup(
        model=model,
        tokenizer=prepared.tokenizer,
        train=prepared.train,
        test=prepared.test,
        train_rows=prepared.train_rows,
        test_rows=prepared.test_rows,
        folder=folder,
        device=prepared.device,
        seed=experiment.seed,
        name=experiment.name,
        tf32=experiment.hardware.tf32,
        padding_free=prepared.plan.padding_free,
        report_to=experiment.tracking.report_to,
        callbacks=[metrics, Manifest()],
    )
    return factory(experiment.trainer)(setup)


def train(
    trainer: Any,
    prepared: Prepared,
    metrics: Metrics,
    experiment: Experiment,
    folder: Path,
    note: Callable[..., None] = lambda **_: None,
) -> None:
    """Train, from a checkpoint if there is one to resume; measure the held-out loss at the end.

    The longest batches are tried first, where that is wanted; `note` gets what they took,
    as probe=..., for the record.
    A checkpoint of the last step is only loaded: its run had ended, or was stopped after training.

    Raises: MathpalError where the longest batch does not fit; Interrupted after Ctrl-C or
        SIGTERM, the training so far saved; Pruned where this is a trial of a sweep whose pruner
        stops it.
    """
    checkpoint = None if experiment.resume is None else find(experiment.resume)
    if checkpoint is not None and step_of(checkpoint) >= (prepared.plan.num_steps or 0):
        trainer._load_from_checkpoint(str(checkpoint))
        trainer.state = TrainerState.load_from_json(str(checkpoint / "trainer_state.json"))
        metrics.restore(trainer.state)
    else:
        with Stopper() as stopper:
            reporter = Reporter(experiment.objectives[0], folder)
            trainer.add_callback(stopper)
            trainer.add_callback(reporter)
            if prepared.device is not None and probe.is_wanted(experiment, prepared.device.device):
                tried = partial(probe.probe, trainer, prepared, experiment)
                trainer.add_callback(Probe(tried, metrics, note))
            with prints_logged():
                trainer.train(resume_from_checkpoint=checkpoint and str(checkpoint))
        if stopper.stopped:
            step, last = trainer.state.global_step, trainer.state.max_steps
            raise Interrupted(f"stopped at step {step} of {last}; {how_to_go_on(folder)}")
        if reporter.pruned:
            raise Pruned(reporter.pruned)
    if trainer.eval_dataset is not None:
        trainer.evaluate()


class Probe(TrainerCallback):  # type: ignore[misc]
    """Try the longest batches when training begins; its time is none of training's."""

    def __init__(
        self,
        tried: Callable[[], probe.Probed | None],
        metrics: Metrics,
        note: Callable[..., None],
    ) -> None:
        self._try = tried
        self._metrics = metrics
        self._note = note

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Try them, and hand on what they took."""
        probed = self._try()
        if probed is not None:
            self._note(probe=asdict(probed))
            self._metrics.leave_out(probed.seconds)


class Manifest(TrainerCallback):  # type: ignore[misc]
    """Write the manifest of every checkpoint, and log the step it was saved at.

    Without that line, the loss of the steps since the last one would be lost to a resumed run.
    """

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Log where a checkpoint is going to be saved, and at the end."""
        if control.should_save or control.should_training_stop:
            control.should_log = True

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Write the manifest."""
        write_manifest(Path(args.output_dir) / f"checkpoint-{state.global_step}")


class Stopper(TrainerCallback):  # type: ignore[misc]
    """Turn Ctrl-C, or a scheduler's SIGTERM, into a checkpoint after the step in progress.

    A second signal stops at once.
    """

    def __init__(self) -> None:
        self.stopped = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Stopper:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.stopped:
            raise KeyboardInterrupt
        self.stopped = True
        sys.stderr.write("\nfinishing this step and saving; once more to stop at once\n")

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Log, save and stop, if this process or another of the run was asked to."""
        self.stopped = distributed.any_of_all(self.stopped)
        if self.stopped:
            control.should_log = control.should_save = control.should_training_stop = True
