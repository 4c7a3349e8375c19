"""Compose the config groups into a checked `Experiment`, freeze it in a file, thaw it again.

Every problem of a request is collected and raised at once. Hydra and OmegaConf are known to this
module, `problems`, `arguments` and `cli` alone; everything after them sees typed dataclasses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob, IntervalSweep, Override, Transformer
from hydra.errors import HydraException
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from mathpal.config import SCHEMAS, DataConfig, Experiment, TrainerConfig, as_dict, conf_dir
from mathpal.errors import RequestError, did_you_mean
from mathpal.files import write_text
from mathpal.problems import apply, check, first_line, wrong_options

COMPOSE_ERRORS = (HydraException, OmegaConfBaseException, AssertionError)
"""What composing raises for a wrong override; AssertionError for a key below a null group."""


@dataclass(frozen=True)
class Request:
    """A command line, taken apart."""

    overrides: tuple[str, ...] = ()
    config_name: str = "train"
    config_path: Path | None = None
    config_dir: Path | None = None
    multirun: bool = False

    @property
    def root(self) -> Path:
        """The folder that holds the primary config."""
        return (self.config_path or conf_dir()).resolve()

    @property
    def searchpath(self) -> list[str]:
        """The override that adds the user's own folder of groups."""
        if self.config_dir is None:
            return []
        return [f"hydra.searchpath=['file://{self.config_dir.resolve()}']"]

    @property
    def groups(self) -> list[str]:
        """The names of the config groups, the user's own included."""
        folders = [self.root, *([self.config_dir] if self.config_dir else [])]
        return sorted({p.name for f in folders for p in f.iterdir() if p.is_dir()} - {"hydra"})


def register_schemas() -> None:
    """Store the typed classes where defaults lists find them, as `/schema/...`."""
    store = ConfigStore.instance()
    for name, config_class in SCHEMAS.items():
        group, _, leaf = f"schema/{name}".rpartition("/")
        store.store(group=group, name=leaf, node=config_class)


def compose(request: Request) -> Experiment:
    """Compose and check a request; under multirun the first point, but every value is checked.

    Raises: RequestError with every problem found.
    """
    register_schemas()
    _check_config_files(request)
    with initialize_config_dir(version_base="1.3", config_dir=str(request.root)):
        overrides, problems = _parse(request)
        if problems:
            raise RequestError(problems + _diagnose(overrides, request))
        try:
            config = _compose(request, [_first_point(o) for o in overrides])
        except COMPOSE_ERRORS as error:
            raise RequestError(_diagnose(overrides, request) or [first_line(error)]) from error
        problems = check(config)
        if request.multirun and not problems:
            problems = _diagnose(overrides, request)
        if problems:
            raise RequestError(problems)
    return to_experiment(config)


def to_experiment(config: DictConfig) -> Experiment:
    """Turn a composed config into plain dataclasses, once."""
    experiment = OmegaConf.to_object(config)
    assert isinstance(experiment, Experiment)
    return experiment


def factory(config: Any) -> Callable[..., Any]:
    """Return the function that a group's `_target_` names, its other fields bound as keywords.

    Raises: RequestError where the target cannot be imported.
    """
    options = as_dict(config)
    try:
        built: Callable[..., Any] = instantiate(options, _partial_=True, _convert_="all")
    except HydraException as error:
        cause = error.__cause__ or error
        raise RequestError(f"_target_={options['_target_']}: {first_line(cause)}") from error
    return built


def freeze(experiment: Experiment, path: Path) -> None:
    """Write an experiment, every value resolved, as YAML."""
    write_text(path, OmegaConf.to_yaml(OmegaConf.create(as_dict(experiment))))


def thaw(path: Path, overrides: Sequence[str] = ()) -> Experiment:
    """Read a frozen experiment and apply `key=value` overrides to it.

    Raises: RequestError where the file is not one of ours, or an override does not fit.
    """
    try:
        values = OmegaConf.to_container(OmegaConf.load(path))
        assert isinstance(values, dict)
        config = OmegaConf.structured(Experiment)
        config.data = OmegaConf.structured(_class_of(values["data"], DataConfig))
        config.trainer = OmegaConf.structured(_class_of(values["trainer"], TrainerConfig))
        config.merge_with(values)
    except FileNotFoundError:
        raise RequestError(f"{path.parent}: not a run's folder (no {path.name} in it)") from None
    except (OmegaConfBaseException, KeyError, AssertionError) as error:
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


