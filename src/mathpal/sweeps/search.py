"""The sweeper behind `hydra/sweeper=search`: ask a study, run in slots, tell, report, resume."""

from __future__ import annotations

import logging
import os
import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import optuna
from hydra.core.object_type import ObjectType
from hydra.types import HydraContext, TaskFunction
from hydra.utils import instantiate
from hydra_plugins.hydra_optuna_sweeper._impl import OptunaSweeperImpl
from omegaconf import DictConfig, OmegaConf, open_dict

from mathpal.config import Experiment
from mathpal.record import command, redact
from mathpal.screen import Screen
from mathpal.sweeps import records, search_rules, spaces, storage
from mathpal.sweeps.batches import Batches
from mathpal.sweeps.best import write_best
from mathpal.sweeps.composing import compose, experiment_of, prepare
from mathpal.sweeps.jobs import Executor, Job
from mathpal.sweeps.judge import HERE
from mathpal.sweeps.launch import Launch
from mathpal.sweeps.launcher import SlotLauncher
from mathpal.sweeps.study import Study
from mathpal.sweeps.texts import written

TRIALS_OF_A_RANGE = 20
"""Trials of a space without end, where n_trials does not say."""


class Search(OptunaSweeperImpl):
    """Hydra's Optuna sweeper, its loop replaced: asynchronous, resumed, pruned, reported."""

    def __init__(self, **options: Any) -> None:
        """Take the options of `SearchConf`."""
        self.options = options
        super().__init__(
            sampler=options["sampler"],
            direction=options["direction"],
            storage=options["storage"],
            study_name=options["study_name"],
            n_trials=options["n_trials"] or 0,
            n_jobs=options["n_jobs"],
            max_failure_rate=1.0,
            search_space=None,
            custom_search_space=options["custom_search_space"],
            params=options["params"],
        )

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Find the folder of the sweep, which may be one that the same command began."""
        self.identity = storage.identity(config)
        self.folder = storage.choose_folder(config, self.identity, resume=self.options["resume"])
        with open_dict(config):
            config.hydra.sweep.dir = str(self.folder)
            config.hydra.overrides.hydra.append(f"hydra.sweep.dir='{self.folder}'")
        super().setup(hydra_context=hydra_context, task_function=task_function, config=config)
        self.sweep_config, self.context = config, hydra_context

    def sweep(self, arguments: list[str]) -> None:
        """Run the trials that are to go.

        Raises: RequestError, KeyboardInterrupt, or MathpalError where too many trials failed.
        """
        self.space = spaces.read(
            [*self._parse_sweeper_params_config(), *arguments],
            self._group_options,
            dict(self.options["conditions"]),
            self._default,
        )
        first = self._first_experiment()
        if first.dry_run:
            self._dry_run()
            return
        with storage.exclusive(self.folder, shared=self.storage is not None):
            executor = self._executor(first)
            try:
                self._launch_of(first, executor).run()
            finally:
                executor.close()

    def _launch_of(self, first: Experiment, executor: Executor) -> Launch:
        study = self._study(first)
        records.write_sweep(self.folder, self._facts(first, study, executor))
        return Launch(
            folder=self.folder,
            first=first,
            study=study,
            executor=executor,
            prepare=self._naming if isinstance(executor, Batches) else self._preparing,
            best=partial(write_best, self.sweep_config, self.context),
            host=_host(self.launcher),
            max_failures=self.options["max_failures"],
            retries_failed=self.options["retry_failed"],
            seconds_to_live=self.options["seconds_to_live"] if self.storage else None,
        )

    def _first_experiment(self) -> Experiment:
        """Return the experiment of the first point of the space."""
        overrides = list(self.space.overrides(self.space.first()))
        return experiment_of(compose(self.sweep_config, self.context, overrides, 0))

    def _dry_run(self) -> None:
        """Say what would be searched; the first point was composed and checked."""
        number = self._num_trials()
        screen = Screen()
        screen.say(f"[bold]sweep[/]  {number} trials of {len(self.space.parameters)} parameters")
        for key, parameter in self.space.describe().items():
            screen.say(f"  {key}  {parameter}")
        screen.say("dry run: no trial was started; without -m the plan of a single run is shown")

    def _num_trials(self) -> int:
        points = self.space.num_points()
        if self.custom_search_space_extender is not None:
            points = None
        wanted = self.options["n_trials"] or points or TRIALS_OF_A_RANGE
        return wanted if points is None else min(wanted, points)

    def _study(self, first: Experiment) -> Study:
        optuna.logging.set_verbosity(logging.ERROR)
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        found, lock = storage.open_study(
            self.folder,
            url=self.storage,
            name=self.study_name or f"{first.name}-{self.identity[:8]}",
            directions=search_rules.directions(self.options["direction"], first.objectives),
            pruner=instantiate(self.options["pruner"]),
        )
        return Study(
            found,
            self.space,
            self._suggest,
            self._sampler_of_seed(),
            num_trials=self._num_trials(),
            objectives=first.objectives,
            max_retries=self.options["max_retries"],
            seconds_to_live=self.options["seconds_to_live"],
            lock=lock,
            seed=self._seed(first),
        )

    def _suggest(self, trial: optuna.Trial) -> dict[str, Any]:
        """Draw a point; a function of the user's may add parameters."""
        parameters = self.space.suggest(trial)
        if self.custom_search_space_extender is not None:
            self.custom_search_space_extender(self.sweep_config, trial)
        return parameters | dict(trial.params)

    def _sampler_of_seed(self) -> Callable[[int], optuna.samplers.BaseSampler] | None:
        """Return what makes samplers; None where every combination is tried in order."""
        options = self.options["sampler"]
        is_grid = str(options["_target_"]).endswith("GridSampler")
        every = self.options["n_trials"] is None and self.space.num_points() is not None
        if self.custom_search_space_extender is None and (is_grid or every):
            return None
        if "seed" not in options:
            return lambda seed: instantiate(options)
        return lambda seed: instantiate(options, seed=seed)

    def _seed(self, first: Experiment) -> int:
        told = self.options["sampler"].get("seed")
        return first.seed if told is None else int(told)

    def _executor(self, first: Experiment) -> Executor:
        if isinstance(self.launcher, SlotLauncher):
            executor: Executor = self.launcher.executor(first, self.folder)
            return executor
        return Batches(self._launch, first.objectives, self.n_jobs)

    def _preparing(self, *trial: Any, **slot: Any) -> Job:
        return prepare(self.sweep_config, self.context, *trial, **slot)

    def _naming(
        self, overrides: list[str], number: int, *, num_threads: None, environment: dict[str, str]
    ) -> Job:
        """Return a trial whose folder Hydra's own launcher writes."""
        return Job(number, self.folder / str(number), overrides, environment)

    def _launch(self, overrides: Any) -> Any:
        assert self.launcher is not None
        self.job_idx += len(overrides)
        return self.launcher.launch(overrides, initial_job_idx=self.job_idx - len(overrides))

    def _facts(self, first: Experiment, study: Study, executor: Executor) -> dict[str, Any]:
        sampler = "grid" if study.is_grid else str(self.options["sampler"]["_target_"])
        pruner = (
            str(self.options["pruner"]["_target_"]) if search_rules.prunes(self.options) else None
        )
        earlier = records.read_sweep(self.folder)
        return {
            "command": redact(command()),
            "name": first.name,
            "identity": self.identity,
            "study_name": study.optuna.study_name,
            "storage": redact(self.storage or f"sqlite:///{self.folder}/study.db"),
            "objectives": study.objectives,
            "directions": study.directions,
            "n_trials": study.num_trials,
            "sampler": sampler.rpartition(".")[2],
            "pruner": pruner and pruner.rpartition(".")[2],
            "parameters": self.space.describe(),
            "conditions": self.space.describe_conditions(),
            "status": "running",
            "started": earlier.get("started", records.moment(time.time())),
            "slots": executor.num_slots,
            "process": os.getpid(),
            "error": None,
        }

    def _default(self, key: str) -> str | None:
        """Return what a key or group is where no override says so, as an override spells it."""
        choices = self.sweep_config.hydra.runtime.choices
        if key in choices:
            return str(choices[key])
        value = OmegaConf.select(self.sweep_config, key)
        return None if value is None else written(value)

    def _group_options(self, group: str) -> list[str]:
        loader = self.context.config_loader
        return list(loader.get_group_options(group, ObjectType.CONFIG))


def _host(launcher: Any) -> str:
    """Return where trials find this process: only on this machine, or by its name."""
    if isinstance(launcher, SlotLauncher) and launcher.hears_other_machines:
        return os.uname().nodename
    return HERE
