"""What predictions come to, and what two models' predictions of the same questions do."""

import io
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from rich.console import Console

from mathpal.errors import RequestError
from mathpal.evaluation import AFTER, BEFORE, predictions
from mathpal.evaluation.breakdown import breakdown, groups, sample_errors, tally
from mathpal.evaluation.compare import (
    Comparison,
    compare,
    compare_before,
    compare_runs,
    renderables,
)
from mathpal.evaluation.predictions import Prediction
from mathpal.evaluation.statistics import PairedCounts, wilson


def answer(
    number: int,
    correct: bool | None,
    kind: str = "total",
    read_as: str | None = "5",
    facts: Mapping[str, object] = MappingProxyType({}),
    **length: Any,
) -> Prediction:
    return Prediction(
        question=f"Bài {number}: 2 + 3 = ?",
        reference="Đáp số: 5",
        prediction="Đáp số: 5 [bold]quả[/]" if correct else "Đáp số: 6",
        correct=correct,
        read_as=read_as,
        expected="5",
        facts={"kind": kind, **facts},
        **length,
    )


def model(*outcomes: bool | None, kind: str = "total") -> list[Prediction]:
    return [answer(number, outcome, kind) for number, outcome in enumerate(outcomes)]


def test_ungradable_questions_count_in_no_share() -> None:
    counted = tally([answer(1, True), answer(2, False, read_as=None), answer(3, None)])
    assert (counted.num, counted.right, counted.wrong) == (3, 1, 1)
    assert (counted.ungradable, counted.unreadable) == (1, 1)
    assert counted.share == 0.5
    assert counted.interval == wilson(1, 2)
    assert counted.unreadable_share == pytest.approx(1 / 3)


def test_nothing_gradable_has_no_share() -> None:
    counted = tally([answer(1, None)])
    assert counted.share is None
    assert counted.interval is None


def test_groups_are_in_order_and_grades_by_number() -> None:
    some = [answer(i, True, facts={"grade": grade}) for i, grade in enumerate((10, 9, 10))]
    assert [(g.name, g.tally.num) for g in groups(some, "grade")] == [("9", 1), ("10", 2)]
    assert groups(some, "topic") == []


def test_breakdown_has_only_the_facts_that_are_known() -> None:
    facts = {"grade": 4, "strand": "number", "topic": "NUM.ADD"}
    some = [answer(1, True, facts=facts), answer(2, False), answer(3, True, "sharing")]
    found = breakdown(some)
    assert list(found.groups) == ["grade", "strand", "topic", "kind"]
    assert [(g.name, g.tally.share) for g in found.groups["kind"]] == [
        ("sharing", 1),
        ("total", 0.5),
    ]
    assert [g.tally.num for g in found.groups["topic"]] == [1]
    assert list(breakdown([answer(1, True)]).groups) == ["kind"]


def test_lengths_and_cut_answers_are_counted() -> None:
    some = [answer(i, True, num_tokens=i, cut=i == 20) for i in range(1, 21)]
    found = breakdown(some)
    assert found.num_cut == 1
    assert found.lengths is not None
    assert (found.lengths.mean, found.lengths.median) == (10.5, 10.5)
    assert (found.lengths.p95, found.lengths.longest) == (19, 20)
    assert breakdown([answer(1, True)]).lengths is None


def test_sampled_errors_are_of_many_kinds_and_always_the_same() -> None:
    kinds = ["total"] * 5 + ["sharing"] * 2 + ["motion"]
    wrong = [answer(i, False, kind) for i, kind in enumerate(kinds)]
    some = [answer(50, True), *wrong, answer(51, None)]
    chosen = sample_errors(some, 5)
    assert [p.facts["kind"] for p in chosen] == ["total", "sharing", "motion", "total", "sharing"]
    assert sample_errors(some, 5) == chosen
    assert len(sample_errors(some, 99)) == 8


def test_pairs_are_found_whatever_the_order() -> None:
    a = model(True, True, False, False, None)
    b = model(True, False, True, False, None)
    found = compare(a, b[::-1])
    assert found.counts == PairedCounts(both_right=1, only_a=1, only_b=1, neither=1)
    assert found.num_ungradable == 1
    assert [p.a.question for p in found.lost] == [a[1].question]
    assert [p.b.question for p in found.gained] == [a[2].question]


