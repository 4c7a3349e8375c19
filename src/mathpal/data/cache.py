"""What was found out about data, kept by content for the next run: in $MATHPAL_DATA_CACHE.

Without that variable it is the folder data in mathpal's cache; without a home, nothing is kept.

An entry is a folder whose name is a hash of all that it was made from. It is written whole or not
at all, and its manifest tells whether each file still is as it was written: anything else is no
entry. Only numbers and JSON are kept, nothing that runs when it is read.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import json
import logging
import os
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from shutil import rmtree
from typing import Any, TypeVar

from mathpal.files import whole_folder
from mathpal.models.sources import cache_dir

T = TypeVar("T")

LIMIT_BYTES = 10 * 10**9
"""Size beyond which the entries that were not used for longest go."""
MIN_ROWS = 1_000
"""Rows from which on a set is kept: they take 0.75 s, 0.1 s more to keep, and 0.01 s ever after."""
LEFT_OVER_SECONDS = 3_600
"""Age at which what a killed process was writing goes."""
MANIFEST = "manifest.json"
LOCKS = ".locks"

PACKAGE = Path(__file__).parents[1]
CODE = (PACKAGE / "data", PACKAGE / "maths")
"""Our code that decides what rows and tokens become: with other code, entries are others."""
LIBRARIES = ("jinja2", "tokenizers", "transformers")

log = logging.getLogger(__name__)


def folder() -> Path:
    """Return where the entries are.

    Raises: OSError where this user has no home to keep them in.
    """
    own = os.environ.get("MATHPAL_DATA_CACHE")
    try:
        return Path(own).expanduser() if own else cache_dir() / "data"
    except RuntimeError as error:
        raise FileNotFoundError(f"{error}; set MATHPAL_DATA_CACHE=FOLDER") from error


def size_bytes() -> int:
    """Return the size of all entries."""
    return sum(_size(path) for path in _entries())


def key(kind: str, *parts: Any) -> str:
    """Return the name of an entry made from these parts, anything that JSON can write, by our code.

    Raises: TypeError for a part that JSON cannot write.
    """
    made_from = json.dumps([kind, parts, code_version(CODE)], sort_keys=True)
    return f"{kind}-{hashlib.sha256(made_from.encode()).hexdigest()[:40]}"


@functools.cache
def code_version(folders: tuple[Path, ...]) -> str:
    """Return a hash of the code in some folders, and of what it runs on."""
    found = hashlib.sha256()
    for path in sorted(path for each in folders for path in each.rglob("*.py")):
        found.update(f"{path.name} {path.stat().st_size} ".encode() + path.read_bytes())
    runs_on = [*map(version, LIBRARIES), *sys.version_info[:2], sys.byteorder]
    found.update(json.dumps(runs_on).encode())
    return found.hexdigest()


def find(name: str, read: Callable[[Path], T]) -> T | None:
    """Return what `read` makes of an entry's folder; None where there is none that is whole."""
    try:
        path = folder() / name
    except OSError:  # which keeping it tells
        return None
    if not _is_whole(path):
        return None
    try:
        found = read(path)
    except (OSError, ValueError) as error:
        log.warning("%s cannot be read (%s): it is made again", path, error)
        return None
    with suppress(OSError):  # of a cache that is only to be read
        os.utime(path / MANIFEST)
    return found


def keep(name: str, write: Callable[[Path], None]) -> None:
    """Let `write` fill an entry's folder; what cannot be written costs a warning, not the run."""
    try:
        path = folder() / name
        with whole_folder(path) as temporary:
            write(temporary)
            sums = {file.name: _sum(file) for file in temporary.iterdir()}
            (temporary / MANIFEST).write_text(json.dumps(sums))
        _trim(spared=path)
    except OSError as error:
        if find(name, bool) is None:  # another process may have been quicker
            log.warning("%s cannot be kept (%s): the next run makes it again", name, error)


def found_or_made(
    name: str,
    read: Callable[[Path], T],
    make: Callable[[], T],
    write: Callable[[T, Path], None],
    *,
    keeps: Callable[[T], bool],
) -> T:
    """Return an entry's content, or make it and keep it if it is worth it.

    Of several processes that want the same entry, one makes it while the others wait.
    """
    found = find(name, read)
    if found is not None:
        return found
    with alone(name):
        found = find(name, read)
        if found is None:
            found = make()
            if keeps(found):
                made = found
                keep(name, lambda path: write(made, path))
    return found


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Wait for other processes that make the same entry; where files cannot be locked, do not."""
    with ExitStack() as stack:
        try:
            (folder() / LOCKS).mkdir(parents=True, exist_ok=True)
            file = stack.enter_context((folder() / LOCKS / name[-2:]).open("w"))
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError as error:
            log.debug("%s cannot be locked: %s", name, error)
        yield


def _is_whole(path: Path) -> bool:
    """Tell whether every file of an entry is as it was written."""
    try:
        sums = json.loads((path / MANIFEST).read_bytes())
        return isinstance(sums, dict) and all(
            _sum(path / name) == expected for name, expected in sums.items()
        )
    except (OSError, ValueError):
        return False


def _sum(path: Path) -> list[int]:
    """Return a file's size and checksum, as JSON reads them back."""
    checksum = 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            checksum = zlib.crc32(block, checksum)
        return [file.tell(), checksum]


def _entries() -> list[Path]:
    return [path for path in folder().glob("[!.]*") if path.is_dir()]


def _size(path: Path) -> int:
    try:
        return sum(file.stat().st_size for file in path.iterdir())
    except OSError:  # another process took it away
        return 0


def _last_used(path: Path) -> float:
    try:
        return (path / MANIFEST).stat().st_mtime
    except OSError:
        return 0.0


def _trim(spared: Path) -> None:
    """Remove the entries that were not used for longest while all are larger than the limit."""
    for path in folder().glob(".*"):
        with suppress(OSError):
            if path.name != LOCKS and time.time() - path.stat().st_mtime > LEFT_OVER_SECONDS:
                rmtree(path, ignore_errors=True)
    entries = sorted(_entries(), key=_last_used)
    size = sum(map(_size, entries))
    for path in entries:
        if size <= LIMIT_BYTES:
            return
        if path != spared:
            size -= _size(path)
            rmtree(path, ignore_errors=True)
