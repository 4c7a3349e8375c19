"""A warm worker process: it keeps imports, base weights and rows, and runs many trials."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import connection, parent_process
from pathlib import Path

import psutil

from mathpal import warm
from mathpal.record import ending_in_order, forget_peak_memory
from mathpal.sweeps.jobs import INTERRUPTED, Ending, Job, carry_out

OUTPUT = "output.log"
"""What a trial and its libraries print, in the trial's folder."""


def serve(jobs: connection.Connection, environment: dict[str, str]) -> None:
    """Carry out the jobs that come, until the pool closes the connection."""
    os.setsid()  # Ctrl-C is for the launcher, which passes it on
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.environ.update(environment)
    threading.Thread(target=_end_with_the_launcher, daemon=True).start()
    warm.keep()
    _print_to(Path(os.devnull))
    with suppress(EOFError, OSError):
        while True:
            job: Job = jobs.recv()
            forget_peak_memory()
            with printing_to(job.folder / OUTPUT):
                ending = carry_out(job)
            jobs.send(ending)
    os._exit(0)  # libraries' threads and atexit hooks have nothing to save here


def _end_with_the_launcher() -> None:
    """Kill this process and all it started once the launcher is gone."""
    parent = parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            child.kill()
    os._exit(1)


def carry_out_in_order(job: Job) -> Ending:
    """Carry out a job where SIGTERM asks it to save and end, as an interrupted one."""
    try:
        with ending_in_order(), printing_to(job.folder / OUTPUT):
            return carry_out(job)
    except KeyboardInterrupt:  # before the run began, or once it had ended
        return Ending(job.number, INTERRUPTED, None, "stopped")


@contextmanager
def printing_to(path: Path) -> Iterator[None]:
    """Let this process and what it starts print into a file."""
    before = [os.dup(1), os.dup(2)]
    _print_to(path)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for descriptor, stream in zip(before, (1, 2), strict=True):
            os.dup2(descriptor, stream)
            os.close(descriptor)


def _print_to(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    faulthandler.enable()
