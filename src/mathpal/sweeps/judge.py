"""How trials tell the sweep what they came to so far, and hear whether to stop.

The sweep's process listens on a socket that only its own trials have the key to, wherever they run:
in this process, in another of this machine, or on another machine. A trial whose sweep is gone,
or says nothing for some seconds, trains on.
"""

from __future__ import annotations

import json
import logging
import secrets
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, answer_challenge, deliver_challenge
from pathlib import Path
from typing import Any

INVITATION = ".trial.json"
"""In a trial's folder while it runs: which trial it is, where the sweep listens, and the key."""

HERE = "127.0.0.1"

SECONDS_TO_ANSWER = 10.0
"""How long each side waits for a word of the other that it has asked for."""

SECONDS_AFTER_SILENCE = 60.0
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
        self._socket = socket.create_server((everywhere, 0), backlog=64)
        self._port = self._socket.getsockname()[1]
        self._host = host
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def invite(self, number: int, folder: Path) -> None:
        """Tell the trial of a folder where to report."""
        trial = {
            "number": number,
            "host": self._host,
            "port": self._port,
            "key": self._key.hex(),
        }
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / INVITATION
        path.touch(mode=0o600)
        path.write_text(json.dumps(trial))

    def close(self) -> None:
        """Listen no more."""
        self._closed.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # which ends `accept`, as `close` does not
        self._socket.close()
        self._thread.join()

    def _accept(self) -> None:
        """Give each that calls a thread of its own: one that says nothing holds up no other."""
        while not self._closed.is_set():
            try:
                caller, _ = self._socket.accept()
            except OSError:  # too many open files, if this is not the end
                self._closed.wait(1.0)
                continue
            threading.Thread(target=self._answer, args=(caller,), daemon=True).start()

    def _answer(self, caller: socket.socket) -> None:
        with suppress(OSError, EOFError, AuthenticationError), _connection(caller) as connection:
            deliver_challenge(connection, self._key)
            answer_challenge(connection, self._key)
            while connection.poll(None) and not self._closed.is_set():
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
        self._silent_until = float("-inf")

    @classmethod
    def of(cls, folder: Path) -> Trial | None:
        """Return the trial that the run of a folder is; None where it is no trial."""
        path = folder / INVITATION
        return cls(**json.loads(path.read_text())) if path.is_file() else None

    def report(self, step: int, num_steps: int, value: float | None) -> bool:
        """Tell the sweep where the trial is; return whether it is to stop."""
        if time.monotonic() < self._silent_until:
            return False
        report = {"number": self.number, "step": step, "num_steps": num_steps, "value": value}
        try:
            return self._ask(json.dumps(report))
        except (OSError, EOFError, AuthenticationError) as error:
            silent = isinstance(error, TimeoutError | BlockingIOError | EOFError)
            log.warning(
                "the sweep does not answer%s: training goes on", "" if silent else f" ({error})"
            )
            self._hang_up()
            self._silent_until = time.monotonic() + SECONDS_AFTER_SILENCE
            return False

    def _ask(self, report: str) -> bool:
        if self._connection is None:
            caller = socket.create_connection(self._address, SECONDS_TO_ANSWER)
            self._connection = _connection(caller)
            answer_challenge(self._connection, self._key)
            deliver_challenge(self._connection, self._key)
        self._connection.send_bytes(report.encode())
        return bool(json.loads(self._connection.recv_bytes())["stop"])

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _connection(caller: socket.socket) -> Connection[Any, Any]:
    """Return a connection over a socket that reads and writes only for SECONDS_TO_ANSWER.

    The system keeps the time: `Connection` reads the descriptor, past the socket's own timeout.
    """
    caller.settimeout(None)
    limit = struct.pack("ll", int(SECONDS_TO_ANSWER), int(SECONDS_TO_ANSWER % 1 * 1e6))
    caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
    caller.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
    return Connection(caller.detach())
