"""Rows one behind the other: none sees another, and attention by blocks is attention."""

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

from mathpal.models import block_attention
from mathpal.preflight.packing import KEEP_ROWS_APART

VOCABULARY = 64
SHAPE = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "max_position_embeddings": 1024,
}
OF_A_TYPE = {
    "gemma3_text": {
        "sliding_window": 16,
        "layer_types": ["sliding_attention", "full_attention"] * 2,
    },
    "gemma3n_text": {
        "vocab_size_per_layer_input": VOCABULARY,
        "hidden_size_per_layer_input": 8,
        "num_kv_shared_layers": 2,
        "laurel_rank": 4,
        "sliding_window": 16,
        "layer_types": ["sliding_attention", "full_attention"] * 2,
        "activation_sparsity_pattern": [0.0] * 4,
    },
    "mistral": {"sliding_window": 16},
}
LENGTHS = (90, 200, 1, 77)


def build(model_type, attention):
    torch.manual_seed(0)
    config = AutoConfig.for_model(model_type, **{**SHAPE, **OF_A_TYPE.get(model_type, {})})
    return AutoModelForCausalLM.from_config(config, attn_implementation=attention).float()


def rows_of(seed):
    draw = torch.Generator().manual_seed(seed)
    return [torch.randint(3, VOCABULARY, (n,), generator=draw).tolist() for n in LENGTHS]


def logits(model, rows):
    collate = DataCollatorForLanguageModeling(pad_token_id=0, padding_free=True)
    batch = collate([{"input_ids": row, "labels": row} for row in rows])
    del batch["labels"]
    assert batch["input_ids"].shape == (1, sum(map(len, rows)))
    return model(**batch, use_cache=False).logits[0]


@pytest.mark.parametrize("model_type", KEEP_ROWS_APART)
def test_a_rows_logits_do_not_change_with_its_neighbours(model_type):
    model = build(model_type, block_attention.NAME)
    rows, others = rows_of(1), rows_of(2)
    first = sum(LENGTHS[:1])
    own = slice(first, first + LENGTHS[1])
    together = logits(model, rows)[own]
    among_others = logits(model, [others[0], rows[1], *others[2:]])[own]
    assert torch.equal(together, among_others)
    assert torch.allclose(together, logits(model, [rows[1]]), atol=1e-4)


@pytest.mark.parametrize("model_type", ["llama", "gemma3_text"])
def test_attention_by_blocks_has_the_logits_and_gradients_of_pytorchs(model_type):
    found = {}
    for attention in ("sdpa", block_attention.NAME):
        model = build(model_type, attention)
        values = logits(model, rows_of(1))
        values.square().mean().backward()
        found[attention] = values, [p.grad for p in model.parameters()]
    (values, gradients), (ours, our_gradients) = found.values()
    assert torch.allclose(ours, values, atol=1e-5)
    for gradient, our_gradient in zip(gradients, our_gradients, strict=True):
        assert torch.allclose(our_gradient, gradient, atol=1e-6)


def test_attention_by_blocks_stays_within_the_error_of_bfloat16():
    exact = logits(build("llama", "sdpa"), rows_of(1))
    with torch.autocast("cpu", torch.bfloat16):
        theirs = logits(build("llama", "sdpa"), rows_of(1))
        ours = logits(build("llama", block_attention.NAME), rows_of(1))
    error = (theirs.float() - exact).abs().mean()
    assert 0 < (ours.float() - exact).abs().mean() < 1.5 * error


def test_rows_stand_one_behind_the_other_by_default_on_a_cpu(launch):
    asked = launch("hardware.padding_free=false", "evaluation=none", folder="padded")
    default = launch("evaluation=none", folder="default")
    assert default.json("plan.json")["padding_free"] and not asked.json("plan.json")["padding_free"]
    assert default.losses == pytest.approx(asked.losses, abs=1e-5)
    assert default.json("metrics.json")["eval_loss"] == pytest.approx(
        asked.json("metrics.json")["eval_loss"], abs=1e-5
    )


@pytest.mark.parametrize(
    "override", ["lora.lora_dropout=0.1", "model.batch_size=100", "trainer.packing=true"]
)
def test_rows_are_padded_where_that_is_right(launch, override):
    assert not launch(override, "dry_run=true").json("plan.json")["padding_free"]
