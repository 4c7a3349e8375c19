"""Operations, seconds and dollars of runs, against figures worked out by hand; the time left."""

import io
import json
from dataclasses import asdict, replace
from types import SimpleNamespace

import pytest
import yaml
from rich.console import Console

from mathpal.compose import compose
from mathpal.config import ModelConfig, conf_dir
from mathpal.files import read_jsonl
from mathpal.models.shape import Layer, Linear, Shape, find, num_parameters
from mathpal.overrides import Request
from mathpal.preflight import duration, flops
from mathpal.preflight.duration import rates
from mathpal.preflight.duration.left import FIRST, Forecast
from mathpal.preflight.duration.passes import (
    answering_seconds,
    num_trained,
    pass_seconds,
    training_batch,
)
from mathpal.preflight.duration.rates import Rates
from mathpal.preflight.duration.schedule import Work, num_evaluations, times, work_of
from mathpal.preflight.duration.spread import Spread, spread
from mathpal.preflight.flops import Batch
from mathpal.preflight.lengths import Lengths
from mathpal.preflight.memory.workload import Workload
from mathpal.screen import Screen
from mathpal.tracking import Metrics

LLAMA_1B = "meta-llama/Llama-3.2-1B-Instruct"
LORA = {"r": 16, "target_modules": "all-linear"}
ROUND = Rates(
    name="a machine",
    flops=1e12,
    memory=1e9,
    value_seconds=0.0,
    cast_seconds=0.0,
    layer_seconds=0.0,
    token_layer_seconds=0.0,
    overlaps=False,
    basis="made up",
)
"""A machine that nothing but products takes time on."""

WORK = Work(
    num_steps=1,
    train_rows=100,
    train=Spread((0.0, 1.0), (20.0, 20.0)),
    num_tokens=2000,
    trained_share=0.5,
    asked_rows=100,
)


def llama() -> Shape:
    """Return the shape of Llama 3.2 1B: 973,078,528 matrix entries in its layers."""
    shape = find(ModelConfig(name=LLAMA_1B))
    assert shape is not None
    return shape


def small(window: int | None = None) -> Shape:
    """Return a shape to reckon with by hand: one matrix of 4 x 8, one head of 4, 10 words."""
    layer = Layer(linears=(Linear("mlp.up_proj", 4, 8),), num_norm_parameters=4, window=window)
    return Shape("llama", 10, 4, 1, 1, 4, (layer,), 4, tied=True, context_length=64)


def load(shape: Shape, method: str = "sft", **facts) -> Workload:
    given = {"batch_size": 2, "num_tokens": 4, "lora": None, **facts}
    return Workload(shape, method, "transformers", "cpu", "fp32", **given)


def test_full_training_takes_six_operations_a_parameter_and_token():
    shape, options = llama(), {"loss_type": "nll"}
    whole = flops.training(load(shape, options=options), Batch([1024.0], 1024.0))
    scores = 3 * flops.attention(shape, [1024])
    assert whole - scores == pytest.approx(6 * num_parameters(shape) * 1024, rel=0.001)
    assert whole == pytest.approx(6 * num_parameters(shape) * 1024, rel=0.03)


def test_attention_is_half_of_what_palm_counts_without_a_mask():
    # arXiv 2204.02311, appendix B: 12 x layers x heads x width x tokens, forward and backward.
    palm = 12 * 16 * 32 * 64 * 1024 * 1024
    assert 3 * flops.attention(llama(), [1024]) == pytest.approx(palm / 2, rel=0.001)


@pytest.mark.parametrize(
    ("length", "window", "pairs"),
    [(4, None, 1 + 2 + 3 + 4), (4, 2, 1 + 2 + 2 + 2), (4, 4, 10), (4, 9, 10), (1, 1, 1)],
)
def test_a_token_sees_those_before_it_within_the_window(length, window, pairs):
    assert flops.attention(small(window), [length]) == 4 * 4 * pairs


