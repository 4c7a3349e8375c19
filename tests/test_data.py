"""Rows of files in every known format, what is wrong with them, and how rows are held out."""

import json
from dataclasses import fields
from hashlib import sha256

import pytest

from mathpal import data
from mathpal.config import FileConfig
from mathpal.data import Row, Rows, conversation, hold_out
from mathpal.data.sources import rows
from mathpal.errors import RequestError

DEFAULTS = {
    "path": None,
    "test_path": None,
    "name": None,
    "revision": None,
    "train_split": "train",
    "test_split": "test",
    "prompt_column": None,
    "completion_column": None,
    "rejected_column": None,
    "label_column": None,
    "messages_column": None,
    "train_rows": None,
    "test_rows": 0,
    "seed": 0,
    "system": None,
}
PAIR = {"question": "1 + 1 = ?", "solution": "Đáp số: 2"}
TURNS = [{"role": "user", "content": "1 + 1 = ?"}, {"role": "assistant", "content": "Đáp số: 2"}]


@pytest.fixture
def write(tmp_path):
    """Write records as JSON Lines, or text as it is; return the file's name."""

    def write(content, name="rows.jsonl"):
        lines = content if isinstance(content, str) else "\n".join(map(json.dumps, content))
        (tmp_path / name).write_text(lines, encoding="utf-8")
        return str(tmp_path / name)

    return write


def read(path, **options):
    return rows(**{**DEFAULTS, "path": path, **options})


def problems(path, **options):
    with pytest.raises(RequestError) as refused:
        read(path, **options)
    return refused.value.problems


def numbered(count):
    return [{"question": f"{i} + 0 = ?", "solution": f"Đáp số: {i}"} for i in range(count)]


def test_the_options_here_are_those_of_the_group():
    assert {f.name for f in fields(FileConfig)} - {"_target_", *data.OURS} == set(DEFAULTS)


# formats


@pytest.mark.parametrize(
    ("record", "note"),
    [
        ({"messages": TURNS}, "turns from 'messages'"),
        ({"conversations": TURNS}, "turns from 'conversations'"),
        ({"conversation": TURNS, "id": 3}, "turns from 'conversation'"),
        (
            {
                "conversations": [
                    {"from": "human", "value": "1 + 1 = ?"},
                    {"from": "gpt", "value": "Đáp số: 2"},
                ]
            },
            "turns from 'conversations'",
        ),
        (
            {"messages": [TURNS[0], {"role": "model", "content": "Đáp số: 2"}]},
            "turns from 'messages'",
        ),
        ({"prompt": "1 + 1 = ?", "completion": "Đáp số: 2"}, "question from 'prompt', answer"),
        ({"prompt": TURNS[:1], "completion": TURNS[1:]}, "question from 'prompt', answer"),
        ({"instruction": "1 + 1 = ?", "output": "Đáp số: 2"}, "question from 'instruction', ans"),
        ({"instruction": "1 + 1 = ?", "response": "Đáp số: 2"}, "answer from 'response'"),
        ({"instruction": "1 + 1 = ?", "input": "", "output": "Đáp số: 2"}, "and 'input', answer"),
        ({"instruction": "1 + 1 = ?", "input": None, "output": "Đáp số: 2"}, "and 'input'"),
        ({"question": "1 + 1 = ?", "solution": "Đáp số: 2", "grade": 1}, "from 'question', answer"),
        ({"question": "1 + 1 = ?", "answer": "Đáp số: 2"}, "answer from 'answer'"),
        ({"input": "1 + 1 = ?", "output": "Đáp số: 2"}, "question from 'input', answer from 'out"),
    ],
)
def test_a_format_is_found_by_its_columns(record, note, write):
    path = write([record])
    found = read(path)
    assert found.train == [Row(TURNS)]
    assert found.test == []
    assert found.note.startswith(f"{path}: ") and note in found.note


def test_the_input_of_an_instruction_stands_below_it(write):
    record = {"instruction": "Tính tổng", "input": "1 và 1", "output": "2"}
    (row,) = read(write([record])).train
    assert (row.question, row.answer) == ("Tính tổng\n1 và 1", "2")


