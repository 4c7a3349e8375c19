"""wandb and TensorBoard: where they write, one run a training, one more for a sweep as a whole."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mathpal.config import Experiment
from mathpal.environment import variables
from mathpal.preflight.rules.secrets import has_wandb


@contextmanager
def tracker(experiment: Experiment, folder: Path) -> Iterator[None]:
    """Point trackers at the run's folder; close them whatever happens.

    wandb is offline unless a key is at hand; its key stays in the environment.
    """
    report_to = experiment.tracking.report_to
    settings = {"TENSORBOARD_LOGGING_DIR": str(folder / "tensorboard")}
    if "wandb" in report_to:
        settings |= {
            "WANDB_DIR": str(folder),
            "WANDB_PROJECT": experiment.tracking.project,
            "WANDB_MODE": os.environ.get("WANDB_MODE", "online" if has_wandb() else "offline"),
            "WANDB_SILENT": "true",
        }
    exit_code = 1
    with variables(settings):
        try:
            yield
            exit_code = 0
        finally:
            if "wandb" in report_to:
                import wandb

                wandb.finish(exit_code=exit_code)


def group_of(folder: Path) -> str:
    """Return the name at wandb of the sweep of a folder.

    >>> group_of(Path("multirun/2026-01-31/12-00-00_train"))
    '2026-01-31/12-00-00_train'
    """
    return f"{folder.parent.name}/{folder.name}"


def of_sweep(group: str, number: int) -> dict[str, str]:
    """Return what a trial finds in its environment, so that a sweep is one group at wandb."""
    return {"WANDB_RUN_GROUP": group, "WANDB_NAME": f"trial {number}", "WANDB_JOB_TYPE": "trial"}


def log_sweep(
    experiment: Experiment, folder: Path, group: str, trials: Sequence[Mapping[str, Any]]
) -> None:
    """Send a sweep's trials and the best of them to wandb, if the experiment reports to it.

    `trials` are the lines of trials.jsonl, those of the best first.
    """
    if "wandb" not in experiment.tracking.report_to or not trials:
        return
    import wandb

    columns = ["number", "state", "objective", "seconds", "reason"]
    keys = list(dict.fromkeys(key for trial in trials for key in trial["parameters"]))
    rows = [
        [*(str(t[c]) if c == "objective" else t[c] for c in columns)]
        + [t["parameters"].get(key) for key in keys]
        for t in trials
    ]
    with tracker(experiment, folder):
        run = wandb.init(group=group, job_type="sweep", name="sweep", dir=folder)
        run.log({"trials": wandb.Table(columns=[*columns, *keys], data=rows)})
        best = trials[0]
        run.summary.update(
            {"best_trial": best["number"], "best_objective": best["objective"]}
            | {f"best/{key}": value for key, value in best["parameters"].items()}
        )
