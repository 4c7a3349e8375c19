"""Rows as the model is going to see them: read, tokenised and cut, once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mathpal import data, warm
from mathpal.config import Experiment, as_dict
from mathpal.data.chat import Encoded, encode
from mathpal.preflight.lengths import Lengths, cut, measure, without_long

CUT_BY = ("max_length", "packing", "truncation_mode")
"""Options of a trainer that rows are cut by."""


@dataclass(frozen=True)
class Tokenised:
    """Rows as the model is going to see them."""

    rows: data.Rows
    """The rows as text, those that were too long dropped if asked to."""
    train: list[Encoded]
    test: list[Encoded]
    tokens: Lengths
    """Before they were cut."""
    num_cut: int
    rows_sha256: str
    tokenizer_sha256: str


def read(experiment: Experiment) -> data.Rows:
    """Read the rows in the form that the trainer learns from."""
    form = experiment.trainer.learns_from

    def whole() -> data.Rows:
        rows = data.load(experiment.data)
        return replace(
            rows,
            train=data.for_learning(rows.train, form),
            test=data.for_learning(rows.test, form),
        )

    return warm.kept("rows", _rows_key(experiment), whole)


def _rows_key(experiment: Experiment) -> list[Any]:
    return [str(Path.cwd()), as_dict(experiment.data), experiment.trainer.learns_from]


def tokenise(experiment: Experiment, rows: data.Rows, tokenizer: Any) -> Tokenised:
    """Tokenise rows, and cut them to the trainer's length.

    Raises: RequestError where a row cannot be rendered, or has nothing to train.
    """
    from mathpal.models.transformers import identity

    key = [identity(experiment.model), _rows_key(experiment)]
    options = as_dict(experiment.trainer)
    limits = {name: options.get(name) for name in CUT_BY}

    def whole() -> tuple[list[Encoded], list[Encoded]]:
        return encode(rows.train, tokenizer), encode(rows.test, tokenizer)

    def within_limits() -> Tokenised:
        train, test = warm.kept("tokens", key, whole)
        fitting, train = without_long(rows, train, limits, drops=experiment.data.cut == "drop")
        tokens = measure(train)
        train, num_cut = cut(train, limits, "training")
        test, _ = cut(test, limits, "held-out")
        hashes = (fitting.sha256, _fingerprint(tokenizer))
        return Tokenised(fitting, train, test, tokens, num_cut, *hashes)

    return warm.kept("tokenised rows", [*key, limits], within_limits)


def _fingerprint(tokenizer: Any) -> str:
    text = f"{tokenizer.backend_tokenizer.to_str()}{tokenizer.chat_template}"
    return hashlib.sha256(text.encode()).hexdigest()
