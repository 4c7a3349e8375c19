"""The state of an optimizer, and what its step takes beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mathpal.models.shape import rank, targets
from mathpal.preflight.memory.tape import FP32, HALF
from mathpal.preflight.memory.weights import linears
from mathpal.preflight.memory.workload import Workload

STATE_BYTES = {
    "sgd": 0,
    "adafactor": 0,
    "adagrad": 4,
    "rmsprop": 4,
    "lion": 4,
    "lion_32bit": 4,
    "muon": 4,
    "rmsprop_bnb": 4,
    "rmsprop_bnb_32bit": 4,
    "lion_8bit": 1,
    "rmsprop_bnb_8bit": 1,
    "adamw_torch_4bit": 1,
    "adamw_8bit": 2,
    "adamw_bnb_8bit": 2,
    "adamw_torch_8bit": 2,
    "ademamix_8bit": 3,
    "ademamix": 12,
}
"""Of an entry that is trained: a mean and a mean square of gradients for AdamW (arXiv 1711.05101),
8 bytes, which is what an optimizer takes that is not named; one mean for Lion (2302.06675) and Muon
(2502.16982); of Adafactor (1804.04235) a row and a column of a matrix, next to nothing."""

ADAMW_BYTES = 2 * FP32

IN_EIGHT_BITS = 4096
"""Entries from which bitsandbytes quantises the state of a parameter (arXiv 2110.02861)."""


def state_bytes(load: Workload, numels: Sequence[int]) -> int:
    """Return the bytes of the state of trained parameters of so many entries each.

    Paged states are in memory that a GPU shares with its host, and leave when they must. Muon has
    AdamW's state for what is no matrix of a layer (mathpal.optimizers).
    """
    name = load.optimizer
    if name.startswith("paged_"):
        return 0
    size = STATE_BYTES.get(name, ADAMW_BYTES)
    if name == "muon":
        inner = sum(rows * columns for rows, columns in matrices(load))
        return size * inner + ADAMW_BYTES * (sum(numels) - inner)
    if not name.endswith(("8bit", "4bit")):
        return size * sum(numels)
    return sum(numel * size * (FP32 if numel < IN_EIGHT_BITS else 1) for numel in numels)


def step_bytes(load: Workload, numels: Sequence[int]) -> int:
    """Return what a step takes beside parameters, gradients and state, given back at its end.

    A fused kernel takes nothing. On a GPU `adamw_torch` makes the roots of all mean squares at once
    (torch/optim/adamw.py, _multi_tensor_adamw), on a CPU those of one parameter, twice. Lion makes
    all updates at once (pytorch_optimizer, optimizer/lion.py); Adafactor those of one parameter,
    with squares, beside those of the one before.
    """
    largest, every = FP32 * max(numels, default=0), FP32 * sum(numels)
    if load.optimizer == "adamw_torch":
        return every if load.device == "cuda" else 2 * largest
    if load.optimizer == "lion":
        return every
    if load.optimizer == "muon":
        return _orthogonalised(matrices(load))
    return 3 * largest if load.optimizer == "adafactor" else 0


def matrices(load: Workload) -> list[tuple[int, int]]:
    """Return the rows and columns of every matrix of a layer that is trained."""
    if load.lora is None:
        return [(x.out_features, x.in_features) for _, x in linears(load.shape)]
    found = []
    for index, linear in targets(load.shape, load.lora):
        own = rank(load.shape, load.lora, index, linear)
        found += [(own, linear.in_features), (linear.out_features, own)]
    return found


def _orthogonalised(shapes: Sequence[tuple[int, int]]) -> int:
    """Return what Muon takes for the matrices of the shape of which there are most entries.

    They are stacked in float32, then in bfloat16, twice, with two squares of their smaller side
    (pytorch_optimizer, optimizer/utils/matrix.py, zero_power_via_newton_schulz_5).
    """
    counts = Counter((min(shape), max(shape)) for shape in shapes)
    return max(
        (
            count * (2 * HALF * small * (large + small) + (count > 1) * FP32 * small * large)
            for (small, large), count in counts.items()
        ),
        default=0,
    )
