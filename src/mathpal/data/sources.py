"""Rows of a file, or of a data set on the hub, whatever their columns are called."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mathpal import hub
from mathpal.data import Message, Row, Rows, conversation, hold_out
from mathpal.errors import RequestError, Unreachable, did_you_mean

MESSAGES_COLUMNS = ("messages", "conversations", "conversation")
PAIR_COLUMNS = (
    ("prompt", "chosen"),
    ("prompt", "completion"),
    ("instruction", "output"),
    ("instruction", "response"),
    ("question", "solution"),
    ("question", "answer"),
    ("input", "output"),
)
REJECTED, LABEL = "rejected", "label"
ROLES = {"human": "user", "gpt": "assistant", "model": "assistant"}
"""Names of roles in other formats -> ours."""

DEFAULT_TEST_SHARE = 0.1
MOST_TEST_ROWS = 200
MAX_PROBLEMS = 5
HALF = re.compile("[\ud800-\udfff]")
"""Half of a UTF-16 pair, which JSON can escape but no UTF-8 text nor tokenizer can hold."""


@dataclass(frozen=True)
class Columns:
    """Where the conversation stands: in one column of turns, or in a question and an answer."""

    messages: str | None = None
    prompt: str | None = None
    completion: str | None = None
    context: str | None = None
    """An `input` column beside `instruction`, put below it where it is not empty."""
    rejected: str | None = None
    """A worse answer to the same question."""
    label: str | None = None
    """Whether the answer is a good one."""

    def __str__(self) -> str:
        more = "".join(
            f", {what} from '{column}'"
            for what, column in (("rejected answer", self.rejected), ("label", self.label))
            if column
        )
        if self.messages:
            return f"turns from '{self.messages}'{more}"
        below = f" and '{self.context}'" if self.context else ""
        return f"question from '{self.prompt}'{below}, answer from '{self.completion}'{more}"


def rows(
    path: str | None,
    test_path: str | None,
    name: str | None,
    revision: str | None,
    train_split: str,
    test_split: str | None,
    prompt_column: str | None,
    completion_column: str | None,
    rejected_column: str | None,
    label_column: str | None,
    messages_column: str | None,
    train_rows: int | None,
    test_rows: int | None,
    seed: int,
    system: str | None,
) -> Rows:
    """Read rows and hold some out: those of a file or split of their own may ask what train does.

    Raises: RequestError for a missing file or column, a line that is not JSON, a cell that is
        empty or not text (every one with its row number), or a hub that cannot be reached.
    """
    named = Columns(
        messages_column,
        prompt_column,
        completion_column,
        rejected=rejected_column,
        label=label_column,
    )
    if path is not None:
        train, columns = _file_rows("data.path", Path(path).expanduser(), named, system)
        source = path
    elif name is not None:
        train, columns = _hub_rows(name, revision, train_split, named, system)
        source = f"{name} ({train_split})"
    else:
        raise RequestError("no value for data.path: set data.path=FILE")
    if test_path is not None:
        test, _ = _file_rows("data.test_path", Path(test_path).expanduser(), named, system)
    elif path is None and name is not None and test_split is not None:
        test, _ = _hub_rows(name, revision, test_split, named, system)
    else:
        share = min(MOST_TEST_ROWS, max(1, int(len(train) * DEFAULT_TEST_SHARE)))
        train, test = hold_out(train, share if test_rows is None else test_rows, seed)
    return Rows(train[:train_rows], test[:test_rows], f"{source}: {columns}")


def file_rows(key: str, path: Path) -> list[Row]:
    """Return the rows of a file whose columns have names in common use.

    Raises: RequestError for a file that cannot be read; `key` is the option that named it.
    """
    return _file_rows(key, path, Columns(), None)[0]


def _file_rows(
    key: str, path: Path, named: Columns, system: str | None
) -> tuple[list[Row], Columns]:
    return _to_rows(_read(key, path), str(path), named, system)


def _read(key: str, path: Path) -> list[Any]:
    if path.is_dir():
        raise RequestError(f"{key}={path}: a folder; name a .jsonl or .json file")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        near = did_you_mean(path.name, [p.name for p in path.parent.glob("*")])
        raise RequestError(f"{key}={path}: there is no such file.{near}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"{key}={path}: cannot be read as UTF-8 text: {error}") from error
    if not text.strip():
        raise RequestError(f"{key}={path}: the file is empty")
    if text.lstrip().startswith("["):
        return _read_list(key, path, text)
    rows, problems = [], []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            rows.append(json.loads(line))
        except (ValueError, RecursionError) as error:
            problems.append(f"{path} line {number}: not JSON: {_reason(error)}: {line[:60]}")
    if problems:
        raise RequestError(_one_object(key, path, text) or _first(problems))
    return rows


def _one_object(key: str, path: Path, text: str) -> list[str]:
    """Return the problem of a file that is one object over several lines; else nothing."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return [
        f"{key}={path}: one JSON object of {', '.join(whole)}; rows are wanted, one object a line "
        "or a list of them"
    ]


