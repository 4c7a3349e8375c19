"""A model's shape from its config.json, held to transformers and PEFT on the meta device."""

import json
import runpy
import subprocess
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from huggingface_hub import constants, try_to_load_from_cache
from peft import LoraConfig, get_peft_model
from peft.utils.constants import TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING
from tokenizers import Tokenizer
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    Gemma3nAudioConfig,
)

from mathpal.config import ModelConfig
from mathpal.data.tokens import pieces
from mathpal.errors import RequestError
from mathpal.models import catalogue, shape
from mathpal.models.catalogue import families, towers
from mathpal.models.sources import TINY as TINY_NAME
from mathpal.models.sources import locate
from mathpal.models.transformers import TOWERS, load_tokenizer

ROOT = Path(__file__).resolve().parents[1]

PUBLISHED = {
    "HuggingFaceTB/SmolLM2-135M-Instruct": 134_515_008,
    "HuggingFaceTB/SmolLM3-3B": 3_075_098_624,
    "Qwen/Qwen3-0.6B": 596_049_920,
    "Qwen/Qwen3-1.7B": 1_720_574_976,
    "Qwen/Qwen3-4B": 4_022_468_096,
    "Qwen/Qwen3-8B": 8_190_735_360,
    "google/gemma-3-1b-it": 999_885_952,
    "google/gemma-3-270m-it": 268_098_176,
    "google/gemma-3-4b-it": 4_300_079_472,
    "google/gemma-3n-E2B-it": 5_439_438_272,
    "google/gemma-3n-E4B-it": 7_849_978_192,
    "meta-llama/Llama-3.1-8B-Instruct": 8_030_261_248,
    "meta-llama/Llama-3.2-1B-Instruct": 1_235_814_400,
    "meta-llama/Llama-3.2-3B-Instruct": 3_212_749_824,
    "microsoft/Phi-4-mini-instruct": 3_836_021_760,
}
"""Parameters of the published weights, on the hub's pages."""

CONTEXTS = {
    "HuggingFaceTB/SmolLM2-135M-Instruct": 8192,
    "HuggingFaceTB/SmolLM3-3B": 65536,
    "Qwen/Qwen3-8B": 40960,
    "google/gemma-3-1b-it": 32768,
    "google/gemma-3-4b-it": 131072,
    "google/gemma-3n-E4B-it": 32768,
    "meta-llama/Llama-3.2-1B-Instruct": 131072,
    "microsoft/Phi-4-mini-instruct": 131072,
}

SMALL = {
    "vocab_size": 96,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 2,
    "eos_token_id": 1,
}
GEMMA = {**SMALL, "head_dim": 16, "sliding_window": 16}
GEMMA3N = {
    **GEMMA,
    "model_type": "gemma3n_text",
    "num_hidden_layers": 5,
    "vocab_size_per_layer_input": 80,
    "hidden_size_per_layer_input": 8,
    "num_kv_shared_layers": 2,
    "laurel_rank": 4,
    "layer_types": ["sliding_attention", "full_attention"] * 2 + ["full_attention"],
    "intermediate_size": [48, 48, 48, 64, 64],
}
SIGLIP = {
    "model_type": "siglip_vision_model",
    "hidden_size": 24,
    "intermediate_size": 40,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": 28,
    "patch_size": 14,
}

TINY: dict[str, dict[str, Any]] = {
    "llama": {**SMALL, "model_type": "llama"},
    "llama tied": {**SMALL, "model_type": "llama", "tie_word_embeddings": True, "head_dim": 16},
    "llama biased": {**SMALL, "model_type": "llama", "attention_bias": True, "mlp_bias": True},
    "llama without groups": {**SMALL, "model_type": "llama", "num_key_value_heads": None},
    "mistral": {**SMALL, "model_type": "mistral"},
    "qwen2": {**SMALL, "model_type": "qwen2"},
    "qwen3": {**SMALL, "model_type": "qwen3", "head_dim": 16, "tie_word_embeddings": True},
    "qwen3 biased": {**SMALL, "model_type": "qwen3", "attention_bias": True},
    "gemma": {**GEMMA, "model_type": "gemma"},
    "gemma2": {**GEMMA, "model_type": "gemma2"},
    "gemma3_text": {**GEMMA, "model_type": "gemma3_text", "sliding_window_pattern": 2},
    "gemma3": {
        "model_type": "gemma3",
        "text_config": {**GEMMA, "model_type": "gemma3_text"},
        "vision_config": {**SIGLIP, "vision_use_head": False},
        "mm_tokens_per_image": 4,
    },
    "gemma3 with a head on its tower": {
        "model_type": "gemma3",
        "text_config": {**GEMMA, "model_type": "gemma3_text"},
        "vision_config": SIGLIP,
        "mm_tokens_per_image": 4,
    },
    "gemma3n_text": GEMMA3N,
    "gemma3n_text without sharing": {**GEMMA3N, "num_kv_shared_layers": 0},
    "phi3": {**SMALL, "model_type": "phi3", "tie_word_embeddings": True},
    "smollm3": {**SMALL, "model_type": "smollm3"},
}

