"""How well the time of training is foretold: by the plan, after ten steps, and what it came to.

Each row is a `train` of its own on this CPU: other models, formats and lengths of rows, one with
evaluations and checkpoints in between. The plan's figure takes the machine for the one that its
rates were measured on; the second one is made from the first ten steps. Nothing here is asserted.

  python tests/benchmarks/duration.py [--rounds 1] [NAME ...]
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mathpal.maths.curriculum import generate
from mathpal.models.sources import SMOLLM2, locate

TRAIN = Path(sys.executable).with_name("train")
EXAMS = Path(__file__).parents[3] / "shared" / "data" / "vi_exams_train.jsonl"
BASE = ("hardware=cpu", "tracking=none", "export=none", "trainer.save_strategy=no")
BETWEEN = ("trainer.eval_strategy=steps", "trainer.eval_steps=15", "trainer.save_strategy=steps")


@dataclass(frozen=True)
class Case:
    """A run to foretell."""

    name: str
    steps: int
    arguments: tuple[str, ...]
    real_model: bool = False
    """Whether it takes SmolLM2 and rows of a file."""


SMOL = ("model=smollm2", "model.batch_size=1", "data.test_rows=0", "evaluation=none")
CASES = (
    Case("tiny", 80, ("data.train_rows=1600", "data.test_rows=0", "evaluation=none")),
    Case("tiny-evaluated", 60, ("data.train_rows=960", "evaluation=none", *BETWEEN)),
    Case("tiny-padded", 40, ("hardware.padding_free=false", "evaluation=none")),
    Case("tiny-bf16", 40, ("hardware.precision=bf16", "evaluation=none")),
    Case("tiny-all-weights", 40, ("lora=none", "evaluation=none")),
    Case("tiny-dpo", 25, ("trainer=dpo", "evaluation=none")),
    Case("smollm2-bf16", 20, SMOL, real_model=True),
    Case("smollm2-fp32", 15, (*SMOL, "hardware.precision=fp32"), real_model=True),
)


def rows(folder: Path) -> Path:
    """Write rows as prompts and completions: of the real exams where they are, else generated."""
    if EXAMS.is_file():
        records = [json.loads(line) for line in EXAMS.read_text(encoding="utf-8").splitlines()]
        pairs = [(r["question"], r["solution"]) for r in records[:200]]
    else:
        pairs = [(p.question, p.solution) for p in generate(200, 1, "train")]
    path = folder / "rows.jsonl"
    lines = [json.dumps({"prompt": q, "completion": a}, ensure_ascii=False) for q, a in pairs]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def measured(case: Case, folder: Path, data: Path) -> Iterator[tuple[str, float]]:
    """Train; yield what was foretold and what it came to, in seconds."""
    arguments = [*BASE, *case.arguments, f"trainer.max_steps={case.steps}"]
    if case.real_model:
        arguments += ["data=jsonl", f"data.path={data}"]
    done = subprocess.run(
        [TRAIN, f"hydra.run.dir={folder}", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{case.name}: {done.stderr}")
    plan = json.loads((folder / "plan.json").read_text())["duration"]
    forecast = json.loads((folder / "run.json").read_text())["forecast"]
    # What is measured after the last step is no part of the truth.
    evaluations = plan["evaluations_seconds"] - plan["evaluation_seconds"]
    yield "plan", plan["training_seconds"] + max(0.0, evaluations)
    yield "after 10 steps", forecast["estimated_seconds_after_10_steps"]
    yield "truth", forecast["training_seconds"]


def main() -> None:
    """Print a table, a line a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=[case.name for case in CASES])
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args()
    has_smollm2 = Path(locate(SMOLLM2)).is_dir()
    print("\n| run | steps | plan | after 10 steps | truth | plan's error | after 10 steps |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as name:
        data = rows(Path(name))
        for number in range(given.rounds):
            for case in CASES:
                if case.name not in given.names or (case.real_model and not has_smollm2):
                    continue
                found = dict(measured(case, Path(name) / f"{case.name}-{number}", data))
                truth = found["truth"]
                cells = [f"{seconds:.1f} s" for seconds in found.values()]
                for guess in ("plan", "after 10 steps"):
                    cells.append(f"{found[guess] / truth - 1:+.0%}")
                print(f"| {case.name} | {case.steps} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
