"""A real SLURM of one node, on this machine: `python slurm.py start FOLDER`, `... stop FOLDER`.

Everything of it is in the folder: its own munged with its own key, its own ports. `SLURM_CONF=
FOLDER/slurm.conf` in front of sbatch, squeue or train finds it. Debian: slurm-wlm and munge, root.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

DAEMONS = ("munged", "slurmctld", "slurmd")

CONF = """\
ClusterName=local
SlurmctldHost={host}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
ReturnToService=2
MpiDefault=none
KillWait=5
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
NodeName={host} CPUs={cpus} RealMemory={megabytes} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def lacks() -> str | None:
    """Say what is missing here to start one; None where nothing is."""
    missing = [name for name in (*DAEMONS, "sbatch") if _program(name) is None]
    if missing:
        return f"{', '.join(missing)} not installed (Debian: slurm-wlm, munge)"
    return None if os.geteuid() == 0 else "SLURM's daemons need root"


def start(folder: Path) -> dict[str, str]:
    """Start the daemons; return what a command must find in its environment."""
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    key = folder / "munge.key"
    key.touch(mode=0o600)
    key.write_bytes(secrets.token_bytes(1024))
    conf = folder / "slurm.conf"
    conf.write_text(
        CONF.format(
            host=socket.gethostname(),
            folder=folder,
            ports=_free_ports(),
            cpus=os.cpu_count(),
            megabytes=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20,
        )
    )
    munge = {"key-file": "key", "socket": "socket", "pid-file": "pid", "log-file": "log"}
    files = [f"--{option}={folder}/munge.{suffix}" for option, suffix in munge.items()]
    _run("munged", "--force", f"--seed-file={folder}/munge.seed", *files)
    _run("slurmctld", "-f", str(conf))
    _run("slurmd", "-f", str(conf))
    environment = {"SLURM_CONF": str(conf)}
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if "idle" in ask(environment, "sinfo", "--noheader", "--format=%T"):
            return environment
        time.sleep(0.2)
    raise TimeoutError(f"the node of {folder} did not become idle: see slurmctld.log there")


def stop(folder: Path) -> None:
    """End the daemons, and what they still run."""
    environment = {"SLURM_CONF": str(folder / "slurm.conf")}
    ask(environment, "scancel", "--quiet", "--state=PENDING")
    ask(environment, "scancel", "--quiet", "--signal=KILL", "--full", "--state=RUNNING")
    for name in ("slurmd", "slurmctld", "munge"):
        with suppress(FileNotFoundError, psutil.NoSuchProcess):
            process = psutil.Process(int((folder / f"{name}.pid").read_text()))
            process.terminate()
            until = time.monotonic() + 10
            while process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < until:
                time.sleep(0.1)


def ask(environment: dict[str, str], *command: str) -> str:
    """Return what one of SLURM's programs prints."""
    done = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    return done.stdout


def _run(name: str, *arguments: str) -> None:
    program = _program(name)
    assert program is not None
    subprocess.run(
        [program, *arguments], check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


def _free_ports() -> list[int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("", 0))
        second.bind(("", 0))
        return [first.getsockname()[1], second.getsockname()[1]]


if __name__ == "__main__":
    {"start": start, "stop": stop}[sys.argv[1]](Path(sys.argv[2]).absolute())
