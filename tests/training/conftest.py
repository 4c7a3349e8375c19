"""Run in process, so that torch and TRL are imported once a worker."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mathpal.compose import compose
from mathpal.files import read_jsonl
from mathpal.overrides import Request
from mathpal.run import Outcome, run

SMALL = (
    "hardware=cpu",
    "hardware.precision=fp32",
    "data.train_rows=64",
    "data.test_rows=8",
    "model.batch_size=8",
    "trainer.max_steps=4",
    "trainer.logging_steps=1",
    "evaluation.max_new_tokens=24",
)


@dataclass(frozen=True)
class Run:
    """A finished run: its folder and what `run` returned."""

    folder: Path
    outcome: Outcome

    def json(self, name: str) -> Any:
        """Return the content of a JSON file of the run."""
        return json.loads((self.folder / name).read_text(encoding="utf-8"))

    @property
    def metrics(self) -> list[dict[str, float]]:
        """The lines of metrics.jsonl."""
        return read_jsonl(self.folder / "metrics.jsonl")

    @property
    def losses(self) -> list[float]:
        """The logged losses."""
        return [line["loss"] for line in self.metrics if "loss" in line]


def start(folder: Path, *overrides: str, base: tuple[str, ...] = SMALL) -> Run:
    """Run an experiment in a folder, small unless `base` says otherwise."""
    folder.mkdir(parents=True, exist_ok=True)
    if "evaluation=none" in overrides:
        base = tuple(o for o in base if not o.startswith("evaluation."))
    experiment = compose(Request((*base, *overrides)))
    return Run(folder, run(experiment, folder, time.time()))


@pytest.fixture
def launch(tmp_path: Path) -> Callable[..., Run]:
    """Run an experiment in a folder of the test."""

    def launch(*overrides: str, folder: str = "run", base: tuple[str, ...] = SMALL) -> Run:
        return start(tmp_path / folder, *overrides, base=base)

    return launch


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One small finished run that several tests look at."""
    return start(tmp_path_factory.mktemp("small"))


@pytest.fixture
def pairs_file(tmp_path: Path) -> Path:
    """A file of prompts and completions."""
    from mathpal.maths.curriculum import generate

    path = tmp_path / "pairs.jsonl"
    lines = [
        json.dumps({"prompt": p.question, "completion": p.solution}, ensure_ascii=False)
        for p in generate(120, 7, "train", starter=True)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
