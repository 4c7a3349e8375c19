"""The peak of training: a step played through on a tape."""

from __future__ import annotations

from collections.abc import Mapping

from mathpal.preflight.memory import adapters, losses, optimizers, sharding, weights
from mathpal.preflight.memory.activations import hidden_states
from mathpal.preflight.memory.backward import backward
from mathpal.preflight.memory.forward import begin
from mathpal.preflight.memory.parts import Moment, Part, count
from mathpal.preflight.memory.tape import Tape
from mathpal.preflight.memory.workload import Workload

PARTS = (
    "weights",
    "adapter",
    "gradients",
    "optimizer",
    "activations",
    "logits and loss",
    "buffers",
)


def training(load: Workload) -> Moment:
    """Return what a training step holds at its fullest, by part.

    The step is any but the first: the optimizer's state is there, and while gradients of several
    batches add up, so are those of the batches before. Its peak may lie at the end of the forward
    pass, in the loss, anywhere in the backward pass, or in the optimizer's step.
    """
    tape = Tape(on_gpu=load.device == "cuda", sharers=sharding.sharers(load))
    forward = begin(load, tape)
    trained = list(tape.trained.values())
    numels = [parameter.numel for parameter in trained]
    tape.grow("optimizer", optimizers.state_bytes(load, numels))
    if (load.options.get("gradient_accumulation_steps") or 1) > 1:
        _have_gradients(tape)
    with tape.forward(autocast=load.precision != "fp32"):
        loss = losses.loss(forward, hidden_states(forward))
    backward(tape, loss)
    _have_gradients(tape)
    step = optimizers.step_bytes(load, numels)
    tape.grow("optimizer", step)
    tape.shrink("optimizer", step)
    why = reasons(load, sum(numels))
    return Moment(
        "training", tuple(Part(name, tape.at_peak.get(name, 0), why[name]) for name in PARTS)
    )


def _have_gradients(tape: Tape) -> None:
    """Give a gradient to every trained parameter that has none."""
    tape.part = "gradients"
    for parameter in tape.trained.values():
        if parameter.grad is None:
            parameter.grad = tape.new(parameter.numel, parameter.itemsize)
    tape.part = "activations"


def reasons(load: Workload, num_trained: int) -> Mapping[str, str]:
    """Return why each part is as large as it is, of a model that has so much to train."""
    kept = "inputs of layers and one layer" if load.gradient_checkpointing else "all layers"
    trained = count(num_trained)
    return {
        "weights": weights.reason(load),
        "adapter": f"{trained} x {adapters.itemsize(load)} bytes" if load.lora else "none",
        "gradients": f"{trained} trained",
        "optimizer": f"{load.optimizer} of {trained}",
        "activations": f"{load.tokens:,} tokens, {kept}",
        "logits and loss": losses.reason(load),
        "buffers": "batches, masks, positions",
    }
