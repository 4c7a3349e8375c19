"""What a set of predictions comes to: shares of right answers, by what, and how long they are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from statistics import mean, median

from mathpal.evaluation.predictions import Prediction
from mathpal.evaluation.statistics import Interval, wilson

FACTS = ("grade", "strand", "topic", "kind")
"""What problems are grouped by, coarse to fine; a source may know none of it."""


@dataclass(frozen=True)
class Tally:
    """How some questions were answered."""

    num: int
    right: int
    wrong: int
    ungradable: int
    """Questions whose reference has no answer that can be read; they count in no share."""
    unreadable: int
    """Predictions that no answer could be read from; where gradable, they are wrong."""

    @property
    def num_graded(self) -> int:
        """The questions that shares are of."""
        return self.right + self.wrong

    @property
    def share(self) -> float | None:
        """The share of right answers among those that can be graded; None if none can."""
        return self.right / self.num_graded if self.num_graded else None

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval of the share; None if there is none."""
        return wilson(self.right, self.num_graded) if self.num_graded else None

    @property
    def unreadable_share(self) -> float:
        """The share of predictions that no answer could be read from; at least one question."""
        return self.unreadable / self.num


@dataclass(frozen=True)
class Group:
    """The questions of one grade, strand, topic or kind."""

    name: str
    tally: Tally


@dataclass(frozen=True)
class AnswerLengths:
    """Tokens of the answers, the one that ends them included."""

    mean: float
    median: float
    p95: int
    longest: int


@dataclass(frozen=True)
class Breakdown:
    """A set of predictions in figures."""

    overall: Tally
    groups: Mapping[str, Sequence[Group]]
    """For each of FACTS that at least one question has: its groups, in order."""
    num_cut: int
    """Answers that ended because they had reached max_new_tokens."""
    lengths: AnswerLengths | None
    """None where tokens were not counted."""


def breakdown(predictions: Sequence[Prediction]) -> Breakdown:
    """Count predictions, in all and by every fact that is known of them."""
    grouped = {fact: groups(predictions, fact) for fact in FACTS}
    return Breakdown(
        overall=tally(predictions),
        groups={fact: found for fact, found in grouped.items() if found},
        num_cut=sum(p.cut for p in predictions),
        lengths=_lengths([p.num_tokens for p in predictions]),
    )


def tally(predictions: Sequence[Prediction]) -> Tally:
    """Count predictions by how they were graded."""
    graded = [p.correct for p in predictions if p.correct is not None]
    return Tally(
        num=len(predictions),
        right=sum(graded),
        wrong=len(graded) - sum(graded),
        ungradable=len(predictions) - len(graded),
        unreadable=sum(p.read_as is None for p in predictions),
    )


def groups(predictions: Sequence[Prediction], fact: str) -> list[Group]:
    """Count the predictions of each value of a fact, in order of value; without it, none."""
    found: dict[str, list[Prediction]] = {}
    for prediction in predictions:
        if prediction.facts.get(fact) is not None:
            found.setdefault(str(prediction.facts[fact]), []).append(prediction)
    return [Group(name, tally(found[name])) for name in sorted(found, key=_natural)]


def sample_errors(predictions: Sequence[Prediction], num: int) -> list[Prediction]:
    """Choose wrong answers, the same ones every time: one of each kind, then a second, and so on.

    Kinds with the most wrong answers come first.
    """
    return spread([p for p in predictions if p.correct is False])[:num]


def spread(predictions: Sequence[Prediction]) -> list[Prediction]:
    """Order predictions so that any first few of them are of many kinds."""
    kinds: dict[str, list[Prediction]] = {}
    for prediction in predictions:
        kinds.setdefault(str(prediction.facts.get("kind")), []).append(prediction)
    largest_first = sorted(kinds.values(), key=lambda found: -len(found))
    rounds = zip_longest(*largest_first)
    return [p for one_of_each in rounds for p in one_of_each if p is not None]


def _lengths(num_tokens: Sequence[int]) -> AnswerLengths | None:
    if not any(num_tokens):
        return None
    ordered = sorted(num_tokens)
    p95 = ordered[math.ceil(len(ordered) * 0.95) - 1]
    return AnswerLengths(mean(ordered), median(ordered), p95, ordered[-1])


def _natural(name: str) -> tuple[bool, int, str]:
    """Sort numbers by size, before names.

    >>> sorted(["10", "average", "9"], key=_natural)
    ['9', '10', 'average']
    """
    return (True, 0, name) if not name.isdecimal() else (False, int(name), name)
