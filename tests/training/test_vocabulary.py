"""Symbols with tokens of their own: model.extra_tokens."""

import json
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from peft import AutoPeftModelForCausalLM, PeftModel
from safetensors.torch import load_file
from tokenizers import Tokenizer, decoders, models, normalizers
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    Gemma3nForCausalLM,
    Gemma3nTextConfig,
    PreTrainedTokenizerFast,
    Qwen3Config,
)

from mathpal.compose import compose
from mathpal.config import ModelConfig
from mathpal.data import Row, conversation
from mathpal.data.chat import encode
from mathpal.data.tokens import pieces
from mathpal.errors import RequestError
from mathpal.hardware import Device
from mathpal.models import vocabulary
from mathpal.models.sources import locate
from mathpal.models.transformers import architecture, load, load_tokenizer, load_trained
from mathpal.overrides import Request

SYMBOLS = ["≤", "√", r"\frac"]
PLAIN = ModelConfig(name="mathpal/tiny", attn_implementation="eager")
EXTENDED = replace(PLAIN, extra_tokens=SYMBOLS)
CPU = Device(device="cpu", precision="fp32", num_threads=1, reason="tested")
ARGUMENT = 'model.extra_tokens=["≤","√","\\frac"]'
ORDINARY = "Lan có 12 quả cam, mẹ cho thêm 5 quả."
TEXTS = ["Tính √9 + ½ ≤ \\frac{7}{2}.", "căn√bậc hai", "1≤2", ORDINARY]


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(EXTENDED)


def tiny_model():
    return AutoModelForCausalLM.from_pretrained(
        locate("mathpal/tiny"), dtype=torch.float32, attn_implementation="eager"
    )


def in_training(config, tokenizer, *overrides):
    """Load as a run does, with the composed groups."""
    experiment = compose(Request(("hardware=cpu", "hardware.precision=fp32", *overrides)))
    options = {k: v for k, v in vars(config).items() if k != "_target_"}
    return load(
        lora=experiment.lora,
        hardware=experiment.hardware,
        device=CPU,
        tokenizer=tokenizer,
        seed=1,
        head=experiment.trainer.head,
        num_tokens=64,
        **options,
    )


def logits(model, tokenizer, text):
    inputs = tokenizer(text, return_tensors="pt")
    with torch.inference_mode():
        return model.eval()(**inputs).logits


