"""What a tokenizer makes of Vietnamese and of maths.

Whether a symbol falls to bytes is told by the tokenizer itself: one of the tokens that stand for it
decodes to a part of a character. So it holds for byte-level BPE as for SentencePiece with byte
fallback.
"""

from __future__ import annotations

import re
import shlex
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mathpal.errors import RequestError

SYMBOLS = (*"×:÷√π²³½≤≥≠°∈Δ∠⊥%", "đồng", r"\frac", r"\overline")
"""What Vietnamese school mathematics writes, beside what the texts are found to hold."""

NUMBERS = ("2025", "3,5", "1 250 000", "12")
LONG_NUMBER = "1234567890"

TONES = ("", "\u0300", "\u0301", "\u0309", "\u0303", "\u0323")
VOWELS = "".join(
    unicodedata.normalize("NFC", vowel + tone) for vowel in "aăâeêioôơuưy" for tone in TONES
)
_BEYOND_ASCII = "".join(letter for letter in VOWELS + "đ" if not letter.isascii())
LETTERS = _BEYOND_ASCII + _BEYOND_ASCII.upper()
"""The 134 letters of Vietnamese that ASCII lacks, composed."""

SYLLABLE = re.compile(
    rf"(?<!\w)(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdđghklmnpqrstvx])?[{VOWELS}]{{1,3}}"
    r"(?:ch|ng|nh|[cmnpt])?(?!\w)",
    re.IGNORECASE,
)
"""A word that could be a Vietnamese syllable; `cm`, `kg` and `x` are not."""

CANDIDATE = re.compile(rf"\\[A-Za-z]+|[^\s\x00-\x7f{LETTERS}\u0300-\u036f]")
"""LaTeX commands, and characters that are neither ASCII nor Vietnamese."""

COSTLY = 3
"""Tokens of a symbol from which on it is worth one of its own."""

FREQUENT = 0.01
"""Times a text that a symbol has to stand in the texts to be worth a token."""

NUM_SHOWN = 3
"""Texts shown that do not come back as they were."""

REPLACEMENT = "\ufffd"


@dataclass(frozen=True)
class Cost:
    """What a symbol costs."""

    symbol: str
    num_tokens: int
    """In the cheaper of two places: between digits, or between spaces."""
    kind: str
    """one, several, bytes (some token is a part of a character) or unknown."""
    count: int
    """Times that it stands in the texts."""
    saved: int = 0
    """Tokens of the texts that a token of its own would save; the space before it is one then."""


@dataclass(frozen=True)
class TokenReport:
    """How a tokenizer cuts some texts, and Vietnamese and maths in general."""

    vocabulary: int
    num_texts: int
    num_tokens: int
    tokens_per_character: float | None
    tokens_per_syllable: float | None
    """None where the texts have no Vietnamese syllable."""
    whole_syllables: float | None
    """Share of the syllables that are one token."""
    digits_a_token: int
    """Digits of a long number that one token may hold."""
    numbers: dict[str, tuple[str, ...]]
    """A number -> the pieces it is cut into."""
    space_before_number: str
    """The piece with the space of `hai 12`; empty where none has it."""
    symbols: tuple[Cost, ...]
    letters_in_bytes: str
    letters_unknown: str
    decomposed_growth: float | None
    """Tokens of the texts in decomposed form (NFD), for one in composed form (NFC)."""
    num_lossy: int
    """Texts that decode(encode(text)) changes."""
    lossy: tuple[tuple[str, str], ...]
    """The first of them, and what they become."""
    recommended: tuple[Cost, ...]
    """Symbols that are costly and frequent, those that save most first."""
    saved_together: int
    """Tokens of the texts that a token for each of these would save."""


