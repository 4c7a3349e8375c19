"""From a command line to a run and its exit code: `train ...` and `mathpal COMMAND ...`.

Nothing heavy is imported until the request is known to be right.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mathpal.config import conf_dir
from mathpal.errors import Interrupted, MathpalError, RequestError, did_you_mean

COMMANDS = {
    "train": "compose, check and run an experiment",
    "preview": "show rows as the model will see them, trained tokens told apart",
    "evaluate": "score a finished run's held-out answers again",
    "resume": "go on with a run from its newest whole checkpoint",
}


def train() -> None:
    """Run the `train` command and exit with its code."""
    sys.exit(main(["train", *sys.argv[1:]], _process_start()))


def main(argv: Sequence[str] | None = None, started: float | None = None) -> int:
    """Run `mathpal COMMAND ...`; return 0 done, 1 failed, 2 wrong request, 130 interrupted.

    `started` is the time.time() that figures in seconds count from; None means now.
    """
    started = time.time() if started is None else started
    command, *arguments = list(sys.argv[1:] if argv is None else argv) or ["--help"]
    try:
        return _dispatch(command, arguments, started)
    except MathpalError as error:
        return report(command, error)
    except KeyboardInterrupt:
        return report(command, Interrupted("nothing more was done"))
    except Exception as error:  # noqa: BLE001  (the outermost frame: one line instead of a traceback)
        return report(command, MathpalError(f"{type(error).__name__}: {error}"), error)


def report(command: str, error: MathpalError, cause: BaseException | None = None) -> int:
    """Print an error as one line a problem; return the exit code that goes with it."""
    if os.environ.get("MATHPAL_DEBUG"):
        traceback.print_exception(cause or error)
    kind = "interrupted" if isinstance(error, Interrupted) else "error"
    for line in str(error).splitlines():
        sys.stderr.write(f"{command}: {kind}: {line}\n")
    if cause is not None and not os.environ.get("MATHPAL_DEBUG"):
        sys.stderr.write(f"{command}: MATHPAL_DEBUG=1 shows the traceback\n")
    return error.exit_code


def _process_start() -> float:
    import psutil

    return psutil.Process().create_time()


def _dispatch(command: str, arguments: list[str], started: float) -> int:
    if command in ("-h", "--help") or {"-h", "--help"} & set(arguments):
        from mathpal import help

        topics = [a for a in arguments if not a.startswith("-")]
        sys.stdout.write(help.text("" if command.startswith("-") else command, topics))
        return 0
    if "--version" in (command, *arguments):
        from importlib.metadata import version

        sys.stdout.write(f"mathpal {version('mathpal')}\n")
        return 0
    if command not in COMMANDS:
        known = ", ".join(COMMANDS)
        hint = did_you_mean(command, COMMANDS)
        raise RequestError(f"there is no command '{command}'.{hint} Commands: {known}")
    if command == "train":
        return _train(arguments, started)
    from mathpal import commands

    run_command = {
        "preview": commands.preview,
        "evaluate": commands.evaluate,
        "resume": commands.resume,
    }
    return run_command[command](arguments, started)


def _train(arguments: list[str], started: float) -> int:
    """Check the request, then let Hydra compose it again and call the run."""
    from mathpal import arguments as parsing
    from mathpal import preflight
    from mathpal.compose import compose

    line = parsing.read(arguments)
    if not line.asks_hydra:
        experiment = compose(line.request)
        preflight.check(experiment)
        if experiment.debug:
            os.environ["MATHPAL_DEBUG"] = "1"
    import hydra

    failures: list[Exception] = []

    @hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="train")
    def job(config: Any) -> float | None:
        try:
            return _run(config, started)
        except Exception as error:
            if line.request.multirun:
                raise
            failures.append(error)  # raised again below: Hydra would print three lines more
            return None

    # Hydra prints its own three lines where the full error is not asked for.
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    sys.argv = ["train", *line.flags, *line.request.overrides]
    try:
        job()
    except OSError as error:
        where = error.filename or experiment.output_dir
        raise RequestError(
            f"cannot write the run's folder: {error.strerror}: {where}; set output_dir=..."
        ) from error
    if failures:
        raise failures[0]
    return 0


def _run(config: Any, started: float) -> float | None:
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    from mathpal.compose import to_experiment
    from mathpal.run import run

    hydra_config = HydraConfig.get()
    if hydra_config.mode == RunMode.MULTIRUN:
        started = time.time()
    folder = Path(hydra_config.runtime.output_dir)
    return run(to_experiment(config), folder, started).objective
