"""Trials in warm processes of this machine: one a slot, each running many trials.

The processes are forked from a server that has imported the heavy libraries, so that one that died
is replaced at once.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import takewhile
from multiprocessing import connection
from multiprocessing.context import BaseContext
from typing import Any

import psutil

from mathpal.errors import RequestError
from mathpal.sweeps.jobs import FAILED, INTERRUPTED, KILLED, Ending, Job
from mathpal.sweeps.worker import serve

WORKER_BYTES = 2_000_000_000
"""What a process with torch, TRL and a small model takes."""

MOST_CPU_SLOTS = 8

SECONDS_TO_STOP = 20.0
"""How long a running trial may take to save itself when the sweep is stopped."""


@dataclass(frozen=True)
class Slot:
    """A place for one trial at a time."""

    device: str | None
    """The GPU that its process sees; None: the CPU."""
    num_threads: int

    @property
    def environment(self) -> dict[str, str]:
        """What its process finds in its environment."""
        gpu = {} if self.device is None else {"CUDA_VISIBLE_DEVICES": self.device}
        return gpu | {"TOKENIZERS_PARALLELISM": "false"}


@dataclass
class Worker:
    """A process, and the job that it carries out."""

    process: Any
    jobs: connection.Connection
    slot: Slot
    job: Job | None = None
    since: float = 0.0
    timed_out: bool = False
    started: list[psutil.Process] = field(default_factory=list)
    """What the process has started, such as the ranks of a trial on several devices."""


class Pool:
    """Carry out jobs in processes of this machine; an `Executor`."""

    def __init__(self, slots: list[Slot], timeout_seconds: float | None) -> None:
        self.num_slots = len(slots)
        self.num_threads = slots[0].num_threads
        self.timeout_seconds = timeout_seconds
        self._free = list(slots)
        self._workers: list[Worker] = []
        self._context = start_importing()

    def submit(self, job: Job) -> None:
        """Give a job to an idle process, or to a new one."""
        idle = next((worker for worker in self._workers if worker.job is None), None)
        worker = idle or self._start(self._free.pop(0))
        worker.job, worker.since, worker.timed_out = job, time.monotonic(), False
        with suppress(BrokenPipeError, ConnectionResetError):  # `wait` sees that it has ended
            worker.jobs.send(job)

    def wait(self, seconds: float) -> list[Ending]:
        """Return the jobs that ended, a dead process's too, within `seconds`."""
        busy = [worker for worker in self._workers if worker.job is not None]
        handles = [h for worker in busy for h in (worker.jobs, worker.process.sentinel)]
        connection.wait(handles, seconds)
        for worker in (worker for worker in busy if worker.process.is_alive()):
            with suppress(psutil.NoSuchProcess):
                worker.started = psutil.Process(worker.process.pid).children(recursive=True)
        self._end_overdue(busy)
        return [ending for worker in busy if (ending := self._ending(worker)) is not None]

    def stop(self) -> list[Ending]:
        """Ask the running jobs to save and end; kill what has not after a while."""
        busy = [worker for worker in self._workers if worker.job is not None]
        for worker in busy:
            worker.process.terminate()
        until = time.monotonic() + SECONDS_TO_STOP
        endings: list[Ending] = []
        while len(endings) < len(busy) and time.monotonic() < until:
            endings += [_stopped(ending) for ending in self.wait(0.2)]
        for worker in busy:
            if worker.job is not None:
                endings.append(Ending(worker.job.number, INTERRUPTED, None, "stopped", 0.0))
                self._discard(worker)
        return endings

    def close(self) -> None:
        """End all processes."""
        for worker in list(self._workers):
            self._discard(worker)

    def _start(self, slot: Slot) -> Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(  # type: ignore[attr-defined]
            target=serve,
            args=(theirs, slot.environment),
            daemon=False,  # may start loaders
        )
        process.start()
        theirs.close()
        worker = Worker(process, ours, slot)
        self._workers.append(worker)
        return worker

    def _ending(self, worker: Worker) -> Ending | None:
        """Return how a worker's job ended, if it did; a process that died with it is replaced."""
        assert worker.job is not None
        number, seconds = worker.job.number, time.monotonic() - worker.since
        with suppress(EOFError, OSError):
            if worker.jobs.poll():
                ending: Ending = worker.jobs.recv()
                worker.job = None
                if ending.state == FAILED:  # the next trial gets a fresh process
                    self._discard(worker)
                return ending
        if worker.process.is_alive():
            return None
        worker.process.join()
        code = worker.process.exitcode
        self._discard(worker)
        if worker.timed_out:
            limit = f"{self.timeout_seconds:g} s (hydra.launcher.timeout_minutes)"
            return Ending(number, FAILED, None, f"it ran longer than {limit}", seconds)
        return Ending(number, KILLED, None, _died(code), seconds)

    def _end_overdue(self, busy: list[Worker]) -> None:
        for worker in busy:
            overdue = time.monotonic() - worker.since - (self.timeout_seconds or float("inf"))
            if overdue > 0 and not worker.timed_out:
                worker.timed_out = True
                _kill(worker.process.pid)
                worker.process.join(5)

    def _discard(self, worker: Worker) -> None:
        worker.jobs.close()
        _kill(worker.process.pid)
        for process in worker.started:  # those of a process that died before
            with suppress(psutil.NoSuchProcess):
                process.kill()
        worker.process.join(5)
        worker.job = None
        self._workers.remove(worker)
        self._free.append(worker.slot)


