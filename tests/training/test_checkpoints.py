"""Interrupted, killed and resumed runs."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mathpal.checkpoints import find, is_whole, newest_whole
from mathpal.compose import thaw
from mathpal.errors import Interrupted, RequestError
from mathpal.files import read_jsonl
from mathpal.run import run

STEPS = (
    "trainer.max_steps=12",
    "trainer.save_strategy=steps",
    "trainer.save_steps=4",
    "lora.lora_dropout=0.1",
    "trainer.warmup_steps=2",
)


def losses(folder: Path) -> dict[int, float]:
    return {m["step"]: m["loss"] for m in read_jsonl(folder / "metrics.jsonl") if "loss" in m}


def signal_at_step(folder: Path, step: int, number: int) -> threading.Thread:
    """Send this process a signal once a step has been logged."""

    def wait() -> None:
        while not (folder / "metrics.jsonl").exists() or step not in losses(folder):
            time.sleep(0.01)
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGINT, marks=pytest.mark.slow), signal.SIGTERM]
)
def test_resumed_run_has_the_losses_of_an_uninterrupted_one(launch, tmp_path, number):
    whole = launch(*STEPS, folder="whole")
    part = tmp_path / "part"
    signal_at_step(part, 6, number)
    with pytest.raises(Interrupted, match=r"stopped at step \d+ of 12; checkpoint-\d+ was kept"):
        launch(*STEPS, folder="part")
    record = json.loads((part / "run.json").read_text())
    assert record["status"] == "interrupted"
    assert max(losses(part)) < 12
    assert newest_whole(part) is not None

    experiment = thaw(part / "config.yaml", [f"resume={part}"])
    outcome = run(experiment, part, time.time())
    assert losses(part) == losses(whole.folder)
    assert json.loads((part / "run.json").read_text())["resumed"] is True
    same = ("train_loss", "eval_loss", "base_accuracy", "eval_accuracy")
    expected = {name: pytest.approx(whole.outcome.figures[name], abs=1e-5) for name in same}
    assert {name: outcome.figures[name] for name in same} == expected


@pytest.mark.slow
def test_train_loss_of_a_resumed_run_is_that_of_all_its_steps(launch, tmp_path):
    options = (*STEPS, "trainer.logging_steps=5", "evaluation=none")
    whole = launch(*options, folder="whole").json("metrics.json")
    signal_at_step(tmp_path / "part", 5, signal.SIGINT)
    with pytest.raises(Interrupted):
        launch(*options, folder="part")
    outcome = run(
        thaw(tmp_path / "part" / "config.yaml", ["resume=" + str(tmp_path / "part")]),
        tmp_path / "part",
        time.time(),
    )
    assert outcome.figures["train_loss"] == pytest.approx(whole["train_loss"], abs=1e-5)


def test_resuming_a_finished_run_trains_no_further(launch):
    done = launch(*STEPS)
    experiment = thaw(done.folder / "config.yaml", [f"resume={done.folder}"])
    again = run(experiment, done.folder, time.time())
    assert max(losses(done.folder)) == 12
    for name in ("train_loss", "eval_loss", "eval_accuracy"):
        assert again.figures[name] == pytest.approx(done.outcome.figures[name], abs=1e-5)


def test_half_written_checkpoint_is_passed_over(launch):
    folder = launch(*STEPS, "evaluation=none", "trainer.save_total_limit=3").folder
    newest = newest_whole(folder)
    assert newest is not None and newest.name == "checkpoint-12"
    weights = newest / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    assert not is_whole(newest)
    assert find(str(folder)).name == "checkpoint-8"
    (folder / "checkpoints" / "checkpoint-8" / "manifest.json").unlink()
    assert find(str(folder)).name == "checkpoint-4"


def test_unfinished_last_line_of_metrics_is_left_out(launch):
    folder = launch(*STEPS, "evaluation=none").folder
    with (folder / "metrics.jsonl").open("a") as file:
        file.write('{"step": 13, "lo')
    assert max(losses(folder)) == 12


def test_resume_without_a_checkpoint_is_refused(tmp_path):
    with pytest.raises(RequestError, match="no whole checkpoint to go on from"):
        find(str(tmp_path))


def test_killed_run_goes_on_from_its_newest_whole_checkpoint(tmp_path):
    train = Path(sys.executable).with_name("train")
    folder = tmp_path / "run"
    arguments = [
        "hydra.run.dir=run",
        "evaluation=none",
        "hardware=cpu",
        "data.train_rows=64",
        "data.test_rows=8",
        "model.batch_size=4",
        "trainer.max_steps=400",
        "trainer.logging_steps=1",
        "trainer.save_strategy=steps",
        "trainer.save_steps=5",
    ]
    process = subprocess.Popen([train, *arguments], cwd=tmp_path, stdout=subprocess.DEVNULL)
    while newest_whole(folder) is None:
        assert process.poll() is None, "ended before its first checkpoint"
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert json.loads((folder / "run.json").read_text())["status"] == "running"
    mathpal = Path(sys.executable).with_name("mathpal")
    done = subprocess.run(
        [mathpal, "resume", "run", "trainer.max_steps=20"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads((folder / "run.json").read_text())["status"] == "done"
    assert sorted(losses(folder)) == list(range(1, max(losses(folder)) + 1))


@pytest.mark.slow
def test_ctrl_c_exits_with_130_and_says_how_to_go_on(tmp_path):
    train = Path(sys.executable).with_name("train")
    arguments = ["hydra.run.dir=run", "evaluation=none", "hardware=cpu", "trainer.logging_steps=1"]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [train, *arguments], cwd=tmp_path, stdout=pipe, stderr=pipe, text=True
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        for line in process.stdout:
            if line.startswith("step 2/"):
                process.send_signal(signal.SIGINT)
        message = process.stderr.read()
    assert process.returncode == 130
    assert "train: interrupted: stopped at step" in message
    assert "mathpal resume" in message
    assert "Traceback" not in message
    assert newest_whole(tmp_path / "run") is not None


def mounted(folder: Path, size: str) -> bool:
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.slow
def test_full_disk_keeps_whole_checkpoints_and_the_record(tmp_path):
    disk = tmp_path / "disk"
    if not mounted(disk, "7m"):
        pytest.skip("a small file system can only be mounted by root")
    try:
        train = Path(sys.executable).with_name("train")
        arguments = ["hydra.run.dir=disk/run", "evaluation=none", "hardware=cpu", "lora=r16"]
        arguments += ["trainer.save_strategy=steps", "trainer.save_steps=2", "trainer.max_steps=30"]
        arguments += ["data.train_rows=64", "data.test_rows=8", "trainer.save_total_limit=null"]
        done = subprocess.run([train, *arguments], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 1
        assert "train: error: the disk is full" in done.stderr
        assert "Traceback" not in done.stderr
        record = json.loads((disk / "run" / "run.json").read_text())
        assert record["status"] == "failed"
        checkpoints = list((disk / "run" / "checkpoints").glob("checkpoint-*"))
        assert checkpoints and all(map(is_whole, checkpoints))
    finally:
        subprocess.run(["umount", str(disk)], check=True)
