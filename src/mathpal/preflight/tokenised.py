"""Rows as the model is going to see them: read, tokenised and cut, once for all runs."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mathpal import data, warm
from mathpal.config import Experiment, as_dict
from mathpal.data import cache
from mathpal.data.chat import TEMPLATE_OPTIONS, encode
from mathpal.preflight.lengths import Lengths, cut, longest_prompt, measure, without_long

if TYPE_CHECKING:
    from mathpal.data.arrays import EncodedRows

CUT_BY = ("max_length", "packing", "truncation_mode")
"""Options of a trainer that rows are cut by."""
HASH = "hash.json"


@dataclass(frozen=True)
class Tokenised:
    """Rows as the model is going to see them."""

    rows: data.Rows
    """The rows as text, those that were too long dropped if asked to."""
    train: EncodedRows
    test: EncodedRows
    tokens: Lengths
    """Before they were cut."""
    num_cut: int
    rows_sha256: str
    tokenizer_sha256: str
    test_tokens: Lengths | None
    """Of the held-out rows, before they were cut; None where there are none."""
    longest_prompt: int
    """Tokens of the longest question to train on, with all that stands before its answer."""
    longest_test_prompt: int
    """The same of the held-out questions, 0 where there are none."""


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
    drops = experiment.data.cut == "drop"

    def whole() -> tuple[EncodedRows, EncodedRows, str | None, str]:
        fingerprint = _fingerprint(tokenizer)
        name = name_in_cache(experiment, rows, tokenizer, fingerprint)
        return *_encoded(rows, tokenizer, name), name, fingerprint

    def within_limits() -> Tokenised:
        train, test, name, fingerprint = warm.kept("tokens", key, whole)
        fitting, train = without_long(rows, train, limits, drops=drops)
        kept, num_cut = cut(train, limits, "training")
        kept_test, _ = cut(test, limits, "held-out")
        return Tokenised(
            rows=fitting,
            train=kept,
            test=kept_test,
            tokens=measure(train),
            num_cut=num_cut,
            rows_sha256=_hash(fitting, name, limits if drops else None),
            tokenizer_sha256=fingerprint,
            test_tokens=measure(test) if test else None,
            longest_prompt=longest_prompt(train),
            longest_test_prompt=longest_prompt(test),
        )

    return warm.kept("tokenised rows", [*key, limits], within_limits)


def name_in_cache(
    experiment: Experiment, rows: data.Rows, tokenizer: Any, fingerprint: str, today: str = ""
) -> str | None:
    """Name the tokens of rows in the cache; None where the rows are not there either.

    Some templates tell the model what day it is: they make other tokens each day.
    """
    if rows.key is None:
        return None
    special = {name: str(token) for name, token in tokenizer.special_tokens_map.items()}
    is_dated = "strftime_now" in str(tokenizer.chat_template)
    day = (today or time.strftime("%Y-%m-%d")) if is_dated else None
    made_from = (rows.key, experiment.trainer.learns_from, fingerprint)
    return cache.key("tokens", *made_from, special, TEMPLATE_OPTIONS, day)


def _encoded(rows: data.Rows, tokenizer: Any, name: str | None) -> tuple[EncodedRows, EncodedRows]:
    """Return the tokens of training and held-out rows, out of the cache if they are there."""
    from mathpal.data import arrays

    def make() -> tuple[EncodedRows, EncodedRows]:
        return encode(rows.train, tokenizer), encode(rows.test, tokenizer)

    if name is None:
        return make()
    return cache.found_or_made(name, arrays.read, make, arrays.write, keeps=lambda _: True)


def _hash(rows: data.Rows, name: str | None, dropped_by: Any) -> str:
    """Return the hash of rows, for run.json; those in the cache are not parsed for it again."""

    def make() -> str:
        return rows.sha256

    def write(sha256: str, folder: Path) -> None:
        (folder / HASH).write_text(json.dumps(sha256))

    def read(folder: Path) -> str:
        sha256: str = json.loads((folder / HASH).read_text())
        return sha256

    if name is None:
        return make()
    key = cache.key("hash", name, dropped_by)
    return cache.found_or_made(key, read, make, write, keeps=lambda _: True)


def _fingerprint(tokenizer: Any) -> str:
    tokenizer("", add_special_tokens=False)  # sets aside padding that its file asks for
    text = f"{tokenizer.backend_tokenizer.to_str()}{tokenizer.chat_template}"
    return hashlib.sha256(text.encode()).hexdigest()