def test_turns_of_several_rounds_are_kept_in_order(write):
    turns = [{"role": "system", "content": "Bạn là gia sư."}, *TURNS, *TURNS]
    (row,) = read(write([{"messages": turns}])).train
    assert row.messages == turns


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"prompt_column": "de_bai", "completion_column": "loi_giai"}, ("đề", "giải")),
        ({"prompt_column": "de_bai"}, ("đề", "sách")),
        ({"completion_column": "loi_giai"}, ("hỏi", "giải")),
        ({}, ("hỏi", "sách")),
    ],
)
def test_columns_may_be_named(options, expected, write):
    record = {"question": "hỏi", "solution": "sách", "de_bai": "đề", "loi_giai": "giải"}
    (row,) = read(write([record]), **options).train
    assert (row.question, row.answer) == expected


def test_a_column_of_turns_may_be_named(write):
    (row,) = read(write([PAIR | {"dialog": TURNS}]), messages_column="dialog").train
    assert row == Row(TURNS)


def test_a_system_message_stands_first_unless_there_is_one(write):
    own = {"messages": [{"role": "system", "content": "riêng"}, *TURNS]}
    first, second = read(write([{"messages": TURNS}, own]), system="chung").train
    assert first.messages == [{"role": "system", "content": "chung"}, *TURNS]
    assert second.messages == own["messages"]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(PAIR) + "\n",
        json.dumps(PAIR),
        "\ufeff" + json.dumps(PAIR),
        "\n\n" + json.dumps(PAIR) + "\n   \n",
        json.dumps(PAIR) + "\r\n",
        json.dumps([PAIR]),
        "\ufeff\n " + json.dumps([PAIR], indent=2, ensure_ascii=False),
        json.dumps(PAIR, ensure_ascii=False),
    ],
    ids=["lines", "no end", "mark", "blank lines", "Windows", "list", "indented list", "letters"],
)
def test_a_file_may_be_written_in_several_ways(text, write):
    assert read(write(text)).train == [Row(TURNS)]


def test_a_line_separator_inside_a_cell_does_not_end_the_line(write):
    record = {"question": "dòng\u2028hai\x85ba", "solution": "2"}
    (row,) = read(write(json.dumps(record, ensure_ascii=False))).train
    assert row.question == record["question"]


# what is wrong with a file


def test_a_missing_file_is_suggested(write, tmp_path):
    write([PAIR], "exams.jsonl")
    path = tmp_path / "exam.jsonl"
    assert problems(str(path)) == [
        f"data.path={path}: there is no such file. Did you mean 'exams.jsonl'?"
    ]


@pytest.mark.parametrize("name", ["nowhere.jsonl", "no/such/folder/rows.jsonl"])
def test_a_missing_file_without_a_neighbour_is_named(name, tmp_path):
    path = tmp_path / name
    assert problems(str(path)) == [f"data.path={path}: there is no such file."]


def test_a_folder_is_refused(tmp_path):
    assert problems(str(tmp_path)) == [
        f"data.path={tmp_path}: a folder; name a .jsonl or .json file"
    ]


@pytest.mark.parametrize("text", ["", "\n", " \n\t\n", "\ufeff"])
def test_an_empty_file_is_refused(text, write):
    path = write(text)
    assert problems(path) == [f"data.path={path}: the file is empty"]


def test_an_empty_list_is_refused(write):
    path = write("[]")
    assert problems(path) == [f"data.path={path}: the list is empty"]


def test_a_file_that_is_not_utf_8_is_refused(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes('{"question": "Đề", "solution": "Giải"}'.encode("utf-16"))
    (problem,) = problems(str(path))
    assert problem.startswith(f"data.path={path}: cannot be read as UTF-8 text: ")


def test_lines_that_are_not_json_are_numbered(write):
    path = write(f"{json.dumps(PAIR)}\n\n{{'question': 1}}\n{json.dumps(PAIR)}\nquestion,solution")
    third, fifth = problems(path)
    assert third.startswith(f"{path} line 3: not JSON: ") and third.endswith("{'question': 1}")
    assert fifth.startswith(f"{path} line 5: not JSON: ") and fifth.endswith("question,solution")


@pytest.mark.parametrize("value", ["1" * 5000, "[" * 100_000], ids=["digits", "depth"])
@pytest.mark.parametrize("form", ['{{"question": {}}}', '[{{"question": {}}}]'])
def test_json_that_python_cannot_hold_is_refused(form, value, write):
    path = write(form.format(value))
    (problem,) = problems(path)
    assert str(path) in problem and ("not JSON" in problem or "cannot be read" in problem)


def test_an_object_over_several_lines_is_no_file_of_rows(write):
    path = write(json.dumps({"data": [PAIR], "version": 1}, indent=2))
    assert problems(path) == [
        f"data.path={path}: one JSON object of data, version; rows are wanted, one object a line "
        "or a list of them"
    ]


def test_a_list_that_is_not_json_names_the_line(write):
    path = write('[\n{"question": "a"},\n{"question": }\n]')
    (problem,) = problems(path)
    assert problem.startswith(f"{path} line 3: not JSON: ")


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        (3, "not a JSON object: 3"),
        ([PAIR], "not a JSON object: [{"),
        (None, "not a JSON object: None"),
        ({"question": "hỏi"}, "'solution' is missing, not text"),
        ({"question": None, "solution": "2"}, "'question' is missing, not text"),
        ({"question": "", "solution": "2"}, "'question' is empty"),
        ({"question": "a\ud800", "solution": "2"}, "'question' holds half of a character"),
        ({"question": "hỏi", "solution": " \n"}, "'solution' is empty"),
        ({"question": 7, "solution": "2"}, "'question' is a int (7), not text"),
        ({"question": "hỏi", "solution": 2.5}, "'solution' is a float (2.5), not text"),
        ({"question": "hỏi", "solution": True}, "'solution' is a bool (True), not text"),
        ({"question": "hỏi", "solution": {"a": 1}}, "'solution' is a dict ({'a': 1}), not text"),
    ],
)
def test_a_wrong_cell_is_reported_with_its_row(second, problem, write):
    path = write([PAIR, second, PAIR])
    (found,) = problems(path)
    assert found.startswith(f"{path} row 2: {problem}")


