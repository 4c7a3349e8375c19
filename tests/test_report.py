"""The page of a run: every figure of its files, nothing that it does not hold, at any time."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from mathpal import report
from mathpal.errors import RequestError
from mathpal.evaluation import AFTER, BEFORE, predictions
from mathpal.evaluation.breakdown import breakdown
from mathpal.evaluation.predictions import Prediction
from mathpal.files import write_json, write_jsonl, write_text
from mathpal.report import charts, contents

VOID = {"meta", "link", "img", "br", "hr", "input"}
SECTIONS = {"result", "training", "accuracy", "answers", "examples", "run", "next"}

CONFIG = """\
name: gia sư <lớp 4>
seed: 42
dry_run: false
model: {_target_: mathpal.models.transformers.load, name: mathpal/tiny, hub_token: abc-def-123}
data: {_target_: mathpal.data.synth.rows, train_rows: 3200}
trainer: {_target_: mathpal.trainers.sft.build, head: language, eos_token: <eos>}
evaluation: {max_new_tokens: 64}
"""
PLAN = {
    "model": "mathpal/tiny",
    "lora_rank": 16,
    "max_length": 256,
    "batch_size": 16,
    "num_steps": 4,
    "num_epochs": 0.15,
    "learning_rate": 0.005,
    "data": "16 kinds of problem",
    "train_rows": 3200,
    "test_rows": 160,
    "tokens": {"total": 300, "trained": 100, "median": 70, "p95": 98, "longest": 128},
    "warnings": ["12 rows are cut & not trained to the end"],
}
RECORD: dict[str, Any] = {
    "status": "done",
    "command": "train trainer.max_steps=4 data.system='a < b'",
    "started": "2026-11-22T23:14:11+00:00",
    "python": "3.11.7",
    "platform": "Linux",
    "packages": {"mathpal": "0.1.0", "torch": "2.13.0", "unsloth": None},
    "git": {"commit": "44badd5d6ad2f8951da84a0837bb24f82e36b859", "dirty": True},
    "seconds": {"load": 1.25, "train": 3.75},
    "stage": "evaluation",
    "error": None,
    "seconds_total": 5.125,
    "peak_memory_bytes": 810205184,
}
FIGURES = {
    "train_loss": 0.19439507772525152,
    "eval_loss": 0.11389143764972687,
    "base_accuracy": 0.25,
    "eval_accuracy": 0.75,
    "tokens_per_second": 4413.853687111937,
    "seconds_to_first_step": None,
    "peak_memory_bytes": 810205184,
    "seconds_total": 5.1,
}
STEPS = [
    {"step": 1, "loss": 2.5, "learning_rate": 0.1},
    {"step": 2, "loss": float("nan")},
    {"step": 3, "loss": 1.25},
    {"step": 4, "loss": 0.75},
    {"step": 4, "eval_loss": 0.875},
]


class Page(HTMLParser):
    """A page as its elements; whatever is not closed in order fails."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.opened: list[str] = []
        self.feed(text)
        self.close()
        assert self.opened == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.opened.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.opened and self.opened[-1] not in ("style", "script"):
            self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element of a tag."""
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def ids(self) -> set[str | None]:
        """What can be linked to."""
        return {attributes.get("id") for _, attributes in self.elements} - {None}

    @property
    def values(self) -> set[float]:
        """Every figure that stands in the page, as exactly as it was."""
        return {float(data["value"] or "nan") for data in self.all("data")}

    @property
    def text(self) -> str:
        """What is read, in one line."""
        return re.sub(r"\s+", " ", " ".join(self.texts))


def answer(number: int, correct: bool | None, **others: Any) -> Prediction:
    kind, grade = ("sharing", 2) if number % 2 else ("motion", 5)
    made = Prediction(
        question=f"Bài {number}: chia đều {number} quả trứng?",
        reference="Đáp số: $\\frac{1}{2}$",
        prediction="Đáp số: 5 quả",
        correct=correct,
        read_as="5",
        expected=None if correct is None else "1/2",
        facts={"kind": kind, "grade": grade, "strand": "number", "topic": "NUM.MUL"},
        num_tokens=10 + number,
    )
    return replace(made, **others)


BASE = [answer(1, True), answer(2, False), answer(3, False), answer(4, False), answer(5, None)]
TRAINED = [
    answer(1, True),
    answer(2, True, prediction="Vì x < 3 & y > 2:\n<script>alert('x')</script>"),
    answer(3, True),
    answer(4, False, read_as=None, prediction="", cut=True, num_tokens=64),
    answer(5, None),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A finished run."""
    path = tmp_path / "run"
    write_text(path / "config.yaml", CONFIG)
    write_json(path / "plan.json", PLAN)
    write_json(path / "run.json", RECORD)
    write_json(path / "metrics.json", FIGURES)
    write_jsonl(path / "metrics.jsonl", STEPS)
    predictions.save(path / BEFORE, BASE)
    predictions.save(path / AFTER, TRAINED)
    return path


