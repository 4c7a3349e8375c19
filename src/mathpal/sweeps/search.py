"""The sweeper behind `hydra/sweeper=search`: ask a study, run in slots, tell, report, resume."""

from __future__ import annotations

import logging
import os
import shlex
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import optuna
from hydra.core.object_type import ObjectType
from hydra.types import HydraContext, TaskFunction
from hydra.utils import instantiate
from hydra_plugins.hydra_optuna_sweeper._impl import OptunaSweeperImpl
from omegaconf import DictConfig, open_dict

from mathpal.config import Experiment, as_dict
from mathpal.errors import MathpalError, RequestError
from mathpal.record import command, ending_in_order, redact
from mathpal.screen import Screen
from mathpal.sweeps import records, spaces, storage
from mathpal.sweeps.batches import Batches
from mathpal.sweeps.board import Board
from mathpal.sweeps.composing import compose, experiment_of, prepare
from mathpal.sweeps.ending import conclude, line_of
from mathpal.sweeps.jobs import FAILED, KILLED, Ending, Executor, Job
from mathpal.sweeps.judge import HERE, INVITATION, Judge
from mathpal.sweeps.launcher import SlotLauncher
from mathpal.sweeps.study import FOLDER, OVERRIDES, STARTED, Claimed, Study

TRIALS_OF_A_RANGE = 20
"""Trials of a space without end, where n_trials does not say."""

SECONDS_BETWEEN_LOOKS = 1.0

HIGHER_IS_BETTER = ("accuracy", "reward", "margin", "per_second")
"""What the names of figures end in of which more is better."""

