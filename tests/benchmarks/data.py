"""What a large set costs before training: read, inspected and tokenised once, found again after.

`python tests/benchmarks/data.py` makes 100,000 rows, half of them real exam problems where those
are at hand, with their digits exchanged, in a cache of its own, and prints a table. Nothing here
is asserted.
"""

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from mathpal import data
from mathpal.compose import compose
from mathpal.config import Experiment
from mathpal.data import cache, columns
from mathpal.maths.curriculum import generate
from mathpal.models.transformers import load_tokenizer
from mathpal.overrides import Request
from mathpal.preflight import tokenised
from mathpal.preflight.tokenised import Tokenised
from mathpal.trainers.setup import table

EXAMS = Path(__file__).parents[3] / "shared" / "data" / "vi_exams_train.jsonl"
DIGITS = "23456789"


def write(path: Path, num_rows: int) -> None:
    """Write a file of problems, of which a few repeat others."""
    random = Random(0)
    real = _exams() if EXAMS.is_file() else []
    num_real = num_rows // 2 if real else 0
    made = generate(num_rows - num_real, 1, "train")
    rows = [_with_other_digits(random.choice(real), random) for _ in range(num_real)]
    rows += [{"question": p.question, "solution": p.solution} for p in made]
    random.shuffle(rows)
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text("".join(lines), encoding="utf-8")


def _exams() -> list[dict[str, str]]:
    return [json.loads(line) for line in EXAMS.read_text(encoding="utf-8").split("\n") if line]


def _with_other_digits(row: dict[str, str], random: Random) -> dict[str, str]:
    exchanged = str.maketrans(DIGITS, "".join(random.sample(DIGITS, len(DIGITS))))
    return {name: row[name].translate(exchanged) for name in ("question", "solution")}


def experiment(model: str, path: Path) -> Experiment:
    """Return a run on the file."""
    settings = (f"model={model}", "data=jsonl", f"data.path={path}", "hardware=cpu")
    return compose(Request((*settings, "trainer.max_length=8192")))


def prepare(model: str, path: Path, tokenizer: object) -> Iterator[tuple[str, float, float]]:
    """Prepare a run as `train` does; yield what was done, its seconds and those of processors."""
    chosen = experiment(model, path)
    data._loaded.clear()
    rows, *seconds = timed(lambda: tokenised.read(chosen))
    yield "read, clean, inspect", *seconds
    found, *seconds = timed(lambda: tokenised.tokenise(chosen, rows, tokenizer))
    yield f"tokenise, measure, cut ({found.tokens.total:,} tokens)", *seconds
    _, *seconds = timed(lambda: hand_over(found))
    yield "hand to the trainer", *seconds


def hand_over(found: Tokenised) -> object:
    """Make the table that trl.SFTTrainer is given."""
    parts = {"input_ids": columns.ids(found.train), "labels": columns.labels(found.train)}
    return table(parts, 0)


def timed(work: Callable[[], object]) -> tuple[object, float, float]:
    """Return what work returns, its seconds, and those of all processors it kept busy."""
    begun, busy = time.perf_counter(), _busy()
    result = work()
    return result, time.perf_counter() - begun, _busy() - busy


def _busy() -> float:
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


@contextmanager
def own_cache(folder: Path) -> Iterator[None]:
    """Use an empty cache."""
    os.environ["MATHPAL_DATA_CACHE"] = str(folder / "cache")
    yield
    print(f"\nthe cache holds {cache.size_bytes() / 1e6:,.0f} MB")


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--models", nargs="*", default=["tiny", "smollm2"])
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name, own_cache(Path(name)):
        path = Path(name) / "rows.jsonl"
        write(path, given.rows)
        table({"input_ids": [[1]]}, 0)  # imports what a run has to in any case
        print(f"\n{given.rows:,} rows, {path.stat().st_size / 1e6:.0f} MB; seconds\n")
        print("| | first time | of processors | again | rows a second, again |")
        print("| --- | ---: | ---: | ---: | ---: |")
        for model in given.models:
            tokenizer = load_tokenizer(experiment(model, path).model)
            first = list(prepare(model, path, tokenizer))
            again = list(prepare(model, path, tokenizer))
            for (what, seconds, busy), (_, later, _) in zip(first, again, strict=True):
                speed = f"{given.rows / later:,.0f}"
                print(f"| {model}: {what} | {seconds:.1f} | {busy:.1f} | {later:.2f} | {speed} |")


if __name__ == "__main__":
    main()
