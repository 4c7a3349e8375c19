"""Compare two models on the same held-out questions: which is better, where, and how surely."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from mathpal.errors import RequestError
from mathpal.evaluation import AFTER, BEFORE, predictions
from mathpal.evaluation.predictions import Prediction
from mathpal.evaluation.statistics import (
    Interval,
    PairedCounts,
    difference_interval,
    mcnemar_mid,
)

LEVEL = 0.05
"""Below this p-value, one model is called better."""

BASE_AND_TRAINED = ("the base model", "the trained model")
"""What a run's own two models are called."""

FACTS = ("topic", "kind", "grade")
"""What a comparison is broken down by: the first of these that the questions have."""


@dataclass(frozen=True)
class Pair:
    """One question with the answers of both models."""

    a: Prediction
    b: Prediction


@dataclass(frozen=True)
class Change:
    """How the questions of one topic went with both models."""

    name: str
    counts: PairedCounts


@dataclass(frozen=True)
class Comparison:
    """Two models on the same questions."""

    name_a: str
    name_b: str
    counts: PairedCounts
    num_ungradable: int
    """Questions that count for neither, because a reference has no answer that can be read."""
    p_value: float
    """McNemar's test, mid-p; 1 where no question can be graded."""
    interval: Interval | None
    """Of B's share of right answers less A's; None where no question can be graded."""
    fact: str | None
    """What `changes` is by."""
    changes: Sequence[Change]
    """Most worsened first, most improved last."""
    lost: Sequence[Pair]
    """Questions that A alone got right."""
    gained: Sequence[Pair]
    """Questions that B alone got right."""

    @property
    def verdict(self) -> str:
        """Which is better, in a sentence with the figures behind it."""
        if self.interval is None:
            return "nothing to compare: no question has a reference that can be graded"
        a, b, interval = self.counts.share_a, self.counts.share_b, self.interval
        names, shares = (self.name_b, self.name_a), (b, a)
        if a > b:
            names, shares = (self.name_a, self.name_b), (a, b)
            interval = Interval(-interval.high, -interval.low)
        figures = (
            f"difference {points(shares[0] - shares[1])} points (95% interval "
            f"{points(interval.low)} to {points(interval.high)}), McNemar {p_text(self.p_value)}"
        )
        answers = f"{self.counts.num:,} answers"
        if self.p_value < LEVEL:
            against = f"{shares[0]:.1%} against {shares[1]:.1%}"
            return f"{names[0]} is better: {against} of {answers}, {figures}"
        return (
            f"no difference that {answers} can tell: {names[0]} {shares[0]:.1%}, "
            f"{names[1]} {shares[1]:.1%}, {figures}"
        )


def compare_runs(folder_a: Path, folder_b: Path) -> Comparison:
    """Compare the answers of two runs' folders, called A and B.

    Raises: RequestError where a run has no answers, or they answered different questions.
    """
    a, b = (_answers(folder / AFTER, folder) for folder in (folder_a, folder_b))
    return compare(a, b)


def compare_before(folder: Path) -> Comparison:
    """Compare a run's answers with those of its base model.

    Raises: RequestError where one of them is missing, or they answered different questions.
    """
    before, after = (_answers(folder / name, folder) for name in (BEFORE, AFTER))
    return compare(before, after, *BASE_AND_TRAINED)


def compare(
    a: Sequence[Prediction], b: Sequence[Prediction], name_a: str = "A", name_b: str = "B"
) -> Comparison:
    """Compare the answers of two models to the same questions, in whatever order.

    Raises: RequestError where they answered different questions.
    """
    pairs = common(a, b)
    if not len(pairs) == len(a) == len(b):
        raise RequestError(
            f"{name_a} and {name_b} answered different questions: {len(a):,} and {len(b):,}, "
            f"{len(pairs):,} of them common; evaluate both on the same held-out rows"
        )
    return of_pairs(pairs, name_a, name_b)


def common(a: Iterable[Prediction], b: Iterable[Prediction]) -> list[Pair]:
    """Pair the answers to the same question with the same reference, in the order of B."""
    waiting: dict[tuple[str, str], list[Prediction]] = {}
    for prediction in a:
        waiting.setdefault((prediction.question, prediction.reference), []).append(prediction)
    found = ((waiting.get((p.question, p.reference), []), p) for p in b)
    return [Pair(others.pop(0), p) for others, p in found if others]


def of_pairs(pairs: Sequence[Pair], name_a: str, name_b: str) -> Comparison:
    """Count and test pairs of answers."""
    graded = [p for p in pairs if p.a.correct is not None and p.b.correct is not None]
    counts = count(graded)
    fact = next((f for f in FACTS if any(f in p.b.facts for p in graded)), None)
    return Comparison(
        name_a=name_a,
        name_b=name_b,
        counts=counts,
        num_ungradable=len(pairs) - len(graded),
        p_value=mcnemar_mid(counts.only_a, counts.only_b),
        interval=difference_interval(counts) if graded else None,
        fact=fact,
        changes=[] if fact is None else _changes(graded, fact),
        lost=[p for p in graded if p.a.correct and not p.b.correct],
        gained=[p for p in graded if p.b.correct and not p.a.correct],
    )


