"""The real Unsloth, on a CPU with tiny models, through our own `train` (`make test-unsloth`).

Trained here is the text part, as `train model=gemma3n` does on a GPU; see train_on_cpu.py.
"""

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    Gemma3ForCausalLM,
    Gemma3nForCausalLM,
    Gemma3nTextConfig,
)

from mathpal.files import read_jsonl
from mathpal.maths.curriculum import generate
from mathpal.models.sources import locate

pytestmark = [
    pytest.mark.unsloth,
    pytest.mark.skipif(importlib.util.find_spec("unsloth") is None, reason="unsloth: absent"),
]
DRIVER = Path(__file__).with_name("train_on_cpu.py")
QUESTION = "<bos><start_of_turn>user\nTính: 2 + 3<end_of_turn>\n<start_of_turn>model\n"
ADAPTED = {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}


@dataclass(frozen=True)
class Run:
    """A finished run and what was seen of it."""

    model: Path
    folder: Path
    seen: Path
    output: str

    @property
    def losses(self) -> list[float]:
        """The logged losses."""
        lines = read_jsonl(self.folder / "metrics.jsonl")
        return [line["loss"] for line in lines if "loss" in line]


def build(kind: str, folder: Path) -> Path:
    """Write a model: Gemma 3 is the bundled one, Gemma 3n of about a million random parameters."""
    tokenizer = AutoTokenizer.from_pretrained(locate("mathpal/tiny"))
    if kind == "gemma3":
        model: Any = Gemma3ForCausalLM.from_pretrained(locate("mathpal/tiny"))
    else:
        torch.manual_seed(0)
        model = Gemma3nForCausalLM(gemma3n_config(len(tokenizer)))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def gemma3n_config(vocab_size: int) -> Gemma3nTextConfig:
    return Gemma3nTextConfig(
        vocab_size=vocab_size,
        vocab_size_per_layer_input=vocab_size,
        hidden_size=128,
        hidden_size_per_layer_input=32,
        intermediate_size=256,
        num_hidden_layers=6,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=32,
        num_kv_shared_layers=2,
        laurel_rank=8,
        sliding_window=64,
        layer_types=["sliding_attention", "full_attention"] * 3,
        activation_sparsity_pattern=[0.95] * 2 + [0.0] * 4,
        bos_token_id=2,
        eos_token_id=1,
        pad_token_id=0,
        max_position_embeddings=512,
    )


def rows_file(folder: Path) -> Path:
    problems = generate(120, 7, "train", starter=True)
    lines = [json.dumps({"question": p.question, "solution": p.solution}) for p in problems]
    path = folder / "rows.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path


def train(folder: Path, *overrides: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "MATHPAL_CACHE": str(folder / "cache")}
    (folder / "seen").mkdir()
    return subprocess.run(
        [sys.executable, DRIVER, folder / "seen", f"hydra.run.dir={folder / 'run'}", *overrides],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


@pytest.fixture(scope="module", params=["gemma3", "gemma3n"])
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """`train model=gemma3n model.name=FOLDER ...` for both tiny models."""
    folder = tmp_path_factory.mktemp(request.param)
    model = build(request.param, folder / "model")
    done = train(
        folder,
        "model=gemma3n",
        f"model.name={model}",
        "lora=r16",
        "data=vi_math",
        f"data.path={rows_file(folder)}",
        "data.test_rows=4",
        "model.batch_size=8",
        "hardware.precision=fp32",
        "trainer.max_steps=12",
        "trainer.learning_rate=5e-3",
        "trainer.logging_steps=1",
        "evaluation.max_new_tokens=16",
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return Run(model, folder / "run", folder / "seen", done.stdout + done.stderr)


def test_lora_sits_on_attention_and_feed_forward_alone(trained):
    names = load_file(trained.folder / "adapter" / "adapter_model.safetensors")
    modules = {name.rpartition(".lora_")[0].rpartition(".")[2] for name in names}
    assert modules == ADAPTED
    config = json.loads((trained.model / "config.json").read_text())
    without_keys_and_values = config.get("num_kv_shared_layers", 0)
    adapted = len(ADAPTED) * config["num_hidden_layers"] - 2 * without_keys_and_values
    assert len(names) == 2 * adapted  # a pair of matrices each


def test_questions_are_masked_and_the_end_of_turn_is_trained(trained):
    tokenizer = AutoTokenizer.from_pretrained(trained.model)
    batch = torch.load(trained.seen / "batch.pt")
    for ids, labels in zip(batch["input_ids"], batch["labels"], strict=True):
        answer = tokenizer.decode(labels[labels != -100])
        assert answer.endswith("<end_of_turn>\n") and "<start_of_turn>" not in answer
        question = tokenizer.decode(ids[: int((labels != -100).nonzero()[0])])
        assert question.startswith("<bos><start_of_turn>user\n")
        assert question.endswith("<start_of_turn>model\n")


def test_loss_falls(trained):
    assert len(trained.losses) == 12
    assert sum(trained.losses[-3:]) < 0.95 * sum(trained.losses[:3])


def test_adapter_reloads_in_plain_peft_with_the_same_logits(trained):
    tokenizer = AutoTokenizer.from_pretrained(trained.folder / "adapter")
    base = AutoModelForCausalLM.from_pretrained(trained.model, dtype=torch.float32)
    model = PeftModel.from_pretrained(base, trained.folder / "adapter").eval()
    inputs = tokenizer(QUESTION, add_special_tokens=False, return_tensors="pt")
    with torch.inference_mode():
        logits = model(**inputs).logits
    expected = torch.load(trained.seen / "logits.pt")
    assert (logits - expected).abs().max() < 1e-4


def test_answers_are_scored_before_and_after(trained):
    for name in ("base_predictions.jsonl", "predictions.jsonl"):
        assert len(read_jsonl(trained.folder / name)) == 4


def test_what_unsloth_prints_goes_to_the_log_and_its_files_to_the_cache(trained):
    assert "🦥" not in trained.output
    assert "Unsloth" in (trained.folder / "train.log").read_text(encoding="utf-8")
    assert not (trained.folder.parent / "unsloth_compiled_cache").exists()


def test_every_weight_can_be_trained(tmp_path):
    model = build("gemma3", tmp_path / "model")
    done = train(
        tmp_path,
        "model=gemma3n",
        f"model.name={model}",
        "lora=none",
        "hardware.precision=fp32",
        "data.train_rows=32",
        "trainer.max_steps=2",
        "trainer.learning_rate=1e-3",
        "evaluation=none",
    )
    assert done.returncode == 0, done.stderr + done.stdout
    before = load_file(model / "model.safetensors")
    after = load_file(tmp_path / "run" / "model" / "model.safetensors")
    assert all(not torch.equal(after[name].float(), before[name].float()) for name in after)
