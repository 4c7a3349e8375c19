"""The record of a run, run.json: what was run, on what, for how long, and how it ended."""

from __future__ import annotations

import datetime
import json
import logging
import os
import platform
import re
import resource
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from mathpal.errors import Interrupted, RequestError
from mathpal.files import write_json, write_text

PACKAGES = (
    "mathpal",
    "torch",
    "transformers",
    "trl",
    "peft",
    "accelerate",
    "datasets",
    "tokenizers",
    "hydra-core",
    "numpy",
)
SECRET_NAME = re.compile(r"(?:^|_)(?:TOKEN|KEY|SECRET|PASSWORD|PASSWD|CREDENTIALS)(?:_|$)")
PASSWORD_IN_URL = re.compile(r"(://[^:/?#@\s]*:)\S+(?=@)|([?&]password=)[^&\s'\"]+")
SECRET_SHAPE = re.compile(r"\b(?:hf_[A-Za-z0-9]{16,}|wandb_v\d_[A-Za-z0-9_]{16,}|sk-[\w-]{20,})")

TRACES = ("metrics.jsonl", "base_predictions.jsonl", "checkpoints")
"""What a run leaves in its folder; another run there would be mixed with it."""

_earlier_peak = 0
"""What was reached before a block that was measured on its own."""

log = logging.getLogger(__name__)


class Record:
    """Write run.json at the start, and again whatever the end: done, failed or interrupted."""

    def __init__(self, folder: Path, started: float, *, resumed: bool = False) -> None:
        self.folder = folder
        self.started = started
        self.facts: dict[str, Any] = {
            "status": "running",
            "command": redact(command()),
            "started": _clock(started),
            "resumed": resumed,
            "python": platform.python_version(),
            "platform": platform.platform(),
            "packages": package_versions(),
            "git": git_state(),
            "seconds": {},
        }

    def __enter__(self) -> Record:
        self.write()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        stopped = isinstance(error, KeyboardInterrupt | Interrupted)
        ended = "interrupted" if stopped else "done" if error is None else "failed"
        reason = None if error is None else redact(f"{type(error).__name__}: {error}")
        if error is not None and not stopped:
            log.error("the run failed", exc_info=error)
        self.add(
            status=ended,
            error=reason,
            ended=_clock(time.time()),
            seconds_total=round(self.elapsed(), 3),
            peak_memory_bytes=peak_memory_bytes(),
        )
        try:
            self.write()
        except OSError:  # a full disk has no room for a second file, but for these bytes it has
            path = self.folder / "run.json"
            path.write_text(json.dumps(self.facts, ensure_ascii=False), encoding="utf-8")

    def add(self, **facts: Any) -> None:
        """Note facts for run.json."""
        self.facts.update(facts)

    def elapsed(self) -> float:
        """Return the seconds since the run's command was started."""
        return time.time() - self.started

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage of the run, and note in the log and in run.json where it is."""
        log.info("stage: %s", name)
        begun = time.perf_counter()
        self.add(stage=name)
        try:
            yield
        finally:
            self.facts["seconds"][name] = round(time.perf_counter() - begun, 3)
            log.info("stage: %s took %.1f s", name, self.facts["seconds"][name])

    def write(self) -> None:
        """Write run.json; rank 0 does, where several processes carry the run."""
        write_json(self.folder / "run.json", self.facts)


def refuse_another_run(folder: Path) -> None:
    """Refuse a folder that holds a run already.

    Raises: RequestError.
    """
    if any((folder / name).exists() for name in TRACES):
        raise RequestError(f"{folder} holds a run already; go on with it: mathpal resume {folder}")


@contextmanager
def ending_in_order() -> Iterator[None]:
    """Let a scheduler's SIGTERM unwind the run as Ctrl-C does, so that the record is written."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def command() -> str:
    """Return the command line of this run: what MATHPAL_COMMAND tells, else this process's."""
    own = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    return os.environ.get("MATHPAL_COMMAND") or own


def log_to(path: Path) -> None:
    """Write the log to a file, where Hydra does not."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def package_versions() -> dict[str, str | None]:
    """Return the installed versions of what a run depends on."""
    found: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def git_state() -> dict[str, Any] | None:
    """Return the commit of the folder the command runs in and whether it is dirty, or None."""
    try:
        commit = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True
        )
        status = subprocess.run(
            ["git", "status", "--porcelain"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return {"commit": commit.stdout.strip(), "dirty": bool(status.stdout.strip())}


def peak_memory_bytes() -> int:
    """Return the most memory used so far: the GPU's where one was used, else the process's."""
    return max(_earlier_peak, _counted_peak_bytes())


def _counted_peak_bytes() -> int:
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        return int(torch.cuda.max_memory_allocated())
    if sys.platform == "linux":
        return _peak_resident_bytes()
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def forget_peak_memory() -> None:
    """Let `peak_memory_bytes` count from now: for a process that runs one trial after the other.

    Source: the kernel's Documentation/filesystems/proc, on /proc/PID/clear_refs.
    """
    global _earlier_peak
    _earlier_peak = 0
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.reset_peak_memory_stats()
    if sys.platform == "linux":
        with suppress(OSError):  # some containers do not allow it
            Path("/proc/self/clear_refs").write_text("5")


@contextmanager
def own_peak() -> Iterator[None]:
    """Let a block measure what it takes by itself; what it took does not count afterwards."""
    global _earlier_peak
    before = peak_memory_bytes()
    forget_peak_memory()
    try:
        yield
    finally:
        forget_peak_memory()
        _earlier_peak = before


def _peak_resident_bytes() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def redact(text: str) -> str:
    """Replace secrets by `***`: values of secret-looking environment variables, known shapes.

    >>> redact("push with hf_AbCdEfGhIjKlMnOpQrSt")
    'push with ***'
    >>> redact("postgresql://me:secret@host/trials")
    'postgresql://me:***@host/trials'
    """
    for name, value in os.environ.items():
        if SECRET_NAME.search(name) and len(value) >= 8:
            text = text.replace(value, "***")
    return PASSWORD_IN_URL.sub(r"\1\2***", SECRET_SHAPE.sub("***", text))


def redact_file(path: Path) -> None:
    """Replace the secrets in a text file; do nothing where there is no file."""
    if path.is_file():
        text = path.read_text(encoding="utf-8")
        if (safe := redact(text)) != text:
            write_text(path, safe)


def holds_secret(text: str) -> bool:
    """Tell whether a value looks like a secret, or is one of the environment's.

    >>> holds_secret("hf_AbCdEfGhIjKlMnOpQrSt"), holds_secret("tutor")
    (True, False)
    """
    named = [v for n, v in os.environ.items() if SECRET_NAME.search(n) and len(v) >= 8]
    return text in named or SECRET_SHAPE.search(text) is not None


def _clock(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds")


class RedactingFormatter(logging.Formatter):
    """Format log lines without secrets; named by conf/hydra/job_logging."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record, traceback included, and redact it."""
        return redact(super().format(record))
