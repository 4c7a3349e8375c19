"""What a Vietnamese solution's final answer is, and where it stands.

It stands behind the last `Đáp số`, `Đáp án`, `Chọn` or in the last box; failing that, behind the
last `Vậy`; failing that, it is the last result. What the writer takes back does not count, nor does
what checks the result, goes on to another problem or takes leave. Parts a) b) c) are read apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mathpal.maths.notation.plain import CLOSE_BOX, OPEN_BOX, plain
from mathpal.maths.notation.values import notation_of
from mathpal.maths.statements import Statement


@dataclass(frozen=True)
class Answer:
    """A final answer as it was read."""

    letter: str | None
    """The choice, where one is made."""
    parts: dict[str, Statement]
    """What is said by part, `a` and `b`; by the empty name where there are no parts."""
    summary: Statement | None = None
    """What is said last about the whole, where there are parts or a letter, too."""
    results: tuple[Statement, ...] = ()
    """The sentences with a result, in order: where a short conclusion does not say all."""
    is_marked: bool = False
    """Whether `Đáp số`, a box or the like announces it."""
    opening: str = ""
    """The first sentence that says something: where a yes or no stands."""

    @property
    def whole(self) -> Statement | None:
        """What is said about the whole."""
        return self.parts.get("", self.summary)

    def __str__(self) -> str:
        said = "; ".join(f"{n}) {s}" if n else str(s) for n, s in self.parts.items())
        return ": ".join(filter(None, (self.letter, said)))


def _words(*phrases: str) -> str:
    """Return a pattern of whole words, whatever the space between them."""
    return r"(?<![^\W_])(?:" + "|".join(p.replace(" ", r"\s+") for p in phrases) + r")(?![^\W_])"


STRONG = re.compile(
    _words("đáp số", "đáp án", "đ/s", "đs", "answer", "kết quả cuối cùng", "trả lời",
           "câu trả lời(?: cuối cùng)?", "final answer")
    + r"(?:\s*(?:đúng|cuối\s+cùng|của\s+bài(?:\s+toán)?|cần\s+tìm|chính\s+xác|is|là|số"
    r"|:|=|\.(?=\s)))*",
    re.IGNORECASE,
)  # fmt: skip
CONCLUSION = re.compile(
    _words("như vậy", "vậy", "kết luận", "tóm lại", "kết quả(?= là| bằng|:)", "therefore")
    + r"[\s,:]*",
    re.IGNORECASE,
)
CHOOSES = re.compile(
    _words("chọn", "đáp án", "phương án", "khoanh(?: tròn)?", "lựa chọn", "trả lời", "answer",
           "đáp số", "kết quả", "khẳng định", "ý", "câu", "mệnh đề", "option")
    + r"(?:[\s:(*⟦\"“']|(?:đúng|cuối cùng|cần tìm|chính xác|nhất|là|vào|đáp án|phương án|câu|ý|chữ"
    r"|cái|is|option|tròn|của em|của bài)(?![^\W_]))*",
    re.IGNORECASE,
)  # fmt: skip
LETTER = re.compile(r"([A-E])(?![^\W_]|\s*[=<>]|'|\s*[+×]|_)|(?<=\()([a-e])(?=\))")
DENIES = re.compile(r"[)\s.:]*(?:sai|không|chưa|bị)(?![^\W_])|\s+(?:có|và|hoặc)\s", re.IGNORECASE)
STATED = re.compile(
    r"(?<![^\W_])([A-D])(?:\s+là)?\s+(?:đáp\s+án\s+|phương\s+án\s+|câu\s+|lựa\s+chọn\s+)?đúng(?![^\W_])"
)
WRONG_OPTION = re.compile(
    r"^[\s\-•]*(?:(?:đáp|phương)\s+án\s+|câu\s+)?[A-E]\s*[:)]?\s+sai(?![^\W_])"
)
BARE_LETTER = re.compile(r"[\s(\[⟦\"“]*([A-E])\s*(?:[)\].:⟧\"”]+(?=\s|$)|$)")
ARROW_LETTER = re.compile(r"(?:⇒|=>|→)\s*([A-D])[\s.]*$")
LONE_LETTER = re.compile(r"[\s(]*([a-e])[\s).]*")
TAKES_BACK = re.compile(
    _words(
        r"(?:à|ồ|ôi|ủa|ơ|khoan|úi|ấy|ui|chết)[\s,]*(?:(?:em|mình|tôi) )?(?:nhầm|đã|từ từ|sai)",
        "khoan(?=,)",
        r"(?:mình|em|tôi|cô|thầy) (?:tính |viết |đọc |bị |đã |làm )*(?:nhầm|sai)",
        "tính nhầm", "viết nhầm", "nhầm rồi", "xin lỗi", "sửa lại", "tính lại",
        "đính chính", "thực ra", "rút lại", "à không", "ôi không", "nói lại", "làm lại", "xem lại",
        r"(?:kết quả|đáp án|đáp số|câu trả lời|cách làm)"
        r"(?: này| trên| đó| ở trên| vừa rồi| [\d.,/]+)* (?:là |bị )?"
        "(?:không đúng|chưa đúng|sai)",
        "wait", "actually", "correction", "sorry",
    ),
    re.IGNORECASE,
)  # fmt: skip
IGNORED = re.compile(
    r"[\s\-•(*_✅]*(?:thử lại|kiểm tra|lưu ý|chú ý|ghi chú|nhận xét|chúc|hy vọng|hi vọng|nếu|cảm ơn"
    r"|note|bạn có|em có thể|hãy|check|em nhớ|các em|em hãy|lời giải|bài giải|giải\s*:|chào|để giải"
    r"|bước \d+ ?: ?(?:đọc|tính toán cẩn|kiểm)|theo chương trình|bài (?:toán )?(?:này|trên)|đây là"
    r"|i hope|hope|good luck|sure|dưới đây|chúng ta cùng|ta cùng|cả hai cách|ví dụ"
    r"|giải thích|cách làm|lí do|lý do|gợi ý)(?![^\W_])",
    re.IGNORECASE,
)
HYPOTHESIS = re.compile(r"^[\s\-•(*_]*(?:lưu ý\s*[:,]?\s*)?nếu\s", re.IGNORECASE)
VERIFIED = re.compile(
    r"(?:\(\s*(?:đúng|thoả mãn|thỏa mãn|tm|luôn đúng)\s*\)|✓|✔|(?<!là )đúng với đề bài)[\s.]*$",
    re.IGNORECASE,
)
HENCE = re.compile(r"\s*(?:do đó|vì vậy|vì thế)[\s,:]+", re.IGNORECASE)
ENDS = re.compile(
    r"[\s\-•(*_#]*(?:bài (?:tập )?(?:luyện|tương tự|thêm|tập thêm|vận dụng)"
    r"|câu hỏi (?:thêm|mở rộng)|-{3,}\s*$|bài toán (?:tương tự|mới|khác)|ví dụ khác|mở rộng"
    r"|question|user|human)",
    re.IGNORECASE,
)
DENIED = re.compile(
    r"[,(]?\s*(?:chứ\s+|mà\s+)?không\s+phải(?:\s+là)?\s[^\n.;()]*?(?=,|;|\)|\.\s|\.?$|\bmà\b)\)?",
    re.IGNORECASE,
)
SPACED_COMMA = re.compile(r"\d, \d+ ?[x×+\-:] ?\d")
"""A decimal comma with a blank behind it, as some texts have it: 3, 5 x 1, 5."""
POINTS = re.compile(r"\(\s*\d(?:[.,]\d+)?\s*(?:điểm|đ)\s*\)", re.IGNORECASE)
SENTENCE_END = re.compile(r"(?<=[\w)%°⟧»”\"])[.!?]+\s+(?=[\"“(⟦]*[A-ZĐÀ-Ỹ])|(?<=[!?])\s+|\n")
OPTION_LINE = re.compile(r"^(\s*\(?[A-E])\.\s+(?=[A-ZÀ-Ỹ])(?!Vì|Do|Ta)", re.MULTILINE)
ANNOUNCES = re.compile(r"^(?!\s*\(?[a-h]\s?[).])[^\d=]*[^\W\d_]\s*(?:là)?\s*:\s*$|^[^\d=]*\slà\s*$")
"""A line that says what the next one computes: `Số bé là:`."""
NOTHING_FITS = re.compile(
    r"vô\s+nghiệm|∅|không\s+có\s+nghiệm|không\s+(?:thể\s+)?(?:có|tồn\s+tại|tìm(?:\s+được)?)"
    r"(?:\s[^.\n]*(?:nào|thoả|thỏa|như\s+vậy)|\s+(?:giá\s+trị\s+)?[a-z](?:\s+và\s+[a-z])?\s*(?:[.,;]|$))",
    re.IGNORECASE,
)
LISTED = re.compile(
    r"\s*(?:[-•+*]\s|\(?[a-h]\s?[).,:]\s|[1-9][).]\s|[^\n=:]{1,30}[=:]|[\d ]+$"
    r"|(?=[^\n]*\d)(?:[^\s.]+ ){1,5}[^\s.]+\s*$)",
    re.IGNORECASE,
)
LABEL = r"\(?(?:(?i:câu|phần|ý) )?([a-h]|[1-8])\s?"
PART = re.compile(rf"(?<![^\W_]){LABEL}\)(?=\W|\w)")
PART_JUDGED = re.compile(
    r"(?<![^\W_])(?:câu |ý )?([a-h])\s?[-:]?\s?(?=(?:đúng|sai|đ|s)(?![^\W_]))", re.IGNORECASE
)
PART_LINE = re.compile(rf"(?:^|\n|(?<=[.;] ))[ ]*[-*•|]?[ ]*{LABEL}(?:[).:]|(?<!\(\d),)(?=\s)")
UNANSWERED = re.compile(
    r"chưa\s+có\s+(?:lời\s+giải|đáp\s*án|hướng\s+dẫn)|đang\s+cập\s+nhật"
    r"|không\s+có\s+(?:lời\s+giải|đáp\s*án)"
    r"|(?:xem\s+(?:hình|lời\s+giải|video)|đpcm|điều\s+phải\s+chứng\s+minh|học\s+sinh\s+tự)[^=\n]*$",
    re.IGNORECASE,
)
RESULT = re.compile(r"\d|[<>≤≥=∅]|[+\-×/]\s*[a-z]\b")
UNIT_BEHIND = re.compile(
    rf"{CLOSE_BOX}\s*([^\s{CLOSE_BOX}]+(?:\s+[^\s{CLOSE_BOX}]+)?)[^{OPEN_BOX}]*$"
)
MARKS = {
    STRONG: re.compile("đáp|đ/s|đs|answer|kết quả|trả lời"),
    CONCLUSION: re.compile("vậy|kết|tóm|therefore"),
    CHOOSES: re.compile("chọn|án|khoanh|trả|answer|đáp|kết|khẳng|mệnh|ý|câu|option"),
    STATED: re.compile("đúng"),
    TAKES_BACK: re.compile("nhầm|sai|đã|từ|khoan|xin|lại|thực|không|đính|wait|actua|corr|sorry"),
    NOTHING_FITS: re.compile("không|vô|∅"),
}
"""A pattern that is looked for in each sentence -> signs in lower case that it is in the text."""
FEW_WORDS = 14
"""A text of so few words without a number is itself the answer."""
MOST_WORDS = 28
"""An opening sentence of so few words may answer yes or no."""
SAYS_SOMETHING = re.compile(r"\w|∅|[<>=]")
MOST_LINES = 12


@dataclass(frozen=True)
class Found:
    """What reading sentence by sentence has found so far."""

    letter: str | None = None
    strong: str | None = None
    conclusion: str | None = None
    results: tuple[str, ...] = ()
    opening: str = ""

    @property
    def segment(self) -> str | None:
        """The best piece of text there is."""
        if self.strong is not None:
            return self.strong
        return self.results[-1] if self.conclusion is None and self.results else self.conclusion


def final_answer(solution: str, question: str = "") -> Answer | None:
    """Return a solution's final answer, or None where it has none.

    The question helps to tell its own numbers from the result.

    >>> str(final_answer("Số táo còn lại là: 8 - 3 = 5 (quả)\\nĐáp số: 5 quả"))
    '5'
    >>> str(final_answer("Đổi 1,5 giờ = 90 phút. Vậy a) 60 km/giờ; b) 2 giờ"))
    'a) 60 km/giờ; b) 2 giờ'
    """
    return read_answer(plain(solution), plain(question))


def read_answer(text: str, question: str) -> Answer | None:
    """Return the final answer of a plain text; see `final_answer`."""
    text = POINTS.sub("", text)
    if SPACED_COMMA.search(text):
        text = re.sub(r"(?<=\d), (?=\d)", ",", text)
    notation = notation_of(text)

    found = _scan(text)

    def statement(segment: str) -> Statement:
        return Statement(segment, notation, question, segment == found.strong)

    if found.segment is None and not found.letter and 0 < len(found.opening.split()) <= MOST_WORDS:
        found = replace(found, results=(found.opening,))
    segment = found.segment if found.segment and SAYS_SOMETHING.search(found.segment) else None
    summary = statement(segment) if segment else None

    def answer(letter: str | None, parts: dict[str, Statement]) -> Answer:
        results = tuple(map(statement, found.results))
        return Answer(letter, parts, summary, results, found.strong is not None, found.opening)

    labelled = _labelled(segment or "")
    chunks = {} if found.letter else {n: _scan(chunk) for n, chunk in _chunks(text).items()}
    parts = {n: statement(f.segment) for n, f in chunks.items() if f.segment and not f.letter}
    if len(parts) > 1 and not parts.keys() <= labelled.keys():
        return answer(None, parts)
    if labelled:
        said = {n: Statement(piece, notation, question) for n, piece in labelled.items()}
        return answer(found.letter, said)
    if summary is None:
        return answer(found.letter, {}) if found.letter else None
    return answer(found.letter, {"": summary})


def is_unanswered(solution: str) -> bool:
    """Tell whether a solution says itself that it holds no answer, or ends in a proof."""
    return UNANSWERED.search(solution) is not None


def _sentences(text: str) -> list[str]:
    """Split a text; a sentence that goes on in the line of the last one begins with a blank."""
    sentences, start, gap = [], 0, ""
    for end in (*SENTENCE_END.finditer(text), None):
        sentence = text[start : end.start() if end else len(text)]
        if sentence.strip():
            sentences.append(gap + sentence.strip())
        if end:
            start, gap = end.end(), "" if "\n" in end[0] else " "
    return sentences


def _scan(text: str) -> Found:
    """Read sentence by sentence; what comes later is worth more, what is taken back nothing."""
    found = Found()
    lower = text.lower()
    present = frozenset(pattern for pattern, sign in MARKS.items() if sign.search(lower))
    sentences = _sentences(OPTION_LINE.sub(r"\1) ", text))
    announced = ""
    for at, sentence in enumerate(sentences):
        if ENDS.match(sentence) and (found.segment or found.letter):
            break
        if taken_back := _last(TAKES_BACK, sentence, present):
            found = Found()
            sentence = sentence[taken_back.end() :]
        if any(p.search(sentence) for p in (HYPOTHESIS, WRONG_OPTION, VERIFIED)):
            continue
        is_strong = _last(STRONG, sentence, present) is not None
        if IGNORED.match(sentence) and not is_strong:
            continue
        if "không phải" in sentence or "không  phải" in sentence:
            sentence = DENIED.sub(" ", sentence)
        if not is_strong and sentences[at + 1 :] and ANNOUNCES.search(sentence):
            announced = sentence
            continue
        found = _read_sentence(
            f"{announced} {sentence}" if announced else sentence,
            sentences[at + 1 :],
            found,
            present,
        )
        announced = ""
        if not found.opening:
            found = replace(found, opening=sentence)
    if found.segment is None and found.letter is None and not _last(TAKES_BACK, text, present):
        rest = [s for s in sentences if not IGNORED.match(s)]
        if (
            rest
            and sum(len(s.split()) for s in rest) <= 3 * FEW_WORDS
            and len(rest[-1].split()) <= FEW_WORDS
        ):
            return replace(found, results=(rest[0] if len(rest) < 3 else rest[-1],))
    return found


def _last(
    pattern: re.Pattern[str], sentence: str, present: frozenset[re.Pattern[str]]
) -> re.Match[str] | None:
    """Return the last match in a sentence of a pattern that is somewhere in the text."""
    found = list(pattern.finditer(sentence)) if pattern in present else []
    return found[-1] if found else None


def _read_sentence(
    sentence: str, following: Sequence[str], found: Found, present: frozenset[re.Pattern[str]]
) -> Found:
    letter, before, after = _choice(sentence, present)
    if letter:
        results = (*found.results, before) if RESULT.search(before) else found.results
        strong = after if re.search(r"\w", after) else None
        return replace(found, letter=letter, strong=strong, results=results)
    if OPEN_BOX in sentence:
        boxes = re.findall(rf"{OPEN_BOX}([^{CLOSE_BOX}]*){CLOSE_BOX}?", sentence)
        if unit := UNIT_BEHIND.search(sentence):
            boxes[-1] += f" {unit[1]}"
        if bare := BARE_LETTER.fullmatch(boxes[-1]):
            return replace(found, letter=bare[1], strong=None)
        earlier = f"{found.strong}; " if found.strong and OPEN_BOX in found.strong else ""
        return replace(found, strong=earlier + OPEN_BOX + "; ".join(boxes))
    if mark := _last(STRONG, sentence, present):
        segment = _with_list(sentence[mark.end() :], following)
        return replace(found, strong=segment, letter=None) if segment.strip(" .:") else found
    if mark := _last(CONCLUSION, sentence, present):
        segment = _with_list(sentence[mark.end() :], following)
        if segment.strip(" .:"):
            return replace(found, conclusion=segment)
    if HENCE.match(sentence) and not RESULT.search(sentence):
        return replace(found, conclusion=HENCE.sub("", sentence))
    if _last(NOTHING_FITS, sentence, present):
        return replace(found, conclusion=sentence)
    if RESULT.search(sentence):
        return replace(found, results=(*found.results, sentence))
    return found


def _choice(sentence: str, present: frozenset[re.Pattern[str]]) -> tuple[str | None, str, str]:
    """Return the letter that a sentence chooses last, and what stands before and after it."""
    for match in reversed(list(CHOOSES.finditer(sentence)) if CHOOSES in present else []):
        letter = LETTER.match(sentence, match.end())
        if letter and not DENIES.match(sentence, letter.end()):
            after = sentence[letter.end() :].lstrip(" ).:,⟧-")
            return (letter[1] or letter[2]).upper(), sentence[: match.start()], after
    if stated := _last(STATED, sentence, present):
        return stated[1], "", ""
    if bare := BARE_LETTER.match(sentence):
        return bare[1], "", sentence[bare.end() :]
    if arrow := ARROW_LETTER.search(sentence):
        return arrow[1], sentence[: arrow.start()], ""
    if lone := LONE_LETTER.fullmatch(sentence):
        return lone[1].upper(), "", ""
    return None, "", ""


def _with_list(segment: str, following: Sequence[str]) -> str:
    """Add the lines that go on with an answer: all after an empty one, else a list's."""
    lines = [segment]
    for line in following[:MOST_LINES]:
        is_empty = len(lines) == 1 and not re.search(r"\w", segment)
        if line.startswith(" ") or IGNORED.match(line) or ENDS.match(line) or STRONG.search(line):
            break
        if not (is_empty or LISTED.match(line)):
            break
        lines.append(line)
    return "\n".join(lines)