def written(folder: Path) -> Page:
    return Page(report.write(folder).read_text(encoding="utf-8"))


def test_report_is_written_beside_the_files_it_reads(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert report.write(folder) == folder / "report.html"
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert after.pop("report.html")
    assert after == before


def test_every_section_is_there_and_every_link_leads_to_one(folder: Path) -> None:
    page = written(folder)
    assert page.ids >= SECTIONS
    for link in page.all("a"):
        assert (link["href"] or "").removeprefix("#") in page.ids
    assert page.all("html") == [{"lang": "en"}]
    assert [name for name, _ in page.elements].count("h1") == 1
    assert len(page.all("caption")) == len(page.all("table"))


def test_charts_tell_what_they_show(folder: Path) -> None:
    images = [svg for svg in written(folder).all("svg") if svg.get("aria-hidden") != "true"]
    assert [svg["role"] for svg in images] == ["img"]
    assert images[0]["aria-label"] == (
        "loss over steps. training rows: 2.5 at step 1, 0.75 at step 4; "
        "held-out rows: 0.875 at step 4, 0.875 at step 4."
    )


def test_values_that_cannot_be_drawn_are_told(folder: Path) -> None:
    assert "1 logged value is not a finite number and is not drawn." in written(folder).text
    write_jsonl(folder / "metrics.jsonl", [{"step": 1, "loss": float("inf")}])
    page = written(folder)
    assert "training" not in page.ids


def test_every_figure_of_the_files_stands_in_the_page(folder: Path) -> None:
    values = written(folder).values
    figures = [value for value in FIGURES.values() if value is not None]
    assert values >= {*figures, *RECORD["seconds"].values(), RECORD["seconds_total"]}
    assert values >= {2.5, 0.75, 0.875}
    for found in (breakdown(BASE), breakdown(TRAINED)):
        overall, lengths = found.overall, found.lengths
        assert lengths is not None
        assert values >= {overall.num, overall.right, overall.wrong, overall.ungradable}
        assert values >= {overall.unreadable, overall.unreadable_share, found.num_cut}
        assert values >= {lengths.mean, lengths.median, lengths.p95, lengths.longest}
        for groups in found.groups.values():
            assert values >= {group.tally.share for group in groups}


def test_headline_compares_with_the_base_model(folder: Path) -> None:
    text = written(folder).text
    assert "among 4 held-out questions, before → after training" in text
    assert "25.0% → 75.0%" in text
    assert "No difference that 4 answers can tell: the trained model 75.0%" in text
    assert "McNemar p = 0.25" in text
    assert "Training put 2 answers right and made 0 wrong; 1 were right both times" in text


def test_facts_of_the_run_are_told(folder: Path) -> None:
    text = written(folder).text
    for told in (
        "gia sư <lớp 4>",
        "SFT of mathpal/tiny, on 16 kinds of problem",
        "12 rows are cut & not trained to the end",
        "LoRA r=16",
        "22 Nov 2026, 23:14 UTC",
        "44badd5d6ad2, with changes not committed",
        "torch 2.13.0",
        "data.system='a < b'",
        "mathpal evaluate",
        "Grade 2",
        "NUM.MUL Phép nhân và phép chia",
        "cut at 64 tokens",
    ):
        assert told in text, told
    assert "unsloth" not in text


def test_examples_show_how_each_was_read_and_graded(folder: Path) -> None:
    page = written(folder)
    flags = [article["data-flags"] for article in page.all("article")]
    assert flags == ["right", "right gained", "right gained", "wrong unreadable cut", "ungradable"]
    assert [a["data-kind"] for a in page.all("article")][:2] == ["sharing", "motion"]
    assert "Bài 1: chia đều 1 quả trứng?" in page.text
    assert "Đáp số: $\\frac{1}{2}$" in page.text
    assert "read as 1/2" in page.text
    assert page.text.count("no answer could be read") >= 2
    assert "(empty)" in page.text
    buttons = [b["value"] for b in page.all("button") if "value" in b]
    assert buttons == ["all", "right", "wrong", "ungradable", "gained", "unreadable", "cut"]


def test_what_files_hold_is_shown_as_text(folder: Path) -> None:
    page = written(folder)
    assert len(page.all("script")) == 1
    assert "Vì x < 3 & y > 2: <script>alert('x')</script>" in page.text
    hostile = '"><img src=x onerror=alert(1)>'
    write_json(folder / "run.json", {**RECORD, "status": hostile, "error": hostile})
    write_jsonl(folder / "metrics.jsonl", [{"step": 1, "loss": 1.0, "reward": 2.0}])
    predictions.save(folder / AFTER, [answer(1, True, facts={"kind": hostile, "grade": hostile})])
    page = written(folder)
    assert page.all("img") == []
    assert hostile in page.text
    assert page.all("article")[0]["data-kind"] == hostile


def test_page_needs_no_network(folder: Path) -> None:
    page = written(folder)
    assert not {name for name, _ in page.elements} & {"link", "img", "iframe", "object", "base"}
    for name, attributes in page.elements:
        assert "src" not in attributes
        assert all("http" not in (value or "") for value in attributes.values()), name
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert "http" not in text
    assert "@import" not in text
    assert "url(" not in text


def test_secrets_stay_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "very-secret-value")
    record = {**RECORD, "error": "401 for very-secret-value, hf_AbCdEfGhIjKlMnOpQrSt"}
    write_json(folder / "run.json", record)
    predictions.save(folder / AFTER, [answer(1, True, prediction="very-secret-value")])
    text = report.write(folder).read_text(encoding="utf-8")
    for secret in ("very-secret-value", "hf_AbCdEfGhIjKlMnOpQrSt", "abc-def-123"):
        assert secret not in text
    assert "hub_token: &#39;***&#39;" in text
    assert "eos_token: &lt;eos&gt;" in text


