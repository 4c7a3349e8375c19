"""Put a plan together from what was found of a run's model, rows and device."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mathpal.config import Experiment, as_dict
from mathpal.data import Rows
from mathpal.data.findings import Quality
from mathpal.evaluation import bench
from mathpal.hardware import Device
from mathpal.models.shape import Shape
from mathpal.models.transformers import Architecture
from mathpal.preflight import duration, memory, rules
from mathpal.preflight.duration import rates
from mathpal.preflight.duration.rates import Rates
from mathpal.preflight.duration.schedule import work_of
from mathpal.preflight.lengths import Lengths, num_steps
from mathpal.preflight.memory import Memory, Workload, workload_of
from mathpal.preflight.packing import packs
from mathpal.preflight.plan import Plan

TIGHT_SHARE = 0.9
"""Of a device's memory, what an estimate may take without a warning."""


@dataclass(frozen=True)
class Measured:
    """Rows in tokens."""

    num_train: int
    num_test: int
    tokens: Lengths
    """Of the training rows, before they are cut."""
    test_tokens: Lengths | None
    """Of the held-out rows; None where there are none."""
    longest_question: int
    """Tokens of the longest question that is answered, in training or after it."""
    num_cut: int = 0
    is_estimate: bool = False
    """Whether tokens were reckoned from characters."""


@dataclass(frozen=True)
class Found:
    """What a plan is made from; None: not known without the hub."""

    architecture: Architecture | None
    shape: Shape | None
    device: Device | None
    rows: Rows | None
    measured: Measured | None
    missing: Sequence[str] = ()
    """What could not be had, a sentence each."""


def plan(experiment: Experiment, found: Found) -> Plan:
    """Return the plan of a run, as far as it is known."""
    options, rows = as_dict(experiment.trainer), found.rows
    steps, epochs = _steps(experiment, found.measured)
    load = _workload(experiment, found)
    sizes = _of_memory(experiment, found.device, load)
    quality = Quality() if rows is None else rows.quality
    return Plan(
        model=experiment.model.name,
        lora_rank=None if experiment.lora is None else experiment.lora.r,
        max_length=options.get("max_length"),
        batch_size=batch_size(experiment),
        num_steps=steps,
        num_epochs=epochs,
        learning_rate=options["learning_rate"],
        num_processes=num_processes(experiment),
        backend=experiment.backend,
        data=None if rows is None else rows.note,
        quality=quality.counts,
        dropped=quality.dropped,
        changes=dict(quality.changes),
        duration=_duration(experiment, found, load, steps, epochs),
        warnings=[*_warnings(experiment, found, steps), *_tight(**sizes)],
        **_of_model(found.architecture),
        **_of_device(experiment, found),
        **_of_rows(found.measured),
        **sizes,
    )


def num_processes(experiment: Experiment) -> int:
    """Return the processes of a run, on all machines together."""
    return experiment.hardware.num_processes * experiment.hardware.num_nodes


def batch_size(experiment: Experiment) -> int:
    """Return the rows of one step; a question that is answered several times counts once."""
    options = as_dict(experiment.trainer)
    size = options["per_device_train_batch_size"] * options["gradient_accumulation_steps"]
    rows: int = size * num_processes(experiment) // options.get("num_generations", 1)
    return rows


def _steps(experiment: Experiment, measured: Measured | None) -> tuple[int | None, float | None]:
    options = as_dict(experiment.trainer)
    if measured is not None:
        return num_steps(measured.num_train, measured.tokens, options, num_processes(experiment))
    if options["max_steps"] > 0:
        return options["max_steps"], None
    return None, options["num_train_epochs"]


def _is_padding_free(experiment: Experiment, found: Found) -> bool:
    if found.device is None or found.architecture is None or found.measured is None:
        return False
    longest = found.measured.tokens.longest
    return packs(experiment, found.device.device, found.architecture.model_type, longest)


