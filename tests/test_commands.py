"""`mathpal grade`, `doctor data`, `report` and `evaluate --against`, as a user runs them."""

import json

import pytest

ROWS = [
    {"question": "Dây dài bao nhiêu mét?", "reference": "Đáp số: 1,5 m", "prediction": "150 cm"},
    {"question": "Dây dài bao nhiêu mét?", "reference": "Đáp số: 1,5 m", "prediction": "1,5 cm"},
    {"question": "Tính.", "reference": "Đáp số: 7", "prediction": "", "id": 3},
    {"question": "Tính.", "reference": "Chưa có lời giải.", "prediction": "7"},
    {"question": "Tính.", "reference": None, "prediction": "7"},
]


@pytest.fixture
def answers(tmp_path):
    path = tmp_path / "answers.jsonl"
    path.write_text("\n".join(map(json.dumps, ROWS)) + "\n\n", encoding="utf-8")
    return path


def test_grade_judges_every_row_of_a_file(run_mathpal, answers):
    finished = run_mathpal("grade", str(answers))
    assert (finished.code, finished.stderr) == (0, "")
    assert finished.stdout.splitlines() == [
        "accuracy   33.3% of 3 answers (95% interval 6.1% to 79.2%)",
        "unreadable 1 (no answer in the prediction: wrong)",
        "ungradable 2 (no answer in the reference: not counted)",
        f"graded     {answers.with_name('answers.graded.jsonl')}",
    ]
    graded = [
        json.loads(line)
        for line in answers.with_name("answers.graded.jsonl").read_text("utf-8").splitlines()
    ]
    assert [row["correct"] for row in graded] == [True, False, False, None, None]
    assert graded[2]["id"] == 3
    assert graded[0] | {"correct": True, "read_as": "150 cm", "expected": "1,5 m"} == graded[0]
    assert "cm" in graded[1]["why"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"question": "a", "refernce": "b", "prediction": "c"}', "there is no 'reference'."),
        ('{"question": "a", "reference": 1, "prediction": "c"}', "'reference' is not text: 1"),
        ("[1]", "not a JSON object"),
        ("{", "not JSON"),
        ("", "the file is empty"),
    ],
)
def test_grade_refuses_a_file_that_it_cannot_read(run_mathpal, tmp_path, content, message):
    path = tmp_path / "answers.jsonl"
    path.write_text(content)
    finished = run_mathpal("grade", str(path))
    assert finished.code == 2
    assert message in finished.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["answers.jsonl"]


def test_doctor_tells_what_a_tokenizer_does_to_rows(run_mathpal):
    finished = run_mathpal("doctor", "data", "data.train_rows=64")
    assert finished.code == 0, finished.stderr
    for part in ("syllables: ", "numbers: a token a digit", "round trip: ", "letters: "):
        assert part in finished.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["grade"], "one file is wanted: mathpal grade FILE.jsonl"),
        (["grade", "nowhere.jsonl"], "nowhere.jsonl: there is no such file."),
        (["doctor", "model=tiny"], "mathpal doctor data [RUN_DIR]"),
        (["doctor", "data", "model=tny"], "Did you mean 'tiny'?"),
        (["report"], "one run folder is wanted: mathpal report RUN_DIR"),
        (["report", "."], "run.json"),
        (["evaluate", ".", "--against"], "mathpal evaluate RUN_A --against RUN_B"),
        (["evaluate", ".", "--against", "nowhere"], "nowhere: there is no such folder"),
        (["evaluate", ".", "--against", "."], "has no answers in predictions.jsonl"),
    ],
)
def test_a_wrong_request_is_refused_in_one_line(run_mathpal, arguments, message):
    finished = run_mathpal(*arguments)
    assert finished.code == 2
    assert message in finished.stderr
    assert finished.stderr.count("\n") == 1
