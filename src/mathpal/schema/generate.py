"""Write the option schemas from the installed libraries: `python -m mathpal.schema.generate`.

With `--check`, write nothing, print what differs and exit with 1 if anything does.
"""

import argparse
import dataclasses
import enum
import functools
import importlib.metadata
import json
import os
import pkgutil
import re
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from mathpal.schema import TYPES, path

CLASSES = {
    "training": "transformers.TrainingArguments",
    "sft": "trl.SFTConfig",
    "dpo": "trl.DPOConfig",
    "kto": "trl.KTOConfig",
    "orpo": "trl.experimental.orpo.ORPOConfig",
    "grpo": "trl.GRPOConfig",
    "reward": "trl.RewardConfig",
    "lora": "peft.LoraConfig",
}
"""Schema -> the class that it describes."""

EXTENDS = dict.fromkeys(("sft", "dpo", "kto", "orpo", "grpo", "reward"), "training")
"""Schema -> the one whose options it has as well; its file holds what differs."""

OF_THE_MODEL = {"model_init_kwargs": "model", "trust_remote_code": "model.trust_remote_code"}

# Options that the launcher sets itself, each with the key to use instead (None: there is none).
OWNED: Mapping[str, Mapping[str, str | None]] = {
    "training": {
        "output_dir": "output_dir",
        "run_name": "name",
        "seed": "seed",
        "use_cpu": "hardware.device",
        "bf16": "hardware.precision",
        "fp16": "hardware.precision",
        "tf32": "hardware.tf32",
        "local_rank": None,
        "report_to": "tracking",
        "disable_tqdm": None,
        "resume_from_checkpoint": "resume",
        "do_train": None,
        "do_eval": None,
        "do_predict": None,
        "push_to_hub": None,
        "hub_token": "the HF_TOKEN environment variable",
        "hub_private_repo": None,
        "hub_model_id": None,
        "hub_strategy": None,
        "hub_always_push": None,
        "hub_revision": None,
    },
    "sft": {**OF_THE_MODEL, "chat_template_path": "model", "dataset_text_field": "data"},
    "dpo": OF_THE_MODEL,
    "kto": OF_THE_MODEL,
    "orpo": {**OF_THE_MODEL, "is_encoder_decoder": None},
    "grpo": {**OF_THE_MODEL, "chat_template_kwargs": None},
    "reward": {**OF_THE_MODEL, "chat_template_path": "model"},
    "lora": {
        "task_type": None,
        "peft_type": None,
        "auto_mapping": None,
        "peft_version": None,
        "base_model_name_or_path": "model.name",
        "revision": "model.revision",
        "inference_mode": None,
        "runtime_config": None,
    },
}

# "Options: 'a', 'b'." and "Possible values are 'a', 'b', and 'c'."
LISTED = re.compile(r"(?:Options:|Possible values are) ('\w+'(?:(?:,|,? and|,? or) '\w+')*)\.")

MARKUP = [
    (re.compile(r"<a href='[^']*'\s*>(.*?)</a>"), r"\1"),
    (re.compile(r"\[`?([^\]`]+)`?\]\(\S+?\)"), r"\1"),
    (re.compile(r"\[`([^\]`]+)`\]"), r"\1"),
    (re.compile(r"`"), ""),
    (re.compile(r"%%"), "%"),  # the help of argparse
    (re.compile(r"\.(?=(?:You|It|This|But) )"), ". "),  # peft joins strings without a space
]


