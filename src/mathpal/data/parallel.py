"""Do the same to many rows in several processes, whose number changes nothing in what comes out.

The processes are fresh ones that import only what they need: a fork would take along the threads
of torch and of the tokenizer, and multiprocessing's own would run the user's script again.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

A = TypeVar("A")
B = TypeVar("B")

AT_ONCE = 1_000
"""Rows that a process is given at a time."""
MIN_ROWS = 4_000
"""Rows from which on starting processes, half a second each, is worth it."""

log = logging.getLogger(__name__)


def in_parallel(
    work: Callable[[Sequence[A]], B], rows: Sequence[A], num_processes: int | None = None
) -> list[B]:
    """Return what `work`, a function of a module, makes of each thousand rows, in order.

    None: as many processes as this one may use cores. Rows and results must be of plain types.
    """
    parts = [rows[first : first + AT_ONCE] for first in range(0, len(rows), AT_ONCE)]
    if num_processes is None:
        num_processes = num_cores() if len(rows) >= MIN_ROWS else 1
    if num_processes > 1:
        try:
            return _by_processes(work, parts, num_processes)
        except (OSError, EOFError) as error:
            log.warning("rows are looked at by one process: another did not answer (%s)", error)
    return [work(part) for part in parts]


def num_cores() -> int:
    """Return the cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _by_processes(work: Callable[[Any], B], parts: Sequence[Any], num_processes: int) -> list[B]:
    processes = [_start() for _ in range(num_processes)]
    free = list(processes)

    def ask(part: Any) -> B:
        process = free.pop()  # there are as many as threads
        answer: B = _ask(process, work, part)
        free.append(process)
        return answer

    try:
        with ThreadPoolExecutor(num_processes) as threads:
            try:
                return list(threads.map(ask, parts))
            except BaseException:
                threads.shutdown(wait=False, cancel_futures=True)
                for process in processes:
                    process.kill()
                raise
    finally:
        for process in processes:
            _end(process)


def _start() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", __name__]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _ask(process: subprocess.Popen[bytes], work: Callable[[Any], B], part: Any) -> B:
    assert process.stdin is not None and process.stdout is not None
    pickle.dump((work, part), process.stdin)
    process.stdin.flush()
    answer: B = pickle.load(process.stdout)
    return answer


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.close()
    except BrokenPipeError:  # it died with a part of a question in the pipe
        process.kill()
    process.stdout.close()
    process.wait()


def _answer_all() -> None:
    """Do what is asked until nothing more is."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asks ends this one
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            work, part = pickle.load(questions)
        except EOFError:
            return
        pickle.dump(work(part), answers)
        answers.flush()


if __name__ == "__main__":
    _answer_all()