def rows_file(folder: Path) -> Path:
    """Write rows that are full of symbols."""
    path = folder / "symbols.jsonl"
    lines = [
        {"prompt": f"{n} ≤ {2 * n}. Tính √{n * n}.", "completion": f"√{n * n} là {n} ≤ {2 * n}"}
        for n in range(1, 41)
    ]
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines))
    return path


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of a few steps with extra tokens, evaluated, its checkpoints kept."""
    from training.conftest import start

    folder = tmp_path_factory.mktemp("symbols")
    return start(folder / "run", *run_overrides(folder), "evaluation.max_rows=2")


def run_overrides(folder):
    return (
        "data=jsonl",
        f"data.path={rows_file(folder)}",
        "data.test_rows=4",
        "data.train_rows=36",
        "trainer.max_steps=5",
        "trainer.save_steps=2",
        ARGUMENT,
    )


def test_texts_with_the_new_tokens_come_back(tokenizer):
    for text in TEXTS:
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert tokenizer.decode(ids) == text
        assert tokenizer.decode(ids, skip_special_tokens=True) == text
        assert sum(token >= 732 for token in ids) == sum(text.count(s) for s in SYMBOLS)


def test_a_new_token_in_the_middle_of_a_word_leaves_both_halves_as_they_were(tokenizer):
    plain = load_tokenizer(PLAIN)
    parts = [plain(part, add_special_tokens=False)["input_ids"] for part in ("căn", "bậc hai")]
    (root,) = tokenizer.convert_tokens_to_ids(["√"])
    whole = tokenizer("căn√bậc hai", add_special_tokens=False)["input_ids"]
    assert whole == [*parts[0], root, *parts[1]]


@pytest.mark.parametrize("answer", ["√ là 0,5", "x√2", "là ≤"])
def test_the_answer_is_what_is_trained_wherever_a_symbol_stands_in_it(tokenizer, answer):
    (row,) = encode([Row(conversation("√4 ≤ mấy?", answer))], tokenizer)
    assert tokenizer.decode(row.answer_ids) == f"{answer}<end_of_turn>\n"
    assert row.num_trained == len(row.answer_ids)


def test_logits_of_texts_without_the_symbols_are_unchanged(tokenizer):
    before = tiny_model()
    after = in_training(EXTENDED, tokenizer)
    ids = tokenizer(ORDINARY, return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        old, new = (m.eval()(ids, output_hidden_states=True) for m in (before, after))
    assert all(map(torch.equal, old.hidden_states, new.hidden_states))
    assert torch.equal(new.logits[..., :732], old.logits)


def test_rows_start_as_the_mean_of_the_symbols_pieces(tokenizer):
    before = tiny_model()
    old = before.get_input_embeddings().weight
    after = in_training(EXTENDED, tokenizer, "lora=none")
    new = after.get_input_embeddings().weight
    assert after.get_output_embeddings().weight is new
    for symbol in SYMBOLS:
        expected = old[pieces(load_tokenizer(PLAIN), symbol)].mean(dim=0)
        assert torch.equal(new[tokenizer.convert_tokens_to_ids(symbol)], expected)
    assert torch.equal(new[:732], old)
    assert new.shape[0] == 736  # the tiny model's rows are a multiple of 4
    torch.testing.assert_close(new[735], old.mean(dim=0))


def test_rows_that_fill_up_are_never_the_most_likely(tokenizer):
    found = logits(in_training(EXTENDED, tokenizer), tokenizer, TEXTS[0])
    assert (found[..., 735] < found.max(dim=-1).values).all()


def test_an_untied_head_gets_rows_of_its_own(tokenizer):
    torch.manual_seed(3)
    config = Qwen3Config(
        vocab_size=732,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        tie_word_embeddings=False,
    )
    model = AutoModelForCausalLM.from_config(config)
    head = model.get_output_embeddings().weight.detach().clone()
    vocabulary.extend(model, tokenizer, load_tokenizer(PLAIN), SYMBOLS)
    root = tokenizer.convert_tokens_to_ids("√")
    expected = head[pieces(load_tokenizer(PLAIN), "√")].mean(dim=0)
    assert torch.equal(model.get_output_embeddings().weight[root], expected)
    rows = vocabulary.trained_rows(model, tokenizer, SYMBOLS)
    assert rows == {"model.embed_tokens": [732, 733, 734], "lm_head": [732, 733, 734]}


def test_rows_to_spare_are_used_before_the_matrix_grows(tokenizer):
    model = tiny_model()
    model.resize_token_embeddings(768, mean_resizing=False)
    vocabulary.extend(model, tokenizer, load_tokenizer(PLAIN), SYMBOLS)
    assert model.get_input_embeddings().num_embeddings == 768


def test_a_model_whose_further_ids_are_pictures_is_refused(tokenizer):
    config = Gemma3nTextConfig(
        vocab_size=732,
        vocab_size_per_layer_input=732,
        hidden_size=16,
        hidden_size_per_layer_input=8,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        num_kv_shared_layers=0,
        layer_types=["sliding_attention", "full_attention"],
        activation_sparsity_pattern=[0.0, 0.0],
        laurel_rank=4,
        pad_token_id=0,
        bos_token_id=2,
        eos_token_id=1,
    )
    with torch.device("meta"):
        model = Gemma3nForCausalLM(config)
    with pytest.raises(RequestError, match="gemma3n_text reads ids beyond its own text"):
        vocabulary.make_room(model, len(tokenizer))


@pytest.mark.parametrize(
    ("overrides", "head"), [((), "language"), (("lora=none",), "language"), ((), "score")]
)
def test_the_plan_counts_what_is_trained(tokenizer, overrides, head):
    if head == "score":
        overrides = (*overrides, "trainer=reward", "data=vi_math_pref")
    model = in_training(EXTENDED, tokenizer, *overrides)
    experiment = compose(Request(overrides))
    shape = architecture(EXTENDED, experiment.lora, head)
    assert shape.num_trained == sum(p.numel() for p in model.parameters() if p.requires_grad)
    without = architecture(PLAIN, experiment.lora, head)
    assert shape.num_parameters - without.num_parameters == 4 * 160
    rows = 4 if experiment.lora is None else 3
    assert shape.num_trained - without.num_trained == rows * 160


def test_only_the_new_rows_and_lora_are_trained(finished, tokenizer):
    base = tiny_model()
    trained = load_trained(EXTENDED, finished.folder, CPU, tokenizer, "language")
    start = in_training(EXTENDED, tokenizer)
    moved = {
        name
        for (name, new), (_, old) in zip(
            trained.named_parameters(), start.named_parameters(), strict=True
        )
        if not torch.equal(new, old)
    }
    rows = {name for name in moved if "trainable_tokens_delta" in name}
    assert len(rows) == 1
    assert all("lora_" in name for name in moved - rows)
    whole = trained.merge_and_unload().get_input_embeddings().weight
    assert torch.equal(whole[:732], base.get_input_embeddings().weight)


def test_the_adapter_holds_the_rows_and_no_embeddings(finished):
    for folder in (finished.folder / "adapter", finished.folder / "checkpoints" / "checkpoint-4"):
        weights = load_file(folder / "adapter_model.safetensors")
        others = {name: w.shape for name, w in weights.items() if "lora_" not in name}
        assert others == {
            "base_model.model.model.embed_tokens.token_adapter.trainable_tokens_delta": (3, 160)
        }
        assert AutoTokenizer.from_pretrained(folder).convert_tokens_to_ids(SYMBOLS) == [
            732,
            733,
            734,
        ]


def test_a_saved_run_gives_the_same_logits_however_it_is_read(finished, tokenizer):
    ours = load_trained(EXTENDED, finished.folder, CPU, tokenizer, "language")
    adapter = finished.folder / "adapter"
    beside = AutoTokenizer.from_pretrained(adapter)
    expected = [logits(ours, tokenizer, text) for text in TEXTS]
    automatic = AutoPeftModelForCausalLM.from_pretrained(
        adapter, dtype=torch.float32, attn_implementation="eager"
    )
    base = tiny_model()
    base.resize_token_embeddings(len(beside))
    by_hand = PeftModel.from_pretrained(base, adapter)
    for model in (automatic, by_hand):
        for text, old in zip(TEXTS, expected, strict=True):
            new = logits(model, beside, text)[..., :735]
            torch.testing.assert_close(new, old[..., :735], atol=1e-6, rtol=0)


def test_training_in_memory_equals_what_was_saved(tmp_path, tokenizer):
    model = in_training(EXTENDED, tokenizer).train()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    inputs = tokenizer(TEXTS, return_tensors="pt", padding=True)
    for _ in range(3):
        model(**inputs, labels=inputs["input_ids"]).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    expected = logits(model, tokenizer, TEXTS[0])
    untrained = logits(in_training(EXTENDED, tokenizer), tokenizer, TEXTS[0])
    model.save_pretrained(tmp_path / "adapter")
    read = load_trained(EXTENDED, tmp_path, CPU, tokenizer, "language")
    torch.testing.assert_close(logits(read, tokenizer, TEXTS[0]), expected, atol=1e-6, rtol=0)
    assert (expected - untrained).abs().max() > 0.1
    merged = read.merge_and_unload()
    torch.testing.assert_close(logits(merged, tokenizer, TEXTS[0]), expected, atol=1e-4, rtol=0)
    assert merged.get_output_embeddings().weight is merged.get_input_embeddings().weight


def test_a_run_goes_on_from_a_checkpoint_with_its_rows(finished, tmp_path, launch):
    resumed = launch(
        *run_overrides(tmp_path),
        f"resume={finished.folder / 'checkpoints' / 'checkpoint-4'}",
        "evaluation=none",
    )
    pair = [
        load_file(run.folder / "adapter" / "adapter_model.safetensors")
        for run in (finished, resumed)
    ]
    assert pair[0].keys() == pair[1].keys()
    for name, weight in pair[0].items():
        torch.testing.assert_close(pair[1][name], weight, atol=1e-5, rtol=0)


@pytest.mark.parametrize("overrides", [("lora=none",), ("export=merged",)])
def test_a_whole_model_is_saved_with_its_tokens(launch, tmp_path, tokenizer, overrides):
    run = launch(*run_overrides(tmp_path), "trainer.max_steps=2", "evaluation=none", *overrides)
    folder = run.folder / "model"
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    assert model.get_input_embeddings().num_embeddings == 736
    if overrides == ("lora=none",):
        read = load_trained(EXTENDED, run.folder, CPU, tokenizer, "language")
        expected = logits(model, AutoTokenizer.from_pretrained(folder), TEXTS[0])
        torch.testing.assert_close(logits(read, tokenizer, TEXTS[0]), expected)


def test_preferences_are_learned_with_extra_tokens(launch):
    run = launch(
        "trainer=dpo", "data=vi_math_pref", "trainer.max_steps=2", "evaluation=none", ARGUMENT
    )
    weights = load_file(run.folder / "adapter" / "adapter_model.safetensors")
    assert sum("trainable_tokens_delta" in name for name in weights) == 1


@pytest.mark.parametrize(
    ("symbols", "message"),
    [
        (["√", "%"], r"one token already in this model's tokenizer: '%'"),
        (["√", "½"], r"this model's vocabulary writes another token, a byte, as '½'"),
        (["odel"], r"one stands in the model's chat template: 'odel'"),
    ],
)
def test_symbols_that_a_tokenizer_cannot_gain_are_refused(symbols, message):
    with pytest.raises(RequestError, match=message):
        load_tokenizer(replace(PLAIN, extra_tokens=symbols))


def test_a_tokenizer_that_would_put_spaces_beside_a_token_is_refused():
    known = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", *"12bốmẹ"]
    bpe = Tokenizer(
        models.BPE({t: n for n, t in enumerate(known)}, [], unk_token="<unk>", byte_fallback=True)
    )
    bpe.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    bpe.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    as_llama2 = PreTrainedTokenizerFast(tokenizer_object=bpe, unk_token="<unk>")
    with pytest.raises(RequestError, match=r"'√': this model's tokenizer puts spaces beside"):
        vocabulary.add(as_llama2, ["√"])


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ('model.extra_tokens=["½","½"]', "model.extra_tokens: named twice: '½'"),
        ('model.extra_tokens=[""]', "model.extra_tokens: one is empty"),
        (
            'model.extra_tokens=["a b"]',
            "model.extra_tokens: white space belongs to no symbol: 'a b'",
        ),
        ("backend=unsloth", vocabulary.NEEDS_TRANSFORMERS),
        (
            "hardware=fsdp",
            "hardware.fsdp: a model in pieces cannot take new tokens; remove model.extra_tokens",
        ),
        (
            "lora.trainable_token_indices=[5]",
            "lora.trainable_token_indices: model.extra_tokens sets it; give one of the two",
        ),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_read(override, message):
    assert vocabulary.problems(compose(Request((ARGUMENT, override)))) == [message]


def test_a_decomposed_symbol_is_refused():
    symbol = unicodedata.normalize("NFD", "đồng")
    (problem,) = vocabulary.problems(compose(Request((f'model.extra_tokens=["{symbol}"]',))))
    assert problem.startswith("model.extra_tokens: not in composed form (NFC)")
    assert vocabulary.problems(compose(Request((ARGUMENT,)))) == []
    assert vocabulary.problems(compose(Request(()))) == []
