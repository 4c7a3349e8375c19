"""The plan of a run, and what making it produced."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from mathpal.data import Row
from mathpal.data.chat import Encoded
from mathpal.data.findings import Quality, describe
from mathpal.hardware import Device
from mathpal.preflight.duration import Duration
from mathpal.preflight.lengths import Lengths
from mathpal.preflight.memory import Memory, count, gib

DETAILS = ("epoch", "computing")
"""Headings of the estimated time that only a dry run shows."""

MOST_PARTS = 3
"""Parts of the memory that the plan names; all of them are in its table, and in plan.json."""


@dataclass(frozen=True)
class Plan:
    """What a run is going to do: the content of plan.json. None: not known without the hub."""

    model: str
    lora_rank: int | None
    """None: every weight is trained."""
    max_length: int | None
    batch_size: int
    """Rows of one optimizer step: batch x accumulation x processes."""
    num_steps: int | None
    num_epochs: float | None
    learning_rate: float
    model_type: str | None = None
    num_parameters: int | None = None
    num_trained_parameters: int | None = None
    device: str | None = None
    precision: str | None = None
    reason: str | None = None
    """Why this device and precision."""
    num_threads: int | None = None
    num_processes: int = 1
    """On all machines together."""
    backend: str = "transformers"
    padding_free: bool = False
    """Whether rows of a batch stand one behind the other, without padding."""
    data: str | None = None
    """How the rows were read."""
    train_rows: int | None = None
    test_rows: int | None = None
    tokens: Lengths | None = None
    tokens_estimated: bool = False
    """Whether the tokens were reckoned from characters, for want of the tokenizer."""
    cut_rows: int | None = None
    """Rows longer than max_length, whose end is not trained."""
    quality: dict[str, int] = field(default_factory=dict)
    """Rows by what was found in them (mathpal.data.findings), dropped ones included."""
    dropped: dict[str, int] = field(default_factory=dict)
    """Rows dropped, by what was found in them."""
    changes: dict[str, int] = field(default_factory=dict)
    """How often cleaning made each change of mathpal.maths.text.CHANGES."""
    memory: Memory | None = None
    """What the run is going to take of a device's memory, by moment and part."""
    memory_budget_bytes: int | None = None
    """What the device has for it."""
    duration: Duration | None = None
    refusal: str | None = None
    """Why the run cannot fit, and what would."""
    warnings: list[str] = field(default_factory=list)

    def lines(self, *, whole: bool = True) -> Iterator[tuple[str, str]]:
        """Yield the plan as people read it, a heading and a sentence each; or what matters most."""
        size = ""
        if self.num_parameters is not None:
            size = f" ({self.model_type}), {count(self.num_parameters)} parameters"
        yield "model", f"{self.model}{size}"
        how = "all weights" if self.lora_rank is None else f"LoRA r={self.lora_rank}"
        if self.num_parameters is not None and self.num_trained_parameters is not None:
            share = self.num_trained_parameters / self.num_parameters
            how += f", {count(self.num_trained_parameters)} parameters ({share:.1%})"
        yield "trained", how
        if self.data is not None and self.tokens is not None:
            yield "data", self.data
            yield "rows", f"{self.train_rows:,} to train on, {self.test_rows:,} held out"
            if found := describe(self.quality, self.dropped):
                yield "quality", f"{found}: quality.jsonl"
            how = "about " if self.tokens_estimated else ""
            note = ", reckoned from characters" if self.tokens_estimated else ""
            yield "tokens", f"{how}{self.tokens}{note}"
        epochs = ""
        if self.num_epochs is not None:
            epochs = f" ({self.num_epochs:.3g} {'epoch' if self.num_epochs == 1 else 'epochs'})"
        steps = "" if self.num_steps is None else f"{self.num_steps:,} "
        padding = ", no padding" if self.padding_free else ""
        rate = f"rate {self.learning_rate:g}"
        yield "steps", f"{steps}of {self.batch_size} rows{epochs}{padding}, {rate}"
        if self.device is not None:
            threads = f", {_threads(self.num_threads)}" if self.device == "cpu" else ""
            many = f"{self.num_processes} x " if self.num_processes > 1 else ""
            yield "device", f"{many}{self.device}{threads}, {self.precision}: {self.reason}"
        if self.memory is not None:
            yield "memory", _memory(self.memory, self.memory_budget_bytes)
        if self.duration is not None:
            for name, text in self.duration.lines():
                if whole or name not in DETAILS:
                    yield name, text


@dataclass(frozen=True)
class Prepared:
    """A plan, and what the run goes on with; only a dry run may lack the rest."""

    plan: Plan
    device: Device | None = None
    tokenizer: Any = None
    train: Sequence[Encoded] = ()
    test: Sequence[Encoded] = ()
    train_rows: Sequence[Row] = ()
    """The rows of `train` as text, in the same order."""
    test_rows: Sequence[Row] = ()
    data_sha256: str | None = None
    tokenizer_sha256: str | None = None
    num_tokens: int = 0
    """Length of the longest sequence that the model is going to see, its own answers included."""
    quality: Quality = field(default_factory=Quality)
    """What was found in the rows: the content of quality.jsonl."""

    @property
    def facts(self) -> dict[str, Any]:
        """What run.json says of the inputs, and what was expected of the run."""
        memory, duration = self.plan.memory, self.plan.duration
        return {
            "data_sha256": self.data_sha256,
            "tokenizer_sha256": self.tokenizer_sha256,
            "device": self.plan.device,
            "precision": self.plan.precision,
            "estimated_memory_bytes": memory.peak.num_bytes if memory else None,
            "estimated_seconds": duration.seconds if duration else None,
        }


def _memory(memory: Memory, budget: int | None) -> str:
    """Say how much is taken of how much, when, and by what most of all."""
    peak = memory.peak
    of_all = "" if budget is None else f" of {gib(budget)}"
    parts = sorted(peak.parts, key=lambda part: -part.num_bytes)[:MOST_PARTS]
    named = ", ".join(f"{part.name} {gib(part.num_bytes)}" for part in parts if part.num_bytes)
    return f"about {gib(peak.num_bytes)}{of_all} (an estimate), most in {peak.name}: {named}"


def _threads(num_threads: int | None) -> str:
    return "1 thread" if num_threads == 1 else f"{num_threads} threads"
