"""What a sweep costs: 16 trainings by a plain TRL script, by Hydra's own launcher, and by ours.

`make bench` runs it and prints a table; `--prune` adds what stopping hopeless trials saves, which
takes long. One round each, so that a busy machine shows: the load stands beside. Nothing here is
asserted.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from launcher import LORA, PLAIN, SFT, STEPS, TRAIN, run

from mathpal.files import read_jsonl
from mathpal.maths.curriculum import generate
from mathpal.models.sources import locate

RANKS = (4, 8, 16, 32)
RATES = (3e-4, 1e-3, 2e-3, 3e-3)
POINTS = [
    f"lora={','.join(f'r{rank}' for rank in RANKS)}",
    f"trainer.learning_rate={','.join(map(str, RATES))}",
]
"""The same trials for all: each rank with each rate, alpha twice the rank."""

OURS = [
    "model=tiny",
    "data=jsonl",
    "data.test_rows=0",
    "objective=train_loss",
    "hardware=cpu",
    "hardware.precision=fp32",
    "evaluation=none",
    "tracking=none",
    f"trainer.per_device_train_batch_size={SFT['per_device_train_batch_size']}",
    f"trainer.max_length={SFT['max_length']}",
    f"trainer.max_steps={STEPS}",
]
WITHOUT_CHECKPOINTS = "trainer.save_strategy=no"
HYDRA = ["hydra/sweeper=basic", "hydra/launcher=basic"]

PRUNED = [
    "search=lora_prune",
    "model=tiny",
    "tracking=none",
    "trainer.max_steps=60",
    "data.train_rows=1000",
    "data.test_rows=64",
    "hydra.sweeper.sampler.seed=1",
]


def one_by_one(folder: Path, rows: Path) -> float:
    """Run the plain script for each trial, one after the other; return the seconds of all."""
    given: dict[str, Any] = {"model": locate("mathpal/tiny"), "rows": str(rows)}
    begun = time.perf_counter()
    for rank in RANKS:
        for rate in RATES:
            given["lora"] = {**LORA, "r": rank, "lora_alpha": 2 * rank}
            given["sft"] = {**SFT, "learning_rate": rate}
            given["output_dir"] = str(folder / f"plain-{rank}-{rate}")
            (folder / "given.json").write_text(json.dumps(given))
            run([sys.executable, PLAIN, folder / "given.json"], folder)
    return time.perf_counter() - begun


def swept(folder: Path, *arguments: object) -> float:
    """Run `train -m` into a folder; return its seconds, the whole process timed from outside."""
    begun = time.perf_counter()
    run([TRAIN, "-m", f"hydra.sweep.dir={folder}", *arguments], folder.parent)
    seconds = time.perf_counter() - begun
    if not any(folder.glob("*/run.json")):
        raise SystemExit(f"no trial was run: train -m {' '.join(map(str, arguments))}")
    return seconds


def finished(folder: Path) -> list[dict[str, Any]]:
    """Return the trials of a sweep in order; stop where one failed."""
    trials: list[dict[str, Any]] = sorted(read_jsonl(folder / "trials.jsonl"), key=_number)
    reasons = [trial["reason"] for trial in trials if trial["state"] in ("failed", "killed")]
    if reasons:
        raise SystemExit(f"{len(reasons)} trials failed, the first because: {reasons[0]}")
    return trials


def overheads(folder: Path) -> list[float]:
    """Return the seconds beside its steps of each trial that its process did not begin with."""
    slots = json.loads((folder / "sweep.json").read_text())["slots"]
    further = finished(folder)[slots:]
    return [trial["seconds"] - step_seconds(folder / trial["folder"]) for trial in further]


def step_seconds(run_folder: Path) -> float:
    """Add up the steps of a run; a line tells the mean of the steps since the line before."""
    total, last = 0.0, 0
    for line in read_jsonl(run_folder / "metrics.jsonl"):
        if "step_seconds" in line:
            total += line["step_seconds"] * (line["step"] - last)
            last = line["step"]
    return total


def compare() -> None:
    """Print the seconds of 16 trials each way, and what a further one costs beside its steps."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = folder / "rows.jsonl"
        lines = [
            json.dumps({"prompt": p.question, "completion": p.solution})
            for p in generate(1000, 1, "train", starter=True)
        ]
        rows.write_text("\n".join(lines) + "\n", encoding="utf-8")
        given = [*OURS, f"data.path={rows}", *POINTS]
        ways: dict[str, Callable[[Path], float]] = {
            "plain TRL script, one run after the other": lambda place: one_by_one(place, rows),
            "`train -m`, Hydra's basic launcher": lambda place: swept(
                place, *HYDRA, *given, WITHOUT_CHECKPOINTS
            ),
            "`train -m`": lambda place: swept(place, *given, WITHOUT_CHECKPOINTS),
            "`train -m`, with checkpoints as by default": lambda place: swept(place, *given),
        }
        num_trials = len(RANKS) * len(RATES)
        print(
            f"\n{num_trials} trials of {STEPS} LoRA steps of model=tiny, {os.cpu_count()} cores\n"
        )
        print("| | seconds | ratio | seconds of a further trial beside its steps | load |")
        print("| --- | ---: | ---: | ---: | ---: |")
        first = 0.0
        for number, (way, measure) in enumerate(ways.items()):
            place = folder / str(number)
            place.mkdir()
            seconds = measure(place)
            first = first or seconds
            print(
                f"| {way} | {seconds:.1f} | {seconds / first:.2f} | {_beside(place)} | {_load()} |"
            )


def prune() -> None:
    """Print what a search finds, and when, with and without its pruner."""
    ways = {"with": [], "without": ["hydra.sweeper.pruner.n_startup_trials=1000"]}
    print("\nsearch=lora_prune\n")
    print("| pruner | best eval_loss | seconds | trials | pruned | load |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as name:
        for way, more in ways.items():
            folder = Path(name) / way
            seconds = swept(folder, *PRUNED, *more)
            trials = finished(folder)
            best = min(trial["objective"] for trial in trials if trial["state"] == "complete")
            num_pruned = sum(trial["state"] == "pruned" for trial in trials)
            figures = f"{best:.4f} | {seconds:.0f} | {len(trials)} | {num_pruned} | {_load()}"
            print(f"| {way} | {figures} |")


def _beside(folder: Path) -> str:
    """Write the mean of what further trials cost, where a pool carried them."""
    if not (folder / "sweep.json").is_file():
        return ""
    seconds = overheads(folder)
    return f"{statistics.mean(seconds):.2f} (least {min(seconds):.2f})"


def _number(trial: dict[str, Any]) -> int:
    number: int = trial["number"]
    return number


def _load() -> str:
    """Write how busy the machine was in the last minute, others' work included."""
    return f"{os.getloadavg()[0]:.1f}"


def main() -> None:
    """Run the benchmarks that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prune", action="store_true", help="measure the pruner, and it alone")
    if parser.parse_args().prune:
        prune()
    else:
        compare()


main()
