"""What many tests need: the commands as a user runs them, and the real exam rows."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from hydra.core.global_hydra import GlobalHydra

from mathpal import cli

if "PYTEST_XDIST_WORKER" in os.environ:
    # A thread a worker: on two cores, threads of two workers only keep each other waiting.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# What tests find out about their rows is of no use to anybody else.
os.environ.setdefault("MATHPAL_DATA_CACHE", tempfile.mkdtemp(prefix="mathpal-data-"))

# Commands that a test interrupts must hear it, even where the tests run in the background of a
# shell, which makes what it starts ignore the signal.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parents[1]
EXAMS = ROOT / "../shared/data/vi_exams_train.jsonl"


@dataclass(frozen=True)
class Finished:
    """A command that has ended: its exit code and what it wrote."""

    code: int
    stdout: str
    stderr: str

    @property
    def problems(self) -> list[str]:
        """The lines on stderr, each without the `train: error: ` that it must open with."""
        lines = self.stderr.splitlines()
        prefix = "train: error: "
        assert all(line.startswith(prefix) for line in lines), self.stderr
        return [line.removeprefix(prefix) for line in lines]


Runner = Callable[..., Finished]


@pytest.fixture
def run_train(tmp_path: Path) -> Runner:
    """Run `train ARGUMENTS` as a process of its own, in an empty folder."""

    def run(
        *arguments: str, cwd: Path = tmp_path, env: Mapping[str, str] | None = None
    ) -> Finished:
        return _run_script("train", arguments, cwd, env)

    return run


@pytest.fixture
def run_mathpal(tmp_path: Path) -> Runner:
    """Run `mathpal ARGUMENTS` as a process of its own, in an empty folder."""

    def run(
        *arguments: str, cwd: Path = tmp_path, env: Mapping[str, str] | None = None
    ) -> Finished:
        return _run_script("mathpal", arguments, cwd, env)

    return run


@pytest.fixture
def call_main(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Runner]:
    """Call `main([...])` here, in an empty folder: quick, for all that ends before a run starts."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["mathpal"])
    for name in ("MATHPAL_DEBUG", "HYDRA_FULL_ERROR"):
        monkeypatch.setenv(name, "")  # so that what the command sets is undone, too
        monkeypatch.delenv(name)

    def call(*arguments: str) -> Finished:
        capsys.readouterr()
        code = cli.main(list(arguments))
        GlobalHydra.instance().clear()
        return Finished(code, *capsys.readouterr())

    yield call
    GlobalHydra.instance().clear()


@pytest.fixture
def exams() -> Path:
    """The file of real exam problems, where this checkout has it beside it."""
    if not EXAMS.is_file():
        pytest.skip("../shared/data/vi_exams_train.jsonl is not here")
    return EXAMS


@pytest.fixture
def exam_rows(exams: Path) -> list[dict[str, str]]:
    """The real exam problems: question and solution."""
    return [json.loads(line) for line in exams.read_text(encoding="utf-8").splitlines()]


def _run_script(
    name: str, arguments: tuple[str, ...], cwd: Path, env: Mapping[str, str] | None
) -> Finished:
    outer = {k: v for k, v in os.environ.items() if k not in ("MATHPAL_DEBUG", "HYDRA_FULL_ERROR")}
    done = subprocess.run(
        [Path(sys.executable).with_name(name), *arguments],
        cwd=cwd,
        env=outer | dict(env or {}),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return Finished(done.returncode, done.stdout, done.stderr)
