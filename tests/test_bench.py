"""The fixed questions of evaluation=vi_math_bench."""

import hashlib
import json

import pytest

from mathpal.config import EvaluationConfig
from mathpal.errors import RequestError
from mathpal.evaluation import bench
from mathpal.maths.curriculum import KINDS, generate
from mathpal.maths.grading import grade

SETTINGS = EvaluationConfig(bench="vi_math_bench_1")


def test_a_bench_never_changes():
    content = (bench.FOLDER / "vi_math_bench_1.jsonl").read_bytes()
    assert hashlib.sha256(content).hexdigest() == (
        "5e0a9ab27392eebed66472a9d5af9d2e751d8e47958f894ee50cf7094394da82"
    )


def test_a_bench_covers_the_programme():
    rows = bench.rows(SETTINGS)
    assert len({row.question for row in rows}) == len(rows) == 500
    assert {row.facts["grade"] for row in rows} == set(range(1, 10))
    assert {row.facts["strand"] for row in rows} == {"number", "algebra", "geometry", "statistics"}
    assert {row.facts["kind"] for row in rows} <= set(KINDS)


def test_no_question_of_a_bench_is_trained():
    asked = {row.question for row in bench.rows(SETTINGS)}
    assert not asked & {p.question for p in generate(20_000, 7, "train", choices=0.2)}


def test_every_reference_of_a_bench_is_right_by_itself():
    for row in bench.rows(SETTINGS):
        assert grade(row.question, row.answer, row.answer).correct is True, row.question


def test_a_bench_is_not_written_anew():
    with pytest.raises(FileExistsError, match="never changes"):
        bench.write("vi_math_bench_1")


def test_an_exam_file_comes_after_the_bench(tmp_path):
    path = tmp_path / "exam.jsonl"
    path.write_text(json.dumps({"question": "3 + 4 = ?", "solution": "Đáp số: 7"}))
    *_, last = bench.rows(EvaluationConfig(bench="vi_math_bench_1", exam_path=str(path)))
    assert (last.question, last.answer, last.facts) == (
        "3 + 4 = ?",
        "Đáp số: 7",
        {"kind": "exam exam"},
    )


def test_an_exam_file_that_cannot_be_read_is_refused(tmp_path):
    path = tmp_path / "exam.jsonl"
    path.write_text("{")
    with pytest.raises(RequestError, match=r"line 1: not JSON"):
        bench.rows(EvaluationConfig(bench="vi_math_bench_1", exam_path=str(path)))
