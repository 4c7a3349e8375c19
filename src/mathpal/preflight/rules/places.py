"""Files and folders that a request names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from mathpal import checkpoints
from mathpal.config import Experiment, ModelConfig, SynthConfig, as_dict
from mathpal.data import OURS
from mathpal.errors import RequestError, did_you_mean
from mathpal.models import shape as shapes
from mathpal.models.shape import Shape


def problems(experiment: Experiment) -> Iterator[str]:
    """Yield files that are not there, folders that cannot be written, and wishes about neither."""
    template = experiment.model.chat_template
    if template is not None and not Path(template).is_file():
        yield f"model.chat_template={template}: there is no such file"
    if experiment.resume is not None:
        try:
            checkpoints.find(experiment.resume)
        except RequestError as error:
            yield from error.problems
    yield from _broken(experiment.model)
    yield from _bench(experiment)
    yield from _generated(experiment)
    yield from _writable(experiment)


def shape_of(model: ModelConfig) -> Shape | None:
    """Return a model's shape, or None where it is not known: `problems` tell of a broken file."""
    try:
        return shapes.find(model)
    except RequestError:
        return None


def existing(folder: Path) -> Path:
    """Return the folder, or the nearest above it that is there."""
    return next(p for p in (folder, *folder.parents) if p.exists())


def _broken(model: ModelConfig) -> Iterator[str]:
    try:
        shapes.find(model)
    except RequestError as error:
        yield from error.problems


def _bench(experiment: Experiment) -> Iterator[str]:
    """Look for an exam file without a bench, and a bench for a model that ranks."""
    settings = experiment.evaluation
    if settings is None:
        return
    if settings.bench is None and settings.exam_path is not None:
        yield "evaluation.exam_path: comes with a bench: use evaluation=vi_math_bench"
    if settings.bench is not None and experiment.trainer.head == "score":
        yield (
            f"evaluation.bench={settings.bench}: has no pairs, which a reward model ranks; "
            "use evaluation=answers"
        )
    if settings.exam_path is not None and not Path(settings.exam_path).expanduser().is_file():
        path = Path(settings.exam_path).expanduser()
        near = did_you_mean(path.name, [p.name for p in path.parent.glob("*.json*")])
        yield f"evaluation.exam_path={settings.exam_path}: there is no such file.{near}"


def _generated(experiment: Experiment) -> Iterator[str]:
    """Look for wishes about rows of files where rows are generated."""
    if isinstance(experiment.data, SynthConfig):
        defaults = {f.name: f.default for f in fields(SynthConfig)}
        for key in sorted({*OURS} - {"cut"}):
            value = as_dict(experiment.data)[key]
            if value != defaults[key]:
                yield (
                    f"data.{key}={value}: generated rows are clean, answered and apart as they are "
                    "made; leave it out"
                )


def _writable(experiment: Experiment) -> Iterator[str]:
    folder = existing(Path(experiment.output_dir).absolute())
    if not folder.is_dir():
        yield f"output_dir={experiment.output_dir}: {folder} is a file, not a folder"
    elif not os.access(folder, os.W_OK | os.X_OK):
        yield f"output_dir={experiment.output_dir}: {folder} is not writable"