def count(graded: Sequence[Pair]) -> PairedCounts:
    """Count which of the two models were right."""
    outcomes = [(p.a.correct, p.b.correct) for p in graded]
    return PairedCounts(
        both_right=outcomes.count((True, True)),
        only_a=outcomes.count((True, False)),
        only_b=outcomes.count((False, True)),
        neither=outcomes.count((False, False)),
    )


def renderables(
    comparison: Comparison, folders: Sequence[Path] = (), num_examples: int = 3
) -> list[RenderableType]:
    """Return what the screen prints: the verdict, the counts, the topics, answers that flipped.

    `folders` are those of A and B, where both are named; examples are so many of each direction.
    """
    names = (comparison.name_a, comparison.name_b)
    shown: list[RenderableType] = [
        Text.assemble((name, "bold"), f" {folder}")
        for name, folder in zip(names, folders, strict=False)
    ]
    shown.append(Text(comparison.verdict, style="bold"))
    if comparison.interval is None:
        return shown
    shown += ["", _counts_table(comparison)]
    if comparison.num_ungradable:
        shown.append(Text(f"{comparison.num_ungradable:,} more cannot be graded", style="dim"))
    moved = [c for c in comparison.changes if c.counts.only_a or c.counts.only_b]
    if moved:
        shown += ["", _changes_table(comparison, moved)]
    for name, pairs in zip(names, (comparison.lost, comparison.gained), strict=True):
        for pair in pairs[:num_examples]:
            shown += ["", *_flipped(pair, name, comparison)]
    return shown


def points(share: float) -> str:
    """Write a difference of shares in percentage points.

    >>> points(0.069), points(-0.012), points(0.0001)
    ('+6.9', '-1.2', '0.0')
    """
    text = f"{100 * share:+.1f}"
    return text if text.strip("+-") != "0.0" else "0.0"


def p_text(p_value: float) -> str:
    """Write a p-value with two significant digits.

    >>> p_text(0.0213), p_text(0.00002), p_text(1.0)
    ('p = 0.021', 'p < 0.001', 'p = 1.0')
    """
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:#.2g}"


def _answers(path: Path, folder: Path) -> list[Prediction]:
    found = predictions.read(path)
    if not found:
        raise RequestError(f"{folder} has no answers in {path.name}: mathpal evaluate {folder}")
    return found


def _changes(graded: Sequence[Pair], fact: str) -> list[Change]:
    grouped: dict[str, list[Pair]] = {}
    for pair in graded:
        if fact in pair.b.facts:
            grouped.setdefault(str(pair.b.facts[fact]), []).append(pair)
    changes = [Change(name, count(pairs)) for name, pairs in grouped.items()]
    return sorted(changes, key=lambda c: (c.counts.difference, c.name))


def _counts_table(comparison: Comparison) -> Table:
    counts = comparison.counts
    rows = {
        "both right": counts.both_right,
        f"only {comparison.name_a} right": counts.only_a,
        f"only {comparison.name_b} right": counts.only_b,
        "neither right": counts.neither,
    }
    table = _table("answers", "number", "share")
    for name, number in rows.items():
        table.add_row(Text(name), f"{number:,}", f"{number / counts.num:.1%}")
    return table


def _changes_table(comparison: Comparison, moved: Sequence[Change]) -> Table:
    headings = ("answers", comparison.name_a, comparison.name_b, "points", "lost", "gained")
    table = _table(str(comparison.fact), *headings)
    for change in moved:
        counts = change.counts
        style = "red" if counts.difference < 0 else "green" if counts.difference > 0 else ""
        table.add_row(
            Text(change.name),
            f"{counts.num:,}",
            f"{counts.share_a:.1%}",
            f"{counts.share_b:.1%}",
            Text(points(counts.difference), style=style),
            f"{counts.only_a:,}",
            f"{counts.only_b:,}",
        )
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold cyan")
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _flipped(pair: Pair, right: str, comparison: Comparison) -> Iterator[Text]:
    yield Text.assemble((f"only {right} right ", "bold"), _one_line(pair.b.question))
    for name, answer in ((comparison.name_a, pair.a), (comparison.name_b, pair.b)):
        mark = ("right", "green") if answer.correct else ("wrong", "red")
        yield Text.assemble((f"{name} ", "bold"), mark, f": {_one_line(answer.prediction)}")


def _one_line(text: str, limit: int = 300) -> str:
    line = " / ".join(part.strip() for part in text.splitlines() if part.strip())
    return line if len(line) <= limit else line[:limit] + " ..."
