"""The report of a sweep by one of Hydra's own sweepers, from the folders of its trials."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import yaml
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf

if TYPE_CHECKING:
    from mathpal.sweeps.jobs import Ending

AT_END = ExitStack()
"""What is to be done once a sweep is over, however it ended; `cli` enters it."""


class StockReport(Callback):
    """Write trials.jsonl and report.html when a sweep is over that does not do so itself."""

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        """Write them in the end: Hydra itself tells of the end only where nothing failed."""
        AT_END.push(partial(_conclude, config))


def _conclude(
    config: DictConfig,
    kind: type[BaseException] | None,
    error: BaseException | None,
    trace: TracebackType | None,
) -> None:
    from mathpal.errors import Interrupted
    from mathpal.record import redact_file
    from mathpal.sweeps import records
    from mathpal.sweeps.jobs import reason_of

    folder = Path(config.hydra.sweep.dir).absolute()
    redact_file(folder / "multirun.yaml")
    if "identity" in records.read_sweep(folder):  # a search has written its own
        return
    stopped = isinstance(error, KeyboardInterrupt | Interrupted)
    write(
        folder,
        config,
        status="interrupted" if stopped else "done" if error is None else "failed",
        error=None if error is None or stopped else reason_of(error),
    )


def write(folder: Path, sweep: DictConfig, *, status: str, error: str | None) -> None:
    """Write sweep.json, trials.jsonl and report.html for the runs in a folder, if there are any."""
    from mathpal.record import command, redact
    from mathpal.report import sweep as report
    from mathpal.sweeps import records

    begun = (path.parents[1] for path in folder.glob("*/.hydra/overrides.yaml"))
    runs = sorted(begun, key=lambda path: (len(path.name), path))
    config = next((c for run in runs if (c := _yaml(run / "config.yaml"))), None)
    if config is None or config["dry_run"]:
        return
    objective = config["objective"]
    names = objective if isinstance(objective, list) else [objective]
    told = [_overrides(run) for run in runs]
    swept = varying(told)
    trials = [
        _line(int(run.name) if run.name.isdecimal() else place, run, overrides, names, swept)
        for place, (run, overrides) in enumerate(zip(runs, told, strict=True))
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
            "directions": directions_of(sweep, names),
            "n_trials": len(runs),
            "sampler": str(sweep.hydra.sweeper._target_).rpartition(".")[2],
            "pruner": None,
            "parameters": {k: {"kind": "choice", "choices": c} for k, c in choices.items()},
            "conditions": {},
            "status": status,
            "started": min(trial["started"] for trial in trials),
            "slots": 1,
            "error": error,
            "ended": records.moment(time.time()),
        },
    )
    records.write_trials(folder, trials)
    report.write(folder)


def directions_of(sweep: DictConfig, names: list[str]) -> list[str]:
    """Return the direction of each objective: as the sweeper has it, or as the names tell."""
    from mathpal.sweeps.search_rules import directions

    sweeper: Any = OmegaConf.to_container(sweep.hydra.sweeper, enum_to_str=True)
    asked = directions(sweeper.get("direction"), names)
    return asked if len(asked) == len(names) else directions(None, names)


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
    from mathpal.sweeps import records

    record = _json(run / "run.json")
    ending = _ending(number, run, record, names)
    values = ending.values
    begun = (run / ".hydra" / "overrides.yaml").stat().st_mtime
    return {
        "number": number,
        "state": ending.state,
        "overrides": [f"{key}={value}" for key, value in overrides.items()],
        "parameters": {key: overrides[key] for key in swept if key in overrides},
        "objective": values[0] if values is not None and len(values) == 1 else values,
        "seconds": record.get("seconds_total", 0.0),
        "folder": run.name,
        "reason": ending.reason,
        "started": record.get("started", records.moment(begun)),
        "retry_of": None,
    }


def _ending(number: int, run: Path, record: dict[str, Any], names: list[str]) -> Ending:
    """Return how a trial ended, whose sweep is over."""
    from mathpal.sweeps.jobs import FAILED, INTERRUPTED, KILLED, Ending, figures_of, judge

    status = record.get("status")
    if status is None:
        return Ending(number, FAILED, None, "it ended before its run began")
    if status == "running":
        return Ending(number, KILLED, None, "its process was killed")
    if status != "done":
        state = INTERRUPTED if status == "interrupted" else FAILED
        return Ending(number, state, None, record["error"])
    return judge(number, names, figures_of(run, names) or [None] * len(names), 0.0)


def _overrides(run: Path) -> dict[str, str]:
    texts = yaml.safe_load((run / ".hydra" / "overrides.yaml").read_text(encoding="utf-8"))
    return dict(text.partition("=")[::2] for text in texts)


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else None


def _json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found