FOR_ALL: dict[str, Any] = {
    "target_modules": "all-linear",
    "use_dora": True,
    "rank_pattern": {"o_proj": 2, r"layers\.1\.mlp\..*": 16},
}
"""Options that each family is tried with."""

LORAS: list[dict[str, Any]] = [
    {"target_modules": "all-linear", "r": 4},
    {"target_modules": "all-linear", "lora_bias": True},
    {"target_modules": "all-linear", "bias": "lora_only"},
    {"target_modules": "all-linear", "bias": "all"},
    {"target_modules": "all-linear", "exclude_modules": ["o_proj", "down_proj", "model.lost"]},
    {"target_modules": "ALL-LINEAR", "exclude_modules": r".*\.[01]\..*"},
    {"target_modules": ["q_proj", "v_proj", "qkv_proj"], "layers_to_transform": [0, 2]},
    {"target_modules": ["down_proj", "altup_projections.0"], "layers_to_transform": 1},
    {"target_modules": ["mlp.down_proj"], "layers_to_transform": 1, "layers_pattern": "layers"},
    {"target_modules": ["o_proj"], "layers_to_transform": [3], "layers_pattern": ["h", "layers"]},
    {"target_modules": ["model.layers.1.mlp.down_proj"], "layers_to_transform": [3]},
    {"target_modules": r".*\.layers\.\d+\.(self_attn|mlp)\.(o|down)_proj"},
    {"target_modules": r"lm_head|.*\.o_proj"},
    {"target_modules": ["o_proj", "lm_head"]},
    {"target_modules": ["o_proj", "embed_tokens"], "r": 2},
    {"target_modules": ["o_proj"], "modules_to_save": ["lm_head"]},
    {"target_modules": "all-linear", "modules_to_save": ["mlp"]},
    {"target_modules": "all-linear", "trainable_token_indices": [3, 5, 7]},
    {"target_modules": "all-linear", "trainable_token_indices": {"embed_tokens": [3, 5]}},
]


def build(config: dict[str, Any], folder: Path, head: str = "language") -> Any:
    """Return a model of random shape, without memory for its weights."""
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    loaded = AutoConfig.from_pretrained(folder)
    if head == "score":
        loaded.num_labels = 1
    kind = AutoModelForSequenceClassification if head == "score" else AutoModelForCausalLM
    with torch.device("meta"):
        return kind.from_config(loaded)


def adapt(model: Any, options: dict[str, Any], head: str = "language") -> Any:
    """Put an adapter on a model as the transformers backend does."""
    task = "SEQ_CLS" if head == "score" else "CAUSAL_LM"
    towers_apart = {"exclude_modules": TOWERS} if "vision_config" in model.config.to_dict() else {}
    options = LoraConfig(task_type=task, **towers_apart | options)
    return get_peft_model(model, options, low_cpu_mem_usage=True)


def count(model: Any, *, trained: bool = False) -> int:
    return sum(p.numel() for p in model.parameters() if p.requires_grad or not trained)


def known(config: dict[str, Any]) -> shape.Shape:
    found = shape.read(config)
    assert found is not None
    return found


def linears(model: Any) -> set[str]:
    """Return the paths of a model's linears, of its text part and without its head."""
    names = {n for n, module in model.named_modules() if isinstance(module, torch.nn.Linear)}
    return {n for n in names if "vision" not in n} - {"lm_head"}


def paths(found: shape.Shape, options: dict[str, Any]) -> set[str]:
    return {shape.module_path(found, i, linear) for i, linear in shape.targets(found, options)}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_catalogue_model_has_its_published_parameters(name):
    found = shape.find(ModelConfig(name=name))

    assert found is not None and found.exact
    assert shape.num_parameters(found) == pytest.approx(PUBLISHED[name], rel=0.005)


