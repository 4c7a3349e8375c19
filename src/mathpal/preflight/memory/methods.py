"""A step of training by each method: the rows of its forward pass, and the model beside it."""

from __future__ import annotations

from dataclasses import replace

from mathpal.models.shape import num_parameters
from mathpal.preflight.memory import extrapolation
from mathpal.preflight.memory.evaluation import PAIRED, compares_in_step
from mathpal.preflight.memory.parts import Moment, Part, count
from mathpal.preflight.memory.workload import Workload


def training_step(load: Workload) -> Moment:
    """Return what a step of training takes on one device."""
    step = extrapolation.step(load if load.method == "sft" else with_all_rows(load))
    second = reference(load)
    return step if second is None else replace(step, parts=(*step.parts, second))


def with_all_rows(load: Workload) -> Workload:
    """Return a workload whose batch has the rows of a method's forward pass, which are padded.

    Chosen and rejected answers are rows of one batch (trl, trainer/dpo_trainer.py,
    DataCollatorForPreference; reward_trainer.py; experimental/orpo, concatenated_forward). KTO's
    mismatched answers pass first, without gradients, and leave nothing. A model that gives scores
    has no matrix for its head, as if that were the embedding's.
    """
    rows = load.batch_size * (2 if load.method in PAIRED else 1)
    shape = replace(load.shape, tied=True) if load.method == "reward" else load.shape
    return replace(load, shape=shape, batch_size=rows, batch_tokens=None)


def reference(load: Workload) -> Part | None:
    """Return the second model that a trainer loads to compare with, if it does.

    With an adapter, the same model without it is the reference. Without one, a model is loaded in
    float32 (trl, trainer/utils.py, create_model_from_path) by DPO and KTO, but for
    precompute_ref_log_probs, and by GRPO where beta is not 0.
    """
    compares = compares_in_step(load) or (load.method == "grpo" and load.options.get("beta"))
    if load.lora is not None or not compares:
        return None
    number = num_parameters(load.shape)
    return Part("reference", 4 * number, f"a second model, {count(number)} x 4 bytes")
