"""What one piece of an answer says, in every way that it can be read.

A piece such as `Vậy chiều dài là 12 m, chiều rộng là 8 m` states quantities, each with the words
that name it; others state a relation (x > 3), a formula (2x + 1), or are words (hình vuông). The
grader looks at the reading that the reference has.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

from mathpal.maths.notation.quantities import Quantity, quantities, worded
from mathpal.maths.notation.values import PLAIN, Notation, Value, try_value


@dataclass(frozen=True)
class Item:
    """A quantity that an answer gives."""

    quantity: Quantity
    text: str
    names: frozenset[str]
    """The words that tell it from the others: `lan`, `dài`, `x`."""
    noun: str
    """The word behind it, where it has no unit: `quả`."""
    clause: int
    """The number of its clause."""
    is_aside: bool
    """Whether it only says when, which or how: lớp 5, sau 3 giờ, (tổng là 20)."""
    repeats: bool
    """Whether it stands in the question, written alike."""
    is_result: bool
    """Whether `là`, `bằng` or the like leads to it."""
    is_alternative: bool
    """Whether `hoặc` leads to it."""

    def __str__(self) -> str:
        return str(self.quantity)


@dataclass(frozen=True)
class Side:
    """One side of a relation."""

    text: str
    value: Value | None


@dataclass(frozen=True)
class Relation:
    """Sides in rising order, with `<` or `≤` between them."""

    sides: tuple[Side, ...]
    signs: tuple[str, ...]
    rises: bool
    """Whether it was written with `<`; what a sign alone says."""

    def __str__(self) -> str:
        pairs = zip(self.signs, self.sides[1:], strict=True)
        return self.sides[0].text + "".join(f" {sign} {side.text}" for sign, side in pairs)


PREMISE = re.compile(
    r"(?:⇒|⇔|(?<![^\W_])(?:nên|suy ra|do đó|vì vậy|vì thế)(?![^\W_]))[\s:,]*", re.I
)
ASIDE = re.compile(r"\((?!\s*dư)(?=[^()]*[^\W\d_]{2})(?=[^()]*\d)[^()]*\)")
EXPLAINS = re.compile(
    r"\((?=[^()]*[=]|\s*(?:chung|vì|do)\s)[^()]*[^\W\d_]{2}[^()]*\)|\(\s*vì\s.*$", re.IGNORECASE
)
UNIT_ALONE = re.compile(r"\(\s*(?:hay|hoặc|=)?\s*[\d.,/ ]+\s*[^\W\d_/^]{1,12}\d?\s*\)")
BOUNDARY = re.compile(r"[;\n]|,(?=\s)|\s(?:và|hoặc|hay|còn|thì|and|or)\s", re.IGNORECASE)
GROUP = re.compile(r"(?:^|[;\n]|[.,]\s)\s*[-•+*]?\s*([^;:\n=()×+]{1,40}):")
ORDINAL = re.compile(
    r"(?<![^\W_])(?:lớp|khối|thứ|câu|bài|hình|tổ|lần|nhà|cách|trang|tháng|loại|vòi|thùng|xe|đội|bước|phần|ngày|can|bể|hộp|kho|ô|thửa|máy|hàng|tầng|toa|bao)\s*$",
    re.IGNORECASE,
)
CONTEXT = re.compile(
    r"[\s\-•]*(?:vậy\s+)?(?:sau|trong|với|khi|nếu|vì|cứ|mỗi|biết|từ|lúc|để|do|muốn)\s",
    re.IGNORECASE,
)
DETAIL = re.compile(r"\s*(?:trong\s+đó|bao\s+gồm|kể\s+cả)(?![^\W_])", re.IGNORECASE)
FILLER = frozenset(
    re.findall(
        r"\w+",
        "bạn bởi cho các có cả cần của do giá hoặc hết is khoảng kết like là lượt lần mỗi một "
        "nhé như nhận những này nên of phải ra sẽ số ta the theo thì thưa thế trị tìm và vào vì "
        "vậy về với đi đáp đã đó được đều để ạ ",
    )
)
WORD = re.compile(r"\d+[A-Z]\b|[^\W\d_]+(?:_\w+)?|_\w+")
MOST_SIGNS = 200
LETTER_PRODUCT = re.compile(r"(?<![A-Za-z])[abcmnpqtxyz]{2,3}(?![A-Za-z])")
FORMULA = re.compile(r"[\sA-Za-z0-9+\-×*·:/^()√π.,]+")
AFTER_WORD = re.compile(r"^[^\W\d_]{2,}\s(?:.*\s)?[a-z]$")
RELATION = re.compile(r"\s*([<>≤≥])\s*")
UNKNOWN = re.compile(r"(?<![^\W_])([a-z](?:_\d)?)\s*=\s*$")
"""An unknown in front of its value names it, whatever else does: `Vậy nghiệm là x = 2`."""
LEADS = re.compile(
    r"(?:(?<![^\W_])(?:là|bằng)(?:\s+(?:ngày|năm|số|lúc|khoảng|giá\s+trị))?|[=:≈])\s*[(⟦]?\s*$"
)
NOUN = re.compile(r"\s*\(?([^\W\d_]+)")


@dataclass(frozen=True)
class Statement:
    """A piece of an answer, read as it is needed."""

    text: str
    notation: Notation = PLAIN
    question: str = ""
    is_marked: bool = True
    """Whether it is announced as the answer; a sentence of the working says more than that."""

    @cached_property
    def point(self) -> str:
        """What it comes to: the text behind the last `nên`, `suy ra` or arrow."""
        text = EXPLAINS.sub("", self.text).strip()
        for mark in reversed(list(PREMISE.finditer(text))):
            if re.search(r"\w", text[mark.end() :]):
                return text[mark.end() :].strip(" ;").removesuffix(".")
        return text.strip(" ;").removesuffix(".")

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """The quantities that it states; of arithmetic, the results."""
        return tuple(_items(self.point, self.question, self.notation))

    @cached_property
    def all_items(self) -> tuple[Item, ...]:
        """The quantities of the whole text, its premises included."""
        return tuple(_items(self.text, self.question, self.notation))

    @cached_property
    def main(self) -> tuple[Item, ...]:
        """The items that are no asides; all of them where there are no others."""
        plainly = tuple(item for item in self.items if not item.is_aside) or self.items
        if self.is_marked:
            return plainly
        first = next((i for i, item in enumerate(plainly) if item.is_result), 0)
        result, *others = plainly[first:] or (None,)
        if result is None:
            return ()
        return (result, *(o for o in others if o.is_result or not _is_context(o, result)))

    @cached_property
    def relation(self) -> Relation | None:
        """The relation that it states last."""
        return _relation(self.point)

    @cached_property
    def formula(self) -> Value | None:
        """The expression with letters that it ends in, such as (x - 2)(x + 2)."""
        return _formula(self.point, self.items)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Its words in lower case, without those that say nothing."""
        return said(self.point)

    def __str__(self) -> str:
        if self.relation:
            return str(self.relation)
        if self.formula is None and self.main:
            return ", ".join(map(str, self.main))
        return re.sub(r"\s+", " ", self.point)


