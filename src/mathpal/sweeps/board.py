"""What people see of a sweep: a live table on a terminal, a line a finished trial in a pipe."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import InitVar, dataclass, field, replace
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mathpal.report import duration, figure
from mathpal.screen import Screen
from mathpal.sweeps.jobs import COMPLETE, FAILED, INTERRUPTED, KILLED, PRUNED

RUNNING = "running"
STYLES = {
    RUNNING: "bold",
    COMPLETE: "green",
    PRUNED: "dim",
    FAILED: "red",
    KILLED: "red",
    INTERRUPTED: "yellow",
}
"""States of a trial, in the order in which they are counted -> their colours."""

DONE = (COMPLETE, PRUNED)
SPENT = (*DONE, FAILED)
"""States that take one of the trials asked for: a killed or interrupted trial is run again."""

GAP = 2
"""Columns of the terminal between those of the table."""

HEADING_WIDTH = 12
"""How far the heading of a parameter is cut where the terminal is narrow."""

VALUE_WIDTH = 24
"""How far a parameter is cut in the table."""

FRONT_ROWS = 10
"""How many trials of a front are written at the end."""


@dataclass(frozen=True)
class Trial:
    """What is known of a trial; replaced, never changed, as a thread of rich's draws it."""

    number: int
    parameters: Mapping[str, Any]
    began: float = 0.0
    state: str = RUNNING
    values: Sequence[float | None] = ()
    seconds: float = 0.0
    step: int | None = None
    num_steps: int | None = None
    place: int = 0
    """How many trials had finished before it."""

    @property
    def is_running(self) -> bool:
        """Whether it has yet to end."""
        return self.state == RUNNING

    @property
    def progress(self) -> str:
        """The newest step reported, of how many."""
        if self.step is None:
            return ""
        return str(self.step) if self.num_steps is None else f"{self.step}/{self.num_steps}"


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