def _workload(experiment: Experiment, found: Found) -> Workload | None:
    """Return what memory and time depend on; rows that are not known are as long as they may be."""
    if found.shape is None or found.device is None:
        return None
    most = as_dict(experiment.trainer).get("max_length") or found.shape.context_length
    measured = found.measured
    if measured is None and most is None:
        return None
    sizes = {"train_tokens": most or 0}
    if measured is not None:
        sizes = {
            "train_tokens": measured.tokens.longest,
            "eval_tokens": 0 if measured.test_tokens is None else measured.test_tokens.longest,
            "prompt_tokens": measured.longest_question,
            "num_questions": measured.num_test,
        }
    load = workload_of(experiment, found.shape, found.device, **sizes)
    if _is_padding_free(experiment, found):
        return replace(load, batch_tokens=load.batch_size * load.num_tokens)
    return load


def _duration(
    experiment: Experiment,
    found: Found,
    load: Workload | None,
    steps: int | None,
    epochs: float | None,
) -> duration.Duration | None:
    measured, device, hardware = found.measured, found.device, experiment.hardware
    if load is None or measured is None or device is None or steps is None or epochs is None:
        return None
    speed = _rates(device, tf32=hardware.tf32)
    if speed is None:
        return None
    settings = experiment.evaluation
    asked = len(bench.rows(settings)) if settings is not None and settings.bench else None
    work = work_of(
        experiment,
        method=load.method,
        num_steps=steps,
        num_epochs=epochs,
        train_rows=measured.num_train,
        tokens=measured.tokens,
        test_rows=measured.num_test,
        test_tokens=measured.test_tokens,
        asked_rows=asked,
    )
    return duration.estimate(load, work, speed, hardware.dollars_per_hour)


def _rates(device: Device, *, tf32: bool | None) -> Rates | None:
    """Return what a device achieves; this machine's CPU is tried for a moment, once a process."""
    gflops = measured_gflops() if device.device == "cpu" else None
    return rates.of(
        device.device,
        device.precision,
        device.num_threads,
        gpu=device.gpu,
        tf32=tf32,
        gflops=gflops,
    )


measured_gflops = functools.cache(rates.measured_gflops)


def _of_model(architecture: Architecture | None) -> dict[str, Any]:
    if architecture is None:
        return {}
    return {
        "model_type": architecture.model_type,
        "num_parameters": architecture.num_parameters,
        "num_trained_parameters": architecture.num_trained,
    }


def _of_device(experiment: Experiment, found: Found) -> dict[str, Any]:
    device = found.device
    if device is None:
        return {}
    return {
        "device": device.device,
        "precision": device.precision,
        "reason": device.reason,
        "num_threads": device.num_threads,
        "padding_free": _is_padding_free(experiment, found),
    }


def _of_rows(measured: Measured | None) -> dict[str, Any]:
    if measured is None:
        return {}
    return {
        "train_rows": measured.num_train,
        "test_rows": measured.num_test,
        "tokens": measured.tokens,
        "tokens_estimated": measured.is_estimate,
        "cut_rows": measured.num_cut,
    }


def _of_memory(
    experiment: Experiment, device: Device | None, load: Workload | None
) -> dict[str, Any]:
    if device is None or load is None:
        return {}
    estimate, budget = memory.estimate(load), memory.budget(experiment.hardware, device)
    refusal = None
    if budget is not None and estimate.peak.num_bytes > budget:
        refusal = memory.refusal(estimate, budget, memory.changes(load, budget))
    return {"memory": estimate, "memory_budget_bytes": budget, "refusal": refusal}


def _tight(
    memory: Memory | None = None, memory_budget_bytes: int | None = None, refusal: str | None = None
) -> list[str]:
    """Warn of an estimate that is near to what there is."""
    if memory is None or memory_budget_bytes is None or refusal is not None:
        return []
    if memory.peak.num_bytes <= TIGHT_SHARE * memory_budget_bytes:
        return []
    return [
        "the memory is nearly all taken, and an estimate may be some 10 % off; probe=true tries"
    ]


def _warnings(experiment: Experiment, found: Found, steps: int | None) -> list[str]:
    measured, architecture = found.measured, found.architecture
    warnings = list(found.missing)
    if measured is not None and architecture is not None:
        warnings += rules.warnings(
            experiment,
            architecture.context_length,
            measured.num_cut,
            measured.num_train,
            measured.num_test,
        )
    if steps is not None:
        warnings += rules.late_warnings(experiment, steps)
    return warnings + ([] if found.rows is None else rules.data_warnings(found.rows.quality))