def _reason(error: Exception) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error)


def _read_list(key: str, path: Path, text: str) -> list[Any]:
    try:
        rows = json.loads(text)
    except json.JSONDecodeError as error:
        raise RequestError(f"{path} line {error.lineno}: not JSON: {error.msg}") from error
    except (ValueError, RecursionError) as error:  # a number too long, lists too deep
        raise RequestError(f"{key}={path}: cannot be read: {error}") from error
    assert isinstance(rows, list)
    if not rows:
        raise RequestError(f"{key}={path}: the list is empty")
    return rows


def _hub_rows(
    name: str, revision: str | None, split: str, named: Columns, system: str | None
) -> tuple[list[Row], Columns]:
    reachable = hub.is_reachable()
    import datasets

    instead = "use data.path=FILE for a file with the same columns"
    try:
        table = datasets.load_dataset(name, revision=revision, split=split)
    except (OSError, ValueError) as error:
        if not reachable:
            raise Unreachable(
                f"data.name={name}: the hub cannot be reached and the cache has no copy; {instead}"
            ) from error
        reason = str(error).strip().partition("\n")[0]
        raise RequestError(f"data.name={name}: cannot be loaded ({reason}); {instead}") from error
    return _to_rows(list(table), f"{name} ({split})", named, system)


def _to_rows(
    records: Sequence[Any], where: str, named: Columns, system: str | None
) -> tuple[list[Row], Columns]:
    if not isinstance(records[0], Mapping):
        raise RequestError(f"{where} row 1: not a JSON object: {str(records[0])[:60]}")
    columns = _find_columns(records[0], where, named)
    rows, problems = [], []
    for number, record in enumerate(records, start=1):
        try:
            rows.append(_row(record, columns, system))
        except ValueError as error:
            problems.append(f"{where} row {number}: {error}")
    if problems:
        raise RequestError(_first(problems))
    return rows, columns


def _find_columns(first: Mapping[str, Any], where: str, named: Columns) -> Columns:
    present = list(first)
    wanted = [named.messages, named.prompt, named.completion, named.rejected, named.label]
    missing = [c for c in wanted if c is not None and c not in present]
    if missing:
        raise RequestError(
            [
                f"{where}: there is no column '{c}'.{did_you_mean(c, present)} "
                f"Columns: {', '.join(present)}"
                for c in missing
            ]
        )
    answers = _find_answers(present, where, named)
    rejected = named.rejected or (REJECTED if REJECTED in present else None)
    # A label of another kind, such as a topic's name, is none of ours.
    label = named.label or (LABEL if first.get(LABEL) in (True, False, 0, 1) else None)
    return replace(answers, rejected=rejected, label=None if rejected else label)


