"""Start the processes of a run by `torch.distributed.run`, and see them end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import psutil

from mathpal.checkpoints import how_to_go_on
from mathpal.config import Experiment, HardwareConfig
from mathpal.distributed import WORKER, is_worker, num_processes, rank
from mathpal.errors import Interrupted, MathpalError, Pruned, RequestError
from mathpal.files import write_json
from mathpal.models import sources
from mathpal.record import command

LOG = "workers.log"
"""What the processes and their launcher write on stderr."""

LOST_WORDS = ("gloo", "NCCL", "ProcessGroup", "c10d")
"""Words of the errors that torch raises in a process whose peer is gone."""

SECONDS_TO_END = 30.0
"""How long a process that ends in order waits for the others to do so."""

ENDINGS: dict[str, type[MathpalError]] = {
    "request": RequestError,
    "pruned": Pruned,  # before what it is a kind of
    "interrupted": Interrupted,
}
"""Ways of ending that all processes take together; any other is one's own failure."""


def wants_processes(hardware: HardwareConfig) -> bool:
    """Tell whether a run is to be carried by processes that are not started yet."""
    return not is_worker() and hardware.num_processes * hardware.num_nodes > 1


def launch(experiment: Experiment, folder: Path, started: float) -> dict[str, Any]:
    """Start the processes of a run whose config is frozen in its folder, and see them end.

    Returns the content of metrics.json; machines other than the first have none.

    Raises: what rank 0 ended with, Interrupted after a signal, or MathpalError with the error of
        the process that failed.
    """
    hardware = experiment.hardware
    sources.locate(experiment.model.name)  # converted here, if need be: the processes would race
    with tempfile.TemporaryDirectory() as endings:
        environment = {
            **os.environ,
            WORKER: "1",
            "MATHPAL_COMMAND": command(),
            "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", str(_threads(hardware))),
        }
        arguments = ["-m", "mathpal.worker", str(folder), endings, str(started)]
        with (folder / LOG).open("a", encoding="utf-8") as log:
            launcher = subprocess.Popen(
                [sys.executable, "-m", "torch.distributed.run", *_rendezvous(hardware), *arguments],
                env=environment,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches the processes through `_forwarding`
            )
        with _forwarding(launcher) as forwarded:
            code = launcher.wait()
        _raise_ending(Path(endings), code, folder, stopped=bool(forwarded))
    if hardware.node_rank > 0:
        return {}
    figures: dict[str, Any] = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    return figures


def tell_ending(endings: Path, error: BaseException) -> None:
    """Note what ended this process, for `launch` to raise; to lose a peer is not a cause."""
    kind = next((k for k, e in ENDINGS.items() if isinstance(error, e)), "failed")
    if isinstance(error, KeyboardInterrupt) or any(word in str(error) for word in LOST_WORDS):
        kind = "lost"
    text = str(error) if isinstance(error, MathpalError) else f"{type(error).__name__}: {error}"
    ending = {"time": time.time(), "rank": rank(), "kind": kind, "error": text}
    (endings / f"{rank()}.json").write_text(json.dumps(ending), encoding="utf-8")


def wait_for_endings(endings: Path) -> None:
    """Wait, for a while, until every process has told its ending: the first to leave ends all."""
    until = time.time() + SECONDS_TO_END
    while len(list(endings.glob("*.json"))) < num_processes() and time.time() < until:
        time.sleep(0.1)


def _raise_ending(endings: Path, code: int, folder: Path, *, stopped: bool) -> None:
    """Raise what ended the first process that did not get to the end."""
    told = [json.loads(path.read_text(encoding="utf-8")) for path in endings.glob("*.json")]
    told.sort(key=lambda ending: ending["time"])
    if code == 0 and not told:
        return
    cause = next((ending for ending in told if ending["kind"] != "lost"), None)
    if cause is not None and cause["kind"] in ENDINGS:
        raise ENDINGS[cause["kind"]](cause["error"])
    if stopped:
        _close_record(folder, "interrupted", "stopped by a signal")
        raise Interrupted(f"stopped; {how_to_go_on(folder)}")
    if cause is not None:
        error = f"process {cause['rank']}: {cause['error']}"
    else:
        seen = "".join(f"; process {e['rank']} saw: {e['error']}" for e in told[:1])
        error = f"a process was killed from outside{seen}; see {folder / LOG}"
    _close_record(folder, "failed", error)
    raise MathpalError(error)


def _close_record(folder: Path, status: str, error: str) -> None:
    """Write into run.json how the run ended, where rank 0 was stopped before it could."""
    path = folder / "run.json"
    facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    write_json(path, facts | {"status": status, "error": error})


def _rendezvous(hardware: HardwareConfig) -> list[str]:
    alone = hardware.num_nodes == 1
    nodes = [f"--nproc-per-node={hardware.num_processes}", "--max-restarts=0"]
    if alone:
        return [*nodes, "--standalone"]
    host, _, port = hardware.main_address.rpartition(":")
    return [
        *nodes,
        f"--nnodes={hardware.num_nodes}",
        f"--node-rank={hardware.node_rank}",
        f"--master-addr={host}",
        f"--master-port={port}",
    ]


def _threads(hardware: HardwareConfig) -> int:
    cores = len(psutil.Process().cpu_affinity()) if sys.platform == "linux" else os.cpu_count() or 1
    return hardware.num_threads or max(1, cores // hardware.num_processes)


@contextmanager
def _forwarding(launcher: subprocess.Popen[bytes]) -> Iterator[list[int]]:
    """Pass Ctrl-C and SIGTERM on to the processes themselves, so that they save and end in order.

    The launcher would kill them. A second signal ends everything. Yields the signals so far.
    """
    forwarded: list[int] = []

    def forward(number: int, frame: FrameType | None) -> None:
        workers = psutil.Process(launcher.pid).children()
        for worker in workers:
            with suppress(psutil.NoSuchProcess):
                worker.send_signal(signal.SIGKILL if forwarded else number)
        if forwarded or not workers:
            launcher.kill()
        forwarded.append(number)

    before = {n: signal.signal(n, forward) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield forwarded
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if launcher.poll() is None:
            launcher.kill()
