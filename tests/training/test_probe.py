"""The longest batches, tried before the first step: no trace, what they took, what would fit."""

import importlib
import json
import logging
import os
import random
import re
from collections import defaultdict
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from test_distributed import losses, train

from mathpal import failures, record, snapshot
from mathpal.compose import compose
from mathpal.errors import MathpalError
from mathpal.longest import longest
from mathpal.overrides import Request
from mathpal.preflight.plan import Prepared
from mathpal.probe import probe
from mathpal.trainers.setup import table
from training.conftest import start

SMALL = (
    "model=tiny",
    "hardware=cpu",
    "hardware.precision=fp32",
    "tracking=none",
    "evaluation=none",
    "data.train_rows=16",
    "data.test_rows=4",
    "model.batch_size=4",
    "trainer.max_steps=2",
    "trainer.logging_steps=1",
)
CLOCKS = {"tokens_per_second", "step_seconds", "step_time"}
CLOCKS |= {"eval_runtime", "eval_samples_per_second", "eval_steps_per_second"}
SLOW = [
    ("hardware.precision=bf16",),  # rows stand one behind the other
    ("trainer=dpo", "lora.lora_dropout=0.3"),
    ("trainer.packing=true", "lora.lora_dropout=0.3"),
    ("lora=none", "trainer.eval_strategy=steps", "trainer.eval_steps=1"),
    ("trainer=dpo", "lora=none"),
    ("trainer=kto",),
    ("trainer=orpo",),
    ("trainer=reward",),
    ("trainer=grpo", "trainer.max_completion_length=24"),
]


def figures(run):
    return [{k: v for k, v in line.items() if k not in CLOCKS} for line in run.metrics]


def num_tokens(run):
    states = run.folder.glob("checkpoints/*/trainer_state.json")
    return [json.loads(state.read_text())["num_input_tokens_seen"] for state in states]


def probed_and_not(launch, *overrides):
    """Run with the probe and without; return the run with it, once both are seen to be the same."""
    with_it = launch("probe=true", *overrides, folder="with", base=SMALL)
    without = launch("probe=false", *overrides, folder="without", base=SMALL)
    assert with_it.json("run.json")["probe"]["tokens"][0] > 0
    assert "probe" not in without.json("run.json")
    assert len(with_it.losses) == 2
    assert figures(with_it) == figures(without)
    assert num_tokens(with_it) == num_tokens(without) != []
    return with_it


def test_a_probed_run_is_the_same_run_and_tells_what_it_took(launch, caplog):
    overrides = ("lora.lora_dropout=0.3", "trainer.gradient_accumulation_steps=2")
    with caplog.at_level(logging.INFO, "mathpal.probe"):
        run = probed_and_not(launch, *overrides)
    found, plan = run.json("run.json")["probe"], run.json("plan.json")
    longest_row = plan["tokens"]["longest"]
    assert found["tokens"] == [4, longest_row]
    assert found["eval_tokens"][0] == 4
    assert 50_000_000 < found["train_bytes"] < 50_000_000_000
    assert 50_000_000 < found["eval_bytes"] < 50_000_000_000
    assert found["train_reserved_bytes"] is found["eval_reserved_bytes"] is None
    assert found["optimizer_bytes"] == 8 * plan["num_trained_parameters"]
    assert found["seconds"] > 0
    assert f"the longest batch, 4 rows of {longest_row} tokens, fits" in caplog.text


@pytest.mark.slow
@pytest.mark.parametrize("overrides", SLOW)
def test_a_probed_run_of_any_method_is_the_same_run(launch, overrides):
    probed_and_not(launch, *overrides)


