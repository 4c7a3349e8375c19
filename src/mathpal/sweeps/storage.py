"""Where a sweep is kept: its folder, found again by the same command, its study and its lock."""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from omegaconf import DictConfig, OmegaConf

from mathpal.errors import RequestError
from mathpal.record import redact
from mathpal.sweeps import records

if TYPE_CHECKING:
    import optuna

IDENTIFYING = ("params", "conditions", "sampler", "direction", "storage", "study_name")
"""Options of the sweeper that make another sweep; more trials, for one, go on with the same."""

Lock = Callable[[], AbstractContextManager[Any]]

DATABASE = "study.db"
LOCK = ".lock"


def identity(config: DictConfig) -> str:
    """Return what the same command has in common, its number of trials and slots aside."""
    sweeper = OmegaConf.to_container(config.hydra.sweeper)
    assert isinstance(sweeper, dict)
    own = {key: sweeper.get(key) for key in IDENTIFYING}
    told = [list(config.hydra.overrides.task), own]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def choose_folder(config: DictConfig, identity: str, *, resume: bool) -> Path:
    """Return the folder of the sweep: the newest that the same command began, or a new one.

    Raises: RequestError where the folder that was asked for holds another sweep.
    """
    folder = Path(config.hydra.sweep.dir).absolute()
    asked = any(o.startswith("hydra.sweep.dir=") for o in config.hydra.overrides.hydra)
    if asked:
        found = records.read_sweep(folder)
        if found and found.get("identity") != identity:
            raise RequestError(
                f"hydra.sweep.dir={folder} holds another sweep ({found['command']}); choose "
                "another folder"
            )
        if found and not resume:
            raise RequestError(
                f"hydra.sweep.dir={folder} holds this sweep already, and "
                "hydra.sweeper.resume=false asks for a new one; choose another folder"
            )
        return folder
    if not resume:
        return folder
    earlier = sorted(folder.parents[1].glob(f"*/*/{records.SWEEP}"), reverse=True)
    same = (p.parent for p in earlier if records.read_sweep(p.parent).get("identity") == identity)
    return next(same, folder)


@contextmanager
def exclusive(folder: Path, *, shared: bool) -> Iterator[None]:
    """Hold the folder of a sweep whose study is in it: one launcher at a time.

    Raises: RequestError where another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if shared:
        yield
        return
    with (folder / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            process = records.read_sweep(folder).get("process")
            raise RequestError(
                f"{folder}: this sweep is running already (process {process}); "
                "hydra.sweeper.storage=URL lets several launchers share one, and "
                "hydra.sweeper.resume=false begins another"
            ) from None
        yield


def open_study(
    folder: Path, *, url: str | None, name: str, directions: Sequence[str], pruner: Any
) -> tuple[optuna.Study, Lock]:
    """Open a study, or make it; return it with the lock under which launchers decide.

    Raises: RequestError where the storage cannot be reached, or holds a study of that name with
        other objectives.
    """
    import optuna
    from sqlalchemy.exc import ArgumentError, SQLAlchemyError

    place = url or f"sqlite:///{folder}/{DATABASE}"
    try:
        kept = optuna.storages.RDBStorage(place)
        study = optuna.create_study(
            storage=kept,
            study_name=name,
            directions=list(directions),
            pruner=pruner,
            load_if_exists=True,
        )
    except (ImportError, SQLAlchemyError, ArgumentError, RuntimeError) as error:
        reason = redact(str(error).strip().partition("\n")[0])
        raise RequestError(
            f"hydra.sweeper.storage={without_password(place)}: cannot be opened: {reason}"
        ) from error
    if [d.name.lower() for d in study.directions] != list(directions):
        raise RequestError(
            f"hydra.sweeper.study_name={name}: the storage has a study of that name with other "
            "objectives; choose another name"
        )
    return study, _lock(kept, place, name) if url else nullcontext


def without_password(url: str) -> str:
    """Replace the password of a URL.

    >>> without_password("postgresql://me:secret@host/trials")
    'postgresql://me:***@host/trials'
    """
    return re.sub(r"(://[^:/@]*):[^@/]*@", r"\1:***@", url)


def _lock(kept: Any, url: str, name: str) -> Lock:
    """Return a lock that all launchers of a storage share."""
    engine = kept.engine
    if engine.dialect.name == "sqlite":
        path = Path(f"{engine.url.database}.lock")
        return lambda: _file_lock(path)
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:7], "big")
    if engine.dialect.name == "postgresql":
        return lambda: _database_lock(
            engine, f"SELECT pg_advisory_lock({key})", f"SELECT pg_advisory_unlock({key})"
        )
    if engine.dialect.name == "mysql":
        return lambda: _database_lock(
            engine, f"SELECT GET_LOCK('{key}', -1)", f"SELECT RELEASE_LOCK('{key}')"
        )
    raise RequestError(
        f"hydra.sweeper.storage={without_password(url)}: launchers share SQLite, PostgreSQL and "
        "MySQL; choose one of them"
    )


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    file: IO[str]
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _database_lock(engine: Any, take: str, give: str) -> Iterator[None]:
    with engine.connect() as connection:
        connection.execute(take)
        try:
            yield
        finally:
            connection.execute(give)