# By hand, of two rows of 4 tokens, 3 of which are trained: layers 2 x 32 x 8 = 512, scores
# 4 x 4 x (10 + 10) = 320, logits of n tokens 2 x 4 x 10 x n = 80 n, LoRA of rank 1: 12 entries.
@pytest.mark.parametrize(
    ("method", "facts", "operations"),
    [
        # Forward 512 + 320 + 640, activations 512 + 640 + 640, weights 512 + 640.
        ("sft", {"options": {"loss_type": "nll"}}, 1472 + 1792 + 1152),
        # Logits of 256 tokens (a chunk) 4 times: forward, again, and two gradients.
        ("sft", {}, 832 + 512 + 640 + 512 + 4 * 80 * 256),
        # The frozen head has no gradient; LoRA adds 192 forward, 192 and 192 backward.
        (
            "orpo",
            {"lora": {"r": 1, "target_modules": "all-linear"}},
            (832 + 192 + 640) + (512 + 192 + 640 + 640) + 192,
        ),
        ("orpo", {}, 1472 + 1792 + 1152),
        ("orpo", {"gradient_checkpointing": True}, 1472 + 1792 + 1152 + 832),
        ("dpo", {}, 1472 + 1792 + 1152 + 1472),
        ("dpo", {"options": {"precompute_ref_log_probs": True}}, 1472 + 1792 + 1152),
        ("kto", {}, 1472 + 1792 + 1152 + 3 * 1472),
        ("kto", {"options": {"loss_type": "apo_zero_unpaired"}}, 1472 + 1792 + 1152 + 1472),
        ("reward", {}, 832 + 512 + 640 + 512),
        # Logits of the 3 tokens of answers alone.
        ("grpo", {}, 832 + 240 + 512 + 640 + 240 + 512 + 240),
        ("grpo", {"options": {"beta": 0.1}}, 3216 + 832 + 240),
    ],
)
def test_operations_of_a_training_pass_come_out_as_by_hand(method, facts, operations):
    assert flops.training(load(small(), method, **facts), Batch([4.0, 4.0], 3.0)) == operations


def test_lora_of_llama_has_the_entries_that_peft_counts():
    assert flops.adapter_entries(llama(), LORA) == 11_272_192
    assert num_trained(load(llama(), lora=LORA)) == 11_272_192


def test_an_answer_takes_the_question_once_and_then_a_token_at_a_time():
    one = flops.answering(small(), 3, 1)
    assert one == 2 * 32 * 4 + 4 * 4 * 10 + 2 * 80


def test_lengths_are_spread_so_that_the_mean_comes_out_right():
    lengths = Lengths(total=10_000, trained=5000, median=90, p95=180, longest=260)
    found = spread(lengths, 100)
    assert found.mean == pytest.approx(100, rel=0.01)
    assert found.longest_of(1) == pytest.approx(found.mean)
    assert 150 < found.longest_of(8) < found.longest_of(64) < 260
    assert max(spread(lengths, 100, 120).of(50)) == 120


def test_rows_of_one_length_need_no_padding():
    found = spread(Lengths(total=5000, trained=100, median=50, p95=50, longest=50), 100)
    assert found.of(3) == [50, 50, 50] and found.longest_of(16) == pytest.approx(50)


def test_longest_of_two_uniform_lengths_is_two_thirds_up():
    assert Spread((0.0, 1.0), (0.0, 90.0)).longest_of(2) == pytest.approx(60, abs=0.1)


def test_batches_are_padded_to_their_longest_row_unless_rows_stand_side_by_side():
    lengths = Lengths(total=1000, trained=500, median=10, p95=15, longest=20)
    work = Work(10, 100, spread(lengths, 100), 1000, 0.5)
    padded = training_batch(load(small(), batch_size=8), work)
    assert len(set(padded.lengths)) == 1 and padded.num_tokens > 1.2 * 80
    beside = training_batch(load(small(), batch_size=8, batch_tokens=90), work)
    assert beside.num_tokens == pytest.approx(80, rel=0.03)
    assert beside.num_trained == padded.num_trained
    alone = training_batch(load(small(), batch_size=1, batch_tokens=20), work)
    assert alone.lengths == [pytest.approx(work.train.mean)]
    assert len(training_batch(load(small(), "dpo", batch_size=8), work).lengths) == 16


@pytest.mark.parametrize(
    ("kind", "options", "step", "count"),
    [
        ("eval", {"eval_strategy": "no"}, 0, 0),
        ("eval", {"eval_strategy": "steps", "eval_steps": 25}, 0, 4),
        ("eval", {"eval_strategy": "steps", "eval_steps": 30}, 0, 4),
        ("eval", {"eval_strategy": "steps", "eval_steps": 30}, 60, 2),
        ("eval", {"eval_strategy": "steps", "eval_steps": None, "logging_steps": 10}, 95, 1),
        ("eval", {"eval_strategy": "steps", "eval_steps": 30}, 100, 0),
        ("eval", {"eval_strategy": "epoch"}, 0, 3),
        ("eval", {"eval_strategy": "epoch"}, 40, 2),
        ("save", {"save_strategy": "steps", "save_steps": 0.25}, 0, 4),
        ("save", {"save_strategy": "best", "save_steps": 0.25}, 0, 0),
    ],
)
def test_evaluations_and_checkpoints_to_come_are_counted_as_trainer_makes_them(
    kind, options, step, count
):
    assert times(kind, options, step, 100, 40) == count


