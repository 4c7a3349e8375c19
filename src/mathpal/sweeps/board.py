"""What people see of a sweep: a live table on a terminal, a line a finished trial in a pipe."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.text import Text

from mathpal.report import duration, figure
from mathpal.report.trials import DONE, FAILURES
from mathpal.screen import Screen
from mathpal.sweeps.jobs import COMPLETE, PRUNED
from mathpal.sweeps.standings import Standing, Standings, one_line
from mathpal.sweeps.table import STYLES, drawn, fitted

FRONT_ROWS = 10
"""How many trials of a front are written at the end."""


class Board:
    """The table of a sweep's trials, or its lines where no table can be drawn.

    Args:
        total: trials asked for, those of other launches included; None: until stopped.
        num_slots: trials that run at the same time.
        live: False where trials run in this very process, whose displays a table would cover.
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
        *,
        live: bool = True,
    ) -> None:
        self._name = one_line(name)
        self._objectives = objectives
        self._directions = directions
        self._total = total
        self._num_slots = num_slots
        self._screen = screen
        self._clock = clock
        self._began = clock()
        self._ended: float | None = None
        self._standings = Standings(directions)
        self._live: Live | None = None
        if live and screen.is_live and screen.console.is_interactive:
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
        """Count a trial that another launch of this sweep has finished."""
        self._standings.begin(Standing(number, parameters, elsewhere=True))
        self._standings.end(number, state, values, seconds)

    def started(self, number: int, parameters: Mapping[str, Any]) -> None:
        """Show a trial that begins."""
        self._standings.begin(Standing(number, parameters, began=self._clock()))

    def progress(self, number: int, step: int, num_steps: int | None, value: float | None) -> None:
        """Show the newest step of a running trial, and its objective where it has reported one."""
        self._standings.report(number, step, num_steps, value)

    def finished(
        self,
        number: int,
        state: str,
        values: Sequence[float] | None,
        seconds: float,
        reason: str | None,
    ) -> None:
        """Show how a trial ended."""
        trial = self._standings.end(number, state, values, seconds)
        what = state if reason is None else f"{state}, {one_line(reason)}"
        if self._live is None:
            if state != PRUNED or reason is None:  # else the reason tells the value
                what += self._worth(trial, ", ")
            if trial in self._standings.front and len(self._objectives) == 1:
                what += ", best so far"
            facts = [what, self._words(trial), duration(seconds), self._counts()]
            self.note(f"trial {number}: {'; '.join(filter(None, facts))}")
        elif state in FAILURES and reason is not None:
            self.note(f"trial {number}: {what}")

    def lost(self, number: int) -> None:
        """Forget a trial that another launch took over while it ran here."""
        self._standings.drop(number)
        self.note(f"trial {number}: another launch took it up before it ended here")

    def note(self, text: str) -> None:
        """Print a line, above the table where there is one."""
        self._screen.say(escape(one_line(text)))

    def summary(self, folder: Path, commands: Sequence[str]) -> None:
        """Show how the trials ended, which was best, how long it took and what to do next."""
        counts = self._standings.counts
        states = ", ".join(f"{counts[state]} {state}" for state in STYLES if counts[state])
        text = num_trials(counts.total()) + (f": {states}" if states else "")
        if num_elsewhere := self._standings.num_elsewhere:
            text += f" ({num_elsewhere} of other launches)"
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
        front = self._standings.front
        if not front:
            yield "none: no trial has completed with a number"
        for trial in front[:FRONT_ROWS]:
            facts = [self._worth(trial), self._words(trial), duration(trial.seconds)]
            yield f"trial {trial.number}: {'; '.join(filter(None, facts))}"
        if len(front) > FRONT_ROWS:
            yield f"... and {len(front) - FRONT_ROWS} more"

    def _opening(self) -> str:
        wanted = [f"{d} {name}" for d, name in zip(self._directions, self._objectives, strict=True)]
        trials = "trials until stopped" if self._total is None else num_trials(self._total)
        if num_elsewhere := self._standings.num_elsewhere:
            trials += f", {num_elsewhere} finished earlier"
        return f"sweep {self._name}: {trials}, {self._num_slots} at a time, {', '.join(wanted)}"

    def _counts(self) -> str:
        """Return how many trials are in which state, and about how long the rest will take."""
        counts = self._standings.counts
        done = f"{sum(counts[state] for state in DONE)}"
        facts = [f"{done} done" if self._total is None else f"{done} of {self._total} done"]
        facts += [f"{counts[s]} {s}" for s in STYLES if s not in DONE and counts[s]]
        if self._total is not None and self._ended is None:
            left = self._standings.seconds_left(self._total, self._num_slots, self._clock())
            if left is not None and left >= 1:  # else the last ones take longer than the mean
                facts.append(f"about {duration(left)} left")
        return ", ".join(facts)

    def _best(self) -> str:
        """Return the best so far with its parameters, or the best of each objective."""
        front = self._standings.front
        if not front:
            return ""
        if len(self._objectives) == 1:
            (trial,) = front
            return f"best {self._worth(trial)} (trial {trial.number}): {self._words(trial)}"
        best = []
        for column, name in enumerate(self._objectives):
            trial, direction = self._standings.best_by(column), self._directions[column]
            value = trial.figure(column, name)
            best.append(f"{name} {value} (trial {trial.number}, {direction})")
        return f"best {', '.join(best)}; {len(front)} in the front"

    def _words(self, trial: Standing) -> str:
        names = self._standings.names
        return " ".join(f"{names[key]}={trial.setting(key)}" for key in trial.parameters)

    def _worth(self, trial: Standing, before: str = "") -> str:
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

    def __rich__(self) -> RenderableType:
        """Return the header and as many trials as the terminal has room for."""
        console = self._screen.console
        num_lines = max(1, console.height // 8)
        title = Text(self._name, "bold cyan").append(f"  {self._counts()}", "not bold default")
        header = fitted(title, console, num_lines)
        if best := self._best():
            header += fitted(Text(best, "green"), console, num_lines)
        # One line for the headings, one for what is left out, one for the cursor.
        room = console.height - len(header) - 3
        parts = [*header, *drawn(self._standings, self._objectives, self._clock(), console, room)]
        return Group(*parts[: max(1, console.height - 1)])


def num_trials(number: int) -> str:
    """Write a number of trials.

    >>> num_trials(1), num_trials(20)
    ('1 trial', '20 trials')
    """
    return f"{number} trial" if number == 1 else f"{number} trials"
