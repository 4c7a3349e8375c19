"""What Unsloth saves on a GPU: the same LoRA steps by `train` with either backend and by plain TRL.

Models of the shapes of Gemma 3 1B and Llama 3.2 1B get random weights from a fixed seed and the
bundled tokenizer; rows are generated exercise sheets of 450 to 1000 tokens. The vocabularies are
the real ones, of which the rows use the first few hundred: the head over 262,144 or 128,256 words
is much of what a step of a 1B model costs, and with a smaller one Unsloth would have less to save.

On a lent machine (the head of shared/gpu/pack says how one is used): in the project's root, once,
`../shared/gpu/pack`; then one call of the device tool with carry=[".whl"] and timeout_s=600:

  python3 -m pip install -q --no-index --no-deps --no-compile --no-cache-dir --upgrade \
    --target /tmp/site .whl/*.whl && export PYTHONPATH=/tmp/site:src || exit;
  python3 tests/gpu/unsloth_against_trl.py --out $OUT/unsloth_against_trl.json

It stops in order after --minutes, cells that found no time named in the table; what is done is in
the file after every cell. Two calls, with --models gemma3 and --models llama, halve the time. On a
CPU, `--toy` runs tiny models in float32, to test this script.

Read the table so: every cell is a process of its own. tokens/s leaves out the first third of the
steps (compilation) and padding; the GPU is waited for at each step. Peak GiB is
torch.cuda.max_memory_allocated, loading included. "off plain by" is the largest difference of a
logged loss to plain TRL's with the same model and bits; the first loss is of the same weights in
all ways, later ones also show how far apart bfloat16 rounding has driven the adapters.
"""

import argparse
import importlib.util
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

