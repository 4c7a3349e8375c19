"""One of several processes of a run: `python -m mathpal.worker FOLDER ENDINGS STARTED`.

Started by `mathpal.launch`; it reads the run's frozen config and never runs Hydra.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from mathpal import distributed, launch
from mathpal.compose import thaw
from mathpal.record import log_to
from mathpal.run import run


def main(folder: Path, endings: Path, started: float) -> int:
    """Carry this process's part of a run.

    What processes end with in order, such as an interruption, is told and counts as success: the
    launcher would kill the others, rank 0 with its record, when the first one fails.
    """
    if distributed.is_main():
        log_to(folder / "train.log")
    else:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    try:
        experiment = thaw(folder / "config.yaml")
        distributed.join(experiment.hardware.device)
        run(experiment, folder, started)
    except BaseException as error:
        launch.tell_ending(endings, error)
        if not isinstance(error, tuple(launch.ENDINGS.values())):
            raise
        launch.wait_for_endings(endings)
        os._exit(0)  # without the processes' farewell: one may wait for this in a collective call
    distributed.leave()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])))
