"""The label mask and the end of turn for every template family of the catalogue.

Each family has a small tokenizer with its special tokens, and a short template that renders what
the publisher's does for the conversations we train on.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest
from tokenizers import AddedToken, Regex, Tokenizer, decoders, processors
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Sequence, Split
from tokenizers.trainers import BpeTrainer
from transformers import PreTrainedTokenizerFast

from mathpal.data import Row, conversation
from mathpal.data.chat import IGNORED, TEMPLATE_OPTIONS, encode, encode_question, end_of_turn_id
from mathpal.errors import RequestError

TEMPLATES = Path(__file__).parent / "templates"
TEXTS = (
    "Đáp số: 5\n\nBài giải: 2 + 3 = 5\n\n",
    " Đáp số",
    " Đáp án",
    "user assistant system\n",
) * 3
NEWLINES_JOINED = r" ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s*[\r\n]+|\s+(?!\S)|\s+"
"""As Llama 3, Qwen3, Phi-4-mini and SmolLM3 split text: newlines in a row are one piece."""
NEWLINES_APART = r" ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
"""As SmolLM2 splits text: the last white space stands apart, or with the word it precedes."""


@dataclass(frozen=True)
class Family:
    """What a model family's tokenizer has of its own."""

    template: str
    turns: tuple[str, ...]
    eos: str
    closing: str
    """What the template writes after every answer."""
    rest: str = ""
    """What it writes after that at the end of the conversation."""
    bos: str | None = None
    rstrip: bool = False
    """Whether the tokens of a turn take in white space after them."""
    plain: tuple[str, ...] = ()
    """Tokens of their own that are not special."""
    pattern: str = NEWLINES_JOINED

    @property
    def end(self) -> str:
        """The token that closes a turn."""
        return self.closing.strip()


CHATML = ("<|im_start|>", "<|im_end|>")
THINK = ("<think>", "</think>")
LLAMA = {
    "turns": ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
    "eos": "<|eot_id|>",
    "closing": "<|eot_id|>",
    "bos": "<|begin_of_text|>",
}
FAMILIES = (
    Family(
        "gemma3",
        ("<start_of_turn>", "<end_of_turn>"),
        eos="<eos>",
        closing="<end_of_turn>\n",
        bos="<bos>",
    ),
    Family("qwen3", CHATML, eos="<|im_end|>", closing="<|im_end|>\n", plain=THINK),
    Family("llama3_1", **LLAMA),
    Family("llama3_2", **LLAMA),
    Family(
        "phi4_mini",
        ("<|system|>", "<|user|>", "<|assistant|>", "<|end|>"),
        eos="<|endoftext|>",
        closing="<|end|>",
        rest="<|endoftext|>",
        rstrip=True,
    ),
    Family("smollm2", CHATML, eos="<|im_end|>", closing="<|im_end|>\n", pattern=NEWLINES_APART),
    Family("smollm3", CHATML, eos="<|im_end|>", closing="<|im_end|>\n", plain=THINK),
)


def build(family: Family) -> PreTrainedTokenizerFast:
    """Return a byte-level tokenizer with a family's special tokens and template."""
    inner = Tokenizer(BPE())
    split = Split(Regex(family.pattern), "isolated")
    inner.pre_tokenizer = Sequence([split, ByteLevel(add_prefix_space=False, use_regex=False)])
    inner.decoder = decoders.ByteLevel()
    trainer = BpeTrainer(vocab_size=330, initial_alphabet=ByteLevel.alphabet(), show_progress=False)
    inner.train_from_iterator(TEXTS, trainer)
    inner.add_special_tokens(["<pad>", family.eos])
    inner.add_special_tokens([AddedToken(t, rstrip=family.rstrip) for t in family.turns])
    inner.add_tokens([AddedToken(token, normalized=False) for token in family.plain])
    if family.bos:
        inner.add_special_tokens([family.bos])
        bos = (family.bos, inner.token_to_id(family.bos))
        inner.post_processor = processors.TemplateProcessing(
            single=f"{family.bos} $A", special_tokens=[bos]
        )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, eos_token=family.eos, bos_token=family.bos, pad_token="<pad>"
    )
    tokenizer.chat_template = (TEMPLATES / f"{family.template}.jinja").read_text(encoding="utf-8")
    return tokenizer


TOKENIZERS = {family.template: build(family) for family in FAMILIES}
EVERY_FAMILY = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.template)
ANSWERS = pytest.mark.parametrize("answer", ["Đáp số: 5", "🍎🍎 là 2 quả táo", "<b> & \\n {{ 5 }}"])
SYSTEM = pytest.mark.parametrize("system", [None, "Bạn là gia sư toán."], ids=["", "system"])


