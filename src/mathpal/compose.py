"""Compose the config groups into a checked `Experiment`, freeze it in a file, thaw it again.

Every problem of a request is collected and raised at once. Hydra and OmegaConf are known to this
module, `problems`, `overrides`, `arguments`, `cli` and to `sweeps`, Hydra's own; a run sees typed
dataclasses alone.
"""

from __future__ import annotations

import copy
import functools
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml
from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from mathpal.config import SCHEMAS, DataConfig, Experiment, TrainerConfig, as_dict
from mathpal.errors import RequestError, did_you_mean
from mathpal.files import write_text
from mathpal.overrides import Request, adds, first_point, parse, points
from mathpal.problems import apply, check, first_line

try:
    from yaml import CSafeLoader as Loader
except ImportError:  # a PyYAML that was built without libyaml
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

COMPOSE_ERRORS = (HydraException, OmegaConfBaseException, AssertionError, yaml.YAMLError)
"""What composing raises for a wrong override or file; AssertionError for a key below null."""

PATHS = (("data", "path"), ("data", "test_path"), ("model", "name"), ("model", "chat_template"))
"""Keys that may name a file, which a frozen config must find from any folder."""


class FrozenLoader(Loader):
    """Read YAML as OmegaConf does, for whom 1e-3 is a number, at the speed of libyaml."""


FrozenLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)


@functools.cache
def register_schemas() -> None:
    """Store the typed classes where defaults lists find them, as `/schema/...`.

    conf/ may also say `${times:a,b}` for a product, `${at_least:a,b}` for the larger.
    """
    OmegaConf.register_new_resolver("times", _times, replace=True)
    OmegaConf.register_new_resolver("at_least", max, replace=True)
    store = ConfigStore.instance()
    for name, config_class in SCHEMAS.items():
        group, _, leaf = f"schema/{name}".rpartition("/")
        store.store(group=group, name=leaf, node=config_class)


def register_experiments(request: Request) -> None:
    """Store the experiments that are named by a path where Hydra finds them by that name.

    Raises: RequestError where a file is no mapping.
    """
    for path in request.experiment_files:
        try:
            node = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            raise RequestError(f"experiment={path}: not YAML: {first_line(error)}") from error
        if not isinstance(node, dict):
            raise RequestError(f"experiment={path}: not an experiment, a mapping of keys to values")
        folder, _, name = path.rpartition("/")
        group = f"experiment/{folder.strip('/')}".rstrip("/")
        ConfigStore.instance().store(group=group, name=name, node=node, package="_global_")


def compose(request: Request) -> Experiment:
    """Compose and check a request; under multirun its first point.

    Raises: RequestError with every problem found, of all points of a sweep.
    """
    return to_experiment(compose_config(request))


def compose_config(request: Request, *, allow_missing: bool = False) -> DictConfig:
    """Compose and check a request, as a config still; mandatory values may be let go."""
    register_schemas()
    register_experiments(request)
    _check_config_files(request)
    with initialize_config_dir(version_base="1.3", config_dir=str(request.root)):
        overrides, problems = parse(request)
        if problems:
            raise RequestError(problems + _diagnose(overrides, request))
        try:
            config = _compose(request, [first_point(o, request) for o in overrides])
        except COMPOSE_ERRORS as error:
            raise RequestError(_diagnose(overrides, request) or [first_line(error)]) from error
        adds_to_hydra = any(o.key_or_group.startswith("hydra.") and adds(o) for o in overrides)
        if request.multirun or adds_to_hydra:
            problems = _diagnose(overrides, request) + _other_points(overrides, request)
        else:
            problems = check(config, allow_missing=allow_missing)
        if problems:
            raise RequestError(list(dict.fromkeys(problems)))
    return config


def compose_sweeper(request: Request) -> DictConfig:
    """Return Hydra's part of a right request, at the first point of its sweeps."""
    register_schemas()
    register_experiments(request)
    with initialize_config_dir(version_base="1.3", config_dir=str(request.root)):
        overrides, _ = parse(request)
        config = _compose(request, [first_point(o, request) for o in overrides], hydra=True)
    hydra: DictConfig = config.hydra
    return hydra


def to_experiment(config: DictConfig) -> Experiment:
    """Turn a composed config into plain dataclasses, once."""
    experiment = OmegaConf.to_object(config)
    assert isinstance(experiment, Experiment)
    return experiment


def factory(config: Any) -> Callable[..., Any]:
    """Return the function that a group's `_target_` names, its other fields bound as keywords.

    Raises: RequestError where the target cannot be imported, or does not take those fields.
    """
    return bind("", as_dict(config))


def bind(where: str, options: Mapping[str, Any]) -> Callable[..., Any]:
    """Return the function that `_target_` names among options, the others bound as keywords.

    Targets among the options stay as they are. `where` is the dotted key, for errors.

    Raises: RequestError where there is no target, it cannot be imported, or does not take those
        options.
    """
    key = f"{where}._target_" if where else "_target_"
    target = options.get("_target_")
    if target is None:
        raise RequestError(f"no value for {key}: set {key}=package.module.function")
    try:
        built: Any = instantiate(options, _partial_=True, _recursive_=False, _convert_="all")
        inspect.signature(built.func).bind_partial(**built.keywords)
    except HydraException as error:
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        raise RequestError(f"{key}={target}: cannot be imported: {first_line(cause)}") from error
    except TypeError as error:
        raise RequestError(f"{key}={target}: {error}") from error
    call: Callable[..., Any] = built
    return call


