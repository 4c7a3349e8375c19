"""Save what was trained: the adapter, or the whole model, each with its tokenizer and template."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mathpal.config import ExportConfig
from mathpal.files import whole_folder


def save(model: Any, tokenizer: Any, export: ExportConfig, folder: Path) -> list[Path]:
    """Write adapter/ and model/ as asked, each whole or not at all; return what was written."""
    from peft import PeftModel

    written = []
    adapted = isinstance(model, PeftModel)
    if export.adapter:
        written.append(folder / ("adapter" if adapted else "model"))
        _save(model, tokenizer, written[-1])
    if export.merged and adapted:
        written.append(folder / "model")
        _save(model.merge_and_unload(), tokenizer, written[-1])
    if export.merged and not adapted and not export.adapter:
        written.append(folder / "model")
        _save(model, tokenizer, written[-1])
    return written


def _save(model: Any, tokenizer: Any, folder: Path) -> None:
    with whole_folder(folder) as temporary:
        model.save_pretrained(temporary)
        tokenizer.save_pretrained(temporary)
