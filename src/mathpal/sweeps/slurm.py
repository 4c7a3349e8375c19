"""Trials as jobs of SLURM, by submitit: each in a process of its own, on one node.

How jobs stand is asked of `squeue`, one call for all: `sacct`, which submitit asks, knows nothing
where a cluster keeps no accounts.
"""

from __future__ import annotations

import importlib.util
import io
import math
import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

import psutil

from mathpal.config import HardwareConfig
from mathpal.errors import MathpalError, RequestError
from mathpal.sweeps.jobs import FAILED, INTERRUPTED, KILLED, Ending, Job
from mathpal.sweeps.worker import carry_out_in_order

FOLDER = ".submitit"
"""In the sweep's folder: what submitit writes, a few files a job."""

LAUNCHER = "launcher"
"""Suffix of a file there that names the jobs of a running launcher: host and process are in it."""

SECONDS_BETWEEN_LOOKS = 0.5
SECONDS_BETWEEN_QUERIES = 5.0

SECONDS_FOR_RESULT = 30.0
"""How long the result of a job that has ended may take to show on a shared disk."""

SECONDS_TO_STOP = 20.0
"""How long a running trial may take to save itself when the sweep is stopped."""

SECONDS_TO_LEAVE = 10.0
"""How long to wait until cancelled jobs have left the queue."""

SECONDS_BETWEEN_TRIES = 15.0
SECONDS_OF_REFUSAL = 300.0
"""How long sbatch may refuse jobs while none of ours is in the queue: a limit, or a restart."""

MINUTES_WITH_NOTICE = 10.0
"""From this time limit on, a trial hears of its end a minute or two before it."""

OVERDUE = "it ran longer than SLURM lets it (hydra.launcher.timeout_minutes)"

LEFT = {
    "CANCELLED": (KILLED, "its job was cancelled"),
    "PREEMPTED": (KILLED, "its job was preempted"),
    "NODE_FAIL": (KILLED, "its node failed"),
    "BOOT_FAIL": (KILLED, "its node did not start"),
    "OUT_OF_MEMORY": (KILLED, "its memory was full; raise hydra.launcher.mem_gb"),
    "TIMEOUT": (FAILED, OVERDUE),
    "DEADLINE": (FAILED, OVERDUE),
    "REVOKED": (KILLED, "its job went to another cluster"),
    "": (KILLED, "SLURM no longer knows its job"),
}
"""States of a job that is over (`squeue`, Job State Codes) -> what that makes of its trial."""


@dataclass
class Submitted:
    """A job, and what SLURM has of it."""

    job: Job
    slurm: Any
    """submitit's job."""
    since: float
    over_since: float | None = None


@dataclass(frozen=True)
class State:
    """What the queue tells of a job: a word, empty where it knows nothing, and the exit status."""

    word: str
    status: int = 0

    @property
    def is_over(self) -> bool:
        """Whether the job will not run, or not any more."""
        return self.word in LEFT or self.word in ("COMPLETED", "FAILED")