def test_the_held_out_loss_is_measured_once_more_after_training():
    options = {"eval_strategy": "steps", "eval_steps": 50, "eval_on_start": True}
    assert num_evaluations(options, 100, 1) == 1 + 2 + 1


def test_work_is_read_from_an_experiment():
    lengths = Lengths(total=2000, trained=1000, median=20, p95=30, longest=40)
    request = ["trainer.gradient_accumulation_steps=2", "evaluation.max_rows=7"]
    work = work_of(
        compose(Request((*request, "trainer.max_length=30"))),
        method="sft",
        num_steps=8,
        num_epochs=1.0,
        train_rows=100,
        tokens=lengths,
        test_rows=10,
        test_tokens=lengths,
    )
    assert (work.accumulation, work.num_evaluations, work.num_checkpoints) == (2, 1, 4)
    assert (work.asked_rows, work.asks_before) == (7, True)
    assert max(work.train.tokens) == 30 and work.num_tokens < 2000


def test_seconds_and_dollars_follow_from_operations():
    lengths = Lengths(total=4096 * 100, trained=4096 * 100, median=4096, p95=4096, longest=4096)
    work = Work(1000, 100, spread(lengths, 100), 409_600, 1.0, accumulation=4)
    task = load(llama(), lora=LORA, batch_size=1, num_devices=2)
    found = duration.estimate(task, work, ROUND, dollars_per_hour=3.6)
    once = flops.training(task, Batch([4096.0], 4096.0))
    written = 11_272_192 * 28 / 1e9
    assert found.flops == pytest.approx(once * 4 * 1000 * 2)
    assert found.step_seconds == pytest.approx(4 * once / 1e12 + written)
    assert found.seconds == pytest.approx(1000 * found.step_seconds) == found.training_seconds
    assert found.dollars == pytest.approx(found.seconds / 1000, abs=1e-3)
    assert duration.estimate(task, work, ROUND).dollars is None


def test_the_estimate_is_told_in_sentences_and_called_one():
    lengths = Lengths(total=10_000, trained=4000, median=100, p95=100, longest=100)
    work = Work(50, 100, spread(lengths, 100), 10_000, 0.4, test_rows=10, test=spread(lengths, 100))
    task = load(llama(), lora=LORA, batch_size=4, eval_batch_size=4)
    lines = dict(duration.estimate(task, work, ROUND, dollars_per_hour=0.6).lines())
    assert lines["epoch"] == (
        "once through the rows: 10,000 tokens, 4,000 of them trained, no padding"
    )
    assert lines["time"].startswith("about ") and "(an estimate): training " in lines["time"]
    assert lines["computing"].endswith("TFLOP of arithmetic on a machine (made up)")
    assert lines["price"] == "$0.02 at $0.60 an hour (an estimate)"


def test_an_estimate_is_read_back_from_the_plan():
    assert duration.read(json.loads(json.dumps(asdict(EXPECTED)))) == EXPECTED


def test_answers_before_training_are_taken_to_be_as_long_as_they_may_be():
    task = load(llama(), generation_batch_size=64, prompt_tokens=10, new_tokens=200)
    after = answering_seconds(task, WORK, ROUND)
    assert answering_seconds(task, replace(WORK, asks_before=True), ROUND) > 10 * after > 0
    assert answering_seconds(task, replace(WORK, asked_rows=0), ROUND) == 0


def test_answers_that_grpo_learns_from_are_written_for_a_whole_step_at_once():
    waits = replace(ROUND, token_layer_seconds=0.01)
    options = {"max_completion_length": 50, "gradient_accumulation_steps": 4}
    task = load(small(), "grpo", prompt_tokens=10, options=options)
    batch = training_batch(task, WORK)
    assert batch.lengths == [60, 60] and batch.num_trained == 100
    assert pass_seconds(task, batch, waits) == pytest.approx(50 * 0.01 / 4, rel=0.01)
    again = load(small(), "grpo", prompt_tokens=10, options={**options, "num_iterations": 2})
    assert pass_seconds(again, batch, waits) == pytest.approx(50 * 0.01 / 8, rel=0.01)


def test_a_gpu_waits_for_calls_or_for_products_but_not_for_both():
    task, batch = load(llama(), options={"loss_type": "nll"}), Batch([100.0], 100.0)
    products = pass_seconds(task, batch, ROUND)
    for calls in (products / 32, products / 8):
        alone = replace(ROUND, layer_seconds=calls)
        assert pass_seconds(task, batch, alone) == pytest.approx(products + 16 * calls)
        both = replace(alone, overlaps=True)
        assert pass_seconds(task, batch, both) == pytest.approx(max(products, 16 * calls))


