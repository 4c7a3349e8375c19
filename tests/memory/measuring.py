"""Train a case for real, as a run of mathpal does, and count what is alive."""

import random
from dataclasses import replace
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from live_bytes import LiveBytes

from cases import MODELS, Case
from mathpal.compose import compose, factory
from mathpal.config import Experiment
from mathpal.data.chat import Encoded
from mathpal.hardware import Device
from mathpal.models.transformers import load_tokenizer
from mathpal.overrides import Request
from mathpal.quiet import quiet_libraries
from mathpal.trainers.setup import Setup

NUM_STEPS = 2
"""The first makes gradients and optimizer states, the second is trained beside them."""


def measured_peak(case: Case, folder: Path) -> int:
    """Return the most bytes that tensors took while training."""
    trainer = trainer_of(case, folder)
    held = chain(trainer.model.parameters(), trainer.model.buffers())
    with LiveBytes(held) as live:
        trainer.train()
    return live.peak


def trainer_of(case: Case, folder: Path) -> Any:
    """Return the trainer of a run with random weights, and with rows of random tokens."""
    quiet_libraries(debug=False)
    experiment = experiment_of(case, folder)
    device = Device("cpu", case.precision, torch.get_num_threads(), "")
    _save_model(MODELS[case.model], folder)
    tokenizer = _bundled_tokenizer()
    model = factory(experiment.model)(
        lora=experiment.lora,
        hardware=experiment.hardware,
        device=device,
        tokenizer=tokenizer,
        seed=1,
        head="language",
        num_tokens=case.num_tokens,
    )
    if case.half_weights:
        _halve(model)
    setup = Setup(
        model=model,
        tokenizer=tokenizer,
        train=_rows(case),
        test=[],
        train_rows=[],
        test_rows=[],
        folder=folder,
        device=device,
        seed=1,
        name="memory",
        tf32=None,
        padding_free=case.padding_free,
        report_to=[],
        callbacks=[],
    )
    return factory(experiment.trainer)(setup)


def _halve(model: Any) -> None:
    """Bring what is frozen to the format that a GPU keeps it in."""
    for parameter in model.parameters():
        if not parameter.requires_grad:
            parameter.data = parameter.data.to(torch.bfloat16)


def experiment_of(case: Case, folder: Path) -> Experiment:
    """Return what the command line of `train` would say for a case."""
    base = _composed("none" if case.rank is None else "r16")
    model = replace(
        base.model,
        name=str(folder),
        attn_implementation=case.attn_implementation,
        max_length=case.num_tokens,
    )
    trainer = replace(
        base.trainer,
        max_length=case.num_tokens,
        per_device_train_batch_size=case.batch_size,
        gradient_accumulation_steps=case.accumulation,
        gradient_checkpointing=case.checkpointing,
        optim=case.optimizer,
        max_steps=NUM_STEPS,
        save_strategy="no",
        **case.options,
    )
    if case.rank is None:
        return replace(base, model=model, trainer=trainer)
    lora = replace(
        base.lora,
        r=case.rank,
        lora_dropout=case.dropout,
        target_modules=case.targets,
        use_dora=case.use_dora,
    )
    return replace(base, model=model, trainer=trainer, lora=lora)


@cache
def _composed(lora: str) -> Experiment:
    groups = ("model=hf", "model.name=a/b", f"lora={lora}", "hardware=cpu", "evaluation=none")
    return compose(Request((*groups, "export=none")))


@cache
def _bundled_tokenizer() -> Any:
    return load_tokenizer(compose(Request(())).model)


def _save_model(config: dict[str, Any], folder: Path) -> None:
    from transformers import AutoConfig, AutoModelForCausalLM

    made = AutoConfig.for_model(**config)
    AutoModelForCausalLM.from_config(made).save_pretrained(folder)


def _rows(case: Case) -> list[Encoded]:
    """Return the rows of every batch, so that each has one of the greatest length."""
    drawn = random.Random(1)
    rows = []
    for length in case.row_lengths * case.accumulation * NUM_STEPS:
        ids = [drawn.randrange(5, 300) for _ in range(length)]
        rows.append(Encoded(ids, [-100] * 8 + ids[8:]))
    return rows
