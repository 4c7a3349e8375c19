"""Trials in warm actors of a Ray cluster: one a slot, each running many trials.

Ray starts an actor where there is room for it; one that died is replaced by the next trial.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import re
import signal
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mathpal import warm
from mathpal.config import HardwareConfig
from mathpal.errors import RequestError
from mathpal.record import forget_peak_memory
from mathpal.sweeps.jobs import FAILED, INTERRUPTED, KILLED, Ending, Job
from mathpal.sweeps.pool import MOST_CPU_SLOTS, WORKER_BYTES
from mathpal.sweeps.worker import carry_out_in_order

STORE_BYTES = 100_000_000
"""Room for what Ray's processes pass each other; ours pass a few hundred bytes."""

SECONDS_TO_STOP = 20.0
"""How long a running trial may take to save itself when the sweep is stopped."""

SECONDS_TO_ANSWER = 5.0

SECONDS_TO_SIGNAL = 5.0
"""How long Ray may take to pass on a signal."""


class Actor:
    """A process of the cluster that carries out jobs, one after the other."""

    def place(self, folder: str) -> tuple[str, int]:
        """Go to the launcher's folder, where it is on this machine; tell the node and process."""
        import ray

        with suppress(OSError):
            os.chdir(folder)
        return ray.get_runtime_context().get_node_id(), os.getpid()

    def carry_out(self, job: Job) -> Ending:
        """Carry out a job; the first one imports what all of them need."""
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the launcher
        if not warm.is_keeping():
            from mathpal.sweeps import imports  # noqa: F401

            warm.keep()
        forget_peak_memory()
        return carry_out_in_order(job)


def _terminate(process: int) -> None:
    """Ask an actor of the machine that this runs on to save and end."""
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGTERM)


@dataclass
class Worker:
    """An actor, and the job that it carries out."""

    actor: Any
    place: Any
    """Reference to the node and the process; ready once the actor has started."""
    job: Job | None = None
    ending: Any = None
    """Reference to how the job ends."""
    since: float | None = None
    """When the job began: None while the actor waits for room."""


class Ray:
    """Carry out jobs in actors of a Ray cluster, to which this process is connected already."""

    def __init__(
        self,
        resources: Mapping[str, float],
        num_slots: int,
        num_threads: int,
        timeout_seconds: float | None,
    ) -> None:
        self.num_slots = num_slots
        self.num_threads: int | None = num_threads
        self.timeout_seconds = timeout_seconds
        self._resources = dict(resources)
        self._workers: list[Worker] = []

    def submit(self, job: Job) -> None:
        """Give a job to an idle actor, or to a new one."""
        worker = next((w for w in self._workers if w.job is None), None) or self._start()
        worker.job, worker.since = job, None
        worker.ending = worker.actor.carry_out.remote(job)

    def wait(self, seconds: float) -> list[Ending]:
        """Return the jobs that ended, a dead actor's too, within `seconds`."""
        import ray

        busy = [worker for worker in self._workers if worker.job is not None]
        if not busy:
            return []
        ray.wait([worker.ending for worker in busy], timeout=seconds)
        endings = [self._ending(worker) for worker in busy]
        return [ending for ending in endings if ending is not None]

    def stop(self) -> list[Ending]:
        """Ask the running jobs to save and end; kill what has not after a while."""
        busy = [worker for worker in self._workers if worker.job is not None]
        self._signal(busy)
        until = time.monotonic() + SECONDS_TO_STOP
        endings: list[Ending] = []
        while len(endings) < len(busy) and time.monotonic() < until:
            endings += [_stopped(ending) for ending in self.wait(0.2)]
        for worker in busy:
            if worker.job is not None:
                endings.append(Ending(worker.job.number, INTERRUPTED, None, "stopped"))
                self._discard(worker)
        return endings

    def close(self) -> None:
        """End all actors, and the cluster where it was started here."""
        import ray

        for worker in list(self._workers):
            self._discard(worker)
        ray.shutdown()

    def _start(self) -> Worker:
        import ray

        remote = ray.remote(Actor).options(max_restarts=0, **self._resources)
        actor = remote.remote()
        worker = Worker(actor, actor.place.remote(str(Path.cwd())))
        self._workers.append(worker)
        return worker

    def _ending(self, worker: Worker) -> Ending | None:
        """Return how a worker's job ended, if it did; a process that died with it is replaced."""
        import ray

        assert worker.job is not None
        number = worker.job.number
        if worker.since is None and _is_ready(worker.place):
            worker.since = time.monotonic()
        seconds = 0.0 if worker.since is None else time.monotonic() - worker.since
        if not _is_ready(worker.ending):
            if seconds <= (self.timeout_seconds or float("inf")):
                return None
            self._discard(worker)
            limit = f"{self.timeout_seconds:g} s (hydra.launcher.timeout_minutes)"
            return Ending(number, FAILED, None, f"it ran longer than {limit}", seconds)
        try:
            ending: Ending = ray.get(worker.ending)
        except ray.exceptions.RayTaskError as error:
            ending = Ending(number, FAILED, None, str(error).strip().splitlines()[-1], seconds)
        except ray.exceptions.RayError as error:
            ending = Ending(number, KILLED, None, _died(str(error)), seconds)
        worker.job = None
        if ending.state in (FAILED, KILLED):  # the next trial gets a fresh process
            self._discard(worker)
        return ending

    def _signal(self, workers: list[Worker]) -> None:
        """Send SIGTERM to running actors, wherever they are; kill those that have not started."""
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        sent = []
        for worker in workers:
            if not _is_ready(worker.place):
                ray.kill(worker.actor)
                continue
            with suppress(ray.exceptions.RayError):
                node, process = ray.get(worker.place)
                there = NodeAffinitySchedulingStrategy(node, soft=False)
                terminate = ray.remote(_terminate).options(
                    num_cpus=0, scheduling_strategy=there, max_retries=0
                )
                sent.append(terminate.remote(process))
        if sent:
            ray.wait(sent, num_returns=len(sent), timeout=SECONDS_TO_SIGNAL)

    def _discard(self, worker: Worker) -> None:
        import ray

        ray.kill(worker.actor)
        worker.job = None
        self._workers.remove(worker)