MEASURED_IN_TRAINING = ("train_loss", "eval_loss", "eval_margin", "eval_reward")
"""Objectives that a pruner can see before a trial has ended."""


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
        )
        first = self._first_experiment()
        self._check(first)
        if first.dry_run:
            self._dry_run(first)
            return
        with storage.exclusive(self.folder, shared=self.storage is not None):
            executor = self._executor(first)
            try:
                self._run(first, executor)
            finally:
                executor.close()

    def _run(self, first: Experiment, executor: Executor) -> None:
        study = self._study(first)
        board = Board(
            first.name,
            study.objectives,
            study.directions,
            study.num_trials,
            executor.num_slots,
            Screen(),
        )
        judge = Judge(
            lambda *report: _hear(study, board, *report),
            host=_host(self.launcher),
        )
        records.write_sweep(self.folder, self._facts(first, study, executor))
        with ending_in_order(), board, self._status():
            try:
                self._take_up(study, board)
                self._carry_out(study, board, judge, executor)
            except KeyboardInterrupt:
                board.note("stopping: running trials save themselves; the same command goes on")
                for ending in executor.stop():
                    self._told(study, board, ending)
                raise
            finally:
                study.release()
                judge.close()
                self._write_trials(study)
                conclude(self.folder, study, self.sweep_config, self.context)
        board.summary(self.folder, self._next_commands(study))
        if not study.best():
            raise MathpalError(f"no trial came to an end; see {self.folder / 'trials.jsonl'}")

    def _carry_out(self, study: Study, board: Board, judge: Judge, executor: Executor) -> None:
        """Keep every slot busy until all trials have ended, here and at other launchers."""
        running = 0
        last_beat = 0.0
        while True:
            while running < executor.num_slots and (claimed := study.claim()) is not None:
                board.started(claimed.number, claimed.parameters)
                ending = self._submit(study, judge, executor, claimed)
                running += ending is None
                if ending is not None:
                    self._told(study, board, ending)
            if running == 0 and study.is_over():
                return
            endings = executor.wait(SECONDS_BETWEEN_LOOKS)
            if running == 0:
                time.sleep(SECONDS_BETWEEN_LOOKS)  # other launchers have the last trials
            for ending in endings:
                running -= 1
                self._told(study, board, ending)
            if self.storage is not None and time.monotonic() - last_beat > self._beat_seconds:
                study.beat()
                self._take_up(study, board, all_running=False)
                last_beat = time.monotonic()
            self._limit_failures(study)

    def _submit(
        self, study: Study, judge: Judge, executor: Executor, claimed: Claimed
    ) -> Ending | None:
        """Start a trial; return its ending at once where its config is wrong."""
        number = claimed.number
        overrides = list(self.space.overrides(claimed.parameters))
        folder = self.folder / str(number)
        study.note(number, **{FOLDER: str(folder), OVERRIDES: overrides, STARTED: time.time()})
        judge.invite(number, folder)
        try:
            if isinstance(executor, Batches):
                job = Job(number, folder, overrides)
            else:
                job = prepare(
                    self.sweep_config,
                    self.context,
                    overrides,
                    number,
                    num_threads=executor.num_threads,
                )
        except RequestError as error:
            return Ending(number, FAILED, None, redact(str(error)), 0.0)
        executor.submit(job)
        return None

    def _told(self, study: Study, board: Board, ending: Ending) -> None:
        (self.folder / str(ending.number) / INVITATION).unlink(missing_ok=True)
        state = study.tell(ending)
        if state is None:
            board.note(f"trial {ending.number} was taken over by another launcher")
            return
        board.finished(ending.number, state, ending.values, ending.seconds, ending.reason)
        if state == KILLED:
            board.note(f"trial {ending.number}: its parameters are queued again")
        self._write_trials(study)

    def _take_up(self, study: Study, board: Board, all_running: bool | None = None) -> None:
        """Show what earlier launches came to, and queue again what they left behind."""
        at_start = all_running is None
        for trial in study.recover(all_running=self.storage is None):
            board.note(f"trial {trial.number} was left behind by its launcher")
            (self.folder / str(trial.number) / INVITATION).unlink(missing_ok=True)
        if at_start:
            for trial in study.ended():
                line = line_of(trial, self.folder)
                values = trial.values if line["state"] == "complete" else None
                board.earlier(
                    trial.number, line["parameters"], line["state"], values, line["seconds"]
                )

    def _limit_failures(self, study: Study) -> None:
        limit = self.options["max_failures"]
        failed = study.failed()
        if len(failed) >= limit:
            reason = failed[-1].user_attrs["reason"]
            raise MathpalError(
                f"{len(failed)} trials failed, the last because: {reason}; mend that, or raise "
                f"hydra.sweeper.max_failures={limit}; the same command goes on"
            )

    def _first_experiment(self) -> Experiment:
        """Return the experiment of the first point of the space."""
        overrides = list(self.space.overrides(self.space.first()))
        return experiment_of(compose(self.sweep_config, self.context, overrides, 0))

    def _check(self, first: Experiment) -> None:
        """Refuse what cannot be searched.

        Raises: RequestError with every problem.
        """
        problems = []
        names = first.objectives
        directions = self._get_directions() if self.direction is not None else None
        if directions is not None and len(directions) != len(names):
            problems.append(
                f"hydra.sweeper.direction: {len(directions)} for {len(names)} objectives "
                f"({', '.join(names)}); null tells them by name"
            )
        for direction in directions or []:
            if direction not in ("minimize", "maximize"):
                problems.append(f"hydra.sweeper.direction={direction}: minimize or maximize")
        if self._prunes:
            if len(names) > 1:
                problems.append("hydra/sweeper/pruner: a pruner needs one objective, not several")
            elif names[0] not in MEASURED_IN_TRAINING:
                problems.append(
                    f"hydra/sweeper/pruner: objective={names[0]} is known only when a trial has "
                    f"ended; a pruner needs one of {', '.join(MEASURED_IN_TRAINING)}"
                )
            elif names[0] != "train_loss" and as_dict(first.trainer)["eval_strategy"] == "no":
                problems.append(
                    "hydra/sweeper/pruner: nothing is measured while a trial trains; set "
                    "trainer.eval_strategy=steps trainer.eval_steps=10"
                )
        for key in ("n_trials", "max_failures", "n_jobs"):
            value = self.options[key]
            if value is not None and value < 1:
                problems.append(f"hydra.sweeper.{key}={value}: at least 1 is needed")
        if self.storage is not None and "://" not in str(self.storage):
            problems.append(
                f"hydra.sweeper.storage={self.storage}: expected a URL such as "
                "sqlite:///study.db or postgresql+psycopg2://user@host/database"
            )
        if problems:
            raise RequestError(problems)

    @property
    def _prunes(self) -> bool:
        return not str(self.options["pruner"]["_target_"]).endswith("NopPruner")

    def _dry_run(self, first: Experiment) -> None:
        """Say what would be searched; the first point was composed and checked."""
        number = self._num_trials()
        screen = Screen()
        screen.say(f"[bold]sweep[/]  {number} trials of {len(self.space.parameters)} parameters")
        for key, parameter in self.space.describe().items():
            screen.say(
                f"  {key}  {parameter}",
            )
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
            directions=self._directions(first.objectives),
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

    def _directions(self, objectives: list[str]) -> list[str]:
        if self.direction is not None:
            return list(self._get_directions())
        return ["maximize" if n.endswith(HIGHER_IS_BETTER) else "minimize" for n in objectives]

    def _executor(self, first: Experiment) -> Executor:
        if isinstance(self.launcher, SlotLauncher):
            executor: Executor = self.launcher.executor(first, self.folder)
            return executor
        return Batches(self._launch, first.objectives, self.n_jobs)

    def _launch(self, overrides: Any) -> Any:
        assert self.launcher is not None
        self.job_idx += len(overrides)
        return self.launcher.launch(overrides, initial_job_idx=self.job_idx - len(overrides))

    @property
    def _beat_seconds(self) -> float:
        return float(self.options["seconds_to_live"]) / 4

    def _facts(self, first: Experiment, study: Study, executor: Executor) -> dict[str, Any]:
        sampler = "grid" if study.is_grid else str(self.options["sampler"]["_target_"])
        pruner = str(self.options["pruner"]["_target_"]) if self._prunes else None
        earlier = records.read_sweep(self.folder)
        return {
            "command": redact(command()),
            "name": first.name,
            "identity": self.identity,
            "study_name": study.optuna.study_name,
            "storage": storage.without_password(
                self.storage or f"sqlite:///{self.folder}/study.db"
            ),
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

    @contextmanager
    def _status(self) -> Iterator[None]:
        """Note in sweep.json how the sweep ended, whatever happens."""
        status: dict[str, Any] = {"status": "failed", "error": None}
        try:
            yield
            status["status"] = "done"
        except KeyboardInterrupt:
            status["status"] = "interrupted"
            raise
        except Exception as error:
            status["error"] = redact(f"{error}")
            raise
        finally:
            records.write_sweep(self.folder, {**status, "ended": records.moment(time.time())})

    def _write_trials(self, study: Study) -> None:
        records.write_trials(self.folder, [line_of(t, self.folder) for t in study.ended()])

    def _next_commands(self, study: Study) -> list[str]:
        commands = [f"mathpal report {shlex.quote(str(_shortest(self.folder)))}"]
        if study.best():
            path = _shortest(self.folder / records.BEST)
            commands.insert(0, f"train experiment={shlex.quote(str(path))}")
        return commands

    def _group_options(self, group: str) -> list[str]:
        loader = self.context.config_loader
        return list(loader.get_group_options(group, ObjectType.CONFIG))


def _hear(
    study: Study, board: Board, number: int, step: int, num_steps: int, value: float | None
) -> bool:
    board.progress(number, step, num_steps, value)
    return value is not None and study.report(number, step, value)


def _host(launcher: Any) -> str:
    """Return where trials find this process: only on this machine, or by its name."""
    if isinstance(launcher, SlotLauncher) and launcher.hears_other_machines:
        return os.uname().nodename
    return HERE


def _shortest(path: Path) -> Path:
    with suppress(ValueError):
        return path.relative_to(Path.cwd())
    return path
