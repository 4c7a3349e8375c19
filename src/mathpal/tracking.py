"""Metrics while training: metrics.jsonl, the screen, loss.png."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from mathpal.config import Experiment
from mathpal.distributed import is_main
from mathpal.files import append_jsonl, read_jsonl, whole_file, write_jsonl
from mathpal.preflight.duration import Duration
from mathpal.preflight.duration.left import FIRST, Pace
from mathpal.screen import Screen

LEFT_OUT = ("num_tokens", "total_flos", "num_input_tokens_seen")
"""Running totals of a training log that metrics.jsonl does without."""

FINAL = {
    "eval_loss": "eval_loss",
    "eval_rewards/margins": "eval_margin",
    "eval_margin": "eval_margin",
    "eval_reward": "eval_reward",
}
"""Figures of an evaluation -> their names in metrics.json."""


class Metrics(TrainerCallback):  # type: ignore[misc]
    """Write metrics.jsonl and drive the progress bar.

    Figures per second leave out the time spent on evaluation and checkpoints, all figures that of
    the probe. `expected` is the plan's estimate, which the time left is taken from until steps have
    been measured.
    """

    def __init__(
        self,
        folder: Path,
        screen: Screen,
        started: float,
        expected: Duration | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.path = folder / "metrics.jsonl"
        self.screen = screen
        self.started = started
        self.first_step_at: float | None = None
        self.final: dict[str, float] = {}
        self.forecast: dict[str, float] = {}
        self.probe_seconds = 0.0
        self._clock = clock
        self._pace = Pace(expected)
        self._step_seconds = 0.0
        self._begun = 0.0
        self._earlier_loss = 0.0
        self._earlier_tokens = 0.0
        self._logged = (0.0, 0.0, 0)
        self._speeds: list[tuple[float, float]] = []

    @property
    def figures(self) -> dict[str, float | None]:
        """The figures of training for metrics.json; None where nothing was measured."""
        seconds = sum(s for _, s in self._speeds)
        first = None
        if self.first_step_at is not None:
            first = round(self.first_step_at - self.started - self.probe_seconds, 3)
        return {
            "train_loss": self.final.get("train_loss"),
            "eval_loss": None,
            **{ours: self.final[ours] for ours in FINAL.values() if ours in self.final},
            "tokens_per_second": sum(t for t, _ in self._speeds) / seconds if seconds else None,
            "seconds_to_first_step": first,
        }

    def on_train_begin(
        self, args: Any, state: Any, control: Any, train_dataloader: Any = None, **_: Any
    ) -> None:
        """Drop lines of steps that a resumed run is going to repeat."""
        lines = read_jsonl(self.path) if self.path.exists() else []
        kept = [m for m in lines if m["step"] <= state.global_step]
        write_jsonl(self.path, kept)
        self._earlier_loss = _summed_loss(state.log_history)
        self._logged = (*self._logged[:2], state.global_step)
        self._earlier_tokens = float(state.num_input_tokens_seen)
        self._pace.begin(self._clock(), args, state, train_dataloader)
        left = self._pace.forecast.seconds_left
        self.screen.start_training(state.global_step, state.max_steps, left)

    def leave_out(self, probe_seconds: float) -> None:
        """Count training from now, after a probe of so many seconds."""
        self.probe_seconds += probe_seconds
        self._pace.begun = self._clock()
        forecast = self._pace.forecast
        self.screen.advance_training(forecast.step, forecast.seconds_left)

    def restore(self, state: Any) -> None:
        """Take the loss of training that had ended before this run from its checkpoint."""
        self.final["train_loss"] = _summed_loss(state.log_history) / state.global_step

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Start the clock of a step."""
        self._begun = self._clock()
        self._pace.begin_step(self._begun)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Stop the clock of a step, once the GPU has done its part where the clock is read."""
        import torch

        if control.should_log and torch.cuda.is_available():
            torch.cuda.synchronize()
        now = self._clock()
        self._step_seconds += now - self._begun
        if self.first_step_at is None:
            self.first_step_at = time.time()
        self._pace.end_step(now, state.global_step)
        self._foretell(now)
        self.screen.advance_training(state.global_step, self._pace.forecast.seconds_left)

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Note how long an evaluation between steps took."""
        self._pace.evaluated(self._clock())

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Note that a checkpoint was saved between steps."""
        self._pace.saves = True

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Note how long this part of training took."""
        self.forecast["training_seconds"] = round(self._pace.end(self._clock()), 3)

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """Append a line for every logged step and every evaluation."""
        line: dict[str, Any] = {"step": state.global_step}
        if "loss" in logs:
            line |= {k: float(v) for k, v in logs.items() if k not in LEFT_OUT and _is_number(v)}
            num_tokens = float(logs.get("num_tokens", 0.0))
            if num_tokens == state.num_input_tokens_seen:  # GRPO's count goes on in a resumed run
                num_tokens -= self._earlier_tokens
            line |= self._speed(num_tokens, state.global_step)
            self._pace.forecast.count(num_tokens)
            self._foretell(self._clock())
            self.screen.show_metrics(line)
        line |= {k: float(v) for k, v in logs.items() if k.startswith(("eval_", "base_"))}
        if len(line) > 1:
            append_jsonl(self.path, line)
        self.final |= {ours: float(logs[name]) for name, ours in FINAL.items() if name in logs}
        if "train_loss" in logs:
            # Trainer divides the losses of this part by the steps of all parts of a resumed run.
            earlier = self._earlier_loss / state.global_step
            self.final["train_loss"] = float(logs["train_loss"]) + earlier

    def _foretell(self, now: float) -> None:
        """Note, after ten steps, how long all of them are going to take."""
        forecast = self._pace.forecast
        if len(forecast.steps) == FIRST and forecast.seconds_left is not None:
            whole = now - self._pace.begun + forecast.seconds_left
            self.forecast["estimated_seconds_after_10_steps"] = round(whole, 3)

    def _speed(self, num_tokens: float, step: int) -> dict[str, float | None]:
        """Return how fast the steps since the last line were; None where tokens are not counted."""
        tokens, seconds, steps = (
            now - before
            for now, before in zip(
                (num_tokens, self._step_seconds, step), self._logged, strict=True
            )
        )
        self._logged = (num_tokens, self._step_seconds, step)
        if seconds <= 0 or steps <= 0:
            return {"tokens_per_second": None}
        if tokens > 0:
            self._speeds.append((tokens, seconds))
        speed = round(tokens / seconds, 1) if tokens > 0 else None
        return {"tokens_per_second": speed, "step_seconds": round(seconds / steps, 4)}