def test_every_gpu_of_the_options_has_rates():
    options = [yaml.safe_load(path.read_text()) for path in (conf_dir() / "hardware").glob("*")]
    named = [option for option in options if option and "gpu" in option]
    assert len(named) >= 8
    for option in named:
        found = rates.of("cuda", "bf16", 1, gpu=option["gpu"], tf32=option["tf32"])
        assert found is not None and "assumed" in found.basis
        assert found.flops > 1e13


@pytest.mark.parametrize(
    ("name", "bytes_a_second"),
    [
        ("NVIDIA H100 80GB HBM3", 3350e9),
        ("NVIDIA A100-SXM4-40GB", 1555e9),
        ("NVIDIA A100-SXM4-80GB", 2039e9),
        ("Tesla T4", 320e9),
        ("NVIDIA GeForce RTX 4090", 1008e9),
        ("NVIDIA L4", 300e9),
    ],
)
def test_gpus_are_known_by_the_names_of_their_driver(name, bytes_a_second):
    found = rates.of_gpu(name, "bf16")
    assert found is not None and found.memory == pytest.approx(0.7 * bytes_a_second)


@pytest.mark.parametrize("name", ["NVIDIA L40S", "AMD Instinct MI300X"])
def test_a_gpu_without_a_data_sheet_has_no_estimate(name):
    assert rates.of_gpu(name, "bf16") is None


def test_a_cpu_found_twice_as_quick_takes_half_the_time():
    plain, known = rates.of_cpu("fp32", 2), rates.of_cpu("fp32", 1)
    quick = rates.of_cpu("fp32", 2, gflops=2 * known.flops / 1e9)
    assert quick.flops == pytest.approx(2 * plain.flops)
    assert quick.value_seconds == pytest.approx(plain.value_seconds / 2)
    assert quick.basis.endswith("tried just now")


def test_float32_on_a_gpu_may_use_tensorfloat():
    plain, tensor = (rates.of_gpu("NVIDIA A100 80 GB", "fp32", tf32=tf32) for tf32 in (False, True))
    assert plain is not None and tensor is not None and tensor.flops == 8 * plain.flops


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


STATE = {
    "global_step": 0,
    "max_steps": 100,
    "eval_steps": 20,
    "save_steps": 50,
    "num_input_tokens_seen": 0,
    "log_history": [],
}
ARGUMENTS = SimpleNamespace(
    eval_strategy="steps", save_strategy="steps", gradient_accumulation_steps=1
)
CONTROL = SimpleNamespace(should_log=False)


def trained(
    tmp_path, *, first: int = 0, until: int = 100, expected=None, probe: float = 0.0, seen: int = 0
):
    """Run 100 steps on a made-up clock; return the metrics, the truth and the screen's text.

    A step takes 1.5 or 2.5 s and the first 8 s more; then there is a gap of 0.1 s; an evaluation
    takes 6 s, a checkpoint 3 s.
    """
    clock, text = Clock(), io.StringIO()
    screen = Screen(Console(file=text, width=120))
    metrics = Metrics(tmp_path, screen, 0.0, expected, clock)
    state = SimpleNamespace(**STATE | {"global_step": first, "num_input_tokens_seen": seen})
    metrics.on_train_begin(ARGUMENTS, state, CONTROL, train_dataloader=[None] * 100)
    if probe:
        clock.now += probe
        metrics.leave_out(probe)
    for step in range(first, until):
        metrics.on_step_begin(ARGUMENTS, state, CONTROL)
        clock.now += (1.5, 2.5)[step % 2] + 8.0 * (step == first)
        state.global_step = step + 1
        metrics.on_step_end(ARGUMENTS, state, CONTROL)
        if state.global_step % 20 == 0:
            clock.now += 6.0
            metrics.on_evaluate(ARGUMENTS, state, CONTROL)
        if state.global_step % 50 == 0:
            clock.now += 3.0
            metrics.on_save(ARGUMENTS, state, CONTROL)
        clock.now += 0.1
        if state.global_step % 5 == 0:
            logs = {"loss": 1.0, "num_tokens": 100.0 * state.global_step}
            if seen:
                state.num_input_tokens_seen = logs["num_tokens"]
            metrics.on_log(ARGUMENTS, state, CONTROL, logs=logs)
    metrics.on_train_end(ARGUMENTS, state, CONTROL)
    return metrics, clock.now, text.getvalue()


