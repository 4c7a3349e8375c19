"""Say in one line what a full disk or a full memory means for the run."""

from __future__ import annotations

import errno
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mathpal.checkpoints import discard_partial, how_to_go_on
from mathpal.errors import MathpalError

NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
ALMOST_NOTHING_BYTES = 1_000_000
WRITERS = ("write", "No space left", "inline_container")
"""Words of errors by torch's and safetensors' writers, which do not pass on an error number."""

NO_MEMORY = ("can't allocate memory", "out of memory", "bad_alloc", "ALLOC_FAILED")
"""Words of errors by torch's allocators, oneDNN and cuBLAS, which are plain RuntimeErrors."""
WANTED = re.compile(r"allocate ([\d.]+) (bytes|[KMGT]iB)")


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn the many ways of running out of disk or memory into one line with a remedy.

    Half-written checkpoints are removed, which leaves room for the record.
    """
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, MemoryError, RuntimeError, SafetensorError) as error:
        if is_out_of_memory(error):
            raise MathpalError(
                f"out of memory: {shortage(error)}; lower trainer.per_device_train_batch_size (and "
                "raise trainer.gradient_accumulation_steps by as much), lower trainer.max_length, "
                "or set hardware.gradient_checkpointing=true; where answers are generated, lower "
                "evaluation.batch_size"
            ) from error
        if not _is_full_disk(error, folder):
            raise
        discard_partial(folder)
        raise MathpalError(
            f"the disk is full: {folder} could not be written; free some space, or set "
            f"output_dir=... on another disk; {how_to_go_on(folder)}"
        ) from error


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether a GPU's or the machine's memory did not suffice."""
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in NO_MEMORY)


def shortage(error: BaseException) -> str:
    """Say what there was no room for, as far as an error of missing memory tells.

    >>> shortage(RuntimeError("CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has ..."))
    'no room for 2.50 GiB more'
    >>> shortage(RuntimeError("can't allocate memory: you tried to allocate 7516192768 bytes."))
    'no room for 7168.0 MiB more'
    """
    found = WANTED.search(str(error))
    if found is None:
        return "no room for more"
    amount, unit = found.groups()
    if unit == "bytes":
        amount, unit = f"{float(amount) / 2**20:.1f}", "MiB"
    return f"no room for {amount} {unit} more"


def _is_full_disk(error: Exception, folder: Path) -> bool:
    """Tell a full disk: by error number, or, where the writer hides it, by the space left."""
    if isinstance(error, OSError) and error.errno in NO_SPACE:
        return True
    wrote = any(word in str(error) for word in WRITERS)
    return wrote and shutil.disk_usage(folder).free < ALMOST_NOTHING_BYTES
