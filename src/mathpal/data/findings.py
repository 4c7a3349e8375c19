"""What was found in rows before training: counted in the plan, listed in quality.jsonl."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

TRAIN, HELD_OUT = "train", "held_out"
EXCERPT = 120

OPTIONS = {
    "duplicate": "duplicates",
    "near_duplicate": "duplicates",
    "conflict": None,
    "leak": "leaks",
    "unanswered": "unanswered",
    "without_image": "without_image",
    "cut": "cut",
}
"""Finding -> the option of data that drops such training rows; None: no option does."""

PHRASES = {
    "duplicate": "duplicates",
    "near_duplicate": "near-duplicates",
    "conflict": "answered in another way elsewhere",
    "leak": "also held out",
    "unanswered": "without an answer",
    "without_image": "in need of a picture",
    "cut": "longer than max_length",
}

KEYS = {name: name for name in OPTIONS} | {f"{HELD_OUT}_{name}": name for name in OPTIONS}
"""What findings are counted by -> the finding."""


@dataclass(frozen=True)
class Finding:
    """Something about one row."""

    finding: str
    """A key of OPTIONS."""
    split: str
    """train or held_out."""
    row: int
    """The row's number in what the source returned for its split, from 1."""
    question: str
    """Its beginning."""
    partner: int | None = None
    """The earlier row that asks the same; of a leak, the held-out row."""
    dropped: bool = False

    @property
    def key(self) -> str:
        """The name that it is counted by."""
        return self.finding if self.split == TRAIN else f"{self.split}_{self.finding}"


@dataclass(frozen=True)
class Quality:
    """What was found in the rows of a source, and what cleaning changed."""

    findings: tuple[Finding, ...] = ()
    changes: Mapping[str, int] = field(default_factory=dict)
    """How often cleaning made each change of mathpal.maths.text.CHANGES."""
    num_cleaned: int = 0
    """Rows that cleaning changed."""

    @property
    def counts(self) -> dict[str, int]:
        """Rows by finding; those of held-out rows begin with held_out."""
        return dict(Counter(found.key for found in self.findings))

    @property
    def dropped(self) -> dict[str, int]:
        """Rows dropped, by finding; a row may be dropped for two."""
        return dict(Counter(found.key for found in self.findings if found.dropped))

    def records(self) -> list[dict[str, Any]]:
        """Return the content of quality.jsonl."""
        return [asdict(found) for found in self.findings]

    def __str__(self) -> str:
        return describe(self.counts, self.dropped)


def describe(counts: Mapping[str, int], dropped: Mapping[str, int]) -> str:
    """Say what was found in one line; empty where nothing was.

    >>> describe({"duplicate": 1, "leak": 4, "held_out_unanswered": 2}, {"leak": 4})
    '1 duplicate, 4 also held out (dropped); of the held-out rows 2 without an answer'
    """
    told = {
        key: amount(finding, counts[key]) + (" (dropped)" if key in dropped else "")
        for key, finding in KEYS.items()
        if key in counts
    }
    return _by_split(told)


def dropping(dropped: Mapping[str, int]) -> str:
    """Say what was dropped, for the plan's note; empty where nothing was.

    >>> dropping({"leak": 4, "duplicate": 12})
    'dropped: 12 duplicates, 4 also held out'
    """
    told = _by_split({k: amount(f, dropped[k]) for k, f in KEYS.items() if k in dropped})
    return f"dropped: {told}" if told else ""


def amount(finding: str, count: int) -> str:
    """Say how many rows have a finding.

    >>> amount("near_duplicate", 1), amount("unanswered", 1200)
    ('1 near-duplicate', '1,200 without an answer')
    """
    phrase = PHRASES[finding]
    return f"{count:,} {phrase.removesuffix('s') if count == 1 else phrase}"


def excerpt(question: str) -> str:
    """Return a question's beginning, in one line."""
    return " ".join(question.split())[:EXCERPT]


def _by_split(told: Mapping[str, str]) -> str:
    of_train = ", ".join(text for key, text in told.items() if not key.startswith(HELD_OUT))
    of_held_out = ", ".join(text for key, text in told.items() if key.startswith(HELD_OUT))
    others = f"of the held-out rows {of_held_out}" if of_held_out else ""
    return "; ".join(filter(None, (of_train, others)))
