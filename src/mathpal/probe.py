"""Try the longest batches before the first step: whether they fit, and what they take.

`mathpal.training` calls it when training begins: the model is then wrapped, cast and loaded as the
steps are going to find it. It leaves no trace in the run.
"""

from __future__ import annotations

import copy
import gc
import logging
import math
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from mathpal import distributed, snapshot
from mathpal.config import Experiment, RewardedConfig
from mathpal.errors import MathpalError
from mathpal.failures import is_out_of_memory, shortage
from mathpal.longest import Batch, longest, longest_question
from mathpal.preflight.plan import Prepared
from mathpal.record import forget_peak_memory, own_peak, peak_memory_bytes

STATES = {"torch.optim.adamw.AdamW": 2, "pytorch_optimizer.optimizer.lion.Lion": 1}
"""Class of an optimizer -> values that it keeps for each one that it trains, in the same format.

Those of bitsandbytes have the same names and keep less."""

SHORTEST = 32
"""Tokens; a row that fits only if it is cut below is not tried."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Peak:
    """What a batch took: at the most, of a GPU's memory, or of the process's on a CPU."""

    num_bytes: int
    """All that was held, weights included, but for the optimizer's states that are to come."""
    reserved_bytes: int | None
    """What torch had taken from the GPU, with room for those states; None on a CPU."""


@dataclass(frozen=True)
class Probed:
    """What the longest batches took."""

    tokens: tuple[int, int]
    """Rows of the training batch, and the tokens of its longest row."""
    train_bytes: int
    train_reserved_bytes: int | None
    eval_tokens: tuple[int, int] | None
    """None: nothing is evaluated."""
    eval_bytes: int | None
    eval_reserved_bytes: int | None
    optimizer_bytes: int | None
    """The optimizer's states, which the first step adds; 0 where a resumed run has them already.
    None: not known."""
    seconds: float


@dataclass(frozen=True)
class Kind:
    """A kind of batch: how a trainer runs one, and the option that says how many rows it has."""

    name: str
    option: str
    run: Callable[[Any, Batch], Any]
    """(trainer, batch) -> the loss."""


def is_wanted(experiment: Experiment, device: str) -> bool:
    """Tell whether to try the longest batches: as asked, else where there is a GPU."""
    return device == "cuda" if experiment.probe is None else experiment.probe


def probe(trainer: Any, prepared: Prepared, experiment: Experiment) -> Probed | None:
    """Try a step on the longest training batch, and an evaluation of the longest held-out one.

    To be called in all processes when training has begun. None where it cannot be tried.

    Raises: MathpalError where one of them does not fit; the message says what would.
    """
    if trainer.is_deepspeed_enabled:
        log.info("the longest batch is not tried: DeepSpeed steps where gradients are computed")
        return None
    training, held_out = _batches(trainer, prepared, experiment)
    if training is None:
        log.info("the longest batch is not tried: its rows are not known by their tokens")
        return None
    begun = time.perf_counter()
    with own_peak(), snapshot.restored(trainer):
        if isinstance(experiment.trainer, RewardedConfig):
            _answer_at_length(trainer)
        train = _measured(trainer, TRAINING, training)
        evaluated = None if held_out is None else _measured(trainer, EVALUATION, held_out)
    _let_go(trainer)
    seconds = round(time.perf_counter() - begun, 3)
    log.info(
        "the longest batch, %s, fits: %.2f GiB, %.1f s", training, train.num_bytes / 2**30, seconds
    )
    return Probed(
        tokens=training.tokens,
        train_bytes=train.num_bytes,
        train_reserved_bytes=train.reserved_bytes,
        eval_tokens=None if held_out is None else held_out.tokens,
        eval_bytes=None if evaluated is None else evaluated.num_bytes,
        eval_reserved_bytes=None if evaluated is None else evaluated.reserved_bytes,
        optimizer_bytes=_optimizer_bytes(trainer),
        seconds=seconds,
    )


def _batches(
    trainer: Any, prepared: Prepared, experiment: Experiment
) -> tuple[Batch | None, Batch | None]:
    """Return the longest training batch and the longest evaluation batch, where there are such."""
    train, held_out = _table(trainer, trainer.train_dataset), _table(trainer, trainer.eval_dataset)
    size, eval_size = trainer._train_batch_size, trainer.args.eval_batch_size
    if isinstance(experiment.trainer, RewardedConfig):
        times, written = trainer.args.steps_per_generation, trainer.max_completion_length
        return (
            longest_question(train, prepared.train, size, times, written),
            longest_question(held_out, prepared.test, eval_size, 1, written),
        )
    return longest(train, size), longest(held_out, eval_size)


def _table(trainer: Any, rows: Any) -> Any:
    """Return a datasets.Dataset of the columns that the collator gets; None for anything else."""
    import datasets

    if not isinstance(rows, datasets.Dataset):
        return None
    return trainer._remove_unused_columns(rows, description="trial")


def _answer_at_length(trainer: Any) -> None:
    """Let every answer run to the longest that is allowed, and reward none of them."""
    if not trainer.args.use_vllm:
        trainer.generation_config = copy.deepcopy(trainer.generation_config)
        trainer.generation_config.min_new_tokens = trainer.max_completion_length

    def nothing(prompts: Sequence[Any], **_: Any) -> list[float]:
        return [0.0] * len(prompts)

    trainer.reward_funcs = [nothing] * len(trainer.reward_funcs)


