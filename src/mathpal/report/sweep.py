"""A sweep as one page of HTML: the best trial, how it was found, and what decided.

It is written from the files of the sweep's folder at any time: while trials run, and after.
"""

from __future__ import annotations

import datetime
import functools
import importlib.util
import math
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from mathpal.files import write_text
from mathpal.report import FIGURES, NAME, clock, duration, figure
from mathpal.report.importance import MIN_TRIALS, NUM_FORESTS, Importance, importance
from mathpal.report.parameters import Parameter, labels, value_text
from mathpal.report.plots import drawing
from mathpal.report.trials import FAILURES, Sweep, Trial, masked, read

EDGE = 0.02
"""How near, as a share of its range, a parameter's best value lies to an end to be told."""

SHORT_REASON = 60
"""Characters of a reason that the table shows before it is opened."""


@dataclass(frozen=True)
class Failure:
    """Trials that ended for the same reason, but for the numbers in it."""

    reason: str
    """As the first of them told it, whole."""
    trials: list[Trial]


def write(folder: Path) -> Path:
    """Write report.html into a sweep's folder, from its other files, and return its path.

    The sweep may still be running, or have failed.

    Raises: RequestError where the folder is not a sweep's.
    """
    path = folder / NAME
    write_text(path, page(read(folder)))
    return path


