"""Ask a process of its own, which may crash or hang without harm: `python -P -m MODULE ...`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MARK = "mathpal doctor: "
"""What opens a line that is told: libraries may print others."""


CAUSE = "The above exception was the direct cause of the following exception:"
"""What stands between the tracebacks of an error and of its cause."""


@dataclass(frozen=True)
class Answer:
    """The facts that a process told, and why it ended early, if it did."""

    told: list[dict[str, Any]]
    failure: str | None


def ask(
    module: str, arguments: Sequence[str], seconds: float, env: Mapping[str, str] | None = None
) -> Answer:
    """Run a module of ours, and read what it tells, line by line.

    -P keeps the current folder out of its path, as it is out of that of `train`.
    """
    command = [sys.executable, "-P", "-m", module, *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds, check=False, env=env
        )
    except subprocess.TimeoutExpired as late:
        told = late.stdout.decode() if isinstance(late.stdout, bytes) else late.stdout or ""
        return Answer(_objects(told), f"no answer within {seconds:g} s")
    return Answer(_objects(done.stdout), reason(done.returncode, done.stderr))


def reason(code: int, stderr: str) -> str | None:
    """Say why a process failed: its error, that error's cause, or the signal; None: it did not.

    >>> reason(1, "Traceback ...\\nImportError: libcudart.so.12: cannot open\\n")
    'ImportError: libcudart.so.12: cannot open'
    >>> reason(1, f"ValueError: old numpy\\n\\n{CAUSE}\\n\\nRuntimeError: cannot import trl\\n")
    'RuntimeError: cannot import trl, because of ValueError: old numpy'
    >>> reason(-4, "")
    'ended by SIGILL'
    """
    if code == 0:
        return None
    if code < 0:
        return f"ended by {signal.Signals(-code).name}"
    first, *_, last = [_told(part) for part in stderr.split(CAUSE)] * 2
    if not last:
        return f"exit code {code}"
    return last if first == last else f"{last}, because of {first}"


def _told(traceback: str) -> str:
    """Return the last line of a traceback, and the place in a library that it comes from."""
    lines = [line.strip() for line in traceback.splitlines() if line.strip()]
    places = [line.split('"')[1] for line in lines if line.startswith('File "/')]
    ours = not places or Path(places[-1]).parent == Path(__file__).parent
    return (lines[-1] if lines else "") + ("" if ours else f" ({places[-1]})")


def tell(facts: Mapping[str, Any]) -> None:
    """Write facts for the process that asks."""
    sys.stdout.write(f"\n{MARK}{json.dumps(facts)}\n")
    sys.stdout.flush()


def _objects(text: str) -> list[dict[str, Any]]:
    lines = [line for line in text.splitlines() if line.startswith(MARK)]
    return [json.loads(line.removeprefix(MARK)) for line in lines]
