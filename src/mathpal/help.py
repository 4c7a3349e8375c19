"""`train --help` and `train --help GROUP`, read from conf/ and the schemas; Hydra stays out.

Hydra's own help composes everything and takes over a second; this takes a tenth of one.
"""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import MISSING as NO_DEFAULT
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

import yaml

from mathpal import config
from mathpal.errors import RequestError, did_you_mean
from mathpal.sweeps import options

USED_MOST = (
    ("model.name=FOLDER_OR_ID", "with model=hf: any causal language model"),
    ("data.path=FILE", "with data=jsonl or data=vi_math: your rows"),
    ("trainer.learning_rate=2e-4", "peak learning rate"),
    ("trainer.max_steps=100", "stop after so many steps (default: whole epochs)"),
    ("trainer.num_train_epochs=3", "passes over the data"),
    ("trainer.per_device_train_batch_size=8", "rows a device takes at once"),
    ("trainer.gradient_accumulation_steps=4", "batches added up to one step"),
    ("trainer.max_length=1024", "tokens a row may have"),
    ("hardware.precision=bf16", "fp32, bf16, fp16 or auto"),
    ("name=NAME  seed=1  output_dir=DIR", "the run's name, seed and place"),
    ("dry_run=true", "compose, check, plan; train nothing"),
)
EXAMPLES = (
    ("train", "the default: a small tutor, on any machine, in about a minute"),
    ("train experiment=quick_test", "does everything work?"),
    ("train model=smollm2 data=jsonl data.path=rows.jsonl", "a real model on your rows"),
    ("train -m lora=r8,r16 trainer.learning_rate=1e-4,2e-4", "four runs, several at a time"),
    ("train -m search=lora_tpe", "search for the best; the same command again goes on with it"),
    ("train --cfg job", "show the composed configuration and stop"),
)
FLAGS = (
    ("-m, --multirun", "run every combination of comma-separated values"),
    ("-c, --cfg job|hydra|all", "print the configuration; --resolve fills in references"),
    ("-cn, --config-name NAME", "another root config; -cp PATH, -cd DIR: other folders"),
    ("--help GROUP", "the keys of a group, with type, default and meaning"),
    ("--hydra-help, --info", "Hydra's own help; its plugins and search path"),
    ("-sc install=bash", 'shell completion: eval "$(train -sc install=bash)"'),
    ("--version", "mathpal's version"),
)
COMMANDS = (
    ("train [GROUP=OPTION] [key=value]", "compose, check and run an experiment"),
    ("preview [RUN_DIR] [key=value]", "show rows as the model will see them"),
    ("evaluate RUN_DIR [key=value]", "score a run's held-out answers again"),
    (
        "evaluate RUN_DIR --against RUN_DIR",
        "tell whether two runs' answers differ by more than luck",
    ),
    ("resume RUN_DIR [key=value]", "go on from a run's newest whole checkpoint"),
    ("report RUN_DIR|SWEEP_DIR", "write the report.html of a run, or of a sweep, anew"),
    ("doctor", "what a run would fail at here: machine, packages, network, caches"),
    (
        "doctor data [RUN_DIR] [key=value]",
        "what the tokenizer does to the text of the rows",
    ),
    ("fit [GROUP=OPTION] [key=value]", "which models fit on which GPUs, and what would make them"),
    ("grade FILE.jsonl", "judge answers: question, reference, prediction on each line"),
)
CLASSES: dict[str, list[tuple[str, type]]] = {
    "model": [("model/tiny", config.ModelConfig)],
    "lora": [("lora/r16", config.LoraConfig)],
    "data": [
        ("data/vi_math_synth", config.SynthConfig),
        ("data/vi_math", config.FileConfig),
        ("data/custom", config.CustomConfig),
    ],
    "trainer": [("trainer/sft", config.SftConfig)]
    + [(f"trainer/{name}", kind) for name, kind in config.TRAINERS.items() if name != "sft"],
    "optimizer": [("optimizer/adamw", config.OptimizerConfig)],
    "hardware": [("hardware/auto", config.HardwareConfig)],
    "tracking": [("tracking/local", config.TrackingConfig)],
    "evaluation": [("evaluation/answers", config.EvaluationConfig)],
    "export": [("export/adapter", config.ExportConfig)],
    "experiment": [("train", config.Experiment)],
    "search": [
        ("hydra/sweeper=search", options.SearchConf),
        ("hydra/launcher=pool", options.PoolConf),
        ("hydra/launcher=slurm", options.SlurmConf),
        ("hydra/launcher=ray", options.RayConf),
    ],
}
"""Group -> the options whose keys are shown, each with its class."""


def text(command: str, topics: Sequence[str]) -> str:
    """Return the help of the program, or of the groups named: `lora`, `lora=r8` or `lora.r`.

    Other overrides on the line are passed over.

    Raises: RequestError for a group that there is not.
    """
    named = {topic: topic.partition("=")[0].partition(".")[0] for topic in topics}
    groups = [group for group in named.values() if group in config.GROUPS]
    unknown = [topic for topic in topics if "=" not in topic and named[topic] not in groups]
    if command == "train":
        if unknown:
            hint = did_you_mean(unknown[0], config.GROUPS)
            known = ", ".join(config.GROUPS)
            raise RequestError(f"--help: there is no group '{unknown[0]}'.{hint} Groups: {known}")
        return "\n".join(map(_group, groups)) if groups else _program()
    return _commands()


