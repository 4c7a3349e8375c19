"""Pair the values that an answer should give with those that it gives, and compare them.

By name where names tell them apart (Lan: 12, Mai: 8), as a set where nothing does, in order where
the question sets one; with their units, in the form that the question asks for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from mathpal.maths import wording
from mathpal.maths.notation.quantities import Quantity
from mathpal.maths.notation.units import Unit
from mathpal.maths.notation.values import equal
from mathpal.maths.statements import Item, given_quantities

INDEXED = re.compile(r"[a-z]_\d")
"""An unknown with a number: which root is x_1 is for the writer to choose."""


class Differs(Exception):
    """Say in which way two answers differ."""


def require_values(
    wanted: Sequence[Item],
    offered: Sequence[Item],
    question: str,
    is_marked: bool = False,
    is_pair: bool = False,
) -> None:
    if not offered:
        raise Differs("there is no number")
    if len(wanted) == 1 and wanted[0].quantity.pieces == tuple(o.quantity.value for o in offered):
        return  # 5 and 25, in the two blanks of 5 m 25 cm
    if len(offered) < len(wanted):
        raise Differs(f"{len(wanted)} values are asked for, {len(offered)} given")
    if is_pair and all(len(o.names) == 1 and max(map(len, o.names)) == 1 for o in offered):
        offered = sorted(offered, key=lambda o: min(o.names))  # y = 3 and x = 4 is (4; 3)
    in_order = list(zip(wanted, offered, strict=False))
    pairs = in_order if is_pair else _pair(wanted, offered, question)
    for one, other in pairs:
        _require_same(one, other, question)
    contrary = wording.opposite(
        frozenset[str]().union(*(w.names for w in wanted)),
        frozenset[str]().union(*(o.names for _, o in pairs)),
    )
    if contrary:
        raise Differs(f"one says {contrary[1]}, not {contrary[0]}")
    paired = {id(other) for _, other in pairs}
    for item in offered:
        if id(item) in paired:
            continue
        if not is_marked and len(pairs) == 1 and _leads_to(item, pairs[0][1]):
            continue
        if not _may_stand_beside(item, pairs, question, is_marked):
            raise Differs(f"{item} is one value too many")


def _leads_to(item: Item, answer: Item) -> bool:
    """Tell whether a value stands before the answer on the way to it."""
    return not answer.is_alternative and item.quantity.start < answer.quantity.start


def _may_stand_beside(
    item: Item, pairs: Sequence[tuple[Item, Item]], question: str, is_marked: bool
) -> bool:
    """Tell whether a further value does no harm: an aside, or another thing with a name."""
    if item.is_aside or any(_is_same(wanted, item, question) for wanted, _ in pairs):
        return True
    if len(pairs) > 1 and (not item.names or any(item.names == o.names for _, o in pairs)):
        return False  # one more of a list
    quantity = item.quantity
    if any(
        quantity.value == g.value and quantity.unit == g.unit for g, _ in given_quantities(question)
    ):
        return True
    if len(pairs) > 1:
        known = frozenset[str]().union(*(o.names for _, o in pairs))
        return not is_marked and bool(item.names - known) and bool(known - item.names)
    matched = pairs[0][1]
    return bool(item.names - matched.names - {item.noun}) and bool(matched.names - item.names)


def _pair(
    wanted: Sequence[Item], offered: Sequence[Item], question: str
) -> list[tuple[Item, Item]]:
    """Pair what is wanted with what is offered: by name, as a set, or in order."""
    if len(wanted) == 1:
        return [(wanted[0], _best(wanted[0], offered, question))]
    if wording.ORDERED.search(question) and not _distinct_names(offered):
        return list(zip(wanted, offered, strict=False))
    if named := _by_name(wanted, offered):
        return named
    _require_sizes(offered)
    own = _distinct_names(wanted)
    by_size = all(names <= {"lớn", "bé", "nhỏ", "nhất", "thứ", "hai", "số"} for names in own)
    units = {w.quantity.unit.dimension if w.quantity.unit else w.noun for w in wanted}
    if not own or by_size or (len(units) == len(wanted) and all(o.quantity.unit for o in offered)):
        left, pairs = list(offered), []
        for item in wanted:
            found = next((o for o in left if _is_same(item, o, question)), left[0])
            left.remove(found)
            pairs.append((item, found))
        return pairs
    return list(zip(wanted, offered, strict=False))


def _best(wanted: Item, offered: Sequence[Item], question: str) -> Item:
    """Return the value that answers: the one named as the question asks, else the last."""
    pool = [o for o in offered if not o.is_aside] or list(offered)
    by_clause: dict[int, Item] = {}
    for item in pool:
        if item.is_result or not by_clause.get(item.clause, item).is_result:
            by_clause[item.clause] = item
    pool = [*by_clause.values()]
    asked = wording.asked_words(question) | wanted.names
    common = frozenset[str].intersection(*(o.names for o in pool))
    best = max(len((o.names - common) & asked) for o in pool)
    pool = [o for o in pool if len((o.names - common) & asked) == best]
    if not wanted.repeats:
        pool = [o for o in pool if not o.repeats] or pool
    return pool[-1]


def _by_name(wanted: Sequence[Item], offered: Sequence[Item]) -> list[tuple[Item, Item]] | None:
    """Pair by the names that tell the values apart; None where they do not settle it."""
    own = _distinct_names(wanted)
    theirs = _distinct_names(offered)
    if not own or not theirs:
        return None
    scores = sorted(
        (
            (len(a & b) - 0.1 * len(b - a), i, k)
            for i, a in enumerate(own)
            for k, b in enumerate(theirs)
            if a & b
        ),
        key=lambda found: (-found[0], found[1], found[2]),
    )
    pairs: dict[int, int] = {}
    for _, i, k in scores:
        if i not in pairs and k not in pairs.values():
            pairs[i] = k
    if len(pairs) == len(wanted) - 1 and len(offered) == len(wanted):
        missing = next(i for i in range(len(wanted)) if i not in pairs)
        pairs[missing] = next(k for k in range(len(offered)) if k not in pairs.values())
    if len(pairs) < len(wanted):
        return None
    return [(wanted[i], offered[pairs[i]]) for i in range(len(wanted))]


def _distinct_names(items: Sequence[Item]) -> list[frozenset[str]]:
    """Return the names that not all items share; empty where two have none to tell them apart."""
    names = [frozenset(n for n in item.names if not INDEXED.fullmatch(n)) for item in items]
    common = frozenset[str].intersection(*names) if names else frozenset()
    own = [n - common for n in names]
    return own if sum(map(bool, own)) >= len(own) - 1 and len(set(own)) == len(own) else []


def _require_sizes(items: Sequence[Item]) -> None:
    """Refuse a `larger number` that is not larger than the `smaller` one."""
    large = [i for i in items if "lớn" in i.names]
    small = [i for i in items if i.names & {"bé", "nhỏ"}]
    if len(large) == len(small) == 1:
        a, b = large[0].quantity.measure, small[0].quantity.measure
        if isinstance(a, Fraction) and isinstance(b, Fraction) and a < b:
            raise Differs(f"the larger number, {large[0]}, is smaller than {small[0]}")


def _is_same(a: Item, b: Item, question: str) -> bool:
    try:
        _require_same(a, b, question)
    except Differs:
        return False
    return True


def _require_same(wanted: Item, offered: Item, question: str) -> None:
    """Compare two values with their units, and the form that the question asks for."""
    one, other = wanted.quantity, offered.quantity
    _require_same_measure(wanted, offered, question)
    form = wording.demanded_form(question)
    if form and wording.has_form(wanted.text, form) and not wording.has_form(offered.text, form):
        is_bare_percent = form == "percent" and equal(one.value, other.value)
        if not is_bare_percent and re.search(r"\d", offered.text):
            raise Differs(f"{offered.text} is not in the form asked for ({form})")


def _require_same_measure(wanted: Item, offered: Item, question: str) -> None:
    """Compare two measures; a bare number has the unit that the other or the question has."""
    one, other = wanted.quantity, offered.quantity
    asked = wording.asked_unit(question)
    if {wanted.noun, offered.noun} == {"lần", "đơn"}:
        raise Differs(f"one says {offered.noun}, not {wanted.noun}")
    if other.other_reading is not None:
        read_otherwise = replace(other, value=other.other_reading, other_reading=None)
        if _is_same(wanted, replace(offered, quantity=read_otherwise), question):
            return
    if one.unit and other.unit:
        if one.unit.dimension != other.unit.dimension:
            raise Differs(f"the unit is another: {other.unit}, not {one.unit}")
        same = equal(one.measure, other.measure) or _same_time_of_day(one, other, question)
    elif one.unit:
        _require_no_other_noun(one.unit, offered, question)
        factors = [one.unit.factor, *_base_factor(one.unit)]
        factors += [asked.factor] if asked and asked.dimension == one.unit.dimension else []
        same = any(equal(one.measure, other.value * factor) for factor in factors)
    elif other.unit:
        _require_unit_fits(wanted, other.unit, asked, question)
        meant = asked or wording.given_unit(question, other.unit.dimension)
        fits = meant is not None and meant.dimension == other.unit.dimension
        factors = [meant.factor] if fits and meant else _base_factor(other.unit)
        same = any(equal(one.value * f, other.measure) for f in factors or [other.unit.factor])
    else:
        same = equal(one.value, other.value)
    if not same:
        raise Differs(f"the value is another: {other}, not {one}")


def _base_factor(unit: Unit) -> list[Fraction]:
    """Return the factor of a bare number beside a share (0,25 for 25%) or money in đồng."""
    return [Fraction(1)] if unit.dimension in ("share", "money") else []


def _require_no_other_noun(unit: Unit, offered: Item, question: str) -> None:
    """Refuse `43,75 học sinh` for 43,75%."""
    counted = len(offered.noun) > 1 and wording.asked_noun(question) != offered.noun
    if unit.dimension == "share" and counted:
        raise Differs(f"the unit is another: {offered.noun}, not {unit}")


def _require_unit_fits(wanted: Item, unit: Unit, asked: Unit | None, question: str) -> None:
    """Refuse a unit where things are counted, or another one is asked for."""
    if asked:
        if asked.dimension != unit.dimension:
            raise Differs(f"the unit is another: {unit}, not {asked}")
        return
    dimensions = wording.asked_dimensions(question)
    if dimensions and unit.dimension not in dimensions:
        raise Differs(f"the unit is another: {unit}, where a {min(dimensions)} is asked for")
    counted = wanted.noun or wording.asked_noun(question)
    if unit.dimension not in ("share", "money") and counted and counted not in ("đơn",):
        raise Differs(f"the unit is another: {unit}, not {counted}")


def _same_time_of_day(one: Quantity, other: Quantity, question: str) -> bool:
    """Tell whether 3 giờ may be 15 giờ: twelve hours apart, the early one without `sáng`."""
    if not (one.clock and other.clock and wording.TIME_OF_DAY.search(question)):
        return False
    early, late = sorted((one, other), key=lambda q: float(q.value))
    known = late.clock == "24" or late is one
    return late.value - early.value == 12 and early.clock == "open" and known