def said(text: str) -> tuple[str, ...]:
    """Return the words of a text that say something.

    >>> said("Hình đó là  hình vuông.")
    ('hình', 'hình', 'vuông')
    """
    return tuple(w for w in WORD.findall(text.lower()) if w not in FILLER)


@lru_cache(maxsize=512)
def given_quantities(question: str) -> tuple[tuple[Quantity, str], ...]:
    """Return the quantities of a question as they are written; the same one is read once."""
    return tuple((q, _written(q, question)) for q in quantities(question))


def _written(quantity: Quantity, text: str) -> str:
    return re.sub(r"[^\d,./:a-z]", "", text[quantity.start : quantity.end].lower())


def _items(segment: str, question: str, notation: Notation) -> Iterator[Item]:
    if "±" in segment:
        segment = re.sub(r"±\s*([\d√][\w√,/]*)", r"\1; -\1", segment)
    found = quantities(segment, notation) or worded(segment)
    if not found:
        return
    marks = list(BOUNDARY.finditer(segment))
    starts, ends = [0, *(m.end() for m in marks)], [*(m.start() for m in marks), len(segment)]
    clauses = [bisect_right(starts, q.start) - 1 for q in found]
    results = [
        (q, clause)
        for q, clause in zip(found, clauses, strict=True)
        if not re.search("[=≈]", segment[q.end : ends[clause]])
    ]
    asides = [m.span() for m in ASIDE.finditer(segment) if not UNIT_ALONE.fullmatch(m[0])]
    groups = [
        (m.end(), frozenset(re.findall(r"\w+", m[1].lower()))) for m in GROUP.finditer(segment)
    ]
    several = len(results) > 1
    repeated = [several and _repeats(q, segment, question) for q, _ in results]
    names: frozenset[str] = frozenset()
    for at, (quantity, clause) in enumerate(results):
        before = max(starts[clause], results[at - 1][0].end if at else 0)
        after = min(ends[clause], results[at + 1][0].start if results[at + 1 :] else len(segment))
        left = segment[before : quantity.start]
        right = segment[quantity.end : after].partition("(")[0]
        if after < ends[clause]:  # what stands before the next value names that one
            right = " ".join(w for w in right.split()[:1] if w not in ("dư", "là"))
        noun = NOUN.match(right) if quantity.unit is None else None
        group = next((n for end, n in reversed(groups) if end <= quantity.start), frozenset[str]())
        unknown = UNKNOWN.search(left)
        own = frozenset({unknown[1]}) if unknown else frozenset(said(left)) | group
        names = own | frozenset(said(right)) or names
        lone = sum(other == clause for _, other in results) == 1
        context = CONTEXT.match(segment, starts[clause]) is not None or not lone
        yield Item(
            quantity=quantity,
            text=segment[quantity.start : quantity.end].strip(),
            names=names,
            noun=noun[1].lower() if noun else "",
            clause=clause,
            is_aside=several
            and (
                any(a <= quantity.start < b for a, b in asides)
                or DETAIL.match(segment, starts[clause]) is not None
                or ORDINAL.search(segment[: quantity.start]) is not None
                or (repeated[at] and context and not all(repeated))
            ),
            repeats=repeated[at],
            is_result=LEADS.search(left) is not None,
            is_alternative=clause > 0
            and marks[clause - 1][0].strip().lower() in ("hoặc", "hay", "or"),
        )


