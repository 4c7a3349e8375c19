import json
from pathlib import Path

import pytest

from mathpal.maths.curriculum import generate
from mathpal.models import tiny
from mathpal.models.tiny.corpus import KNOWN_KINDS, rows

TINY = Path(tiny.__file__).parent


@pytest.fixture(scope="module")
def tokenizer():
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(TINY)


@pytest.fixture(scope="module")
def model():
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(TINY, dtype=torch.float32).eval()


def test_the_weights_file_is_under_4_mb() -> None:
    assert (TINY / "model.safetensors").stat().st_size < 4_000_000


def test_the_model_is_a_small_gemma_3_with_tied_embeddings(model) -> None:
    assert type(model).__name__ == "Gemma3ForCausalLM"
    assert model.num_parameters() < 2_000_000
    assert model.get_input_embeddings().weight is model.get_output_embeddings().weight


def test_the_weights_are_saved_in_bfloat16() -> None:
    assert json.loads((TINY / "config.json").read_text())["dtype"] == "bfloat16"


def test_generation_stops_at_either_end_token(model, tokenizer) -> None:
    ends = tokenizer.convert_tokens_to_ids(["<eos>", "<end_of_turn>"])
    assert set(model.generation_config.eos_token_id) == set(ends)


def test_the_vocabulary_is_small(tokenizer, model) -> None:
    assert len(tokenizer) <= 1_500
    assert model.config.vocab_size == len(tokenizer)


@pytest.mark.parametrize(
    "text",
    [
        "Lan có 12 quả táo, Mai cho Lan thêm 5 quả. Hỏi Lan có bao nhiêu quả?",
        "Nửa chu vi là:\n25 + 17 = 42 (cm)\nĐáp số: 84 cm",
        "3,5 km/giờ × 2 = 7 km²; 45% của 200, x - 3 = 9",
        "Nguyễn Thuỳ Dương: “ưỡn ẹo”, quýt – nghiêng 🙂 ∑ 学",
        "  two  spaces\tand a tab\n\n",
    ],
)
def test_text_survives_the_tokenizer(tokenizer, text: str) -> None:
    ids = tokenizer(text, add_special_tokens=False).input_ids
    assert tokenizer.unk_token_id not in ids
    assert tokenizer.decode(ids) == text


def test_decomposed_text_is_composed(tokenizer) -> None:
    composed = tokenizer("quả", add_special_tokens=False).input_ids
    assert tokenizer("qua\u0309", add_special_tokens=False).input_ids == composed


def test_every_digit_is_its_own_token(tokenizer) -> None:
    assert tokenizer.tokenize("2025")[-4:] == list("2025")
    assert tokenizer.tokenize("12 + 7")[-5:][:2] == ["1", "2"]
    multi_digit = [t for t in tokenizer.get_vocab() if sum(c.isdigit() for c in t) > 1]
    assert multi_digit == []
    assert not any(len(t) > 1 and any(c in "0123456789" for c in t) for t in tokenizer.get_vocab())


@pytest.mark.parametrize("syllable", [" quả", " nhiêu", " trung", "Đáp", " số", " chiều", " hơn"])
def test_syllables_of_the_curriculum_are_whole(tokenizer, syllable: str) -> None:
    assert len(tokenizer(syllable, add_special_tokens=False).input_ids) == 1


def test_a_problem_with_its_solution_is_short(tokenizer) -> None:
    lengths = [
        len(tokenizer(f"{p.question}\n{p.solution}").input_ids)
        for p in generate(160, 0, "train", starter=True)
    ]
    assert sum(lengths) / len(lengths) < 80


USER = {"role": "user", "content": "1 + 1 = ?"}
ANSWER = {"role": "assistant", "content": "2"}
SYSTEM = {"role": "system", "content": "Trả lời ngắn."}


@pytest.mark.parametrize(
    ("messages", "generation_prompt", "expected"),
    [
        (
            [USER],
            True,
            "<bos><start_of_turn>user\n1 + 1 = ?<end_of_turn>\n<start_of_turn>model\n",
        ),
        (
            [USER, ANSWER],
            False,
            "<bos><start_of_turn>user\n1 + 1 = ?<end_of_turn>\n"
            "<start_of_turn>model\n2<end_of_turn>\n",
        ),
        (
            [SYSTEM, USER, ANSWER, USER],
            True,
            "<bos><start_of_turn>user\nTrả lời ngắn.\n\n1 + 1 = ?<end_of_turn>\n"
            "<start_of_turn>model\n2<end_of_turn>\n"
            "<start_of_turn>user\n1 + 1 = ?<end_of_turn>\n<start_of_turn>model\n",
        ),
    ],
    ids=["prompt", "answered", "system and two turns"],
)
def test_chat_renders_as_gemma_does(tokenizer, messages, generation_prompt, expected) -> None:
    rendered = tokenizer.apply_chat_template(
        messages, tokenize=False, add_generation_prompt=generation_prompt
    )
    assert rendered == expected


def test_a_rendered_chat_has_one_bos(tokenizer) -> None:
    rendered = tokenizer.apply_chat_template([USER], tokenize=False)
    ids = tokenizer(rendered, add_special_tokens=False).input_ids
    assert ids.count(tokenizer.bos_token_id) == 1
    assert tokenizer.apply_chat_template([USER], return_dict=True)["input_ids"] == ids


def test_generation_ends_with_end_of_turn_after_a_final_answer(model, tokenizer) -> None:
    problem = generate(1, 0, "heldout", kinds=["total"])[0]
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": problem.question}],
        add_generation_prompt=True,
        return_tensors="pt",
        return_dict=True,
    )
    out = model.generate(**prompt, max_new_tokens=112, do_sample=False)
    answer = out[0, prompt["input_ids"].shape[1] :]
    assert answer[-1] == tokenizer.convert_tokens_to_ids("<end_of_turn>")
    assert "Đáp số: " in tokenizer.decode(answer)


def test_pretraining_text_is_the_same_for_the_same_seed() -> None:
    assert rows(200, 3) == rows(200, 3)


def test_pretraining_never_pairs_an_unknown_kind_with_its_solution() -> None:
    known = {p.question for p in generate(2_000 * 15 // 100, 3, "train", kinds=KNOWN_KINDS)}
    for row in rows(2_000, 3):
        prompt, answer = row[0][0], row[-1][0]
        if "Đáp số:" in answer:
            question = prompt.partition("user\n")[2].partition("<end_of_turn>")[0]
            assert question in known or question == "Viết một bài giải mẫu."


def test_pretraining_holds_no_heldout_question() -> None:
    text = "\n".join(piece for row in rows(2_000, 3) for piece, _ in row)
    assert not any(p.question in text for p in generate(1_600, 0, "heldout", starter=True))
