"""Answers in words: yes or no, names and shapes; and what a question wants an answer to be."""

from __future__ import annotations

import re
from functools import lru_cache
from math import gcd

from mathpal.maths.notation import units
from mathpal.maths.notation.units import Unit
from mathpal.maths.notation.values import try_value
from mathpal.maths.statements import WORD, given_quantities, said

YES_NO = re.compile(
    r"có\s[^?.]*không\s*\?|đúng\s+hay\s+sai|đúng\s+ghi\s+đ|(?:^|\s)phải\s+không", re.I
)
NEGATIVE = re.compile(r"(?<![^\W_])(?:không|sai|chưa|no|false|s)(?![^\W_])", re.IGNORECASE)
POSITIVE = re.compile(r"(?<![^\W_])(?:có|đúng|được|phải|yes|true|đ)(?![^\W_])", re.IGNORECASE)
OPPOSITES = (
    ("tăng", "giảm"),
    ("gấp", "giảm"),
    ("sớm", "muộn"),
    ("nhiều", "ít"),
    ("nặng", "nhẹ"),
    ("cao", "thấp"),
    ("lãi", "lỗ"),
    ("nhanh", "chậm"),
    ("thừa", "thiếu"),
)
ASKS_WORDS = re.compile(
    r"hình\s+gì|tam\s+giác\s+gì|tứ\s+giác\s+gì|(?:bạn|người|ai|đội|lớp|xe|hộp|thùng|con|cây|loại|vật|nhóm|từ|chữ|tên|góc)"
    r"(?:\s+\w+)?\s+(?:nào|gì)|thứ\s+mấy|(?:^|[\s,])ai\s|chữ\s+(?:cái\s+)?(?:nào|gì)|màu\s+(?:gì|nào)|có\s+đặc\s+điểm",
    re.IGNORECASE,
)
ASKS_NOTHING = re.compile(
    r"chứng\s+(?:minh|tỏ)|giải\s+thích|vì\s+sao|tại\s+sao|(?<!hình)(?:^|[\s,.])vẽ\s|nêu\s+(?:cách|các\s+bước|\w+\s+ví\s+dụ|quy\s+tắc|ví\s+dụ)"
    r"|đặt\s+(?:một\s+)?(?:đề|câu)|(?:hãy|em)\s+xếp\s|kể\s+tên|phát\s+biểu\s+quy",
    re.IGNORECASE,
)
ASKS_VALUE = re.compile(
    r"bao\s+nhiêu|mấy|(?:^|[\s,.)])(?:tính|tìm|hỏi|hãy\s+cho\s+biết|viết|rút\s+gọn)\s|=\s*\?|bằng\s*:",
    re.IGNORECASE,
)
TIME_OF_DAY = re.compile(r"(?<![^\W_])lúc(?![^\W_])|mấy\s+giờ", re.IGNORECASE)
ORDERED = re.compile(
    r"viết\s+tiếp|thứ\s+tự|sắp\s+xếp|xếp\s+các|lần\s+lượt|tăng\s+dần|giảm\s+dần"
    r"|từ\s+(?:bé|lớn|nhỏ)\s",
    re.IGNORECASE,
)
SEVERAL = re.compile(
    r"mỗi\s+[^\W\d_]+|từng\s+[^\W\d_]+|lần\s+lượt"
    r"|(?:tính|tìm)\s(?:(?!tỉ\s+số|tổng|hiệu|trung\s+bình|giữa)[^.?\n])*?\svà\s",
    re.IGNORECASE,
)
ASKED = re.compile(
    r"(?:bao\s+nhiêu|mấy|(?<!\w)số|theo(?:\s+đơn\s+vị)?|đơn\s+vị(?:\s+đo)?(?:\s+là|:)?|(?<!\w)ra"
    r"|=\s*(?:\.{2,}|…|\?|_+)[\s.…]*)\s*\(?"
    rf"(?=(?:{units.PATTERN})(?![^\W\d_]))",
    re.IGNORECASE,
)
COUNTED = re.compile(r"tìm\s+(hai|ba|bốn|[234])\s+(?:số|phân\s+số|chữ\s+số)", re.IGNORECASE)
MEASURED = (
    (r"chu\s+vi|độ\s+dài|chiều|cạnh|quãng\s+đường|khoảng\s+cách|bán\s+kính|đường\s+kính", "length"),
    (r"diện\s+tích", "area"),
    (r"thể\s+tích|dung\s+tích", "volume"),
    (r"vận\s+tốc|tốc\s+độ", "speed"),
    (r"thời\s+gian|bao\s+lâu|mấy\s+giờ", "time"),
)
ASKED_NOUN = re.compile(r"(?:bao\s+nhiêu|mấy)\s+([^\W\d_]+)", re.IGNORECASE)
LISTED = re.compile(r"(?:^|\n)\s*([A-Z])\s*=")
DEFINED = re.compile(r"(?<![^\W_])([A-Z])\s*=\s*([^;=<>\n]+?)(?=\s+và\s|[;.,]?\s*$|[;,.]\s|\n)")
FORMS = {
    "mixed": re.compile(r"(?:dạng|thành|bằng)\s+(?:các\s+)?hỗn\s+số", re.I),
    "reduced": re.compile(r"tối\s+giản|rút\s+gọn\s+(?:các\s+)?phân\s+số", re.I),
    "fraction": re.compile(r"(?:dạng|thành|bằng)\s+(?:các\s+)?phân\s+số", re.I),
    "percent": re.compile(r"(?:dạng|thành|bằng)\s+(?:tỉ\s+số\s+)?phần\s+trăm|dạng\s+%", re.I),
    "decimal": re.compile(r"(?:dạng|thành|bằng)\s+(?:các\s+)?số\s+thập\s+phân", re.I),
    "power": re.compile(r"(?:dạng|thành)\s+(?:một\s+|các\s+)?(?:luỹ|lũy)\s+thừa", re.I),
    "primes": re.compile(r"ra\s+(?:các\s+)?thừa\s+số\s+nguyên\s+tố", re.I),
    "factors": re.compile(r"(?:thành|ra)\s+nhân\s+tử|dạng\s+(?:một\s+)?tích", re.I),
}
"""A form that a question asks for -> how it says so."""
WRITTEN = {
    "mixed": re.compile(r"\d+\s+\d+/\d+|^\d+$"),
    "fraction": re.compile(r"^-?\s*\(?-?[\d .]+\)?/\(?-?\d+|^-?\d+$"),
    "percent": re.compile(r"%|phần\s+trăm"),
    "decimal": re.compile(r"^-?\d[\d ]*(?:[.,]\d+)?(?:\s*[^\d/]*)$"),
    "power": re.compile(r"\^"),
}