def _labelled(segment: str) -> dict[str, str]:
    """Split an answer by its parts: `a) 12; b) 7`; empty where it has none."""
    marks = [m for m in PART.finditer(segment) if not _is_in_pair(segment, m)]
    for pattern in (PART_LINE, PART_JUDGED):
        if len(marks) < 2:
            marks = list(pattern.finditer(segment))
    return _between(segment, marks)


def _is_in_pair(text: str, mark: re.Match[str]) -> bool:
    """Tell the end of a pair, `(1; 5)`, from the label 5)."""
    before = text[: mark.start()]
    return mark[1].isdigit() and before.count("(") > before.count(")")


def _chunks(text: str) -> dict[str, str]:
    """Split a solution by the parts that it works out; empty where there are not two."""
    return _between(text, [m for m in PART_LINE.finditer(text) if not _is_in_pair(text, m)])


def _between(text: str, marks: Sequence[re.Match[str]]) -> dict[str, str]:
    names = [_part_name(m[1]) for m in marks]
    if len(set(names)) < 2 or set(names) != set("abcdefgh"[: len(set(names))]):
        return {}
    ends = [*(m.start() for m in marks[1:]), len(text)]
    chunks: dict[str, str] = {}
    for name, mark, end in zip(names, marks, ends, strict=True):
        chunks[name] = "\n".join(filter(None, (chunks.get(name), text[mark.end() : end])))
    return chunks


def _part_name(label: str) -> str:
    """Return a part's letter; 1) is a)."""
    return "abcdefgh"[int(label) - 1] if label.isdigit() else label.lower()