def test_running_run_has_a_page_as_soon_as_it_has_a_record(folder: Path) -> None:
    for path in list(folder.iterdir()):
        if path.name not in ("run.json", "config.yaml"):
            path.unlink()
    write_json(folder / "run.json", {"status": "running", "command": "train", "stage": "load"})
    page = written(folder)
    assert "In stage “load” when this page was written" in page.text
    assert "No answers yet." in page.text
    assert "SFT of mathpal/tiny, on mathpal.data.synth.rows" in page.text
    assert not page.ids & {"training", "accuracy", "answers", "examples"}
    assert page.all("script") == []


def test_record_alone_makes_a_page(tmp_path: Path) -> None:
    write_json(tmp_path / "run.json", {"status": "running"})
    assert "No answers yet." in written(tmp_path).text


def test_failed_run_shows_its_error_and_what_the_base_model_did(folder: Path) -> None:
    (folder / AFTER).unlink()
    (folder / "metrics.json").unlink()
    error = "OutOfMemoryError: tried to allocate 2 GB\nset trainer.per_device_train_batch_size=4"
    write_json(
        folder / "run.json", {**RECORD, "status": "failed", "stage": "train", "error": error}
    )
    page = written(folder)
    assert "The run failed in stage “train”" in page.text
    assert "OutOfMemoryError: tried to allocate 2 GB" in page.text
    assert "among 4 held-out questions, before training" in page.text
    assert "These are answers of the base model." in page.text
    assert 0.25 in page.values
    assert "--against" not in page.text
    assert "mathpal resume" not in page.text
    write_json(folder / "checkpoints/checkpoint-4/manifest.json", {})
    assert f"mathpal resume {folder}" in written(folder).text


def test_interrupted_run_says_where(folder: Path) -> None:
    write_json(folder / "run.json", {**RECORD, "status": "interrupted", "error": "stopped"})
    assert "Interrupted in stage “evaluation”" in written(folder).text


def test_run_without_evaluation_has_its_losses(folder: Path) -> None:
    (folder / AFTER).unlink()
    (folder / BEFORE).unlink()
    page = written(folder)
    assert "This run answered no held-out questions." in page.text
    assert page.ids >= {"result", "training", "run", "next"}
    assert not page.ids & {"accuracy", "answers", "examples"}
    assert FIGURES["train_loss"] in page.values


def test_answers_that_nobody_can_grade_make_no_headline(folder: Path) -> None:
    (folder / BEFORE).unlink()
    predictions.save(folder / AFTER, [answer(1, None), answer(2, None)])
    page = written(folder)
    assert "None of the 2 references has an answer that can be graded." in page.text
    assert [a["data-flags"] for a in page.all("article")] == ["ungradable", "ungradable"]