def start(options: Mapping[str, Any], hardware: HardwareConfig) -> Ray:
    """Connect to the cluster of `RayConf`'s options, and return the executor for such hardware.

    Raises: RequestError.
    """
    problems = list(_problems(options, hardware))
    if problems:
        raise RequestError(problems)
    has = _connect(options)
    threads, processes = hardware.num_threads or 1, hardware.num_processes
    cpus = options["num_cpus"] or threads * processes
    gpus = _gpus(options, hardware, has)
    try:
        slots = _slots(options, has, cpus, gpus)
    except RequestError:
        import ray

        ray.shutdown()
        raise
    minutes = options["timeout_minutes"]
    return Ray(
        {"num_cpus": cpus, "num_gpus": gpus},
        slots,
        max(1, int(cpus) // processes),
        None if minutes is None else minutes * 60,
    )


def _problems(options: Mapping[str, Any], hardware: HardwareConfig) -> Iterator[str]:
    if importlib.util.find_spec("ray") is None:
        yield "hydra/launcher=ray: not installed: pip install 'mathpal[ray]'"
    slots = options["slots"]
    if slots != "auto" and not (isinstance(slots, int) and slots >= 1):
        yield f"hydra.launcher.slots={slots}: expected auto, or a number of at least 1"
    if hardware.num_nodes > 1:
        yield f"hardware.num_nodes={hardware.num_nodes}: a trial of a sweep runs on one node"
    minutes, wanted = options["timeout_minutes"], hardware.num_processes
    if minutes is not None and minutes <= 0:
        yield f"hydra.launcher.timeout_minutes={minutes}: expected more than 0, or null"
    cpus, gpus = options["num_cpus"], options["num_gpus"]
    if cpus is not None and (cpus <= 0 or wanted > 1 > cpus / wanted):
        yield (
            f"hydra.launcher.num_cpus={cpus:g}: hardware.num_processes={wanted} needs at least "
            "one a process"
        )
    if gpus and wanted > 1 > gpus / wanted and hardware.device != "cpu":
        yield f"hydra.launcher.num_gpus={gpus:g}: hardware.num_processes={wanted} needs as many"


def _connect(options: Mapping[str, Any]) -> dict[str, float]:
    """Join the cluster, or start one here; return what it has.

    Raises: RequestError where nothing answers at the address.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    address = options["address"]
    _call(address)
    import ray

    here = {"include_dashboard": False, "object_store_memory": STORE_BYTES}
    try:
        with _silent():
            ray.init(
                address=address or "local",
                log_to_driver=False,
                logging_level=logging.CRITICAL,
                **({} if address else here) | options["init"],
            )
    except (ConnectionError, ValueError, RuntimeError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise RequestError(
            f"hydra.launcher.address={address}: {reason}; a cluster that asks for a token wants "
            "RAY_AUTH_MODE=token here, too"
        ) from error
    # The death of an actor is told by its trial's ending; Ray would write five lines about it.
    ray._private.worker._worker_logs_enabled = False
    has: dict[str, float] = ray.cluster_resources()
    return has


def _call(address: str | None) -> None:
    """See whether somebody listens at an address: Ray itself tries for a minute.

    Raises: RequestError.
    """
    if address in (None, "auto"):
        return
    host, _, port = str(address).rpartition(":")
    if not (host and port.isdecimal()):
        raise RequestError(f"hydra.launcher.address={address}: expected auto, or HOST:PORT")
    if host in ("127.0.0.1", "localhost"):
        return  # Ray takes another name of this machine for it
    try:
        socket.create_connection((host, int(port)), SECONDS_TO_ANSWER).close()
    except OSError as error:
        raise RequestError(
            f"hydra.launcher.address={address}: no Ray cluster answers ({error}); start one by "
            "`ray start --head`, or leave the address out"
        ) from error


@contextmanager
def _silent() -> Iterator[None]:
    """Keep what Ray's libraries write on stderr, a line each attempt, off the screen."""
    before, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)
        os.close(nowhere)