TRAIN_ONE = Path(__file__).with_name("train_one.py")
SEED = 42
BATCH_SIZE = 4
WAYS = ("plain", "transformers", "unsloth")
LORA = {
    "r": 16,
    "lora_alpha": 32,
    "lora_dropout": 0.0,
    "target_modules": [
        *("q_proj", "k_proj", "v_proj", "o_proj"),
        *("gate_proj", "up_proj", "down_proj"),
    ],
}
SFT = {
    "per_device_train_batch_size": BATCH_SIZE,
    "max_length": 1024,
    "learning_rate": 2e-4,
    "lr_scheduler_type": "constant",
    "warmup_steps": 0,
    "gradient_checkpointing": True,
    "logging_steps": 1,
    "save_strategy": "no",
}
TOKENS = {"bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0}
"""Of the bundled tokenizer."""

SHAPES: dict[str, dict[str, Any]] = {
    "gemma3": {  # google/gemma-3-1b-it
        "model_type": "gemma3_text",
        "vocab_size": 262_144,
        "hidden_size": 1152,
        "num_hidden_layers": 26,
        "num_attention_heads": 4,
        "num_key_value_heads": 1,
        "head_dim": 256,
        "intermediate_size": 6912,
        "query_pre_attn_scalar": 256,
        "sliding_window": 512,
        "max_position_embeddings": 32_768,
    },
    "llama": {  # meta-llama/Llama-3.2-1B-Instruct
        "model_type": "llama",
        "vocab_size": 128_256,
        "hidden_size": 2048,
        "num_hidden_layers": 16,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "head_dim": 64,
        "intermediate_size": 8192,
        "rms_norm_eps": 1e-5,
        "max_position_embeddings": 131_072,
        "rope_parameters": {
            "rope_type": "llama3",
            "rope_theta": 500_000.0,
            "factor": 32.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 8192,
        },
        "tie_word_embeddings": True,
    },
}
TOY = {
    "vocab_size": 768,
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "head_dim": 16,
    "intermediate_size": 128,
}
TOY_LEARNING_RATE = 2e-2
"""With which three steps change the loss, so that it shows whether two ways agree."""
TOY_GEMMA = {"sliding_window": 64, "layer_types": ["sliding_attention", "full_attention"]}

NEEDED = ("mathpal", "torch", "transformers", "trl", "peft", "datasets", "hydra", "rich", "psutil")
NEEDED_ON_GPU = ("unsloth", "bitsandbytes")
COLUMNS = (
    *("model", "bits", "way", "tokens/s", "peak GiB", "first loss", "last loss"),
    *("off plain by", "seconds", "note"),
)


@dataclass
class Cell:
    """One row of the table; a figure is None where it was not measured."""

    model: str
    bits: int
    way: str
    seconds: float | None = None
    """Wall time of the whole process."""
    tokens_per_second: float | None = None
    peak_gib: float | None = None
    losses: list[float] | None = None
    off_plain: float | None = None
    """Largest difference of a logged loss to plain TRL's."""
    note: str = ""

    @property
    def columns(self) -> list[str]:
        """The cell as the table shows it."""
        first, last = (self.losses[0], self.losses[-1]) if self.losses else (None, None)
        return [
            *(self.model, str(self.bits), self.way),
            *(_shown(self.tokens_per_second, ",.0f"), _shown(self.peak_gib, ".2f")),
            *(_shown(first, ".4f"), _shown(last, ".4f"), _shown(self.off_plain, ".1e")),
            *(_shown(self.seconds, ".0f"), self.note[:160].replace("|", "/")),
        ]


def _shown(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def require_modules(toy: bool) -> None:
    """Refuse to start where a cell could not run for want of a package."""
    names = NEEDED if toy else NEEDED + NEEDED_ON_GPU
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit(f"not importable: {', '.join(missing)}; see the head of {Path(__file__).name}")
    import torch

    if not toy and not torch.cuda.is_available():
        sys.exit("no CUDA GPU was found; --toy runs on a CPU")


def load_tokenizer() -> Any:
    """Return the bundled tokenizer, without its limit of 512 tokens."""
    from transformers import AutoTokenizer

    from mathpal.models.sources import locate

    return AutoTokenizer.from_pretrained(locate("mathpal/tiny"), model_max_length=32_768)


def build_model(name: str, tokenizer: Any, toy: bool, folder: Path) -> str:
    """Write a model with random weights and its tokenizer; return its folder."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    shape = SHAPES[name] | TOKENS | (TOY if toy else {})
    if toy and name == "gemma3":
        shape |= TOY_GEMMA
    dtype = torch.float32 if toy else torch.bfloat16
    torch.manual_seed(SEED)
    with torch.device("cpu" if toy else "cuda"):
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model(**shape), dtype=dtype)
    print(f"{name}: {model.num_parameters():,} parameters", flush=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def write_rows(num: int, tokenizer: Any, toy: bool, path: Path) -> str:
    """Write sheets of exercises, of 450 to 1000 tokens with their solutions; return the path."""
    from mathpal.maths.curriculum import generate

    shortest, longest = (100, 200) if toy else (450, 900)  # the last problem may go beyond
    rng = random.Random(SEED)
    problems = generate(1000, SEED, "train", starter=True)
    lines = []
    for _ in range(num):
        prompt = completion = ""
        most_tokens = rng.randint(shortest, longest)
        for number, problem in enumerate(rng.sample(problems, longest // 10), 1):
            prompt += f"Bài {number}. {problem.question}\n"
            completion += f"Bài {number}.\n{problem.solution}\n"
            if len(tokenizer(prompt + completion)["input_ids"]) > most_tokens:
                break
        lines.append(json.dumps({"prompt": prompt, "completion": completion}) + "\n")
    path.write_text("".join(lines))
    return str(path)


def train(cell: Cell, given: dict[str, Any], folder: Path, limit: float) -> dict[str, Any] | None:
    """Fill a cell from a process of its own; return what it saw, or None where it failed."""
    if limit <= 0:
        cell.note = "left out: no time"
        return None
    place = folder / f"{cell.model}-{cell.bits}-{cell.way}"
    place.mkdir()
    result, log = place / "seen.json", place / "log"
    parts = {"folder": str(place / "run"), "result": str(result)}
    (place / "cell.json").write_text(json.dumps({**asdict(cell), **given, **parts}))
    begun = time.perf_counter()
    try:
        with log.open("w") as output:
            subprocess.run(
                [sys.executable, TRAIN_ONE, place / "cell.json"],
                env=os.environ
                | {"HF_HUB_OFFLINE": "1", "MATHPAL_CACHE": str(folder), "MATHPAL_DEBUG": "1"},
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=limit,
                check=True,
            )
    except subprocess.TimeoutExpired:
        cell.note = f"stopped after {limit:.0f} s"
    except subprocess.CalledProcessError as error:
        text = log.read_text(errors="replace").strip()
        cell.note = text.rpartition("\n")[2] or f"exit code {error.returncode}"
        print(f"--- {place.name} failed; the end of its log:\n{text[-800:]}\n---")
    cell.seconds = time.perf_counter() - begun
    return json.loads(result.read_text()) if result.exists() else None


def measure(cell: Cell, seen: dict[str, Any], plain: dict[str, Any] | None) -> None:
    """Fill a cell's figures from what its process saw and what plain TRL's did."""
    losses, ended, tokens = seen["losses"], seen["ended"], seen["tokens"]
    steps = len(losses)
    skipped = max(1, steps // 3)
    if steps > skipped:
        timed = sum(tokens[skipped:steps])
        cell.tokens_per_second = timed / (ended[-1] - ended[skipped - 1])
    if seen["peak_bytes"] is not None:
        cell.peak_gib = seen["peak_bytes"] / 2**30
    cell.losses = losses
    if plain is None:
        return
    pairs = zip(losses, plain["losses"], strict=False)
    cell.off_plain = max((abs(loss - other) for loss, other in pairs), default=None)
    if seen["checksums"][:steps] != plain["checksums"][:steps]:
        cell.note = "saw other rows than plain TRL"


def machine() -> dict[str, str]:
    """Return what the figures depend on."""
    import torch

    packages = ("torch", "transformers", "trl", "peft", "unsloth", "unsloth_zoo", "bitsandbytes")
    has_gpu = torch.cuda.is_available()
    return {
        "device": torch.cuda.get_device_name() if has_gpu else platform.processor() or "CPU",
        "python": platform.python_version(),
        **{name: version(name) for name in packages if importlib.util.find_spec(name)},
    }


def table(cells: list[Cell]) -> str:
    """Return the cells as a table of Markdown."""
    rules = ["---"] * 3 + ["---:"] * 6 + ["---"]
    lines = [list(COLUMNS), rules, *(cell.columns for cell in cells)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, help="optimizer steps a cell: 30, with --toy 3")
    parser.add_argument("--models", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--bits", nargs="+", type=int, choices=(16, 4), default=[16, 4])
    parser.add_argument("--minutes", type=float, default=9.0, help="when to stop")
    parser.add_argument("--out", type=Path, help="a file for the figures, as JSON")
    parser.add_argument("--toy", action="store_true", help="tiny models in float32 on a CPU")
    given = parser.parse_args()
    given.steps = given.steps or (3 if given.toy else 30)
    if given.toy:
        given.bits = [16]
    return given


def main() -> int:
    """Run every cell, print the table; return 1 where a cell failed."""
    asked = arguments()
    deadline = time.perf_counter() + 60 * asked.minutes
    require_modules(asked.toy)
    facts = machine()
    print(", ".join(f"{name} {value}" for name, value in facts.items()), flush=True)
    settings = {
        "device": "cpu" if asked.toy else "cuda",
        "precision": "fp32" if asked.toy else "bf16",
        "lora": LORA,
        "sft": SFT
        | {"max_steps": asked.steps}
        | ({"learning_rate": TOY_LEARNING_RATE} if asked.toy else {}),
    }
    ways = [way for way in WAYS if way != "unsloth" or importlib.util.find_spec(way)]
    cells = []
    with tempfile.TemporaryDirectory() as name:
        folder, tokenizer = Path(name), load_tokenizer()
        rows = write_rows(asked.steps * BATCH_SIZE, tokenizer, asked.toy, folder / "rows.jsonl")
        for model in asked.models:
            built = build_model(model, tokenizer, asked.toy, folder / model)
            given = settings | {"model": built, "rows": rows}
            for bits in asked.bits:
                plain = None
                for way in ways:
                    cell = Cell(model, bits, way)
                    cells.append(cell)
                    seen = train(cell, given, folder, deadline - time.perf_counter())
                    if seen is not None:
                        measure(cell, seen, plain)
                    if way == "plain":
                        plain = seen
                    print(*cell.columns, flush=True)
                    if asked.out is not None:
                        done = {"machine": facts, "settings": settings, "cells": cells}
                        asked.out.write_text(json.dumps(done, default=asdict, indent=1))
    print(f"\n{asked.steps} steps of {BATCH_SIZE} rows, {settings['precision']}\n\n{table(cells)}")
    return int(any(cell.losses is None for cell in cells))


if __name__ == "__main__":
    sys.exit(main())
