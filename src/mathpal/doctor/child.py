"""Ask a process of its own, which may crash or hang without harm: `python -P -m MODULE ...`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
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
    module: str,
    arguments: Sequence[str],
    seconds: float,
    env: Mapping[str, str] | None = None,
    heard: Callable[[Mapping[str, Any]], None] = lambda facts: None,
) -> Answer:
    """Run a module of ours, and read what it tells, line by line; `heard` gets it at once.

    -P keeps the current folder out of its path, as it is out of that of `train`.
    """
    # -u: what is printed and what is told of an error come in the order they were written in.
    command = [sys.executable, "-u", "-P", "-m", module, *arguments]
    told: list[dict[str, Any]] = []
    others: list[str] = []
    late = threading.Event()

    def give_up() -> None:
        late.set()
        process.kill()

    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env
    ) as process:
        assert process.stdout is not None
        timer = threading.Timer(seconds, give_up)
        timer.start()
        for line in process.stdout:
            if line.startswith(MARK):
                told.append(json.loads(line.removeprefix(MARK)))
                heard(told[-1])
            else:
                others.append(line)
        code = process.wait()
        timer.cancel()
    if late.is_set():
        return Answer(told, f"no answer within {seconds:g} s")
    return Answer(told, reason(code, "".join(others)))


def reason(code: int, output: str) -> str | None:
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
    first, *_, last = [_told(part) for part in output.split(CAUSE)] * 2
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
