"""The moments of a run, each with all that one device holds then."""

from __future__ import annotations

from mathpal.preflight.memory import framework, generation, quantised, sharding
from mathpal.preflight.memory.evaluation import held_out, kept
from mathpal.preflight.memory.methods import training_step
from mathpal.preflight.memory.parts import Memory, Moment, Part
from mathpal.preflight.memory.workload import Workload


def estimate(load: Workload) -> Memory:
    """Return what a run takes of one device: in training, in evaluation and while it answers.

    An optimizer that has stepped once keeps its state from then on, so that it counts everywhere.
    """
    step = training_step(load)
    lasting = kept(step)
    if load.quantization != "none":
        lasting = (*lasting, quantised.buffers(load))
    moments = [step]
    if load.eval_batch_size:
        moments.append(held_out(load, lasting))
    if load.method == "grpo" and not load.options.get("use_vllm"):
        moments.append(generation.drawing(load, lasting))
    if load.generation_batch_size:
        moments.append(generation.answering(load, lasting))
    if load.quantization != "none":
        peak = quantised.loading_bytes(load)
        moments.append(Moment("loading", (Part("weights", peak, "and matrices being quantised"),)))
    shared = (sharding.shared(load, moment) for moment in moments)
    return Memory(tuple(framework.added(load, moment) for moment in shared))
