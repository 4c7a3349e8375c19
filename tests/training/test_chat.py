"""The label mask, held against TRL's own preparation of the same rows."""

import json

import pytest
from datasets import Dataset

from mathpal.config import ModelConfig
from mathpal.data import Row, conversation
from mathpal.data.chat import IGNORED, encode, end_of_turn_id
from mathpal.errors import RequestError
from mathpal.maths.curriculum import generate
from mathpal.models.transformers import load_tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(ModelConfig(name="mathpal/tiny"))


def test_only_the_answer_and_its_end_of_turn_are_trained(tokenizer):
    (row,) = encode([Row(conversation("Tính: 2 + 3", "Đáp số: 5"))], tokenizer)
    trained = tokenizer.decode([label for label in row.labels if label != IGNORED])
    assert trained == "Đáp số: 5<end_of_turn>\n"
    assert tokenizer.decode(row.input_ids).startswith("<bos><start_of_turn>user\nTính: 2 + 3")


def test_mask_equals_that_of_trl_for_prompt_and_completion(tokenizer, tmp_path):
    from transformers import AutoModelForCausalLM
    from trl import SFTConfig, SFTTrainer

    problems = generate(40, 3, "train", starter=True)
    rows = [Row(conversation(p.question, p.solution)) for p in problems]
    table = Dataset.from_list(
        [{"prompt": row.messages[:1], "completion": row.messages[1:]} for row in rows]
    )
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(tokenizer.name_or_path),
        args=SFTConfig(output_dir=str(tmp_path), use_cpu=True, bf16=False, report_to="none"),
        train_dataset=table,
        processing_class=tokenizer,
    )
    ours = encode(rows, tokenizer)
    assert trainer.train_dataset["input_ids"] == [row.input_ids for row in ours]
    assert trainer.train_dataset["labels"] == [row.labels for row in ours]


def test_every_answer_of_a_longer_conversation_is_trained(tokenizer):
    turns = conversation("Tính: 1 + 1", "Đáp số: 2") + conversation("Tính: 2 + 2", "Đáp số: 4")
    (row,) = encode([Row(turns)], tokenizer)
    trained = tokenizer.decode([label for label in row.labels if label != IGNORED])
    assert trained == "Đáp số: 2<end_of_turn>\nĐáp số: 4<end_of_turn>\n"


def test_end_of_turn_is_not_eos_for_gemma_style_turns(tokenizer):
    assert tokenizer.convert_ids_to_tokens(end_of_turn_id(tokenizer)) == "<end_of_turn>"
    assert end_of_turn_id(tokenizer) != tokenizer.eos_token_id


def test_chatml_turns_end_with_im_end(tokenizer, tmp_path):
    template = (
        "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + "
        "'<|im_end|>' + '\\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
    )
    (tmp_path / "chatml.jinja").write_text(template)
    model = ModelConfig(name="mathpal/tiny", chat_template=str(tmp_path / "chatml.jinja"))
    other = load_tokenizer(model)
    other.add_special_tokens({"extra_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    assert other.convert_ids_to_tokens(end_of_turn_id(other)) == "<|im_end|>"


def test_template_that_rewrites_the_question_is_refused(tokenizer, tmp_path):
    (tmp_path / "odd.jinja").write_text(
        "{{ messages | length }}{% for m in messages %}{{ m['content'] }}{% endfor %}"
    )
    model = ModelConfig(name="mathpal/tiny", chat_template=str(tmp_path / "odd.jinja"))
    with pytest.raises(RequestError, match="row 1: the chat template renders turn 2 differently"):
        encode([Row(conversation("a", "b"))], load_tokenizer(model))


def test_template_that_refuses_a_role_names_the_row(tokenizer, tmp_path):
    (tmp_path / "strict.jinja").write_text(
        "{% if messages[0]['role'] == 'system' %}"
        "{{ raise_exception('no system turns') }}{% endif %}"
        "{% for m in messages %}{{ m['content'] }}|{% endfor %}"
    )
    model = ModelConfig(name="mathpal/tiny", chat_template=str(tmp_path / "strict.jinja"))
    rows = [Row(conversation("a", "b")), Row(conversation("a", "b", system="c"))]
    with pytest.raises(RequestError, match="row 2: the chat template refuses it: no system turns"):
        encode(rows, load_tokenizer(model))


def test_preview_shows_trained_text_between_brackets(tmp_path, capsys):
    from mathpal.cli import main

    path = tmp_path / "rows.jsonl"
    rows = [{"prompt": f"Tính: {i} + 1", "completion": f"Đáp số: {i + 1}"} for i in range(4)]
    path.write_text("\n".join(map(json.dumps, rows)))
    arguments = ["preview", "rows=1", "data=jsonl", f"data.path={path}", "data.test_rows=0"]
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert "⟦Đáp số: 1<end_of_turn>\n⟧" in shown
    assert "row 2" not in shown
    assert "4 to train on, 0 held out" in shown
