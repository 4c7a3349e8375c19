"""What is wrong with a composed config or an override, in one line each, with what to write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import Field, fields, is_dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from mathpal import schema
from mathpal.config import TRAINERS, dotted_keys
from mathpal.errors import RequestError, did_you_mean, similar

ALIASES = {
    "lr": "trainer.learning_rate",
    "epochs": "trainer.num_train_epochs",
    "num_epochs": "trainer.num_train_epochs",
    "steps": "trainer.max_steps",
    "batch_size": "trainer.per_device_train_batch_size",
    "max_seq_length": "trainer.max_length",
    "max_seq_len": "trainer.max_length",
    "warmup_ratio": "trainer.warmup_steps",
    "alpha": "lora.lora_alpha",
    "dropout": "lora.lora_dropout",
    "rank": "lora.r",
    "lora_r": "lora.r",
    "dataset": "data",
    "model_name": "model.name",
    "model_name_or_path": "model.name",
    "wandb": "tracking",
}
"""What people type by habit from other tools -> our key."""

OPTIONAL_GROUPS = {"lora": "lora=r16", "evaluation": "evaluation=answers"}
"""Groups that may be none, with an option that has keys."""

HAVE_MORE_KEYS = {"data": ("jsonl", "vi_math")}
"""Options with keys that others of their group lack."""

READABLE = {"int": "a whole number", "float": "a number", "bool": "true or false", "str": "text"}


def check(config: DictConfig, *, allow_missing: bool = False) -> list[str]:
    """Return what is wrong with a composed config: keys, choices, missing values, targets."""
    try:
        OmegaConf.to_container(config, resolve=True)
    except OmegaConfBaseException as error:
        return [f"{error.full_key}: {first_line(error)}"]
    known = list(keys(config))
    problems = [unknown_key(key, known) for key in _strangers(config)]
    problems += [_not_a_choice(*wrong) for wrong in _wrong_choices(config)]
    missing = [] if allow_missing else sorted(OmegaConf.missing_keys(config))
    problems += [f"no value for {key}: set {key}=..." for key in missing]
    return problems or list(_forbidden_targets(config))


def apply(
    config: DictConfig, key: str, value: Any, groups: Sequence[str] = (), *, adds: bool = False
) -> list[str]:
    """Set a value in place; return what is wrong with its key or type.

    `adds` is whether the override was written with a plus, which new entries of a mapping need.
    """
    field = _field(config, key)
    if field is None and not _inside_a_dict(config, key) and not _of_hydra(config, key):
        return [unknown_key(key, [*keys(config), *groups])]
    if field is None and not adds and not _of_hydra(config, key) and key not in keys(config):
        return [f"{key}: a new entry is written with a plus: +{key}={value}"]
    try:
        OmegaConf.update(config, key, value, force_add=True)
    except OmegaConfBaseException:
        expected = "another type" if field is None else readable(field.type)
        choices = None if field is None else field.metadata.get("choices")
        text = "null" if value is None else str(value)
        truths = ["true", "false"] if "true" in expected else []
        return [f"{key}={text}: expected {expected}.{did_you_mean(text, choices or truths)}"]
    return []


def keys(config: DictConfig) -> Iterator[str]:
    """Yield every dotted key that may be set in a composed config."""
    for prefix, node, kind in _walk(config):
        if kind is not None:
            yield from (f"{prefix}{f.name}" for f in fields(kind))
        elif prefix:
            yield from (f"{prefix}{key!s}" for key in node)


def require_key(config: DictConfig, key: str | None) -> None:
    """Refuse a part of the config that there is not; None asks for nothing.

    Raises: RequestError.
    """
    if key is not None and key not in (known := list(keys(config))):
        raise RequestError(unknown_key(key, known))


def unknown_key(key: str, known: Sequence[str]) -> str:
    """Say that there is no such key, and which was meant."""
    group, _, leaf = key.rpartition(".")
    owned = {"trainer": "sft", "lora": "lora"}.get(group)
    if owned is not None and leaf in (ours := schema.load(owned).owned):
        instead = f"; use {ours[leaf]} instead" if ours[leaf] else ""
        return f"{key}: set by mathpal itself{instead}"
    if group in OPTIONAL_GROUPS and not any(k.startswith(f"{group}.") for k in known):
        return f"{key}: {group}=none has no keys; choose one such as {OPTIONAL_GROUPS[group]}"
    if key in dotted_keys():
        methods = [
            name for name, kind in TRAINERS.items() if leaf in {f.name for f in fields(kind)}
        ]
        options = methods if group == "trainer" else HAVE_MORE_KEYS.get(group, ())
        others = " or ".join(f"{group}={name}" for name in options)
        return f"{key}: not a key of this option of '{group}'; {others} has it"
    alias = ALIASES.get(leaf)
    hint = f" Did you mean '{alias}'?" if alias else did_you_mean(key, known)
    hint = hint or did_you_mean(key, dotted_keys())
    return f"unknown key '{key}'.{hint or _elsewhere(leaf, known) or _where_to_look(group)}"


def wrong_options(group: str, names: Sequence[Any], options: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with the options chosen for a group."""
    for name in names:
        if name is None:
            none = f"{group}=none or ~{group}" if "none" in options else f"~{group}"
            yield f"{group}=null: a group takes a name, not null: use {none}"
        elif str(name) not in options:
            hint = _option_hint(group, str(name), options)
            yield f"{group}={name}: there is no '{name}' in '{group}'.{hint}"


