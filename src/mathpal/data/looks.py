"""What one row shows by itself: what it asks, whether it has an answer or needs a picture."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from mathpal.data import Message, Row
from mathpal.data.duplicates import Asked, asked
from mathpal.maths.answers import is_unanswered
from mathpal.maths.grading import reference_answer

SHAPES = "chữ nhật|vuông|tròn|thang|thoi|tam giác|tứ giác|bình hành|lập phương|hộp|trụ|cầu|nón|chóp"
PICTURE = re.compile(
    r"!\[|<img\b|\[hình|(?<!bằng )(?<!vẽ )hình vẽ|hình minh h[oọ]a"
    r"|hình (?:ảnh )?(?:ở )?(?:bên(?! trong| ngoài)|dưới|sau(?: đây)?(?=\s*(?:\.|:?\s*$)))"
    rf"|(?:như|trong|trên|xem|theo|nhìn|dựa vào) (?:các )?hình(?! (?:{SHAPES}|học|dạng))(?![\w:])"
    r"|quan sát (?:các )?(?:hình|biểu đồ|bức tranh|tranh|đồng hồ|sơ đồ)(?!\w)"
    r"|(?:biểu đồ|đồ thị|sơ đồ|bức tranh|đồng hồ)(?: [^\W\d]+){0,4} (?:sau|dưới|bên)(?! khi)(?!\w)"
    r"(?![^?\n]*:[^?\n]*\d)"  # what is shown stands there in words
    r"|(?:diện tích|chu vi|phân số chỉ|tính)(?: của)?(?: phần| hình)?(?: đã| được)?"
    r" (?:tô (?:màu|đậm)|gạch (?:chéo|sọc))",
    re.MULTILINE,
)
"""A picture in the question, or words that point at one."""
PICTURE_SIGNS = ("hình", "![", "<img", "đồ", "tranh", "đồng hồ", "tô ", "gạch ")

CONCLUSION = re.compile(
    r"(?<!\w)(?:đáp số|đáp án)(?: đúng)?(?: là)?\s*:\s*[$(]*[\w\\]"
    r"|(?<!\w)chọn(?: đáp án)? [a-e](?!\w)"
)
"""What announces an answer that is there."""
LAST_PART = 160
"""Characters at the end of a solution in which its answer is looked for at first."""


class Look(NamedTuple):
    """What one row shows by itself."""

    asked: Asked
    is_unanswered: bool
    """Whether it has no final answer that can be read; a bad answer need have none."""
    needs_picture: bool


Turns = tuple[list[Message], bool | None]
"""A row's conversation, and whether its answer is a good one."""


def look_at(rows: Sequence[Turns]) -> list[Look]:
    """Look at rows, each by itself."""
    return [_look(Row(messages, label=label)) for messages, label in rows]


def _look(row: Row) -> Look:
    asks = question_of(row)
    unanswered = row.label is not False and not has_answer(row)
    return Look(asked(asks), unanswered, needs_picture(asks))


def question_of(row: Row) -> str:
    """Return all that is asked in a conversation."""
    return "\n".join(turn["content"] for turn in row.messages[:-1] if turn["role"] == "user")


def needs_picture(question: str) -> bool:
    """Tell whether a question shows a picture or points at one, which no text holds.

    >>> needs_picture("Tính diện tích phần tô đậm:\\n[hình]"), needs_picture("Vẽ hình vuông.")
    (True, False)
    """
    lowered = question.lower()
    return any(sign in lowered for sign in PICTURE_SIGNS) and bool(PICTURE.search(lowered))


def has_answer(row: Row) -> bool:
    """Tell whether a solution has a final answer that can be read."""
    end = row.answer[-LAST_PART:].lower()
    if CONCLUSION.search(end) and not is_unanswered(row.answer):
        return True  # as reading it would tell, in a tenth of the time
    return reference_answer(row.answer, row.question) is not None
