"""Keep the libraries' own bars and notices off the screen; warnings go to the log."""

from __future__ import annotations

import logging
import os


def quiet_libraries(debug: bool) -> None:
    """Silence progress bars and notices, unless debug=true asks for all of it."""
    logging.captureWarnings(True)
    if debug:
        os.environ["MATHPAL_DEBUG"] = "1"
        logging.getLogger().setLevel(logging.DEBUG)
        return
    logging.raiseExceptions = False
    from datasets import disable_progress_bars
    from transformers.utils import logging as transformers_logging

    disable_progress_bars()
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()
