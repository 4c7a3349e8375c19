"""What the launcher costs: the same training by a plain TRL script and by `train`, side by side.

`make bench` runs it and prints the tables. Runs alternate, so that a machine whose speed drifts
slows both; ratios are of medians. Nothing here is asserted.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from mathpal.maths.curriculum import generate
from mathpal.models.sources import SMOLLM2, locate

PLAIN = Path(__file__).with_name("plain_trl.py")
TRAIN = Path(sys.executable).with_name("train")
EXAMS = Path(__file__).parents[3] / "shared" / "data" / "vi_exams_train.jsonl"
STEPS = 20
SPEED_STEPS = 4
SFT = {
    "use_cpu": True,
    "bf16": False,
    "learning_rate": 1e-3,
    "per_device_train_batch_size": 8,
    "max_steps": STEPS,
    "max_length": 256,
    "logging_steps": 10,
    "save_strategy": "no",
    "gradient_checkpointing": False,
    "dataloader_pin_memory": False,
}
LORA = {"r": 16, "lora_alpha": 32, "target_modules": "all-linear"}


def plain(folder: Path, rows: Path) -> dict[str, float]:
    """Train with the plain script; return its seconds, the whole process timed from outside."""
    given = {"model": locate("mathpal/tiny"), "rows": str(rows), "lora": LORA, "sft": SFT}
    given["output_dir"] = str(folder / "plain")
    (folder / "given.json").write_text(json.dumps(given))
    begun = time.perf_counter()
    done = run([sys.executable, PLAIN, folder / "given.json"], folder)
    total = time.perf_counter() - begun
    figures = json.loads(done.splitlines()[-1])
    return {"first step": figures["seconds_to_first_step"], "whole process": total}


def ours(folder: Path, rows: Path) -> dict[str, float]:
    """Train with `train`; return its seconds, the whole process timed from outside."""
    place = tempfile.mkdtemp(dir=folder)
    arguments = [
        f"hydra.run.dir={place}/run",
        "data=jsonl",
        f"data.path={rows}",
        "data.test_rows=0",
        "hardware=cpu",
        "hardware.precision=fp32",
        "evaluation=none",
        "tracking=none",
        "trainer.learning_rate=1e-3",
        "trainer.per_device_train_batch_size=8",
        "trainer.max_length=256",
        "trainer.save_strategy=no",
        f"trainer.max_steps={STEPS}",
    ]
    begun = time.perf_counter()
    run([TRAIN, *arguments], folder)
    total = time.perf_counter() - begun
    figures = json.loads((Path(place) / "run" / "metrics.json").read_text())
    return {"first step": figures["seconds_to_first_step"], "whole process": total}


def run(command: list[object], folder: Path) -> str:
    """Run a command to its end, right or refused, and return what it printed."""
    done = subprocess.run([str(c) for c in command], cwd=folder, capture_output=True, text=True)
    if done.returncode not in (0, 2):
        raise SystemExit(done.stderr)
    return done.stdout


def compare(rounds: int) -> None:
    """Print seconds of both and their ratio."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = folder / "rows.jsonl"
        problems = generate(1000, 1, "train", starter=True)
        rows.write_text(
            "".join(
                json.dumps({"prompt": p.question, "completion": p.solution}) + "\n"
                for p in problems
            )
        )
        plain(folder, rows)
        ours(folder, rows)
        pairs = [(plain(folder, rows), ours(folder, rows)) for _ in range(rounds)]
    print(
        f"\n{STEPS} LoRA steps of model=tiny on {len(problems)} rows, medians of {rounds} pairs\n"
    )
    print("| | plain TRL | mathpal | ratio |")
    print("| --- | ---: | ---: | ---: |")
    for figure in pairs[0][0]:
        a = statistics.median(p[figure] for p, _ in pairs)
        b = statistics.median(o[figure] for _, o in pairs)
        print(f"| seconds, {figure} | {a:.2f} | {b:.2f} | {b / a:.2f} |")


def seconds(command: list[object], rounds: int) -> float:
    """Return the median wall time of a command."""

    def once() -> float:
        begun = time.perf_counter()
        run(command, Path.cwd())
        return time.perf_counter() - begun

    once()
    return statistics.median(once() for _ in range(rounds))


def start_up(rounds: int) -> None:
    """Print how long help, a typo and --cfg job take."""
    commands: dict[str, list[object]] = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "train --help": [TRAIN, "--help"],
        "train model=tny": [TRAIN, "model=tny"],
        "train trainer.learning_rat=1": [TRAIN, "trainer.learning_rat=1"],
        "train --cfg job": [TRAIN, "--cfg", "job"],
    }
    print(f"\nstart-up, medians of {rounds}\n\n| command | seconds |\n| --- | ---: |")
    for name, command in commands.items():
        print(f"| `{name}` | {seconds(command, rounds):.2f} |")