def _program() -> str:
    parts = [
        "train: compose, check and run a fine-tuning experiment\n",
        _heading("usage") + "  train [GROUP=OPTION ...] [key=value ...] [-m]\n",
        _heading("groups") + _table((g, _options(g)) for g in config.GROUPS),
        _heading("overrides used most") + _table(USED_MOST),
        _heading("examples") + _table(EXAMPLES),
        _heading("flags, anywhere on the line") + _table(FLAGS),
        _heading("after a run") + _table((f"mathpal {c}", h) for c, h in COMMANDS[1:]),
        "exit codes: 0 done, 1 the job failed, 2 the request was wrong, 130 interrupted\n",
    ]
    return "\n".join(parts)


def _commands() -> str:
    listed = _table((f"mathpal {c}", h) for c, h in COMMANDS)
    return f"mathpal: launch and judge fine-tuning experiments\n\n{listed}\nmore: train --help\n"


def _group(group: str) -> str:
    options = "".join(
        f"  {_bold(path.stem)}\n{textwrap.indent(about, '      ')}\n"
        for path, about in _described(group)
    )
    sections = [_heading(f"{group}: options") + options]
    shown: dict[str, str] = {}
    for option, kind in CLASSES[group]:
        listed = _keys(group, option, kind)
        new = {key: text for key, text in listed.items() if shown.get(key) != text}
        shown |= listed
        name = option if option.startswith("hydra/") else option.replace("/", "=")
        title = "keys of the run" if option == "train" else f"keys of {name}"
        more = " besides" if len(new) < len(listed) else ""
        sections.append(_heading(title + more) + "\n".join(new.values()) + "\n")
    return "\n".join(sections)


def _keys(group: str, option: str, kind: type) -> dict[str, str]:
    """Describe the keys of an option, by name, with the defaults that its file gives."""
    path = config.conf_dir() / f"{option}.yaml"
    given = _given(path) if path.is_file() else {}
    keys_of_hydra = option.partition("=")[0].replace("/", ".")
    prefix = {"experiment": "", "search": f"{keys_of_hydra}."}.get(group, f"{group}.")
    described = {}
    for f in fields(kind):
        if f.name in config.GROUPS or "help" not in f.metadata:
            continue
        default = _spelled(given[f.name] if f.name in given else _default(f))
        head = f"  {_bold(prefix + f.name)} ({_type(f)}, default {default})"
        text = textwrap.fill(_help(f), 96, initial_indent=" " * 6, subsequent_indent=" " * 6)
        described[f.name] = f"{head}\n{text}"
    return described


def _given(path: Path) -> dict[str, Any]:
    """Return what a file of conf/ sets, and what those that it lists in its defaults do."""
    own: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    values: dict[str, Any] = {}
    for entry in own.pop("defaults", []):
        shared = config.conf_dir() / f"{str(entry).partition('@')[0].strip('/')}.yaml"
        if shared.is_file():
            values |= _given(shared)
    return values | own


def _help(f: Field[Any]) -> str:
    choices = f.metadata.get("choices")
    text: str = f.metadata["help"]
    return f"{text.rstrip('.')}. Choices: {', '.join(map(str, choices))}." if choices else text


def _type(f: Field[Any]) -> str:
    annotation = f.type.__name__ if isinstance(f.type, type) else str(f.type)
    name = str(f.type) if annotation in ("list", "dict") else annotation
    return name.replace("typing.", "").replace("None", "null")


def _default(f: Field[Any]) -> Any:
    return f.default if f.default_factory is NO_DEFAULT else f.default_factory()


def _spelled(value: Any) -> str:
    """Write a value as an override spells it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return "none: must be set" if value == "???" else str(value)


def _options(group: str) -> str:
    return ", ".join(path.stem for path, _ in _described(group))


def _described(group: str) -> Iterator[tuple[Path, str]]:
    """Yield the options of a group, each with the comment that opens its file."""
    for path in sorted((config.conf_dir() / group).glob("*.yaml"), key=_natural):
        lines = []
        for line in path.read_text(encoding="utf-8").splitlines():
            if not line.startswith("#"):
                break
            if not line.startswith("# @package"):
                lines.append(line.removeprefix("#").removeprefix(" "))
        yield path, "\n".join(lines)


def _natural(path: Path) -> tuple[str, int]:
    letters = path.stem.rstrip("0123456789")
    return letters, int(path.stem[len(letters) :] or 0)


def _table(rows: Any) -> str:
    rows = list(rows)
    width = max(len(left) for left, _ in rows) + 2
    lines = []
    for left, right in rows:
        wrapped = textwrap.wrap(right, max(96 - width, 30)) or [""]
        lines.append(f"  {_bold(left)}{' ' * (width - len(left))}{wrapped[0]}")
        lines += [" " * (width + 2) + more for more in wrapped[1:]]
    return "\n".join(lines) + "\n"


def _heading(title: str) -> str:
    return f"{_bold(title)}\n"


def _bold(title: str) -> str:
    return (
        f"\033[1m{title}\033[0m" if sys.stdout.isatty() and "NO_COLOR" not in os.environ else title
    )