def test_all_but_gemma_3n_have_exactly_the_published_parameters():
    """transformers drops Gemma 3n's keys and values where a layer reads an earlier one's cache."""
    for name, published in PUBLISHED.items():
        found = shape.find(ModelConfig(name=name))
        assert found is not None
        dropped = 2 * found.num_kv_heads * found.head_dim * found.hidden_size + found.head_dim
        num_shared = sum(layer.shares_cache for layer in found.layers)
        assert shape.num_parameters(found) + num_shared * dropped == published, name


def test_every_model_with_a_hub_id_is_in_the_catalogue():
    files = [yaml.safe_load(path.read_text()) for path in (ROOT / "conf/model").glob("*.yaml")]
    names = {file["name"] for file in files} - {"???", "mathpal/tiny"}

    assert names == set(catalogue.names()) == set(PUBLISHED)


@pytest.mark.parametrize(("name", "tokens"), CONTEXTS.items())
def test_context_is_what_the_config_says(name, tokens):
    found = shape.find(ModelConfig(name=name))

    assert found is not None and found.context_length == tokens


@pytest.mark.parametrize("name", TINY)
def test_a_shape_is_that_of_the_model_which_transformers_builds(name, tmp_path):
    model = build(TINY[name], tmp_path)
    found = known(TINY[name])

    assert shape.num_parameters(found) == count(model)
    assert paths(found, {"target_modules": "all-linear"}) == linears(model)
    embeddings = [m for n, m in model.named_modules() if n.rpartition(".")[2].startswith("embed_t")]
    assert shape.num_embedding_parameters(found) == sum(map(count, embeddings))
    assert found.exact

    config = model.config.get_text_config()
    types = config.to_dict().get("layer_types")
    window = config.to_dict().get("sliding_window")
    if types is None:
        assert [layer.window for layer in found.layers] == [window] * config.num_hidden_layers
    else:
        seen = [window if kind == "sliding_attention" else None for kind in types]
        assert [layer.window for layer in found.layers] == seen
    assert found.model_type == config.model_type
    assert found.num_heads == config.num_attention_heads
    assert found.num_kv_heads == config.num_key_value_heads
    assert found.context_length == config.max_position_embeddings


@pytest.mark.parametrize("name", TINY)
def test_lora_trains_what_peft_does_in_every_family(name, tmp_path):
    model = adapt(build(TINY[name], tmp_path), FOR_ALL)
    found = known(TINY[name])

    assert paths(found, FOR_ALL) == set(model.base_model.targeted_module_names)
    assert shape.num_lora_parameters(found, FOR_ALL) == count(model, trained=True)


# Options that users may choose, of which PEFT warns.
@pytest.mark.filterwarnings("ignore:.*lora_bias=True:UserWarning")
@pytest.mark.filterwarnings("ignore:.*tie_word_embeddings=True:UserWarning")
@pytest.mark.parametrize("name", ["llama biased", "gemma3n_text"])
@pytest.mark.parametrize("options", LORAS, ids=str)
def test_lora_adapts_what_its_options_name_in_peft(options, name, tmp_path):
    found = known(TINY[name])
    try:
        model = adapt(build(TINY[name], tmp_path), options)
    except ValueError:
        assert paths(found, options) == set()
        return

    assert paths(found, options) == set(model.base_model.targeted_module_names)
    assert shape.num_lora_parameters(found, options) == count(model, trained=True)


@pytest.mark.parametrize("name", ["llama", "llama tied", "gemma3_text", "gemma3"])
def test_a_head_of_scores_takes_the_place_of_the_language_head(name, tmp_path):
    options = {"target_modules": "all-linear"}
    model = build(TINY[name], tmp_path, head="score")
    found = known(TINY[name])

    assert shape.num_parameters(found, "score") == count(model)
    adapted = adapt(model, options, head="score")
    assert shape.num_lora_parameters(found, options, "score") == count(adapted, trained=True)