def readable(annotation: Any) -> str:
    """Name a type for people.

    >>> readable("int | None"), readable(list[str] | None), readable(float)
    ('a whole number or null', 'list[str] or null', 'a number')
    """
    text = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    text = str(annotation) if text in ("list", "dict") else text
    inner = text.removesuffix(" | None")
    return READABLE.get(inner, inner) + (" or null" if inner != text else "")


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message."""
    return str(error).strip().partition("\n")[0]


def _not_a_choice(key: str, value: Any, choices: Sequence[Any]) -> str:
    names = [str(c) for c in choices]
    hint = did_you_mean(str(value), names) or _listed(names)
    return f"{key}={value}: not one of the choices.{hint}"


def _option_hint(group: str, name: str, options: Sequence[str]) -> str:
    if group == "model" and ("/" in name or Path(name).exists()):
        return f" A folder or an id on the hub is written model=hf model.name={name}"
    if group == "data" and ("/" in name or name.endswith((".jsonl", ".json"))):
        return f" A file is written data=jsonl data.path={name}"
    return did_you_mean(name, options) or _listed(options)


def _elsewhere(leaf: str, known: Sequence[str]) -> str:
    """Suggest the key of another group whose last part is `leaf`, or nearly so."""
    if len(leaf) < 3:
        return ""
    leaves: dict[str, str] = {}
    for key in sorted(known, key=lambda k: not k.startswith("trainer.")):
        leaves.setdefault(key.rpartition(".")[2], key)
    near = [leaf] if leaf in leaves else similar(leaf, leaves)
    return f" Did you mean '{leaves[near[0]]}'?" if near else ""


def _where_to_look(group: str) -> str:
    top = group.partition(".")[0]
    return f" `train --help {top}` lists its keys" if top else " `train --help` lists the groups"


def _listed(options: Sequence[str]) -> str:
    return f" Options: {', '.join(options[:12])}{', ...' if len(options) > 12 else ''}"


def _walk(config: DictConfig, prefix: str = "") -> Iterator[tuple[str, DictConfig, Any]]:
    """Yield every mapping below `config` with its dotted prefix and its dataclass, if any."""
    kind = OmegaConf.get_type(config)
    yield prefix, config, kind if is_dataclass(kind) else None
    for key in config:
        child = config._get_node(key)
        if isinstance(child, DictConfig) and not child._is_none() and not child._is_missing():
            yield from _walk(child, f"{prefix}{key!s}.")


def _strangers(config: DictConfig) -> Iterator[str]:
    for prefix, node, kind in _walk(config):
        if kind is not None:
            known = {f.name for f in fields(kind)}
            yield from (f"{prefix}{key!s}" for key in node if key not in known)


def _wrong_choices(config: DictConfig) -> Iterator[tuple[str, Any, Sequence[Any]]]:
    for prefix, node, kind in _walk(config):
        for f in fields(kind) if kind is not None else ():
            choices = f.metadata.get("choices")
            known = f.name in node and not OmegaConf.is_missing(node, f.name)
            # What follows another key is wrong there.
            if choices and known and not OmegaConf.is_interpolation(node, f.name):
                value = node[f.name]
                if value is not None and value not in choices:
                    yield f"{prefix}{f.name}", value, choices


def _forbidden_targets(config: DictConfig) -> Iterator[str]:
    allowed = ["mathpal", *config.allow_targets]
    for prefix, node, _ in _walk(config):
        package = str(node.get("_target_", "mathpal")).partition(".")[0]
        if package not in allowed:
            yield (
                f"{prefix}_target_={node['_target_']}: not one of mathpal's own; "
                f"if you trust it, add allow_targets=[{package}]"
            )


def _field(config: DictConfig, key: str) -> Field[Any] | None:
    parent, dot, leaf = key.rpartition(".")
    for prefix, _, kind in _walk(config):
        if prefix == parent + dot and kind is not None:
            return next((f for f in fields(kind) if f.name == leaf), None)
    return None


def _of_hydra(config: DictConfig, key: str) -> bool:
    """Tell whether Hydra's part has a key, which its classes do not always declare."""
    parent, _, leaf = key.rpartition(".")
    return key.startswith("hydra.") and any(
        prefix == f"{parent}." and leaf in node for prefix, node, _ in _walk(config)
    )


def _inside_a_dict(config: DictConfig, key: str) -> bool:
    parent = key.rpartition(".")[0]
    return any(prefix == f"{parent}." and kind is None for prefix, _, kind in _walk(config))
