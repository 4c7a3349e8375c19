"""Save what was trained: the adapter, or the whole model, each with its tokenizer and template."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mathpal.config import Experiment
from mathpal.distributed import is_main
from mathpal.files import whole_folder
from mathpal.models import transformers


def save(trainer: Any, experiment: Experiment, tokenizer: Any, folder: Path) -> None:
    """Write adapter/ and model/ as asked, each whole or not at all.

    Without an adapter there is but the model, which both settings mean. Of several processes, the
    first one writes; of a model in pieces, all of them gather what it writes.
    """
    from peft import PeftModel

    export, sharded = experiment.export, bool(experiment.hardware.sharded_by)
    model = trainer.model
    adapted = isinstance(model, PeftModel)
    if sharded and (export.adapter or export.merged):
        trainer.save_model(str(folder / ("adapter" if adapted else "model")))
    if sharded or not is_main():
        return
    if adapted and export.adapter:
        _save(model, tokenizer, folder / "adapter")
    if export.merged or (export.adapter and not adapted):
        whole = _merged(model, experiment, tokenizer, folder) if adapted else model
        _save(whole, tokenizer, folder / "model")


def _merged(model: Any, experiment: Experiment, tokenizer: Any, folder: Path) -> Any:
    if experiment.model.quantization == "none":
        return model.merge_and_unload()
    head = experiment.trainer.head
    return transformers.merged(experiment.model, folder / "adapter", tokenizer, head)


def _save(model: Any, tokenizer: Any, folder: Path) -> None:
    with whole_folder(folder) as temporary:
        model.save_pretrained(temporary)
        tokenizer.save_pretrained(temporary)
