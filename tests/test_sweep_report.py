"""The page of a sweep: what its files hold, at any time of it, and how it behaves in a browser."""

import datetime
import json
import math
import os
import random
import re
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from mathpal.errors import RequestError
from mathpal.files import write_json, write_jsonl, write_text
from mathpal.report import sweep
from mathpal.report.importance import MIN_TRIALS, Importance, importance
from mathpal.report.parameters import Parameter
from mathpal.report.pareto import front
from mathpal.report.plots import axis, drawing
from mathpal.report.trials import read

STARTED = datetime.datetime(2026, 11, 22, 23, 14, 11, tzinfo=datetime.UTC)
VOID = {"meta", "link", "img", "br", "hr", "input"}
HOSTILE = "</script><img src=x onerror=alert(1)>\"'&"

PARAMETERS: dict[str, Any] = {
    "lora": {"kind": "choice", "choices": ["r8", "r16"]},
    "trainer.learning_rate": {"kind": "float", "low": 1e-4, "high": 1e-2, "log": True},
    "trainer.optim": {"kind": "choice", "choices": ["adamw_torch", "lion"]},
    "trainer.optim_beta": {"kind": "float", "low": 0.8, "high": 0.99, "log": False},
    "trainer.warmup_steps": {"kind": "int", "low": 0, "high": 20, "log": False},
}
CONDITIONS = {"trainer.optim_beta": "trainer.optim=lion"}
OUT_OF_MEMORY = "OutOfMemoryError: tried to allocate {} GB\nset trainer.max_length=256"


def make_sweep(
    folder: Path, num_trials: int = 40, objectives: tuple[str, ...] = ("eval_loss",), seed: int = 3
) -> Path:
    """Write a sweep's folder as one that still runs leaves it: most trials ended, two have not."""
    draw = random.Random(seed)
    directions = ["minimize" if name.endswith("loss") else "maximize" for name in objectives]
    rows = [_trial(folder, number, objectives, draw) for number in range(num_trials - 2)]
    for number in range(max(0, num_trials - 2), num_trials):
        _trial(folder, number, objectives, draw)
        (folder / str(number) / "report.html").unlink()
        write_json(folder / f"{number}/run.json", {"status": "running", "started": _at(number)})
    write_json(
        folder / "sweep.json",
        {
            "command": "train -m search=lora_tpe 'name=gia sư'",
            "name": "lora_tpe",
            "study_name": "lora_tpe",
            "storage": "sqlite:///study.db",
            "objectives": list(objectives),
            "directions": directions,
            "n_trials": num_trials + 10,
            "sampler": "TPESampler",
            "pruner": "MedianPruner",
            "parameters": PARAMETERS,
            "conditions": CONDITIONS,
            "status": "running",
            "started": STARTED.isoformat(),
            "slots": 2,
            "error": None,
        },
    )
    write_jsonl(folder / "trials.jsonl", rows)
    write_text(folder / "best.yaml", "# @package _global_\n")
    write_text(folder / "study.db", "")
    return folder


def _at(number: int) -> str:
    return (STARTED + datetime.timedelta(seconds=21 * number)).isoformat()


def _trial(
    folder: Path, number: int, objectives: tuple[str, ...], draw: random.Random
) -> dict[str, Any]:
    """Write a trial's folder, and return its line."""
    values = {
        "lora": draw.choice(["r8", "r16"]),
        "trainer.learning_rate": 10 ** draw.uniform(-4, -2 - min(0.5, number / 40)),
        "trainer.optim": draw.choice(["adamw_torch", "lion"]),
        "trainer.warmup_steps": draw.randint(0, 20),
    }
    if values["trainer.optim"] == "lion":
        values["trainer.optim_beta"] = draw.uniform(0.8, 0.99)
    loss = 0.12 + 0.2 * (math.log10(values["trainer.learning_rate"]) + 2.6) ** 2
    loss += 0.04 * (values["lora"] == "r8") + draw.gauss(0, 0.008)
    state = {5: "failed", 11: "failed", 17: "killed", 23: "failed"}.get(number % 40, "complete")
    num_steps = 120
    if state == "complete" and number > 6 and loss > 0.3:
        state, num_steps = "pruned", 40
    if state in ("failed", "killed"):
        num_steps = draw.randint(5, 60)
    steps = list(_steps(loss, num_steps, draw))
    overrides = [f"{key}={value}" for key, value in values.items()]
    path = folder / str(number)
    write_text(path / ".hydra/overrides.yaml", "".join(f"- {o}\n" for o in ["seed=1", *overrides]))
    write_json(path / "run.json", {"status": "done" if state == "complete" else "failed"})
    write_jsonl(path / "metrics.jsonl", steps)
    write_text(path / "report.html", "<!doctype html><title>trial</title>")
    told = {"eval_loss": loss, "eval_accuracy": 1 - loss / 2 - 0.2 * (values["lora"] == "r16")}
    told["tokens_per_second"] = 4000 * (1.5 if values["lora"] == "r8" else 1) + draw.gauss(0, 300)
    if state == "complete":
        write_json(path / "metrics.json", {**told, "train_loss": 0.9 * loss, "seconds_total": 18.2})
    reasons = {
        5: OUT_OF_MEMORY.format("2.00"),
        11: "loss is not finite at step 31",
        23: OUT_OF_MEMORY.format("1.75"),
        17: "killed by signal 9 (out of memory?); it is tried again",
    }
    found: Any = [told[name] for name in objectives] if len(objectives) > 1 else loss
    if state == "pruned" and len(objectives) > 1:
        found = None
    return {
        "number": number,
        "state": state,
        "overrides": overrides,
        "parameters": values,
        "objective": found if state in ("complete", "pruned") else None,
        "seconds": 0.15 * num_steps + draw.random(),
        "folder": str(number),
        "reason": reasons.get(number % 40)
        if state in ("failed", "killed")
        else f"pruned at step {num_steps}: {loss:.4f}"
        if state == "pruned"
        else None,
        "started": _at(number),
        "retry_of": 17 if number == 18 else None,
    }


