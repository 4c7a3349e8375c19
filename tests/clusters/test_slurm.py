"""Sweeps on a real SLURM of one node, which is started here."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import slurm

from mathpal.config import HardwareConfig
from mathpal.errors import RequestError
from mathpal.sweeps.options import SlurmConf
from mathpal.sweeps.slurm import start

LAUNCHER = ("hydra/launcher=slurm", "hydra.launcher.cpus_per_task=1")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What commands need in their environment to find the cluster."""
    if missing := slurm.lacks():
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("slurm")
    try:
        yield slurm.start(folder)
    finally:
        slurm.stop(folder)


def jobs(cluster: dict[str, str], *options: str) -> list[str]:
    """Return the numbers of the jobs in the queue."""
    return slurm.ask(cluster, "squeue", "--noheader", "--format=%A", *options).split()


@pytest.mark.cluster
def test_a_cancelled_job_runs_again_and_comes_to_what_a_run_by_itself_does(
    sweep: Callable[..., object], cluster: dict[str, str], eval_loss: Callable[..., float]
) -> None:
    going = sweep(*LAUNCHER, "lora=r4", environment=cluster)
    going.wait_for_run(0)
    slurm.ask(cluster, "scancel", *jobs(cluster))
    assert going.end() == 0, going.screen
    assert going.states == ["killed", "complete"]
    assert "cancelled" in going.trials[0]["reason"]
    assert going.trials[1]["retry_of"] == 0
    assert going.trials[1]["objective"] == eval_loss("lora=r4")
    assert "step 3/3" in (going.folder / "1/output.log").read_text()
    assert "sacct" not in going.screen


@pytest.mark.cluster
def test_ctrl_c_leaves_no_job_and_the_same_command_goes_on(
    sweep: Callable[..., object], cluster: dict[str, str]
) -> None:
    whole_node = f"hydra.launcher.cpus_per_task={os.cpu_count()}"  # so that the other job waits
    going = sweep(LAUNCHER[0], whole_node, "lora=r8,r4", environment=cluster)
    going.wait_for_run(0)
    assert len(jobs(cluster, "--states=PENDING")) == 1
    going.press_ctrl_c()
    assert going.end() == 130, going.screen
    assert jobs(cluster) == []
    assert not list(going.folder.glob(".submitit/*.launcher"))
    going.start()
    assert going.end() == 0, going.screen
    complete = [trial for trial in going.trials if trial["state"] == "complete"]
    assert sorted(trial["parameters"]["lora"] for trial in complete) == ["r4", "r8"]


@pytest.mark.cluster
def test_jobs_of_a_launcher_that_was_killed_are_cancelled(
    sweep: Callable[..., object], cluster: dict[str, str]
) -> None:
    going = sweep(*LAUNCHER, "lora=r4", "trainer.max_steps=2000", environment=cluster)
    going.wait_for_run(0)
    going.process.kill()
    going.process.wait()
    left = jobs(cluster)
    going.start()
    going.wait_for_run(1)
    assert len(left) == 1
    assert not set(left) & set(jobs(cluster, "--states=RUNNING"))
    going.press_ctrl_c()
    assert going.end() == 130, going.screen


@pytest.mark.cluster
def test_what_sbatch_refuses_is_said_in_one_line(
    sweep: Callable[..., object], cluster: dict[str, str]
) -> None:
    going = sweep(*LAUNCHER, "lora=r4", "hydra.launcher.partition=moon", environment=cluster)
    assert going.end() == 2
    assert going.screen.splitlines()[-1].startswith(
        "train: error: hydra/launcher=slurm: sbatch: invalid partition specified: moon"
    )


PROBLEMS = {
    "no-sbatch": ({}, {}, "there is no sbatch here"),
    "slots": ({"slots": 0}, {}, "hydra.launcher.slots=0"),
    "cpus": ({"cpus_per_task": 1}, {"num_processes": 2}, "hydra.launcher.cpus_per_task=1"),
    "gpus": ({"gpus_per_node": "a100:1"}, {"num_processes": 2}, "gpus_per_node=a100:1"),
    "gpus-word": ({"gpus_per_node": "many"}, {}, "gpus_per_node=many"),
    "minutes": ({"timeout_minutes": 0.0}, {}, "hydra.launcher.timeout_minutes=0"),
    "nodes": ({}, {"num_nodes": 2}, "hardware.num_nodes=2"),
}


@pytest.mark.parametrize(("options", "hardware", "said"), PROBLEMS.values(), ids=PROBLEMS)
def test_wrong_requests_are_told_before_anything_is_queued(
    options: dict[str, object],
    hardware: dict[str, int],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(os.environ, "PATH", str(tmp_path))
    with pytest.raises(RequestError) as error:
        start(vars(SlurmConf(**options)), HardwareConfig(**hardware), tmp_path)
    assert any(said in problem for problem in error.value.problems)
