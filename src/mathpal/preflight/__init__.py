"""Know before you load: `check` refuses a wrong request, `prepare` plans a right one.

`check` is quick and imports nothing heavy. `prepare` loads the tokenizer, tokenises the rows once
(training uses the result) and counts parameters, without reading a weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mathpal import data
from mathpal.config import Experiment, as_dict
from mathpal.data import Row
from mathpal.data.chat import Encoded, encode
from mathpal.errors import RequestError
from mathpal.hardware import Device, choose
from mathpal.preflight import rules
from mathpal.preflight.lengths import Lengths, cut, measure, num_steps


@dataclass(frozen=True)
class Plan:
    """What a run is going to do: the content of plan.json."""

    model: str
    model_type: str
    num_parameters: int
    num_trained_parameters: int
    weight_bytes: int
    """Bytes of the weights as they are loaded."""
    device: str
    precision: str
    reason: str
    """Why this device and precision."""
    num_threads: int
    data: str
    """How the rows were read."""
    train_rows: int
    test_rows: int
    tokens: Lengths
    max_length: int | None
    cut_rows: int
    """Rows longer than max_length, whose end is not trained."""
    batch_size: int
    """Rows of one optimizer step: devices x batch x accumulation."""
    num_steps: int
    num_epochs: float
    learning_rate: float
    warnings: list[str]


@dataclass(frozen=True)
class Prepared:
    """A plan, and what making it produced that the run goes on with."""

    plan: Plan
    device: Device
    tokenizer: Any
    train: list[Encoded]
    test: list[Encoded]
    test_rows: list[Row]
    data_sha256: str
    tokenizer_sha256: str

    @property
    def facts(self) -> dict[str, Any]:
        """What run.json says of the inputs."""
        return {
            "data_sha256": self.data_sha256,
            "tokenizer_sha256": self.tokenizer_sha256,
            "device": self.device.device,
            "precision": self.device.precision,
        }


def check(experiment: Experiment) -> None:
    """Refuse what can be seen to be wrong without torch: files, folders, settings, packages.

    Raises: RequestError with every problem found.
    """
    problems = rules.problems(experiment)
    try:
        data.load(experiment.data)
    except RequestError as error:
        problems += error.problems
    if problems:
        raise RequestError(problems)


def prepare(experiment: Experiment) -> Prepared:
    """Plan a run.

    Raises: RequestError where a row cannot be rendered or has nothing to train, or the machine
        or the model cannot do what was asked.
    """
    import hashlib

    from mathpal.models import transformers

    check(experiment)
    rows = data.load(experiment.data)
    tokenizer = transformers.load_tokenizer(experiment.model)
    architecture = transformers.architecture(experiment.model, experiment.lora)
    device = choose(experiment.hardware, architecture.num_parameters)
    options = as_dict(experiment.trainer)
    train, test = encode(rows.train, tokenizer), encode(rows.test, tokenizer)
    tokens = measure(train)
    train, cut_rows = cut(train, options, "training")
    test, _ = cut(test, options, "held-out")
    batch_size = options["per_device_train_batch_size"] * options["gradient_accumulation_steps"]
    steps, epochs = num_steps(len(train), tokens, options)
    half = device.precision != "fp32" and device.device != "cpu" and experiment.lora is not None
    plan = Plan(
        model=experiment.model.name,
        model_type=architecture.model_type,
        num_parameters=architecture.num_parameters,
        num_trained_parameters=architecture.num_trained,
        weight_bytes=architecture.num_parameters * (2 if half else 4),
        device=device.device,
        precision=device.precision,
        reason=device.reason,
        num_threads=device.num_threads,
        data=rows.note,
        train_rows=len(train),
        test_rows=len(test),
        tokens=tokens,
        max_length=options["max_length"],
        cut_rows=cut_rows,
        batch_size=batch_size,
        num_steps=steps,
        num_epochs=epochs,
        learning_rate=options["learning_rate"],
        warnings=rules.warnings(experiment, architecture.context_length, cut_rows, len(train)),
    )
    template = f"{tokenizer.backend_tokenizer.to_str()}{tokenizer.chat_template}"
    return Prepared(
        plan,
        device,
        tokenizer,
        train,
        test,
        rows.test,
        rows.sha256,
        hashlib.sha256(template.encode()).hexdigest(),
    )