def test_a_step_leaves_no_trace_in_what_it_changes():
    model = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.BatchNorm1d(3), torch.nn.Dropout())
    model[2].eval()
    trainer = SimpleNamespace(
        model_wrapped=model,
        state=SimpleNamespace(num_input_tokens_seen=7),
        steps=1,
        figures=defaultdict(list, loss=[1.0]),
        logs={"a": [2]},
    )
    content = {name: value.clone() for name, value in model.state_dict().items()}
    torch.manual_seed(1)
    np.random.seed(1)
    random.seed(1)
    drawn = [torch.rand(1).item(), np.random.rand(), random.random()]
    torch.manual_seed(1)
    np.random.seed(1)
    random.seed(1)
    with snapshot.restored(trainer):
        model.train()
        model(torch.rand(4, 3)).sum().backward()
        trainer.steps += 1
        trainer.state.num_input_tokens_seen += 100
        trainer.figures["loss"].append(np.random.rand())
        trainer.logs["a"].append(random.random())
        trainer.late = True
        assert not torch.equal(model[1].running_mean, content["1.running_mean"])
    assert drawn == [torch.rand(1).item(), np.random.rand(), random.random()]
    assert all(torch.equal(held, content[name]) for name, held in model.state_dict().items())
    assert [module.training for module in model] == [True, True, False]
    assert all(parameter.grad is None for parameter in model.parameters())
    assert vars(trainer) == {
        "model_wrapped": model,
        "state": SimpleNamespace(num_input_tokens_seen=7),
        "steps": 1,
        "figures": {"loss": [1.0]},
        "logs": {"a": [2]},
    }


@pytest.mark.parametrize(
    ("columns", "num_tokens"),
    [
        ({"input_ids": [[1] * 3, [1] * 9, [1] * 5]}, 9),
        (
            {
                "prompt_ids": [[1] * 4, [1], [1] * 5],
                "chosen_ids": [[1], [1] * 7, [1] * 2],
                "rejected_ids": [[1] * 2, [1], [1] * 4],
            },
            9,
        ),
        ({"chosen_ids": [[1], [1] * 2, [1]], "rejected_ids": [[1] * 6, [1], [1]]}, 6),
        (
            {
                "prompt_input_ids": [[1] * 50] * 3,
                "chosen_input_ids": [[1], [1] * 7, [1] * 2],
                "rejected_input_ids": [[1], [1], [1] * 8],
            },
            8,
        ),
    ],
)
def test_the_longest_rows_are_found_whatever_the_columns(columns, num_tokens):
    batch = longest(table(columns, seed=3), 2)
    assert batch.tokens == (2, num_tokens)
    assert str(batch) == f"2 rows of {num_tokens} tokens"
    assert longest(table(columns, seed=3), 8).num_rows == 3
    assert longest(table({"text": ["a"]}, seed=3), 8) is None


def test_a_block_measured_on_its_own_does_not_count_afterwards():
    before = record.peak_memory_bytes()
    with record.own_peak():
        held = b"x" * 400_000_000
        assert record.peak_memory_bytes() > len(held)
        del held
    assert before <= record.peak_memory_bytes() < before + 200_000_000


def test_memory_that_there_is_not_is_told_in_one_line(tmp_path):
    with pytest.raises(MathpalError) as raised, failures.explained(tmp_path):
        torch.empty(2**50, dtype=torch.uint8)
    assert raised.value.exit_code == 1
    assert re.fullmatch(
        r"out of memory: no room for 1073741824\.0 MiB more; lower "
        r"trainer\.per_device_train_batch_size .*gradient_checkpointing=true.*",
        str(raised.value),
    )


GREEDY = """
from mathpal.trainers import sft

built = []

def build(setup, **options):
    built.append(sft.build(setup, **options))
    return built[-1]
"""


@pytest.fixture(scope="module")
def greedy(tmp_path_factory):
    """A trainer that has trained a step, and its experiment."""
    folder = tmp_path_factory.mktemp("greedy")
    (folder / "greedy.py").write_text(GREEDY)
    overrides = (
        *SMALL,
        "trainer.max_steps=1",
        "trainer._target_=greedy.build",
        "allow_targets=[greedy]",
        "trainer.gradient_accumulation_steps=3",
        "hardware.padding_free=false",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        start(folder / "run", base=overrides)
        (trainer,) = importlib.import_module("greedy").built
    return trainer, compose(Request(overrides))


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (
            {"rows": 2, "tokens": 999, "eval_rows": 2},
            r"the longest training batch, 4 rows of (\d+) tokens, does not fit: no room for "
            r"1073741824\.0 MiB more; 2 rows fit: set trainer\.per_device_train_batch_size=2 "
            r"trainer\.gradient_accumulation_steps=6",
        ),
        (
            {"rows": 4, "tokens": 999, "eval_rows": 1},
            r"the longest evaluation batch, 4 rows of (\d+) tokens, does not fit: no room for .*; "
            r"1 row fits: set trainer\.per_device_eval_batch_size=1",
        ),
        (
            {"rows": 4, "tokens": 40, "eval_rows": 4},
            r"the longest training batch, 4 rows of (\d+) tokens, does not fit: no room for .*; "
            r"not even one row fits: set hardware\.gradient_checkpointing=true, or 1 row of "
            r"(2\d|3\d|40) tokens fits: trainer\.max_length=(2\d|3\d|40)",
        ),
    ],
)
def test_what_would_fit_is_found_by_trying(greedy, limits, told):
    trainer, experiment = greedy

    def allocate(module, args, kwargs):
        rows, tokens = kwargs["input_ids"].shape
        most = limits["rows"] if module.training else limits["eval_rows"]
        if rows > most or tokens > limits["tokens"]:
            torch.empty(2**50, dtype=torch.uint8)

    hook = trainer.model.register_forward_pre_hook(allocate, with_kwargs=True)
    with pytest.raises(MathpalError) as raised:
        probe(trainer, Prepared(plan=None), experiment)
    hook.remove()
    assert re.fullmatch(told, str(raised.value))


