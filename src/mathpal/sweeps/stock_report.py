"""The report of a sweep by one of Hydra's own sweepers, from the folders of its trials."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import yaml
from hydra.experimental.callback import Callback
from omegaconf import DictConfig

from mathpal.sweeps.records import SWEEP


class StockReport(Callback):
    """Write trials.jsonl and report.html when a sweep has ended that did not do so itself."""

    def on_multirun_end(self, config: DictConfig, **_: Any) -> None:
        """Write them, if there was a trial."""
        folder = Path(config.hydra.sweep.dir).absolute()
        if folder.is_dir() and not (folder / SWEEP).is_file():
            write(folder, sampler=str(config.hydra.sweeper._target_).rpartition(".")[2])


def write(folder: Path, sampler: str) -> None:
    """Write sweep.json, trials.jsonl and report.html for the runs in a folder."""
    from mathpal.record import command, redact
    from mathpal.report import sweep as report
    from mathpal.sweeps import records
    from mathpal.sweeps.search_rules import directions

    runs = sorted((p.parent for p in folder.glob("*/run.json")), key=lambda p: (len(p.name), p))
    if not runs:
        return
    config = yaml.safe_load((runs[0] / "config.yaml").read_text(encoding="utf-8"))
    objective = config["objective"]
    names = objective if isinstance(objective, list) else [objective]
    told = [_overrides(run) for run in runs]
    swept = varying(told)
    trials = [
        _line(number, run, overrides, names, swept)
        for number, (run, overrides) in enumerate(zip(runs, told, strict=True))
    ]
    choices = {key: sorted({o[key] for o in told if key in o}) for key in swept}
    records.write_sweep(
        folder,
        {
            "command": redact(command()),
            "name": config["name"],
            "study_name": folder.name,
            "storage": None,
            "objectives": names,
            "directions": directions(None, names),
            "n_trials": len(runs),
            "sampler": sampler,
            "pruner": None,
            "parameters": {k: {"kind": "choice", "choices": c} for k, c in choices.items()},
            "conditions": {},
            "status": "done",
            "started": _json(runs[0] / "run.json")["started"],
            "slots": 1,
            "error": None,
            "ended": records.moment(time.time()),
        },
    )
    records.write_trials(folder, trials)
    report.write(folder)


def varying(points: list[dict[str, str]]) -> list[str]:
    """Return the keys that are not the same in all points.

    >>> varying([{"lora": "r8", "seed": "1"}, {"lora": "r4", "seed": "1"}])
    ['lora']
    """
    keys = dict.fromkeys(key for point in points for key in point)
    return [key for key in keys if len({point.get(key) for point in points}) > 1]


def _line(
    number: int, run: Path, overrides: dict[str, str], names: list[str], swept: list[str]
) -> dict[str, Any]:
    from mathpal.sweeps.jobs import COMPLETE, FAILED, figures_of

    record = _json(run / "run.json")
    values = figures_of(run, names)
    return {
        "number": number,
        "state": FAILED if values is None else COMPLETE,
        "overrides": [f"{key}={value}" for key, value in overrides.items()],
        "parameters": {key: overrides[key] for key in swept if key in overrides},
        "objective": values[0] if values is not None and len(values) == 1 else values,
        "seconds": record.get("seconds_total", 0.0),
        "folder": run.name,
        "reason": record.get("error"),
        "started": record["started"],
        "retry_of": None,
    }


def _overrides(run: Path) -> dict[str, str]:
    texts = yaml.safe_load((run / ".hydra" / "overrides.yaml").read_text(encoding="utf-8"))
    return dict(text.partition("=")[::2] for text in texts)


def _json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
