"""Launchers on several machines share one study, in a real PostgreSQL server."""

import json
import logging
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import postgres
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of SQLAlchemy 1.4, at Optuna 2's import
    import optuna

from mathpal.sweeps import spaces
from mathpal.sweeps.jobs import COMPLETE, Ending
from mathpal.sweeps.storage import open_study
from mathpal.sweeps.study import RETRY_OF, STATE, Study, parameters_of

NUM_POINTS = 40
SPACE = [f"lora={','.join(f'r{n}' for n in range(10))}", "optimizer=adamw,lion,sgd,rmsprop"]
TINY = (
    *("lora=r8,r4", "trainer.learning_rate=1e-4,1e-3", "trainer.max_steps=2", "hardware=cpu"),
    *("evaluation=none", "data.train_rows=64", "data.test_rows=16", "tracking=none"),
    *("hydra.launcher.slots=1", "hydra.sweep.dir=sweep"),
)


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    if postgres.programs() is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with postgres.server() as running:
        yield running


def study_at(url: str, name: str, seconds_to_live: float = 2.0) -> Study:
    space = spaces.read(SPACE, lambda group: [])
    optuna.logging.set_verbosity(logging.ERROR)
    found, lock = open_study(
        Path(), url=url, name=name, directions=["minimize"], pruner=optuna.pruners.NopPruner()
    )
    return Study(
        found,
        space,
        space.suggest,
        lambda seed: optuna.samplers.RandomSampler(seed=seed),
        num_trials=NUM_POINTS,
        objectives=["eval_loss"],
        max_retries=3,
        seconds_to_live=seconds_to_live,
        lock=lock,
        seed=1,
    )


def launch(url: str, name: str, log: Path, seconds: float) -> None:
    """Do what a launch of two slots does, without training; write a line a trial told."""
    study = study_at(url, name)
    running, last_sign = [], 0.0
    while True:
        while len(running) < 2 and (trial := study.claim()) is not None:
            running.append(trial)
        if not running and study.is_over():
            return
        time.sleep(random.uniform(0, 2 * seconds))
        if running:
            trial = running.pop(random.randrange(len(running)))
            if study.tell(Ending(trial.number, COMPLETE, [float(trial.number)])) is not None:
                with log.open("a") as file:
                    file.write(f"{trial.number}\n")
        if time.monotonic() - last_sign > 0.5:
            study.beat()
            study.recover(all_running=False)
            last_sign = time.monotonic()


def start(url: str, name: str, log: Path, seconds: float = 0.0) -> multiprocessing.Process:
    process = multiprocessing.get_context("spawn").Process(
        target=launch, args=(url, name, log, seconds), daemon=True
    )
    process.start()
    return process


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def told(log: Path) -> list[int]:
    return [int(line) for line in log.read_text().splitlines()] if log.is_file() else []


def assert_each_point_once(study: Study, logs: list[Path]) -> None:
    trials = study.counted()
    assert [t.user_attrs[STATE] for t in trials] == [COMPLETE] * NUM_POINTS
    assert len({study.space.overrides(parameters_of(t)) for t in trials}) == NUM_POINTS
    assert [t.value for t in trials] == [float(t.number) for t in trials]
    numbers = [number for log in logs for number in told(log)]
    assert len(set(numbers)) == len(numbers)
    assert set(numbers) <= {t.number for t in trials}


@pytest.mark.cluster
def test_two_launchers_share_out_the_points(server: postgres.Server, tmp_path: Path) -> None:
    logs = [tmp_path / "0", tmp_path / "1"]
    processes = [start(server.url, "contention", log) for log in logs]
    for process in processes:
        process.join(100)
        assert process.exitcode == 0
    assert_each_point_once(study_at(server.url, "contention"), logs)
    assert all(told(log) for log in logs)
    assert len(told(logs[0])) + len(told(logs[1])) == NUM_POINTS


@pytest.mark.cluster
def test_what_dead_launchers_leave_is_taken_up(server: postgres.Server, tmp_path: Path) -> None:
    study = study_at(server.url, "deaths")
    logs = [tmp_path / str(n) for n in range(4)]
    survivor = start(server.url, "deaths", logs[0], 0.15)
    for log in logs[1:]:
        victim = start(server.url, "deaths", log, 0.1)
        wait_for(lambda log=log: len(told(log)) >= 2)
        victim.kill()
        victim.join()
    survivor.join(100)
    assert survivor.exitcode == 0
    assert_each_point_once(study, logs)
    assert any(RETRY_OF in t.user_attrs for t in study.counted())


@pytest.mark.cluster
def test_a_launcher_that_was_only_slow_does_no_harm(
    server: postgres.Server, tmp_path: Path
) -> None:
    study = study_at(server.url, "pauses")
    logs = [tmp_path / "0", tmp_path / "1"]
    slow, steady = (start(server.url, "pauses", log, 0.2) for log in logs)
    for num_told in (2, 4):
        wait_for(lambda num_told=num_told: len(told(logs[0])) >= num_told)
        os.kill(slow.pid, signal.SIGSTOP)
        time.sleep(4)
        os.kill(slow.pid, signal.SIGCONT)
    for process in (slow, steady):
        process.join(100)
        assert process.exitcode == 0
    assert_each_point_once(study, logs)
    assert len(told(logs[0])) + len(told(logs[1])) == NUM_POINTS


@pytest.mark.cluster
def test_two_commands_at_once_are_one_sweep(server: postgres.Server, tmp_path: Path) -> None:
    folders = [tmp_path / "here", tmp_path / "there"]
    processes = []
    for folder in folders:
        folder.mkdir()
        processes.append(
            subprocess.Popen(
                [
                    Path(sys.executable).with_name("train"),
                    *("-m", *TINY, f"hydra.sweeper.storage={server.url}"),
                ],
                cwd=folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        )
    screens = [process.communicate(timeout=300)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], screens
    lines = [
        [
            line | {"folder": str(folder / "sweep" / line["folder"])}
            for line in map(json.loads, (folder / "sweep/trials.jsonl").read_text().splitlines())
        ]
        for folder in folders
    ]
    assert lines[0] == lines[1]
    assert {Path(line["folder"]).parents[1] for line in lines[0]} == set(folders)
    assert {line["state"] for line in lines[0]} == {COMPLETE}
    assert len({tuple(line["overrides"]) for line in lines[0]}) == len(lines[0]) == 4
    assert all((Path(line["folder"]) / "metrics.json").is_file() for line in lines[0])
    best = [(folder / "sweep/best.yaml").read_text().splitlines()[3:] for folder in folders]
    assert best[0] == best[1]
    written = (p for p in tmp_path.rglob("*") if p.is_file())
    assert [p for p in written if server.password.encode() in p.read_bytes()] == []
    assert all(server.password not in screen for screen in screens)


@pytest.mark.cluster
def test_a_server_that_cannot_be_reached_is_said_before_anything_is_written(
    server: postgres.Server, tmp_path: Path
) -> None:
    wrong = server.url.replace(server.password, "not-the-password")
    done = subprocess.run(
        [
            Path(sys.executable).with_name("train"),
            *("-m", *TINY, f"hydra.sweeper.storage={wrong}"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    shown = wrong.replace("not-the-password", "***")
    assert line.startswith(f"train: error: hydra.sweeper.storage={shown}: cannot be opened: ")
    assert "password authentication failed" in line
    assert "not-the-password" not in done.stdout
    assert list(tmp_path.iterdir()) == []
