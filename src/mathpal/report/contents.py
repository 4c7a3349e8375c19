"""What a run's report says, read from the files of its folder alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from mathpal.checkpoints import newest_whole
from mathpal.errors import RequestError
from mathpal.evaluation import AFTER, BEFORE, predictions
from mathpal.evaluation.breakdown import FACTS, Group, Tally, groups, spread
from mathpal.evaluation.compare import BASE_AND_TRAINED, Comparison, common, of_pairs
from mathpal.evaluation.predictions import Prediction
from mathpal.files import read_jsonl
from mathpal.maths.curriculum.topics import TOPICS
from mathpal.preflight.lengths import Lengths
from mathpal.preflight.plan import Plan
from mathpal.record import SECRET_NAME
from mathpal.report.charts import Chart, Series, chart, finite_points, trailing_mean
from mathpal.screen import TELLING

MAX_EXAMPLES = 240
"""Examples on the page; a larger evaluation is sampled evenly over its kinds."""

TEXT_TOKEN = re.compile(r"^(?:eos|bos|pad|unk|cls|sep|mask|image|audio|boi|eoi)_token$")
"""Options that are tokens of a text, not of an account."""


@dataclass(frozen=True)
class Run:
    """A run's folder as it was read; what is not there yet is empty."""

    folder: Path
    config: dict[str, Any]
    plan: Plan | None
    record: dict[str, Any]
    figures: dict[str, Any]
    """metrics.json"""
    steps: list[dict[str, Any]]
    """metrics.jsonl"""
    before: list[Prediction]
    after: list[Prediction]

    @property
    def answered(self) -> list[Prediction]:
        """The answers to report on: the trained model's, failing these the base model's."""
        return self.after or self.before

    @property
    def ranks(self) -> bool:
        """Whether the model ranked pairs of answers, and wrote none."""
        trainer = self.config.get("trainer") or {}
        return bool(trainer.get("head") == "score")

    @property
    def comparison(self) -> Comparison | None:
        """The trained model against the base, on the questions that both answered."""
        pairs = common(self.before, self.after)
        return of_pairs(pairs, *BASE_AND_TRAINED) if pairs else None


@dataclass(frozen=True)
class GroupRow:
    """One group of questions, before and after."""

    name: str
    note: str
    before: Tally | None
    after: Tally | None


@dataclass(frozen=True)
class Example:
    """A question with the answer to report on, and what the base model had answered."""

    number: int
    """Its place in the file of predictions, from 1."""
    answer: Prediction
    before: Prediction | None

    @property
    def verdict(self) -> str:
        """The word for how it was graded."""
        return {True: "right", False: "wrong", None: "ungradable"}[self.answer.correct]

    @property
    def flags(self) -> list[str]:
        """What the page filters by."""
        was = None if self.before is None else self.before.correct
        told = {
            self.verdict: True,
            "gained": was is False and self.answer.correct is True,
            "lost": was is True and self.answer.correct is False,
            "unreadable": self.answer.read_as is None,
            "cut": self.answer.cut,
        }
        return [flag for flag, holds in told.items() if holds]