def _is_context(item: Item, result: Item) -> bool:
    """Tell a given of the question behind a result, `24 số từ các chữ số 2; 3`, from a list's."""
    return item.repeats and not result.repeats and item.names != result.names


def _repeats(quantity: Quantity, segment: str, question: str) -> bool:
    written = _written(quantity, segment)
    return any(
        quantity.value == given.value
        and (quantity.unit == given.unit if quantity.unit else written in text)
        for given, text in given_quantities(question)
    )


def _relation(segment: str) -> Relation | None:
    """Read `x > 3`, `2/3 < 3/4` or `3 ≤ x < 5` where a text ends in it."""
    segment = re.split(r"[,;\n]\s|\s(?:và|là|vì|mà|có)\s|:\s", segment)[-1]
    pieces = RELATION.split(segment)
    if not 3 <= len(pieces) <= 21 or "=" in segment or "∈" in segment:
        return None
    sides, signs = [re.sub(r"\s+", " ", p).strip(" .") for p in pieces[::2]], pieces[1::2]
    falling = {*signs} <= {">", "≥"}
    sides[0] = (
        re.split(r"[^\W\d_]{2,}\s+", sides[0])[-1] if AFTER_WORD.search(sides[0]) else sides[0]
    )
    if any(len(side) > 40 for side in sides) or not (falling or {*signs} <= {"<", "≤"}):
        return None
    if falling:
        sides, signs = sides[::-1], [{">": "<", "≥": "≤"}[s] for s in reversed(signs)]
    return Relation(
        tuple(Side(s, try_value(s, letters=True)) for s in sides), tuple(signs), not falling
    )


def _formula(segment: str, items: tuple[Item, ...]) -> Value | None:
    right = segment[-MOST_SIGNS:].rpartition("=")[2].strip()
    right = re.split(r"[^\W\d_]{2,}\s*:\s", right)[-1]
    if not FORMULA.fullmatch(right) or any(item.quantity.unit for item in items):
        return None
    right = LETTER_PRODUCT.sub(lambda m: " ".join(m[0]), right)
    if re.search(r"[A-Za-z]{2}", right) or not re.search(
        r"[\d)^][A-Za-z(]|[A-Za-z]\s*[\^+\-(×*·:/]|[+\-×·:/(]\s*[A-Za-z]", right
    ):
        return None
    value = try_value(right, letters=True)
    if value is None or isinstance(value, Fraction) or not value.free_symbols:
        return None
    return value
