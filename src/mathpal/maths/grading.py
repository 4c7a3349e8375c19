"""Whether a solution ends in the right answer: right, wrong, or not to be told.

Evaluation, rewards and `mathpal grade` share this one judgement.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from mathpal.maths import wording
from mathpal.maths.answers import NOTHING_FITS, Answer, is_unanswered, read_answer
from mathpal.maths.matching import Differs, require_values
from mathpal.maths.notation.plain import plain
from mathpal.maths.notation.values import equal, notation_of
from mathpal.maths.statements import Item, Relation, Statement, said


@dataclass(frozen=True)
class Verdict:
    """A judgement with what it rests on."""

    correct: bool | None
    """None where the reference has no answer that can be read."""
    read_as: str | None
    """The prediction's final answer; None where none can be read."""
    expected: str | None
    why: str
    """One clause: what agrees, or what does not."""


CUT_OFF = re.compile(r"(?:\s(?:là|hết|bằng|được|có|còn)|[-:,=(+×]|\sx)$")
_plain = lru_cache(maxsize=256)(plain)
OPTION = re.compile(r"(?:^|(?<=[\s;,|.]))\(?([A-E])\s?[.):]\s*")
PAIR = re.compile(r"\(\s*-?[\d/,.√]+\s*;\s*-?[\d/,.√]+\s*\)")
LONE_LETTER = re.compile(r"(?<![^\W_])(\d{0,2}[A-Z]\d?)(?![^\W_])")


def grade(question: str, reference: str, prediction: str) -> Verdict:
    """Judge a prediction, a whole solution or an answer alone, by a reference solution.

    >>> grade("Hỏi sợi dây dài bao nhiêu mét?", "Đáp số: 1,5 m", "Vậy dây dài 150 cm").correct
    True
    >>> grade("Tính diện tích.", "Đáp số: 45 cm²", "Đáp số: 45 cm").why
    'the unit is another: cm, not cm²'
    """
    asked = _plain(question)
    expected = reference_answer(reference, question)
    if expected is None:
        return Verdict(None, None, None, "the reference has no answer")
    given = read_answer(plain(prediction), asked)
    if given is None:
        return Verdict(False, None, str(expected), "no answer can be read")
    try:
        why = _agree(expected, given, asked)
    except Differs as difference:
        return Verdict(False, str(given), str(expected), str(difference))
    return Verdict(True, str(given), str(expected), why)


@lru_cache(maxsize=256)
def reference_answer(reference: str, question: str) -> Answer | None:
    """Return the answer that a reference has, or None where nothing in it can be graded."""
    asked = _plain(question)
    text = plain(reference)
    if is_unanswered(text):
        return None
    answer = read_answer(text, asked)
    if answer is None or answer.letter or answer.is_marked:
        return answer
    if re.match(r"\s*(?:gợi ý|hướng dẫn)\s*:", text, re.IGNORECASE) and "=" not in text:
        return None
    if wording.asks_nothing_to_grade(asked):
        return None
    if answer.whole is None:
        return answer
    statement = answer.whole
    if re.match(r"\s*đổi[\s:]", statement.text, re.IGNORECASE) or _is_unsolved(statement, asked):
        return None
    cut_off = CUT_OFF.search(text.rstrip(" \n")) is not None
    is_long = len(statement.words) > 14  # asked first: reading items takes longest
    says_nothing = is_long and not statement.items and not statement.relation
    return None if cut_off or says_nothing else answer


def _is_unsolved(statement: Statement, question: str) -> bool:
    """Tell whether a search for x stops at an equation: x × (9 - 4 + 5) = 180."""
    if not re.search(r"tìm\s+(?:số\s+tự\s+nhiên\s+)?x(?![^\W_])", question, re.IGNORECASE):
        return False
    left, _, right = statement.text.partition("=")
    return bool(
        re.search(r"x\s*[×:+\-]|[×:+\-(]\s*x(?![^\W_])", left) and not re.search("[a-z]", right)
    )