def _find_answers(present: Sequence[str], where: str, named: Columns) -> Columns:
    """Find the question and the answer: by the names given, else by names in common use."""
    if named.messages:
        return Columns(messages=named.messages)
    if named.prompt and named.completion:
        return Columns(prompt=named.prompt, completion=named.completion)
    if not (named.prompt or named.completion):
        for column in MESSAGES_COLUMNS:
            if column in present:
                return Columns(messages=column)
    for prompt, completion in PAIR_COLUMNS:
        prompt, completion = named.prompt or prompt, named.completion or completion
        if prompt in present and completion in present:
            has_context = prompt == "instruction" and "input" in present
            return Columns(None, prompt, completion, "input" if has_context else None)
    if "chosen" in present and REJECTED in present:
        return Columns(messages="chosen")
    known = "; ".join(["messages", *(f"{p} and {c}" for p, c in PAIR_COLUMNS)])
    raise RequestError(
        f"{where}: no known columns among {', '.join(present)}; known are {known}; "
        "or set data.prompt_column=... data.completion_column=..."
    )


def _row(record: Any, columns: Columns, system: str | None) -> Row:
    """Return a record as a row.

    Raises: ValueError saying which cell is wrong and how.
    """
    messages = _messages(record, columns, system)
    rejected, label = None, None
    if columns.rejected:
        rejected = _answer(record.get(columns.rejected), columns.rejected)
        if rejected == messages[-1]["content"]:
            raise ValueError("the chosen and the rejected answer are the same")
    if columns.label:
        value = record.get(columns.label)
        if value not in (True, False, 0, 1):
            raise ValueError(f"'{columns.label}' is {_describe(value)}, not true or false")
        label = bool(value)
    return Row(messages, rejected=rejected, label=label)


def _messages(record: Any, columns: Columns, system: str | None) -> list[Message]:
    if not isinstance(record, Mapping):
        raise ValueError(f"not a JSON object: {str(record)[:60]}")
    if columns.messages:
        turns = _turns(record.get(columns.messages), columns.messages)
    else:
        assert columns.prompt is not None and columns.completion is not None
        prompt, completion = record.get(columns.prompt), record.get(columns.completion)
        answer = _answer(completion, columns.completion)
        if isinstance(prompt, list):
            turns = [*_turns(prompt, columns.prompt), Message(role="assistant", content=answer)]
        else:
            question = _text(prompt, columns.prompt)
            if columns.context and record.get(columns.context):
                question += "\n" + _text(record[columns.context], columns.context)
            turns = conversation(question, answer)
    if turns[-1]["role"] != "assistant" or all(turn["role"] != "user" for turn in turns):
        raise ValueError("the last turn must be the assistant's, after at least one of the user")
    if system and turns[0]["role"] != "system":
        turns = [Message(role="system", content=system), *turns]
    return turns


def _answer(value: Any, column: str) -> str:
    """Return an answer that is given as text, or as turns of which it is the last."""
    return _turns(value, column)[-1]["content"] if isinstance(value, list) else _text(value, column)


def _turns(value: Any, column: str) -> list[Message]:
    if not isinstance(value, list) or not value:
        raise ValueError(f"'{column}' is {_describe(value)}, not a list of turns")
    turns = []
    for number, turn in enumerate(value, start=1):
        if not isinstance(turn, Mapping):
            raise ValueError(f"'{column}' turn {number} is {_describe(turn)}, not an object")
        role = str(turn.get("role", turn.get("from")))
        content = _text(turn.get("content", turn.get("value")), f"{column} turn {number}")
        turns.append(Message(role=ROLES.get(role, role), content=content))
    unknown = {t["role"] for t in turns} - {"system", "user", "assistant"}
    if unknown:
        known = ", ".join(("system", "user", "assistant", *ROLES))
        raise ValueError(
            f"'{column}' has the role {', '.join(sorted(unknown))}; known are {known}: leave turns "
            "of tools out, or put them in words"
        )
    return turns


def _text(value: Any, column: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"'{column}' is {_describe(value)}, not text")
    if not value.strip():
        raise ValueError(f"'{column}' is empty")
    if not value.isascii() and HALF.search(value):
        raise ValueError(f"'{column}' holds half of a character (a surrogate without its other)")
    return value


def _describe(value: Any) -> str:
    if value is None:
        return "missing"
    return f"a {type(value).__name__} ({str(value)[:30]})"


def _first(problems: Sequence[str]) -> list[str]:
    shown = list(problems[:MAX_PROBLEMS])
    hidden = len(problems) - len(shown)
    return [*shown, *([f"and {hidden} more rows like these"] if hidden else [])]
