"""Optimizers: each lowers the loss, and the one that was asked for is the one that is used."""

import shutil

import pytest
import torch
import yaml
from transformers import AutoModelForCausalLM, Trainer, TrainingArguments

from mathpal import optimizers
from mathpal.checkpoints import newest_whole
from mathpal.files import read_jsonl
from mathpal.models.sources import TINY, locate

TWELVE = (
    "hardware=cpu",
    "hardware.precision=fp32",
    "data.train_rows=8",
    "data.test_rows=2",
    "model.batch_size=2",
    "trainer.max_steps=12",
    "trainer.logging_steps=1",
    "trainer.save_steps=12",
    "evaluation=none",
)

STATES = {
    "adamw": {("exp_avg", "exp_avg_sq", "step")},
    "adafactor": {("RMS", "exp_avg_sq_col", "exp_avg_sq_row", "step")},
    "lion": {("exp_avg",)},
    "muon": {("momentum_buffer",)},
    "sgd": set(),
}
"""Option -> what its optimizer remembers of a matrix."""


def losses(folder):
    return {m["step"]: m["loss"] for m in read_jsonl(folder / "metrics.jsonl") if "loss" in m}


def optimizer_of(folder):
    return torch.load(newest_whole(folder) / "optimizer.pt")


def installed(model, name, tmp_path, **arguments):
    """Return the optimizer of a transformers.Trainer after `install`."""
    args = TrainingArguments(str(tmp_path), use_cpu=True, report_to="none", **arguments)
    trainer = Trainer(model, args)
    optimizers.install(trainer, name)
    return trainer.create_optimizer()


@pytest.fixture
def tiny():
    """The bundled model, all of whose weights are trained."""
    return AutoModelForCausalLM.from_pretrained(locate(TINY))


@pytest.mark.parametrize("option", STATES)
def test_an_optimizer_lowers_the_loss_and_is_the_one_asked_for(option, launch):
    run = launch(f"optimizer={option}", base=TWELVE)
    assert sum(run.losses[-4:]) < 0.8 * sum(run.losses[:4])
    state = optimizer_of(run.folder)["state"]
    assert {tuple(sorted(kept)) for kept in state.values()} == STATES[option]


def test_a_resumed_lion_run_goes_on_as_if_nothing_had_happened(launch, call_main):
    steps = ("trainer.max_steps=4", "trainer.save_steps=2")
    folder = launch("optimizer=lion", *steps, base=TWELVE).folder
    whole = losses(folder)
    shutil.rmtree(folder / "checkpoints/checkpoint-4")
    finished = call_main("resume", str(folder))
    assert (finished.code, finished.stderr) == (0, "")
    assert "step 3/4" in finished.stdout and "step 2/4" not in finished.stdout
    assert losses(folder) == pytest.approx(whole, abs=1e-5)


def test_factor_and_decay_reach_the_optimizer_and_the_frozen_config(launch):
    overrides = ("optimizer=muon", "optimizer.rate_factor=0.5", "optimizer.weight_decay=0.3")
    run = launch(*overrides, "lora=none", "trainer.max_steps=1", base=TWELVE)
    frozen = yaml.safe_load((run.folder / "config.yaml").read_text(encoding="utf-8"))
    rate = 0.5 * frozen["model"]["learning_rate"]
    assert frozen["trainer"]["learning_rate"] == pytest.approx(rate)
    assert (frozen["trainer"]["optim"], frozen["trainer"]["weight_decay"]) == ("muon", 0.3)
    matrices, embeddings, norms = optimizer_of(run.folder)["param_groups"]
    for group in (matrices, embeddings, norms):
        assert group["initial_lr"] == pytest.approx(rate)
    assert [g["weight_decay"] for g in (matrices, embeddings, norms)] == [0.3, 0.3, 0.0]


def test_muon_takes_matrices_of_hidden_layers_and_adamw_the_rest(tiny, tmp_path):
    names = {p: name for name, p in tiny.named_parameters()}
    matrices, *others = installed(tiny, "muon", tmp_path).param_groups
    assert matrices["use_muon"] and not any(group["use_muon"] for group in others)
    by_muon = {names[p] for p in matrices["params"]}
    by_adamw = {names[p] for group in others for p in group["params"]}
    assert by_muon | by_adamw == set(names.values()) and not by_muon & by_adamw
    assert all(name.endswith("_proj.weight") for name in by_muon)
    assert "model.embed_tokens.weight" in by_adamw
    assert all("norm" in name for name in by_adamw - {"model.embed_tokens.weight"})


def test_muon_leaves_a_head_of_its_own_to_adamw(tiny, tmp_path):
    tiny.lm_head.weight = torch.nn.Parameter(tiny.lm_head.weight.detach().clone())
    _, *others = installed(tiny, "muon", tmp_path).param_groups
    assert any(p is tiny.lm_head.weight for group in others for p in group["params"])


@pytest.mark.parametrize("name", ["lion", "muon"])
def test_frozen_weights_are_left_out(name, tiny, tmp_path):
    tiny.requires_grad_(False)
    trained = [layer.mlp.up_proj.weight.requires_grad_() for layer in tiny.model.layers]
    (group,) = installed(tiny, name, tmp_path).param_groups
    assert list(map(id, group["params"])) == list(map(id, trained))


def test_lion_has_the_settings_of_the_trainer(tiny, tmp_path):
    settings = {"learning_rate": 3e-4, "weight_decay": 0.2, "adam_beta1": 0.8, "adam_beta2": 0.97}
    optimizer = installed(tiny, "lion", tmp_path, **settings)
    assert type(optimizer).__name__ == "Lion"
    matrices, vectors = optimizer.param_groups
    for group in (matrices, vectors):
        assert (group["lr"], group["betas"]) == (3e-4, (0.8, 0.97))
    assert (matrices["weight_decay"], vectors["weight_decay"]) == (0.2, 0.0)


def test_any_other_name_is_left_to_transformers(tiny, tmp_path):
    optimizer = installed(tiny, "adamw_torch_fused", tmp_path)
    assert isinstance(optimizer, torch.optim.AdamW)
