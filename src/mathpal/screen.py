"""What people see: a table before, a bar during, a comparison and the next commands after.

On a terminal this is drawn with rich; a pipe gets the same facts as plain lines.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from mathpal.config import EvaluationConfig
from mathpal.data import Rows
from mathpal.data.chat import IGNORED, Encoded
from mathpal.evaluation.breakdown import breakdown
from mathpal.evaluation.predictions import Prediction
from mathpal.preflight.duration.wording import span
from mathpal.preflight.lengths import Lengths
from mathpal.preflight.memory import Memory
from mathpal.preflight.memory import table as parts_table
from mathpal.preflight.plan import Plan

TELLING = {"reward": "reward", "rewards/margins": "margin", "accuracy": "ranked right"}
"""Figures that say more of some trainers' progress than the loss -> their names on the screen."""


class _Console(Console):
    """A console whose pipe may break: the run goes on without a screen."""

    def on_broken_pipe(self) -> None:
        """Write nothing more."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Screen:
    """The console of one run, with its progress bar while one is shown."""

    def __init__(self, console: Console | None = None) -> None:
        # No emoji: `3 :100: 2` is a division in Vietnamese notation.
        # Its own file: what libraries print goes elsewhere.
        self.console = console or _Console(file=sys.stdout, highlight=False, emoji=False)
        self._bar: Progress | None = None
        self._task: Any = None
        self._total = 0
        self._seconds_left: float | None = None
        self._told: float | None = None

    @property
    def is_live(self) -> bool:
        """Whether bars and spinners can be drawn."""
        return self.console.is_terminal

    def say(self, text: RenderableType) -> None:
        """Print a line, with rich's markup, or a table."""
        self.console.print(text, soft_wrap=True)

    def plan(self, plan: Plan, *, whole: bool = False) -> None:
        """Show what is going to happen; the whole of it has a table of what takes memory."""
        rows = list(plan.lines(whole=whole))
        if self.is_live:
            table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
            table.add_column(style="bold cyan")
            table.add_column()
            for name, text in rows:
                table.add_row(name, escape(text))
            self.console.print(table)
        else:
            for name, text in rows:
                self.say(escape(f"{name}: {text}"))
        for warning in plan.warnings:
            self.say(f"[yellow]warning:[/] {escape(warning)}")
        if plan.memory is not None and (whole or plan.refusal):
            self._memory(plan.memory, plan.memory_budget_bytes)

    def _memory(self, memory: Memory, budget: int | None) -> None:
        """Show what takes memory, by part."""
        lines = parts_table(memory, budget)
        self.say("")
        if not self.is_live:
            for name, text in lines:
                self.say(escape(f"memory, {name}: {text}"))
            return
        table = Table(
            title="memory, an estimate", title_justify="left", box=None, show_header=False
        )
        table.add_column(style="bold cyan", no_wrap=True)
        table.add_column()
        for name, text in lines:
            table.add_row(name, escape(text))
        self.console.print(table)

    @contextmanager
    def working(self, text: str) -> Iterator[Callable[[str], None]]:
        """Show that something is being done; yields what changes the words on a terminal."""
        if not self.is_live:
            self.say(escape(text))
            yield lambda text: None
            return
        with self.console.status(escape(text)) as status:
            yield lambda text: status.update(escape(text))

    @contextmanager
    def answering(self, text: str, total: int) -> Iterator[Any]:
        """Show a bar over the rows answered; yields the function that advances it."""
        if not self.is_live:
            self.say(escape(f"{text}: {total} questions"))
            yield lambda count: None
            return
        with self._progress(text, total) as (bar, task):
            yield lambda count: bar.advance(task, count)

    @contextmanager
    def training(self) -> Iterator[None]:
        """Show a bar while training lasts, whatever ends it."""
        try:
            yield
        finally:
            self._stop_bar()

    def _stop_bar(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def start_training(self, step: int, total: int, seconds_left: float | None = None) -> None:
        """Start the bar at `step`, anew where training begins once more with smaller batches."""
        self._stop_bar()
        self._total, self._seconds_left, self._told = total, seconds_left, None
        if self.is_live:
            self._bar = _bar(self.console, _TimeLeft())
            self._task = self._bar.add_task(
                "training", total=total, completed=step, info="", end=_end(seconds_left)
            )
            self._bar.start()

    def advance_training(self, step: int, seconds_left: float | None = None) -> None:
        """Move the bar to `step`; None where the time left is not known."""
        self._seconds_left = seconds_left
        if self._bar is not None:
            self._bar.update(self._task, completed=step, end=_end(seconds_left))

    def show_metrics(self, line: Mapping[str, Any]) -> None:
        """Show the loss and speed of a logged step."""
        info = f"loss {line['loss']:.4f}"
        info += "".join(f", {text} {line[key]:.3f}" for key, text in TELLING.items() if key in line)
        if line["tokens_per_second"]:
            info += f", {line['tokens_per_second']:,.0f} tokens/s"
        if self._bar is not None:
            self._bar.update(self._task, info=info)
            return
        is_last = line["step"] >= self._total
        if self._seconds_left and not is_last and _is_news(self._seconds_left, self._told):
            self._told = self._seconds_left
            info += f", {_left(self._told)}"
        self.say(f"step {line['step']}/{self._total}: {info}")

    def evaluation(
        self,
        before: Sequence[Prediction],
        after: Sequence[Prediction],
        settings: EvaluationConfig | None,
    ) -> None:
        """Show a few answers before and after."""
        if settings is None or not after:
            return
        first = {p.question: p for p in before}
        for prediction in _samples(first, after, settings.num_samples):
            self.say("")
            self.say(f"[bold]question[/] {escape(_one_line(prediction.question))}")
            if prediction.question in first:
                self._answer("before", first[prediction.question])
            self._answer("after", prediction)
        self.say("")
        self._breakdown(after)

    def summary(self, figures: Mapping[str, Any], folder: Path) -> None:
        """Show the figures, the folder and what to do next."""
        self.accuracies(figures)
        for text in _figures(figures):
            self.say(text)
        here = Path.cwd()
        shown = folder.relative_to(here) if folder.is_relative_to(here) else folder
        self.say(f"[bold]folder[/] {escape(str(shown))}")
        self.say(f"[bold]next[/]   mathpal evaluate {escape(str(shown))}")
        self.say(f"       open {escape(str(shown / 'report.html'))} in a browser; train --help")

    def accuracies(self, figures: Mapping[str, Any]) -> None:
        """Show the share of right answers, after that of the base model."""
        base, final = figures["base_accuracy"], figures["eval_accuracy"]
        if final is not None:
            was = "" if base is None else f"{base:.1%} -> "
            self.say(f"[bold]accuracy[/] {was}[bold green]{final:.1%}[/] of held-out answers")

    def _breakdown(self, answers: Sequence[Prediction]) -> None:
        """Show how sure the share of right answers is, and where they are right."""
        found = breakdown(answers)
        if (share := found.overall.interval) is not None:
            self.say(
                f"[bold]right[/] {found.overall.right} of {found.overall.num_graded} answers, "
                f"95% interval {share.low:.1%} to {share.high:.1%}"
            )
        for fact in ("grade", "strand"):
            groups = [g for g in found.groups.get(fact, ()) if g.tally.share is not None]
            if len(groups) > 1:
                shares = ", ".join(f"{g.name} {g.tally.share:.0%}" for g in groups)
                self.say(f"[bold]by {fact}[/] {shares}")
        if found.overall.unreadable or found.num_cut:
            self.say(
                f"[bold]unread[/] {found.overall.unreadable} without an answer that can be read, "
                f"{found.num_cut} cut at evaluation.max_new_tokens"
            )

    def preview(
        self, rows: Rows, encoded: Sequence[Encoded], tokens: Lengths, tokenizer: Any
    ) -> None:
        """Show tokenised rows: trained tokens green, or between ⟦ ⟧ in a pipe."""
        for number, row in enumerate(encoded, start=1):
            share = row.num_trained / len(row.input_ids)
            self.say(
                f"[bold]row {number}[/]: {len(row.input_ids)} tokens, "
                f"{row.num_trained} trained ({share:.0%})"
            )
            self.say("".join(self._span(*span) for span in _spans(row, tokenizer)))
            self.say("")
        self.say(f"[bold]data[/] {escape(rows.note)}")
        self.say(f"[bold]rows[/] {len(rows.train):,} to train on, {len(rows.test):,} held out")
        if found := str(rows.quality):
            self.say(f"[bold]quality[/] {escape(found)}")
        self.say(f"[bold]tokens[/] {tokens}")

    def _span(self, text: str, trained: bool) -> str:
        if not trained:
            return f"[dim]{escape(text)}[/]"
        return f"[green]{escape(text)}[/]" if self.is_live else f"⟦{escape(text)}⟧"

    def _answer(self, when: str, prediction: Prediction) -> None:
        mark = {True: "[green]right[/]", False: "[red]wrong[/]", None: "[dim]not scored[/]"}
        self.say(
            f"[bold]{when}[/] {mark[prediction.correct]}: "
            f"{escape(_one_line(prediction.prediction))}"
        )

    @contextmanager
    def _progress(self, text: str, total: int) -> Iterator[tuple[Progress, Any]]:
        with _bar(self.console) as bar:
            yield bar, bar.add_task(text, total=total, info="")


class _TimeLeft(ProgressColumn):
    """Count down to the moment at which training is expected to end."""

    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        """Say how long that is from now; nothing where it is not known."""
        end = task.fields["end"]
        left = "" if end is None else _left(max(0.0, end - time.monotonic()))
        return Text(left, style="progress.remaining")


def _bar(console: Console, time_left: ProgressColumn | None = None) -> Progress:
    return Progress(
        TextColumn("[bold cyan]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[info]}"),
        time_left or TimeRemainingColumn(compact=True),
        console=console,
        redirect_stdout=False,
    )


def _end(seconds_left: float | None) -> float | None:
    return None if seconds_left is None else time.monotonic() + seconds_left


def _left(seconds: float) -> str:
    return f"about {span(seconds)} left"


def _is_news(seconds: float, told: float | None) -> bool:
    """Tell whether the time left differs enough from what was said of it to be said again.

    >>> _is_news(300, None), _is_news(290, 300), _is_news(220, 300), _is_news(400, 300)
    (True, False, True, True)
    """
    return told is None or not 0.75 * told < seconds < 1.25 * told


def _spans(row: Encoded, tokenizer: Any) -> Iterator[tuple[str, bool]]:
    """Yield the text of each run of tokens that are all trained, or all not."""
    pairs = zip(row.input_ids, row.labels, strict=True)
    for trained, run in groupby(pairs, key=lambda pair: pair[1] != IGNORED):
        yield tokenizer.decode([token for token, _ in run]), trained


def _figures(figures: Mapping[str, Any]) -> Iterator[str]:
    losses = [(k, figures[k]) for k in ("train_loss", "eval_loss") if figures.get(k) is not None]
    if losses:
        yield "[bold]loss[/] " + ", ".join(f"{name} {value:.4f}" for name, value in losses)
    seconds = f"{figures['seconds_total']:.1f} s in all"
    if figures.get("seconds_to_first_step") is not None:
        seconds += f", {figures['seconds_to_first_step']:.1f} s to the first step"
    if figures.get("tokens_per_second") is not None:
        seconds += f", {figures['tokens_per_second']:,.0f} tokens/s"
    yield f"[bold]time[/] {seconds}, peak memory {figures['peak_memory_bytes'] / 1e9:.2f} GB"


def _samples(
    before: Mapping[str, Prediction], after: Sequence[Prediction], num_samples: int
) -> list[Prediction]:
    """Choose answers that tell most: put right by training, then still wrong, then the rest."""

    def rank(p: Prediction) -> int:
        was = before[p.question].correct if p.question in before else None
        return 0 if p.correct and was is False else 1 if p.correct is False else 2

    ranked = sorted(after, key=rank)
    improved = [p for p in ranked if rank(p) == 0]
    others = [p for p in ranked if rank(p) != 0]
    first = improved[: max(num_samples - 1, 0)]
    return (first + others + improved[len(first) :])[:num_samples]


def _one_line(text: str, limit: int = 300) -> str:
    line = " / ".join(part.strip() for part in text.splitlines() if part.strip())
    return line if len(line) <= limit else line[:limit] + " ..."