def trained_text(tokenizer, *messages) -> str:
    """Return the text of a conversation's trained tokens."""
    (row,) = encode([Row(list(messages))], tokenizer)
    return tokenizer.decode([label for label in row.labels if label != IGNORED])


@EVERY_FAMILY
@ANSWERS
@SYSTEM
def test_answer_and_what_closes_its_turn_are_trained(family, answer, system):
    tokenizer = TOKENIZERS[family.template]
    messages = conversation("2 + 3 bằng mấy?", answer, system)
    assert trained_text(tokenizer, *messages) == answer + family.closing


@EVERY_FAMILY
@ANSWERS
@SYSTEM
def test_what_is_masked_is_the_evaluation_prompt_token_for_token(family, answer, system):
    tokenizer = TOKENIZERS[family.template]
    row = Row(conversation("2 + 3 bằng mấy?", answer, system))
    (encoded,) = encode([row], tokenizer)
    prompt = tokenizer(encode_question(row, tokenizer), add_special_tokens=False)["input_ids"]
    beyond = len(prompt) + encoded.num_trained
    assert encoded.input_ids[: len(prompt)] == prompt
    assert encoded.labels[: len(prompt)] == [IGNORED] * len(prompt)
    assert encoded.labels[len(prompt) : beyond] == encoded.input_ids[len(prompt) : beyond]
    assert tokenizer.decode(encoded.input_ids[beyond:]) == family.rest


@EVERY_FAMILY
@SYSTEM
def test_every_answer_of_a_conversation_is_trained_with_its_own_end(family, system):
    tokenizer = TOKENIZERS[family.template]
    answers = ["Đáp số: 2", "Đáp số: 4", "2 + 2 = 4", "Đáp số: 2"]
    turns = [m for a in answers for m in conversation("2 + 2 = 4", a)]
    messages = [*conversation("", "", system)[:-2], *turns]
    assert trained_text(tokenizer, *messages) == "".join(a + family.closing for a in answers)


@EVERY_FAMILY
def test_end_of_turn_closes_the_turn_not_the_conversation(family):
    tokenizer = TOKENIZERS[family.template]
    assert tokenizer.convert_ids_to_tokens(end_of_turn_id(tokenizer)) == family.end


@EVERY_FAMILY
def test_tokens_are_those_of_apply_chat_template_with_one_bos_at_most(family):
    tokenizer = TOKENIZERS[family.template]
    messages = conversation("2 + 3", "Đáp số: 5") * 2
    (encoded,) = encode([Row(messages)], tokenizer)
    whole = tokenizer.apply_chat_template(messages, **TEMPLATE_OPTIONS)["input_ids"]
    assert encoded.input_ids == whole
    assert encoded.input_ids.count(tokenizer.bos_token_id) == (family.bos is not None)


@pytest.mark.parametrize(
    ("name", "empty"),
    [("qwen3", "<think>\n\n</think>\n\n"), ("smollm3", "<think>\n\n</think>\n")],
)
def test_empty_think_block_is_part_of_the_question(name, empty):
    tokenizer = TOKENIZERS[name]
    row = Row(conversation("2 + 3", "Đáp số: 5"))
    assert encode_question(row, tokenizer).endswith("<|im_start|>assistant\n" + empty)
    assert "think" not in trained_text(tokenizer, *row.messages)


def test_earlier_turns_of_qwen3_have_no_think_block():
    tokenizer = TOKENIZERS["qwen3"]
    (encoded,) = encode([Row(conversation("2 + 3", "5") + conversation("2 + 2", "4"))], tokenizer)
    text = tokenizer.decode(encoded.input_ids)
    assert "<|im_start|>assistant\n5<|im_end|>" in text
    assert text.count("<think>") == 1


def test_reasoning_within_qwen3_answers_is_refused_for_the_last_and_dropped_before_it():
    tokenizer = TOKENIZERS["qwen3"]
    reasoned = conversation("2 + 3", "<think>\ncộng\n</think>\n\n5")
    with pytest.raises(RequestError, match="row 1: the chat template renders turn 2 differently"):
        encode([Row(reasoned)], tokenizer)
    trained = trained_text(tokenizer, *reasoned, *conversation("2 + 2", "4"))
    assert trained == "5<|im_end|>\n4<|im_end|>\n"


def test_smollm3_thinks_where_its_system_message_asks_for_it():
    tokenizer = TOKENIZERS["smollm3"]
    answer = "<think>\ncộng\n</think>\n5"
    messages = conversation("2 + 3", answer, "Bạn là gia sư toán. /think")
    assert trained_text(tokenizer, *messages) == answer + "<|im_end|>\n"


