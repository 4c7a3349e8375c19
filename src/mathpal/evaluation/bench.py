"""Fixed questions that score any model alike: `evaluation=vi_math_bench`.

A bench is a file that comes with mathpal and never changes; a better one gets another name. Its
problems are held out by the generator for ever, so that data=vi_math_synth never trains on them.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mathpal.config import EvaluationConfig
from mathpal.data import Row, conversation
from mathpal.files import read_jsonl, write_jsonl
from mathpal.maths.text import clean

FOLDER = Path(__file__).parent / "benches"
FACTS = ("kind", "grade", "strand", "topic", "difficulty")
NUM_PROBLEMS = 500
SEED = 2018
CHOICES = 0.15


def rows(settings: EvaluationConfig, system: str | None = None) -> list[Row]:
    """Return the questions of a bench, then those of the user's exam file if one is given, clean.

    `system` is the message that a model was trained behind; None for none.

    Raises: RequestError for an exam file that cannot be read.
    """
    found = [
        _row(record["question"], record["reference"], {f: record[f] for f in FACTS}, system)
        for record in read_jsonl(FOLDER / f"{settings.bench}.jsonl")
    ]
    if settings.exam_path is not None:
        from mathpal.data.sources import file_rows

        path = Path(settings.exam_path).expanduser()
        for row in file_rows("evaluation.exam_path", path):
            question, answer = clean(row.question).text, clean(row.answer).text
            found.append(_row(question, answer, {"kind": f"exam {path.stem}"}, system))
    return found


def _row(question: str, answer: str, facts: dict[str, Any], system: str | None) -> Row:
    return Row(conversation(question, answer, system), facts)


def write(name: str) -> None:
    """Draw the problems of a new bench: `python -m mathpal.evaluation.bench vi_math_bench_2`.

    Raises: FileExistsError for a bench that there is.
    """
    from mathpal.maths.curriculum import generate

    path = FOLDER / f"{name}.jsonl"
    if path.exists():
        raise FileExistsError(f"{path}: a bench never changes; choose another name")
    problems = [asdict(p) for p in generate(NUM_PROBLEMS, SEED, "heldout", choices=CHOICES)]
    write_jsonl(
        path,
        (
            {"question": p["question"], "reference": p["solution"], **{f: p[f] for f in FACTS}}
            for p in problems
        ),
    )


if __name__ == "__main__":
    write(sys.argv[1])
