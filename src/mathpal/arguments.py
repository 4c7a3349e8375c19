"""Read `train`'s arguments: Hydra's own flags, standing anywhere among the overrides."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from hydra._internal.utils import get_args_parser

from mathpal.config import dotted_keys
from mathpal.errors import RequestError, did_you_mean
from mathpal.overrides import Request
from mathpal.problems import ALIASES


@dataclass(frozen=True)
class CommandLine:
    """A request, and the flags that go with it to Hydra."""

    request: Request
    flags: tuple[str, ...]
    shows_config: bool
    """Whether the composed config is only to be printed."""
    package: str | None
    """The part of the config that --cfg job is to print; None: all."""
    asks_hydra: bool
    """Whether Hydra itself is asked about (its help, its plugins, completion), not a run."""


class _Parser(argparse.ArgumentParser):
    """Hydra's flags, with errors as RequestError instead of a usage message and an exit."""

    def error(self, message: str) -> NoReturn:
        raise RequestError(message)


def read(arguments: Sequence[str]) -> CommandLine:
    """Take a command line apart.

    Raises: RequestError for a flag that Hydra does not have.
    """
    parser = _Parser(prog="train", add_help=False, allow_abbrev=False, parents=[_hydra_flags()])
    known, unknown = parser.parse_known_intermixed_args(list(arguments))
    stray = [u for u in unknown if u.startswith("-")]
    if stray:
        raise RequestError([_stray_flag(flag, parser) for flag in stray])
    chosen = [known.multirun and "--multirun", known.cfg and "--cfg", known.info and "--info"]
    if len([c for c in chosen if c]) > 1:
        raise RequestError(f"{' and '.join(c for c in chosen if c)} do not go together; choose one")
    if known.resolve and not known.cfg:
        raise RequestError("--resolve fills in the references of --cfg; add --cfg job")
    overrides = [*known.overrides, *unknown]
    flags = list(arguments)
    for override in overrides:
        flags.remove(override)
    request = Request(
        overrides=tuple(overrides),
        config_name=known.config_name or "train",
        config_path=Path(known.config_path) if known.config_path else None,
        config_dir=Path(known.config_dir) if known.config_dir else None,
        multirun=bool(known.multirun),
    )
    asks_hydra = bool(
        known.hydra_help or known.info or known.shell_completion or known.experimental_rerun
    )
    package = known.package if known.cfg == "job" else None
    return CommandLine(
        request, tuple(_absolute_paths(flags)), known.cfg is not None, package, asks_hydra
    )


def _hydra_flags() -> argparse.ArgumentParser:
    parser = get_args_parser()
    parser.add_help = False
    for action in list(parser._actions):
        if "--help" in action.option_strings or "--version" in action.option_strings:
            parser._remove_action(action)
            for name in action.option_strings:
                parser._option_string_actions.pop(name, None)
    return parser


def _absolute_paths(flags: Sequence[str]) -> list[str]:
    """Make the path behind --config-path absolute: Hydra takes it from the program's folder."""
    result: list[str] = []
    for flag in flags:
        name, equals, path = flag.partition("=")
        if equals and name in ("--config-path", "-cp"):
            result += [name, str(Path(path).resolve())]
            continue
        after_path = bool(result) and result[-1] in ("--config-path", "-cp")
        result.append(str(Path(flag).resolve()) if after_path else flag)
    return result


def _stray_flag(flag: str, parser: argparse.ArgumentParser) -> str:
    name, _, value = flag.lstrip("-").replace("-", "_").partition("=")
    keys = {key.rpartition(".")[2]: key for key in reversed(dotted_keys())} | ALIASES
    if name in keys:
        return f"{flag}: options are written KEY=VALUE: {keys[name]}={value or '...'}"
    known = [s for a in parser._actions for s in a.option_strings if s.startswith("--")]
    known += ["--help", "--version"]
    hint = did_you_mean(flag, known) or " Options are written KEY=VALUE; see train --help"
    return f"there is no flag {flag}.{hint}"