def main() -> int:
    """Write the schemas, or with `--check` compare them, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only print what is not current")
    if parser.parse_args().check:
        stale = [difference for name in CLASSES for difference in differences(name)]
        print(*stale, sep="\n", end="\n" if stale else "")
        return int(bool(stale))
    for name in CLASSES:
        path(name).write_text(render(document(name)), encoding="utf-8")
    return 0


def differences(name: str) -> list[str]:
    """Return what differs between a schema file and the library, as "sft.learning_rate"."""
    fresh, text = document(name), path(name).read_text(encoding="utf-8")
    if text == render(fresh):
        return []
    old, new = _flat(json.loads(text)), _flat(fresh)
    names = [key for key in {**new, **old} if old.get(key) != new.get(key)]
    return [f"{name}.{key}" for key in names or ["order or layout"]]


def document(name: str) -> dict[str, Any]:
    """Describe a configuration class of an installed library as plain data.

    Options that are equal in the class that it extends are left out.
    """
    os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")  # ORPO's home warns when imported
    library = CLASSES[name].partition(".")[0]
    config_class = pkgutil.resolve_name(CLASSES[name])
    hints = typing.get_type_hints(config_class)
    fields = {field.name: field for field in dataclasses.fields(config_class)}
    base = EXTENDS.get(name)
    extended = [] if base is None else document(base)["options"]
    owned = {**OWNED.get(base or "", {}), **OWNED[name]}
    if unknown := owned.keys() - fields:
        raise SystemExit(f"OWNED names what {CLASSES[name]} no longer has: {sorted(unknown)}")
    options = [
        describe(field, hints[field.name]) for field in fields.values() if field.name not in owned
    ]
    return {
        "library": library,
        "version": importlib.metadata.version(library),
        "class": CLASSES[name],
        "extends": base,
        "owned": dict(OWNED[name]),
        "options": [option for option in options if option not in extended],
    }


def render(schema: Mapping[str, Any]) -> str:
    """Write a schema as JSON with one option a line, for readable diffs."""
    dump = functools.partial(json.dumps, ensure_ascii=False)
    head = [f" {dump(key)}: {dump(value)}," for key, value in schema.items() if key != "options"]
    options = ",\n".join(f"  {dump(option)}" for option in schema["options"])
    return "\n".join(["{", *head, ' "options": [', options, " ]", "}", ""])


def describe(field: dataclasses.Field[Any], hint: Any) -> dict[str, Any]:
    """Describe one field: its name, type, default, choices and help."""
    held = _members(hint)
    members = [member for member in held if member is not types.NoneType]
    text = plain(field.metadata["help"])
    # A flag that also stands alone (`--fsdp`) takes a bool that its annotation leaves out.
    type_name = "any" if "const" in field.metadata else type_of(members)
    default = _default(field)
    return {
        "name": field.name,
        "type": type_name,
        "optional": default is None or len(members) < len(held),
        "default": float(default) if type_name == "float" and default is not None else default,
        "choices": choices(field, members, text) if type_name == "str" else None,
        "help": sentences(text, 2),
    }


def type_of(members: list[Any]) -> str:
    """Name the type that holds all members of a union, "any" if no plain type does.

    >>> type_of([int, float]), type_of([list[str]]), type_of([str, dict])
    ('float', 'list[str]', 'any')
    """
    names = {_type_name(member) for member in members}
    if names == {"int", "float"}:
        return "float"
    return names.pop() if len(names) == 1 else "any"


def choices(field: dataclasses.Field[Any], members: list[Any], text: str) -> list[str] | None:
    """Return the closed set of values that the metadata, the types or the help give, in order."""
    if "choices" in field.metadata:
        return list(field.metadata["choices"])
    if typed := [value for member in members for value in _values(member)]:
        return typed
    listed = LISTED.search(re.sub(r" \([^()]*\)", "", text))
    return re.findall(r"'(\w+)'", listed[1]) if listed else None


def plain(text: str) -> str:
    """Strip markup and collapse white space.

    >>> plain("Use  [`Trainer`] or [this](https://x.org), `a=1`; 20%% slower.")
    'Use Trainer or this, a=1; 20% slower.'
    """
    for pattern, replacement in MARKUP:
        text = pattern.sub(replacement, text)
    return " ".join(text.split())


def sentences(text: str, number: int) -> str:
    """Return the first sentences of a text.

    >>> sentences("Rank, e.g. 8. Higher costs memory. See the paper.", 2)
    'Rank, e.g. 8. Higher costs memory.'
    """
    kept = " ".join(re.split(r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.) ", text)[:number])
    return kept if kept.endswith((".", "!", "?")) else f"{kept}."


def _flat(schema: Mapping[str, Any]) -> dict[str, Any]:
    options = {option["name"]: option for option in schema["options"]}
    head = {key: value for key, value in schema.items() if key != "options"}
    return {**head, **options}


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default.value if isinstance(field.default, enum.Enum) else field.default


def _members(hint: Any) -> tuple[Any, ...]:
    is_union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    return typing.get_args(hint) if is_union else (hint,)


def _type_name(member: Any) -> str:
    if any(_values(member)):
        return "str"
    if typing.get_origin(member) is dict or member is dict:
        return "dict"
    return next((name for name, held in TYPES.items() if held == member), "any")


def _values(member: Any) -> Iterator[str]:
    """Yield the texts of an enum or a literal; nothing for any other type."""
    if isinstance(member, type) and issubclass(member, enum.Enum):
        yield from (item.value for item in member)
    if typing.get_origin(member) is Literal:
        yield from (value for value in typing.get_args(member) if isinstance(value, str))


if __name__ == "__main__":
    sys.exit(main())