def _gpus(options: Mapping[str, Any], hardware: HardwareConfig, has: Mapping[str, float]) -> float:
    """Return the GPUs of a trial."""
    if options["num_gpus"] is not None:
        return float(options["num_gpus"])
    uses = hardware.device == "cuda" or (hardware.device != "cpu" and has.get("GPU", 0) > 0)
    return float(hardware.num_processes if uses else 0)


def _slots(options: Mapping[str, Any], has: Mapping[str, float], cpus: float, gpus: float) -> int:
    """Return how many trials run at a time.

    Raises: RequestError where the cluster has no room for one.
    """
    if options["slots"] != "auto" and options["address"]:
        return int(options["slots"])  # the cluster may grow
    room = [int(has.get("CPU", 0) // cpus)]
    if gpus:
        room.append(int(has.get("GPU", 0) // gpus))
    if min(room) < 1:
        raise RequestError(
            f"hydra/launcher=ray: a trial wants {cpus:g} CPUs and {gpus:g} GPUs "
            f"(hydra.launcher.num_cpus, num_gpus); the cluster has {has.get('CPU', 0):g} and "
            f"{has.get('GPU', 0):g}"
        )
    if options["slots"] != "auto":
        return int(options["slots"])
    if not gpus:
        room += [max(1, int(has.get("memory", 0) // WORKER_BYTES))]
        room += [] if options["address"] else [MOST_CPU_SLOTS]
    return min(room)


def _is_ready(reference: Any) -> bool:
    import ray

    return bool(ray.wait([reference], timeout=0)[0])


def _stopped(ending: Ending) -> Ending:
    """Take a process that ended at the signal, before or after its run, as interrupted."""
    return replace(ending, state=INTERRUPTED) if ending.state == KILLED else ending


def _died(text: str) -> str:
    """Say in one line what Ray says in ten about an actor that is gone.

    >>> _died("The actor died.\\n\\tpid: 7\\nWorker exit detail: It had an error code 2. Maybe ...")
    'its actor died: It had an error code 2; was memory full? `dmesg` there tells'
    """
    found = re.search(r"Worker exit detail: (.+)", text) or re.search(r"(.+)", text)
    sentence = found.group(1).partition(". ")[0].strip(" .") if found else "Ray does not say why"
    return f"its actor died: {sentence}; was memory full? `dmesg` there tells"