@pytest.mark.parametrize(
    "name",
    [
        "HuggingFaceTB/SmolLM2-135M-Instruct",
        "google/gemma-3-4b-it",
        "microsoft/Phi-4-mini-instruct",
        pytest.param("HuggingFaceTB/SmolLM3-3B", marks=pytest.mark.slow),
        pytest.param("Qwen/Qwen3-0.6B", marks=pytest.mark.slow),
        pytest.param("Qwen/Qwen3-1.7B", marks=pytest.mark.slow),
        pytest.param("Qwen/Qwen3-4B", marks=pytest.mark.slow),
        pytest.param("Qwen/Qwen3-8B", marks=pytest.mark.slow),
        pytest.param("google/gemma-3-1b-it", marks=pytest.mark.slow),
        pytest.param("google/gemma-3-270m-it", marks=pytest.mark.slow),
        pytest.param("meta-llama/Llama-3.1-8B-Instruct", marks=pytest.mark.slow),
        pytest.param("meta-llama/Llama-3.2-1B-Instruct", marks=pytest.mark.slow),
        pytest.param("meta-llama/Llama-3.2-3B-Instruct", marks=pytest.mark.slow),
    ],
)
def test_a_catalogue_model_is_the_one_that_transformers_builds(name, tmp_path):
    options = {"target_modules": "all-linear", "r": 16}
    config = catalogue.find_config(ModelConfig(name=name))
    assert config is not None
    model = build(config, tmp_path)
    found = known(config)

    assert shape.num_parameters(found) == count(model)
    assert shape.num_lora_parameters(found, options) == count(adapt(model, options), trained=True)


@pytest.mark.parametrize(
    "name",
    ["google/gemma-3n-E2B-it", pytest.param("google/gemma-3n-E4B-it", marks=pytest.mark.slow)],
)
def test_gemma_3n_is_the_one_that_transformers_builds_and_its_towers(name, tmp_path):
    """Its vision tower is timm's, which is not needed for text; timm counted it."""
    options = {"target_modules": "all-linear", "r": 16}
    config = catalogue.find_config(ModelConfig(name=name))
    assert config is not None
    model = build(config["text_config"], tmp_path)
    with torch.device("meta"):
        audio = AutoModel.from_config(Gemma3nAudioConfig(**config["audio_config"]))
    found = known(config)

    assert shape.num_parameters(found) == count(model) + found.num_tower_parameters
    assert count(audio) == towers.GEMMA3N_AUDIO
    assert shape.num_lora_parameters(found, options) == count(adapt(model, options), trained=True)


@pytest.mark.parametrize("model_type", ["gemma2", "gemma3_text", "gemma3n_text"])
def test_what_a_config_leaves_out_is_as_in_transformers(model_type, tmp_path):
    model = build({"model_type": model_type}, tmp_path)
    found = known({"model_type": model_type})

    assert shape.num_parameters(found) == count(model)
    assert found.context_length == model.config.max_position_embeddings
    assert {layer.window for layer in found.layers} == {None, model.config.sliding_window}


def test_targets_left_to_peft_are_its_own():
    known_types = families.FAMILIES.keys() | towers.COUNTS.keys()
    mapping = TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING

    expected = {name: tuple(mapping[name]) for name in known_types & mapping.keys()}
    assert expected == shape.DEFAULT_TARGETS


@pytest.mark.parametrize("name", ["phi3", "gemma3", "gemma3n_text"])
def test_no_targets_are_refused_where_peft_has_no_default(name, tmp_path):
    with pytest.raises(ValueError, match="target_modules"):
        adapt(build(TINY[name], tmp_path), {})
    with pytest.raises(RequestError, match=r"^lora.target_modules=null: PEFT has no default for"):
        shape.targets(known(TINY[name]), {"target_modules": None})


def test_linear_modules_are_each_named_once():
    assert shape.linear_modules(known(TINY["phi3"])) == [
        "self_attn.qkv_proj",
        "self_attn.o_proj",
        "mlp.gate_up_proj",
        "mlp.down_proj",
    ]
    assert "per_layer_model_projection" in shape.linear_modules(known(GEMMA3N))


def test_find_reads_the_config_of_a_folder(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(TINY["qwen3"]), encoding="utf-8")

    assert shape.find(ModelConfig(name=str(tmp_path))) == known(TINY["qwen3"])
    assert shape.find(ModelConfig(name=f"{tmp_path}/elsewhere")) is None


def test_find_knows_the_model_of_the_package():
    found = shape.find(ModelConfig(name="mathpal/tiny"))

    assert found is not None and found.exact and found.context_length == 512


