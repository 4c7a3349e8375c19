"""A process that carries many runs: each goes as it would alone, and what they share is kept."""

import gc
import hashlib
import logging
import shlex
import subprocess
import sys
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from mathpal import models, preflight, warm
from mathpal.compose import compose
from mathpal.evaluation import BEFORE
from mathpal.overrides import Request
from training.conftest import Run, start

SMALL = (
    "model=tiny",
    "hardware=cpu",
    "hardware.precision=fp32",
    "tracking=none",
    "data.train_rows=24",
    "data.test_rows=4",
    "model.batch_size=4",
    "trainer.max_steps=3",
    "trainer.logging_steps=1",
    "evaluation.max_new_tokens=4",
)
A = (*SMALL, "lora=r8")
B = (*SMALL, "lora=r4", "trainer.learning_rate=1e-3", "seed=7")
FULL = (*SMALL, "lora=none", "trainer.learning_rate=1e-3")

CLOCKS = {"tokens_per_second", "step_seconds", "eval_runtime", "peak_memory_bytes"}
CLOCKS |= {"eval_samples_per_second", "eval_steps_per_second", "seconds_to_first_step"}
CLOCKS |= {"seconds_total", "seconds_train"}
"""Figures that two runs of the same thing do not share."""


@dataclass(frozen=True)
class Trials:
    """Runs that one process carried, one after the other, while it kept things."""

    runs: dict[str, Run]
    sums: list[str]
    """The hash of the kept base's weights after each."""
    alone: Path
    """The folder of A, run where nothing was kept."""

    @property
    def same(self) -> list[Run]:
        """The runs of A."""
        return [run for name, run in self.runs.items() if name in ("first", "again")]


def kept_base():
    """The base that this process keeps."""
    (shared,) = warm._values["weights"].values()
    return shared.model


def hashed(model) -> str:
    found = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        found.update(name.encode() + tensor.numpy().tobytes())
    return found.hexdigest()


def figures(folder: Path) -> list[dict[str, float]]:
    lines = Run(folder, None).metrics
    return [{k: v for k, v in line.items() if k not in CLOCKS} for line in lines]


@pytest.fixture
def keeping() -> Iterator[None]:
    """A process that keeps things."""
    warm.keep()
    yield
    warm.forget()


def carried(folder: Path, orders: dict[str, tuple[str, ...]]) -> tuple[dict[str, Run], list[str]]:
    """Carry out runs in this process, which keeps things meanwhile."""
    runs, sums = {}, []
    warm.keep()
    try:
        for name, overrides in orders.items():
            runs[name] = start(folder / name, *overrides, base=())
            sums.append(hashed(kept_base()))
    finally:
        warm.forget()
    return runs, sums


def after_another(folder: Path) -> Trials:
    """A while this process keeps nothing; then B and A again."""
    alone = start(folder / "alone", *A, base=()).folder
    return Trials(*carried(folder, {"other": B, "again": A}), alone)