EXPECTED = duration.Duration(
    machine="",
    basis="",
    flops=0.0,
    step_seconds=1.05,
    step_tokens=None,
    training_seconds=105.0,
    evaluation_seconds=3.0,
    evaluations_seconds=18.0,
    checkpoint_seconds=3.0,
    answering_seconds=0.0,
    seconds=129.0,
    epoch=duration.Tokens(1, 1, 1),
)
"""A plan that takes the machine for twice as quick as it is."""


def test_ten_steps_and_the_plan_foretell_the_time_with_evaluations_to_come(tmp_path):
    metrics, truth, _ = trained(tmp_path, expected=EXPECTED)
    assert metrics.forecast["training_seconds"] == pytest.approx(truth, abs=0.01)
    foretold = metrics.forecast["estimated_seconds_after_10_steps"]
    assert foretold == pytest.approx(truth, rel=0.03)


def test_a_resumed_run_counts_from_its_step(tmp_path):
    metrics, truth, _ = trained(tmp_path, first=60, expected=EXPECTED)
    assert metrics.forecast["estimated_seconds_after_10_steps"] == pytest.approx(truth, rel=0.04)


def test_a_probe_is_no_part_of_training(tmp_path):
    found = [trained(tmp_path / name, probe=probe)[0] for name, probe in (("a", 0), ("b", 50.0))]
    assert found[0].forecast == pytest.approx(found[1].forecast)
    first = [metrics.figures["seconds_to_first_step"] for metrics in found]
    assert first[0] - first[1] == pytest.approx(50, abs=5)


def test_tokens_that_were_counted_before_a_resumed_run_make_it_no_quicker(tmp_path):
    found = [trained(tmp_path / str(seen), first=60, seen=seen)[0] for seen in (0, 6000)]
    fresh, resumed = (read_jsonl(metrics.path) for metrics in found)
    assert resumed[0]["tokens_per_second"] == pytest.approx(500 / 17.5, abs=0.1)
    assert fresh[1:] == resumed[1:]


def test_what_was_measured_counts_more_than_the_plan(tmp_path):
    metrics, _, _ = trained(tmp_path, until=55, expected=EXPECTED)
    left = metrics._pace.forecast.seconds_left
    assert left == pytest.approx(45 * 2.1 + 3 * 6 + 3, rel=0.03)


def test_short_training_has_no_estimate_to_compare(tmp_path):
    metrics, _, _ = trained(tmp_path, until=FIRST - 1)
    assert metrics.forecast.keys() == {"training_seconds"}


def test_a_pipe_is_told_now_and_then_how_long_it_takes(tmp_path):
    _, _, text = trained(tmp_path, expected=EXPECTED)
    lines = text.splitlines()
    told = [line for line in lines if line.endswith(" left")]
    assert lines[0] == "step 5/100: loss 1.0000, 29 tokens/s, about 4 min left"
    assert 4 <= len(told) <= 10 < len(lines)


def test_ten_short_batches_do_not_make_the_rest_look_short():
    forecast = Forecast(100, lambda kind, step: 0, expected=replace(EXPECTED, step_tokens=300.0))
    for step in range(1, 11):
        forecast.add(step, 2.0)
    assert forecast.step_seconds == pytest.approx(2.0)
    forecast.count(10 * 200.0)
    assert forecast.step_seconds == pytest.approx(3.0)
    for step in range(11, 41):
        forecast.add(step, 4.0)
        if step % 10 == 0:
            forecast.count(2000.0 + (step - 10) * 400.0)
    assert forecast.step_seconds == pytest.approx(3.0)


def test_pace_follows_the_newer_half_of_the_steps():
    forecast = Forecast(200, lambda kind, step: 0)
    assert forecast.seconds_left is None
    for step in range(1, 101):
        forecast.add(step, 1.0 if step <= 50 else 3.0)
    assert forecast.step_seconds == pytest.approx(3.0, rel=0.02)
    assert forecast.seconds_left == pytest.approx(300, rel=0.02)


def test_the_bar_counts_down(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("mathpal.screen.time.monotonic", clock)
    text = io.StringIO()
    screen = Screen(Console(file=text, force_terminal=True, width=120, color_system=None))
    with screen.training():
        screen.start_training(0, 10, 600.0)
        screen.advance_training(3, 240.0)
        screen._bar.refresh()
        assert "3/10" in text.getvalue() and "about 4 min left" in text.getvalue()
        clock.now += 200
        screen._bar.refresh()
        assert "about 40 s left" in text.getvalue()
