"""What is written when trials end: their lines, the best as an experiment file, the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hydra.types import HydraContext
from omegaconf import DictConfig, OmegaConf
from optuna.trial import FrozenTrial, TrialState

from mathpal.config import as_dict
from mathpal.sweeps import records
from mathpal.sweeps.composing import compose, experiment_of
from mathpal.sweeps.study import (
    FOLDER,
    OVERRIDES,
    REASON,
    RETRY_OF,
    SECONDS,
    STARTED,
    STATE,
    Study,
    parameters_of,
)

LEFT_OUT = ("output_dir", "resume", "objective", "dry_run")
"""Fields of a run that best.yaml does not repeat."""


def line_of(trial: FrozenTrial, folder: Path) -> dict[str, Any]:
    """Return the line of trials.jsonl for a trial that has ended."""
    facts = trial.user_attrs
    values: Any = trial.values if trial.state == TrialState.COMPLETE else None
    if trial.state == TrialState.PRUNED and trial.last_step is not None:
        values = [trial.intermediate_values[trial.last_step]]
    place = facts.get(FOLDER)
    return {
        "number": trial.number,
        "state": facts[STATE],
        "overrides": facts.get(OVERRIDES, []),
        "parameters": parameters_of(trial),
        "objective": values[0] if values is not None and len(values) == 1 else values,
        "seconds": facts.get(SECONDS, 0.0),
        "folder": place and _relative(Path(place), folder),
        "reason": facts.get(REASON),
        "started": records.moment(facts[STARTED]) if STARTED in facts else None,
        "retry_of": facts.get(RETRY_OF),
    }


def conclude(folder: Path, study: Study, sweep: DictConfig, context: HydraContext) -> None:
    """Write the best trial, or the front, and the report."""
    from mathpal.report.sweep import write

    best = study.best()
    if best:
        lines = [line_of(trial, folder) for trial in best]
        records.write_results(folder, lines)
        _write_best(folder, lines[0], study, sweep, context)
    write(folder)


def _write_best(
    folder: Path, line: dict[str, Any], study: Study, sweep: DictConfig, context: HydraContext
) -> None:
    """Write best.yaml: the options that were chosen, and what differs from them alone."""
    from mathpal.compose import thaw

    best = compose(sweep, context, line["overrides"], line["number"])
    plain = compose(sweep, context, [], 0)
    chosen, usual = (_choices(config) for config in (best, plain))
    choices = {g: option for g, option in chosen.items() if usual.get(g) != option}
    overrides = [f"{group}={option}" for group, option in choices.items()]
    base = as_dict(experiment_of(compose(sweep, context, overrides, 0)))
    values = records.differences(base, as_dict(thaw(folder / line["folder"] / "config.yaml")))
    for name in LEFT_OUT:
        values.pop(name, None)
    figures = ", ".join(
        f"{name} {value:.6g}" for name, value in zip(study.objectives, _listed(line), strict=True)
    )
    first = "the best" if len(study.objectives) == 1 else "the first of the Pareto front"
    told = f"Trial {line['number']}, {first} of {len(study.ended())}: {figures}"
    records.write_best(folder, choices, values, told)


def _choices(config: DictConfig) -> dict[str, str]:
    """Return the options that were chosen for the groups, Hydra's own and named runs aside."""
    found: Any = OmegaConf.to_container(config.hydra.runtime.choices)
    named = ("hydra/", "experiment", "search")
    return {g: str(o) for g, o in found.items() if o is not None and not g.startswith(named)}


def _listed(line: dict[str, Any]) -> list[float]:
    objective = line["objective"]
    return objective if isinstance(objective, list) else [objective]


def _relative(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)