@pytest.mark.parametrize(
    ("messages", "problem"),
    [
        (None, "'messages' is missing, not a list of turns"),
        ([], "not a list of turns"),
        ("xin chào", "'messages' is a str (xin chào), not a list of turns"),
        (["xin chào"], "'messages' turn 1 is a str (xin chào), not an object"),
        ([TURNS[0], {"role": "assistant"}], "'messages turn 2' is missing, not text"),
        ([TURNS[0], {"role": "assistant", "content": ""}], "'messages turn 2' is empty"),
        ([TURNS[0], {"role": "thầy", "content": "2"}], "'messages' has the role thầy"),
        ([TURNS[0]], "the last turn must be the assistant's"),
        ([TURNS[1]], "the last turn must be the assistant's"),
        ([*TURNS, TURNS[0]], "the last turn must be the assistant's"),
        ([{"role": "system", "content": "a"}, TURNS[1]], "after at least one of the user"),
        ([TURNS[0], {"role": "tool", "content": "2"}, TURNS[1]], "has the role tool; known are"),
    ],
)
def test_wrong_turns_are_reported_with_their_row(messages, problem, write):
    path = write([{"messages": TURNS}, {"messages": messages}])
    (found,) = problems(path)
    assert found.startswith(f"{path} row 2: ") and problem in found


@pytest.mark.parametrize(
    ("bad", "more"), [(1, None), (5, None), (6, "and 1 more rows like"), (40, "and 35 more rows")]
)
def test_five_wrong_rows_are_listed_and_the_others_counted(bad, more, write):
    found = problems(write([PAIR, *[{"question": "hỏi", "solution": ""}] * bad, PAIR]))
    listed = found if more is None else found[:-1]
    assert [line.partition(" row ")[2] for line in listed] == [
        f"{number}: 'solution' is empty" for number in range(2, min(bad, 5) + 2)
    ]
    if more is not None:
        assert found[-1].startswith(more)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"prompt_column": "questoin"}, ["no column 'questoin'. Did you mean 'question'?"]),
        ({"messages_column": "messages"}, ["no column 'messages'. Columns: question, solution"]),
        (
            {"prompt_column": "a", "completion_column": "b"},
            ["there is no column 'a'", "there is no column 'b'"],
        ),
    ],
)
def test_a_column_that_is_not_there_is_suggested(options, expected, write):
    found = problems(write([PAIR]), **options)
    assert len(found) == len(expected)
    assert all(words in line for words, line in zip(expected, found, strict=True))


def test_unknown_columns_are_listed_beside_the_known_ones(write):
    (problem,) = problems(write([{"de_bai": "1 + 1 = ?", "loi_giai": "2"}]))
    assert "no known columns among de_bai, loi_giai; known are messages; prompt and cho" in problem
    assert problem.endswith("or set data.prompt_column=... data.completion_column=...")


def test_nothing_to_read_names_the_key():
    assert problems(None) == ["no value for data.path: set data.path=FILE"]


# holding out