def _agree(expected: Answer, given: Answer, question: str) -> str:
    """Return in which way two answers agree.

    Raises: Differs saying how they do not.
    """
    options = _options(question)
    if given.letter:
        _require_own_value(options, given)
    if expected.letter and given.letter:
        if expected.letter != given.letter:
            raise Differs(f"the choice is another: {given.letter}, not {expected.letter}")
        if (
            expected.is_marked
            and expected.whole
            and given.is_marked
            and given.whole
            and not options
        ):
            _require_statement(expected.whole, given, question)
        return "the same choice"
    if expected.letter:
        wanted = options.get(expected.letter) or expected.whole or _last(expected)
        if wanted is None:
            raise Differs(f"the value of choice {expected.letter} is not known")
        _require_statement(wanted, given, question)
        return f"the value of choice {expected.letter}"
    if given.letter:
        chosen = options.get(given.letter) or given.whole or _last(given)
        if chosen is None:
            raise Differs(f"the value of choice {given.letter} is not known")
        _require_parts(expected, Answer(None, {"": chosen}), question)
        return f"choice {given.letter} has the value"
    _require_parts(expected, given, question)
    return "the same"


def _last(answer: Answer) -> Statement | None:
    return answer.results[-1] if answer.results else None


@lru_cache(maxsize=256)
def _options(question: str) -> dict[str, Statement]:
    """Return what a question offers to choose from, by letter; empty where it offers nothing."""
    marks = list(OPTION.finditer(question))
    first = max((i for i, mark in enumerate(marks) if mark[1] == "A"), default=len(marks))
    marks = marks[first:]
    if [m[1] for m in marks][:2] != ["A", "B"]:
        return {}
    ends = [*(m.start() for m in marks[1:]), len(question)]
    notation = notation_of(question)
    texts = [question[m.end() : end].split("\n")[0] for m, end in zip(marks, ends, strict=True)]
    return {
        m[1]: Statement(text.strip(" ;,."), notation)
        for m, text in zip(marks, texts, strict=True)
        if text.strip()
    }


def _require_own_value(options: dict[str, Statement], given: Answer) -> None:
    """Refuse a letter that stands with the value of another option."""
    own = options.get(given.letter or "")
    stated = given.whole or _last(given)
    if own is None or stated is None or not stated.items:
        return
    alone = Answer(None, {"": stated})
    if _is_said(own, alone):
        return
    for letter, statement in options.items():
        if letter != given.letter and statement.items and _is_said(statement, alone):
            raise Differs(f"the choice {given.letter} contradicts its value, which is {letter}'s")


def _is_said(wanted: Statement, given: Answer) -> bool:
    try:
        _require_statement(wanted, given, "")
    except Differs:
        return False
    return True


def _require_parts(expected: Answer, given: Answer, question: str) -> None:
    wanted = expected.parts
    if len(wanted) > 1 and len(given.parts) > 1:
        for name, statement in wanted.items():
            if name not in given.parts:
                raise Differs(f"part {name} is missing")
            alone = Answer(None, {"": given.parts[name]})
            try:
                _require_statement(statement, alone, question)
            except Differs as difference:
                raise Differs(f"part {name}: {difference}") from None
    elif len(wanted) > 1:
        if unsaid := [name for name, statement in wanted.items() if not statement.main]:
            raise Differs(f"part {unsaid[0]} is missing")
        require_values(
            [item for statement in wanted.values() for item in statement.main],
            _offered(given, [item for s in wanted.values() for item in s.main]),
            question,
        )
    else:
        (statement,) = wanted.values()
        if given.whole and len(given.parts) > 1:
            text = "; ".join(part.point for part in given.parts.values())
            whole = given.whole
            if len(whole.main) < len(statement.main):
                whole = Statement(text, statement.notation, question)
            given = replace(given, parts={"": whole})
        _require_statement(statement, given, question, expected)