def test_a_question_asked_twice_is_paired_twice() -> None:
    twice = [answer(1, True), answer(1, False)]
    assert compare(twice, twice).counts == PairedCounts(1, 0, 0, 1)
    with pytest.raises(RequestError, match="2 and 1, 1 of them common"):
        compare(twice, twice[:1])


def test_different_questions_are_refused_in_one_line() -> None:
    with pytest.raises(RequestError) as refused:
        compare(model(True, False, True), [*model(True, False), answer(7, True)])
    assert str(refused.value) == (
        "A and B answered different questions: 3 and 3, 2 of them common; "
        "evaluate both on the same held-out rows"
    )


def test_another_reference_is_another_question() -> None:
    other = Prediction("Bài 0: 2 + 3 = ?", "Đáp số: 7", "Đáp số: 7", True, "7", "7", {})
    with pytest.raises(RequestError, match="1 and 1, 0 of them common"):
        compare(model(True), [other])


@pytest.mark.parametrize(
    ("only_a", "only_b", "verdict"),
    [
        (
            4,
            15,
            "B is better: 91.9% against 85.0% of 160 answers, difference +6.9 points "
            "(95% interval +1.5 to +12.7), McNemar p = 0.012",
        ),
        (
            15,
            4,
            "A is better: 91.9% against 85.0% of 160 answers, difference +6.9 points "
            "(95% interval +1.5 to +12.7), McNemar p = 0.012",
        ),
        (
            5,
            6,
            "no difference that 160 answers can tell: B 86.2%, A 85.6%, difference +0.6 points "
            "(95% interval -3.9 to +5.2), McNemar p = 0.77",
        ),
    ],
)
def test_verdict_is_a_sentence_with_its_figures(only_a: int, only_b: int, verdict: str) -> None:
    both, neither = 132, 160 - 132 - only_a - only_b
    a = model(*[True] * (both + only_a), *[False] * (only_b + neither))
    b = model(*[True] * both, *[False] * only_a, *[True] * only_b, *[False] * neither)
    assert compare(a, b).verdict == verdict


def test_nothing_gradable_is_nothing_to_compare() -> None:
    found = compare(model(None, None), model(None, None))
    assert found.verdict.startswith("nothing to compare")
    assert printed(found) == found.verdict + "\n"


def test_changes_go_from_worst_to_best() -> None:
    a = [*model(True, True), answer(5, False, "sharing"), answer(6, True, "motion")]
    b = [*model(False, True), answer(5, True, "sharing"), answer(6, True, "motion")]
    found = compare(a, b)
    assert found.fact == "kind"
    assert [(c.name, c.counts.difference) for c in found.changes] == [
        ("total", -0.5),
        ("motion", 0),
        ("sharing", 1),
    ]


def test_changes_are_by_topic_where_it_is_known() -> None:
    some = [answer(1, True, facts={"topic": "NUM.ADD"})]
    assert compare(some, some).fact == "topic"


def printed(comparison: Comparison, *folders: Path) -> str:
    console = Console(file=io.StringIO(), width=100, highlight=False, emoji=False)
    for part in renderables(comparison, folders):
        console.print(part)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_screen_shows_counts_topics_and_flips_as_they_were_written() -> None:
    text = printed(
        compare(model(True, False, False), model(True, True, False)), Path("x"), Path("y")
    )
    lines = [line.split() for line in text.splitlines()]
    assert lines[:2] == [["A", "x"], ["B", "y"]]
    assert ["both", "right", "1", "33.3%"] in lines
    assert ["only", "B", "right", "1", "33.3%"] in lines
    assert ["total", "3", "33.3%", "66.7%", "+33.3", "0", "1"] in lines
    assert "only B right Bài 1: 2 + 3 = ?\nA wrong: Đáp số: 6\n" in text
    assert "B right: Đáp số: 5 [bold]quả[/]\n" in text


def test_runs_are_compared_by_their_folders(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    predictions.save(one / AFTER, model(True, False))
    predictions.save(two / AFTER, model(True, True))
    predictions.save(two / BEFORE, model(False, False))
    assert compare_runs(one, two).counts == PairedCounts(1, 0, 1, 0)
    before = compare_before(two)
    assert before.counts == PairedCounts(0, 0, 2, 0)
    assert before.verdict.startswith(
        "no difference that 2 answers can tell: the trained model 100.0%"
    )
    with pytest.raises(RequestError, match=r"has no answers in base_predictions\.jsonl"):
        compare_before(one)