def test_answers_to_other_questions_are_compared_on_the_common_ones(folder: Path) -> None:
    predictions.save(folder / AFTER, [*TRAINED[:3], answer(9, True)])
    found = contents.read(folder).comparison
    assert found is not None
    assert found.counts.num == 3


def test_examples_of_a_large_evaluation_are_sampled_from_all_kinds(folder: Path) -> None:
    rare = [answer(1, False, facts={"kind": "rare"}), answer(3, True, facts={"kind": "rare"})]
    many = [answer(2 * i, i % 3 == 0) for i in range(1, 400)]
    predictions.save(folder / AFTER, [*many, *rare])
    page = written(folder)
    kinds = [a["data-kind"] for a in page.all("article")]
    assert (len(kinds), kinds.count("rare")) == (contents.MAX_EXAMPLES, 2)
    assert "240 of 401 answers, taken evenly from all kinds" in page.text


def test_ranked_pairs_are_called_so(folder: Path) -> None:
    write_text(folder / "config.yaml", CONFIG.replace("head: language", "head: score"))
    text = written(folder).text
    assert "Share of pairs ranked right" in text
    assert "Ranked higher" in text


def test_curves_of_other_trainers_are_drawn_too(folder: Path) -> None:
    lines = [{"step": s, "loss": 0.5, "reward": s / 10, "rewards/margins": -s} for s in (1, 2, 3)]
    write_jsonl(folder / "metrics.jsonl", lines)
    page = written(folder)
    labels = [svg["aria-label"] or "" for svg in page.all("svg") if "aria-label" in svg]
    assert [label.partition(" ")[0] for label in labels] == ["loss", "reward", "margin"]
    assert page.values >= {0.5, 0.1, 0.3, -3}


@pytest.mark.parametrize("name", ["run.json", "metrics.json", "predictions.jsonl", "config.yaml"])
def test_broken_file_is_refused_in_one_line(folder: Path, name: str) -> None:
    (folder / name).write_text('{"question": [\n', encoding="utf-8")
    with pytest.raises(RequestError) as refused:
        report.write(folder)
    assert "a file of this run cannot be read" in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def test_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"not a run's folder \(no run\.json in it\)"):
        report.write(tmp_path)


def test_unknown_fields_of_a_later_plan_are_left_out(folder: Path) -> None:
    write_json(folder / "plan.json", {**PLAN, "moons": 2})
    assert "LoRA r=16" in written(folder).text
    assert json.loads((folder / "plan.json").read_text())["moons"] == 2


def test_falling_loss_of_many_sizes_is_drawn_to_a_logarithm() -> None:
    drawn = charts.chart("loss", [charts.Series("a", "b", [(0, 4.0), (50, 0.4), (100, 0.04)])])
    assert drawn is not None
    assert drawn.is_log
    heights = [float(pair.split()[1]) for pair in drawn.lines[0].path.removeprefix("M").split(" L")]
    assert heights[1] - heights[0] == pytest.approx(heights[2] - heights[1], abs=0.02)
    assert drawn.y_ticks[0].at == 0
    assert drawn.y_ticks[-1].at == 100


def test_points_lie_where_the_ticks_say() -> None:
    points = [(0.0, 0.5), (10.0, 2.0), (20.0, 1.0)]
    drawn = charts.chart("loss", [charts.Series("a", "b", points, has_dots=True)])
    assert drawn is not None
    assert [tick.text for tick in drawn.y_ticks] == ["0.5", "1.0", "1.5", "2.0"]
    assert [tick.text for tick in drawn.x_ticks] == ["0", "5", "10", "15", "20"]
    assert drawn.lines[0].path == "M0.00 100.00 L50.00 0.00 L100.00 66.67"
    assert drawn.lines[0].dots == "M0.00 100.00h0 M50.00 0.00h0 M100.00 66.67h0"


@pytest.mark.parametrize("value", [0.0, 1.0, -3.5, 1e-12, 1e9])
def test_single_value_has_an_axis_around_it(value: float) -> None:
    drawn = charts.chart("loss", [charts.Series("a", "b", [(5, value)])])
    assert drawn is not None
    height = float(drawn.lines[0].path.split()[1])
    assert 0 < height < 100


def test_no_finite_value_is_no_chart() -> None:
    assert charts.chart("loss", [charts.Series("a", "b", [(1, float("nan"))])]) is None
    assert charts.chart("loss", [charts.Series("a", "b", [])]) is None