def slots(wanted: Any, *, device: str, num_processes: int, num_threads: int | None) -> list[Slot]:
    """Return the slots that `hydra.launcher.slots` asks for: auto, a number, or a list of GPUs.

    auto is one for every `num_processes` GPUs, those of a trial; on a CPU one a core, as far as
    memory goes, the cores shared out.

    Raises: RequestError.
    """
    gpus = [] if device == "cpu" else visible_gpus()
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    if isinstance(wanted, list):
        gpus = [_known(str(gpu), gpus) for gpu in wanted]
    elif wanted != "auto" and not (type(wanted) is int and wanted >= 1):
        raise RequestError(
            f"hydra.launcher.slots={wanted}: expected auto, a number of at least 1, or GPUs as "
            "[0,1]"
        )
    if gpus or isinstance(wanted, list):
        each = [gpus[i : i + num_processes] for i in range(0, len(gpus), num_processes)]
        groups = [",".join(group) for group in each if len(group) == num_processes]
        if not groups:
            raise RequestError(
                f"hydra.launcher.slots: a trial takes {num_processes} GPUs "
                f"(hardware.num_processes), and there are {len(gpus)}"
            )
        number = wanted if type(wanted) is int else len(groups)
        threads = num_threads or max(1, cores // number)
        return [Slot(groups[i % len(groups)], threads) for i in range(number)]
    room = int(psutil.virtual_memory().available // WORKER_BYTES)
    fitting = max(1, min(cores // num_processes, room, MOST_CPU_SLOTS))
    number = fitting if wanted == "auto" else wanted
    return [Slot(None, num_threads or max(1, cores // number))] * number


def visible_gpus() -> list[str]:
    """Return the GPUs that this process may use, by what CUDA_VISIBLE_DEVICES calls them."""
    if "CUDA_VISIBLE_DEVICES" in os.environ:
        named = [gpu.strip() for gpu in os.environ["CUDA_VISIBLE_DEVICES"].split(",")]
        return list(takewhile(lambda gpu: gpu and not gpu.startswith("-"), named))
    try:
        listed = subprocess.run(
            ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return []
    return listed.stdout.split()


def _stopped(ending: Ending) -> Ending:
    """Take a process that ended at the signal, before or after its run, as interrupted."""
    return replace(ending, state=INTERRUPTED) if ending.state == KILLED else ending


def _known(gpu: str, gpus: list[str]) -> str:
    if gpu not in gpus:
        found = f"GPUs here: {', '.join(gpus)}" if gpus else "there is no GPU here"
        raise RequestError(f"hydra.launcher.slots: no GPU {gpu}; {found}; slots=auto uses what is")
    return gpu


def start_importing() -> BaseContext:
    """Return how processes are started; where it can fork, the imports begin at once."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["mathpal.sweeps.imports"])
    forkserver.ensure_running()
    return context


def _kill(pid: int) -> None:
    """Kill a process and all that it started."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for child in (*process.children(recursive=True), process):
            with suppress(psutil.NoSuchProcess):
                child.kill()


def _died(code: int | None) -> str:
    """Say what ended a process."""
    if code is None or code >= 0:
        return f"its process ended with exit code {code}; see its output.log"
    name = signal.Signals(-code).name
    hint = "; was memory full? `dmesg` tells" if -code == signal.SIGKILL else "; see its output.log"
    return f"its process was killed by {name}{hint}"
