"""The options of `hydra/sweeper=search`, its pruners, and of mathpal's launchers. Light."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mathpal.config import MISSING, option


@dataclass
class SearchConf:
    """Options of the search; those of hydra-optuna-sweeper keep their names."""

    defaults: list[Any] = field(default_factory=lambda: [{"sampler": "tpe"}, {"pruner": "none"}])
    _target_: str = "hydra_plugins.mathpal_sweeps.search.SearchSweeper"
    _recursive_: bool = False
    params: Any = option(None, "the space: a mapping of keys to sweeps, as on the command line")
    conditions: dict[str, str] = option(
        {}, "parameters that count only where another has a value: KEY: OTHER=VALUE,VALUE"
    )
    sampler: Any = MISSING
    pruner: Any = MISSING
    direction: Any = option(
        None, "minimize or maximize, or a list; null: as each objective's name tells"
    )
    n_trials: int | None = option(
        None,
        "trials in all, earlier ones counted; null: all, or 20 where there is no end of points",
    )
    n_jobs: int = option(2, "trials of a batch, for launchers that know only batches")
    max_failures: int = option(10, "trials that may fail before the sweep ends")
    retry_failed: bool = option(False, "run trials that failed at earlier launches again")
    max_retries: int = option(3, "how often a trial that was killed runs again")
    resume: bool = option(True, "go on with the sweep that the same command began")
    storage: str | None = option(
        None, "a database for several launchers, as an SQLAlchemy URL; null: study.db in the folder"
    )
    study_name: str | None = option(None, "its name in the storage; null: told by the command")
    seconds_to_live: float = option(
        60.0, "silence after which another launcher of the same storage is taken for dead"
    )
    custom_search_space: str | None = option(
        None, "a function (config, trial) that suggests further parameters"
    )


@dataclass
class PoolConf:
    """Options of `hydra/launcher=pool`: warm processes of this machine, one a device slot."""

    _target_: str = "hydra_plugins.mathpal_sweeps.pool.PoolLauncher"
    slots: Any = option("auto", "trials at a time: auto, a number, or GPUs as [0,1]; one a GPU")
    num_threads: int | None = option(None, "CPU threads a slot; null: the cores shared out")
    timeout_minutes: float | None = option(
        None, "how long a trial may take; null: as long as it takes"
    )


PRUNERS: dict[str, dict[str, Any]] = {
    "none": {"_target_": "optuna.pruners.NopPruner"},
    "median": {
        "_target_": "optuna.pruners.MedianPruner",
        "n_startup_trials": 5,
        "n_warmup_steps": 0,
        "interval_steps": 1,
        "n_min_trials": 1,
    },
    "percentile": {
        "_target_": "optuna.pruners.PercentilePruner",
        "percentile": 50.0,
        "n_startup_trials": 5,
        "n_warmup_steps": 0,
        "interval_steps": 1,
        "n_min_trials": 1,
    },
    "asha": {
        "_target_": "optuna.pruners.SuccessiveHalvingPruner",
        "min_resource": "auto",
        "reduction_factor": 4,
        "min_early_stopping_rate": 0,
    },
    "hyperband": {
        "_target_": "optuna.pruners.HyperbandPruner",
        "min_resource": 1,
        "max_resource": "auto",
        "reduction_factor": 3,
    },
    "patient": {
        "_target_": "optuna.pruners.PatientPruner",
        "wrapped_pruner": {"_target_": "optuna.pruners.MedianPruner"},
        "patience": 2,
        "min_delta": 0.0,
    },
}
"""Options of hydra/sweeper/pruner, with the arguments of Optuna's classes."""


@dataclass
class SlurmConf:
    """Options of `hydra/launcher=slurm`: each trial a job of SLURM, on one node."""

    _target_: str = "hydra_plugins.mathpal_sweeps.slurm.SlurmLauncher"
    slots: int = option(16, "trials in SLURM's queue at a time")
    partition: str | None = option(None, "the partition; null: the cluster's default")
    account: str | None = option(None, "the account that is charged")
    qos: str | None = option(None, "the quality of service")
    timeout_minutes: float | None = option(
        None, "how long a trial may take; null: the partition's default"
    )
    gpus_per_node: Any = option(
        None, "GPUs of a trial, as 2 or a100:2; null: one a process where hardware.device=cuda"
    )
    cpus_per_task: int | None = option(
        None, "CPUs of a trial; null: hardware.num_threads (else 1) a process"
    )
    mem_gb: float | None = option(None, "memory of a trial; null: the partition's default")
    constraint: str | None = option(None, "features that its node must have")
    exclude: str | None = option(None, "nodes that are not to be used")
    setup: list[str] = option([], "lines of shell that run first, such as 'module load cuda'")
    additional_parameters: dict[str, Any] = option({}, "further options of sbatch, without --")


@dataclass
class RayConf:
    """Options of `hydra/launcher=ray`: warm actors of a Ray cluster, one a slot."""

    _target_: str = "hydra_plugins.mathpal_sweeps.ray_launcher.RayLauncher"
    address: str | None = option(
        None, "the cluster: auto, HOST:PORT; null: one that is started on this machine"
    )
    slots: Any = option("auto", "trials at a time: auto (what the cluster has room for), a number")
    num_cpus: float | None = option(
        None, "CPUs of a trial; null: hardware.num_threads (else 1) a process"
    )
    num_gpus: float | None = option(
        None, "GPUs of a trial, a half too; null: one a process where the cluster has GPUs"
    )
    timeout_minutes: float | None = option(
        None, "how long a trial may take; null: as long as it takes"
    )
    init: dict[str, Any] = option({}, "further arguments of ray.init, such as runtime_env")
