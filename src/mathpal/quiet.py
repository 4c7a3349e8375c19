"""Keep the libraries' own bars and chatter off the screen; warnings and errors go to the log."""

from __future__ import annotations

import logging
import os
import warnings


def quiet_libraries(debug: bool) -> None:
    """Silence progress bars and notices, unless debug=true asks for all of it."""
    if debug:
        logging.getLogger().setLevel(logging.DEBUG)
        return
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    from datasets import disable_progress_bars
    from transformers.utils import logging as transformers_logging

    disable_progress_bars()
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()
    for name in ("peft", "trl", "accelerate", "torch", "gguf"):
        logging.getLogger(name).propagate = True
    logging.captureWarnings(True)
    warnings.simplefilter("default")