def _class_of(values: Any, base: type) -> type:
    for config_class in SCHEMAS.values():
        names = {f.name for f in fields(config_class)}
        if issubclass(config_class, base) and names == set(values):
            return config_class
    return base


def _check_config_files(request: Request) -> None:
    name = request.config_name.removesuffix(".yaml")
    if not (request.root / f"{name}.yaml").is_file():
        hint = did_you_mean(name, [p.stem for p in request.root.glob("*.yaml")])
        raise RequestError(f"--config-name {name}: no such file in {request.root}.{hint}")
    if request.config_dir is not None and not request.config_dir.is_dir():
        raise RequestError(f"--config-dir {request.config_dir}: not a folder")


def _compose(request: Request, overrides: Sequence[str], hydra: bool = False) -> DictConfig:
    return hydra_compose(request.config_name, [*request.searchpath, *overrides], hydra)


def _parse(request: Request) -> tuple[list[Override], list[str]]:
    """Parse the overrides one by one; return those that can be, and what is wrong with others."""
    parser = OverridesParser.create()
    parsed, problems = [], []
    for text in request.overrides:
        try:
            override = parser.parse_override(text)
        except HydraException:
            problems.append(_unreadable(text, request))
            continue
        if override.is_sweep_override() and not request.multirun:
            problems.append(f"{text}: several values need --multirun (-m); quote it to mean text")
        elif _is_group(override, request) and override.value() is None and "=" in text:
            problems += wrong_options(override.key_or_group, [None], _options(override))
        else:
            parsed.append(override)
    return parsed, problems


def _unreadable(text: str, request: Request) -> str:
    key, equals, value = text.partition("=")
    if equals:
        return f"{text}: the value cannot be read; quote it: {key}='\"{value}\"'"
    loader = GlobalHydra.instance().config_loader()
    options = {f"{g}={o}": o for g in request.groups for o in loader.get_group_options(g)}
    exact = [choice for choice, option in options.items() if option == text]
    hint = f" Did you mean '{exact[0]}'?" if exact else did_you_mean(text, options)
    return f"{text}: overrides are written KEY=VALUE.{hint}"


def _is_group(override: Override, request: Request) -> bool:
    key = override.key_or_group
    return key in request.groups or key.startswith("hydra/")


def _options(override: Override) -> list[str]:
    loader = GlobalHydra.instance().config_loader()
    return list(loader.get_group_options(override.key_or_group, ObjectType.CONFIG))


def _points(override: Override) -> Iterator[str]:
    """Yield the values of a sweep as text; of an interval its start."""
    value = override.value()
    if isinstance(value, IntervalSweep):
        yield str(value.start)
    elif isinstance(value, Glob):
        yield from value.filter(_options(override))
    else:
        yield from map(str, override.sweep_iterator(transformer=Transformer.encode))


def _first_point(override: Override) -> str:
    if not override.is_sweep_override():
        return str(override.input_line)
    key = str(override.input_line).partition("=")[0]
    return f"{key}={next(_points(override), '')}"


def _diagnose(overrides: Sequence[Override], request: Request) -> list[str]:
    """Find every problem among overrides: first of the groups, then of the values in them."""
    groups = [o for o in overrides if _is_group(o, request)]
    values = [o for o in overrides if o not in groups and not o.is_delete()]
    good, problems = [], []
    for override in groups:
        wrong: list[str] = []
        if not override.is_delete():
            names = [override.value()] if not override.is_sweep_override() else _points(override)
            wrong = list(wrong_options(override.key_or_group, list(names), _options(override)))
        problems += wrong
        if not wrong:
            good.append(_first_point(override))
    asks_hydra = any(o.key_or_group.startswith("hydra.") for o in values)
    try:
        config = _compose(request, good)
        whole = _compose(request, good, hydra=True) if asks_hydra else config
    except COMPOSE_ERRORS as error:
        return problems or [first_line(error)]
    for override in values:
        first, *others = _points(override) if override.is_sweep_override() else [override.value()]
        own = not override.key_or_group.startswith("hydra.")
        target = config if own else whole
        for value in others:
            tried = target.copy()
            problems += _set(tried, override, value, request) or (check(tried) if own else [])
        problems += _set(target, override, first, request)
    return list(dict.fromkeys(problems + check(config)))


def _set(config: DictConfig, override: Override, value: Any, request: Request) -> list[str]:
    key = override.key_or_group
    if override.is_sweep_override():
        value = OverridesParser.create().parse_override(f"{key}={value}").value()
    return apply(config, key, value, request.groups)
