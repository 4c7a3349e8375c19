"""A private PostgreSQL server of Debian's package: started for a test, and gone after it."""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

USER = "postgres"
"""The server refuses to run as root; Debian's package makes this user for it."""


@dataclass(frozen=True)
class Server:
    """A server on this machine."""

    port: int
    password: str

    @property
    def url(self) -> str:
        """The URL of its database, as `hydra.sweeper.storage` takes it."""
        return f"postgresql+psycopg2://{USER}:{self.password}@127.0.0.1:{self.port}/postgres"


def programs() -> Path | None:
    """Return the folder of the newest server that is installed; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    return found[-1].parent if found else None


@contextmanager
def server() -> Iterator[Server]:
    """Run a server with an empty database, whose user has a password."""
    binaries = programs()
    assert binaries is not None
    folder = Path(tempfile.mkdtemp(prefix="postgres"))
    password, port = secrets.token_hex(12), _free_port()
    (folder / "password").write_text(password)
    for path in (folder, folder / "password"):
        if os.getuid() == 0:
            shutil.chown(path, USER, USER)
    data, log = folder / "data", folder / "log"
    options = f"-p {port} -k {folder} -h 127.0.0.1 -F"
    try:
        _run(
            binaries / "initdb",
            *("-D", data, "-U", USER, "-A", "scram-sha-256"),
            *("--pwfile", folder / "password", "-E", "UTF8", "--no-sync"),
        )
        _run(binaries / "pg_ctl", "-D", data, "-l", log, "-o", options, "-w", "start")
        try:
            yield Server(port, password)
        finally:
            _run(binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)


def _run(program: Path, *arguments: object) -> None:
    become = ["runuser", "-u", USER, "--"] if os.getuid() == 0 else []
    # Its own folder: the server's user may not be allowed to enter that of the tests.
    done = subprocess.run(
        [*become, program, *map(str, arguments)],
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _version(path: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in path.parts[-3].split("."))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
