"""Render conversations with the model's template, and mask all but the answers.

What is trained is found from the template itself: render with and without the answer, and train
the difference, which ends with the token that closes the turn. No marker strings are needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jinja2.exceptions import TemplateError

from mathpal.data import Row
from mathpal.errors import RequestError

IGNORED = -100
"""The label of a token that carries no loss (torch.nn.CrossEntropyLoss.ignore_index)."""


@dataclass(frozen=True)
class Encoded:
    """A row as the model sees it."""

    input_ids: list[int]
    labels: list[int]
    """The token itself where it is trained, IGNORED elsewhere; as long as input_ids."""

    @property
    def num_trained(self) -> int:
        """Number of tokens that carry loss."""
        return sum(label != IGNORED for label in self.labels)


def encode(rows: Sequence[Row], tokenizer: Any) -> list[Encoded]:
    """Tokenise conversations; every assistant turn is trained, its end token included.

    The text is tokenised in one piece, exactly as `apply_chat_template(tokenize=True)` does.

    Raises: RequestError where there is no template, or it cannot render a row, or it renders
        a question differently once it is answered.
    """
    if not rows:
        return []
    if tokenizer.chat_template is None:
        raise RequestError(
            f"model {tokenizer.name_or_path} has no chat template; set model.chat_template=FILE"
        )
    rendered = [_render_with_spans(row, number, tokenizer) for number, row in enumerate(rows, 1)]
    whole = tokenizer([text for text, _ in rendered], add_special_tokens=False)["input_ids"]
    edges = [text[:edge] for text, spans in rendered for span in spans for edge in span]
    lengths = iter([len(ids) for ids in tokenizer(edges, add_special_tokens=False)["input_ids"]])
    return [
        Encoded(ids, _labels(ids, [(next(lengths), next(lengths)) for _ in spans]))
        for ids, (_, spans) in zip(whole, rendered, strict=True)
    ]


def encode_question(row: Row, tokenizer: Any) -> str:
    """Render all but the answer, up to where the model is to write it."""
    return _render(row.messages[:-1], tokenizer, answer_next=True)


def end_of_turn_id(tokenizer: Any) -> int:
    """Return the id of the token that closes an assistant turn in this template.

    Gemma closes turns with <end_of_turn> while its eos token is <eos>: a model that stops only
    at eos would never stop.
    """
    probe = Row([{"role": "user", "content": "1 + 1"}, {"role": "assistant", "content": "2"}])
    (encoded,) = encode([probe], tokenizer)
    trained = [t for t in encoded.labels if t != IGNORED]
    closing = [t for t in trained if tokenizer.decode([t]).strip()]
    return int(closing[-1])


def _render(messages: Sequence[Any], tokenizer: Any, *, answer_next: bool) -> str:
    text: str = tokenizer.apply_chat_template(
        list(messages), tokenize=False, add_generation_prompt=answer_next
    )
    return text


def _render_with_spans(row: Row, number: int, tokenizer: Any) -> tuple[str, list[tuple[int, int]]]:
    try:
        text = _render(row.messages, tokenizer, answer_next=False)
        spans = []
        for turn, message in enumerate(row.messages):
            if message["role"] != "assistant":
                continue
            before = _render(row.messages[:turn], tokenizer, answer_next=True)
            last = turn == len(row.messages) - 1
            after = (
                text if last else _render(row.messages[: turn + 1], tokenizer, answer_next=False)
            )
            if not (text.startswith(after) and after.startswith(before)):
                raise RequestError(
                    f"row {number}: the chat template renders turn {turn + 1} differently once it "
                    "is answered, so the answer cannot be told apart; set model.chat_template=FILE"
                )
            spans.append((len(before), len(after)))
    except TemplateError as error:
        raise RequestError(f"row {number}: the chat template refuses it: {error}") from error
    return text, spans


def _labels(ids: Sequence[int], spans: Sequence[tuple[int, int]]) -> list[int]:
    labels = [IGNORED] * len(ids)
    for first, end in spans:
        labels[first:end] = ids[first:end]
    return labels
