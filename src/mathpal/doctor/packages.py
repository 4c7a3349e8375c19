"""The installed packages against the ranges of mathpal's own metadata, and of one another's."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from importlib.metadata import requires as requires_of

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mathpal.doctor.finding import Finding, State, listed

NOT_FOR_TRAIN = frozenset(
    ("hydra-optuna-sweeper", "optuna", "pytorch-optimizer", "scikit-learn", "sqlalchemy")
)
"""Required packages that searches, their reports and optimizer=lion or muon alone import."""

NOT_SHOWN = ("dev",)
"""Extras that are of no use to a user."""


def findings() -> Iterator[Finding]:
    """Yield what is missing or not in its range; first what every installation has."""
    ours = required()
    wrong = [r for r in ours if not fits(r)]
    named = ", ".join(f"{r.name} {installed(r.name)}" for r in ours if r not in wrong)
    text = f"{len(ours) - len(wrong)} of {len(ours)} in a version that mathpal allows: {named}"
    yield Finding("required", State.OK, text)
    for requirement in wrong:
        state = State.WARNING if requirement.name in NOT_FOR_TRAIN else State.BROKEN
        yield Finding(
            requirement.name, state, mismatch(requirement), f"pip install '{requirement}'"
        )
    for extra, needed in extras().items():
        yield _extra(extra, needed)
    yield from _conflicts()


def required() -> list[Requirement]:
    """Return what mathpal itself requires, without extras."""
    return _requirements("mathpal", "")


def extras() -> dict[str, list[Requirement]]:
    """Return what each of mathpal's extras adds."""
    names = distribution("mathpal").metadata.get_all("Provides-Extra") or []
    always = {str(r) for r in required()}
    added = {
        name: [r for r in _requirements("mathpal", name) if str(r) not in always]
        for name in names
        if name not in NOT_SHOWN
    }
    return {name: needed for name, needed in added.items() if needed}


def installed(name: str) -> str | None:
    """Return the installed version of a package; None too where an installation was cut short."""
    try:
        return distribution(name).metadata["Version"]
    except PackageNotFoundError:
        return None


def fits(requirement: Requirement) -> bool:
    """Tell whether the installed version is one that is required."""
    found = installed(requirement.name)
    return found is not None and requirement.specifier.contains(found, prereleases=True)


def mismatch(requirement: Requirement) -> str:
    """Say how the installed version differs from what is required."""
    found = installed(requirement.name)
    if found is None:
        return "not installed"
    return f"{found} is installed, {requirement.specifier} is required"


def _extra(extra: str, needed: list[Requirement]) -> Finding:
    install = f"pip install 'mathpal[{extra}]'"
    missing = [r.name for r in needed if installed(r.name) is None]
    if len(missing) == len(needed):
        return Finding(extra, State.NOTE, "not installed", install)
    if missing:
        return Finding(extra, State.WARNING, f"without {listed(missing)}", install)
    for requirement in needed:
        if not fits(requirement):
            text = f"{requirement.name}: {mismatch(requirement)}"
            return Finding(extra, State.WARNING, text, install)
    return Finding(extra, State.OK, ", ".join(f"{r.name} {installed(r.name)}" for r in needed))


def _conflicts() -> Iterator[Finding]:
    """Yield what a package that mathpal brings along requires and has not got."""
    checked: set[tuple[str, str]] = set()
    added = [r for needed in extras().values() for r in needed]
    waiting = [r for r in (*required(), *added) if installed(r.name) is not None]
    problems: dict[str, Finding] = {}
    while waiting:
        wanting = waiting.pop()
        for extra in ("", *sorted(wanting.extras)):
            key = (canonicalize_name(wanting.name), extra)
            if key in checked:
                continue
            checked.add(key)
            for needed in _requirements(wanting.name, extra):
                if fits(needed):
                    waiting.append(needed)
                    continue
                text = f"wants {needed}: {mismatch(needed)}"
                problems[f"{key[0]} {text}"] = Finding(
                    wanting.name, State.WARNING, text, f"pip install '{needed}'"
                )
    yield from problems.values()
    if not problems:
        num = len({name for name, _ in checked})
        yield Finding("conflicts", State.OK, f"none: the {num} packages in use fit together")


def _requirements(name: str, extra: str) -> list[Requirement]:
    """Return what a package requires here, with one of its extras or without, markers left off."""
    found = []
    for line in requires_of(name) or []:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            requirement.marker = None
            found.append(requirement)
    return [r for r in found if canonicalize_name(r.name) != canonicalize_name(name)]