def _steps(loss: float, num_steps: int, draw: random.Random) -> Iterator[dict[str, Any]]:
    for step in range(1, num_steps + 1):
        now = loss + 2.4 * math.exp(-step / 14)
        yield {"step": step, "loss": max(0.01, now + draw.gauss(0, 0.05)), "learning_rate": 0.1}
        if step % 20 == 0:
            yield {"step": step, "eval_loss": now + 0.01}


class Page(HTMLParser):
    """A page as its elements; whatever is not closed in order fails."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.opened: list[str] = []
        self.blob = ""
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
        if self.elements[-1:] and self.elements[-1][1].get("id") == "data":
            self.blob += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element of a tag."""
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def ids(self) -> set[str | None]:
        """What can be linked to."""
        return {attributes.get("id") for _, attributes in self.elements} - {None}

    @property
    def data(self) -> dict[str, Any]:
        """What the script draws."""
        found: dict[str, Any] = json.loads(self.blob)
        return found

    @property
    def text(self) -> str:
        """What is read, in one line."""
        return re.sub(r"\s+", " ", " ".join(self.texts))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep of one objective that still runs, which no test changes."""
    return make_sweep(tmp_path_factory.mktemp("made") / "sweep")


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """The same for a test to change."""
    return shutil.copytree(made, tmp_path / "sweep")


def written(folder: Path) -> Page:
    return Page(sweep.write(folder).read_text(encoding="utf-8"))


def change(path: Path, **facts: Any) -> None:
    """Set facts of a JSON file."""
    write_json(path, {**json.loads(path.read_text(encoding="utf-8")), **facts})


def line(number: int, objective: Any, state: str = "complete", **others: Any) -> dict[str, Any]:
    made = {"number": number, "state": state, "overrides": [f"lora=r{number}"]}
    made |= {"parameters": {"lora": "r8"}, "objective": objective, "seconds": 1.5}
    return made | {"folder": str(number), "reason": None, "started": _at(number)} | others


def small_sweep(folder: Path, rows: list[dict[str, Any]], **facts: Any) -> Path:
    """Write a sweep's folder that holds nothing but these trials' lines."""
    known = {"name": "small", "command": "train -m", "objectives": ["eval_loss"]}
    known |= {"directions": ["minimize"], "n_trials": 8, "status": "done", "parameters": {}}
    write_json(folder / "sweep.json", {**known, **facts})
    write_jsonl(folder / "trials.jsonl", rows)
    return folder


def test_report_is_written_beside_the_files_it_reads(folder: Path) -> None:
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert sweep.write(folder) == folder / "report.html"
    after = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert after.pop(folder / "report.html")
    assert after == before


def test_other_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"not a sweep's folder \(no sweep\.json in it\)"):
        sweep.write(tmp_path)
    write_text(tmp_path / "sweep.json", '{"status": "runn')
    with pytest.raises(RequestError, match=r"sweep\.json of this sweep cannot be read"):
        sweep.write(tmp_path)


def test_every_link_leads_somewhere_and_every_table_has_heads(folder: Path) -> None:
    page = written(folder)
    links = [link["href"] or "" for link in page.all("a")]
    assert {link[1:] for link in links if link.startswith("#")} <= page.ids
    for link in links:
        assert link.startswith("#") or (folder / link).exists(), link
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(head["scope"] in ("col", "row") for head in page.all("th"))
    assert page.all("html") == [{"lang": "en"}]
    assert [name for name, _ in page.elements].count("h1") == 1


def test_trials_link_to_their_own_reports_or_else_their_folders(folder: Path) -> None:
    links = {link["href"] for link in written(folder).all("a")}
    assert {"0/report.html", "23/report.html", "39/"} <= links
    assert not {"0/", "39/report.html"} & links


def test_headline_tells_the_best_trial_and_how_to_repeat_it(folder: Path) -> None:
    rows = [json.loads(row) for row in (folder / "trials.jsonl").read_text().splitlines()]
    best = min((r for r in rows if r["state"] == "complete"), key=lambda r: r["objective"])
    text = written(folder).text
    assert "Best eval_loss, lower is better" in text
    assert f"{best['objective']:.4f} in trial {best['number']} of 40, with" in text
    assert f"trainer.learning_rate {best['parameters']['trainer.learning_rate']:.4g}" in text
    assert f"train experiment={folder}/best.yaml" in text
    assert f"optuna-dashboard sqlite:///{folder}/study.db" in text
    assert text.count("train -m search=lora_tpe 'name=gia sư'") == 2
    assert "24 complete 10 pruned 3 failed 1 killed 2 running 11 to go" in text


@pytest.mark.parametrize(
    ("direction", "number", "told"),
    [("minimize", 2, "0.2500"), ("maximize", 3, "0.7500")],
)
def test_best_is_by_direction_of_complete_trials_alone(
    tmp_path: Path, direction: str, number: int, told: str
) -> None:
    rows = [
        line(0, 0.1, "pruned"),
        line(1, float("nan")),
        line(2, 0.25),
        line(3, 0.75),
        line(4, 0.9, "pruned"),
        line(5, None, "failed", reason="x"),
        line(6, float("inf")),
    ]
    page = written(small_sweep(tmp_path, rows, directions=[direction]))
    assert f"{told} in trial {number} of 7" in page.text
    assert [t["number"] for t in page.data["trials"] if t["best"]] == [number]
    assert f"train lora=r{number}" in page.text


def test_sweep_without_a_trial_has_a_page(tmp_path: Path) -> None:
    page = written(small_sweep(tmp_path, [], status="running"))
    assert "No trial has begun." in page.text
    assert "8 to go" in page.text
    assert not page.ids & {"history", "trials", "importance", "curves"}
    assert page.all("a") != []


def test_sweep_whose_trials_all_failed_has_a_page(tmp_path: Path) -> None:
    rows = [line(i, None, "failed", reason="ValueError: no") for i in range(3)]
    page = written(small_sweep(tmp_path, rows, status="failed", error="every trial failed"))
    assert "The sweep failed every trial failed" in page.text
    assert "No trial has come to an objective yet." in page.text
    assert "No trial has reported a finite eval_loss." in page.text
    assert "Too few finished trials: 0" in page.text
    assert "3 trials: 0 , 1 , 2 ValueError: no" in page.text
    assert "5 never begun" in page.text


def test_sweep_json_alone_makes_a_page(tmp_path: Path) -> None:
    write_json(tmp_path / "sweep.json", {"status": "running"})
    assert "No trial has begun." in written(tmp_path).text


def test_trial_that_runs_is_known_from_its_folder(folder: Path) -> None:
    with (folder / "39/metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"step": 121, "lo')
    write_text(folder / "39/run.json", '{"status": "ru')
    page = written(folder)
    running = [t for t in page.data["trials"] if t["state"] == "running"]
    assert [t["number"] for t in running] == [38, 39]
    assert all(t["at"][0] in (0.0, 1.0) and 0 <= t["at"][1] <= 1 for t in running)
    assert len(page.data["curves"]["loss"]["lines"]["39"]) == 120
    assert "at step 120" in page.text
    change(folder / "sweep.json", status="interrupted")
    assert "2 interrupted 13 never begun" in written(folder).text


def test_folder_of_a_trial_that_has_written_nothing_yet_counts(tmp_path: Path) -> None:
    small_sweep(tmp_path, [line(0, 0.5)], status="running")
    (tmp_path / "1").mkdir()
    (tmp_path / "wandb").mkdir()
    assert "1 complete 1 running 6 to go" in written(tmp_path).text


def test_lines_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    small_sweep(tmp_path, [line(0, 0.5)])
    with (tmp_path / "trials.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"number": 1, "sta\n[]\n{"number": 2, "state"')
    text = written(tmp_path).text
    assert "2 lines of trials.jsonl cannot be read" in text
    assert "0.5000 in trial 0 of 1" in text


def test_killed_trial_is_asked_for_again(tmp_path: Path) -> None:
    rows = [line(0, 0.5), line(1, None, "killed"), line(2, 0.4, retry_of=1)]
    text = written(small_sweep(tmp_path, rows)).text
    assert "6 never begun" in text
    assert "again for trial 1" in text


def test_failures_stand_together_where_numbers_alone_differ(folder: Path) -> None:
    found = sweep.failures(read(folder))
    assert [[t.number for t in failure.trials] for failure in found] == [[5, 23], [11], [17]]
    assert found[0].reason == OUT_OF_MEMORY.format("2.00")
    assert "2 trials: 5 , 23 OutOfMemoryError: tried to allocate 2.00 GB" in written(folder).text


def test_parameter_that_a_trial_does_not_use_is_told_as_absent(folder: Path) -> None:
    page = written(folder)
    keys = [parameter["key"] for parameter in page.data["parameters"]]
    assert keys == list(PARAMETERS)
    assert page.data["parameters"][1]["log"]
    optim, beta = keys.index("trainer.optim"), keys.index("trainer.optim_beta")
    uses = {(t["at"][optim], t["at"][beta] is None) for t in page.data["trials"]}
    assert uses == {(0.0, True), (1.0, False)}
    assert "with trainer.optim = lion" in page.text


def test_best_value_at_the_end_of_its_range_is_told(tmp_path: Path) -> None:
    space = {"lr": {"kind": "float", "low": 1e-5, "high": 1e-3, "log": True}}
    rows = [line(i, 1 / (i + 1), parameters={"lr": 10 ** (i / 4 - 5)}) for i in range(9)]
    page = written(small_sweep(tmp_path, rows, parameters=space))
    assert "The best lr , 0.001, lies at an end of its range (1e-5 to 0.001)" in page.text
    assert not list(sweep.edges(read(small_sweep(tmp_path, rows[:8], parameters=space))))


def test_front_of_several_objectives_is_listed_with_commands(tmp_path: Path) -> None:
    rows = [
        line(0, [0.5, 0.9]),
        line(1, [0.3, 0.8]),
        line(2, [0.4, 0.7]),
        line(3, [0.1, float("nan")]),
        line(4, [0.2, 0.2], overrides=["data.system=a b's"]),
        line(5, None, "failed"),
    ]
    facts = {"objectives": ["eval_loss", "eval_accuracy"], "directions": ["minimize", "maximize"]}
    page = written(small_sweep(tmp_path, rows, **facts))
    assert [t["number"] for t in page.data["trials"] if t["best"]] == [0, 1, 4]
    assert [row["data-of"] for row in page.all("tr") if "data-of" in row] == ["0", "1", "4"]
    assert "train 'data.system=a b'\"'\"'s'" in page.text
    assert "3 on the front" in page.text
    assert page.all("select") == [{"autocomplete": "off"}]


def test_axes_of_three_objectives_can_be_chosen(tmp_path: Path) -> None:
    names = ("eval_loss", "eval_accuracy", "tokens_per_second")
    page = written(make_sweep(tmp_path, 12, names))
    assert [s["name"] for s in page.all("select") if "name" in s] == ["x", "y"]
    assert [o["direction"] for o in page.data["objectives"]] == ["minimize", "maximize", "maximize"]


def test_trial_recorded_whole_is_repeated_with_all_its_overrides(tmp_path: Path) -> None:
    small_sweep(tmp_path, [line(0, 0.5)])
    write_text(tmp_path / "0/.hydra/overrides.yaml", "- model=tiny\n- name=gia sư\n")
    assert "train model=tiny 'name=gia sư'" in written(tmp_path).text


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([], []),
        ([(1.0,), (0.5,), (0.5,)], [1, 2]),
        ([(1, 1, 2), (1, 1, 1), (0, 2, 3), (2, 2, 2)], [1, 2]),
    ],
)
def test_front_is_what_no_other_beats(points: list[tuple[float, ...]], expected: list[int]) -> None:
    assert front(points) == expected


def test_what_files_hold_is_shown_as_text(tmp_path: Path) -> None:
    rows = [
        line(
            i,
            float(i),
            "complete" if i < 9 else HOSTILE,
            parameters={HOSTILE: HOSTILE if i else "r8"},
            reason=HOSTILE,
            folder=f"{i}{HOSTILE}",
        )
        for i in range(10)
    ]
    space = {HOSTILE: {"kind": "choice", "choices": ["r8", HOSTILE]}}
    facts = {"name": HOSTILE, "objectives": [HOSTILE], "status": HOSTILE, "error": HOSTILE}
    page = written(small_sweep(tmp_path, rows, parameters=space, command=HOSTILE, **facts))
    assert page.all("img") == []
    assert len(page.all("script")) == 2
    assert page.data["parameters"][0]["key"] == HOSTILE
    assert [text for text, _ in page.data["parameters"][0]["ticks"]] == ["r8", HOSTILE]
    assert page.text.count(HOSTILE) > 10


def test_page_needs_no_network(folder: Path) -> None:
    page = written(folder)
    assert not {name for name, _ in page.elements} & {"link", "img", "iframe", "object", "base"}
    assert all("src" not in attributes for _, attributes in page.elements)
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert "http:" not in text
    assert "https:" not in text
    assert "@import" not in text
    assert "url(" not in text


def test_secrets_stay_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "very-secret-value")
    change(
        folder / "sweep.json",
        command="train -m model.hub_token=abc-def-123 'wandb.api_key=x y' trainer.eos_token=end",
        name="very-secret-value",
        error="401 for hf_AbCdEfGhIjKlMnOpQrSt",
        parameters={**PARAMETERS, "very-secret-value": {"kind": "choice", "choices": ["a", "b"]}},
    )
    text = sweep.write(folder).read_text(encoding="utf-8")
    for secret in ("very-secret-value", "hf_AbCdEfGhIjKlMnOpQrSt", "abc-def-123", "x y"):
        assert secret not in text
    assert "model.hub_token=***" in text
    assert "trainer.eos_token=end" in text


def test_curves_are_smoothed_thinned_and_end_where_trials_ended(folder: Path) -> None:
    drawn = drawing(read(folder))
    states = {t["number"]: t["state"] for t in drawn["trials"]}
    loss = drawn["curves"]["loss"]
    assert len(loss["lines"]) == 40
    assert loss["y"]["log"]
    ends = {states[int(number)]: points[-1][0] for number, points in loss["lines"].items()}
    assert ends["complete"] == 1.0
    assert ends["pruned"] == pytest.approx(40 / 120, abs=1e-3)
    write_jsonl(folder / "0/metrics.jsonl", [{"step": s, "loss": 1.0} for s in range(9000)])
    assert len(drawing(read(folder))["curves"]["loss"]["lines"]["0"]) == 160


def test_values_that_are_not_finite_are_not_drawn(tmp_path: Path) -> None:
    small_sweep(tmp_path, [line(0, float("nan")), line(1, 2.0)])
    steps = [{"step": 1, "loss": float("inf")}, {"step": 2, "loss": 3.0}, {"step": 3, "loss": None}]
    steps += [{"step": 4, "loss": 2.0, "eval_loss": 2.5}]
    write_jsonl(tmp_path / "1/metrics.jsonl", steps)
    drawn = drawing(read(tmp_path))
    assert [t["values"] for t in drawn["trials"]] == [[None], [0.5]]
    assert len(drawn["curves"]["loss"]["lines"]["1"]) == 2
    assert "eval_loss" not in drawn["curves"]  # a point is no curve


@pytest.mark.parametrize(
    ("values", "is_log", "texts"),
    [
        ([0.12, 0.48], False, ["0.1", "0.2", "0.3", "0.4", "0.5"]),
        ([0.02, 2.0], True, ["0.02", "0.05", "0.1", "0.2", "0.5", "1", "2"]),
        ([-1.0, 400.0], False, ["-100", "0", "100", "200", "300", "400"]),
        ([1e-5, 1e3], True, ["1e-5", "1e-4", "0.001", "0.01", "0.1", "1", "10", "100", "1,000"]),
        ([0.5, 0.5], False, ["0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8"]),
    ],
)
def test_axes_have_round_marks_around_their_values(
    values: list[float], is_log: bool, texts: list[str]
) -> None:
    made = axis(values)
    assert (made.is_log, [mark.text for mark in made.marks]) == (is_log, texts)
    assert all(0 <= made.place(value) <= 1 for value in values)
    assert (made.marks[0].at, made.marks[-1].at) == (0.0, pytest.approx(1.0))


SPACE = [
    Parameter("lora", choices=("r8", "r16", "r32")),
    Parameter("lr", low=1e-5, high=1e-2, is_log=True),
    Parameter("optim", choices=("adam", "lion")),
    Parameter("beta", low=0, high=1, condition=("optim", frozenset({"lion"}))),
    Parameter("decay", low=0, high=0.1),
    Parameter("warmup", low=0, high=100, is_int=True),
]


def points(num: int, seed: int) -> list[dict[str, Any]]:
    """Trials drawn evenly from SPACE."""
    draw = random.Random(seed)
    made = []
    for _ in range(num):
        values: dict[str, Any] = {
            "lora": draw.choice(SPACE[0].choices),
            "lr": 10 ** draw.uniform(-5, -2),
            "optim": draw.choice(SPACE[2].choices),
            "decay": draw.uniform(0, 0.1),
            "warmup": draw.randint(0, 100),
        }
        if values["optim"] == "lion":
            values["beta"] = draw.random()
        made.append(values)
    return made


def found_importance(num: int, of: Any, seed: int = 1) -> Importance:
    draw = random.Random(seed)
    trials = points(num, seed)
    found = importance(SPACE, trials, [of(values) + draw.gauss(0, 0.05) for values in trials])
    assert found is not None
    return found


ORDERED = {"r8": 1.0, "r16": 0.5, "r32": 0.2}


@pytest.mark.parametrize(
    ("num", "of", "decisive"),
    [
        (25, lambda v: (math.log10(v["lr"]) + 3) ** 2, ["lr"]),
        (25, lambda v: ORDERED[v["lora"]], ["lora"]),
        (60, lambda v: v.get("beta", 0.5), ["beta", "optim"]),
        (
            80,
            lambda v: (math.log10(v["lr"]) + 3.5) * (1 if v["optim"] == "lion" else -1),
            ["lr", "optim"],
        ),
        (60, lambda v: math.exp(3 * (math.log10(v["lr"]) + 3)), ["lr"]),
    ],
    ids=["curved", "category", "conditional", "interaction", "of many sizes"],
)
def test_importance_finds_what_decides(num: int, of: Any, decisive: list[str]) -> None:
    found = found_importance(num, of)
    assert found.tells
    shares = {share.key: share for share in found.shares}
    first = [share.key for share in found.shares][: len(decisive)]
    assert sorted(first) == sorted(decisive)
    for key, share in shares.items():
        assert 0 <= share.low <= share.mean <= share.high <= 1
        assert (share.mean > 0.4) == (key in decisive), shares


@pytest.mark.parametrize("num", [25, 60, 150])
def test_noise_has_no_important_parameter(num: int) -> None:
    draw = random.Random(num)
    assert not found_importance(num, lambda _: draw.gauss(0, 1)).tells


def test_too_few_or_equal_trials_tell_nothing() -> None:
    few = points(MIN_TRIALS - 1, 1)
    assert importance(SPACE, few, [float(i) for i in range(len(few))]) is None
    many = points(20, 1)
    assert importance(SPACE, many, [0.5] * 20) is None
    assert (
        importance([Parameter("lora", choices=("r8",))], many, [float(i) for i in range(20)])
        is None
    )


def test_page_tells_how_importance_was_found(folder: Path) -> None:
    text = written(folder).text
    assert re.search(
        r"From 24 complete trials\. Forests fitted to some of them explain \d\d%", text
    )
    assert "whiskers hold 80% of the forests" in text
    assert re.search(r"share trainer\.learning_rate \d\d%", text)
    assert "trainer.optim_beta not told from chance" in text


def test_page_says_what_importance_needs(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = written(make_sweep(tmp_path / "few", 9))
    assert f"where {MIN_TRIALS} are the least that tell" in page.text
    monkeypatch.setitem(sys.modules, "sklearn", None)
    page = written(folder)
    assert "pip install scikit-learn" in page.text
    assert "Total effect" not in page.text


CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium or Chrome on PATH")
PHONE, DESKTOP = (390, 844), (1280, 900)
SECONDS = 60
"""How long the browser may take for one answer."""


class Browser:
    """A headless Chromium with one tab, driven over its DevTools pipe."""

    def __init__(self, program: str, home: Path) -> None:
        inward, self.inward = os.pipe()
        self.outward, outward = os.pipe()
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
        flags += ["--disable-background-networking", "--disable-dev-shm-usage"]
        flags += [f"--user-data-dir={home}", "--remote-debugging-pipe", "about:blank"]
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{inward} 4>&{outward}', "bash", program, *flags],
            pass_fds=(inward, outward),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(inward)
        os.close(outward)
        self.unread = b""
        self.sent = 0
        self.session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        found = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = found["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command, and return its result."""
        self.sent += 1
        message = {"id": self.sent, "method": method, "params": parameters}
        if self.session is not None:
            message["sessionId"] = self.session
        os.write(self.inward, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self.sent:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def open(self, path: Path, size: tuple[int, int] = DESKTOP, address: str = "") -> None:
        """Load a page, in a window of a size, and wait until it is there."""
        width, height = size
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=size == PHONE,
        )
        self.call("Page.navigate", url="about:blank")
        self.events.clear()
        self.call("Page.navigate", url=path.as_uri() + address)
        while not any(e.get("method") == "Page.loadEventFired" for e in self.events[1:]):
            self.events.append(self._next())
        self.run("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")

    def run(self, script: str) -> Any:
        """Return what an expression of JavaScript comes to."""
        found = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def press(self, key: str) -> None:
        """Press and let go of a key."""
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Press the mouse at one place of the window, and let go at another."""
        for kind, (x, y), buttons in (
            ("mouseMoved", start, 0),
            ("mousePressed", start, 1),
            ("mouseMoved", end, 1),
            ("mouseReleased", end, 0),
        ):
            button = "none" if kind == "mouseMoved" and not buttons else "left"
            self.call(
                "Input.dispatchMouseEvent",
                type=kind,
                x=x,
                y=y,
                button=button,
                buttons=buttons,
                clickCount=1,
            )

    def close(self) -> None:
        """End the browser, and wait until it has ended."""
        self.session = None
        self.call("Browser.close")
        self.process.wait(SECONDS)
        os.close(self.inward)
        os.close(self.outward)

    @property
    def complaints(self) -> list[Any]:
        """Errors and warnings of the page's console, and what it asked the network for."""
        bad = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
        found: list[Any] = [e for e in self.events if e.get("method") in bad]
        asked = [
            e["params"]["request"]["url"]
            for e in self.events
            if e.get("method") == "Network.requestWillBeSent"
        ]
        return found + [url for url in asked if not url.endswith("/report.html")]

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self.unread:
            ready, _, _ = select.select([self.outward], [], [], SECONDS)
            assert ready, "the browser does not answer"
            read_bytes = os.read(self.outward, 1 << 16)
            assert read_bytes, "the browser has ended"
            self.unread += read_bytes
        message, _, self.unread = self.unread.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    assert CHROMIUM is not None
    opened = Browser(CHROMIUM, tmp_path_factory.mktemp("browser"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def report(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a sweep of one objective."""
    return sweep.write(shutil.copytree(made, tmp_path_factory.mktemp("one") / "sweep"))


@pytest.fixture(scope="module")
def front_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a sweep of three objectives."""
    names = ("eval_loss", "eval_accuracy", "tokens_per_second")
    return sweep.write(make_sweep(tmp_path_factory.mktemp("three") / "sweep", 30, names))


SHOWN = "[...document.querySelectorAll('#table tbody tr')].filter((row) => !row.hidden)"
NUMBERS = f"{SHOWN}.map((row) => Number(row.dataset.trial))"
STATES = f"[...new Set({SHOWN}.map((row) => row.dataset.state))]"


OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def column(key: str) -> str:
    """Return the script for the values of a column, in the order of its rows."""
    heads = "[...document.querySelectorAll('#table thead th')]"
    place = f"{heads}.findIndex((one) => one.dataset.key === '{key}')"
    return f"((i) => {SHOWN}.map((row) => row.cells[i].dataset.value))({place})"


def head(key: str) -> str:
    return f"document.querySelector('#table th[data-key=\"{key}\"]')"


@needs_browser
def test_heads_of_columns_sort_the_rows(browser: Browser, report: Path) -> None:
    browser.open(report)
    key = "trainer.learning_rate"
    for order, is_reversed in (("ascending", False), ("descending", True)):
        browser.run(f"{head(key)}.querySelector('button').click()")
        rates = [float(text) for text in browser.run(column(key))]
        assert len(rates) == 40
        assert rates == sorted(rates, reverse=is_reversed)
        assert browser.run(f"{head(key)}.getAttribute('aria-sort')") == order
        assert browser.run("document.querySelectorAll('[aria-sort]').length") == 1
    browser.run(f"{head('lora')}.querySelector('button').click()")
    names = browser.run(column("lora"))
    assert names == sorted(names, key=lambda name: int(name[1:]))


@needs_browser
@pytest.mark.parametrize("order", ["ascending", "descending"])
def test_missing_values_are_sorted_last(browser: Browser, report: Path, order: str) -> None:
    browser.open(report, address=f"#sort=eval_loss&order={order}")
    texts = browser.run(column("eval_loss"))
    values = [float(text) for text in texts if text]
    assert values == sorted(values, reverse=order == "descending")
    assert texts[len(values) :] == [""] * 6


@needs_browser
def test_states_filter_rows_and_charts(browser: Browser, report: Path) -> None:
    browser.open(report)
    for state, count in (("failed", 3), ("pruned", 10), ("running", 2)):
        browser.run(f"document.querySelector('form.states button[value={state}]').click()")
        assert browser.run(STATES) == [state]
        assert len(browser.run(NUMBERS)) == count
        assert (
            browser.run("document.querySelector('#count').textContent") == f"{count} of 40 trials"
        )
        assert browser.run("location.hash") == f"#state={state}"
    left = "document.querySelectorAll('[data-chart=parallel] .trace:not(.out)').length"
    assert browser.run(left) == 0
    browser.run("document.querySelector('form.states button[value=all]').click()")
    assert len(browser.run(NUMBERS)) == 40
    assert browser.run(left) == 34


@needs_browser
@pytest.mark.parametrize("size", [PHONE, DESKTOP])
def test_page_fits_its_window_and_asks_for_nothing(
    browser: Browser, report: Path, front_report: Path, size: tuple[int, int]
) -> None:
    for page in (report, front_report):
        browser.open(page, size)
        assert browser.run(OVERFLOW) <= 0
        assert browser.run("document.querySelectorAll('.chart svg .dot').length") > 40
        assert browser.complaints == []


@needs_browser
def test_page_fits_a_phone_whatever_the_names(browser: Browser, tmp_path: Path) -> None:
    long = "trainer.a_parameter_whose_name_is_longer_than_any_phone_is_wide_by_far_and_more"
    space = {long: {"kind": "choice", "choices": ["x" * 60, "y" * 60]}}
    rows = [line(i, i + 1.0, parameters={long: "xy"[i % 2] * 60}) for i in range(12)]
    rows.append(line(12, None, "failed", reason="E" * 500))
    folder = small_sweep(tmp_path, rows, parameters=space, name="n" * 90, objectives=["o" * 70])
    browser.open(sweep.write(folder), PHONE)
    assert browser.run(OVERFLOW) <= 0
    assert browser.complaints == []


@needs_browser
@pytest.mark.parametrize("size", [PHONE, DESKTOP])
def test_drag_along_an_axis_keeps_the_trials_of_that_range(
    browser: Browser, report: Path, size: tuple[int, int]
) -> None:
    browser.open(report, size)
    reach = (
        "[...document.querySelectorAll('[data-chart=parallel] .axis')][1].querySelector('.reach')"
    )
    browser.run(f"{reach}.scrollIntoView({{block: 'center'}})")
    box = browser.run(
        f"(({{x, y, width, height}}) => [x, y, width, height])({reach}.getBoundingClientRect())"
    )
    x, y, width, height = box
    if width > height:
        browser.drag((x + width * 0.3, y + height / 2), (x + width * 0.7, y + height / 2))
    else:
        browser.drag((x + width / 2, y + height * 0.3), (x + width / 2, y + height * 0.7))
    rates = [float(text) for text in browser.run(column("trainer.learning_rate"))]
    assert 0 < len(rates) < 40
    assert min(rates) > 2e-4
    assert max(rates) < 5e-3
    traces = "document.querySelectorAll('[data-chart=parallel] .trace:not(.out)').length"
    assert 0 < browser.run(traces) <= len(rates)
    assert browser.run("location.hash").startswith("#range=")
    assert browser.run("document.querySelector('#reading').hidden")
    address = browser.run("location.hash")
    browser.run("document.querySelector('form.states .free').click()")
    assert len(browser.run(NUMBERS)) == 40
    browser.open(report, size, address)
    assert [float(text) for text in browser.run(column("trainer.learning_rate"))] == rates


@needs_browser
def test_axes_are_moved_with_the_keyboard(browser: Browser, report: Path) -> None:
    browser.open(report)
    sliders = "[...document.querySelectorAll('[role=slider]')]"
    names = browser.run(f"{sliders}.map((one) => one.getAttribute('aria-label'))")
    place = names.index("trainer.learning_rate, to")
    browser.run(f"{sliders}[{place}].focus()")
    for _ in range(6):
        browser.press("ArrowDown")
    assert browser.run(f"{sliders}[{place}].getAttribute('aria-valuenow')") == "70"
    assert browser.run(f"{sliders}[{place}].getAttribute('aria-valuetext')") == "0.00251"
    rates = [float(text) for text in browser.run(column("trainer.learning_rate"))]
    assert 0 < len(rates) < 40
    assert max(rates) <= 0.00252
    browser.press("Escape")
    assert len(browser.run(NUMBERS)) == 40
    place = names.index("lora, from")
    browser.run(f"{sliders}[{place}].focus()")
    browser.press("ArrowUp")
    assert set(browser.run(column("lora"))) == {"r16"}


@needs_browser
def test_held_trial_is_shown_everywhere_until_it_is_let_go(browser: Browser, report: Path) -> None:
    browser.open(report)
    browser.run("document.querySelector('tr[data-trial=\"20\"] .hold').click()")
    marked = (
        "[...document.querySelectorAll('.chart')].map((c) => c.querySelectorAll('.on').length > 0)"
    )
    assert browser.run(marked) == [True, True, True]
    assert "Trial 20" in browser.run("document.querySelector('#reading').textContent")
    assert (
        browser.run("document.querySelector('#reading a').getAttribute('href')") == "20/report.html"
    )
    assert browser.run("location.hash") == "#trial=20"
    browser.press("Escape")
    assert browser.run(marked) == [False, False, False]
    assert browser.run("document.querySelector('#reading').hidden")


@needs_browser
def test_pointing_at_a_dot_shows_its_trial(browser: Browser, report: Path) -> None:
    browser.open(report)
    dots = "[...document.querySelectorAll('[data-chart=history] .dot')]"
    browser.run(f"{dots}[0].scrollIntoView({{block: 'center'}})")
    x, y = browser.run(
        "((box) => [box.x + box.width / 2, box.y + box.height / 2])"
        f"({dots}[6].getBoundingClientRect())"
    )
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    assert "Trial 6" in browser.run("document.querySelector('#reading').textContent")
    assert browser.run("document.querySelector('tr.on').dataset.trial") == "6"
    browser.drag((x, y), (x, y))
    assert browser.run("location.hash") == "#trial=6"


@needs_browser
def test_kind_of_loss_can_be_chosen(browser: Browser, report: Path) -> None:
    browser.open(report)
    name = "document.querySelector('#curve-name').textContent"
    assert browser.run(name) == "held-out rows"
    browser.run("document.querySelector('form.kinds button[value=loss]').click()")
    assert browser.run(name) == "training rows, running mean (logarithmic scale)"
    assert browser.run("document.querySelectorAll('[data-chart=curves] .trace').length") == 40


@needs_browser
def test_front_is_drawn_for_the_objectives_that_are_chosen(
    browser: Browser, front_report: Path
) -> None:
    browser.open(front_report)
    label = "document.querySelector('[data-chart=front] svg').getAttribute('aria-label')"
    assert "by eval_loss and eval_accuracy" in browser.run(label)
    browser.run(
        "(() => { const s = document.querySelector('form.axes select[name=y]');"
        " s.value = '2'; s.dispatchEvent(new Event('change')); })()"
    )
    assert "by eval_loss and tokens_per_second" in browser.run(label)
    assert browser.run("document.querySelectorAll('[data-chart=front] .dot.complete').length") > 1


@needs_browser
def test_page_follows_the_colours_of_the_system(browser: Browser, report: Path) -> None:
    seen = set()
    for scheme in ("light", "dark"):
        browser.call(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )
        browser.open(report)
        seen.add(browser.run("getComputedStyle(document.body).backgroundColor"))
    browser.call("Emulation.setEmulatedMedia", features=[])
    assert seen == {"rgb(255, 255, 255)", "rgb(21, 23, 27)"}
