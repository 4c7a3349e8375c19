"""How near the estimate of memory comes on a GPU: models of 0.3B to 8B, in 16 and in 4 bits.

Models of the shapes of the catalogue get random weights and the bundled tokenizer. Each cell is a
process of its own that trains three steps by `train` with either backend; the truth is
torch.cuda.max_memory_allocated, loading left out, and the estimate that of
mathpal.preflight.memory.training for the same run: what the framework takes beside tensors, such as
the CUDA context, is in neither.

On a lent machine (the head of shared/gpu/pack says how one is used): in the project's root, once,
`../shared/gpu/pack`; then one call of the device tool with carry=[".whl"] and timeout_s=600:

  python3 -m pip install -q --no-index --no-deps --no-compile --no-cache-dir --upgrade \
    --target /tmp/site .whl/*.whl && export PYTHONPATH=/tmp/site:src || exit;
  python3 tests/gpu/memory.py --out $OUT/memory.json

Without a GPU, `--dry` estimates every cell and trains none.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mathpal.config import ModelConfig
from mathpal.models.catalogue import find_config
from mathpal.models.shape import num_parameters, read
from mathpal.models.unsloth import TEXT_MODULES
from mathpal.preflight.memory.training import training
from mathpal.preflight.memory.workload import Workload

GIB = 2**30
SEED = 42
STEPS = 3
BATCH_SIZE, NUM_TOKENS = 4, 1024
TOKENS = {"bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0}
"""Of the bundled tokenizer."""

MODELS = (
    "google/gemma-3-270m-it",
    "Qwen/Qwen3-0.6B",
    "meta-llama/Llama-3.2-1B-Instruct",
    "google/gemma-3-1b-it",
    "Qwen/Qwen3-4B",
    "google/gemma-3n-E2B-it",
    "meta-llama/Llama-3.1-8B-Instruct",
)
BACKENDS = ("transformers", "unsloth")
LORA = {"r": 16, "lora_alpha": 32, "target_modules": list(TEXT_MODULES)}


@dataclass
class Cell:
    """One row of the table; a figure is None where it was not measured."""

    model: str
    backend: str
    bits: int
    checkpointing: bool
    trains_all: bool = False
    estimate: int | None = None
    measured: int | None = None
    """Bytes of tensors at the peak of training."""
    note: str = ""

    @property
    def columns(self) -> list[str]:
        """The cell as the table shows it."""
        error = None
        if self.estimate is not None and self.measured is not None:
            error = f"{self.estimate / self.measured - 1:+.1%}"
        how = "all weights" if self.trains_all else f"LoRA, {self.bits} bits"
        kept = "checkpointing" if self.checkpointing else "-"
        sizes = (self.estimate, self.measured)
        shown = ["-" if size is None else f"{size / GIB:.2f}" for size in sizes]
        return [self.model, self.backend, how, kept, *shown, error or "-", self.note[:120]]


def text_config(name: str) -> dict[str, Any]:
    """Return a model's text part as a config.json that transformers reads without a tower."""
    config = find_config(ModelConfig(name=name))
    assert config is not None, name
    return {**config.get("text_config", config), **TOKENS}


def cells(models: list[str], backends: list[str]) -> list[Cell]:
    """Return what is measured, the smallest models first."""
    found = []
    for model in models:
        shape = read(text_config(model))
        assert shape is not None
        small = num_parameters(shape) < 2e9
        for backend in backends:
            for bits in (16, 4):
                found.append(Cell(model, backend, bits, checkpointing=True))
            if small:
                found.append(Cell(model, backend, 16, checkpointing=False))
        if small:
            found.append(Cell(model, "transformers", 16, checkpointing=True, trains_all=True))
    return found


def workload(cell: Cell) -> Workload:
    """Return a cell as the plain values that memory depends on."""
    shape = read(text_config(cell.model))
    assert shape is not None
    return Workload(
        shape=shape,
        method="sft",
        backend=cell.backend,
        device="cuda",
        precision="bf16",
        batch_size=BATCH_SIZE,
        num_tokens=NUM_TOKENS,
        lora=None if cell.trains_all else LORA,
        quantization="4bit" if cell.bits == 4 else "none",
        gradient_checkpointing=cell.checkpointing,
        options={"gradient_accumulation_steps": 1},
    )


