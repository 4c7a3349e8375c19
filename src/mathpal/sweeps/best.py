"""The best trial as an experiment file: the options that were chosen, and the values set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import HydraContext, RunMode
from omegaconf import DictConfig, OmegaConf

from mathpal.compose import thaw
from mathpal.config import as_dict
from mathpal.sweeps import records
from mathpal.sweeps.composing import experiment_of, take_hydra_away

LEFT_OUT = ("output_dir", "resume", "objective", "dry_run")
"""Fields of a run that best.yaml does not repeat."""


def write_best(
    sweep: DictConfig, context: HydraContext, folder: Path, line: dict[str, Any], told: str
) -> None:
    """Write best.yaml for a line of trials.jsonl: its options, and what differs from them alone.

    What its config.yaml says counts, where it is here, whatever conf/ has become since.
    """
    best = _composed(sweep, context, line["overrides"])
    plain = _composed(sweep, context, [])
    chosen, usual = (_choices(config) for config in (best, plain))
    choices = {g: option for g, option in chosen.items() if usual.get(g) != option}
    overrides = [f"{group}={option}" for group, option in choices.items()]
    frozen = folder / line["folder"] / "config.yaml"
    # The folder of another launch may be on another machine.
    one = OmegaConf.create(as_dict(thaw(frozen) if frozen.is_file() else experiment_of(best)))
    base = _composed(sweep, context, overrides)
    take_hydra_away(base)
    mandatory = OmegaConf.missing_keys(base)
    for key in mandatory:  # such as data.path, without which nothing can be resolved
        OmegaConf.update(base, key, OmegaConf.select(one, key))
    differing = records.differences(as_dict(experiment_of(base)), _plain(one))
    values = OmegaConf.create({k: v for k, v in differing.items() if k not in LEFT_OUT})
    for key in mandatory:
        OmegaConf.update(values, key, OmegaConf.select(one, key), force_add=True)
    records.write_best(folder, choices, _plain(values), told)


def _composed(sweep: DictConfig, context: HydraContext, overrides: list[str]) -> DictConfig:
    """Return the config of a run, without what the sweep sets of Hydra's own."""
    config = context.config_loader.load_configuration(
        sweep.hydra.job.config_name, overrides, run_mode=RunMode.RUN
    )
    HydraConfig.instance().set_config(config)
    return config


def _plain(config: DictConfig) -> dict[str, Any]:
    found: Any = OmegaConf.to_container(config)
    return dict(found)


def _choices(config: DictConfig) -> dict[str, str]:
    """Return the options that were chosen for the groups, Hydra's own and named runs aside."""
    found: Any = OmegaConf.to_container(config.hydra.runtime.choices)
    named = ("hydra/", "experiment", "search")
    return {g: str(o) for g, o in found.items() if o is not None and not g.startswith(named)}