class Slurm:
    """Carry out jobs by SLURM; an `Executor`."""

    def __init__(
        self, folder: Path, parameters: Mapping[str, Any], num_slots: int, num_threads: int | None
    ) -> None:
        import submitit

        self.num_slots = num_slots
        self.num_threads = num_threads
        self._folder = folder / FOLDER
        self._folder.mkdir(parents=True, exist_ok=True)
        self._cancel_left_behind()
        readable = re.sub(r"[^\w.-]", "_", folder.name)
        self._name = f"{readable}-{secrets.token_hex(3)}"
        self._mark = self._folder / f"{self._name}.{LAUNCHER}"
        self._mark.write_text(f"{os.uname().nodename} {os.getpid()}")
        self._sbatch = submitit.SlurmExecutor(self._folder)
        self._sbatch.update_parameters(job_name=self._name, **parameters)
        self._running: dict[int, Submitted] = {}
        self._unsent: list[Job] = []
        self._refused_since: float | None = None
        self._last_try = 0.0
        self._states: dict[str, State] = {}
        self._asked = 0.0
        self._has_sent = self._stopping = False

    def submit(self, job: Job) -> None:
        """Put a job into SLURM's queue.

        Raises: RequestError where SLURM refuses the first of all; later ones are tried again.
        """
        try:
            self._send(job)
        except RequestError:
            if not self._has_sent:
                raise
            self._unsent.append(job)

    def wait(self, seconds: float) -> list[Ending]:
        """Return the jobs that ended, or left the queue without a result, within `seconds`."""
        until = time.monotonic() + seconds
        while True:
            self._try_again()
            self._ask()
            written = {
                path.name for path in self._folder.iterdir()
            }  # which a shared disk looks up anew
            endings = [e for s in self._running.values() if (e := self._ending(s, written))]
            for ending in endings:
                del self._running[ending.number]
            left = until - time.monotonic()
            if endings or left <= 0:
                return endings
            time.sleep(min(SECONDS_BETWEEN_LOOKS, left))

    def stop(self) -> list[Ending]:
        """Ask the running jobs to save and end; cancel what waits, and what has not after a while.

        What SLURM signals first are the processes of a job, not its shell.
        """
        self._stopping = True
        numbers = [*self._running, *(job.number for job in self._unsent)]
        self._unsent.clear()
        self._scancel("--state=PENDING")
        self._scancel("--state=RUNNING", "--signal=TERM")
        self._asked = 0.0
        until = time.monotonic() + SECONDS_TO_STOP
        endings: list[Ending] = []
        while self._running and time.monotonic() < until:
            endings += self.wait(SECONDS_BETWEEN_LOOKS)
        self._leave()
        told = {ending.number for ending in endings}
        rest = [Ending(n, INTERRUPTED, None, "stopped") for n in numbers if n not in told]
        return endings + rest

    def close(self) -> None:
        """Leave no job behind."""
        if self._running:
            self._leave()
        self._mark.unlink(missing_ok=True)

    def _send(self, job: Job) -> None:
        """Call sbatch, which may raise RequestError."""
        from submitit.core.utils import FailedJobError

        try:
            with redirect_stderr(io.StringIO()), _outside_of_jobs():
                slurm = self._sbatch.submit(carry_out_here, job)
        except FailedJobError as error:
            raise RequestError(f"hydra/launcher=slurm: {_in_one_line(str(error))}") from error
        self._has_sent, self._refused_since = True, None
        self._running[job.number] = Submitted(job, slurm, time.monotonic())

    def _try_again(self) -> None:
        """Send what sbatch refused before, one after the other, now and then.

        Raises: MathpalError where it refuses for long, with nothing of ours in the queue.
        """
        now = time.monotonic()
        if not self._unsent or now - self._last_try < SECONDS_BETWEEN_TRIES:
            return
        self._last_try = now
        try:
            while self._unsent:
                self._send(self._unsent[0])
                self._unsent.pop(0)
        except RequestError as error:
            self._refused_since = self._refused_since or now
            if not self._running and now - self._refused_since > SECONDS_OF_REFUSAL:
                raise MathpalError(f"{error}; the same command goes on") from error

    def _ask(self) -> None:
        """Ask the queue how all jobs stand, not too often; where it does not answer, go on."""
        now = time.monotonic()
        wanted = SECONDS_BETWEEN_LOOKS if self._stopping else SECONDS_BETWEEN_QUERIES
        if not self._running or now - self._asked < wanted:
            return
        states = self._queue()
        if states is not None:
            self._states, self._asked = states, now

    def _queue(self) -> dict[str, State] | None:
        """Return the states of all jobs of this launcher; None where the queue does not answer."""
        done = _run(
            "squeue",
            "--noheader",
            "--states=all",
            f"--name={self._name}",
            "--Format=JobID:|,State:|,exit_code:|",
        )
        if done.returncode != 0:
            return None
        rows = [line.split("|") for line in done.stdout.splitlines() if "|" in line]
        return {row[0]: State(row[1], int(row[2])) for row in rows}

    def _ending(self, submitted: Submitted, written: set[str]) -> Ending | None:
        """Return how a job ended, if it did."""
        has_result = submitted.slurm.paths.result_pickle.name in written
        ending = self._result(submitted) if has_result else None
        if ending is not None and (self._stopping or ending.state != INTERRUPTED):
            return ending
        if self._asked < submitted.since:
            return None
        state = self._states.get(submitted.slurm.job_id, State(""))
        if not state.is_over:
            return None
        now = time.monotonic()
        submitted.over_since = submitted.over_since or now
        is_late = now - submitted.over_since > SECONDS_FOR_RESULT
        if state.word == "COMPLETED" and ending is None and not is_late:
            return None
        left = self._left(submitted, state)
        return replace(left, state=INTERRUPTED) if self._stopping else left

    def _result(self, submitted: Submitted) -> Ending:
        """Return the ending that a job wrote, or what kept it from being carried out at all."""
        from submitit.core.utils import FailedJobError

        try:
            ending: Ending = submitted.slurm.result()
        except FailedJobError as error:
            raised = re.findall(r"^[\w.]+: .*", str(error), re.MULTILINE)
            return self._ended(submitted, FAILED, raised[-1] if raised else str(error))
        return ending

    def _left(self, submitted: Submitted, state: State) -> Ending:
        """Return the ending of a job that is over, and left no result or was interrupted."""
        paths = submitted.slurm.paths
        if state.word in LEFT:
            kind, reason = LEFT[state.word]
            return self._ended(submitted, kind, f"{reason} (job {submitted.slurm.job_id})")
        number = state.status & 127 or max(0, (state.status >> 8) - 128)
        if number:
            name = signal.Signals(number).name
            return self._ended(
                submitted, KILLED, f"its process was killed by {name}; see {paths.stderr}"
            )
        if state.word == "FAILED":
            last = _last_line(paths.stderr) or f"exit code {state.status >> 8}"
            return self._ended(submitted, FAILED, f"{last}; see {paths.stderr}")
        return self._ended(submitted, KILLED, f"its process was stopped; see {paths.stderr}")

    def _ended(self, submitted: Submitted, state: str, reason: str) -> Ending:
        seconds = time.monotonic() - submitted.since
        return Ending(submitted.job.number, state, None, reason, seconds)

    def _leave(self) -> None:
        """Cancel all jobs of this launcher, and see them leave the queue."""
        self._scancel()
        until = time.monotonic() + SECONDS_TO_LEAVE
        while time.monotonic() < until:
            states = self._queue()
            if states is None or all(state.is_over for state in states.values()):
                return
            time.sleep(SECONDS_BETWEEN_LOOKS)

    def _scancel(self, *options: str) -> None:
        """Cancel or signal by name: a job whose number never reached us is among them."""
        _run("scancel", "--quiet", *options, f"--name={self._name}")

    def _cancel_left_behind(self) -> None:
        """Cancel the jobs of launchers of this sweep that were killed on this machine."""
        for mark in self._folder.glob(f"*.{LAUNCHER}"):
            host, _, process = mark.read_text().partition(" ")
            if host == os.uname().nodename and not psutil.pid_exists(int(process)):
                _run("scancel", "--quiet", f"--name={mark.stem}")
                mark.unlink(missing_ok=True)


