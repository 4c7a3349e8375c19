"""A trial as a line of trials.jsonl."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from mathpal.sweeps import records
from mathpal.sweeps.study import (
    FOLDER,
    OVERRIDES,
    REASON,
    RETRY_OF,
    SECONDS,
    STARTED,
    STATE,
    parameters_of,
)


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


def _relative(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)
