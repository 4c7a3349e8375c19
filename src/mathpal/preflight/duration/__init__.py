"""How long a run is going to take and what it costs: an estimate, made before anything loads.

Operations (`mathpal.preflight.flops`) over the rates of a machine (`rates`), and what small models
are bound by: passes over memory, and calls.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mathpal.preflight import flops
from mathpal.preflight.duration.passes import (
    answering_seconds,
    checkpoint_seconds,
    evaluation_seconds,
    optimizer_seconds,
    pass_seconds,
    training_batch,
)
from mathpal.preflight.duration.rates import Rates
from mathpal.preflight.duration.schedule import PAIRED, Work
from mathpal.preflight.duration.wording import money, operations, span
from mathpal.preflight.flops import Batch
from mathpal.preflight.memory.workload import Workload


@dataclass(frozen=True)
class Tokens:
    """Tokens of one epoch."""

    real: int
    trained: int
    """Those that carry loss."""
    padded: int
    """All that go through the model, padding included."""


@dataclass(frozen=True)
class Duration:
    """An estimate of the seconds and dollars of a run."""

    machine: str
    basis: str
    """Where the rates of the machine are from."""
    flops: float
    """Operations of training, all processes together."""
    step_seconds: float
    step_tokens: float | None
    """As TRL counts them, without padding; None where rows do not tell, as for GRPO's answers."""
    training_seconds: float
    evaluation_seconds: float
    """One measurement of the held-out loss."""
    evaluations_seconds: float
    """All of them."""
    checkpoint_seconds: float
    """One checkpoint."""
    answering_seconds: float
    """All answers to held-out questions, before training and after."""
    seconds: float
    """All of these together; loading is left out."""
    epoch: Tokens
    dollars_per_hour: float | None = None
    dollars: float | None = None
    """The price, where that of an hour is known."""

    @property
    def saving_seconds(self) -> float:
        """All checkpoints."""
        done = self.training_seconds + self.evaluations_seconds + self.answering_seconds
        return max(0.0, self.seconds - done)

    def lines(self) -> Iterator[tuple[str, str]]:
        """Yield the estimate as people read it: a heading and a sentence each."""
        tokens = self.epoch
        padding = "no padding"
        if tokens.padded > tokens.real:
            padding = f"about {tokens.padded / tokens.real - 1:.0%} more with padding"
        learned = f"{tokens.trained:,} of them trained"
        yield "epoch", f"once through the rows: {tokens.real:,} tokens, {learned}, {padding}"
        parts = {
            "training": self.training_seconds,
            "held-out loss": self.evaluations_seconds,
            "answers": self.answering_seconds,
            "checkpoints": self.saving_seconds,
        }
        said = ", ".join(f"{name} {span(value)}" for name, value in parts.items() if value >= 0.5)
        yield "time", f"about {span(self.seconds)} (an estimate): {said}"
        work = f"{operations(self.flops)} of arithmetic"
        yield "computing", f"{work} on {self.machine} ({self.basis})"
        if self.dollars is not None and self.dollars_per_hour is not None:
            hour = money(self.dollars_per_hour)
            yield "price", f"{money(self.dollars)} at {hour} an hour (an estimate)"


def read(record: Mapping[str, Any]) -> Duration:
    """Return an estimate as plan.json holds it."""
    return Duration(**{**record, "epoch": Tokens(**record["epoch"])})


def estimate(
    load: Workload, work: Work, rates: Rates, dollars_per_hour: float | None = None
) -> Duration:
    """Estimate the time of a run: of one process, whose others work alongside."""
    batch = training_batch(load, work)
    step = work.accumulation * pass_seconds(load, batch, rates) + optimizer_seconds(load, rates)
    training = work.num_steps * step
    once = evaluation_seconds(load, work, rates)
    evaluations, saving = work.num_evaluations * once, checkpoint_seconds(load)
    answers = answering_seconds(load, work, rates)
    seconds = training + evaluations + answers + work.num_checkpoints * saving
    num_passes = work.num_steps * work.accumulation * load.num_devices
    return Duration(
        machine=rates.name,
        basis=rates.basis,
        flops=flops.training(load, batch) * num_passes,
        step_seconds=step,
        step_tokens=_step_tokens(load, work),
        training_seconds=training,
        evaluation_seconds=once,
        evaluations_seconds=evaluations,
        checkpoint_seconds=saving,
        answering_seconds=answers,
        seconds=seconds,
        epoch=_tokens(load, work, batch),
        dollars_per_hour=dollars_per_hour,
        dollars=None if dollars_per_hour is None else price(seconds, dollars_per_hour),
    )


def price(seconds: float, dollars_per_hour: float) -> float:
    """Return what so many seconds cost.

    >>> price(2520, 0.6)
    0.42
    """
    return round(seconds * dollars_per_hour / 3600, 4)


def _step_tokens(load: Workload, work: Work) -> float | None:
    if load.method in ("grpo", "kto") or work.packed_tokens is not None:
        return None
    counted = 1 if load.method == "orpo" else load.num_devices  # ORPO counts its process alone
    num_rows = load.batch_size * work.accumulation * counted
    return work.num_tokens / work.train_rows * num_rows


def _tokens(load: Workload, work: Work, batch: Batch) -> Tokens:
    trained = round(work.num_tokens * work.trained_share)
    is_padded = load.batch_tokens is None and work.packed_tokens is None
    if not is_padded or load.method == "grpo":
        return Tokens(work.num_tokens, trained, work.num_tokens)
    num_sequences = work.train_rows * (2 if load.method in PAIRED else 1)
    longest = batch.num_tokens / len(batch.lengths)
    return Tokens(work.num_tokens, trained, max(work.num_tokens, round(longest * num_sequences)))
