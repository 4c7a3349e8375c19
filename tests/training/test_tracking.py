"""Trackers, read back from what they wrote, and secrets, looked for in every file."""

import json
import subprocess
import sys
from pathlib import Path

from mathpal.files import read_jsonl


def test_wandb_offline_run_holds_losses_and_accuracies(launch, monkeypatch):
    from wandb.proto import wandb_internal_pb2
    from wandb.sdk.internal.datastore import DataStore

    monkeypatch.setenv("WANDB_MODE", "offline")
    run = launch("tracking=wandb", "tracking.project=tutor", "name=offline")
    (path,) = run.folder.glob("wandb/offline-run-*/run-*.wandb")
    store = DataStore()
    store.open_for_scan(str(path))
    history: dict[str, float] = {}
    project, closed = None, False
    while (data := store.scan_data()) is not None:
        record = wandb_internal_pb2.Record()
        record.ParseFromString(data)
        project = record.run.project or project
        closed = closed or record.HasField("exit")
        for item in record.history.item:
            history["/".join(item.nested_key) or item.key] = json.loads(item.value_json)
    assert project == "tutor"
    assert closed, "the run was not finished"
    assert history["train/loss"] == run.losses[-1]
    assert history["eval/accuracy"] == run.json("metrics.json")["eval_accuracy"]


def test_tensorboard_events_hold_the_losses(launch):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = launch("tracking=tensorboard", "evaluation=none")
    (path,) = run.folder.rglob("events.out.tfevents.*")
    events = EventAccumulator(str(path)).Reload()
    logged = [event.value for event in events.Scalars("train/loss")]
    assert [round(v, 4) for v in logged] == [round(v, 4) for v in run.losses]


def test_no_tracking_keeps_the_record_and_draws_nothing(launch):
    run = launch("tracking=none", "evaluation=none")
    assert not (run.folder / "loss.png").exists()
    assert read_jsonl(run.folder / "metrics.jsonl") and run.json("metrics.json")


def test_secrets_are_in_no_file_of_a_run(tmp_path):
    secrets = {
        "HF_TOKEN": "hf_AbCdEfGhIjKlMnOpQrStUvWxYz012345",
        "WANDB_API_KEY": "0123456789abcdef0123456789abcdef01234567",
        "OTHER_SECRET": "correct-horse-battery",
    }
    import os

    done = subprocess.run(
        [
            Path(sys.executable).with_name("train"),
            "hydra.run.dir=run",
            "name=correct-horse-battery",
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
    wanted = [value.encode() for name, value in secrets.items() if name != "OTHER_SECRET"]
    for path in (tmp_path / "run").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [w for w in wanted if w in content], path
    assert "correct-horse-battery" not in (tmp_path / "run" / "run.json").read_text()
