"""What a run can do differently to take less memory, each kind from mild to strong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from mathpal.config import LoraConfig, as_dict
from mathpal.models import backend
from mathpal.preflight.memory.methods import reference
from mathpal.preflight.memory.workload import Workload

STEP = 64
"""Tokens that a shorter max_length is a multiple of."""

LEAST_TOKENS = 128

LEAST_BATCH = {"kto": 2}
"""Method -> rows that it needs in a batch, where more than one."""

NUM_DEVICES = (2, 4, 8)

Fits = Callable[[Workload], bool]


@dataclass(frozen=True)
class Remedy:
    """Overrides, and what the run asks for with them."""

    name: str
    """In short: 4-bit, checkpointing, batch 2, ..."""
    overrides: tuple[str, ...]
    load: Workload

    def then(self, other: Remedy) -> Remedy:
        """Return both, the other one made upon this one; it has the last word on a key."""
        keys = {o.partition("=")[0] for o in other.overrides}
        mine = tuple(o for o in self.overrides if o.partition("=")[0] not in keys)
        names = [name for name in (self.name, other.name) if name]
        return Remedy(" + ".join(names), (*mine, *other.overrides), other.load)


Kind = Callable[[Workload, Fits], Iterator[Remedy]]


def eval_batch(load: Workload, fits: Fits) -> Iterator[Remedy]:
    """Measure the held-out loss of fewer rows at once, which changes no figure."""
    if load.method == "grpo":
        return
    for rows in _halves(load.eval_batch_size):
        override = f"trainer.per_device_eval_batch_size={rows}"
        yield Remedy(f"eval batch {rows}", (override,), replace(load, eval_batch_size=rows))


def answer_batch(load: Workload, fits: Fits) -> Iterator[Remedy]:
    """Answer fewer questions at once."""
    for rows in _halves(load.generation_batch_size):
        override = f"evaluation.batch_size={rows}"
        yield Remedy(f"{rows} answers", (override,), replace(load, generation_batch_size=rows))


def precompute(load: Workload, fits: Fits) -> Iterator[Remedy]:
    """Ask the reference once before training, so that no second model is kept."""
    if load.method in ("dpo", "kto") and reference(load) is not None:
        options = {**load.options, "precompute_ref_log_probs": True}
        override = "trainer.precompute_ref_log_probs=true"
        yield Remedy("precomputed", (override,), replace(load, options=options))


def drawn_answers(load: Workload, fits: Fits) -> Iterator[Remedy]:
    """Let GRPO write fewer answers at once, in whole groups of a question's."""
    options = load.options
    if load.method != "grpo" or options.get("generation_batch_size"):
        return
    steps = options.get("steps_per_generation") or _accumulation(load)
    for fewer in range(steps - 1, 0, -1):
        answers = load.batch_size * fewer * load.num_devices
        if steps % fewer == 0 and answers % options["num_generations"] == 0:
            changed = {**options, "steps_per_generation": fewer}
            override = f"trainer.steps_per_generation={fewer}"
            yield Remedy(f"{answers} answers", (override,), replace(load, options=changed))


