"""Render conversations with the model's template, and mask all but the answers.

What is trained is found from the template itself, in the text of the whole conversation: the last
answer begins where the prompt for it ends, an earlier one where a mark in its place begins, and
what closes a turn is what follows an answer whether or not a question comes after it. No marker
strings of a model family are needed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from jinja2.exceptions import TemplateError

from mathpal.data import Message, Row, conversation
from mathpal.errors import RequestError

if TYPE_CHECKING:
    from mathpal.data.arrays import EncodedRows, Part

IGNORED = -100
"""The label of a token that carries no loss (torch.nn.CrossEntropyLoss.ignore_index)."""

TEMPLATE_OPTIONS = {"enable_thinking": False}
"""What every rendering passes to the template; a template that does not know a name ignores it.

Qwen3 and SmolLM3 then end the prompt with an empty <think> block, as they write it before an answer
that has no reasoning. So the block is part of the question, in training and in evaluation alike, it
is not trained, and the model does not start to think before an answer it was taught to give at
once. By default Qwen3's prompt ends before the block: the block would be trained, and SmolLM3's
system message would ask for reasoning that no answer shows.
"""

MARK = "\ue000answer\ue001"
"""Stands in an answer's place to find it: private-use characters, which no text has, and no space,
since many templates trim."""


AT_ONCE = 1_000
"""Rows that are rendered and tokenised at once: what a tokenizer says of each is large."""


@dataclass(frozen=True)
class Encoded:
    """A row as the model sees it."""

    input_ids: list[int]
    labels: list[int]
    """The token itself where it is trained, IGNORED elsewhere; as long as input_ids."""
    rejected: Encoded | None = None
    """The same question with the rejected answer, in a preference pair."""
    label: bool | None = None
    """Whether the answer is a good one, where the source says so."""

    @property
    def num_trained(self) -> int:
        """Number of tokens that carry loss."""
        return sum(label != IGNORED for label in self.labels)

    @property
    def prompt_ids(self) -> list[int]:
        """What stands before the last answer."""
        return self.input_ids[: self._last_answer.start]

    @property
    def answer_ids(self) -> list[int]:
        """The last answer, with the token that closes its turn."""
        return self.input_ids[self._last_answer]

    @property
    def _last_answer(self) -> slice:
        end = len(self.labels)
        while end and self.labels[end - 1] == IGNORED:
            end -= 1
        start = end
        while start and self.labels[start - 1] != IGNORED:
            start -= 1
        return slice(start, end)


@dataclass(frozen=True)
class Ending:
    """What a template writes after an answer."""

    closing: str
    """What ends every assistant turn; it is trained."""
    last: str
    """What follows the last answer. Phi-4-mini closes turns with <|end|> but writes
    <|end|><|endoftext|> here; the rest belongs to no turn and is not trained."""


def encode(rows: Sequence[Row], tokenizer: Any) -> EncodedRows:
    """Tokenise conversations; every assistant turn is trained, its end token included.

    The text is tokenised in one piece, exactly as `apply_chat_template(tokenize=True)` does. A
    token is trained where it ends in an answer: one that begins in the template and takes in the
    answer's first character is, one that ends beyond the turn is not.

    Earlier answers are trained as the whole conversation shows them: in Qwen3's without the empty
    <think> block, which it writes only before the last one.

    Raises: RequestError where there is no template, or it cannot render a row, or the place of
        an answer cannot be told.
    """
    from mathpal.data.arrays import flattened

    encoded = flattened(_parts(rows, tokenizer))
    worse = [row.answered(row.rejected) for row in rows if row.rejected is not None]
    if not worse or len(worse) < len(rows):
        return encoded
    return replace(encoded, rejected=encode(worse, tokenizer))


def _parts(rows: Sequence[Row], tokenizer: Any) -> Iterator[Part]:
    """Yield the tokens of rows, which of them are trained, and the labels, some rows at a time."""
    if not rows:
        return
    ending = _ending(tokenizer)
    for first in range(0, len(rows), AT_ONCE):
        some = rows[first : first + AT_ONCE]
        rendered = [
            _render_with_spans(number, row, ending, tokenizer)
            for number, row in enumerate(some, first + 1)
        ]
        texts = [text for text, _ in rendered]
        tokens = tokenizer(
            texts, add_special_tokens=False, return_attention_mask=False, verbose=False
        )
        for row, (text, spans), ids, encoding in zip(
            some, rendered, tokens["input_ids"], tokens.encodings, strict=True
        ):
            places = [
                (_first_beyond(start, text, encoding), _first_beyond(end, text, encoding))
                for start, end in spans
            ]
            yield ids, places, row.label


def encode_question(row: Row, tokenizer: Any) -> str:
    """Render all but the answer, up to where the model is to write it."""
    return _render(row.messages[:-1], tokenizer, answer_next=True)


def end_of_turn_id(tokenizer: Any) -> int:
    """Return the id of the token that closes an assistant turn in this template.

    Gemma closes turns with <end_of_turn> while its eos token is <eos>: a model that stops only
    at eos would never stop.

    Raises: RequestError where turns close with plain text, at which generation cannot stop.
    """
    closing = _ending(tokenizer).closing
    added = tokenizer.added_tokens_decoder
    for token in tokenizer(closing, add_special_tokens=False)["input_ids"]:
        if token in added:
            return int(token)
    raise RequestError(
        f"the chat template ends an answer with {closing!r}, where no special token closes the "
        "turn: a model trained with it would never stop; set model.chat_template=FILE"
    )


def _ending(tokenizer: Any) -> Ending:
    """Compare what follows an answer at the end and before a question, token by token."""
    if tokenizer.chat_template is None:
        raise RequestError(
            f"model {tokenizer.name_or_path} has no chat template; set model.chat_template=FILE"
        )
    probe = conversation("1 + 1", MARK)
    try:
        ended = _render(probe, tokenizer, answer_next=False)
        followed = _render([*probe, probe[0]], tokenizer, answer_next=True)
    except TemplateError as error:
        raise RequestError(f"the chat template refuses plain questions: {error}") from error
    if MARK not in ended:
        raise RequestError("the chat template leaves the answer out; set model.chat_template=FILE")
    last, inner = ended.partition(MARK)[2], followed.partition(MARK)[2]
    both = tokenizer([last, inner], add_special_tokens=False, return_offsets_mapping=True)
    shared = list(takewhile(lambda pair: pair[0] == pair[1], zip(*both["input_ids"], strict=False)))
    closing = last[: both["offset_mapping"][0][len(shared) - 1][1]] if shared else ""
    return Ending(closing if closing.strip() else last, last)


def _render(messages: Sequence[Message], tokenizer: Any, *, answer_next: bool) -> str:
    text: str = tokenizer.apply_chat_template(
        list(messages), tokenize=False, add_generation_prompt=answer_next, **TEMPLATE_OPTIONS
    )
    return text


def _render_with_spans(
    number: int, row: Row, ending: Ending, tokenizer: Any
) -> tuple[str, list[tuple[int, int]]]:
    """Return a row's text and where in it (first, end) each answer and its closing stand."""
    try:
        text = _render(row.messages, tokenizer, answer_next=False)
        spans = []
        for turn, message in enumerate(row.messages):
            if message["role"] != "assistant":
                continue
            if turn == len(row.messages) - 1:
                before, after = encode_question(row, tokenizer), ending.last
            else:
                before, after = _around(row.messages, turn, tokenizer)
            closed = len(text) - len(after)
            if not (
                text.startswith(before)
                and text.endswith(after)
                and after.startswith(ending.closing)
                and len(before) <= closed
            ):
                raise RequestError(
                    f"row {number}: the chat template renders turn {turn + 1} differently once it "
                    "is answered, so the answer cannot be told apart; set model.chat_template=FILE"
                )
            spans.append((len(before), closed + len(ending.closing)))
    except TemplateError as error:
        raise RequestError(f"row {number}: the chat template refuses it: {error}") from error
    return text, spans


def _around(messages: Sequence[Message], turn: int, tokenizer: Any) -> tuple[str, str]:
    """Return what the whole conversation has before and after an answer within it.

    Where the row's text begins with the one and ends with the other, what is between them is
    the answer as rendered, trimmed or not: nothing else of the text depends on it.
    """
    marked = [*messages[:turn], Message(role="assistant", content=MARK), *messages[turn + 1 :]]
    before, _, after = _render(marked, tokenizer, answer_next=False).partition(MARK)
    return before, after


def _first_beyond(place: int, text: str, encoding: Any) -> int:
    """Return the first token that ends beyond a place in the text: the one that is there.

    Ends, since the bytes of one character share its offsets, and a tokenizer may trim spaces off
    where a token begins: no token is there then.
    """
    if place >= len(text):
        return len(encoding)
    token: int | None = encoding.char_to_token(place)
    return bisect_right(encoding.offsets, place, key=_token_end) if token is None else token


def _token_end(offsets: tuple[int, int]) -> int:
    return offsets[1]
