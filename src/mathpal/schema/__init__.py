"""The options of trl and peft as typed fields, read from data files without importing either.

``python -m mathpal.schema.generate`` writes the files from the installed libraries.
"""

import copy
import dataclasses
import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Option", "Schema", "changed", "load", "options_class"]

# What OmegaConf can hold and check; every other annotation is "any".
TYPES: Mapping[str, Any] = {
    "bool": bool,
    "int": int,
    "float": float,
    "str": str,
    "list[str]": list[str],
    "list[int]": list[int],
    "dict": dict[str, Any],
    "any": Any,
}


@dataclass(frozen=True)
class Option:
    """One option of a library's configuration class."""

    name: str
    type: str
    """A key of `TYPES`."""
    optional: bool
    """Whether None is allowed."""
    default: Any
    choices: tuple[str, ...] | None
    """The only values allowed, or None where the library names no closed set."""
    help: str


@dataclass(frozen=True)
class Schema:
    """The options of one configuration class: those of the class it extends, then its own."""

    library: str
    version: str
    options: Mapping[str, Option]
    owned: Mapping[str, str | None]
    """Options that the launcher sets itself: the key to use instead, or None if there is none."""


def path(name: str) -> Path:
    """Return the data file of a schema ("sft", "dpo", "lora")."""
    return Path(__file__).with_name(f"{name}.json")


@functools.cache
def load(name: str) -> Schema:
    """Read the schema called `name` ("sft", "dpo", "lora"), with what it extends."""
    document = json.loads(path(name).read_text(encoding="utf-8"))
    options = {entry["name"]: _option(entry) for entry in document["options"]}
    owned = document["owned"]
    if document["extends"] is not None:
        base = load(document["extends"])
        options = {**base.options, **options}
        owned = {**base.owned, **owned}
    return Schema(document["library"], document["version"], options, owned)


def options_class(
    name: str,
    class_name: str,
    bases: tuple[type, ...] = (),
    more_choices: Mapping[str, tuple[str, ...]] | None = None,
    module: str = __name__,
) -> type[Any]:
    """Build a dataclass with one field an option, to be held by OmegaConf.

    `module` is where it will be found by its name. The fields of `bases` come first. A field's
    metadata has the option's "help" and "choices", to which `more_choices` adds by its name.
    """
    more = more_choices or {}
    fields = [
        (option.name, _annotation(option), _field(option, more.get(option.name, ())))
        for option in load(name).options.values()
    ]
    # Named after the module that keeps it, so that it is pickled by reference, as joblib needs.
    namespace = {"__module__": module}
    return dataclasses.make_dataclass(class_name, fields, bases=bases, namespace=namespace)


def changed(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the library's options that differ from the library's defaults.

    Passing only these keeps a run working when the library renames a field that nobody set.
    """
    options = load(name).options
    return {
        key: value
        for key, value in values.items()
        if key in options and value != options[key].default
    }


def _option(entry: Mapping[str, Any]) -> Option:
    choices = entry["choices"]
    return Option(**{**entry, "choices": None if choices is None else tuple(choices)})


def _annotation(option: Option) -> Any:
    annotation = TYPES[option.type]
    return annotation | None if option.optional and annotation is not Any else annotation


def _field(option: Option, more_choices: tuple[str, ...]) -> Any:
    choices = None if option.choices is None else option.choices + more_choices
    metadata = {"help": option.help, "choices": choices}
    if isinstance(option.default, list | dict):
        factory = functools.partial(copy.deepcopy, option.default)
        return dataclasses.field(default_factory=factory, metadata=metadata)
    return dataclasses.field(default=option.default, metadata=metadata)
