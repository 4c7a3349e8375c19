"""The trials of a sweep as a table that fits the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import InitVar, dataclass, field

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from mathpal.report import duration
from mathpal.sweeps.jobs import COMPLETE, FAILED, INTERRUPTED, KILLED, PRUNED, RUNNING
from mathpal.sweeps.standings import Standing, Standings

STYLES = {
    RUNNING: "bold",
    COMPLETE: "green",
    PRUNED: "dim",
    FAILED: "red",
    KILLED: "red",
    INTERRUPTED: "yellow",
}
"""States of a trial, in the order in which they are counted -> their colours."""

GAP = 2
"""Columns of the terminal between those of the table."""

HEADING_WIDTH = 12
"""How far the heading of a parameter is cut where the terminal is narrow."""

VALUE_WIDTH = 24
"""How far a parameter is cut in the table."""


@dataclass
class Column:
    """A column of the table, as wide as its cells and, up to a limit, its heading."""

    heading: str
    cells: Sequence[str]
    heading_limit: InitVar[int | None] = None
    width: int = field(init=False)

    def __post_init__(self, heading_limit: int | None) -> None:
        heading = cell_len(self.heading)
        if heading_limit is not None:
            heading = min(heading, heading_limit)
        self.width = max([heading, *map(cell_len, self.cells)])


def drawn(
    standings: Standings, objectives: Sequence[str], now: float, console: Console, room: int
) -> list[RenderableType]:
    """Return as many trials as there is room for, and a line about what is left out.

    Args:
        room: lines for trials, beside one for the headings and one about the rest; may be
            negative.
    """
    trials = standings.ranked()
    shown = trials[: max(0, room + 1)]
    columns, left_out = _columns(standings, shown, objectives, now, console.width)
    if left_out or len(trials) > len(shown):
        shown = trials[: max(0, room)]
        columns, left_out = _columns(standings, shown, objectives, now, console.width)
    num_more = len(trials) - len(shown)
    notes = [f"... and {num_more} more"] if num_more else []
    if left_out:
        notes.append(f"no room for {', '.join(left_out)}")
    rest = fitted(Text("; ".join(notes), "dim"), console, 1) if notes else []
    return [_table(standings, shown, columns), *rest] if shown else [*rest]


def fitted(text: Text, console: Console, num_lines: int) -> list[Text]:
    """Return the lines of a text, cut with a mark after `num_lines`."""
    lines = list(text.wrap(console, console.width))
    if len(lines) > num_lines:
        lines = lines[:num_lines]
        lines[-1].truncate(console.width - 1)
        lines[-1].append("…")
    return lines


def _columns(
    standings: Standings,
    trials: Sequence[Standing],
    objectives: Sequence[str],
    now: float,
    width: int,
) -> tuple[list[Column], list[str]]:
    """Return the columns that fit, and the names of the parameters that do not."""
    best = {trial.number for trial in standings.front}
    word = "best" if len(objectives) == 1 else "front"
    start = [
        Column("trial", [str(trial.number) for trial in trials]),
        Column("state", [word if t.number in best else t.state for t in trials]),
        *(
            Column(name, [trial.figure(number, name) for trial in trials])
            for number, name in enumerate(objectives)
        ),
    ]
    end = [
        Column("time", [duration(trial.seconds_until(now)) for trial in trials]),
        Column("step", [trial.progress for trial in trials]),
    ]
    spare = width + GAP - sum(column.width + GAP for column in start + end)
    left_out = []
    parameters = []
    for key, name in standings.names.items():
        column = Column(name, [_shortened(t.setting(key)) for t in trials], HEADING_WIDTH)
        if column.width + GAP <= spare:
            spare -= column.width + GAP
            parameters.append(column)
        else:
            left_out.append(name)
    for column in parameters:
        more = min(spare, max(0, cell_len(column.heading) - column.width))
        column.width += more
        spare -= more
    return start + parameters + end, left_out


def _table(standings: Standings, trials: Sequence[Standing], columns: Sequence[Column]) -> Table:
    best = {trial.number for trial in standings.front}
    table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold cyan")
    for column in columns:
        table.add_column(Text(column.heading), width=column.width, no_wrap=True)
    for row, trial in enumerate(trials):
        style = "bold green" if trial.number in best else STYLES[trial.state]
        table.add_row(*(Text(column.cells[row]) for column in columns), style=style)
    return table


def _shortened(text: str) -> str:
    return text if len(text) <= VALUE_WIDTH else text[: VALUE_WIDTH - 1] + "…"
