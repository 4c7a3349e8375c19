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
from typing import TYPE_CHECKING, Any

from mathpal.config import conf_dir
from mathpal.errors import Interrupted, MathpalError, Pruned, RequestError, did_you_mean

if TYPE_CHECKING:
    from mathpal.arguments import CommandLine

COMMANDS = ("train", "preview", "evaluate", "resume", "report", "grade", "fit", "doctor")


def train() -> None:
    """Run the `train` command and exit with its code."""
    import psutil

    sys.exit(main(["train", *sys.argv[1:]], psutil.Process().create_time()))


def main(argv: Sequence[str] | None = None, started: float | None = None) -> int:
    """Run `mathpal COMMAND ...`; return 0 done, 1 failed, 2 wrong request, 130 interrupted.

    `started` is the time.time() that figures in seconds count from; None means now.
    """
    command, *arguments = list(sys.argv[1:] if argv is None else argv) or ["--help"]
    try:
        _dispatch(command, arguments, time.time() if started is None else started)
    except MathpalError as error:
        return _report(command, error, error)
    except KeyboardInterrupt as error:
        return _report(command, Interrupted("nothing more was done"), error)
    except Exception as error:  # noqa: BLE001  (the outermost frame: one line, not a traceback)
        return _report(command, MathpalError(f"{type(error).__name__}: {error}"), error)
    return 0


def _report(command: str, error: MathpalError, cause: BaseException) -> int:
    """Print an error as one line a problem; return the exit code that goes with it."""
    if "MATHPAL_DEBUG" in os.environ:
        traceback.print_exception(cause)
    kind = "interrupted" if isinstance(error, Interrupted) else "error"
    program = "train" if command == "train" else "mathpal"
    for line in str(error).splitlines():
        sys.stderr.write(f"{program}: {kind}: {line}\n")
    if cause is not error and "MATHPAL_DEBUG" not in os.environ and kind == "error":
        sys.stderr.write(f"{program}: debug=true (or MATHPAL_DEBUG=1) shows the traceback\n")
    return error.exit_code


def _dispatch(command: str, arguments: list[str], started: float) -> None:
    if command not in (*COMMANDS, "-h", "--help", "--version"):
        hint = did_you_mean(command, COMMANDS) or f" Commands: {', '.join(COMMANDS)}"
        raise RequestError(f"there is no command '{command}'.{hint}")
    if command in ("-h", "--help") or {"-h", "--help"} & set(arguments):
        from mathpal import help

        sys.stdout.write(help.text(command, [a for a in arguments if not a.startswith("-")]))
    elif "--version" in (command, *arguments):
        from importlib.metadata import version

        sys.stdout.write(f"mathpal {version('mathpal')}\n")
    elif command == "train":
        _train(arguments, started)
    else:
        from mathpal import commands

        vars(commands)[command](arguments, started)


def _train(arguments: list[str], started: float) -> None:
    """Check the request, then let Hydra compose it again and call the run."""
    from mathpal import preflight
    from mathpal.arguments import read
    from mathpal.compose import (
        compose_config,
        register_experiments,
        register_schemas,
        to_experiment,
    )
    from mathpal.overrides import require_multirun
    from mathpal.problems import require_key
    from mathpal.sweeps.first import first_trial

    line = read(arguments)
    register_schemas()
    register_experiments(line.request)
    if not line.asks_hydra:
        config = compose_config(line.request, allow_missing=line.shows_config)
        require_key(config, line.package)
        if not line.shows_config:
            require_multirun(line.request)
            experiment = to_experiment(config)
            preflight.check(first_trial(line.request) if line.request.multirun else experiment)
    _call_hydra(line, started)


def _call_hydra(line: CommandLine, started: float) -> None:
    """Let Hydra do what the line asks: run once, sweep, or tell of the configuration."""
    import hydra
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from mathpal.problems import first_line
    from mathpal.sweeps.stock_report import AT_END

    failures: list[Exception] = []

    @hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="train")
    def job(config: Any) -> Any:
        try:
            return _run(config, time.time() if line.request.multirun else started)
        except Pruned:
            raise  # which ends a trial only
        except Interrupted as error:
            raise KeyboardInterrupt from error  # which ends a sweep, too
        except Exception as error:
            failures.append(error)  # raised below: Hydra would print three lines of its own
            if line.request.multirun:
                raise
            return None

    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # else it ends the process with exit code 1
    sys.argv = ["train", *line.flags, *line.request.overrides]
    try:
        with AT_END:
            job()
    except KeyboardInterrupt as error:
        raise error.__cause__ or error from None
    except (HydraException, OmegaConfBaseException) as error:
        raise failures[0] if failures else RequestError(first_line(error)) from error
    except OSError as error:
        if failures:
            raise failures[0] from error
        if error.filename is None:
            raise
        key = "hydra.sweep.dir" if line.request.multirun else "output_dir"
        raise RequestError(
            f"cannot write a run's folder: {error.strerror}: {error.filename}; set {key}=..."
        ) from error
    if failures and not line.request.multirun:  # a sweep has told of its trials
        raise failures[0]


def _run(config: Any, started: float) -> Any:
    """Run a composed config in the folder that Hydra made; return its objective, or several."""
    from hydra.core.hydra_config import HydraConfig

    from mathpal.compose import to_experiment
    from mathpal.record import redact_file
    from mathpal.run import run

    hydra = HydraConfig.get()
    folder = Path(hydra.runtime.output_dir)
    if hydra.output_subdir is not None:  # it may hold the URL of a study with its password
        redact_file(folder / hydra.output_subdir / "hydra.yaml")
    experiment = to_experiment(config)
    figures = run(experiment, folder, started).figures
    values = [figures.get(name) for name in experiment.objectives]
    return values[0] if len(values) == 1 else values
