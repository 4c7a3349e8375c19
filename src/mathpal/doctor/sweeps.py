"""What searches and clusters need."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

from mathpal.doctor.finding import Finding, State
from mathpal.doctor.imports import Imported, reinstall
from mathpal.doctor.packages import installed


def findings(optuna: Imported) -> Iterator[Finding]:
    """Yield what `train -m` has to search with, and to spread over."""
    yield _search(optuna)
    yield _slurm()
    yield _ray()


def _search(optuna: Imported) -> Finding:
    if optuna.failure is not None:
        text = f"optuna or SQLAlchemy cannot be imported: {optuna.failure}"
        return Finding("search", State.WARNING, text, reinstall("optuna"))
    text = f"optuna {installed('optuna')}, SQLAlchemy {installed('sqlalchemy')}"
    return Finding("search", State.OK, f"{text}, SQLite {optuna.facts['sqlite']}")


def _slurm() -> Finding:
    sbatch, submitit = shutil.which("sbatch"), installed("submitit")
    install = "pip install 'mathpal[slurm]'"
    if sbatch is None:
        text = "no sbatch on the PATH: hydra/launcher=slurm is for a cluster's login node"
        return Finding("slurm", State.NOTE, text)
    if submitit is None:
        return Finding("slurm", State.WARNING, f"{sbatch}, but submitit is not installed", install)
    return Finding("slurm", State.OK, f"{sbatch}, submitit {submitit}")


def _ray() -> Finding:
    ray, address = installed("ray"), os.environ.get("RAY_ADDRESS")
    if ray is None:
        return Finding("ray", State.NOTE, "not installed", "pip install 'mathpal[ray]'")
    where = "RAY_ADDRESS is not set: on this machine alone" if address is None else address
    return Finding("ray", State.OK, f"ray {ray}, {where}")
