"""Several processes on the CPU (gloo), started as users start them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from mathpal.files import read_jsonl

TRAIN = Path(sys.executable).with_name("train")
SMALL = (
    "hardware.device=cpu",
    "hardware.precision=fp32",
    "data.train_rows=64",
    "data.test_rows=8",
    "trainer.max_steps=4",
    "trainer.logging_steps=1",
)
SHORT = ("evaluation.max_new_tokens=16", "evaluation.max_rows=7")
TWO = ("hardware=ddp", "hardware.num_processes=2", *SMALL, "model.batch_size=4")


def train(folder, *overrides, check=True):
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [TRAIN, f"hydra.run.dir={folder / 'run'}", *overrides],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert not check or done.returncode == 0, done.stderr + done.stdout
    return done


def losses(folder):
    return [m["loss"] for m in read_jsonl(folder / "run" / "metrics.jsonl") if "loss" in m]


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A run by two processes: its folder, and what the command printed."""
    folder = tmp_path_factory.mktemp("two")
    return folder, train(folder, *TWO, *SHORT)


def test_two_processes_of_four_rows_equal_one_of_eight(two, tmp_path):
    folder, _ = two
    train(tmp_path, *SMALL, "model.batch_size=8", "evaluation=none", "hardware=cpu")
    assert losses(folder) == pytest.approx(losses(tmp_path), abs=1e-4)
    figures = [
        json.loads((f / "run" / "metrics.json").read_text())["eval_loss"]
        for f in (folder, tmp_path)
    ]
    assert figures[0] == pytest.approx(figures[1], abs=1e-4)


def test_one_run_folder_written_once_and_by_one(two):
    folder, done = two
    run = folder / "run"
    record = json.loads((run / "run.json").read_text())
    assert record["status"] == "done" and record["command"].startswith("train hydra.run.dir=")
    assert json.loads((run / "plan.json").read_text())["num_processes"] == 2
    assert [m["step"] for m in read_jsonl(run / "metrics.jsonl") if "loss" in m] == [1, 2, 3, 4]
    assert done.stdout.count("checking the plan") == 1
    assert done.stdout.count("step 4/4") == 1
    assert not [p for p in run.iterdir() if p.name.startswith(".") and p.name != ".hydra"]


@pytest.mark.slow
def test_every_held_out_question_is_answered_once_and_in_order(two, tmp_path):
    folder, _ = two
    train(tmp_path, *SMALL, "model.batch_size=8", "hardware=cpu", "evaluation.before=false", *SHORT)
    answered, alone = (
        [row["question"] for row in read_jsonl(f / "run" / "predictions.jsonl")]
        for f in (folder, tmp_path)
    )
    assert len(answered) == 7 and answered == alone


@pytest.mark.slow
def test_a_sweep_gets_its_objectives_back(tmp_path):
    done = train(
        tmp_path,
        "-m",
        f"hydra.sweep.dir={tmp_path / 'sweep'}",
        "lora=r4,r8",
        *TWO,
        "trainer.max_steps=1",
        "evaluation=none",
    )
    for trial in ("0", "1"):
        figures = json.loads((tmp_path / "sweep" / trial / "metrics.json").read_text())
        assert figures["eval_loss"] > 0
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_dying_process_ends_the_run_with_its_own_error(tmp_path):
    (tmp_path / "dying.py").write_text(
        "from mathpal.distributed import rank\n"
        "from mathpal.trainers import sft\n"
        "def build(setup, **options):\n"
        "    if rank() == 1:\n"
        "        raise ValueError('no rows for me')\n"
        "    return sft.build(setup, **options)\n"
    )
    options = ("trainer._target_=dying.build", "allow_targets=[dying]", "evaluation=none")
    os.environ["PYTHONPATH"] = str(tmp_path)
    try:
        done = train(tmp_path, *TWO, *options, check=False)
    finally:
        del os.environ["PYTHONPATH"]
    assert done.returncode == 1
    assert "train: error: process 1: ValueError: no rows for me" in done.stderr
    assert len(done.stderr.splitlines()) <= 2, done.stderr
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["status"] == "failed" and "no rows for me" in record["error"]


@pytest.mark.slow
def test_a_wrong_request_is_refused_once(tmp_path):
    done = train(tmp_path, *TWO, "trainer.max_length=12", check=False)
    assert done.returncode == 2
    assert done.stderr.count("keep nothing of their answer") == 1
    assert not (tmp_path / "run" / "metrics.jsonl").exists()


def training(folder):
    """Start a long run by two processes; return it once it trains."""
    command = [TRAIN, f"hydra.run.dir={folder / 'run'}", *TWO]
    command += ["trainer.max_steps=400", "evaluation=none", "trainer.save_strategy=no"]
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    metrics = folder / "run" / "metrics.jsonl"
    while not (metrics.exists() and metrics.read_text()):
        assert process.poll() is None, process.communicate()
        time.sleep(0.2)
    return process


@pytest.mark.slow
def test_ctrl_c_keeps_a_checkpoint_that_two_processes_go_on_from(tmp_path):
    process = training(tmp_path)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert "stopped at step" in errors and "mathpal resume" in errors
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["status"] == "interrupted"
    stopped = len(losses(tmp_path))
    mathpal = TRAIN.with_name("mathpal")
    subprocess.run(
        [mathpal, "resume", tmp_path / "run", f"trainer.max_steps={stopped + 2}"],
        check=True,
        capture_output=True,
        timeout=300,
    )
    assert len(losses(tmp_path)) == stopped + 2


@pytest.mark.slow
def test_a_killed_process_ends_the_run(tmp_path):
    process = training(tmp_path)
    family = psutil.Process(process.pid).children(recursive=True)
    workers = [p for p in family if "mathpal.worker" in p.cmdline() and p.environ().get("RANK")]
    next(p for p in workers if p.environ()["RANK"] == "1").kill()
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "a process was killed from outside" in errors
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "failed"
    assert not [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