def log(trainer: Any, figures: Mapping[str, float | None]) -> None:
    """Send figures found after training to metrics.jsonl and the trackers."""
    found = {name: value for name, value in figures.items() if value is not None}
    if found:
        trainer.log(found)


def plot(experiment: Experiment, folder: Path) -> None:
    """Draw loss.png, if asked to, from metrics.jsonl: loss, its running mean, and eval_loss."""
    if not (experiment.tracking.plot and is_main()):
        return
    lines = read_jsonl(folder / "metrics.jsonl")
    steps = [m["step"] for m in lines if "loss" in m]
    values = [m["loss"] for m in lines if "loss" in m]
    if not values:
        return
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4), dpi=120, layout="constrained")
    window = len(values) // 20
    if window > 1:
        axes.plot(steps, values, color="#b8c4d6", linewidth=1)
        values = _trailing_mean(values, window)
    axes.plot(steps, values, color="#1f4e9c", linewidth=2, label="training rows")
    evaluated = [(m["step"], m["eval_loss"]) for m in lines if "eval_loss" in m]
    if evaluated:
        axes.plot(*zip(*evaluated, strict=True), "o-", color="#c8501e", label="held-out rows")
    axes.set(xlabel="step", ylabel="loss", xlim=(0, None))
    if min(values) > 0 and max(values) / min(values) > 20:
        axes.set_yscale("log")
    axes.grid(color="#e6e6e6")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    with whole_file(folder / "loss.png") as temporary:
        figure.savefig(temporary)
    pyplot.close(figure)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _summed_loss(lines: Sequence[Mapping[str, Any]]) -> float:
    """Add up the losses of all steps; a logged loss is the mean since the line before."""
    total, last = 0.0, 0
    for line in lines:
        if "loss" in line:
            total += line["loss"] * (line["step"] - last)
            last = line["step"]
    return total


def _trailing_mean(values: Sequence[float], window: int) -> list[float]:
    """Return the mean of each value and those before it, `window` in all.

    >>> _trailing_mean([4.0, 2.0, 0.0], 2)
    [4.0, 3.0, 1.0]
    """
    spans = [values[max(0, end - window) : end] for end in range(1, len(values) + 1)]
    return [sum(span) / len(span) for span in spans]