@lru_cache(maxsize=512)
def asked_unit(question: str) -> Unit | None:
    """Return the unit that a question asks for, or None.

    >>> str(asked_unit("Hỏi bể chứa được bao nhiêu lít nước?"))
    'lít'
    """
    for match in reversed(list(ASKED.finditer(question))):
        if found := units.AFTER.match(question, match.end()):
            return units.unit(found[1])
    return None


@lru_cache(maxsize=512)
def asked_dimensions(question: str) -> frozenset[str]:
    """Return the dimensions of what a question asks for last: chu vi is a length."""
    asked = re.split(r"[.?!\n;]+(?:\s|$)", question.strip(" .?!"))[-1].lower()
    return frozenset(d for words, d in MEASURED if re.search(words, asked))


@lru_cache(maxsize=512)
def given_unit(question: str, dimension: str) -> Unit | None:
    """Return the only unit of a dimension that a question uses, or None."""
    found = {
        q.unit for q, _ in given_quantities(question) if q.unit and q.unit.dimension == dimension
    }
    return found.pop() if len(found) == 1 else None


@lru_cache(maxsize=512)
def asked_count(question: str) -> int | None:
    """Return how many values a question asks for where it says so: `Tìm hai số`."""
    found = COUNTED.search(question)
    return (
        {"hai": 2, "ba": 3, "bốn": 4, "2": 2, "3": 3, "4": 4}[found[1].lower()] if found else None
    )