def report(tokenizer: Any, texts: Sequence[str]) -> TokenReport:
    """Look at how a fast tokenizer cuts the texts, such as a run's questions and answers.

    Raises: RequestError where the tokenizer cannot tell where in a text its tokens stand.
    """
    if not tokenizer.is_fast:
        raise RequestError(
            f"model.name={tokenizer.name_or_path}: a slow tokenizer, which does not tell where "
            "its tokens stand; a tokenizer.json is needed"
        )
    composed = [unicodedata.normalize("NFC", text) for text in texts]
    num_tokens = _count(tokenizer, texts)
    num_characters = sum(map(len, texts))
    num_composed = _count(tokenizer, composed)
    decomposed = [unicodedata.normalize("NFD", text) for text in texts]
    per_syllable = _tokens_of_syllables(tokenizer, composed)
    letters = {letter: _kind(tokenizer, pieces(tokenizer, letter)) for letter in LETTERS}
    lossy = [(text, back) for text in texts if (back := round_trip(tokenizer, text)) != text]
    costs = _costs(tokenizer, texts)
    recommended = _recommended(tokenizer, texts, costs)
    return TokenReport(
        vocabulary=len(tokenizer),
        num_texts=len(texts),
        num_tokens=num_tokens,
        tokens_per_character=num_tokens / num_characters if num_characters else None,
        tokens_per_syllable=sum(per_syllable) / len(per_syllable) if per_syllable else None,
        whole_syllables=per_syllable.count(1) / len(per_syllable) if per_syllable else None,
        digits_a_token=max(sum(map(str.isdigit, p)) for p in cut(tokenizer, LONG_NUMBER)),
        numbers={number: cut(tokenizer, number) for number in NUMBERS},
        space_before_number=_with_space(cut(tokenizer, "hai 12")),
        symbols=costs,
        letters_in_bytes="".join(x for x, kind in letters.items() if kind == "bytes"),
        letters_unknown="".join(x for x, kind in letters.items() if kind == "unknown"),
        decomposed_growth=_count(tokenizer, decomposed) / num_composed if num_composed else None,
        num_lossy=len(lossy),
        lossy=tuple(lossy[:NUM_SHOWN]),
        recommended=recommended,
        saved_together=saving(tokenizer, texts, [cost.symbol for cost in recommended]),
    )


def pieces(tokenizer: Any, symbol: str) -> list[int]:
    """Return the tokens that stand for a symbol in a text, in the cheaper of two places.

    A token that takes in a space beside the symbol is one of them.
    """
    return min((_within(tokenizer, f"1{gap}", symbol, f"{gap}1") for gap in ("", " ")), key=len)


def round_trip(tokenizer: Any, text: str) -> str:
    """Return what a text becomes once it is tokenised and decoded."""
    ids = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    back: str = tokenizer.decode(ids)
    return back


def cut(tokenizer: Any, text: str) -> tuple[str, ...]:
    """Return what each token of a text adds to it, in the text's own characters."""
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    so_far = [tokenizer.decode(ids[:end]) for end in range(len(ids) + 1)]
    added = (after[len(before) :] for before, after in pairwise(so_far))
    return tuple(part for part in added if part)


def saving(tokenizer: Any, texts: Sequence[str], symbols: Sequence[str]) -> int:
    """Return the tokens that the texts would have less if each symbol were a token.

    What stands between such tokens is tokenised by itself, as tokenizers do it.
    """
    if not symbols:
        return 0
    longest_first = sorted(symbols, key=len, reverse=True)
    either = re.compile("|".join(map(re.escape, longest_first)))
    concerned = [text for text in texts if either.search(text)]
    between = [either.split(text) for text in concerned]
    num_symbols = sum(len(parts) - 1 for parts in between)
    left = _count(tokenizer, [part for parts in between for part in parts if part])
    return _count(tokenizer, concerned) - left - num_symbols


def lines(found: TokenReport) -> Iterator[tuple[str, str]]:
    """Yield what a report found, a name and a text each."""
    yield (
        "texts",
        f"{found.num_texts:,}, of {found.num_tokens:,} tokens ({found.vocabulary:,} known)",
    )
    if found.tokens_per_character is not None:
        yield "characters", f"{found.tokens_per_character:.2f} tokens each"
    if found.tokens_per_syllable is not None:
        yield (
            "syllables",
            f"{found.tokens_per_syllable:.2f} tokens each; {found.whole_syllables:.1%} are one",
        )
    yield "numbers", _digits(found)
    yield from _symbol_lines(found.symbols)
    yield "letters", _letters(found)
    if found.decomposed_growth is not None:
        yield "NFD", f"{found.decomposed_growth:.2f} times the tokens of the same texts in NFC"
    yield (
        "round trip",
        f"{found.num_texts - found.num_lossy:,} of {found.num_texts:,} texts come back",
    )
    for text, back in found.lossy:
        yield "changed", f"{text[:80]!r} -> {back[:80]!r}"
    yield "advice", _advice(found)


def renderables(found: TokenReport, *, live: bool) -> list[RenderableType]:
    """Return what to print: a table for a terminal, plain lines for a pipe."""
    if not live:
        return [Text(f"{name}: {text}") for name, text in lines(found)]
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in lines(found):
        table.add_row(name, escape(text))
    return [table]


def override(symbols: Sequence[str]) -> str:
    """Return the argument that adds symbols, quoted for Hydra and for a shell.

    >>> print(override(["½", "√"]))
    'model.extra_tokens=["½","√"]'
    """
    quoted = ",".join(f'"{symbol}"' for symbol in symbols)
    return shlex.quote(f"model.extra_tokens=[{quoted}]")


def _encoded(tokenizer: Any, texts: Sequence[str]) -> Any:
    return tokenizer(
        list(texts),
        add_special_tokens=False,
        return_attention_mask=False,
        return_offsets_mapping=True,
        verbose=False,  # of texts beyond the model's context
    )