def _step(trainer: Any, batch: Batch) -> Any:
    """Compute a batch's gradients."""
    model, device = trainer.model_wrapped, trainer.args.device
    trainer.current_gradient_accumulation_steps = 1
    samples, num_items = trainer.get_batch_samples(iter([_inputs(trainer, batch)]), 1, device)
    # What DDP keeps of its first exchange stays for the first step. FSDP needs less with one.
    alone = nullcontext() if trainer.is_fsdp_enabled else trainer.accelerator.no_sync(model=model)
    with alone:
        return trainer.training_step(model, samples[0], num_items)


def _evaluation(trainer: Any, batch: Batch) -> Any:
    """Compute a batch's loss as an evaluation does."""
    trainer.model.eval()
    loss_only = True if trainer.compute_metrics is None else trainer.args.prediction_loss_only
    return trainer.prediction_step(trainer.model, _inputs(trainer, batch), loss_only)[0]


def _inputs(trainer: Any, batch: Batch) -> Any:
    from accelerate.utils import send_to_device

    return send_to_device(trainer.data_collator(batch.rows), trainer.args.device)


TRAINING = Kind("training batch", "trainer.per_device_train_batch_size", _step)
EVALUATION = Kind("evaluation batch", "trainer.per_device_eval_batch_size", _evaluation)


def _measured(trainer: Any, kind: Kind, batch: Batch) -> Peak:
    """Return what a batch takes.

    Raises: MathpalError where it does not fit.
    """
    import torch

    _let_go(trainer)
    forget_peak_memory()
    lacking = _lacking(trainer, kind, batch)
    if lacking is not None:
        remedy = _remedy(trainer, kind, batch)
        raise MathpalError(f"the longest {kind.name}, {batch}, does not fit: {lacking}; {remedy}")
    if trainer.args.device.type == "cpu":
        return Peak(peak_memory_bytes(), None)
    states = _optimizer_bytes(trainer) or 0
    return Peak(peak_memory_bytes() - states, torch.cuda.max_memory_reserved())


def _lacking(trainer: Any, kind: Kind, batch: Batch) -> str | None:
    """Run a batch; return what there was no room for, None where it fits."""
    import torch

    size, device = _optimizer_bytes(trainer) or 0, trainer.args.device
    try:
        states = torch.empty(size, dtype=torch.uint8, device=device)  # of every step but the first
        loss = float(kind.run(trainer, batch))
        del states
    except (MemoryError, RuntimeError) as error:
        if trainer.args.auto_find_batch_size or not is_out_of_memory(error):
            raise
        return shortage(error)
    if not math.isfinite(loss):
        log.warning("the loss of the longest %s, %s, is %s", kind.name, batch, loss)
    return None


def _let_go(trainer: Any) -> None:
    """Free gradients, and what torch holds in store."""
    import torch

    trainer.model_wrapped.zero_grad()
    if trainer.args.device.type == "cuda":
        torch.cuda.empty_cache()


def _remedy(trainer: Any, kind: Kind, batch: Batch) -> str:
    """Say what would fit, found by trying where this process is alone and nothing is generated.

    Another process may have room where this one has none, and would wait for it.
    """
    if distributed.num_processes() > 1 or batch.is_answered:
        fewer = f"try {_setting(trainer, kind, batch, max(1, batch.num_rows // 2))}"
        return f"{fewer}, or hardware.gradient_checkpointing=true"
    num_rows = batch.num_rows
    while num_rows > 1:
        num_rows //= 2
        if _fits(trainer, kind, batch.first(num_rows)):
            fit = "1 row fits" if num_rows == 1 else f"{num_rows} rows fit"
            return f"{fit}: set {_setting(trainer, kind, batch, num_rows)}"
    return f"not even one row fits: {_shorter(trainer, kind, batch)}"


def _setting(trainer: Any, kind: Kind, batch: Batch, num_rows: int) -> str:
    """Return the options for smaller batches, and as many rows a step."""
    size = f"{kind.option}={num_rows}"
    if kind is EVALUATION:
        return size
    times = math.ceil(trainer.args.gradient_accumulation_steps * batch.num_rows / num_rows)
    return f"{size} trainer.gradient_accumulation_steps={times}"


def _shorter(trainer: Any, kind: Kind, batch: Batch) -> str:
    """Say what a single row would fit with."""
    found = "lower trainer.max_length"
    if "seq_lengths" not in batch.rows[0]:
        num_tokens = batch.num_tokens
        while num_tokens > SHORTEST:
            num_tokens //= 2
            if _fits(trainer, kind, batch.cut(num_tokens)):
                found = f"1 row of {num_tokens:,} tokens fits: trainer.max_length={num_tokens}"
                break
    if kind is EVALUATION or trainer.args.gradient_checkpointing:
        return found
    return f"set hardware.gradient_checkpointing=true, or {found}"


def _fits(trainer: Any, kind: Kind, batch: Batch) -> bool:
    gc.collect()
    _let_go(trainer)
    return _lacking(trainer, kind, batch) is None


def _optimizer_bytes(trainer: Any) -> int | None:
    """Return what the first step adds; nothing where a checkpoint has brought the states."""
    optimizer = trainer.optimizer
    if optimizer.state:
        return 0
    kind = type(optimizer.optimizer)
    num_values = STATES.get(f"{kind.__module__}.{kind.__qualname__}")
    if num_values is None or trainer.is_fsdp_enabled:
        return None
    trained = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    num_bytes: int = sum(parameter.numel() * parameter.element_size() for parameter in trained)
    return num_values * num_bytes
