"""Import libraries one by one: `python -P -m mathpal.doctor.loading torch trl`.

Each is told of once it is there; the first that fails ends the process.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

from mathpal.doctor.child import tell


def main(names: list[str]) -> None:
    """Import what is named, and tell how long each took and what there is to know of it."""
    for name in names:
        begun = time.perf_counter()
        facts = LOADERS[name]()
        tell(facts | {"name": name, "seconds": time.perf_counter() - begun})


def _torch() -> dict[str, Any]:
    import torch

    if not bool((torch.ones(64, 64) @ torch.ones(64, 64) == 64).all()):
        raise ArithmeticError("a product of two matrices is wrong")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        num_gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return {
        "version": torch.__version__,
        "built_for": _built_for(),
        "num_threads": torch.get_num_threads(),
        "why": " ".join(str(w.message).partition("\n")[0] for w in caught),
        "gpus": [_gpu(number) for number in range(num_gpus)],
    }


def _built_for() -> str | None:
    """Name the kind of GPU that torch was built for, or None."""
    import torch

    if torch.version.cuda is not None:
        return f"CUDA {torch.version.cuda}"
    return None if torch.version.hip is None else f"ROCm {torch.version.hip}"


def _gpu(number: int) -> dict[str, Any]:
    import torch

    properties = torch.cuda.get_device_properties(number)
    facts = {
        "name": properties.name,
        "capability": f"{properties.major}.{properties.minor}",
        "memory_bytes": properties.total_memory,
    }
    try:
        ones = torch.ones(64, 64, device=f"cuda:{number}")
        right = bool((ones @ ones == 64).all())
        facts["free_bytes"] = torch.cuda.mem_get_info(number)[0]
    except RuntimeError as error:  # no kernels for this GPU, no memory left, a broken card
        return facts | {"error": str(error).partition("\n")[0]}
    return facts if right else facts | {"error": "a product of two matrices is wrong"}


def _transformers() -> dict[str, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: F401

    return {}


def _peft() -> dict[str, Any]:
    from peft import LoraConfig, get_peft_model  # noqa: F401

    return {}


def _trl() -> dict[str, Any]:
    from trl import SFTConfig, SFTTrainer  # noqa: F401

    return {}


def _optuna() -> dict[str, Any]:
    import sqlite3

    import optuna  # noqa: F401
    import sqlalchemy  # noqa: F401

    return {"sqlite": sqlite3.sqlite_version}


def _wandb() -> dict[str, Any]:
    import wandb

    return {"url": wandb.Settings().base_url}  # of its settings file, or WANDB_BASE_URL


def _unsloth() -> dict[str, Any]:
    from mathpal.models import unsloth

    unsloth.start()
    return {}


LOADERS: dict[str, Callable[[], dict[str, Any]]] = {
    "torch": _torch,
    "transformers": _transformers,
    "peft": _peft,
    "trl": _trl,
    "optuna": _optuna,
    "wandb": _wandb,
    "unsloth": _unsloth,
}

if __name__ == "__main__":
    main(sys.argv[1:])
