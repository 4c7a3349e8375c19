"""A run as one page of HTML: what was done, how it went, and how the answers look.

The page needs no network: its style, its script and its charts stand in it. Everything that comes
from a file is escaped, and secrets in it are replaced.
"""

from __future__ import annotations

import datetime
import functools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, Template
from markupsafe import Markup

from mathpal.evaluation.breakdown import breakdown
from mathpal.evaluation.compare import p_text, points
from mathpal.files import write_text
from mathpal.record import redact
from mathpal.report import contents
from mathpal.report.contents import Example, Run

NAME = "report.html"

FLAGS = {
    "right": "right",
    "wrong": "wrong",
    "ungradable": "cannot be graded",
    "gained": "put right by training",
    "lost": "made wrong by training",
    "unreadable": "no answer could be read",
    "cut": "cut at the limit",
}
"""What examples are filtered by -> its words, in order."""

FIGURES = {
    "train_loss": "loss, training rows",
    "eval_loss": "loss, held-out rows",
    "base_accuracy": "accuracy before training",
    "eval_accuracy": "accuracy after training",
    "tokens_per_second": "training speed, tokens",
    "seconds_to_first_step": "time to the first step",
    "seconds_total": "time in all",
    "peak_memory_bytes": "peak memory",
}
"""Figures of metrics.json -> what the page calls them; others go by their own name."""


def write(folder: Path) -> Path:
    """Write report.html into a run's folder, from its other files, and return its path.

    The run may still be running, or have failed.

    Raises: RequestError where the folder is not a run's, or a file of it cannot be read.
    """
    path = folder / NAME
    write_text(path, page(contents.read(folder)))
    return path


def page(run: Run) -> str:
    """Return the HTML of a run's report."""
    shown = contents.examples(run)
    return _template().render(
        run=run,
        record=run.record,
        method=contents.method(run.config),
        subject=contents.subject(run),
        before=breakdown(run.before) if run.before else None,
        after=breakdown(run.after) if run.after else None,
        charts=list(contents.charts(run.steps)),
        group_tables=list(contents.group_rows(run)),
        examples=shown,
        flags=_counted(shown),
        names=FIGURES,
        kinds=sorted({str(e.answer.facts["kind"]) for e in shown if "kind" in e.answer.facts}),
        config_text=contents.config_text(run.config),
        commands=contents.commands(run),
        written=datetime.datetime.now().astimezone(),
    )


def percent(share: float) -> str:
    """Write a share as people read it.

    >>> percent(0.325)
    '32.5%'
    """
    return f"{share:.1%}"


def duration(seconds: float) -> str:
    """Write a time in the units that it is felt in.

    >>> duration(0.126), duration(65.2), duration(7384)
    ('0.13 s', '1 min 5 s', '2 h 3 min')
    """
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def figure(value: float, name: str) -> str:
    """Write a figure of metrics.json with the unit that its name tells.

    >>> figure(0.325, "eval_accuracy"), figure(810205184, "peak_memory_bytes")
    ('32.5%', '0.81 GB')
    >>> figure(22.44, "seconds_total"), figure(4413.9, "tokens_per_second")
    ('22.4 s', '4,414 per second')
    """
    if name.endswith("_accuracy"):
        return percent(value)
    if name.endswith("_bytes"):
        return f"{value / 1e9:.2f} GB"
    if name.endswith("_per_second"):
        return f"{value:,.0f} per second"
    if "seconds" in name:
        return duration(value)
    return f"{value:.4f}"


def unbroken(text: str) -> str:
    """Keep a value and its sign on one line.

    >>> unbroken("McNemar p < 0.001") == "McNemar p\u00a0<\u00a00.001"
    True
    """
    return re.sub(r" ([<=]) ", "\u00a0\\1\u00a0", text)


def clock(moment: str | datetime.datetime) -> str:
    """Write a moment, which run.json holds in ISO form.

    >>> clock("2026-11-22T23:14:11+00:00")
    '22 Nov 2026, 23:14 UTC'
    """
    if isinstance(moment, str):
        moment = datetime.datetime.fromisoformat(moment)
    return f"{moment.day} {moment:%b %Y, %H:%M} {moment.tzname()}"


@functools.cache
def _template() -> Template:
    """Compile the page, once a process: a worker of a sweep writes many."""
    environment = Environment(
        loader=PackageLoader("mathpal.report", "."),
        autoescape=True,
        finalize=_without_secrets,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": percent,
        "points": points,
        "p_text": p_text,
        "duration": duration,
        "figure": figure,
        "clock": clock,
        "unbroken": unbroken,
    }
    return environment.get_template("page.html.jinja")


def _counted(examples: Sequence[Example]) -> list[tuple[str, str, int]]:
    """Return the filters that at least one example answers to, with how many do."""
    found = [(flag, text, sum(flag in e.flags for e in examples)) for flag, text in FLAGS.items()]
    return [(flag, text, count) for flag, text, count in found if count]


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return redact(value)
