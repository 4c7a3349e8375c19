"""Trackers, and the packages that they need."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

from mathpal.config import Experiment, as_dict
from mathpal.errors import did_you_mean

PACKAGES = {"wandb": "wandb", "tensorboard": "tensorboard"}
"""Tracker -> the package that it needs, which is also the name of our extra."""


def problems(experiment: Experiment) -> Iterator[str]:
    """Yield trackers that are not known or not installed, and what needs one."""
    for tracker in experiment.tracking.report_to:
        package = PACKAGES.get(tracker)
        if package is None:
            yield (
                f"tracking.report_to: there is no '{tracker}'.{did_you_mean(tracker, PACKAGES)} "
                f"Trackers: {', '.join(PACKAGES)}"
            )
        elif importlib.util.find_spec(package) is None:
            yield f"tracking={tracker}: {package} is not installed: pip install mathpal[{package}]"
    shows = as_dict(experiment.trainer).get("generate_during_eval")
    if shows and "wandb" not in experiment.tracking.report_to:
        yield "trainer.generate_during_eval=true: shows answers at wandb; add tracking=wandb"
