"""Which questions are the same, or nearly so: the same numbers in order, and most of the words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from mathpal.maths.notation.plain import plain

SIMILARITY = 0.75
"""Share of all words of two questions that both have (Jaccard), from which they are near.

Of the 1,010 exam rows, 18 pairs with the same numbers have it. The 11 whose answers agree ask the
same, the others do not (`lớn nhất`, `bé nhất`). From 0.5 to 0.75 four agree, of which one does not.
"""

MOST_LOOKED_AT = 200
"""Rows that a row is compared with at most, the likeliest first: a bound where all are alike."""

NUMBERING = re.compile(
    r"\A\s*(?:câu|bài|ví dụ)(?: hỏi| toán| tập)?\s*\d+\s*(?:\([^()]*(?:điểm|đ)\))?\s*[.:)]*\s*"
)
"""`Câu 12 (2,0 điểm).` in front of a question: where it stood, not what it asks."""
THOUSANDS = re.compile(r"\d{1,3}(?:[ .]\d{3})+(?!\d|,\d)")
POINT = re.compile(r"(\d)\.(?=\d)")
AFTER_NUMBER = r"(?:(?<=[\d)].)|(?<=[\d)] .))"
TIMES = re.compile(rf"[x*]{AFTER_NUMBER}(?= ?[\d(]| [^\W\d_])")
WORD = re.compile(
    r"\d+(?:,\d+)*|[^\W\d_]+"
    r"|[^\w\s.,;:!?'\"“”‘’…•|*_#$~`\\()\[\]{}⟦⟧-]"  # operators and symbols, a pictogram's too
    rf"|[:-](?:{AFTER_NUMBER}|(?<=\W[a-z].)|(?<=\W[a-z] .))(?= ?(?:[\d(]|[a-z](?!\w)))"
    r"|-(?<!\w-)(?=[\d(]|[a-z](?!\w))"  # of a negative number
    r"|\((?= ?[\w,]+ ?[+×·:/-])|\)(?= ?[+×·:/^-])"
)
SUM = re.compile(r"\d+(?:,\d+)*|[^\w\s=%°/^()]|[/^](?<=[\d)] .)(?= [\d(])")


class Asked(NamedTuple):
    """A question as it is compared."""

    text: str
    """Its words, numbers and operators in order, in small letters."""
    numbers: str
    """Its numbers, operators and symbols, in order."""

    @property
    def words(self) -> frozenset[str]:
        """What it says, in no order."""
        return frozenset(self.text.split(" "))


def asked(question: str) -> Asked:
    r"""Return a question in the form that is compared.

    >>> asked("Câu 3 (1 điểm): Tính $\\frac{1}{2}$ x 3.5 - 1")
    Asked(text='tính 1 / 2 × 3,5 - 1', numbers='1 / 2 × 3,5 - 1')
    >>> asked("Một vườn dài 1 200 m: Hỏi diện tích?") == asked("một vườn dài 1.200m, hỏi diện tích")
    True
    """
    text = NUMBERING.sub("", plain(question).casefold())
    text = THOUSANDS.sub(lambda number: re.sub(r"[ .]", "", number[0]), text)
    text = TIMES.sub(" × ", POINT.sub(r"\1,", text))
    text = " ".join(WORD.findall(text))
    return Asked(text, " ".join(SUM.findall(text)))


class Index:
    """Rows by what they ask, to find those that ask the same.

    Exact: of two rows with the same numbers and a similarity of SIMILARITY or more, each has one of
    the other's rarest words (prefix filtering: Bayardo, Ma, Srikant, WWW 2007, section 3.1).
    """

    def __init__(self, questions: Iterable[Asked]) -> None:
        """Take all questions that will be added or looked for."""
        every = list(questions)
        shared = Counter(question.numbers for question in every)
        self._shared = {numbers for numbers, count in shared.items() if count > 1}
        self._rarity = Counter(
            chain.from_iterable(q.words for q in every if q.numbers in self._shared)
        )
        self._by_text: dict[str, list[int]] = {}
        self._by_word: dict[tuple[str, str], list[tuple[int, str, frozenset[str]]]] = {}

    def add(self, row: int, question: Asked) -> None:
        """Let a row be found."""
        self._by_text.setdefault(question.text, []).append(row)
        if question.numbers in self._shared:
            words = question.words
            for word in self._rarest(words):
                posted = self._by_word.setdefault((question.numbers, word), [])
                posted.append((row, question.text, words))

    def same(self, question: Asked) -> Sequence[int]:
        """Return the rows that ask exactly the same."""
        return self._by_text.get(question.text, ()) if question.text else ()

    def near(self, question: Asked) -> Iterator[int]:
        """Yield rows that ask nearly the same, not exactly; the rarest common words come first."""
        if not question.text or question.numbers not in self._shared:
            return
        words = question.words
        posted = (self._by_word.get((question.numbers, w), ()) for w in self._rarest(words))
        seen: set[int] = set()
        for row, text, others in islice(chain.from_iterable(posted), MOST_LOOKED_AT):
            if row not in seen and text != question.text:
                seen.add(row)
                if len(words & others) >= SIMILARITY * len(words | others):
                    yield row

    def _rarest(self, words: frozenset[str]) -> list[str]:
        """Return the words of which near questions share one."""
        ordered = sorted(words, key=lambda word: (self._rarity[word], word))
        return ordered[: len(ordered) - math.ceil(SIMILARITY * len(ordered)) + 1]