def beside_a_process(folder: Path) -> Trials:
    """A in a process of its own; A, B, a full fine-tuning and A again in this one."""
    alone = folder / "alone"
    command = [Path(sys.executable).with_name("train"), *A, f"hydra.run.dir={alone}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        runs, sums = carried(folder, {"first": A, "other": B, "full": FULL, "again": A})
    finally:
        _, told = process.communicate(timeout=120)
    assert process.returncode == 0, f"{shlex.join(map(str, command))}: {told.decode()}"
    return Trials(runs, sums, alone)


@pytest.fixture(
    scope="module",
    params=[pytest.param(way, marks=pytest.mark.slow) for way in (after_another, beside_a_process)],
)
def trials(request, tmp_path_factory) -> Trials:
    """Runs of A alone, and among others."""
    return request.param(tmp_path_factory.mktemp("warm"))


def test_a_run_goes_in_a_warm_process_as_it_does_alone(trials):
    alone = figures(trials.alone)
    assert len([line for line in alone if "loss" in line]) == 3
    assert [figures(run.folder) for run in trials.same] == [alone] * len(trials.same)
    assert figures(trials.runs["other"].folder) != alone


def planned(run: Run) -> dict[str, Any]:
    """Return a plan without what the machine has free, and does in a second, at that moment."""
    plan = run.json("plan.json")
    return {key: plan[key] for key in plan if key not in ("memory_budget_bytes", "duration")}


def test_final_figures_and_plan_are_the_same_too(trials):
    expected = Run(trials.alone, None)
    for run in trials.same:
        assert planned(run) == planned(expected)
        ours, theirs = run.json("metrics.json"), expected.json("metrics.json")
        assert {k: v for k, v in ours.items() if k not in CLOCKS} == {
            k: v for k, v in theirs.items() if k not in CLOCKS
        }
        hashes = ("data_sha256", "tokenizer_sha256")
        record = run.json("run.json")
        assert [record[h] for h in hashes] == [expected.json("run.json")[h] for h in hashes]


@pytest.mark.parametrize("name", ["adapter/adapter_model.safetensors", "predictions.jsonl", BEFORE])
def test_a_run_leaves_the_same_files(trials, name):
    alone = (trials.alone / name).read_bytes()
    assert {(run.folder / name).read_bytes() for run in trials.same} == {alone}


def test_only_what_is_saved_in_the_end_has_a_model_card(trials):
    for folder in [trials.alone, *(run.folder for run in trials.same)]:
        saved = {p.relative_to(folder).parts[0] for p in folder.rglob("adapter_model.safetensors")}
        assert saved == {"adapter", "checkpoints"}
        assert [p.relative_to(folder) for p in folder.rglob("README.md")] == [
            Path("adapter/README.md")
        ]


def test_no_run_changes_the_kept_base(trials):
    assert trials.sums == [trials.sums[0]] * len(trials.runs)
    if "full" in trials.runs:
        assert trials.runs["full"].json("plan.json")["lora_rank"] is None


def test_every_run_writes_what_the_base_answered(trials):
    folders = [run.folder for name, run in trials.runs.items() if name != "full"]
    assert len({(folder / BEFORE).read_bytes() for folder in folders}) == 1


def loaded(*overrides: str):
    experiment = compose(Request(overrides))
    return models.load(experiment, preflight.prepare(experiment))


def base_weight(model):
    return model.get_base_model().model.layers[0].mlp.up_proj.base_layer.weight


def test_a_view_has_modules_of_its_own_over_the_same_weights(keeping):
    one, two = loaded(*A), loaded(*B)
    assert base_weight(one) is not base_weight(two)
    assert base_weight(one).data_ptr() == base_weight(two).data_ptr()
    assert one.config is not two.config
    embedded, head = one.get_input_embeddings().weight, one.get_output_embeddings().weight
    assert embedded is head, "tied weights stay tied"
    base = kept_base()
    assert all(p.requires_grad for p in base.parameters())
    assert not {id(b) for b in base.buffers()} & {id(b) for b in one.buffers()}
    base_weight(one).data = torch.zeros(1)
    one.config.vocab_size = 1
    one.set_attn_implementation("eager")
    assert base_weight(two).numel() > 1
    assert base.config.vocab_size > 1
    assert base.config._attn_implementation == "sdpa"


WRITES = [
    pytest.param(
        lambda weight: weight.data.add_(1e-3), id="through .data, which version counters miss"
    ),
    pytest.param(lambda weight: weight.detach().mul_(-1), id="in place", marks=pytest.mark.slow),
    pytest.param(
        torch.inference_mode()(lambda weight: weight[0, 0].add_(1)),
        id="in inference mode",
        marks=pytest.mark.slow,
    ),
]


@pytest.mark.parametrize("write", WRITES)
def test_a_base_that_a_run_wrote_into_is_read_anew(keeping, caplog, write):
    first = loaded(*A)
    before = hashed(kept_base())
    write(base_weight(first))
    assert hashed(kept_base()) != before
    with caplog.at_level(logging.WARNING, "mathpal"):
        loaded(*B)
    assert "a run wrote into the weights of mathpal/tiny" in caplog.text
    assert hashed(kept_base()) == before
    caplog.clear()
    loaded(*A)
    assert not caplog.text


@pytest.mark.parametrize(
    "option",
    [
        "export=merged",
        "lora=none",
        pytest.param("lora.bias=all", marks=pytest.mark.slow),
        pytest.param('model.extra_tokens=["≤"]', marks=pytest.mark.slow),
        pytest.param("lora.init_lora_weights=pissa", marks=pytest.mark.slow),
        pytest.param("lora.modules_to_save=[norm]", marks=pytest.mark.slow),
    ],
)
def test_weights_that_a_run_may_write_into_are_not_shared(keeping, option):
    loaded(*(o for o in A if not (option == "lora=none" and o == "lora=r8")), option)
    assert not warm._values.get("weights")


def test_a_tokenizer_that_a_run_changed_is_not_the_next_ones(keeping):
    first = preflight.prepare(compose(Request(A)))
    size = len(first.tokenizer)
    first.tokenizer.add_tokens(["∛"])
    first.tokenizer.padding_side = "left"
    first.tokenizer.chat_template = "none"
    second = preflight.prepare(compose(Request(A)))
    assert len(second.tokenizer) == size
    assert second.tokenizer.padding_side == "right"
    assert second.tokenizer.chat_template != "none"
    assert second.train is first.train


def test_threads_that_a_run_asked_for_are_not_the_next_ones(keeping):
    own = preflight.prepare(compose(Request(A))).plan.num_threads
    loaded(*A, f"hardware.num_threads={own + 1}")
    assert torch.get_num_threads() == own + 1
    assert preflight.prepare(compose(Request(A))).plan.num_threads == own
    torch.set_num_threads(own)


def test_other_rows_lengths_and_adapters_are_told_apart(keeping):
    overrides = {
        "plain": (),
        "more rows": ("data.train_rows=56",),
        "cut": ("trainer.max_length=110",),
        "small": ("lora.r=2",),
        "plain again": (),
    }
    plans = {
        name: replace(
            preflight.prepare(compose(Request((*A, *more)))).plan, memory_budget_bytes=None
        )  # what is free on the machine differs from plan to plan
        for name, more in overrides.items()
    }
    assert plans["plain"] == plans["plain again"]
    assert plans["more rows"].train_rows == 56
    assert plans["plain"].cut_rows == 0 < plans["cut"].cut_rows
    assert plans["small"].num_trained_parameters < plans["plain"].num_trained_parameters


def test_a_process_that_keeps_nothing_lets_the_model_go():
    model = loaded(*A)
    base = weakref.ref(model.get_base_model())
    del model
    gc.collect()
    assert base() is None
    assert not warm._values


def test_the_newest_two_of_a_kind_are_kept(keeping):
    made = []

    def make(name: str) -> str:
        return warm.kept("kind", [name], lambda: made.append(name) or name)

    for name in ("a", "b", "a", "c", "a", "b"):
        assert make(name) == name
    assert made == ["a", "b", "c", "b"]
    with warm.paused(when=True):
        assert make("a") == "a"
    assert made[-1] == "a"
    warm.forget()
    make("b")
    make("b")
    assert made[-2:] == ["b", "b"]


def test_what_is_derived_belongs_to_one_object(keeping):
    class Rows(list):
        """A list that can be watched."""

    one, other = Rows([1]), Rows([1])

    def doubled(rows: Rows) -> list[int]:
        return warm.derived("doubled", rows, None, lambda: rows * 2)

    assert doubled(one) is doubled(one)
    assert doubled(one) is not doubled(other)
    source = weakref.ref(one)
    del one
    assert source() is not None, "another object could take its id"


def test_a_base_that_is_dropped_is_freed_at_once(keeping):
    loaded(*A)
    gc.collect()
    base = weakref.ref(kept_base())
    gc.disable()  # what is set apart from collections must go without one
    try:
        warm.drop("weights")
        assert base() is None
    finally:
        gc.enable()


def test_a_failure_is_not_kept(keeping):
    with pytest.raises(ZeroDivisionError):
        warm.kept("kind", 1, lambda: 1 / 0)
    assert warm.kept("kind", 1, lambda: 2) == 2