@lru_cache(maxsize=512)
def asked_noun(question: str) -> str | None:
    """Return the noun that a question counts: `bao nhiêu quả` asks for `quả`."""
    found = ASKED_NOUN.findall(question)
    return found[-1].lower() if found else None


@lru_cache(maxsize=512)
def last_asked(question: str) -> str:
    """Return the last sentence of a question."""
    sentences = [s for s in re.split(r"[.?!\n;]+(?:\s|$)", question) if s.strip()]
    return sentences[-1] if sentences else ""


def asked_words(question: str) -> frozenset[str]:
    """Return the words of what a question asks last."""
    return frozenset(said(last_asked(question)))


@lru_cache(maxsize=512)
def asked_letters(question: str) -> tuple[str, ...]:
    """Return the names of the expressions that a question lists: A = ..., B = ..."""
    return tuple(dict.fromkeys(m.lower() for m in LISTED.findall(question)))


@lru_cache(maxsize=512)
def definitions(question: str) -> dict[str, object]:
    """Return the values of the letters that a question defines: `A = 119/117`."""
    found = {name: try_value(text.strip()) for name, text in DEFINED.findall(question)}
    return {name: value for name, value in found.items() if value is not None}


def asks_nothing_to_grade(question: str) -> bool:
    """Tell whether a question wants a proof, an explanation or a drawing, and no value."""
    proofs = list(ASKS_NOTHING.finditer(question))
    if not proofs:
        return False
    proof = proofs[-1]
    rest = question[: proof.start()] + " " + question[proof.end() :].partition("\n")[2]
    return not ASKS_VALUE.search(rest)


@lru_cache(maxsize=512)
def demanded_form(question: str) -> str | None:
    """Return the form that a question asks an answer to have, or None.

    >>> demanded_form("Viết 17/5 dưới dạng hỗn số.")
    'mixed'
    """
    return next((form for form, pattern in FORMS.items() if pattern.search(question)), None)


def has_form(text: str, form: str) -> bool:
    """Tell whether a number is written in a form."""
    if form == "factors":
        return True
    if form == "primes":
        return is_factorised(text)
    if form == "reduced":
        return is_reduced(text)
    return WRITTEN[form].search(text) is not None


def is_reduced(text: str) -> bool:
    """Tell whether a fraction is in lowest terms; what is no fraction is."""
    found = re.search(r"(\d+)\)?/\(?-?(\d+)", text)
    return found is None or gcd(int(found[1]), int(found[2])) == 1


def is_factorised(text: str) -> bool:
    """Tell whether a product has prime factors alone: 2^3 . 3^2 . 5."""
    bases = [int(f.partition("^")[0]) for f in re.findall(r"\d+(?:\^\d+)?", text)]
    return all(b > 1 and all(b % d for d in range(2, int(b**0.5) + 1)) for b in bases)


def polarity(text: str) -> bool | None:
    """Return what a text answers to yes or no: True for yes; None where it says neither."""
    if NEGATIVE.search(text):
        return False
    return True if POSITIVE.search(text) else None


def opposite(a: frozenset[str], b: frozenset[str]) -> tuple[str, str] | None:
    """Return the words of two answers that say the contrary: tăng and giảm."""
    for pair in OPPOSITES:
        for one, other in (pair, pair[::-1]):
            if one in a and other in b and one not in b and other not in a:
                return one, other
    return None


def key_words(text: str, question: str) -> frozenset[str]:
    """Return the words that an answer adds to its question, or those behind its last `là`."""
    point = re.split(r"(?<![^\W_])là(?![^\W_])|:", text)[-1]
    own = frozenset(said(point)) - asked_words(question)
    own = own or frozenset(said(text)) - asked_words(question)
    return own or frozenset(said(point)) or frozenset(w.lower() for w in WORD.findall(text))
