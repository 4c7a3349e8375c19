"""How trials tell the sweep what they came to so far, and hear whether to stop.

The sweep's process listens on a socket that only its own trials have the key to, wherever they run:
in this process, in another of this machine, or on another machine. A trial whose sweep is gone
trains on.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

INVITATION = ".trial.json"
"""In a trial's folder while it runs: which trial it is, where the sweep listens, and the key."""

HERE = "127.0.0.1"

SECONDS_AFTER_SILENCE = 30.0
"""How long a trial whose sweep did not answer waits until it tries again."""

REPORT = ("number", "step", "num_steps", "value")

Hear = Callable[[int, int, int, float | None], bool]
"""(trial, step, number of steps, value or None) -> whether the trial is to stop."""

log = logging.getLogger(__name__)


class Judge:
    """Listen to trials; each report gets an answer."""

    def __init__(self, hear: Hear, host: str = HERE) -> None:
        self._hear = hear
        self._key = secrets.token_bytes(16)
        everywhere = "" if host != HERE else HERE
        self._listener = Listener((everywhere, 0), backlog=64, authkey=self._key)
        self._host = host
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def invite(self, number: int, folder: Path) -> None:
        """Tell the trial of a folder where to report."""
        port = self._listener.address[1]
        trial = {"number": number, "host": self._host, "port": port, "key": self._key.hex()}
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / INVITATION
        path.touch(mode=0o600)
        path.write_text(json.dumps(trial))

    def close(self) -> None:
        """Listen no more."""
        self._closed = True
        self._listener.close()

    def _accept(self) -> None:
        while not self._closed:
            with suppress(OSError, EOFError, AuthenticationError):
                connection = self._listener.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: Connection[Any, Any]) -> None:
        with suppress(OSError, EOFError), connection:
            while True:
                report = json.loads(connection.recv_bytes())
                stop = bool(self._hear(*(report[k] for k in REPORT)))
                connection.send_bytes(json.dumps({"stop": stop}).encode())


class Trial:
    """A trial's side: report, and hear the answer."""

    def __init__(self, number: int, host: str, port: int, key: str) -> None:
        self.number = number
        self._address = (host, port)
        self._key = bytes.fromhex(key)
        self._connection: Connection[Any, Any] | None = None
        self._silent_since: float | None = None

    @classmethod
    def of(cls, folder: Path) -> Trial | None:
        """Return the trial that the run of a folder is; None where it is no trial."""
        path = folder / INVITATION
        return cls(**json.loads(path.read_text())) if path.is_file() else None

    def report(self, step: int, num_steps: int, value: float | None) -> bool:
        """Tell the sweep where the trial is; return whether it is to stop."""
        now = time.monotonic()
        if self._silent_since is not None and now - self._silent_since < SECONDS_AFTER_SILENCE:
            return False
        report = {"number": self.number, "step": step, "num_steps": num_steps, "value": value}
        try:
            if self._connection is None:
                self._connection = Client(self._address, authkey=self._key)
            self._connection.send_bytes(json.dumps(report).encode())
            return bool(json.loads(self._connection.recv_bytes())["stop"])
        except (OSError, EOFError, AuthenticationError) as error:
            log.warning("the sweep does not answer (%s): training goes on", error)
            self._connection, self._silent_since = None, now
            return False
