"""Sweeps on a real Ray cluster of this machine."""

import os
import signal
from collections.abc import Callable

import psutil
import pytest

from mathpal.config import HardwareConfig
from mathpal.errors import RequestError
from mathpal.sweeps.options import RayConf
from mathpal.sweeps.ray import start

pytest.importorskip("ray")

LAUNCHER = ("hydra/launcher=ray", "hydra.launcher.num_cpus=1")


def actors(process: int) -> list[int]:
    """Return the processes of a sweep that carry out trials."""
    children = psutil.Process(process).children(recursive=True)
    return [child.pid for child in children if "ray::Actor" in " ".join(child.cmdline())]


@pytest.mark.cluster
def test_a_killed_actor_is_replaced_and_comes_to_what_a_run_by_itself_does(
    sweep: Callable[..., object], eval_loss: Callable[..., float]
) -> None:
    going = sweep(*LAUNCHER, "lora=r4")
    going.wait_for_run(0)
    for process in actors(going.process.pid):
        os.kill(process, signal.SIGKILL)
    assert going.end() == 0, going.screen
    assert going.states == ["killed", "complete"]
    assert "its actor died" in going.trials[0]["reason"]
    assert going.trials[1]["retry_of"] == 0
    assert going.trials[1]["objective"] == eval_loss("lora=r4")
    assert "step 3/3" in (going.folder / "1/output.log").read_text()
    assert "raylet" not in going.screen


@pytest.mark.cluster
def test_ctrl_c_leaves_no_process_and_the_same_command_goes_on(
    sweep: Callable[..., object],
) -> None:
    going = sweep(*LAUNCHER, "lora=r8,r4", "hydra.launcher.slots=1")
    going.wait_for_run(0)
    running = actors(going.process.pid)
    going.press_ctrl_c()
    assert going.end() == 130, going.screen
    assert running
    assert not any(psutil.pid_exists(process) for process in running)
    going.start()
    assert going.end() == 0, going.screen
    complete = [trial for trial in going.trials if trial["state"] == "complete"]
    assert sorted(trial["parameters"]["lora"] for trial in complete) == ["r4", "r8"]


PROBLEMS = {
    "slots": ({"slots": 0}, {}, "hydra.launcher.slots=0"),
    "cpus": ({"num_cpus": 1.0}, {"num_processes": 2}, "hydra.launcher.num_cpus=1"),
    "gpus": ({"num_gpus": 0.5}, {"num_processes": 2}, "hydra.launcher.num_gpus=0.5"),
    "minutes": ({"timeout_minutes": 0.0}, {}, "hydra.launcher.timeout_minutes=0"),
    "address": ({"address": "127.0.0.2:1"}, {}, "no Ray cluster answers"),
    "address-word": ({"address": "moon"}, {}, "expected auto, or HOST:PORT"),
    "nodes": ({}, {"num_nodes": 2}, "hardware.num_nodes=2"),
}


@pytest.mark.parametrize(("options", "hardware", "said"), PROBLEMS.values(), ids=PROBLEMS)
def test_wrong_requests_are_told_before_ray_starts(
    options: dict[str, object], hardware: dict[str, int], said: str
) -> None:
    with pytest.raises(RequestError) as error:
        start(vars(RayConf(**options)), HardwareConfig(**hardware))
    assert any(said in problem for problem in error.value.problems)