def _require_statement(
    wanted: Statement, given: Answer, question: str, expected: Answer | None = None
) -> None:
    """Compare in the reading that the reference has."""
    stated = given.whole
    if stated is None:
        raise Differs("nothing is said")
    if NOTHING_FITS.search(wanted.point):
        says_no = wording.YES_NO.search(question) and wording.polarity(given.opening) is False
        if not says_no and not any(NOTHING_FITS.search(s.text) for s in (stated, *given.results)):
            raise Differs(f"{stated} is not {wanted}")
        return
    if wording.YES_NO.search(question) and wording.polarity(wanted.text) is not None:
        _require_same_polarity(wanted, given)
        return
    if wanted.relation and not (wording.ORDERED.search(question) and wanted.items):
        _require_relation(wanted.relation, given, question)
    elif wanted.formula is not None:
        _require_formula(wanted, given, question)
    elif wanted.items and not (
        wording.ASKS_WORDS.search(question) and _is_worded(wanted, question)
    ):
        items = _all_wanted(wanted, expected, question)
        is_pair = PAIR.search(wanted.point) is not None
        require_values(items, _offered(given, items), question, given.is_marked, is_pair)
    else:
        _require_words(wanted, given, question)


def _is_worded(wanted: Statement, question: str) -> bool:
    """Tell whether words, not numbers, answer the question."""
    point = wanted.point
    for item in wanted.items:
        point = point.replace(item.text, " ")
    return bool({*said(point)} - wording.asked_words(question) - {i.noun for i in wanted.items})


def _all_wanted(wanted: Statement, expected: Answer | None, question: str) -> Sequence[Item]:
    """Return the values that are wanted, named as the working names them.

    Without `Đáp số`, earlier results count where a question asks for several.
    """
    if expected is None:
        return wanted.main
    if expected.is_marked or len(wanted.main) > 1:
        return _named_by_working(wanted.main, expected.results)
    results = [statement for statement in expected.results if "=" in statement.text]
    count = wording.asked_count(question)
    if count and len(results) >= count:
        return [item for statement in results[-count:] for item in statement.main[-1:]]
    letters = wording.asked_letters(question)
    if len(letters) < 2 and not wording.SEVERAL.search(wording.last_asked(question)):
        return wanted.main
    words = frozenset(letters) if len(letters) > 1 else wording.asked_words(question)
    named: dict[frozenset[str], Item] = {}
    for item in (item for statement in results for item in statement.main):
        if asked := item.names & words:
            named.pop(asked, None)
            named[asked] = item
    return [*named.values()] if len(named) > 1 else wanted.main


def _named_by_working(items: Sequence[Item], results: Sequence[Statement]) -> Sequence[Item]:
    """Give values without names, `30 lít và 60 lít`, those that the working computes them under."""
    counted = all(item.quantity.unit or item.noun for item in items)
    if len(items) < 2 or not counted or any(item.names - {item.noun} for item in items):
        return items
    named = []
    for item in items:
        found = [
            result.names
            for statement in results
            for result in statement.main
            if str(result) == str(item) and "=" in statement.text
        ]
        named.append(replace(item, names=found[-1]) if found else item)
    return named


def _offered(given: Answer, wanted: Sequence[Item]) -> Sequence[Item]:
    """Return the values that are given: as many as are wanted, if the last results hold so many."""
    stated = given.whole
    items: Sequence[Item] = (
        stated.main if stated else [i for p in given.parts.values() for i in p.main]
    )
    if _suffice(items, wanted):
        return items
    if stated and _suffice(stated.items, wanted):
        return stated.items
    if given.is_marked and items:
        return items
    for with_asides in (False, True):
        collected: list[Item] = []
        for statement in reversed(given.results):
            found = [i for i in statement.all_items if with_asides or not i.is_aside]
            collected = [*found, *collected]
            if _suffice(collected, wanted):
                return collected
    return items


def _suffice(items: Sequence[Item], wanted: Sequence[Item]) -> bool:
    """Tell whether there are enough values, and of every dimension that is wanted."""
    dimensions = {i.quantity.unit.dimension for i in items if i.quantity.unit}
    bare = any(i.quantity.unit is None for i in items)
    return len(items) >= len(wanted) and (
        len(wanted) == 1
        or bare
        or all(w.quantity.unit is None or w.quantity.unit.dimension in dimensions for w in wanted)
    )


