"""The plan of a run, and what making it produced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mathpal.data import Row
from mathpal.data.chat import Encoded
from mathpal.data.findings import Quality, describe
from mathpal.hardware import Device
from mathpal.preflight.lengths import Lengths


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
    cut_rows: int | None = None
    """Rows longer than max_length, whose end is not trained."""
    quality: dict[str, int] = field(default_factory=dict)
    """Rows by what was found in them (mathpal.data.findings), dropped ones included."""
    dropped: dict[str, int] = field(default_factory=dict)
    """Rows dropped, by what was found in them."""
    changes: dict[str, int] = field(default_factory=dict)
    """How often cleaning made each change of mathpal.maths.text.CHANGES."""
    warnings: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[tuple[str, str]]:
        """Yield the plan as people read it: a heading and a sentence each."""
        known = self.num_parameters is not None
        size = f" ({self.model_type}), {_count(self.num_parameters)} parameters" if known else ""
        yield "model", f"{self.model}{size}"
        how = "all weights" if self.lora_rank is None else f"LoRA r={self.lora_rank}"
        if self.num_parameters is not None and self.num_trained_parameters is not None:
            share = self.num_trained_parameters / self.num_parameters
            how += f", {_count(self.num_trained_parameters)} parameters ({share:.1%})"
        yield "trained", how
        if self.data is not None and self.tokens is not None:
            yield "data", self.data
            yield "rows", f"{self.train_rows:,} to train on, {self.test_rows:,} held out"
            if found := describe(self.quality, self.dropped):
                yield "quality", f"{found}: quality.jsonl"
            yield "tokens", str(self.tokens)
        epochs = "" if self.num_epochs is None else f" ({self.num_epochs:.3g} epochs)"
        steps = "" if self.num_steps is None else f"{self.num_steps:,} "
        padding = ", no padding" if self.padding_free else ""
        rate = f"rate {self.learning_rate:g}"
        yield "steps", f"{steps}of {self.batch_size} rows{epochs}{padding}, {rate}"
        if self.device is not None:
            threads = f", {self.num_threads} threads" if self.device == "cpu" else ""
            many = f"{self.num_processes} x " if self.num_processes > 1 else ""
            yield "device", f"{many}{self.device}{threads}, {self.precision}: {self.reason}"


@dataclass(frozen=True)
class Prepared:
    """A plan, and what the run goes on with; only a dry run may lack the rest."""

    plan: Plan
    device: Device | None = None
    tokenizer: Any = None
    train: list[Encoded] = field(default_factory=list)
    test: list[Encoded] = field(default_factory=list)
    train_rows: list[Row] = field(default_factory=list)
    """The rows of `train` as text, in the same order."""
    test_rows: list[Row] = field(default_factory=list)
    data_sha256: str | None = None
    tokenizer_sha256: str | None = None
    num_tokens: int = 0
    """Length of the longest sequence that the model is going to see, its own answers included."""
    quality: Quality = field(default_factory=Quality)
    """What was found in the rows: the content of quality.jsonl."""

    @property
    def facts(self) -> dict[str, Any]:
        """What run.json says of the inputs."""
        return {
            "data_sha256": self.data_sha256,
            "tokenizer_sha256": self.tokenizer_sha256,
            "device": self.plan.device,
            "precision": self.plan.precision,
        }


def _count(number: int | None) -> str:
    """Abbreviate a count.

    >>> _count(1_720_000), _count(134_515_008), _count(999_885_952), _count(512)
    ('1.72M', '135M', '1B', '512')
    """
    for unit, name in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if number is not None and number >= 0.9995 * unit:
            return f"{number / unit:.3g}{name}"
    return str(number)