def speed(rounds: int) -> None:
    """Print how fast SmolLM2 learns on this CPU: plain TRL in float32 and as it comes, and mathpal.

    The rows are of the real exams where they are beside the checkout, else generated; the same for
    all, in the same order. The first step is left out.
    """
    base = {"use_cpu": True, "per_device_train_batch_size": 4, "learning_rate": 5e-4}
    base |= {"max_steps": SPEED_STEPS, "max_length": 1024, "logging_steps": 1}
    base |= {"save_strategy": "no", "dataloader_pin_memory": False}
    ways: dict[str, dict[str, object] | list[str]] = {
        "plain TRL, float32": {**base, "bf16": False},
        "plain TRL, float32, no checkpointing": {
            **base,
            "bf16": False,
            "gradient_checkpointing": False,
        },
        "plain TRL as it comes (bf16 autocast)": base,
        "mathpal, float32": ["hardware.precision=fp32"],
        "mathpal, padded": ["hardware.padding_free=false"],
        "mathpal as it comes": [],
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = exam_rows(folder)
        for number in range(rounds):
            for way, options in ways.items():
                place = folder / f"{number}-{len(found[way])}-{list(ways).index(way)}"
                place.mkdir()
                if isinstance(options, dict):
                    found[way].append(plain_speed(place, rows, options))
                else:
                    found[way].append(our_speed(place, rows, options))
    slowest = statistics.median(seconds for seconds, _ in found["plain TRL, float32"])
    print(f"\nSmolLM2-135M, LoRA r16, batches of 4, {SPEED_STEPS - 1} steps, medians of {rounds}\n")
    print("| | seconds a step | times as fast | mean loss |\n| --- | ---: | ---: | ---: |")
    for way, figures in found.items():
        step = statistics.median(seconds for seconds, _ in figures)
        print(f"| {way} | {step:.2f} | {slowest / step:.2f} | {figures[0][1]:.4f} |")


def exam_rows(folder: Path) -> Path:
    """Write rows as prompts and completions; return their file."""
    if EXAMS.is_file():
        records = [json.loads(line) for line in EXAMS.read_text(encoding="utf-8").splitlines()]
        pairs = [(r["question"], r["solution"]) for r in records[:200]]
    else:
        pairs = [(p.question, p.solution) for p in generate(200, 1, "train", starter=True)]
    path = folder / "rows.jsonl"
    lines = [json.dumps({"prompt": q, "completion": a}, ensure_ascii=False) for q, a in pairs]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def plain_speed(folder: Path, rows: Path, sft: dict[str, object]) -> tuple[float, float]:
    """Return a step's median seconds and the mean loss of the plain script."""
    given = {"model": locate(SMOLLM2), "rows": str(rows), "lora": LORA, "sft": sft}
    (folder / "given.json").write_text(json.dumps({**given, "output_dir": str(folder / "out")}))
    figures = json.loads(
        run([sys.executable, PLAIN, folder / "given.json"], folder).splitlines()[-1]
    )
    return statistics.median(figures["step_seconds"]), statistics.mean(figures["losses"])


def our_speed(folder: Path, rows: Path, options: list[str]) -> tuple[float, float]:
    """Return a step's median seconds and the mean loss of `train`."""
    arguments = ["model=smollm2", "data=jsonl", f"data.path={rows}", "data.test_rows=0"]
    arguments += ["hardware=cpu", "evaluation=none", "tracking=none", "trainer.save_strategy=no"]
    arguments += ["trainer.logging_steps=1", f"trainer.max_steps={SPEED_STEPS}"]
    arguments += ["trainer.lr_scheduler_type=linear", "trainer.warmup_steps=0"]
    run([TRAIN, f"hydra.run.dir={folder}/run", *arguments, *options], folder)
    lines = [json.loads(line) for line in (folder / "run" / "metrics.jsonl").open()]
    steps = [line for line in lines if "loss" in line]
    seconds = [line["step_seconds"] for line in steps[1:]]
    return statistics.median(seconds), statistics.mean(line["loss"] for line in steps)


def precision(rounds: int) -> None:
    """Print the speed of the bundled model in float32 and under bf16 autocast on this CPU."""
    speeds: dict[str, list[float]] = {"fp32": [], "bf16": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(rounds):
            for kind, found in speeds.items():
                options = ["evaluation=none", "trainer.max_steps=30", "hardware=cpu"]
                options += [f"hardware.precision={kind}", f"hydra.run.dir={kind}{number}"]
                run([TRAIN, *options], folder)
                figures = json.loads((folder / f"{kind}{number}" / "metrics.json").read_text())
                found.append(figures["tokens_per_second"])
    print("\nmodel=tiny on this CPU\n\n| precision | tokens/s |\n| --- | ---: |")
    for kind, found in speeds.items():
        print(f"| {kind} | {statistics.median(found):,.0f} |")


def main() -> None:
    """Run the benchmarks that were asked for."""
    benchmarks: dict[str, Callable[[int], None]] = {
        "start_up": start_up,
        "compare": compare,
        "precision": precision,
        "speed": speed,
    }
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *benchmarks], default=list(benchmarks))
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    for name in given.names:
        benchmarks[name](given.rounds)


if __name__ == "__main__":
    main()