def freeze(experiment: Experiment, path: Path) -> None:
    """Write an experiment as YAML, every value resolved and every path absolute."""
    values = as_dict(experiment)
    for group, key in PATHS:
        named = values[group].get(key)
        if named is not None and Path(named).expanduser().exists():
            values[group][key] = str(Path(named).expanduser().absolute())
    write_text(path, OmegaConf.to_yaml(OmegaConf.create(values)))


def thaw(path: Path, overrides: Sequence[str] = ()) -> Experiment:
    """Read a frozen experiment and apply `key=value` overrides to it.

    Raises: RequestError where the file is not one of ours, or an override does not fit.
    """
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), FrozenLoader) or {}
        assert isinstance(values, dict)
        classes = _class_of(values["data"], DataConfig), _class_of(values["trainer"], TrainerConfig)
        config = copy.deepcopy(_structured(*classes))
        config.merge_with(values)
    except FileNotFoundError:
        raise RequestError(f"{path.parent}: not a run's folder (no {path.name} in it)") from None
    except (OmegaConfBaseException, KeyError, AssertionError, yaml.YAMLError) as error:
        raise RequestError(f"{path}: not the config of a run: {first_line(error)}") from error
    problems = []
    for text in overrides:
        try:
            override = OverridesParser.create().parse_override(text)
        except HydraException:
            problems.append(f"{text}: cannot be read as KEY=VALUE")
            continue
        problems += apply(config, override.key_or_group, override.value())
    problems += check(config)
    if problems:
        raise RequestError(problems)
    return to_experiment(config)


@functools.cache
def _structured(data_class: type, trainer_class: type) -> DictConfig:
    """Return the typed config of an experiment over these classes, for others to copy."""
    config: DictConfig = OmegaConf.structured(Experiment)
    config.data = OmegaConf.structured(data_class)
    config.trainer = OmegaConf.structured(trainer_class)
    return config


def _times(first: float, second: float) -> float:
    """Multiply, to as many digits as people write.

    >>> _times(2e-4, 0.2)
    4e-05
    """
    return float(f"{first * second:.12g}")


def _class_of(values: Any, base: type) -> type:
    for config_class in SCHEMAS.values():
        names = {f.name for f in fields(config_class)}
        if issubclass(config_class, base) and names == set(values):
            return config_class
    return base


def _check_config_files(request: Request) -> None:
    if not request.primary.is_file():
        hint = did_you_mean(request.primary.stem, [p.stem for p in request.root.glob("*.yaml")])
        raise RequestError(
            f"--config-name {request.config_name}: no such file in {request.root}.{hint}"
        )
    if request.config_dir is not None and not request.config_dir.is_dir():
        raise RequestError(f"--config-dir {request.config_dir}: not a folder")


def _compose(request: Request, overrides: Sequence[str], hydra: bool = False) -> DictConfig:
    searched = [f"'file://{folder}'" for folder in request.folders[1:]]
    searchpath = [f"hydra.searchpath=[{','.join(searched)}]"] if searched else []
    return hydra_compose(request.primary.stem, [*searchpath, *overrides], hydra)


def _diagnose(overrides: Sequence[Override], request: Request) -> list[str]:
    """Find every problem of values set together, the groups' options being right."""
    groups = [first_point(o, request) for o in overrides if request.is_group(o)]
    values = [o for o in overrides if not request.is_group(o)]
    asks_hydra = any(o.key_or_group.startswith("hydra.") for o in values)
    try:
        config = _compose(request, groups)
        whole = _compose(request, groups, hydra=True) if asks_hydra else config
    except COMPOSE_ERRORS as error:
        return [first_line(error)]
    problems, further = [], []
    for override in values:
        target = whole if override.key_or_group.startswith("hydra.") else config
        swept = override.is_sweep_override()
        first, *others = points(override, request) if swept else [override.value()]
        problems += _set(target, override, first, request)
        further += [(target, override, value) for value in others]
    problems += check(config)
    for target, override, value in further:  # once all else is set
        tried = target.copy()
        problems += _set(tried, override, value, request) or (
            check(tried) if target is config else []
        )
    return list(dict.fromkeys(problems))


def _other_points(overrides: Sequence[Override], request: Request) -> list[str]:
    """Compose the further options of swept groups, each with the first point of all else."""
    lines = [first_point(o, request) for o in overrides]
    problems = []
    for place, override in enumerate(overrides):
        if not (request.is_group(override) and override.is_sweep_override()):
            continue
        for option in points(override, request)[1:]:
            choice = f"{override.key_or_group}={option}"
            try:
                config = _compose(request, [*lines[:place], choice, *lines[place + 1 :]])
                problems += [f"{choice}: {problem}" for problem in check(config)]
            except COMPOSE_ERRORS as error:
                problems.append(f"{choice}: {first_line(error)}")
    return problems


def _set(config: DictConfig, override: Override, value: Any, request: Request) -> list[str]:
    key = override.key_or_group
    if override.is_sweep_override():
        value = OverridesParser.create().parse_override(f"{key}={value}").value()
    return apply(config, key, value, request.groups, adds=adds(override))
