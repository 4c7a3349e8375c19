"""Nothing is lost when a worker, the launcher or both are killed, at whatever moment."""

import random
import time
from contextlib import suppress

import psutil
import pytest
from sweeping import Sweep, point, start

NUM_KILLS = 20
VICTIMS = ("worker", "launcher", "both")


def search(sampler):
    return [
        f"hydra/sweeper/sampler={sampler}",
        "hydra.sweeper.n_trials=6",
        "hydra.sweeper.max_retries=50",
        "lora=choice(r4,r8)",
        "trainer.learning_rate=tag(log,interval(1e-4,1e-2))",
    ]


def workers(launcher):
    """The processes that carry out trials: children of the fork server, and their own."""
    try:
        children = psutil.Process(launcher.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return [c for c in children if c.parent() and c.parent().pid != launcher.pid]


def kill(launcher, victim):
    """Kill a worker, the launcher or both; return whether there was one to kill."""
    victims = workers(launcher) if victim in ("worker", "both") else []
    for process in victims:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    if victim in ("launcher", "both"):
        launcher.kill()
        launcher.wait()
        return True
    return bool(victims)


def through_kills(folder, arguments, num_kills, dice):
    """Run a sweep to its end, killing something every now and then, and starting it again."""
    kills = 0
    launcher = start(folder, *arguments)
    for _ in range(200):
        until = time.monotonic() + dice.uniform(0, 14)
        while launcher.poll() is None and time.monotonic() < until and kills < num_kills:
            time.sleep(0.05)
        if kills == num_kills or launcher.poll() is not None:
            stdout, stderr = launcher.communicate(timeout=400)
            if launcher.returncode == 0:
                return Sweep(0, stdout, stderr, folder / "sweep"), kills
            assert launcher.returncode == -9, stderr
        else:
            kills += kill(launcher, dice.choice(VICTIMS))
        if launcher.poll() is not None:
            launcher.communicate()
            launcher = start(folder, *arguments)
    raise AssertionError("the sweep does not come to an end")


@pytest.mark.slow
@pytest.mark.parametrize(("sampler", "slots"), [("random", 2), ("tpe", 1)])
def test_a_sweep_through_kills_ends_as_one_without(sampler, slots, sweep, tmp_path):
    arguments = [*search(sampler), f"hydra.launcher.slots={slots}"]
    (tmp_path / "calm").mkdir()
    calm = sweep(*arguments, folder=tmp_path / "calm")
    assert calm.code == 0, calm.stderr
    kills = 0
    dice = random.Random(slots)
    for attempt in range(NUM_KILLS):
        folder = tmp_path / f"kills-{attempt}"
        folder.mkdir()
        left = NUM_KILLS // 2 - kills
        killed, count = through_kills(folder, arguments, left, dice)
        kills += count
        assert len(killed.finished) == 6
        assert {point(t) for t in killed.finished} == {point(t) for t in calm.finished}
        assert (point(killed.best), killed.best["objective"]) == (
            point(calm.best),
            calm.best["objective"],
        )
        assert all(t["reason"] for t in killed.trials if t["state"] == "killed")
        if kills == NUM_KILLS // 2:
            return
    raise AssertionError(f"only {kills} kills found something to kill")
