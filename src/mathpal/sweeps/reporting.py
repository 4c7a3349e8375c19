"""Report a trial's progress while it trains, and stop it where the sweep says so."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from mathpal import distributed
from mathpal.sweeps.judge import Trial
from mathpal.tracking import FINAL

SECONDS_BETWEEN = 0.5
"""How often steps are reported that have no figure to judge by."""


class Reporter(TrainerCallback):  # type: ignore[misc]
    """Report the objective at each evaluation; in a run that is no trial, do nothing."""

    def __init__(self, objective: str, folder: Path) -> None:
        self.objective = objective
        self.pruned: str | None = None
        """Why the training was stopped, if it was."""
        self._trial = Trial.of(folder) if distributed.is_main() else None
        self._told = (-1, 0.0)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Tell where the training is, now and then."""
        if self._trial is not None and time.monotonic() - self._told[1] > SECONDS_BETWEEN:
            self._trial.report(state.global_step, state.max_steps, None)
            self._told = (self._told[0], time.monotonic())

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """Report the loss of training, where that is the objective."""
        if self.objective == "train_loss" and "loss" in logs:
            self._report(float(logs["loss"]), state, control)

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any, **_: Any) -> None:
        """Report the objective, where evaluation measures it."""
        found = [
            metrics[name]
            for name, ours in FINAL.items()
            if ours == self.objective and name in metrics
        ]
        if found:
            self._report(float(found[0]), state, control)

    def _report(self, value: float, state: Any, control: Any) -> None:
        step, last = state.global_step, state.max_steps
        stop = False
        if self._trial is not None and step != self._told[0] and math.isfinite(value):
            stop = self._trial.report(step, last, value)
            self._told = (step, time.monotonic())
        if distributed.any_of_all(stop) and step < last:
            self.pruned = f"at step {step} of {last}, {self.objective} {value:.4g}"
            control.should_log = control.should_training_stop = True
