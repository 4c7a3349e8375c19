"""Seconds of what a run is made of: passes over a batch, answers, checkpoints."""

from __future__ import annotations

import math

from mathpal.models.shape import Shape, num_lora_parameters, num_parameters
from mathpal.preflight import flops
from mathpal.preflight.duration.rates import Rates
from mathpal.preflight.duration.schedule import PAIRED, Work
from mathpal.preflight.flops import Batch
from mathpal.preflight.memory.workload import Workload

FORWARD_SHARE = 0.35
"""Of the passes over memory of a training step, those of its forward pass."""

OPTIMIZER_BYTES = 28
"""That AdamW reads and writes for a trained parameter: itself, its gradient and two means."""

DISK_BYTES = 500e6
"""A second, that a checkpoint is written with: assumed."""


def training_batch(load: Workload, work: Work) -> Batch:
    """Return the rows of a usual forward pass, with what they are padded to."""
    if load.method == "grpo":
        return _answered_batch(load)
    num_sequences = load.batch_size * (2 if load.method in PAIRED else 1)
    if work.packed_tokens is not None:
        num_sequences = max(1, round(load.batch_size * work.packed_tokens / work.train.mean))
    trained = num_sequences * work.train.mean * work.trained_share
    if load.batch_tokens is None and work.packed_tokens is None:
        return Batch([work.train.longest_of(num_sequences)] * num_sequences, trained)
    lengths = work.train.of(num_sequences)
    factor = num_sequences * work.train.mean / sum(lengths)
    return Batch([factor * length for length in lengths], trained)


def pass_seconds(load: Workload, batch: Batch, rates: Rates) -> float:
    """Return the seconds of a forward and backward pass."""
    whole = 1 + (FORWARD_SHARE * (flops.num_references(load) + load.gradient_checkpointing))
    seconds = flops.training(load, batch) / rates.flops
    seconds += whole * _values(load, batch) * rates.value_seconds
    seconds += whole * flops.matrix_entries(load.shape) * rates.cast_seconds
    calls = whole * len(load.shape.layers) * rates.layer_seconds
    seconds = max(seconds, calls) if rates.overlaps else seconds + calls
    return seconds + _generation(load, batch, rates)


def optimizer_seconds(load: Workload, rates: Rates) -> float:
    """Return the seconds in which an optimizer step reads and writes what it keeps."""
    return num_trained(load) * OPTIMIZER_BYTES / rates.memory


def evaluation_seconds(load: Workload, work: Work, rates: Rates) -> float:
    """Return the seconds of one measurement of the held-out loss; 0 without held-out rows."""
    if work.test is None or not load.eval_batch_size:
        return 0.0
    num_sequences = load.eval_batch_size * (2 if load.method in PAIRED else 1)
    length = work.test.longest_of(num_sequences)
    batch = Batch([length] * num_sequences, num_sequences * work.test.mean * work.trained_share)
    forwards = 1 + flops.num_references(load)
    seconds = flops.forward(load, batch) / rates.flops
    seconds += FORWARD_SHARE * _values(load, batch) * rates.value_seconds
    calls = FORWARD_SHARE * len(load.shape.layers) * rates.layer_seconds
    seconds = max(seconds, calls) if rates.overlaps else seconds + calls
    return forwards * seconds * work.test_rows / (load.eval_batch_size * load.num_devices)


def answering_seconds(load: Workload, work: Work, rates: Rates) -> float:
    """Return the seconds of all answers to held-out questions.

    A batch goes on until its last answer ends. Before training one of them is taken to be as long
    as it may be; after it, the longest half as long again as rows of the data have it.
    """
    if not (work.asked_rows and load.generation_batch_size):
        return 0.0
    rows = min(load.generation_batch_size, work.asked_rows)
    num_batches = math.ceil(work.asked_rows / rows / load.num_devices)
    learned = 1.5 * work.trained_share * (work.test or work.train).longest_of(rows)
    lengths = [min(load.new_tokens, learned)] + [load.new_tokens] * work.asks_before
    return num_batches * sum(
        batch_seconds(load.shape, rows, load.prompt_tokens, length, rates) for length in lengths
    )


def batch_seconds(
    shape: Shape, num_rows: int, prompt_tokens: float, new_tokens: float, rates: Rates
) -> float:
    """Return the seconds in which a batch of answers is generated, token by token.

    Each token of all rows reads the weights once, makes its calls, and multiplies.
    """
    entries = flops.matrix_entries(shape) + shape.hidden_size * shape.vocab_size
    reading = new_tokens * entries * (2 if rates.overlaps else 4) / rates.memory
    products = num_rows * flops.answering(shape, prompt_tokens, new_tokens) / rates.flops
    values = num_rows * (prompt_tokens + new_tokens) * _values_a_token(shape)
    computing = max(products, reading) + FORWARD_SHARE * values * rates.value_seconds
    calls = new_tokens * len(shape.layers) * rates.token_layer_seconds
    return max(computing, calls) if rates.overlaps else computing + calls


def checkpoint_seconds(load: Workload) -> float:
    """Return the seconds that a checkpoint takes: weights that are trained, and AdamW's means."""
    return 12 * num_trained(load) / DISK_BYTES


def num_trained(load: Workload) -> int:
    """Count the parameters that are trained."""
    head = "score" if load.method == "reward" else "language"
    if load.lora is None:
        return num_parameters(load.shape, head)
    return num_lora_parameters(load.shape, load.lora, head)


def _answered_batch(load: Workload) -> Batch:
    """Return a batch of questions with the answers that a model gave, as long as they may be."""
    new_tokens = load.options["max_completion_length"]
    length = float(load.prompt_tokens + new_tokens)
    return Batch([length] * load.batch_size, float(new_tokens * load.batch_size))


def _generation(load: Workload, batch: Batch, rates: Rates) -> float:
    """Return a pass's part of the seconds in which GRPO's answers are written; 0 for others.

    Those of all passes of an optimizer step, or of steps_per_generation, are written at once.
    """
    if load.method != "grpo":
        return 0.0
    options = load.options
    passes = options.get("steps_per_generation") or options.get("gradient_accumulation_steps", 1)
    rows, new_tokens = len(batch.lengths) * passes, options["max_completion_length"]
    seconds = batch_seconds(load.shape, rows, load.prompt_tokens, new_tokens, rates)
    return float(seconds / passes / options.get("num_iterations", 1))


def _values(load: Workload, batch: Batch) -> float:
    """Count the entries that go into and come out of the matrices of all layers, and logits."""
    logits = flops.num_logits(load, batch) * load.shape.vocab_size
    return _values_a_token(load.shape) * batch.num_tokens + logits


def _values_a_token(shape: Shape) -> int:
    return sum(x.in_features + x.out_features for layer in shape.layers for x in layer.linears)