def overrides(cell: Cell, model: Path, rows: Path, folder: Path) -> list[str]:
    """Return a cell as the command line of `train`; JSON is Hydra's spelling, too."""
    options: dict[str, Any] = {
        "model.name": str(model),
        "model.quantization": "4bit" if cell.bits == 4 else "none",
        "model.max_length": NUM_TOKENS,
        "backend": cell.backend,
        "data.path": str(rows),
        "data.test_rows": 0,
        "hardware.device": "cuda",
        "hardware.precision": "bf16",
        "hardware.gradient_checkpointing": cell.checkpointing,
        "trainer.per_device_train_batch_size": BATCH_SIZE,
        "trainer.gradient_accumulation_steps": 1,
        "trainer.max_steps": STEPS,
        "trainer.save_strategy": "no",
        "hydra.run.dir": str(folder),
    }
    if not cell.trains_all:
        options |= {f"lora.{name}": value for name, value in LORA.items()}
    lora = "none" if cell.trains_all else "r16"
    groups = ["model=hf", "data=jsonl", f"lora={lora}", "evaluation=none", "tracking=none"]
    return [*groups, "export=none", *(f"{k}={json.dumps(v)}" for k, v in options.items())]


def write_model(name: str, folder: Path) -> None:
    """Write a model of a shape with random weights, and the bundled tokenizer."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    from mathpal.models.sources import locate

    torch.manual_seed(SEED)
    with torch.device("cuda"):
        config = AutoConfig.for_model(**text_config(name))
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(locate("mathpal/tiny"), model_max_length=32_768).save_pretrained(
        folder
    )


def write_rows(path: Path) -> None:
    """Write rows, every second one longer than is taken, so that the others are padded."""
    rows = [
        {"prompt": f"Viết {i + 2} dãy số.", "completion": f"{i} " * (1200 if i % 2 else 300)}
        for i in range(STEPS * BATCH_SIZE)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def measure(given: Path) -> None:
    """Train one cell in this process, and note the peak from the first step on."""
    cell = json.loads(given.read_text())
    from mathpal import models

    models.backend(cell["backend"]).start()  # before what is imported below, which it patches
    import torch

    from mathpal import training as stage
    from mathpal.cli import main as train_main

    train = stage.train

    def watched(*parts: Any) -> Any:
        torch.cuda.reset_peak_memory_stats()
        result = train(*parts)
        Path(cell["result"]).write_text(json.dumps(torch.cuda.max_memory_allocated()))
        return result

    stage.train = watched
    sys.exit(train_main(["train", *cell["overrides"]]))


def run(cell: Cell, folder: Path, limit: float) -> None:
    """Fill a cell's measured bytes from a process of its own."""
    place = Path(tempfile.mkdtemp(dir=folder))
    model, rows = folder / cell.model.replace("/", "--"), folder / "rows.jsonl"
    if not model.exists():
        code = f"import memory; memory.write_model({cell.model!r}, {str(model)!r})"
        subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent, check=True)
    given = {"backend": cell.backend, "result": str(place / "peak.json")}
    given["overrides"] = overrides(cell, model, rows, place / "run")
    (place / "cell.json").write_text(json.dumps(given))
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "MATHPAL_CACHE": str(folder)}
    command = [sys.executable, __file__, "--cell", place / "cell.json"]
    with (place / "log").open("w") as log:
        try:
            subprocess.run(
                command, env=environment, stdout=log, stderr=subprocess.STDOUT, timeout=limit
            )
        except subprocess.TimeoutExpired:
            cell.note = f"stopped after {limit:.0f} s"
    if (place / "peak.json").exists():
        cell.measured = json.loads((place / "peak.json").read_text())
    elif not cell.note:
        cell.note = (place / "log").read_text(errors="replace").strip().rpartition("\n")[2]


def table(done: list[Cell]) -> str:
    """Return the cells as a table of Markdown."""
    heads = ["model", "backend", "trained", "kept", "estimate, GiB", "measured, GiB", "error", ""]
    lines = [heads, ["---"] * 4 + ["---:"] * 3 + ["---"], *(cell.columns for cell in done)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Estimate and measure every cell there is time for; print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=list(BACKENDS))
    parser.add_argument("--minutes", type=float, default=9.0, help="when to stop")
    parser.add_argument("--out", type=Path, help="a file for the figures, as JSON")
    parser.add_argument("--dry", action="store_true", help="estimate alone, without a GPU")
    parser.add_argument("--cell", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.cell:
        measure(asked.cell)
    deadline = time.perf_counter() + 60 * asked.minutes
    done = cells(asked.models, asked.backends)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_rows(folder / "rows.jsonl")
        for cell in done:
            cell.estimate = training(workload(cell)).num_bytes
            left = deadline - time.perf_counter()
            if not asked.dry and left > 0:
                run(cell, folder, left)
            print(*cell.columns, flush=True)
            if asked.out is not None:
                asked.out.write_text(json.dumps([asdict(c) for c in done], indent=1))
    print(f"\n{table(done)}")


if __name__ == "__main__":
    main()
