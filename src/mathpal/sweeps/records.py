"""What a sweep leaves in its folder beside its trials: sweep.json, trials.jsonl and the best."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from mathpal.files import write_json, write_jsonl, write_text
from mathpal.record import redact

SWEEP, TRIALS, BEST, RESULTS = (
    "sweep.json",
    "trials.jsonl",
    "best.yaml",
    "optimization_results.yaml",
)


def read_sweep(folder: Path) -> dict[str, Any]:
    """Return what sweep.json holds; nothing where there is none yet."""
    path = folder / SWEEP
    if not path.is_file():
        return {}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def write_sweep(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write sweep.json, or change facts of it."""
    write_json(folder / SWEEP, read_sweep(folder) | dict(facts))


def write_trials(folder: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    """Write trials.jsonl, a line for each trial that has ended."""
    write_jsonl(folder / TRIALS, lines)


def write_results(folder: Path, best: Sequence[Mapping[str, Any]]) -> None:
    """Write optimization_results.yaml as Hydra's Optuna sweeper does: the best, or the front."""
    if len(best) == 1 and not isinstance(best[0]["objective"], list):
        [one] = best
        found: dict[str, Any] = {"best_params": one["parameters"], "best_value": one["objective"]}
    else:
        front = [{"params": t["parameters"], "values": t["objective"]} for t in best]
        found = {"solutions": front}
    text = yaml.safe_dump({"name": "optuna", **found}, allow_unicode=True, sort_keys=False)
    write_text(folder / RESULTS, text)


def write_best(folder: Path, choices: Mapping[str, str], values: Any, told: str) -> None:
    """Write best.yaml: an experiment file of options chosen and values set."""
    lines = [
        "# @package _global_",
        f"# {told}",
        f"#   train experiment={redact(str(folder))}/{BEST}",
    ]
    body: dict[str, Any] = {}
    if choices:
        body["defaults"] = [{f"override /{group}": option} for group, option in choices.items()]
    text = yaml.safe_dump({**body, **values}, allow_unicode=True, sort_keys=False)
    write_text(folder / BEST, "\n".join(lines) + "\n" + (text if body or values else ""))


def moment(seconds: float) -> str:
    """Write a time.time() in ISO form.

    >>> moment(0.0)[:4] in ("1969", "1970")
    True
    """
    return datetime.datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds")


def differences(base: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of `other` is not so in `base`, mappings entered where both have one.

    >>> differences({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 1, "c": 4}, "d": 3})
    {'a': {'c': 4}}
    """
    found = {}
    for key, value in other.items():
        before = base.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            if inner := differences(before, value):
                found[key] = inner
        elif key not in base or value != before:
            found[key] = value
    return found
