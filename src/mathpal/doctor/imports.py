"""Whether the libraries of a run can be imported and compute, tried in a process of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mathpal.doctor import child
from mathpal.doctor.finding import Finding, State
from mathpal.doctor.packages import extras, installed, required
from mathpal.hardware import may_have_gpu

TRAIN = ("torch", "transformers", "peft", "trl")
"""What every run imports; each takes the ones before it along."""

OTHERS = {"optuna": "needed by searches (train -m)", "wandb": "needed by tracking=wandb"}
"""What some runs import -> which of them."""

PATIENCE_SECONDS = 120.0
"""How long imports may take: a cold disk, or one on the network, is slow."""


@dataclass(frozen=True)
class Imported:
    """What came of an import; `failure` is None where it worked."""

    failure: str | None
    facts: Mapping[str, Any] = field(default_factory=dict)


def everything(tell: Callable[[str], None]) -> dict[str, Imported]:
    """Import what runs import; `tell` gets what is being imported now.

    Optuna comes along with mathpal, wandb where it was asked for.
    """
    there = [name for name in OTHERS if name != "wandb" or installed(name) is not None]
    return load([*TRAIN, *there], tell)


def load(
    names: Sequence[str], tell: Callable[[str], None] = lambda text: None
) -> dict[str, Imported]:
    """Import libraries in a process of their own, in another one after each that fails."""
    found: dict[str, Imported] = {}

    def note(facts: Mapping[str, Any]) -> None:
        found[facts["name"]] = Imported(None, facts)
        _tell_next(names, found, tell)

    _tell_next(names, found, tell)
    while left := [name for name in names if name not in found]:
        answer = child.ask("mathpal.doctor.loading", left, PATIENCE_SECONDS, heard=note)
        failed = [name for name in left if name not in found]
        if failed:
            found[failed[0]] = Imported(answer.failure or "the process ended too early")
    return found


def findings(imported: Mapping[str, Imported]) -> Iterator[Finding]:
    """Yield what came of the imports."""
    for name, outcome in imported.items():
        yield _finding(name, outcome)


def unsloth() -> list[Finding]:
    """Return whether Unsloth can be imported; nothing where it is not installed.

    Its own switch lets it start without a GPU, which it otherwise refuses.
    """
    found = installed("unsloth")
    if found is None:
        return []
    if not may_have_gpu() and os.environ.get("UNSLOTH_ALLOW_CPU") != "1":
        return [Finding("unsloth", State.NOTE, f"{found}; needs a GPU, and there is none")]
    outcome = load(["unsloth"])["unsloth"]
    if outcome.failure is not None:
        text = f"{found} cannot be imported: {outcome.failure}"
        return [Finding("unsloth", State.WARNING, text, "pip install 'mathpal[unsloth]'")]
    seconds = outcome.facts["seconds"]
    return [Finding("unsloth", State.OK, f"{found}, imported in {seconds:.1f} s")]


def reinstall(name: str) -> str:
    """Return the command that installs a package anew, in mathpal's range."""
    known = [*required(), *(r for needed in extras().values() for r in needed)]
    wanted = next((str(r) for r in known if r.name == name), name)
    return f"pip install --force-reinstall '{wanted}'"


def _finding(name: str, outcome: Imported) -> Finding:
    found = installed(name) or "without metadata"
    if outcome.failure is None:
        text = f"{found}, imported in {outcome.facts['seconds']:.1f} s"
        if "num_threads" in outcome.facts:
            text += f", computes (threads: {outcome.facts['num_threads']})"
        return Finding(name, State.OK, text)
    text = f"{found} cannot be imported: {outcome.failure}"
    if name in OTHERS:
        return Finding(name, State.WARNING, f"{text}; {OTHERS[name]}", reinstall(name))
    return Finding(name, State.BROKEN, text, reinstall(name))


def _tell_next(
    names: Sequence[str], found: Mapping[str, Imported], tell: Callable[[str], None]
) -> None:
    following = next((name for name in names if name not in found), None)
    if following is not None:
        tell(f"importing {following}")
