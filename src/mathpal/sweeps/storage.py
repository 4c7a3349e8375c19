"""Where a sweep is kept: its folder, found again by the same command, its study and its lock."""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import optuna
from omegaconf import DictConfig, OmegaConf
from optuna.storages._cached_storage import _CachedStorage
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from mathpal.errors import RequestError
from mathpal.record import redact
from mathpal.sweeps import records

IDENTIFYING = (
    "params",
    "conditions",
    "sampler",
    "direction",
    "storage",
    "study_name",
    "custom_search_space",
)
"""Options of the sweeper that make another sweep; more trials, for one, go on with the same."""

Lock = Callable[[], AbstractContextManager[Any]]

DATABASE = "study.db"
LOCK = ".lock"

SECONDS_TO_WRITE = 60
"""How long SQLite waits for another process that writes, or reads for a report."""


class SharedStorage(_CachedStorage):
    """Optuna's cache, which reads trials of our own again too: another launcher may end them."""

    def read_trials_from_remote_storage(self, study_id: int) -> None:
        """Read the trials that had not ended when they were read before."""
        with self._lock:
            if study := self._studies.get(study_id):
                unwritten = {study.trials[number]._trial_id for number in study.updates}
                ended = {t._trial_id for t in study.trials.values() if t.state.is_finished()}
                study.owned_or_finished_trial_ids &= ended | unwritten
        super().read_trials_from_remote_storage(study_id)


def identity(config: DictConfig) -> str:
    """Return what the same command on the same conf/ has in common.

    The number of trials and the slots may change.
    """
    composed: Any = OmegaConf.to_container(config)
    hydra = composed.pop("hydra")
    own = {key: hydra["sweeper"].get(key) for key in IDENTIFYING}
    told = [hydra["job"]["config_name"], hydra["overrides"]["task"], own, composed]
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
    if shared:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
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
    place = url or f"sqlite:///{folder}/{DATABASE}"
    shown = f"hydra.sweeper.storage={redact(place)}"
    try:
        opening, lock = _locks(place, name, shown) if url else (nullcontext, nullcontext)
        with opening():
            kept = optuna.storages.RDBStorage(
                place.replace("{", "{{").replace("}", "}}"),  # Optuna formats it
                engine_kwargs=_options(place),
            )
            study = optuna.create_study(
                storage=SharedStorage(kept) if url else kept,
                study_name=name,
                pruner=pruner,
                directions=list(directions),
                load_if_exists=True,
            )
    except (ImportError, OSError, SQLAlchemyError, RuntimeError) as error:
        reason = redact(str(error).strip().partition("\n")[0])
        raise RequestError(f"{shown}: cannot be opened: {reason}") from None
    except ValueError as error:
        if "direction" not in str(error):
            raise
        raise RequestError(
            f"hydra.sweeper.study_name={name}: the storage has a study of that name with other "
            "objectives; choose another name"
        ) from None
    return study, lock


def _options(url: str) -> dict[str, Any]:
    """Return how to connect: patiently, and anew where a connection has gone stale."""
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": SECONDS_TO_WRITE}}
    return {"pool_pre_ping": True}


def _locks(url: str, name: str, shown: str) -> tuple[Lock, Lock]:
    """Return locks that all launchers of a storage share: to open it, and of one study.

    Raises: RequestError where the URL is none, or of a database that cannot be locked.
    """
    try:
        place = make_url(url)
    except (ArgumentError, ValueError):
        raise RequestError(
            f"{shown}: this is no URL; write sqlite:///study.db or "
            "postgresql+psycopg2://user@host/database"
        ) from None
    database = place.get_backend_name()
    if database == "sqlite" and place.database not in (None, "", ":memory:"):
        path = Path(f"{place.database}.lock")
        return (lambda: _file_lock(path),) * 2
    if database == "postgresql":
        take, give = "SELECT pg_advisory_lock({})", "SELECT pg_advisory_unlock({})"
    elif database == "mysql":
        take, give = "SELECT GET_LOCK('{}', -1)", "SELECT RELEASE_LOCK('{}')"
    else:
        raise RequestError(
            f"{shown}: launchers share a file of SQLite, PostgreSQL and MySQL; choose one of them"
        )
    engine = create_engine(place, isolation_level="AUTOCOMMIT", **_options(url))

    def lock_of(what: str) -> Lock:
        key = int.from_bytes(hashlib.sha256(what.encode()).digest()[:7], "big")
        return lambda: _database_lock(engine, take.format(key), give.format(key))

    return lock_of("mathpal"), lock_of(f"mathpal {name}")


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _database_lock(engine: Engine, take: str, give: str) -> Iterator[None]:
    with engine.connect() as connection:
        connection.execute(text(take))
        try:
            yield
        finally:
            connection.execute(text(give))
