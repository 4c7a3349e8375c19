"""Trackers, read back from what they wrote, and secrets, looked for in every file."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mathpal.compose import compose
from mathpal.errors import RequestError
from mathpal.files import read_jsonl
from mathpal.overrides import Request
from mathpal.preflight import check

BLOCK = 32_768
FULL, LAST = 1, 4
"""Kinds of fragment that end a record in LevelDB's log format."""


def wandb_records(path: Path):
    """Yield the records of a .wandb file: LevelDB's log format, behind a header of 7 bytes."""
    from wandb.proto import wandb_internal_pb2

    data, at, parts = path.read_bytes(), 7, b""
    while at + 7 <= len(data):
        room = BLOCK - at % BLOCK
        if room < 7:
            at += room
            continue
        length, kind = int.from_bytes(data[at + 4 : at + 6], "little"), data[at + 6]
        parts += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (FULL, LAST):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(parts)
            parts = b""
            yield record


def test_wandb_offline_run_holds_losses_and_accuracies(launch, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    run = launch("tracking=wandb", "tracking.project=tutor", "name=offline")
    (path,) = run.folder.glob("wandb/offline-run-*/run-*.wandb")
    records = list(wandb_records(path))
    history = {
        "/".join(item.nested_key) or item.key: json.loads(item.value_json)
        for record in records
        for item in record.history.item
    }
    assert {record.run.project for record in records if record.HasField("run")} == {"tutor"}
    assert [record.exit.exit_code for record in records if record.HasField("exit")] == [0]
    assert history["train/loss"] == run.losses[-1]
    assert history["eval/accuracy"] == run.json("metrics.json")["eval_accuracy"]


def test_tensorboard_events_hold_the_losses(launch):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = launch("tracking=tensorboard", "evaluation=none")
    (folder,) = {path.parent for path in run.folder.rglob("events.out.tfevents.*")}
    events = EventAccumulator(str(folder)).Reload()
    logged = [round(event.value, 4) for event in events.Scalars("train/loss")]
    assert logged == [round(loss, 4) for loss in run.losses]


def test_no_tracking_keeps_the_record_and_draws_nothing(launch):
    run = launch("tracking=none", "evaluation=none")
    assert not (run.folder / "loss.png").exists()
    assert read_jsonl(run.folder / "metrics.jsonl") and run.json("metrics.json")


@pytest.mark.slow
def test_secrets_are_in_no_file_of_a_run(tmp_path):
    secrets = {
        "HF_TOKEN": "hf_AbCdEfGhIjKlMnOpQrStUvWxYz012345",
        "WANDB_API_KEY": "0123456789abcdef0123456789abcdef01234567",
    }
    done = subprocess.run(
        [
            Path(sys.executable).with_name("train"),
            "hydra.run.dir=run",
            "tracking=wandb",
            "hardware=cpu",
            "data.train_rows=16",
            "data.test_rows=2",
            "model.batch_size=4",
            "trainer.max_steps=2",
            "evaluation=none",
        ],
        cwd=tmp_path,
        env={**os.environ, **secrets, "WANDB_MODE": "offline"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    wanted = [value.encode() for value in secrets.values()]
    for path in (tmp_path / "run").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [w for w in wanted if w in content], path


@pytest.mark.parametrize("value", ["hf_AbCdEfGhIjKlMnOpQrStUvWxYz012345", "correct-horse-battery"])
def test_secret_given_as_a_value_is_refused_and_written_nowhere(value, monkeypatch):
    monkeypatch.setenv("OTHER_SECRET", "correct-horse-battery")
    with pytest.raises(RequestError, match=r"data\.options\.token: looks like a secret") as refused:
        check(
            compose(
                Request(("data=custom", "data._target_=mathpal.x", f"+data.options.token={value}"))
            )
        )
    assert value not in str(refused.value)
