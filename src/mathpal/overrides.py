"""Read overrides one by one: what each names, the values it takes, what is wrong with it alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from hydra.core.global_hydra import GlobalHydra
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob, IntervalSweep, Override, Transformer
from hydra.errors import HydraException

from mathpal.config import Experiment, conf_dir, dotted_keys
from mathpal.errors import RequestError, did_you_mean
from mathpal.problems import unknown_key, wrong_options


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
    def primary(self) -> Path:
        """The file of the primary config."""
        return self.root / f"{self.config_name.removesuffix('.yaml')}.yaml"

    @property
    def folders(self) -> list[Path]:
        """The folders of config groups, the user's own last."""
        return [self.root, *([self.config_dir.resolve()] if self.config_dir else [])]

    @property
    def groups(self) -> list[str]:
        """The names of the config groups."""
        return sorted({p.name for f in self.folders for p in f.iterdir() if p.is_dir()} - {"hydra"})

    @property
    def experiment_files(self) -> list[str]:
        """The experiments named by the path of a file, such as a sweep's best.yaml."""
        values = [o.partition("=")[2] for o in self.overrides if o.startswith("experiment=")]
        paths = [part.strip("'\" ") for value in values for part in value.split(",")]
        return [path for path in paths if path.endswith(".yaml") and Path(path).is_file()]

    def options(self, group: str) -> list[str]:
        """Return the options of a group, of Hydra's own groups too."""
        if group.startswith("hydra/"):
            loader = GlobalHydra.instance().config_loader()
            return list(loader.get_group_options(group, ObjectType.CONFIG))
        named = sorted({p.stem for f in self.folders for p in (f / group).glob("*.yaml")})
        return [*named, *self.experiment_files] if group == "experiment" else named

    def default(self, group: str) -> str | None:
        """Return the option that the primary config chooses for a group."""
        listed = yaml.safe_load(self.primary.read_text(encoding="utf-8")).get("defaults", [])
        return next((entry[group] for entry in listed if group in entry), None)

    def is_group(self, override: Override) -> bool:
        """Tell whether an override chooses an option, or sets a value."""
        key = override.key_or_group
        return key in self.groups or key.startswith("hydra/")


def parse(request: Request) -> tuple[list[Override], list[str]]:
    """Return the overrides that are right by themselves, and what is wrong with the others."""
    parser = OverridesParser.create()
    parsed, problems = [], []
    for text in request.overrides:
        try:
            override = parser.parse_override(text)
        except HydraException:
            problems.append(_unreadable(text, request))
            continue
        wrong = list(_wrong(text, override, request))
        problems += wrong
        if not wrong:
            parsed.append(override)
    return parsed, problems


def require_multirun(request: Request) -> None:
    """Refuse a search without the flag that asks for many runs.

    Raises: RequestError.
    """
    for text in request.overrides:
        group, _, option = text.partition("=")
        if group == "search" and option != "null" and not request.multirun:
            raise RequestError(f"{text}: a search is many runs; add --multirun (-m)")


def points(override: Override, request: Request) -> list[str]:
    """Return the values of a sweep as text; of an interval its start."""
    value = override.value()
    if isinstance(value, IntervalSweep):
        return [str(value.start)]
    if isinstance(value, Glob):
        return list(value.filter(request.options(override.key_or_group)))
    return [str(v) for v in override.sweep_iterator(transformer=Transformer.encode)]


def first_point(override: Override, request: Request) -> str:
    """Return the override with the first value of its sweep, or as it is."""
    text = str(override.input_line)
    if not override.is_sweep_override():
        return text
    return f"{text.partition('=')[0]}={next(iter(points(override, request)), '')}"


def adds(override: Override) -> bool:
    """Tell whether an override is written with a plus, or two."""
    return override.is_add() or override.is_force_add()


def _wrong(text: str, override: Override, request: Request) -> Iterator[str]:
    key = override.key_or_group
    if not key:
        yield f"{text}: overrides are written KEY=VALUE"
    elif override.is_sweep_override() and not request.multirun:
        yield f"{text}: several values need --multirun (-m); quote it to mean text"
    elif request.is_group(override):
        yield from _wrong_group(text, override, request)
    elif override.is_delete():
        yield f"{text}: a key cannot be taken away; {key}=null empties it where that is allowed"


def _wrong_group(text: str, override: Override, request: Request) -> Iterator[str]:
    group, value = override.key_or_group, override.value()
    options = request.options(group)
    if not options:
        loader = GlobalHydra.instance().config_loader()
        known = [f"hydra/{name}" for name in loader.get_group_options("hydra", ObjectType.GROUP)]
        yield f"unknown key '{group}'.{did_you_mean(group, known)}"
    elif override.is_delete():
        if value and value != (chosen := request.default(group)):
            yield f"{text}: the choice is {group}={chosen}; ~{group} takes it away"
    elif adds(override):
        yield f"{text}: the group is there already; write {group}={value}"
    elif override.is_sweep_override():
        yield from wrong_options(group, points(override, request), options)
    elif not (group == "experiment" and value is None):
        yield from wrong_options(group, value if isinstance(value, list) else [value], options)


def _unreadable(text: str, request: Request) -> str:
    key, equals, value = text.partition("=")
    known: Sequence[str] = [*request.groups, *Experiment.__dataclass_fields__, *dotted_keys()]
    if equals and key.lstrip("+~") not in known:
        return unknown_key(key.lstrip("+~"), known)
    if equals:
        return f"{text}: the value cannot be read; quote it: {key}='\"{value}\"'"
    choices = {f"{group}={o}": o for group in request.groups for o in request.options(group)}
    exact = [choice for choice, option in choices.items() if option == text]
    hint = f" Did you mean '{exact[0]}'?" if exact else did_you_mean(text, choices)
    return f"{text}: overrides are written KEY=VALUE.{hint}"
