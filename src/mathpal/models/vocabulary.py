"""Give symbols a token of their own: model.extra_tokens.

A symbol's rows of the embeddings start as the mean of the rows of the tokens that it had before,
which is near what the model knows of it; the logit that it starts with is then the mean of theirs
(as for one mean of all, J. Hewitt 2021, nlp.stanford.edu/~johnhew/vocab-expansion.html). Under LoRA
these rows alone are trained and saved, by PEFT's trainable_token_indices.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from mathpal.config import Experiment, as_dict
from mathpal.data import Row, conversation
from mathpal.data.chat import encode
from mathpal.data.tokens import pieces, round_trip
from mathpal.errors import RequestError

KEY = "model.extra_tokens"

NEEDS_TRANSFORMERS = f"{KEY}: needs backend=transformers, which trains the new rows alone"

MULTIPLE = 64
"""What tensor cores like the rows of a matrix to be a multiple of; a model keeps to as much of it
as its own rows do."""

PLAIN = "bố mẹ 1 2"


def problems(experiment: Experiment) -> list[str]:
    """Return what is wrong with the symbols asked for, as far as it shows without a tokenizer."""
    symbols = experiment.model.extra_tokens
    if not symbols:
        return []
    found = [f"{KEY}: {what}" for what in _misspelt(symbols)]
    if experiment.backend != "transformers":
        found.append(NEEDS_TRANSFORMERS)
    found += [
        f"hardware.{key}: a model in pieces cannot take new tokens; remove {KEY}"
        for key in experiment.hardware.sharded_by
    ]
    lora: dict[str, Any] = {} if experiment.lora is None else as_dict(experiment.lora)
    if lora.get("trainable_token_indices") is not None:
        found.append(f"lora.trainable_token_indices: {KEY} sets it; give one of the two")
    return found


def add(tokenizer: Any, symbols: Sequence[str]) -> None:
    """Add symbols to a tokenizer, as normal tokens that are found anywhere in a text.

    They are matched as they are written, before the tokenizer normalises: a normaliser that
    prepends a space, as Llama 2's does, would hide them, and one that takes ½ apart would change
    the text.

    Raises: RequestError where a symbol is a token already, so that it could not gain; where the
        vocabulary spells another token so; where one stands in the chat template; or where words
        around one would not come back.
    """
    if not symbols:
        return
    from transformers import AddedToken

    cut = {symbol: pieces(tokenizer, symbol) for symbol in symbols}
    known = [s for s, ids in cut.items() if len(ids) == 1 and ids != [tokenizer.unk_token_id]]
    if known:
        raise RequestError(f"{KEY}: one token already in this model's tokenizer: {_listed(known)}")
    # Byte-level vocabularies write a byte as a letter or sign of Latin, such as ½ for 0xBD.
    vocabulary = tokenizer.get_vocab()
    taken = [symbol for symbol in symbols if symbol in vocabulary]
    if taken:
        raise RequestError(
            f"{KEY}: this model's vocabulary writes another token, a byte, as {_listed(taken)}; "
            "leave it out"
        )
    is_lossless = round_trip(tokenizer, PLAIN) == PLAIN
    before = _template_ids(tokenizer)
    tokenizer.add_tokens([AddedToken(s, special=False, normalized=False) for s in symbols])
    if _template_ids(tokenizer) != before:
        raise RequestError(f"{KEY}: one stands in the model's chat template: {_listed(symbols)}")
    broken = [s for s in symbols if is_lossless and not _comes_back(tokenizer, s)]
    if broken:
        raise RequestError(
            f"{KEY}: {_listed(broken)}: this model's tokenizer puts spaces beside an added token, "
            "which would change the texts"
        )


def extend(model: Any, tokenizer: Any, plain: Any, symbols: Sequence[str]) -> None:
    """Give a model rows for the tokens that `tokenizer` has more than `plain`, started at means.

    Rows that only fill up the matrix start at the mean of all, so that none of them is ever the
    most likely token.
    """
    import torch

    old = model.get_input_embeddings().num_embeddings
    make_room(model, len(tokenizer))
    ids = tokenizer.convert_tokens_to_ids(list(symbols))
    with torch.no_grad():
        for weight in _matrices(model):
            weight[old:] = weight[:old].mean(dim=0, dtype=torch.float32).to(weight)
            for token, symbol in zip(ids, symbols, strict=True):
                rows = weight[pieces(plain, symbol)]
                weight[token] = rows.mean(dim=0, dtype=torch.float32).to(weight)


def make_room(model: Any, num_tokens: int) -> None:
    """Resize a model's embeddings if they have fewer rows than the tokenizer has tokens.

    Many models have rows to spare. Tied weights stay tied.

    Raises: RequestError where the model's ids beyond its text are taken, or its head has a bias.
    """
    text = model.config.get_text_config().to_dict()
    if "vocab_size_per_layer_input" in text:
        raise RequestError(
            f"{KEY}: {model.config.model_type} reads ids beyond its own text as pictures and "
            "sound; choose another model, or leave them out"
        )
    head = model.get_output_embeddings()
    if head is not None and head.bias is not None:
        raise RequestError(
            f"{KEY}: {model.config.model_type} ends in a bias, which PEFT leaves out"
        )
    rows = model.get_input_embeddings().num_embeddings
    if num_tokens > rows:
        multiple = math.gcd(rows, MULTIPLE)
        model.resize_token_embeddings(-(-num_tokens // multiple) * multiple, mean_resizing=False)


def trained_rows(model: Any, tokenizer: Any, symbols: Sequence[str]) -> dict[str, list[int]]:
    """Return peft.LoraConfig.trainable_token_indices: a module's name -> the rows to train.

    A head tied to the embeddings follows them; PEFT sees to it.
    """
    ids = tokenizer.convert_tokens_to_ids(list(symbols))
    layers = [model.get_input_embeddings()]
    head = model.get_output_embeddings()
    if head is not None and head.weight is not layers[0].weight:
        layers.append(head)
    return {name: ids for name, module in model.named_modules() if module in layers}


def settle(model: Any) -> None:
    """Make an adapter that trains rows save them alone, and serve a loss that reads the head.

    PEFT sees that the vocabulary has grown and would save the whole embeddings as well, in the
    belief that they were trained: gigabytes in each checkpoint of an adapter of megabytes. TRL's
    chunked loss reads weight and bias of the head, of which PEFT's wrapper shows the weight alone.
    """
    model.save_pretrained = partial(model.save_pretrained, save_embedding_layers=False)
    head = model.get_output_embeddings()
    if head is not None:
        head.register_parameter("bias", None)


def _misspelt(symbols: Sequence[str]) -> Iterator[str]:
    twice = [symbol for symbol, count in Counter(symbols).items() if count > 1]
    if twice:
        yield f"named twice: {_listed(twice)}"
    if "" in symbols:
        yield "one is empty"
    spaced = [symbol for symbol in symbols if any(map(str.isspace, symbol))]
    if spaced:
        yield f"white space belongs to no symbol: {_listed(spaced)}"
    decomposed = [s for s in symbols if not unicodedata.is_normalized("NFC", s)]
    if decomposed:
        yield f"not in composed form (NFC), so that no text has them: {_listed(decomposed)}"


def _template_ids(tokenizer: Any) -> list[int] | None:
    """Tokenise a conversation with next to no words; None where there is no template yet."""
    if tokenizer.chat_template is None:
        return None
    return encode([Row(conversation("1", "2"))], tokenizer)[0].input_ids


def _comes_back(tokenizer: Any, symbol: str) -> bool:
    text = f"bố{symbol}mẹ {symbol} 1{symbol}2 {symbol}"
    return round_trip(tokenizer, text) == text


def _matrices(model: Any) -> list[Any]:
    """Return the embeddings and, where it is another one, the head's matrix."""
    embedded = model.get_input_embeddings().weight
    head = model.get_output_embeddings()
    tied = head is None or head.weight is embedded
    return [embedded] if tied else [embedded, head.weight]


def _listed(symbols: Sequence[str]) -> str:
    return ", ".join(map(repr, symbols))