def test_find_reads_the_cache_of_the_hub(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    model = ModelConfig(name="owner/model")
    assert shape.find(model) is None

    folder = tmp_path / "models--owner--model"
    for commit, name in (("c0ffee", "llama"), ("beef", "qwen3")):
        (folder / "snapshots" / commit).mkdir(parents=True)
        config = folder / "snapshots" / commit / "config.json"
        config.write_text(json.dumps(TINY[name]), encoding="utf-8")
    (folder / "refs").mkdir()
    (folder / "refs/main").write_text("c0ffee", encoding="utf-8")

    assert shape.find(model) == known(TINY["llama"])
    assert shape.find(replace(model, revision="beef")) == known(TINY["qwen3"])
    for revision in (None, "beef"):
        cached = try_to_load_from_cache("owner/model", "config.json", tmp_path, revision)
        assert isinstance(cached, str) and Path(cached).is_file()


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"XDG_CACHE_HOME": "/caches"},
        {"XDG_CACHE_HOME": "/caches", "HF_HOME": "~/hf"},
        {"HF_HOME": "/hf", "HUGGINGFACE_HUB_CACHE": "/older"},
        {"HUGGINGFACE_HUB_CACHE": "/older", "HF_HUB_CACHE": "$HOME/newer"},
    ],
    ids=str,
)
def test_the_cache_of_the_hub_is_where_its_client_has_it(variables, monkeypatch):
    names = ("XDG_CACHE_HOME", "HF_HOME", "HUGGINGFACE_HUB_CACHE", "HF_HUB_CACHE")
    for name in names:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    module = runpy.run_path(constants.__file__, run_name="huggingface_hub.constants")

    path = catalogue._cached("owner/model", "main")
    assert path.is_relative_to(Path(module["HF_HUB_CACHE"]) / "models--owner--model")


def test_a_pattern_that_is_none_is_refused():
    with pytest.raises(RequestError, match=r"^lora: '\(q_proj' is no regular expression: "):
        shape.targets(known(TINY["llama"]), {"target_modules": "(q_proj"})


def test_a_config_that_is_no_json_is_named(tmp_path):
    (tmp_path / "config.json").write_text("{", encoding="utf-8")

    with pytest.raises(RequestError, match=r"^model.name=.*: cannot read .*config.json: "):
        shape.find(ModelConfig(name=str(tmp_path)))


def test_a_type_that_is_not_known_is_taken_for_a_llama():
    found = known({**TINY["llama"], "model_type": "brand_new"})

    beside_towers = known({"model_type": "brand_new_vl", "text_config": TINY["llama"]})
    assert not found.exact and not beside_towers.exact
    assert shape.num_parameters(found) == shape.num_parameters(known(TINY["llama"]))


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12, "vocab_size": 50257},
        {**TINY["llama"], "model_type": "mixtral", "num_local_experts": 8},
    ],
)
def test_what_is_no_plain_decoder_is_not_known(config):
    assert shape.read(config) is None


def test_finding_a_shape_imports_nothing_heavy():
    code = (
        "import sys\nfrom mathpal.config import ModelConfig\nfrom mathpal.models import shape\n"
        "shape.num_lora_parameters(shape.find(ModelConfig(name='Qwen/Qwen3-8B')), {'r': 8})\n"
        "assert shape.find(ModelConfig(name='owner/unknown')) is None\n"
        "print({'torch', 'transformers', 'numpy', 'peft', 'datasets'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert (done.stdout.strip(), done.stderr) == ("set()", "")


def test_tokens_per_character_are_those_of_the_exams(exams):
    texts = [
        unicodedata.normalize("NFC", json.loads(line)[key])
        for line in exams.read_text(encoding="utf-8").splitlines()
        for key in ("question", "solution")
    ]
    tokenizer = Tokenizer.from_file(str(Path(locate(TINY_NAME)) / "tokenizer.json"))
    encoded = tokenizer.encode_batch_fast(texts, add_special_tokens=False)

    measured = sum(len(text.ids) for text in encoded) / sum(map(len, texts))
    assert shape.tokens_per_character(TINY_NAME) == round(measured, 4)


def test_every_catalogue_model_has_tokens_per_character():
    for name in catalogue.names():
        assert 0.3 < (shape.tokens_per_character(name) or 0) < 0.8, name
    assert shape.tokens_per_character("owner/unknown") is None


def test_template_tokens_are_those_around_a_question_and_its_answer():
    tokenizer = load_tokenizer(ModelConfig(name=TINY_NAME))
    turns = [{"role": "user", "content": "1 + 1?"}, {"role": "assistant", "content": "2"}]
    text = tokenizer.apply_chat_template(turns, tokenize=False)
    around = text.replace("1 + 1?", "").replace("2", "")

    assert len(pieces(tokenizer, around)) == shape.template_tokens(TINY_NAME)
    assert shape.template_tokens("owner/unknown") is None