@pytest.mark.parametrize(
    ("name", "kept"),
    [("gemma3", "5"), ("llama3_1", "5"), ("qwen3", "5 \n"), ("smollm3", "5 \n")],
)
def test_answers_are_trained_as_the_template_trims_them(name, kept):
    messages = conversation("2 + 3", "\n5 \n") + conversation("2 + 3", "\n5 \n")
    closing = {family.template: family.closing for family in FAMILIES}[name]
    trained = trained_text(TOKENIZERS[name], *messages)
    # Qwen3 trims after a think block only, so that an earlier answer's newline joins the header's
    earlier = "\n\n5 \n" if name == "qwen3" else kept
    assert trained == earlier + closing + kept + closing


def with_template(name: str, template: str) -> PreTrainedTokenizerFast:
    """Return a family's tokenizer with another template."""
    tokenizer = build(next(family for family in FAMILIES if family.template == name))
    tokenizer.chat_template = template
    return tokenizer


@pytest.mark.parametrize(
    ("header", "answer", "trained", "joined"),
    [
        ("Đáp: ", "Đáp số", " Đáp số", 1),  # the template's space is part of the first word
        ("Đáp:\n", "\nĐáp số", "\n\nĐáp số", 1),  # two newlines are one token
        ("Đáp:\n", " Đáp số", " Đáp số", 0),  # template and answer only touch
        ("Đáp: ", "🍎", "🍎", 0),  # a character of four tokens
    ],
)
def test_token_with_the_first_character_of_the_answer_is_trained(header, answer, trained, joined):
    template = (
        "{%- for m in messages -%}{{ m.content if m.role == 'user' else HEADER + m.content }}"
        "{{ '<|im_end|>' }}{%- endfor -%}{{ HEADER if add_generation_prompt }}"
    )
    tokenizer = with_template("qwen3", template.replace("HEADER", f"'{header}'"))
    row = Row(conversation("2 + 3", answer))
    (encoded,) = encode([row], tokenizer)
    first = encoded.labels.index(next(label for label in encoded.labels if label != IGNORED))
    prompt = tokenizer(encode_question(row, tokenizer), add_special_tokens=False)["input_ids"]
    assert tokenizer.decode(encoded.labels[first:]) == trained + "<|im_end|>"
    assert len(prompt) - first == joined  # to count the prompt's tokens would mask the joined one


def test_trimmed_offsets_leave_the_mask_as_it_is():
    tokenizer = build(next(family for family in FAMILIES if family.template == "smollm2"))
    tokenizer.backend_tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    messages = conversation("2 + 3", " Đáp số: 5") + conversation("2 + 3", "\nĐáp án")
    trained = trained_text(tokenizer, *messages)
    assert trained == " Đáp số: 5<|im_end|>\n\nĐáp án<|im_end|>\n"


EOS_AT_THE_END = (
    "{% for m in messages %}{{ m.role + ': ' + m.content + '\n' }}{% endfor %}"
    "{{ 'assistant:' if add_generation_prompt else '<|im_end|>' }}"
)


def test_eos_of_the_conversation_closes_the_turn_where_nothing_else_does():
    tokenizer = with_template("qwen3", EOS_AT_THE_END)
    assert trained_text(tokenizer, *conversation("2 + 3", "5")) == " 5\n<|im_end|>"
    assert end_of_turn_id(tokenizer) == tokenizer.eos_token_id


def test_longer_conversation_is_refused_where_only_its_end_is_closed():
    turns = conversation("2 + 3", "5") + conversation("2 + 2", "4")
    with pytest.raises(RequestError, match="row 1: the chat template renders turn 2 differently"):
        encode([Row(turns)], with_template("qwen3", EOS_AT_THE_END))


def test_turns_that_close_with_plain_text_have_no_token_to_stop_at():
    template = "{% for m in messages %}{{ m.content + '|' }}{% endfor %}"
    with pytest.raises(RequestError, match=r"ends an answer with '\|', where no special token"):
        end_of_turn_id(with_template("qwen3", template))


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{ raise_exception('only tools') }}", "refuses plain questions: only tools"),
        ("{{ messages[0].content }}<|im_end|>", "leaves the answer out"),
        (None, "has no chat template"),
    ],
)
def test_template_that_cannot_show_an_answer_is_refused(template, reason):
    with pytest.raises(RequestError, match=reason):
        encode([Row(conversation("2 + 3", "5"))], with_template("qwen3", template))
