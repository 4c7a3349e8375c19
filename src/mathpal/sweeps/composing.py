"""Compose a trial's config as Hydra's own launchers do, and write its folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import setup_globals
from hydra.types import HydraContext
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from mathpal.compose import COMPOSE_ERRORS, freeze, to_experiment
from mathpal.config import Experiment
from mathpal.errors import RequestError
from mathpal.files import write_text
from mathpal.problems import check, first_line
from mathpal.record import redact
from mathpal.sweeps.jobs import Job, command_of


def compose(
    sweep: DictConfig, context: HydraContext, overrides: Sequence[str], number: int
) -> DictConfig:
    """Return a trial's config, Hydra's part included.

    Raises: RequestError.
    """
    setup_globals()
    try:
        config = context.config_loader.load_sweep_config(sweep, list(overrides))
        with open_dict(config):
            config.hydra.job.id = str(number)
            config.hydra.job.num = number
        HydraConfig.instance().set_config(config)
        folder = Path(config.hydra.sweep.dir) / str(config.hydra.sweep.subdir)
        with read_write(config.hydra.runtime), open_dict(config.hydra.runtime):
            config.hydra.runtime.output_dir = str(folder.absolute())
        HydraConfig.instance().set_config(config)
    except COMPOSE_ERRORS as error:
        raise RequestError(first_line(error)) from error
    return config


def take_hydra_away(config: DictConfig) -> None:
    """Leave of a config what is the experiment's."""
    with read_write(config), open_dict(config):
        config.pop("hydra", None)


def experiment_of(config: DictConfig) -> Experiment:
    """Return the experiment of a trial's config, from which Hydra's part is taken away.

    Raises: RequestError with every problem.
    """
    take_hydra_away(config)
    problems = check(config)
    if problems:
        raise RequestError(problems)
    try:
        return to_experiment(config)
    except COMPOSE_ERRORS as error:
        raise RequestError(first_line(error)) from error


def _carried_out_elsewhere(config: Any) -> Any:
    """Stand for the task in Hydra's callbacks; the trial runs in a process of its own."""


def prepare(
    sweep: DictConfig,
    context: HydraContext,
    overrides: Sequence[str],
    number: int,
    *,
    num_threads: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> Job:
    """Write the folder of a trial: Hydra's record of it in `.hydra/`, and the frozen config.

    `num_threads` is what its slot has, where the experiment leaves it open: a single run with the
    threads of config.yaml comes to the same objective. `environment` is for the trial's process.

    Raises: RequestError.
    """
    config = compose(sweep, context, overrides, number)
    folder = Path(config.hydra.runtime.output_dir)
    asked = {k: str(v) for k, v in config.hydra.job.env_set.items()}
    subdir = config.hydra.output_subdir
    hydra = redact(OmegaConf.to_yaml(OmegaConf.create({"hydra": config.hydra})))
    task = list(config.hydra.overrides.task)
    context.callbacks.on_job_start(config=config, task_function=_carried_out_elsewhere)
    experiment = experiment_of(config)
    if num_threads is not None and experiment.hardware.num_threads is None:
        hardware = replace(experiment.hardware, num_threads=num_threads)
        experiment = replace(experiment, hardware=hardware)
    folder.mkdir(parents=True, exist_ok=True)
    if subdir is not None:
        write_text(folder / subdir / "config.yaml", OmegaConf.to_yaml(config))
        write_text(folder / subdir / "hydra.yaml", hydra)
        write_text(folder / subdir / "overrides.yaml", OmegaConf.to_yaml(OmegaConf.create(task)))
    freeze(experiment, folder / "config.yaml")
    own = {"MATHPAL_COMMAND": command_of(task)}
    return Job(number, folder, task, own | dict(environment or {}) | asked)
