"""Say in one line what a full disk or a full memory means for the run."""

from __future__ import annotations

import errno
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


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn the many ways of running out of disk or memory into one line with a remedy.

    Half-written checkpoints are removed, which leaves room for the record.
    """
    import torch
    from safetensors import SafetensorError

    try:
        yield
    except torch.OutOfMemoryError as error:
        raise MathpalError(
            "out of GPU memory: lower trainer.per_device_train_batch_size (and raise "
            "trainer.gradient_accumulation_steps by as much), lower trainer.max_length, or set "
            "hardware.gradient_checkpointing=true"
        ) from error
    except (OSError, RuntimeError, SafetensorError) as error:
        if not _is_full_disk(error, folder):
            raise
        discard_partial(folder)
        raise MathpalError(
            f"the disk is full: {folder} could not be written; free some space, or set "
            f"output_dir=... on another disk; {how_to_go_on(folder)}"
        ) from error


def _is_full_disk(error: Exception, folder: Path) -> bool:
    """Tell a full disk: by error number, or, where the writer hides it, by the space left."""
    if isinstance(error, OSError) and error.errno in NO_SPACE:
        return True
    wrote = any(word in str(error) for word in WRITERS)
    return wrote and shutil.disk_usage(folder).free < ALMOST_NOTHING_BYTES