def _require_relation(wanted: Relation, given: Answer, question: str) -> None:
    known = wording.definitions(question)
    for statement in (given.whole, *reversed(given.results)):
        if statement is None:
            continue
        text = _with_signs(statement.point)
        found = statement.relation or Statement(text).relation
        is_sign = not wanted.sides[0].text
        if found and not is_sign and _same_relation(wanted, found, known):
            return
        if found and is_sign and _rising(wanted, question) == _rising(found, question):
            return
        sign = re.fullmatch(r"\W*([<>≤≥])\W*", text)
        if sign and len(wanted.signs) == 1 and (sign[1] in "<≤") == _rising(wanted, question):
            return
        if found or sign:
            break
    raise Differs(f"{given.whole} is not {wanted}")


def _rising(relation: Relation, question: str) -> bool:
    """Tell whether `<` stands between the sides in the order that the question has them in."""
    first, last = (relation.sides[i].text.replace(" ", "") for i in (0, -1))
    text = question.replace(" ", "")
    return relation.rises if not first else text.find(first) <= text.find(last)


WORDED_SIGNS = ((r"(?:lớn|nhiều|to) hơn", ">"), (r"(?:bé|nhỏ|ít) hơn", "<"))


def _with_signs(text: str) -> str:
    for words, sign in WORDED_SIGNS:
        text = re.sub(
            rf"\s*(?:là\s+)?(?:dấu\s+)?{words}\s*", f" {sign} ", text, flags=re.IGNORECASE
        )
    return re.sub(r"^.*(?:điền|dấu)\s+(?=[<>])", "", text, flags=re.IGNORECASE)


def _same_relation(a: Relation, b: Relation, known: dict[str, object]) -> bool:
    if a.signs != b.signs:
        return False
    for one, other in zip(a.sides, b.sides, strict=True):
        left, right = (known.get(s.text, s.value) for s in (one, other))
        if left is not None and right is not None and equal(left, right):
            continue
        if (
            one.text.replace(" ", "").lower()
            != other.text.split(" nhé")[0].replace(" ", "").lower()
        ):
            return False
    return True


def _require_formula(wanted: Statement, given: Answer, question: str) -> None:
    for statement in (given.whole, *reversed(given.results)):
        if statement is not None and statement.formula is not None and wanted.formula is not None:
            if not equal(wanted.formula, statement.formula):
                break
            if wording.demanded_form(question) == "factors" and not _is_product(statement.point):
                raise Differs(f"{statement} is no product")
            return
    raise Differs(f"{given.whole} is not {wanted}")


def _is_product(text: str) -> bool:
    outside = re.sub(r"\([^()]*\)", "", text.rpartition("=")[2])
    return not re.search(r"[+\-]\s*[\dA-Za-z]", outside.strip().lstrip("-"))


def _require_same_polarity(wanted: Statement, given: Answer) -> None:
    expected = wording.polarity(wanted.text)
    stated = given.whole
    assert stated is not None
    first = None if given.is_marked else wording.polarity(given.opening)
    first = wording.polarity(stated.text) if first is None else first
    if first is None and stated.words and set(wanted.words) & set(stated.words):
        first = True
    if expected is None or first is None or expected != first:
        raise Differs(f"{stated} is not {wanted}")


def _require_words(wanted: Statement, given: Answer, question: str) -> None:
    stated = given.whole
    assert stated is not None
    says = {"đ", "s", "đúng", "sai", "không", "có"}
    if {*wanted.words} <= says or ({*wanted.words} & {"đúng", "sai"} and len(wanted.words) <= 4):
        if wording.polarity(wanted.text) != wording.polarity(stated.text):
            raise Differs(f"{stated} is not {wanted}")
        return
    letters, heard_letters = (LONE_LETTER.findall(s.point) for s in (wanted, stated))
    if letters and heard_letters:
        if letters[0] != heard_letters[0]:
            raise Differs(f"{stated} is not {wanted}")
        return
    keys = {w for w in wording.key_words(wanted.point, question) if len(w) > 1 and w != "tại"}
    keys = keys or set(wording.key_words(wanted.point, question))
    heard = set(stated.words) or set(re.findall(r"\w+", stated.text.lower()))
    if not keys <= heard:
        raise Differs(f"{stated} is not {wanted}")
    if wording.NEGATIVE.search(stated.point) and not wording.NEGATIVE.search(wanted.point):
        raise Differs("one answer denies the other")
