"""Architectures of the model catalogue, tiny and random: they plan, adapt and train."""

import shutil

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    Gemma3Config,
    Gemma3nTextConfig,
    Gemma3TextConfig,
    LlamaConfig,
    Phi3Config,
    Qwen3Config,
    SiglipVisionConfig,
    SmolLM3Config,
)

from mathpal.compose import compose, factory
from mathpal.hardware import Device
from mathpal.models import transformers
from mathpal.models.sources import TINY, locate
from mathpal.overrides import Request

SMALL = {
    "vocab_size": 732,  # of the bundled tokenizer
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "pad_token_id": 0,
    "eos_token_id": 1,
    "bos_token_id": 2,
}

ARCHITECTURES = {
    "qwen3": lambda: Qwen3Config(**SMALL, head_dim=8),
    "llama": lambda: LlamaConfig(**SMALL),
    "phi3": lambda: Phi3Config(**SMALL),
    "smollm3": lambda: SmolLM3Config(**SMALL),
    "gemma3_text": lambda: Gemma3TextConfig(**SMALL, head_dim=8),
    "gemma3": lambda: Gemma3Config(
        text_config=Gemma3TextConfig(**SMALL, head_dim=8),
        vision_config=SiglipVisionConfig(
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            image_size=32,
            patch_size=8,
        ),
        mm_tokens_per_image=4,
        boi_token_index=700,
        eoi_token_index=701,
        image_token_index=702,
    ),
    "gemma3n_text": lambda: Gemma3nTextConfig(
        **SMALL | {"intermediate_size": [64, 64]},
        head_dim=8,
        vocab_size_per_layer_input=732,
        hidden_size_per_layer_input=8,
        laurel_rank=4,
        num_kv_shared_layers=0,
        layer_types=["sliding_attention", "full_attention"],
        activation_sparsity_pattern=[0.0, 0.0],
    ),
}
"""Model type -> the config of a tiny one; gemma3 reads pictures as well, by a SigLIP tower."""

TOWERS = ("vision_tower", "multi_modal_projector")


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """A folder of each architecture with the bundled tokenizer, and its number of parameters."""
    root, sizes = tmp_path_factory.mktemp("models"), {}
    for name, config in ARCHITECTURES.items():
        torch.manual_seed(0)
        model = AutoModelForCausalLM.from_config(config())
        model.save_pretrained(root / name)
        for file in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
            shutil.copy(f"{locate(TINY)}/{file}", root / name)
        sizes[name] = model.num_parameters()
    return root, sizes


@pytest.fixture
def loaded(models):
    """Load an architecture on the CPU by the overrides of a request."""

    def load(name, *overrides):
        folder, _ = models
        request = Request(("model=hf", f"model.name={folder / name}", *overrides))
        experiment = compose(request)
        return factory(experiment.model)(
            lora=experiment.lora,
            hardware=experiment.hardware,
            device=Device("cpu", "fp32", 1, "a test"),
            tokenizer=transformers.load_tokenizer(experiment.model),
            seed=1,
            head="language",
            num_tokens=64,
        )

    return load


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_folder_plans_with_the_parameters_that_its_model_turns_out_to_have(
    name, models, loaded, launch
):
    folder, sizes = models
    overrides = (f"model.name={folder / name}", "model.max_length=600", "dry_run=true")
    plan = launch("model=hf", *overrides).json("plan.json")
    assert (plan["model_type"], plan["num_parameters"]) == (name, sizes[name])
    assert plan["warnings"] == ["trainer.max_length=600 is beyond the model's context of 512"]
    trained = {n: p for n, p in loaded(name).named_parameters() if p.requires_grad}
    assert sum(p.numel() for p in trained.values()) == plan["num_trained_parameters"]
    assert all("lora_" in n for n in trained)
    for projection in ("o_proj", "down_proj"):
        assert any(projection in n for n in trained)


@pytest.mark.parametrize(
    "overrides", [(), ("lora.target_modules=[q_proj,v_proj]",), ("lora=dora",)], ids="".join
)
def test_a_model_that_reads_pictures_is_adapted_in_its_text_part_alone(overrides, loaded):
    model = loaded("gemma3", *overrides)
    adapted = {n for n, _ in model.named_parameters() if "lora_" in n}
    towers = {n for n, _ in model.named_parameters() if any(tower in n for tower in TOWERS)}
    assert adapted and towers
    assert not adapted & towers
    assert all(".language_model.layers." in n for n in adapted)


def test_modules_that_the_user_leaves_out_are_left_to_the_user(loaded):
    model = loaded("gemma3", "lora.exclude_modules='.*self_attn.*'")
    adapted = {n for n, _ in model.named_parameters() if "lora_" in n}
    assert not any("self_attn" in n for n in adapted)
    assert any("vision_tower" in n for n in adapted)


@pytest.mark.parametrize("name", ["llama", "qwen3", "gemma3"])
def test_an_architecture_trains(name, models, launch):
    folder, _ = models
    run = launch(
        "model=hf",
        f"model.name={folder / name}",
        "model.max_length=256",
        "trainer.max_steps=2",
        "data.test_rows=2",
        "evaluation.before=false",
        "evaluation.max_new_tokens=4",
    )
    assert len(run.losses) == 2
    assert (run.folder / "adapter/adapter_config.json").is_file()