def _count(tokenizer: Any, texts: Sequence[str]) -> int:
    if not texts:
        return 0
    encoded = tokenizer(list(texts), add_special_tokens=False, verbose=False)
    return sum(map(len, encoded["input_ids"]))


def _within(tokenizer: Any, before: str, symbol: str, after: str) -> list[int]:
    """Return the tokens that share a character with a symbol between two texts."""
    encoded = _encoded(tokenizer, [before + symbol + after])
    first, end = len(before), len(before) + len(symbol)
    pairs = zip(encoded["input_ids"][0], encoded["offset_mapping"][0], strict=True)
    return [token for token, (start, stop) in pairs if start < end and stop > first]


def _kind(tokenizer: Any, tokens: Sequence[int]) -> str:
    if tokenizer.unk_token_id is not None and tokenizer.unk_token_id in tokens:
        return "unknown"
    if any(REPLACEMENT in tokenizer.decode([token]) for token in tokens):
        return "bytes"
    return "one" if len(tokens) == 1 else "several"


def _tokens_of_syllables(tokenizer: Any, texts: Sequence[str]) -> list[int]:
    """Count the tokens of every syllable; one that two syllables share counts for both."""
    if not texts:
        return []
    counts = []
    for text, offsets in zip(texts, _encoded(tokenizer, texts)["offset_mapping"], strict=True):
        starts, ends = [start for start, _ in offsets], [end for _, end in offsets]
        for syllable in SYLLABLE.finditer(text):
            counts.append(
                bisect_left(starts, syllable.end()) - bisect_right(ends, syllable.start())
            )
    return counts


def _with_space(parts: Sequence[str]) -> str:
    return next((part for part in parts if part.startswith(" ")), "")


def _costs(tokenizer: Any, texts: Sequence[str]) -> tuple[Cost, ...]:
    """Return the costs of the usual symbols, then of others in the texts, frequent ones first."""
    found = Counter(symbol for text in texts for symbol in CANDIDATE.findall(text))
    others = [symbol for symbol, _ in found.most_common() if symbol not in SYMBOLS]
    costs = []
    for symbol in (*SYMBOLS, *others):
        tokens = pieces(tokenizer, symbol)
        count = found[symbol] or sum(text.count(symbol) for text in texts)
        costs.append(Cost(symbol, len(tokens), _kind(tokenizer, tokens), count))
    return tuple(costs)


def _recommended(tokenizer: Any, texts: Sequence[str], costs: Sequence[Cost]) -> tuple[Cost, ...]:
    names = tokenizer.get_vocab()  # those of bytes among them, which no symbol can have
    worth = [
        replace(cost, saved=saving(tokenizer, texts, [cost.symbol]))
        for cost in costs
        if cost.num_tokens >= COSTLY
        and cost.count
        and cost.count >= FREQUENT * len(texts)
        and cost.symbol not in names
    ]
    saves = [cost for cost in worth if cost.saved > 0]
    return tuple(sorted(saves, key=lambda cost: -cost.saved))


def _digits(found: TokenReport) -> str:
    rule = {1: "a token a digit", 2: "up to two digits a token", 3: "up to three digits a token"}
    space = {" ": "a token of its own", "": "lost"}
    size, before = found.digits_a_token, found.space_before_number
    shown = ", ".join("|".join(parts) for parts in found.numbers.values())
    return (
        f"{rule.get(size, f'up to {size} digits a token')} ({shown}); the space before one is "
        f"{space.get(before, 'part of its first token')}"
    )


def _symbol_lines(costs: Sequence[Cost]) -> Iterator[tuple[str, str]]:
    names = {
        "one": "one token",
        "several": "several",
        "bytes": "cut to bytes",
        "unknown": "unknown",
    }
    for kind, name in names.items():
        of_kind = [cost for cost in costs if cost.kind == kind]
        if of_kind:
            yield name, " ".join(_shown(cost) for cost in of_kind)


def _shown(cost: Cost) -> str:
    return cost.symbol if cost.num_tokens == 1 else f"{cost.symbol} ({cost.num_tokens})"


def _letters(found: TokenReport) -> str:
    bad = [
        f"{len(letters)} of {len(LETTERS)} {what} when alone: {letters}"
        for letters, what in (
            (found.letters_in_bytes, "fall to bytes"),
            (found.letters_unknown, "are unknown"),
        )
        if letters
    ]
    return "; ".join(bad) or f"each of {len(LETTERS)} is whole"


def _advice(found: TokenReport) -> str:
    if not found.recommended:
        return "no symbol of the texts is worth a token of its own"
    share = found.saved_together / found.num_tokens
    return (
        f"{override([cost.symbol for cost in found.recommended])} would save "
        f"{found.saved_together:,} tokens ({share:.1%})"
    )