class Board:
    """The table of a sweep's trials, or its lines where no table can be drawn.

    Args:
        total: trials asked for, those of earlier launches included; None: until stopped.
        num_slots: trials that run at the same time.
    """

    def __init__(
        self,
        name: str,
        objectives: Sequence[str],
        directions: Sequence[str],
        total: int | None,
        num_slots: int,
        screen: Screen,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = one_line(name)
        self._objectives = objectives
        self._directions = directions
        self._total = total
        self._num_slots = num_slots
        self._screen = screen
        self._clock = clock
        # Held for changes alone, never to print: rich's thread holds its own lock and draws.
        self._change = Lock()
        self._began = clock()
        self._ended: float | None = None
        self._trials: dict[int, Trial] = {}
        self._front: tuple[Trial, ...] = ()
        self._names: dict[str, str] = {}
        self._num_finished = 0
        self._num_earlier = 0
        self._spent_seconds: list[float] = []
        self._live: Live | None = None
        if screen.is_live and screen.console.is_interactive:
            self._live = Live(
                self,
                console=screen.console,
                refresh_per_second=4,
                redirect_stdout=False,
            )

    def __enter__(self) -> Self:
        self._began = self._clock()
        if self._live is not None:
            self._live.start(refresh=True)
        else:
            self._screen.say(escape(self._opening()))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended = self._clock()
        if self._live is not None:
            self._live.stop()

    def earlier(
        self,
        number: int,
        parameters: Mapping[str, Any],
        state: str,
        values: Sequence[float] | None,
        seconds: float,
    ) -> None:
        """Count a trial that an earlier launch of this sweep has finished."""
        self._begin(Trial(number, parameters))
        self._num_earlier += 1
        self._end(number, state, values, seconds)

    def started(self, number: int, parameters: Mapping[str, Any]) -> None:
        """Show a trial that begins."""
        self._begin(Trial(number, parameters, began=self._clock()))

    def progress(self, number: int, step: int, num_steps: int | None, value: float | None) -> None:
        """Show the newest step of a running trial, and its objective where it has reported one."""
        with self._change:
            trial = self._trial(number)
            if trial.is_running:  # what a worker reported last may arrive after its end
                values = trial.values if value is None else (value,)
                self._trials[number] = replace(trial, step=step, num_steps=num_steps, values=values)

    def finished(
        self,
        number: int,
        state: str,
        values: Sequence[float] | None,
        seconds: float,
        reason: str | None,
    ) -> None:
        """Show how a trial ended."""
        trial = self._end(number, state, values, seconds)
        if state in SPENT:
            self._spent_seconds.append(seconds)
        what = state if reason is None else f"{state}, {one_line(reason)}"
        if self._live is None:
            best = ", best so far" if trial in self._front and len(self._objectives) == 1 else ""
            facts = [what + self._worth(trial, ", ") + best, self._words(trial), duration(seconds)]
            self.note(f"trial {number}: {'; '.join(filter(None, facts))}; {self._counts()}")
        elif state in (FAILED, KILLED) and reason is not None:
            self.note(f"trial {number}: {what}")

    def note(self, text: str) -> None:
        """Print a line, above the table where there is one."""
        self._screen.say(escape(one_line(text)))

    def summary(self, folder: Path, commands: Sequence[str]) -> None:
        """Show how the trials ended, which was best, how long it took and what to do next."""
        trials = list(self._trials.values())
        counts = Counter(trial.state for trial in trials)
        states = ", ".join(f"{counts[state]} {state}" for state in STYLES if counts[state])
        text = num_trials(len(trials)) + (f": {states}" if states else "")
        if self._num_earlier:
            text += f" ({self._num_earlier} of earlier launches)"
        here = Path.cwd()
        shown = folder.relative_to(here) if folder.is_relative_to(here) else folder
        took = (self._clock() if self._ended is None else self._ended) - self._began
        self._section("sweep", [f"{self._name}, {text}"])
        self._section("best" if len(self._objectives) == 1 else "front", self._winners())
        self._section("time", [duration(took)])
        self._section("folder", [str(shown)])
        self._section("next", commands)

    def _section(self, name: str, lines: Iterable[str]) -> None:
        for number, line in enumerate(lines):
            heading = " " * 7 if number else f"[bold]{name}[/]".ljust(len("[bold][/]") + 7)
            self._screen.say(heading + escape(line))

    def _winners(self) -> Iterator[str]:
        if not self._front:
            yield "none: no trial has completed with a number"
        for trial in self._front[:FRONT_ROWS]:
            facts = [self._worth(trial), self._words(trial), duration(trial.seconds)]
            yield f"trial {trial.number}: {'; '.join(filter(None, facts))}"
        if len(self._front) > FRONT_ROWS:
            yield f"... and {len(self._front) - FRONT_ROWS} more"

    def _trial(self, number: int) -> Trial:
        """Return a trial; one that ended before it could start has no parameters."""
        return self._trials.get(number, Trial(number, {}, began=self._clock()))

    def _begin(self, trial: Trial) -> None:
        with self._change:
            if not trial.parameters.keys() <= self._names.keys():
                self._names = short_names([*self._names, *trial.parameters])
            self._trials[trial.number] = trial

    def _end(
        self, number: int, state: str, values: Sequence[float] | None, seconds: float
    ) -> Trial:
        with self._change:
            trial = self._trial(number)
            known = () if state == COMPLETE else trial.values
            trial = replace(
                trial,
                state=state,
                values=known if values is None else values,
                seconds=seconds,
                place=self._num_finished,
            )
            self._num_finished += 1
            self._trials[number] = trial
            if state == COMPLETE:
                self._front = joined(self._front, trial, self._directions)
            return trial

    def _opening(self) -> str:
        wanted = [f"{d} {name}" for d, name in zip(self._directions, self._objectives, strict=True)]
        trials = "trials until stopped" if self._total is None else num_trials(self._total)
        if self._num_earlier:
            trials += f", {self._num_earlier} finished earlier"
        return f"sweep {self._name}: {trials}, {self._num_slots} at a time, {', '.join(wanted)}"

    def _counts(self) -> str:
        """Return how many trials are in which state, and about how long the rest will take."""
        counts = Counter(trial.state for trial in list(self._trials.values()))
        done = f"{sum(counts[state] for state in DONE)}"
        facts = [f"{done} done" if self._total is None else f"{done} of {self._total} done"]
        facts += [f"{counts[s]} {s}" for s in STYLES if s not in DONE and counts[s]]
        left = self._seconds_left()
        if left is not None and left >= 1:  # else the last ones take longer than the mean
            facts.append(f"about {duration(left)} left")
        return ", ".join(facts)

    def _seconds_left(self) -> float | None:
        """Estimate from this launch's mean trial, or return None where nothing can be said."""
        if self._total is None or not self._spent_seconds or self._ended is not None:
            return None
        mean = sum(self._spent_seconds) / len(self._spent_seconds)
        trials = list(self._trials.values())
        now = self._clock()
        running = [max(0.0, mean - (now - t.began)) for t in trials if t.is_running]
        spent = sum(trial.state in SPENT for trial in trials)
        waiting = max(0, self._total - spent - len(running))
        if not running and not waiting:
            return None
        # The slots share the work, but no trial is shared between slots.
        longest = mean if waiting else max(running)
        return max((sum(running) + waiting * mean) / self._num_slots, longest)

    def _best(self) -> str:
        """Return the best so far with its parameters, or the best of each objective."""
        if not self._front:
            return ""
        if len(self._objectives) == 1:
            (trial,) = self._front
            return f"best {self._worth(trial)} (trial {trial.number}): {self._words(trial)}"
        best = []
        for column, (name, direction) in enumerate(
            zip(self._objectives, self._directions, strict=True)
        ):
            trial = min(self._front, key=lambda t: costs(t, self._directions)[column])
            best.append(f"{name} {self._cell(trial, column)} (trial {trial.number}, {direction})")
        return f"best {', '.join(best)}; {len(self._front)} in the front"

    def _words(self, trial: Trial) -> str:
        return " ".join(f"{self._names[k]}={setting(v)}" for k, v in trial.parameters.items())

    def _worth(self, trial: Trial, before: str = "") -> str:
        """Return the objectives by name; those of a trial that is not complete are its last."""
        if not trial.values:
            return ""
        shown = [
            f"{name} {figure(value, name)}"
            for name, value in zip(self._objectives, trial.values, strict=False)
            if value is not None
        ]
        last = "" if trial.state == COMPLETE else " (last value)"
        return before + ", ".join(shown) + last

    def _cell(self, trial: Trial, column: int) -> str:
        value = trial.values[column] if column < len(trial.values) else None
        if value is None:
            return ""
        text = figure(value, self._objectives[column])
        return text if trial.state in (RUNNING, COMPLETE) else f"last {text}"

    def __rich__(self) -> RenderableType:
        """Return the header and as many trials as the terminal has room for."""
        width, height = self._screen.console.size
        num_lines = max(1, height // 8)
        title = Text(self._name, "bold cyan").append(f"  {self._counts()}", "not bold default")
        parts: list[RenderableType] = [*fitted(title, self._screen.console, num_lines)]
        if best := self._best():
            parts += fitted(Text(best, "green"), self._screen.console, num_lines)
        # One line for the headings, one for what is left out, one for the cursor.
        room = max(0, height - len(parts) - 3)
        trials = self._ranked()
        shown = trials[: room + 1]
        columns, left_out = self._columns(shown, width)
        if left_out or len(trials) > len(shown):
            shown = trials[:room]
            columns, left_out = self._columns(shown, width)
        if shown:
            parts.append(self._table(shown, columns))
        num_more = len(trials) - len(shown)
        notes = [f"... and {num_more} more"] if num_more else []
        if left_out:
            notes.append(f"no room for {', '.join(left_out)}")
        if notes:
            parts += fitted(Text("; ".join(notes), "dim"), self._screen.console, 1)
        return Group(*(parts if shown else parts[: max(1, height - 1)]))

    def _columns(self, trials: Sequence[Trial], width: int) -> tuple[list[Column], list[str]]:
        """Return the columns that fit, and the names of the parameters that do not."""
        best = {trial.number for trial in self._front}
        word = "best" if len(self._objectives) == 1 else "front"
        columns = [
            Column("trial", [str(trial.number) for trial in trials]),
            Column("state", [word if t.number in best else t.state for t in trials]),
        ]
        for number, name in enumerate(self._objectives):
            columns.append(Column(name, [self._cell(trial, number) for trial in trials]))
        now = self._clock()
        seconds = [now - t.began if t.is_running else t.seconds for t in trials]
        end = [
            Column("time", [duration(value) for value in seconds]),
            Column("step", [trial.progress for trial in trials]),
        ]
        spare = width + GAP - sum(column.width + GAP for column in columns + end)
        left_out = []
        parameters = []
        for key, name in self._names.items():
            values = [
                shortened(setting(t.parameters[key])) if key in t.parameters else "" for t in trials
            ]
            column = Column(name, values, HEADING_WIDTH)
            if column.width + GAP <= spare:
                spare -= column.width + GAP
                parameters.append(column)
            else:
                left_out.append(name)
        for column in parameters:
            more = min(spare, max(0, cell_len(column.heading) - column.width))
            column.width += more
            spare -= more
        return columns + parameters + end, left_out

    def _table(self, trials: Sequence[Trial], columns: Sequence[Column]) -> Table:
        best = {trial.number for trial in self._front}
        table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold cyan")
        for column in columns:
            table.add_column(Text(column.heading), width=column.width, no_wrap=True)
        for row, trial in enumerate(trials):
            style = "bold green" if trial.number in best else STYLES[trial.state]
            table.add_row(*(Text(column.cells[row]) for column in columns), style=style)
        return table

    def _ranked(self) -> list[Trial]:
        """Return the running trials, the best, then the others with the newest first."""
        best = {trial.number for trial in self._front}

        def rank(trial: Trial) -> tuple[int, int]:
            if trial.is_running:
                return 0, trial.number
            return 1 if trial.number in best else 2, -trial.place

        return sorted(self._trials.values(), key=rank)


def num_trials(number: int) -> str:
    """Write a number of trials.

    >>> num_trials(1), num_trials(20)
    ('1 trial', '20 trials')
    """
    return f"{number} trial" if number == 1 else f"{number} trials"


def one_line(text: str) -> str:
    r"""Write a text without line breaks and the control characters of terminals.

    >>> one_line("out of memory:\n  tried\t2 GB")
    'out of memory: tried 2 GB'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def setting(value: Any) -> str:
    """Write the value of a parameter, numbers with 4 significant digits.

    >>> setting(0.00019283746), setting(0.1), setting(100000), setting(True), setting("r8")
    ('0.0001928', '0.1', '100000', 'true', 'r8')
    """
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.4g}" if isinstance(value, float) else one_line(str(value))


def shortened(text: str) -> str:
    """Cut a value to the width of the table's widest."""
    return text if len(text) <= VALUE_WIDTH else text[: VALUE_WIDTH - 1] + "…"


def short_names(keys: Iterable[str]) -> dict[str, str]:
    """Return the last part of each key, or the whole key where others end alike.

    >>> list(short_names(["lora", "trainer.beta", "model.name", "data.name"]).values())
    ['lora', 'beta', 'model.name', 'data.name']
    """
    names = {key: key.rpartition(".")[2] for key in keys}
    counts = Counter(names.values())
    return {key: name if counts[name] == 1 else key for key, name in names.items()}


def fitted(text: Text, console: Console, num_lines: int) -> list[Text]:
    """Return the lines of a text, cut with a mark after `num_lines`."""
    lines = list(text.wrap(console, console.width))
    if len(lines) > num_lines:
        lines = lines[:num_lines]
        lines[-1].truncate(console.width - 1)
        lines[-1].append("…")
    return lines


def costs(trial: Trial, directions: Sequence[str]) -> list[float]:
    """Return the objectives of a trial, less being better; none where it has none."""
    signs = [1.0 if direction == "minimize" else -1.0 for direction in directions]
    return [
        math.nan if value is None else sign * value
        for sign, value in zip(signs if trial.values else [], trial.values, strict=True)
    ]


def joined(front: Sequence[Trial], trial: Trial, directions: Sequence[str]) -> tuple[Trial, ...]:
    """Return the front with a trial that none of it beats or equals, less those that it beats."""
    mine = costs(trial, directions)
    theirs = [costs(other, directions) for other in front]
    if not mine or not all(map(math.isfinite, mine)) or any(no_worse(t, mine) for t in theirs):
        return tuple(front)
    kept = (o for o, t in zip(front, theirs, strict=True) if not no_worse(mine, t))
    return (*kept, trial)


def no_worse(costs: Sequence[float], others: Sequence[float]) -> bool:
    """Return whether no cost is above its counterpart."""
    return all(mine <= other for mine, other in zip(costs, others, strict=True))