def batch(load: Workload, fits: Fits) -> Iterator[Remedy]:
    """Take fewer rows at once and accumulate their gradients: a step has as many as before."""
    rows = load.batch_size * _accumulation(load)
    for fewer in range(load.batch_size - 1, LEAST_BATCH.get(load.method, 1) - 1, -1):
        if rows % fewer == 0:
            yield _of_batch(load, fewer, rows // fewer)


def checkpointing(load: Workload, fits: Fits) -> Iterator[Remedy]:
    """Compute activations anew in the backward pass: a third slower."""
    if not load.gradient_checkpointing:
        override = "hardware.gradient_checkpointing=true"
        yield Remedy("checkpointing", (override,), replace(load, gradient_checkpointing=True))


def optimizer(load: Workload, fits: Fits) -> Iterator[Remedy]:
    """Keep the optimizer's state in 8 bits, where it is large."""
    if load.device == "cuda" and load.lora is None and load.optimizer.startswith("adamw_torch"):
        yield Remedy(
            "8-bit AdamW", ("optimizer=adamw_8bit",), replace(load, optimizer="adamw_8bit")
        )


def bits(load: Workload, fits: Fits) -> Iterator[Remedy]:
    """Keep frozen weights in fewer bits."""
    if load.device != "cuda" or load.lora is None or load.sharded_by or load.quantization == "4bit":
        return
    fewer = ("8bit", "4bit") if load.quantization == "none" else ("4bit",)
    for kept in fewer:
        override = f"model.quantization={kept}"
        yield Remedy(f"{kept[0]}-bit", (override,), replace(load, quantization=kept))


def lora(load: Workload, fits: Fits) -> Iterator[Remedy]:
    """Train an adapter instead of all weights."""
    if load.lora is None:
        options = LoraConfig(r=16, lora_alpha=32, target_modules="all-linear")
        adapter = as_dict(backend(load.backend).adapted(options))
        yield Remedy("LoRA", ("lora=r16",), replace(load, lora=adapter))


def devices(load: Workload, fits: Fits) -> Iterator[Remedy]:
    """Share weights, gradients and optimizer among GPUs; answers must wait until after training."""
    if load.device != "cuda" or load.quantization != "none" or load.method == "grpo":
        return
    others = () if load.backend == "transformers" else ("backend=transformers",)
    for number in NUM_DEVICES:
        if number > load.num_devices or (number == load.num_devices and not load.sharded_by):
            overrides = (*_sharding(load, number), *others)
            yield Remedy(f"{number} GPUs", overrides, _sharded(load, number))


def completion(load: Workload, fits: Fits) -> Iterator[Remedy]:
    """Let GRPO's answers have fewer tokens."""
    if load.method != "grpo":
        return
    now = int(load.options["max_completion_length"])
    for tokens in _halves(now, least=STEP):
        options = {**load.options, "max_completion_length": tokens}
        shorter = replace(load, options=options, num_tokens=load.num_tokens - now + tokens)
        override = f"trainer.max_completion_length={tokens}"
        yield Remedy(f"{tokens} tokens", (override,), shorter)


def length(load: Workload, fits: Fits) -> Iterator[Remedy]:
    """Cut rows: to the most tokens that fit, or where none do, to the least worth training on."""
    if load.options.get("max_length") is None or load.num_tokens <= LEAST_TOKENS:
        return
    low, high = LEAST_TOKENS // STEP, (load.num_tokens - 1) // STEP
    if not fits(_of_length(load, STEP * low).load):
        yield _of_length(load, STEP * low)
        return
    while low < high:
        middle = (low + high + 1) // 2
        if fits(_of_length(load, STEP * middle).load):
            low = middle
        else:
            high = middle - 1
    yield _of_length(load, STEP * low)


KINDS: tuple[Kind, ...] = (
    eval_batch,
    answer_batch,
    precompute,
    drawn_answers,
    batch,
    checkpointing,
    optimizer,
    lora,
    bits,
    devices,
    completion,
    length,
)
"""All kinds, those first that change least of what is learnt, how fast, and on what."""

CUTTING = (completion, length)
"""Kinds that leave out some of the text."""

CHOICES = (bits,)
"""Kinds of which more than the mildest remedy is worth knowing: 4 bits are asked for by name."""


def _of_batch(load: Workload, rows: int, accumulation: int) -> Remedy:
    packed = load.batch_tokens
    changed = replace(
        load,
        batch_size=rows,
        batch_tokens=None if packed is None else packed * rows // load.batch_size,
        options={**load.options, "gradient_accumulation_steps": accumulation},
    )
    overrides = (
        f"trainer.per_device_train_batch_size={rows}",
        f"trainer.gradient_accumulation_steps={accumulation}",
    )
    return Remedy(f"batch {rows}", overrides, changed)


def _of_length(load: Workload, tokens: int) -> Remedy:
    packed = load.batch_tokens
    changed = replace(
        load,
        num_tokens=tokens,
        batch_tokens=None if packed is None else min(packed, tokens * load.batch_size),
        eval_tokens=min(load.eval_tokens, tokens),
        options={**load.options, "max_length": tokens},
    )
    return Remedy(f"{tokens} tokens", (f"trainer.max_length={tokens}",), changed)


def _sharding(load: Workload, number: int) -> Iterator[str]:
    """Yield what to type behind the option of a GPU, which hardware=fsdp would replace."""
    if not load.sharded_by:
        yield "hardware.fsdp=true"
    if number != load.num_devices:
        yield f"hardware.num_processes={number}"
    if load.new_tokens:
        yield "evaluation=none"


def _sharded(load: Workload, number: int) -> Workload:
    return replace(
        load,
        num_devices=number,
        sharded_by=load.sharded_by or "fsdp",
        backend="transformers",
        generation_batch_size=0,
        new_tokens=0,
    )


def _accumulation(load: Workload) -> int:
    return int(load.options.get("gradient_accumulation_steps") or 1)


def _halves(number: int, least: int = 1) -> Iterator[int]:
    """Yield half of a number, and half of that, down to the least.

    >>> list(_halves(8)), list(_halves(6)), list(_halves(1))
    ([4, 2, 1], [3, 1], [])
    """
    while number // 2 >= least:
        number //= 2
        yield number