def carry_out_here(job: Job) -> Ending:
    """Carry out a job in the process that submitit started for it.

    A job that SLURM itself put back into the queue does not run over what its first try wrote.
    """
    if int(os.environ.get("SLURM_RESTART_COUNT", 0)) > 0:
        return Ending(job.number, KILLED, None, "SLURM put its job back into the queue")
    notices: list[int] = []

    def notice(number: int, frame: FrameType | None) -> None:
        notices.append(number)
        os.kill(os.getpid(), signal.SIGTERM)

    signal.signal(signal.SIGUSR2, notice)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    ending = carry_out_in_order(job)
    is_overdue = notices and ending.state == INTERRUPTED
    return replace(ending, state=FAILED, reason=OVERDUE) if is_overdue else ending


def start(options: Mapping[str, Any], hardware: HardwareConfig, folder: Path) -> Slurm:
    """Return the executor of `SlurmConf`'s options, for trials on such hardware.

    Raises: RequestError with every problem.
    """
    problems = list(_problems(options, hardware))
    if problems:
        raise RequestError(problems)
    threads, processes = hardware.num_threads or 1, hardware.num_processes
    cpus = options["cpus_per_task"] or threads * processes
    return Slurm(folder, _parameters(options, hardware, cpus), options["slots"], cpus // processes)


def _problems(options: Mapping[str, Any], hardware: HardwareConfig) -> Iterator[str]:
    if importlib.util.find_spec("submitit") is None:
        yield "hydra/launcher=slurm: not installed: pip install 'mathpal[slurm]'"
    missing = [name for name in ("sbatch", "srun", "squeue", "scancel") if not shutil.which(name)]
    if missing:
        yield (
            f"hydra/launcher=slurm: there is no {missing[0]} here; start the sweep on a login node "
            "of a SLURM cluster, or use hydra/launcher=pool"
        )
    if not (isinstance(options["slots"], int) and options["slots"] >= 1):
        yield f"hydra.launcher.slots={options['slots']}: at least 1 is needed"
    if hardware.num_nodes > 1:
        yield f"hardware.num_nodes={hardware.num_nodes}: a trial of a sweep runs on one node"
    minutes, wanted = options["timeout_minutes"], hardware.num_processes
    if minutes is not None and minutes <= 0:
        yield f"hydra.launcher.timeout_minutes={minutes}: expected more than 0, or null"
    cpus = options["cpus_per_task"]
    if cpus is not None and cpus < wanted:
        yield (
            f"hydra.launcher.cpus_per_task={cpus}: hardware.num_processes={wanted} needs at least "
            "one a process"
        )
    gpus = options["gpus_per_node"]
    if gpus is None:
        return
    count = str(gpus).rpartition(":")[2]
    if not count.isdecimal():
        yield f"hydra.launcher.gpus_per_node={gpus}: expected a number, or TYPE:NUMBER"
    elif 0 < int(count) < wanted and hardware.device != "cpu":
        yield (
            f"hydra.launcher.gpus_per_node={gpus}: hardware.num_processes={wanted} needs one a "
            "process"
        )


def _parameters(options: Mapping[str, Any], hardware: HardwareConfig, cpus: int) -> dict[str, Any]:
    """Return what submitit calls our options; None leaves a choice to the cluster."""
    gpus, memory, minutes = (options[k] for k in ("gpus_per_node", "mem_gb", "timeout_minutes"))
    if gpus is None and hardware.device == "cuda":
        gpus = hardware.num_processes
    seconds = None if minutes is None else max(1, round(minutes * 60))
    has_notice = minutes is not None and minutes >= MINUTES_WITH_NOTICE
    return {
        **{k: options[k] for k in ("partition", "account", "qos", "constraint", "exclude")},
        "time": None if seconds is None else f"{seconds // 60}:{seconds % 60:02d}",
        "gpus_per_node": gpus or None,
        "cpus_per_task": cpus,
        "mem": None if memory is None else f"{math.ceil(memory * 1024)}M",
        "nodes": 1,
        "ntasks_per_node": 1,
        "setup": list(options["setup"]),
        "signal_delay_s": 60 if has_notice else 0,
        "wckey": None,
        "srun_args": [f"--cpus-per-task={cpus}"],  # srun does not take it from sbatch since 22.05
        "additional_parameters": {"no-requeue": True, **options["additional_parameters"]},
    }


@contextmanager
def _outside_of_jobs() -> Iterator[None]:
    """Hide the job that this process may run in: what SLURM says of it confuses sbatch."""
    if "SLURM_JOB_ID" not in os.environ:
        yield
        return
    from submitit.helpers import clean_env

    own = {k: v for k, v in os.environ.items() if k.startswith("SBATCH_") or k == "SLURM_CONF"}
    with clean_env():
        os.environ.update(own)
        yield


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    """Call one of SLURM's programs; what it says of an error is not for the screen."""
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _in_one_line(text: str) -> str:
    """Join what sbatch says.

    >>> _in_one_line("sbatch: error: invalid partition: x\\nsbatch: error: Submission failed: x")
    'sbatch: invalid partition: x; Submission failed: x'
    """
    lines = [line.removeprefix("sbatch: ").removeprefix("error: ") for line in text.splitlines()]
    return "sbatch: " + "; ".join(line for line in lines if line.strip())


def _last_line(path: Path) -> str:
    """Return the last line of a log that SLURM did not write itself."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    own = [line for line in lines if line.strip() and not line.startswith(("srun:", "slurmstepd"))]
    return own[-1].strip() if own else ""