def read(folder: Path) -> Run:
    """Read a run's folder.

    Raises: RequestError where it is not one, or a file of it is not whole.
    """
    if not (folder / "run.json").is_file():
        raise RequestError(f"{folder}: not a run's folder (no run.json in it)")
    try:
        return Run(
            folder=folder,
            config=_config(folder / "config.yaml"),
            plan=_plan(_json(folder / "plan.json")),
            record=_json(folder / "run.json"),
            figures=_json(folder / "metrics.json"),
            steps=_jsonl(folder / "metrics.jsonl"),
            before=predictions.read(folder / BEFORE),
            after=predictions.read(folder / AFTER),
        )
    except (json.JSONDecodeError, yaml.YAMLError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise RequestError(f"{folder}: a file of this run cannot be read: {reason}") from error


def charts(steps: Sequence[Mapping[str, Any]]) -> Iterator[Chart]:
    """Draw the loss, and what else tells of a trainer's progress."""
    logged = _points(steps, "loss")
    finite = finite_points(logged)
    mean = trailing_mean(finite)
    is_smoothed = mean != finite
    loss = [
        Series("training rows", "faint" if is_smoothed else "trained", logged),
        Series("training rows, running mean", "trained", mean if is_smoothed else []),
        Series("held-out rows", "held", _points(steps, "eval_loss"), has_dots=True),
    ]
    others = [
        (name, [Series("training rows", "trained", _points(steps, key))])
        for key, name in TELLING.items()
    ]
    for name, series in [("loss", loss), *others]:
        drawn = chart(name, series)
        if drawn is not None:
            yield drawn


def group_rows(run: Run) -> Iterator[tuple[str, list[GroupRow]]]:
    """Yield for each fact that questions have, its groups with their tallies."""
    for fact in FACTS:
        before = {group.name: group for group in groups(run.before, fact)}
        after = {group.name: group for group in groups(run.after, fact)}
        names = [group.name for group in groups([*run.before, *run.after], fact)]
        if names:
            yield fact, [_group_row(fact, n, before.get(n), after.get(n)) for n in names]


def examples(run: Run) -> list[Example]:
    """Pair answers with those of the base model, in the order of the file, at most MAX_EXAMPLES."""
    was = {id(pair.b): pair.a for pair in common(run.before, run.after)}
    kept = {id(p) for p in spread(run.answered)[:MAX_EXAMPLES]}
    return [
        Example(number, p, was.get(id(p)))
        for number, p in enumerate(run.answered, start=1)
        if id(p) in kept
    ]


EXPECTED = ("memory", "duration")
"""Estimates in plan.json."""


def method(config: Mapping[str, Any]) -> str | None:
    """Return the name of the trainer, or the whole target where it is a user's own.

    >>> method({"trainer": {"_target_": "mathpal.trainers.sft.build"}})
    'SFT'
    """
    target = (config.get("trainer") or {}).get("_target_")
    found = re.fullmatch(r"mathpal\.trainers\.(\w+)\.build", target or "")
    return found[1].upper() if found else target


def subject(run: Run) -> str | None:
    """Say in a line what was trained how, and on what, as far as it is known."""
    if run.plan is not None:
        said = dict(run.plan.lines())
        model, data = said["model"], said.get("data")
    elif run.config:
        model, data = run.config["model"]["name"], run.config["data"]["_target_"]
    else:
        return None
    return f"{method(run.config)} of {model}" + (f", on {data}" if data else "")


def config_text(config: Mapping[str, Any]) -> str:
    """Write the resolved config, values of secret-looking options as ***."""
    text: str = yaml.safe_dump(
        _masked(config), sort_keys=False, allow_unicode=True, default_flow_style=False
    )
    return text


def commands(run: Run) -> list[tuple[str, str]]:
    """Return the commands to go on with, each after what it does."""
    here = Path.cwd()
    folder = run.folder.relative_to(here) if run.folder.is_relative_to(here) else run.folder
    status = run.record.get("status")
    can_resume = status in ("failed", "interrupted") and newest_whole(run.folder) is not None
    offered = [
        ("write this page again", f"mathpal report {folder}", True),
        (
            "answer and score the held-out rows again",
            f"mathpal evaluate {folder}",
            status == "done",
        ),
        ("compare with another run", f"mathpal evaluate {folder} --against OTHER", bool(run.after)),
        ("go on from the newest checkpoint", f"mathpal resume {folder}", can_resume),
        ("run it again", str(run.record.get("command")), "command" in run.record),
    ]
    return [(what, command) for what, command, fits in offered if fits]


def _group_row(fact: str, name: str, before: Group | None, after: Group | None) -> GroupRow:
    shown = f"Grade {name}" if fact == "grade" else name.replace("_", " ")
    note = TOPICS.get(name, "") if fact == "topic" else ""
    tallies = [None if group is None else group.tally for group in (before, after)]
    return GroupRow(shown, note, *tallies)


def _points(steps: Sequence[Mapping[str, Any]], key: str) -> list[tuple[float, float]]:
    return [(line["step"], line[key]) for line in steps if line.get(key) is not None]


def _json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


def _jsonl(path: Path) -> list[dict[str, Any]]:
    return read_jsonl(path) if path.is_file() else []


def _config(path: Path) -> dict[str, Any]:
    return (yaml.safe_load(path.read_text(encoding="utf-8")) or {}) if path.is_file() else {}


def _plan(values: Mapping[str, Any]) -> Plan | None:
    """Return plan.json as it was written; fields of another version are left out."""
    if not values:
        return None
    known = {f.name for f in fields(Plan)}
    kept = {name: value for name, value in values.items() if name in known}
    if kept.get("tokens") is not None:
        kept["tokens"] = Lengths(**kept["tokens"])
    # The page shows what was measured; what was expected stays in plan.json.
    return Plan(**{name: value for name, value in kept.items() if name not in EXPECTED})


def _masked(values: Any) -> Any:
    if isinstance(values, list):
        return [_masked(value) for value in values]
    if not isinstance(values, Mapping):
        return values
    return {
        key: "***" if _is_secret(str(key), value) else _masked(value)
        for key, value in values.items()
    }


def _is_secret(key: str, value: Any) -> bool:
    named = SECRET_NAME.search(key.upper()) is not None and not TEXT_TOKEN.match(key)
    return named and isinstance(value, str) and value != ""