def test_rows_are_held_out_by_default(write):
    found = read(write(numbered(50)), test_rows=None)
    assert (len(found.train), len(found.test)) == (45, 5)


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ({"test_rows": 0}, (20, 0)),
        ({"test_rows": 4}, (16, 4)),
        ({"test_rows": 4, "train_rows": 10}, (10, 4)),
        ({"test_rows": 4, "train_rows": 100}, (16, 4)),
        ({"test_rows": 100}, (1, 19)),
    ],
)
def test_numbers_of_rows_may_be_set(options, sizes, write):
    found = read(write(numbered(20)), **options)
    assert (len(found.train), len(found.test)) == sizes


def test_no_question_is_in_both_parts(write):
    records = [PAIR | {"question": f"câu {i % 7}"} for i in range(40)]
    found = read(write(records), test_rows=3)
    assert len(found.test) == 3
    assert not {r.question for r in found.train} & {r.question for r in found.test}
    assert len({r.question for r in found.train}) == 4


def test_the_same_seed_holds_out_the_same_rows(write):
    path = write(numbered(50))
    first, again, other = (read(path, test_rows=5, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.test != other.test


def test_holding_out_keeps_the_order_and_every_row():
    all_rows = [Row(conversation(f"câu {i}", "2")) for i in range(30)]
    train, test = hold_out(all_rows, 6, seed=3)
    assert sorted([*train, *test], key=all_rows.index) == all_rows
    assert train == sorted(train, key=all_rows.index)


def test_a_file_of_held_out_rows_is_used_whole(write):
    path, test_path = write(numbered(10)), write(numbered(12)[9:], "test.jsonl")
    found = read(path, test_path=test_path, test_rows=None)
    assert [row.question for row in found.test] == ["9 + 0 = ?", "10 + 0 = ?", "11 + 0 = ?"]
    assert len(found.train) == 10


@pytest.mark.parametrize(("leaks", "kept"), [("drop", 9), ("keep", 10)])
def test_training_rows_that_a_file_of_held_out_rows_has_too_are_leaks(leaks, kept, write):
    path, test_path = write(numbered(10)), write(numbered(12)[9:], "test.jsonl")
    found = data.load(
        FileConfig(_target_=data.READ, path=path, test_path=test_path, seed=1, leaks=leaks)
    )
    assert (len(found.train), len(found.test)) == (kept, 3)
    assert found.quality.counts == {"leak": 1}


def test_a_file_of_held_out_rows_may_be_cut(write):
    path, test_path = write(numbered(5)), write(numbered(9)[5:], "test.jsonl")
    assert len(read(path, test_path=test_path, test_rows=2).test) == 2


def test_training_rows_that_are_all_held_out_are_refused(write):
    path = write(numbered(3))
    with pytest.raises(RequestError, match=r"no row is left to train on .* set data\.leaks=keep"):
        data.load(FileConfig(_target_=data.READ, path=path, test_path=path, seed=1))


def test_a_missing_file_of_held_out_rows_is_named_by_its_key(write, tmp_path):
    (problem,) = problems(write(numbered(3)), test_path=str(tmp_path / "nowhere.jsonl"))
    assert problem.startswith(f"data.test_path={tmp_path / 'nowhere.jsonl'}: there is no such file")


# rows


def test_the_hash_tells_rows_apart():
    one, other = Row(conversation("1 + 1 = ?", "2")), Row(conversation("1 + 1 = ?", "3"))
    hashes = {Rows([one], [other], "").sha256, Rows([other], [one], "").sha256}
    assert len(hashes) == 2
    assert Rows([one], [other], "a note").sha256 in hashes


def test_the_hash_is_that_of_the_rows_as_json():
    one, other = Row(conversation("1 + 1 = ?", "2"), rejected="đ"), Row(conversation("1", "3"))
    for train, test in (([one, other], [one]), ([one], []), ([], [])):
        texts = [[[r.messages, r.rejected, r.label] for r in part] for part in (train, test)]
        assert Rows(train, test, "").sha256 == sha256(json.dumps(texts).encode()).hexdigest()


def test_a_source_asked_twice_gives_the_same_rows(write):
    path = write(numbered(5))
    config = FileConfig(_target_="mathpal.data.sources.rows", path=path, seed=1)
    assert data.load(config) is data.load(config)
    assert len(data.load(config).train) == 4


def test_real_exams_load(exams):
    found = read(str(exams), test_rows=32)
    assert len(found.test) == 32
    assert len(found.train) > 900
    assert not {r.question for r in found.train} & {r.question for r in found.test}
    assert "question from 'question', answer from 'solution'" in found.note
