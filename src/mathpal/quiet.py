"""Keep the libraries' own bars and notices off the screen; warnings go to the log."""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

log = logging.getLogger(__name__)


def quiet_libraries(debug: bool) -> None:
    """Silence progress bars and notices, unless debug=true asks for all of it."""
    logging.captureWarnings(True)
    if debug:
        os.environ["MATHPAL_DEBUG"] = "1"
        logging.getLogger().setLevel(logging.DEBUG)
        return
    logging.raiseExceptions = False
    os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")  # datasets takes a second
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()


@contextmanager
def prints_logged() -> Iterator[None]:
    """Send what libraries print on stdout to the log."""
    with redirect_stdout(_LogStream()):
        yield


class _LogStream(io.TextIOBase):
    """A stream whose lines are logged."""

    def write(self, text: str) -> int:
        for line in filter(None, map(str.strip, text.splitlines())):
            log.info("%s", line)
        return len(text)
