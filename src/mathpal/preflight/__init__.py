"""Know before you load: `check` refuses a wrong request, `prepare` plans a right one.

`check` is quick and imports nothing heavy. `prepare` loads the tokenizer, tokenises the rows once
(training uses the result) and counts parameters, without reading a weight.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from mathpal import data
from mathpal.compose import bind, factory
from mathpal.config import Experiment, as_dict
from mathpal.errors import RequestError, Unreachable
from mathpal.models import shape as shapes
from mathpal.models import sources
from mathpal.models.shape import Shape
from mathpal.preflight import machine, rules, tokenised

if TYPE_CHECKING:
    from mathpal.hardware import Device
    from mathpal.models.transformers import Architecture
    from mathpal.preflight.plan import Plan, Prepared
    from mathpal.preflight.planning import Found, Measured

NOT_COUNTED = ("target_parameters", "layer_replication", "exclude_modules")
"""Options of LoRA whose parameters PEFT counts by itself."""


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
    problems = rules.input_problems(experiment)
    _raise(problems + _unreadable(experiment, problems))


def require_fit(plan: Plan) -> None:
    """Refuse a run that is going to take more memory than its device has.

    Raises: RequestError with what would make it fit.
    """
    if plan.refusal is not None:
        raise RequestError(plan.refusal)


def _raise(problems: list[str]) -> None:
    if problems:
        raise RequestError(problems)


def _unreadable(experiment: Experiment, problems: list[str]) -> list[str]:
    """Return what is wrong with the model's place and, if its options are right, with the rows."""
    from mathpal.evaluation import bench

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
    """Plan a run; a dry run may do without the model's tokenizer, or the rows.

    Raises: RequestError where a row cannot be rendered or has nothing to train, or the machine
        or the model cannot do what was asked.
    """
    from mathpal.preflight import planning
    from mathpal.preflight.plan import Prepared

    check(experiment)
    missing, rows, model = [], None, experiment.model
    try:
        rows = tokenised.read(experiment)
    except Unreachable as error:
        missing.append(f"{error}; steps, tokens and time are not known")
    try:
        sources.require(model.name, model.revision)
    except Unreachable:
        missing.append(
            f"{model.name} is not on this machine and the hub cannot be reached: sizes are of its "
            "architecture as published, tokens are reckoned from characters"
        )
    if missing or rows is None:
        return Prepared(planning.plan(experiment, _outlined(experiment, rows, missing)))
    return _prepared(experiment, rows)


def _outlined(experiment: Experiment, rows: data.Rows | None, missing: list[str]) -> Found:
    """Find out what can be known of a run without its tokenizer or its rows."""
    from mathpal.preflight import estimated
    from mathpal.preflight.planning import Found

    shape = shapes.find(experiment.model)
    if shape is None:
        return Found(None, None, None, rows, None, missing)
    architecture = _counted(experiment, shape)
    device = _device(experiment, architecture.num_parameters)
    measured = None if rows is None else estimated.measured(experiment, rows)
    return Found(architecture, shape, device, rows, measured, missing)


def _prepared(experiment: Experiment, rows: data.Rows) -> Prepared:
    from mathpal.models import transformers
    from mathpal.preflight import planning
    from mathpal.preflight.plan import Prepared
    from mathpal.preflight.planning import Found

    tokenizer = transformers.load_tokenizer(experiment.model)
    shape = shapes.find(experiment.model)
    architecture = _architecture(experiment, shape)
    device = _device(experiment, architecture.num_parameters)
    found = tokenised.tokenise(experiment, rows, tokenizer)
    measured = _measured(experiment, found)
    plan = planning.plan(experiment, Found(architecture, shape, device, found.rows, measured))
    _raise(
        rules.late_problems(
            experiment,
            num_rows=len(found.train),
            num_steps=plan.num_steps or 0,
            longest_sequence=_longest_seen(experiment, measured),
            shape=shape,
        )
    )
    return Prepared(
        plan,
        device,
        tokenizer,
        found.train,
        found.test,
        found.rows.train,
        found.rows.test,
        found.rows_sha256,
        found.tokenizer_sha256,
        _longest(experiment, found.tokens.longest),
        found.rows.quality,
    )


def _architecture(experiment: Experiment, shape: Shape | None) -> Architecture:
    """Count a model's parameters: from its config.json where that tells, else by its classes.

    Importing those takes seconds.
    """
    from mathpal import models
    from mathpal.models import transformers

    model = experiment.model
    options: dict[str, Any] = {} if experiment.lora is None else as_dict(experiment.lora)
    unusual = any(options.get(name) for name in NOT_COUNTED)
    if shape is not None and shape.exact and not (unusual or model.extra_tokens):
        return _counted(experiment, shape)
    lora = models.backend(experiment.backend).adapted(experiment.lora)
    return transformers.architecture(model, lora, experiment.trainer.head)


def _counted(experiment: Experiment, shape: Shape) -> Architecture:
    from mathpal import models
    from mathpal.models.transformers import Architecture

    lora = models.backend(experiment.backend).adapted(experiment.lora)
    head = experiment.trainer.head
    total = trained = shapes.num_parameters(shape, head)
    if lora is not None:
        trained = shapes.num_lora_parameters(shape, as_dict(lora), head)
    kind = shape.whole_type or shape.model_type
    return Architecture(kind, total, trained, shape.context_length)


def _device(experiment: Experiment, num_parameters: int) -> Device:
    """Choose where to run; a dry run is planned for a GPU where the backend needs one."""
    from mathpal.hardware import choose

    return choose(
        experiment.hardware,
        num_parameters,
        planning=experiment.dry_run,
        needs_gpu=machine.needs_gpu(experiment),
    )


def _measured(experiment: Experiment, found: tokenised.Tokenised) -> Measured:
    from mathpal.preflight.planning import Measured

    draws = "num_generations" in as_dict(experiment.trainer)
    questions = [found.longest_test_prompt, found.longest_prompt if draws else 0]
    return Measured(
        num_train=len(found.train),
        num_test=len(found.test),
        tokens=found.tokens,
        test_tokens=found.test_tokens,
        longest_question=max(questions),
        num_cut=found.num_cut,
    )


def _longest_seen(experiment: Experiment, measured: Measured) -> int:
    """Return the tokens of the longest sequence that is trained on, measured or written."""
    options, scoring = as_dict(experiment.trainer), experiment.evaluation
    limit = options.get("max_length")
    rows = [lengths.longest for lengths in (measured.tokens, measured.test_tokens) if lengths]
    cut = [length if limit is None else min(length, limit) for length in rows]
    written = 0 if scoring is None else scoring.max_new_tokens
    drawn = options.get("max_completion_length") or 0
    packed = limit if limit is not None and options.get("packing") else 0
    return max(*cut, measured.longest_question + max(written, drawn), packed)


def _longest(experiment: Experiment, longest_row: int) -> int:
    """Return what to make room for where a model is loaded for a fixed length, as Unsloth does."""
    options, scoring = as_dict(experiment.trainer), experiment.evaluation
    written = max(
        0 if scoring is None else scoring.max_new_tokens, options.get("max_completion_length") or 0
    )
    return max(longest_row + written, options.get("max_length") or 0)
