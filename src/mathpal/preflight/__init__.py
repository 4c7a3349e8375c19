"""Know before you load: `check` refuses a wrong request, `prepare` plans a right one.

`check` is quick and imports nothing heavy. `prepare` loads the tokenizer, tokenises the rows once
(training uses the result) and counts parameters, without reading a weight.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from mathpal import data, models
from mathpal.compose import bind, factory
from mathpal.config import Experiment, as_dict
from mathpal.errors import RequestError, Unreachable
from mathpal.evaluation import bench
from mathpal.models import sources
from mathpal.preflight import machine, rules, tokenised
from mathpal.preflight.lengths import num_steps
from mathpal.preflight.packing import packs
from mathpal.preflight.plan import Plan, Prepared


def check(experiment: Experiment) -> None:
    """Refuse what can be seen to be wrong without torch: files, folders, settings, packages.

    A dry run may go on without the hub. What this machine cannot do is refused at once, before the
    hub is asked.

    Raises: RequestError with every problem found.
    """
    lacking = list(machine.problems(experiment))
    problems = [*rules.problems(experiment), *lacking]
    problems += _refusals(experiment, lambda: factory(experiment.trainer), "trainer.")
    problems += _refusals(experiment, lambda: factory(experiment.model), "model.")
    for name, reward in as_dict(experiment.trainer).get("rewards", {}).items():
        problems += _refusals(experiment, partial(bind, f"trainer.rewards.{name}", reward))
    _raise(problems if lacking else problems + _unreadable(experiment, problems))


def check_inputs(experiment: Experiment) -> None:
    """Refuse as `check` does, whatever the machine: for what reads a model and rows, and no more.

    Raises: RequestError with every problem found.
    """
    problems = rules.problems(experiment)
    _raise(problems + _unreadable(experiment, problems))


def _raise(problems: list[str]) -> None:
    if problems:
        raise RequestError(problems)


def _unreadable(experiment: Experiment, problems: list[str]) -> list[str]:
    """Return what is wrong with the model's place and, if its options are right, with the rows."""
    model = experiment.model
    found = _refusals(experiment, lambda: sources.require(model.name, model.revision))
    if wrong_target := _refusals(experiment, lambda: data.source(experiment.data), "data."):
        return wrong_target + found
    if any(p.startswith("data.") for p in problems):
        return found
    settings = experiment.evaluation
    if settings is not None and settings.bench and not any("exam_path" in p for p in problems):
        found += _refusals(experiment, lambda: bench.rows(settings))
    return found + _refusals(experiment, lambda: tokenised.read(experiment))


def _refusals(experiment: Experiment, look: Callable[[], Any], prefix: str = "") -> list[str]:
    try:
        look()
    except RequestError as error:
        if not (experiment.dry_run and isinstance(error, Unreachable)):
            return [f"{prefix}{problem}" for problem in error.problems]
    return []


def prepare(experiment: Experiment) -> Prepared:
    """Plan a run.

    Raises: RequestError where a row cannot be rendered or has nothing to train, or the machine
        or the model cannot do what was asked.
    """
    from mathpal.hardware import choose
    from mathpal.models import transformers

    check(experiment)
    try:
        rows = tokenised.read(experiment)
        sources.require(experiment.model.name, experiment.model.revision)
    except Unreachable as error:
        return Prepared(_unknown(experiment, str(error)))
    options = as_dict(experiment.trainer)
    tokenizer = transformers.load_tokenizer(experiment.model)
    lora = models.backend(experiment.backend).adapted(experiment.lora)
    shape = transformers.architecture(experiment.model, lora, options["head"])
    hardware = experiment.hardware
    device = choose(hardware, shape.num_parameters, planning=experiment.dry_run)
    found = tokenised.tokenise(experiment, rows, tokenizer)
    rows, train, test = found.rows, found.train, found.test
    tokens, num_cut = found.tokens, found.num_cut
    num_processes = hardware.num_processes * hardware.num_nodes
    steps, epochs = num_steps(len(train), tokens, options, num_processes)
    plan = Plan(
        model=experiment.model.name,
        model_type=shape.model_type,
        num_parameters=shape.num_parameters,
        num_trained_parameters=shape.num_trained,
        lora_rank=None if experiment.lora is None else experiment.lora.r,
        device=device.device,
        precision=device.precision,
        reason=device.reason,
        num_threads=device.num_threads,
        num_processes=num_processes,
        backend=experiment.backend,
        padding_free=packs(experiment, device.device, shape.model_type, tokens.longest),
        data=rows.note,
        train_rows=len(train),
        test_rows=len(test),
        tokens=tokens,
        max_length=options.get("max_length"),
        cut_rows=num_cut,
        quality=rows.quality.counts,
        dropped=rows.quality.dropped,
        changes=dict(rows.quality.changes),
        batch_size=_batch_size(experiment),
        num_steps=steps,
        num_epochs=epochs,
        learning_rate=options["learning_rate"],
        warnings=[
            *rules.warnings(experiment, shape.context_length, num_cut, len(train), len(test)),
            *rules.data_warnings(rows.quality),
        ],
    )
    return Prepared(
        plan,
        device,
        tokenizer,
        train,
        test,
        rows.train,
        rows.test,
        found.rows_sha256,
        found.tokenizer_sha256,
        _longest(experiment, tokens.longest),
        rows.quality,
    )


def _unknown(experiment: Experiment, reason: str) -> Plan:
    """Return the plan of a dry run that cannot see its model or its data."""
    options = as_dict(experiment.trainer)
    return Plan(
        model=experiment.model.name,
        lora_rank=None if experiment.lora is None else experiment.lora.r,
        max_length=options.get("max_length"),
        batch_size=_batch_size(experiment),
        num_steps=options["max_steps"] if options["max_steps"] > 0 else None,
        num_epochs=None if options["max_steps"] > 0 else options["num_train_epochs"],
        learning_rate=options["learning_rate"],
        warnings=[f"{reason}; tokens and parameters are not known"],
    )


def _batch_size(experiment: Experiment) -> int:
    """Return the rows of one step; a question that is answered several times counts once."""
    options, hardware = as_dict(experiment.trainer), experiment.hardware
    processes = hardware.num_processes * hardware.num_nodes
    size = options["per_device_train_batch_size"] * options["gradient_accumulation_steps"]
    rows: int = size * processes // options.get("num_generations", 1)
    return rows


def _longest(experiment: Experiment, longest_row: int) -> int:
    """Return how long a sequence the model has to cope with, in training and when it answers."""
    options, scoring = as_dict(experiment.trainer), experiment.evaluation
    written = max(
        0 if scoring is None else scoring.max_new_tokens, options.get("max_completion_length") or 0
    )
    return max(longest_row + written, options.get("max_length") or 0)
