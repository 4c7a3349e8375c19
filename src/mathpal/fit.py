"""Which models of the catalogue fit on which GPUs: `mathpal fit [model=NAME] [key=value ...]`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from mathpal.compose import compose_config, to_experiment
from mathpal.config import Experiment, HardwareConfig, ModelConfig, as_dict, conf_dir
from mathpal.errors import RequestError
from mathpal.hardware import FIRST_WITH_BF16, Device
from mathpal.models.shape import Shape, find
from mathpal.overrides import Request, parse
from mathpal.preflight import gpus, memory
from mathpal.preflight.memory import GIB, Change, Workload
from mathpal.preflight.memory.remedies import KINDS, length
from mathpal.problems import apply
from mathpal.screen import Screen

WITHOUT_CUTTING = tuple(kind for kind in KINDS if kind is not length)
"""Kinds of changes that leave rows as long as they are."""

PROMPT_TOKENS = 128
"""Tokens taken for a question, where no rows are at hand."""

NOTE = (
    "GiB of one GPU at the peak, estimated for batches of the longest rows; after a colon the "
    "least change that fits. train model=... hardware=... dry_run=true tells more."
)

ROW_TOKENS = 4096
"""Tokens taken for the longest row where trainer.max_length is null."""


@dataclass(frozen=True)
class Cell:
    """A model on a GPU."""

    gpu: str
    num_bytes: int
    """The estimated peak."""
    budget: int
    change: Change | None = None
    """The least that makes it fit where it does not; None: nothing does but shorter rows."""

    @property
    def fits(self) -> bool:
        """Whether it fits as it is."""
        return self.num_bytes <= self.budget

    def __str__(self) -> str:
        size = f"{self.num_bytes / GIB:.1f}"
        if self.fits:
            return size
        if self.change is None:
            return f"{size}: no"
        return f"{size}: {self.change.name} ({self.change.num_bytes / GIB:.1f})"


@dataclass(frozen=True)
class Row:
    """A model, and how it does on each GPU."""

    model: str
    batch_size: int
    num_tokens: int
    cells: tuple[Cell, ...]


def fit(arguments: Sequence[str], started: float) -> None:
    """Show which models fit on which GPUs; `mathpal fit [model=NAME] [key=value ...]`."""
    flags = [a for a in arguments if a.startswith("-")]
    if flags:
        raise RequestError(f"mathpal fit has no flag {flags[0]}; it takes key=value")
    request = Request(tuple(arguments))
    screen = Screen()
    for shown in renderables(rows(request), live=screen.is_live):
        screen.say(shown)


def renderables(found: Sequence[Row], *, live: bool) -> list[RenderableType]:
    """Return what to print: a table for a terminal, comma-separated lines for a pipe."""
    headings = ["model", "batch", "tokens"]
    headings += [f"{cell.gpu} ({cell.budget / GIB:.1f})" for cell in found[0].cells]
    lines = [[r.model, str(r.batch_size), str(r.num_tokens), *map(str, r.cells)] for r in found]
    if not live:
        return [Text(",".join(line)) for line in (headings, *lines)]
    table = Table(*headings, box=None, padding=(0, 2, 0, 0), header_style="bold cyan")
    for row, line in zip(found, lines, strict=True):
        styles = ["", "", "", *(_style(cell) for cell in row.cells)]
        table.add_row(*(Text(text, style) for text, style in zip(line, styles, strict=True)))
    return [table, Text(NOTE, "dim")]


def _style(cell: Cell) -> str:
    if cell.fits:
        return "green"
    return "red" if cell.change is None else "yellow"


def rows(request: Request) -> list[Row]:
    """Return how the models do that a request asks for: one that it names, or the catalogue."""
    columns = _columns(request)
    found = []
    for name, experiment, shape in _known(request):
        load = _workload(experiment, shape)
        cells = tuple(_cell(load, experiment.hardware, *gpu) for gpu in columns)
        found.append(Row(name, load.batch_size, load.num_tokens, cells))
    return found


def _known(request: Request) -> Iterator[tuple[str, Experiment, Shape]]:
    """Yield the models whose shape is known here.

    Raises: RequestError where one is named and is not known.
    """
    config = compose_config(request, allow_missing=not _names_model(request))
    if _names_model(request):
        experiment = to_experiment(config)
        shape = find(experiment.model)
        if shape is None:
            raise RequestError(
                f"model.name={experiment.model.name}: its config.json is not at hand, or is not "
                "one of a decoder; name a model of the catalogue or a folder"
            )
        yield _option(request) or experiment.model.name, experiment, shape
        return
    yield from _catalogue(config, request)


def _catalogue(config: DictConfig, request: Request) -> Iterator[tuple[str, Experiment, Shape]]:
    """Put one model after the other into a config, which is what composing anew would give.

    Only what follows the model is read anew: turning a config into an experiment takes time.
    """
    base = to_experiment(config)
    overrides = [o for o in parse(request)[0] if o.key_or_group.startswith("model.")]
    followers = {group: _followers(config[group]) for group in ("trainer", "hardware")}
    for name in request.options("model"):
        path = conf_dir() / "model" / f"{name}.yaml"
        values: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        config.model = OmegaConf.structured(ModelConfig(**values))
        if OmegaConf.is_missing(config.model, "name"):
            continue
        for override in overrides:
            apply(config, override.key_or_group, override.value())
        model = OmegaConf.to_object(config.model)
        assert isinstance(model, ModelConfig)
        if (shape := find(model)) is not None:
            groups = {
                group: replace(vars(base)[group], **{key: config[group][key] for key in keys})
                for group, keys in followers.items()
            }
            yield name, replace(base, model=model, backend=config.backend, **groups), shape


def _followers(group: DictConfig) -> list[str]:
    """Return the keys whose values follow others, but for mappings, which no model sets."""
    following = [key for key in map(str, group) if OmegaConf.is_interpolation(group, key)]
    return [key for key in following if not OmegaConf.is_config(group[key])]


def _names_model(request: Request) -> bool:
    keys = {override.partition("=")[0] for override in request.overrides}
    return bool(keys & {"model", "model.name", "experiment"})


def _option(request: Request) -> str | None:
    named = [o.partition("=")[2] for o in request.overrides if o.startswith("model=")]
    return named[-1] if named and named[-1] != "hf" else None


def _columns(request: Request) -> list[tuple[str, HardwareConfig]]:
    """Return the GPUs to look at: the one that a request names, or all."""
    known = gpus.options()
    named = [o.partition("=")[2] for o in request.overrides if o.startswith("hardware=")]
    return [(name, gpu) for name, gpu in known.items() if name in named] or list(known.items())


def _cell(load: Workload, asked: HardwareConfig, name: str, gpu: HardwareConfig) -> Cell:
    there = replace(load, precision=_precision(asked, gpu), capability=gpu.capability)
    budget = gpus.usable_bytes(gpu)
    assert budget is not None
    peak = memory.estimate(there).peak.num_bytes
    return Cell(name, peak, budget, memory.smallest(there, budget, WITHOUT_CUTTING))


def _precision(asked: HardwareConfig, gpu: HardwareConfig) -> str:
    """Return the number format asked for, or the GPU's; fp16 where it has no bfloat16."""
    precision = gpu.precision if asked.precision == "auto" else asked.precision
    lacks_bf16 = gpu.capability is not None and gpu.capability < FIRST_WITH_BF16
    return "fp16" if precision == "bf16" and lacks_bf16 else precision


def _workload(experiment: Experiment, shape: Shape) -> Workload:
    """Return what a run asks of a GPU with rows as long as they may be."""
    tokens = _row_tokens(experiment)
    return memory.workload_of(
        experiment,
        shape,
        Device("cuda", "bf16", 1, ""),
        train_tokens=tokens,
        eval_tokens=tokens,
        prompt_tokens=PROMPT_TOKENS,
    )


def _row_tokens(experiment: Experiment) -> int:
    """Return the tokens that a row may have."""
    return int(as_dict(experiment.trainer).get("max_length") or ROW_TOKENS)