def page(sweep: Sweep) -> str:
    """Return the HTML of a sweep's report."""
    safe = functools.cache(masked)
    environment = Environment(
        loader=PackageLoader("mathpal.report", "."),
        autoescape=True,
        finalize=lambda value: _without_secrets(value, safe),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    environment.filters |= {
        "duration": duration,
        "figure": told,
        "clock": clock,
        "value": value_text,
        "link": link,
        "short": short,
    }
    return environment.get_template("sweep.html.jinja").render(
        sweep=sweep,
        best=sweep.best[0] if sweep.best else None,
        best_numbers={trial.number for trial in sweep.best},
        is_single=len(sweep.objectives) == 1,
        names=labels([p.key for p in sweep.parameters]),
        figure_names=FIGURES,
        rows=rows(sweep),
        edges=list(edges(sweep)),
        has_sklearn=importlib.util.find_spec("sklearn") is not None,
        importances=list(importances(sweep)),
        min_trials=MIN_TRIALS,
        num_forests=NUM_FORESTS,
        failures=failures(sweep),
        commands=commands(sweep),
        data=_clean(drawing(sweep), safe),
        written=datetime.datetime.now().astimezone(),
    )


def rows(sweep: Sweep) -> list[Trial]:
    """Return the trials as the table shows them first: the best first, by number for several."""
    if len(sweep.objectives) > 1:
        return sweep.trials
    sign = -1 if sweep.directions[0] == "maximize" else 1

    def key(trial: Trial) -> tuple[bool, float, int]:
        value = trial.values[0]
        is_missing = value is None or math.isnan(value)
        return (is_missing, 0.0 if value is None or is_missing else sign * value, trial.number)

    return sorted(sweep.trials, key=key)


def importances(sweep: Sweep) -> Iterator[tuple[str, Importance | None]]:
    """Yield each objective with the importance of the parameters for it, as far as it is known."""
    if importlib.util.find_spec("sklearn") is None:
        return
    for i, name in enumerate(sweep.objectives):
        values = [t.values[i] for t in sweep.finished]
        used = [t.parameters for t in sweep.finished]
        yield name, importance(sweep.parameters, used, [v for v in values if v is not None])


def edges(sweep: Sweep) -> Iterator[tuple[Parameter, Any]]:
    """Yield parameters whose best value is an end of the searched range, with that value."""
    if len(sweep.objectives) > 1 or len(sweep.finished) < MIN_TRIALS:
        return
    for parameter in sweep.parameters:
        value = sweep.best[0].parameters.get(parameter.key)
        at = None if parameter.is_choice or parameter.is_fixed else parameter.position(value)
        if at is not None and not EDGE < at < 1 - EDGE:
            yield parameter, value


def failures(sweep: Sweep) -> list[Failure]:
    """Return the failed and killed trials by their reason, the most frequent first."""
    groups: dict[str, list[Trial]] = {}
    for trial in sweep.trials:
        if trial.state in FAILURES:
            groups.setdefault(_alike(trial.reason or "no reason told"), []).append(trial)
    found = [Failure(trials[0].reason or "no reason told", trials) for trials in groups.values()]
    return sorted(found, key=lambda failure: -len(failure.trials))


def commands(sweep: Sweep) -> list[tuple[str, str]]:
    """Return the commands to go on with, each after what it does."""
    here = Path.cwd()
    absolute = sweep.folder.resolve()
    folder = absolute.relative_to(here) if absolute.is_relative_to(here) else absolute
    best = shlex.join(["train", f"experiment={folder / 'best.yaml'}"])
    by_hand = sweep.best[0].command if sweep.best else ""
    has_file = (folder / "best.yaml").is_file()
    study = shlex.join(["optuna-dashboard", f"sqlite:///{folder / 'study.db'}"])
    offered = [
        ("repeat the best trial", best, has_file),
        ("repeat the best trial", by_hand, bool(sweep.best) and not has_file),
        ("open the study", study, (folder / "study.db").is_file()),
        ("write this page again", shlex.join(["mathpal", "report", str(folder)]), True),
        ("run the sweep again", str(sweep.facts.get("command")), "command" in sweep.facts),
    ]
    if len(sweep.objectives) > 1:
        offered = offered[2:]
    return [(what, command) for what, command, fits in offered if fits]


def told(value: float, name: str) -> str:
    """Write a figure with the unit that its name tells, small ones with their digits.

    >>> told(0.75, "eval_accuracy"), told(0.113891, "eval_loss"), told(1.25e-5, "eval_loss")
    ('75.0%', '0.1139', '1.25e-5')
    """
    if not abs(value) < 1e15:  # nan, too
        return value_text(float(value))
    text = figure(value, name)
    is_plain = re.fullmatch(r"-?[\d.]+", text) is not None
    return value_text(float(value)) if is_plain and not 0.01 <= abs(value) < 1e5 else text


def short(reason: str) -> str:
    """Return the beginning of a reason, no longer than a cell of the table has room for.

    >>> short("OutOfMemoryError: tried to allocate 2 GB\\nset trainer.max_length=256")
    'OutOfMemoryError: tried to allocate 2 GB…'
    """
    first, _, rest = reason.strip().partition("\n")
    if len(first) > SHORT_REASON:
        return first[:SHORT_REASON].rstrip() + "…"
    return first + "…" if rest else first


def link(trial: Trial, sweep: Sweep) -> str:
    """Return where a trial's own report is, seen from the sweep's, or else its folder."""
    place = trial.folder.relative_to(sweep.folder) if _is_inside(trial, sweep) else trial.folder
    has_report = (trial.folder / NAME).is_file()
    return quote(f"{place.as_posix()}/{NAME if has_report else ''}")


def _is_inside(trial: Trial, sweep: Sweep) -> bool:
    return trial.folder.is_relative_to(sweep.folder)


def _alike(reason: str) -> str:
    """Return what reasons have in common that differ in numbers alone.

    >>> _alike("tried to allocate 2.00 GB\\n...") == _alike("tried to allocate 1.5 GB")
    True
    """
    return re.sub(r"\d[\d.,]*", "#", reason.strip().partition("\n")[0])


def _clean(value: Any, safe: Callable[[str], str]) -> Any:
    """Return what goes to the script, without secrets."""
    if isinstance(value, Mapping):
        return {key: _clean(one, safe) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(one, safe) for one in value]
    return _without_secrets(value, safe)


def _without_secrets(value: Any, safe: Callable[[str], str]) -> Any:
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return safe(value)