LIMITED = """
import psutil, resource
from transformers import TrainerCallback
from mathpal.trainers import sft

class Limit(TrainerCallback):
    def on_train_begin(self, *_, **__):
        used = psutil.Process().memory_info().vms
        resource.setrlimit(resource.RLIMIT_AS, (used + {room} * 2**20, resource.RLIM_INFINITY))

def build(setup, **options):
    trainer = sft.build(setup, **options)
    trainer.add_callback(Limit())
    return trainer
"""


@pytest.fixture
def train_limited(run_train, tmp_path):
    """Run `train` in a process that gets so many MiB more once it trains."""

    def run(room, *overrides, folder="run"):
        (tmp_path / "limited.py").write_text(LIMITED.format(room=room))
        target = ("trainer._target_=limited.build", "allow_targets=[limited]")
        environment = {"PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"}
        return run_train(*SMALL, *target, f"hydra.run.dir={folder}", *overrides, env=environment)

    return run


TWO = (*(o for o in SMALL if o != "hardware=cpu"), "hardware=ddp", "hardware.device=cpu")
TWO += ("hardware.num_processes=2",)
MANY = ("model.batch_size=64", "data.train_rows=64", "trainer.gradient_accumulation_steps=2")


@pytest.mark.slow
def test_a_batch_that_does_not_fit_is_named_with_what_does(train_limited, tmp_path):
    done = train_limited(150, "probe=true", *MANY)
    assert done.code == 1
    (problem,) = done.problems
    found = re.fullmatch(
        r"the longest training batch, 64 rows of \d+ tokens, does not fit: no room for [\d.]+ MiB "
        r"more; (\d+) rows fit: set trainer\.per_device_train_batch_size=(\d+) "
        r"trainer\.gradient_accumulation_steps=(\d+)",
        problem,
    )
    fit, size, times = map(int, found.groups())
    assert fit == size in (2, 4, 8, 16, 32)
    assert size * times == 128
    assert json.loads((tmp_path / "run/run.json").read_text())["status"] == "failed"
    assert (tmp_path / "run/metrics.jsonl").read_text() == ""
    options = ("data.train_rows=64", *problem.partition("set ")[2].split())
    assert train_limited(150, "probe=true", *options, folder="again").code == 0


@pytest.mark.slow
def test_a_step_that_runs_out_of_memory_says_what_to_change(train_limited):
    (problem,) = train_limited(100, "probe=false", *MANY).problems
    assert problem.startswith("out of memory: no room for ")
    assert "lower trainer.per_device_train_batch_size" in problem


@pytest.mark.slow
def test_two_processes_try_a_batch_each_and_train_as_without(tmp_path):
    for asked in ("true", "false"):
        train(tmp_path / asked, *TWO, f"probe={asked}")
    assert "the longest batch, 4 rows of" in (tmp_path / "true/run/train.log").read_text()
    assert losses(tmp_path / "true") == losses(tmp_path / "false")


@pytest.mark.slow
def test_one_of_two_processes_that_lacks_memory_ends_the_run(tmp_path, monkeypatch):
    (tmp_path / "limited.py").write_text(LIMITED.format(room=20))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    target = ("trainer._target_=limited.build", "allow_targets=[limited]")
    done = train(tmp_path, *TWO, *target, "probe=true", *MANY, check=False)
    assert done.returncode == 1
    (problem,) = done.stderr.splitlines()
    assert "the longest training batch, 64 rows of " in problem
    assert "try trainer.per_device_train_batch_size=32 trainer.gradient_acc" in problem
