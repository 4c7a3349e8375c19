"""What every trainer is built from, and the steps that building one of any method has in common."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from mathpal import schema
from mathpal.config import OUR_OPTIMIZERS
from mathpal.data import Row
from mathpal.data.chat import Encoded
from mathpal.errors import RequestError
from mathpal.hardware import Device


@dataclass(frozen=True)
class Setup:
    """The parts of a run that its trainer puts together."""

    model: Any
    tokenizer: Any
    train: Sequence[Encoded]
    """Rows tokenised, masked and cut to length."""
    test: Sequence[Encoded]
    train_rows: Sequence[Row]
    """The same rows as text."""
    test_rows: Sequence[Row]
    folder: Path
    device: Device
    seed: int
    name: str
    tf32: bool | None
    padding_free: bool
    """Whether rows of a batch stand one behind the other."""
    report_to: Sequence[str]
    callbacks: Sequence[Any]


def arguments(
    config_class: Callable[..., Any],
    method: str,
    setup: Setup,
    options: Mapping[str, Any],
    **ours: Any,
) -> Any:
    """Return the arguments of a trainer: the options that differ from TRL's, and what a run sets.

    Raises: RequestError where the library refuses a combination of options.
    """
    changed = _changed(config_class, method, options)
    if changed.get("optim") in OUR_OPTIMIZERS:
        del changed["optim"]
    if setup.device.device == "cpu":
        changed["dataloader_pin_memory"] = False
    elif setup.tf32 is not None:
        changed["tf32"] = setup.tf32
    try:
        return config_class(
            output_dir=str(setup.folder / "checkpoints"),
            run_name=setup.name,
            seed=setup.seed,
            use_cpu=setup.device.device == "cpu",
            bf16=setup.device.precision == "bf16",
            fp16=setup.device.precision == "fp16",
            disable_tqdm=True,
            report_to=list(setup.report_to) or "none",
            **{**changed, **ours},
        )
    except ValueError as error:
        raise RequestError(f"trainer: {error}") from error


def _changed(
    config_class: Callable[..., Any], method: str, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the options that differ from what the class itself defaults to.

    Under Unsloth trl's classes are others, with other defaults and without some options.
    """
    parameters = inspect.signature(config_class).parameters
    asked = schema.changed(method, options)
    differing = {
        name: options[name]
        for name in schema.load(method).options
        if name in parameters and options[name] != parameters[name].default
    }
    return {**differing, **asked}


def assemble(
    trainer_class: Callable[..., Any],
    setup: Setup,
    options: Mapping[str, Any],
    **parts: Any,
) -> Any:
    """Return a trainer over the setup's model and tokenizer, with callbacks and optimizer.

    Raises: RequestError where the library refuses a combination of options.
    """
    from transformers import EarlyStoppingCallback, PrinterCallback

    from mathpal import optimizers
    from mathpal.models.transformers import keep_in_float32

    callbacks = list(setup.callbacks)
    patience = options["early_stopping_patience"]
    if patience is not None:
        callbacks.append(EarlyStoppingCallback(patience, options["early_stopping_threshold"]))
    parts = {"processing_class": setup.tokenizer, **parts}
    try:
        trainer = _without_cards(trainer_class)(model=setup.model, callbacks=callbacks, **parts)
    except ValueError as error:
        raise RequestError(f"trainer: {error}") from error
    trainer.remove_callback(PrinterCallback)
    if setup.device.precision == "fp16":
        keep_in_float32(trainer.model)  # TRL turns what is trained over a quantised base to bf16
    optimizers.install(trainer, options["optim"])
    return trainer


def table(columns: Mapping[str, Any], seed: int | None) -> Any:
    """Return a datasets.Dataset of columns, lists or Arrow's, shuffled by `seed`; None: in order.

    TRL shuffles while it prepares rows; what comes prepared is shuffled here.
    """
    import datasets
    import pyarrow as pa

    datasets.disable_progress_bars()
    whole = datasets.table.InMemoryTable(pa.table(dict(columns)))
    # Without a fingerprint it would be hashed whole, for caches that rows in memory do not have.
    rows = datasets.Dataset(whole, fingerprint=uuid4().hex)
    return rows if seed is None else rows.shuffle(seed=seed)


def tokenised(trainer_class: Any) -> Any:
    """Return a TRL trainer's class that takes its rows as they are: tokenised by ours already.

    TRL would render and tokenise each row three times, without our template's settings.
    """

    def keep(self: Any, dataset: Any, *_: Any) -> Any:
        return dataset

    return type(trainer_class.__name__, (trainer_class,), {"_prepare_dataset": keep})


@functools.cache
def _without_cards(trainer_class: Any) -> Any:
    """Return a TRL trainer's class that gives checkpoints no model cards, a README.md each.

    They take more time than the rest of a small checkpoint. What is saved in the end has its card.
    """

    def save(self: Any, *parts: Any) -> None:
        with _without_card(self.model):
            trainer_class._save_checkpoint(self, *parts)

    def write_nothing(self: Any, *_: Any, **__: Any) -> None:
        """Stand for TRL's card, which lies beside the checkpoints."""

    parts = {"_save_checkpoint": save, "create_model_card": write_nothing}
    return type(trainer_class.__name__, (trainer_class,), parts)


@contextmanager
def _without_card(model: Any) -> Iterator[None]:
    """Let a model with an adapter be saved without its card, for which PEFT has no switch."""
    from peft import PeftModel

    if not isinstance(model, PeftModel):
        yield
        return
    model.create_or_update_model_card = lambda *_: None
    try:
        yield
    finally:
        del model.create_or_update_model_card


def drop_reference_copy(model: Any) -> None:
    """Take away the copy of the adapter that TRL adds as the reference.

    A fresh adapter adds nothing, so that the base alone is the reference. With the copy, a resumed
    run would lose its adapter: Trainer loads the adapters in sub-folders of a checkpoint, the copy,
    in place of the one beside them.
    """
    from peft import PeftModel

    if isinstance(model, PeftModel) and "ref" in model.peft_config:
        model.delete_adapter("ref")
