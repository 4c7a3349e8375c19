"""A run from its plan to its folder."""

import json
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from mathpal.compose import compose, thaw
from mathpal.errors import RequestError
from mathpal.files import read_jsonl
from mathpal.models.sources import locate
from mathpal.overrides import Request

QUESTION = "<bos><start_of_turn>user\nTính: 2 + 3<end_of_turn>\n<start_of_turn>model\n"


def tiny():
    return AutoModelForCausalLM.from_pretrained(locate("mathpal/tiny"), dtype="float32").eval()


def logits(model, tokenizer):
    inputs = tokenizer(QUESTION, add_special_tokens=False, return_tensors="pt")
    with torch.inference_mode():
        return model(**inputs).logits


def test_finished_run_has_every_file_of_its_folder(small_run):
    names = {p.name for p in small_run.folder.iterdir()}
    assert names >= {
        "config.yaml",
        "plan.json",
        "run.json",
        "metrics.jsonl",
        "metrics.json",
        "predictions.jsonl",
        "quality.jsonl",
        "report.html",
        "checkpoints",
        "adapter",
        "loss.png",
    }
    assert not [n for n in names if n.startswith(".") and n != ".hydra"], "temporary files left"


def test_record_says_what_was_run_and_on_what(small_run):
    record = small_run.json("run.json")
    assert record["status"] == "done"
    assert record["error"] is None
    assert record["seed"] == 42
    assert record["device"] == "cpu"
    assert record["packages"]["trl"] and record["packages"]["torch"]
    assert len(record["data_sha256"]) == len(record["tokenizer_sha256"]) == 64
    assert record["peak_memory_bytes"] > 50_000_000
    assert set(record["seconds"]) >= {"preflight", "load", "train", "save", "evaluation"}
    assert record["seconds_total"] > record["seconds"]["train"]


def test_final_figures_are_flat_and_complete(small_run):
    figures = small_run.json("metrics.json")
    assert set(figures) == {
        "train_loss",
        "eval_loss",
        "eval_accuracy",
        "base_accuracy",
        "tokens_per_second",
        "peak_memory_bytes",
        "seconds_train",
        "seconds_total",
        "seconds_to_first_step",
    }
    assert all(isinstance(value, float | int) for value in figures.values())
    assert small_run.outcome.figures == figures
    assert 0 < figures["seconds_to_first_step"] < figures["seconds_total"]
    assert figures["train_loss"] == pytest.approx(sum(small_run.losses) / 4, rel=1e-4)


def test_metrics_have_a_line_a_logged_step(small_run):
    lines = [line for line in small_run.metrics if "loss" in line]
    assert [line["step"] for line in lines] == [1, 2, 3, 4]
    assert all(line["learning_rate"] >= 0 and line["grad_norm"] > 0 for line in lines)
    assert all(line["tokens_per_second"] > 0 for line in lines)
    assert any("eval_loss" in line for line in small_run.metrics)


def test_plan_counts_what_the_run_did(small_run):
    plan = small_run.json("plan.json")
    assert plan["num_steps"] == 4
    assert plan["train_rows"] == 64 and plan["test_rows"] == 8
    model = tiny()
    assert plan["num_parameters"] == sum(p.numel() for p in model.parameters())
    adapted = PeftModel.from_pretrained(model, small_run.folder / "adapter", is_trainable=True)
    trained = sum(p.numel() for p in adapted.parameters() if p.requires_grad)
    assert plan["num_trained_parameters"] == trained
    assert 0 < plan["tokens"]["trained"] < plan["tokens"]["total"]


def test_predictions_tell_question_answer_and_verdict(small_run):
    rows = read_jsonl(small_run.folder / "predictions.jsonl")
    assert len(rows) == 8
    assert all(
        row.keys() >= {"question", "reference", "prediction", "correct", "read_as"} for row in rows
    )
    share = sum(row["correct"] for row in rows) / len(rows)
    assert small_run.json("metrics.json")["eval_accuracy"] == share


def test_frozen_config_thaws_to_the_experiment_that_ran(small_run):
    experiment = thaw(small_run.folder / "config.yaml")
    assert experiment.trainer.max_steps == 4
    assert experiment.data.seed == 42


def test_adapter_loads_in_plain_peft_and_changes_the_model(small_run):
    tokenizer = AutoTokenizer.from_pretrained(small_run.folder / "adapter")
    base = logits(tiny(), tokenizer)
    adapted = logits(PeftModel.from_pretrained(tiny(), small_run.folder / "adapter"), tokenizer)
    assert (adapted - base).abs().max() > 1e-4


def test_loss_falls(launch):
    losses = launch("trainer.max_steps=30", "data.train_rows=240", "evaluation=none").losses
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])


def test_the_same_seed_gives_the_same_losses_and_another_does_not(launch):
    first = launch("evaluation=none", folder="a").losses
    again = launch("evaluation=none", folder="b").losses
    other = launch("evaluation=none", "seed=7", folder="c").losses
    assert first == again
    assert first != other


def test_merged_model_has_the_logits_of_base_and_adapter(launch):
    folder = launch("export=merged", "evaluation=none").folder
    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    merged = AutoModelForCausalLM.from_pretrained(folder / "model", dtype="float32").eval()
    adapted = PeftModel.from_pretrained(tiny(), folder / "adapter").eval()
    assert torch.allclose(logits(merged, tokenizer), logits(adapted, tokenizer), atol=1e-4)


def test_full_fine_tuning_trains_every_weight_and_saves_the_model(launch):
    run = launch("lora=none", "evaluation=none", "trainer.learning_rate=1e-3")
    plan = run.json("plan.json")
    assert plan["num_trained_parameters"] == plan["num_parameters"]
    assert not (run.folder / "adapter").exists()
    trained = AutoModelForCausalLM.from_pretrained(run.folder / "model", dtype="float32")
    before, after = dict(tiny().named_parameters()), dict(trained.named_parameters())
    assert all(not torch.equal(after[name], before[name]) for name in before)


def test_nothing_is_saved_but_checkpoints_if_asked(launch):
    folder = launch("export=none", "evaluation=none").folder
    assert not (folder / "adapter").exists() and not (folder / "model").exists()
    assert (folder / "checkpoints" / "checkpoint-4").is_dir()


def test_dry_run_plans_and_reads_no_weight(launch):
    run = launch("dry_run=true")
    assert run.json("run.json")["status"] == "done"
    assert run.json("plan.json")["num_steps"] == 4
    assert not (run.folder / "metrics.jsonl").exists()
    assert not (run.folder / "checkpoints").exists()


def test_accumulated_batches_equal_one_large_batch(launch):
    whole = launch("evaluation=none", "model.batch_size=8", folder="whole").losses
    parts = launch(
        "evaluation=none",
        "model.batch_size=2",
        "trainer.gradient_accumulation_steps=4",
        folder="parts",
    ).losses
    assert parts == pytest.approx(whole, abs=1e-4)


def test_bf16_autocast_stays_near_float32(launch):
    exact = launch("evaluation=none", folder="exact").losses
    half = launch("evaluation=none", "hardware.precision=bf16", folder="half").losses
    assert half != exact
    assert half == pytest.approx(exact, rel=0.05)


def test_early_stopping_ends_a_run_that_does_not_improve(launch):
    run = launch(
        "trainer.max_steps=20",
        "trainer.learning_rate=0",
        "trainer.eval_strategy=steps",
        "trainer.eval_steps=2",
        "trainer.save_strategy=steps",
        "trainer.save_steps=2",
        "trainer.load_best_model_at_end=true",
        "trainer.metric_for_best_model=eval_loss",
        "trainer.early_stopping_patience=2",
        "evaluation=none",
    )
    assert max(line["step"] for line in run.metrics) == 6


def test_best_checkpoint_is_the_one_saved(launch):
    run = launch(
        "trainer.max_steps=12",
        "trainer.learning_rate=0.2",
        "trainer.lr_scheduler_type=constant",
        "trainer.eval_strategy=steps",
        "trainer.eval_steps=3",
        "trainer.save_strategy=steps",
        "trainer.save_steps=3",
        "trainer.save_total_limit=1",
        "trainer.load_best_model_at_end=true",
        "trainer.metric_for_best_model=eval_loss",
        "evaluation=none",
    )
    losses = {line["step"]: line["eval_loss"] for line in run.metrics if "eval_loss" in line}
    kept = [p.name for p in (run.folder / "checkpoints").glob("checkpoint-*")]
    best = min(losses, key=losses.__getitem__)
    assert f"checkpoint-{best}" in kept and len(kept) <= 2
    assert run.json("metrics.json")["eval_loss"] == pytest.approx(losses[best], abs=1e-5)


def test_number_of_checkpoints_is_limited(launch):
    run = launch(
        "trainer.max_steps=6",
        "trainer.save_strategy=steps",
        "trainer.save_steps=1",
        "trainer.save_total_limit=2",
        "evaluation=none",
    )
    kept = sorted(p.name for p in (run.folder / "checkpoints").glob("checkpoint-*"))
    assert kept == ["checkpoint-5", "checkpoint-6"]


def test_rows_of_a_users_own_function_are_trained_on(launch, tmp_path, monkeypatch):
    (tmp_path / "ownrows.py").write_text(
        "from mathpal.data import Row, Rows, conversation\n"
        "def rows(options, **_):\n"
        "    make = lambda i: Row(conversation(f'Tính: {i} + 1', f'Đáp số: {i + 1}'))\n"
        "    train = [make(i) for i in range(options['count'])]\n"
        "    return Rows(train, [make(99)], 'own rows')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    run = launch(
        "data=custom",
        "data._target_=ownrows.rows",
        "allow_targets=[ownrows]",
        "+data.options.count=16",
        base=tuple(o for o in ("hardware=cpu", "model.batch_size=8", "trainer.max_steps=2")),
    )
    assert run.json("plan.json")["data"] == "own rows"
    assert len(read_jsonl(run.folder / "predictions.jsonl")) == 1


def test_failed_run_keeps_its_record_and_its_error(tmp_path, monkeypatch):
    (tmp_path / "badtrainer.py").write_text(
        "def build(setup, **_):\n    raise RuntimeError('no luck')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    from training.conftest import start

    folder = tmp_path / "run"
    with pytest.raises(RuntimeError, match="no luck"):
        start(folder, "trainer._target_=badtrainer.build", "allow_targets=[badtrainer]")
    record = json.loads((folder / "run.json").read_text())
    assert record["status"] == "failed"
    assert record["error"] == "RuntimeError: no luck"
    assert record["stage"] == "train"
    assert (folder / "config.yaml").is_file() and (folder / "plan.json").is_file()


def test_row_that_keeps_no_answer_is_refused_with_the_length_that_would_do(launch):
    with pytest.raises(
        RequestError, match=r"keep nothing of their answer .* set trainer.max_length=\d+"
    ):
        launch("trainer.max_length=12")


def test_long_rows_are_cut_and_told_of(launch, tmp_path):
    rows = tmp_path / "rows.jsonl"
    long = {"prompt": "Tính: 1 + 1", "completion": "1 + 1 = 2 " * 40}
    short = {"prompt": "Tính: 2 + 2", "completion": "Đáp số: 4"}
    rows.write_text("\n".join(json.dumps(r) for r in [long, short, short | {"prompt": "2 + 3"}]))
    run = launch(
        "data=jsonl",
        f"data.path={rows}",
        "data.test_rows=0",
        "trainer.max_length=64",
        "dry_run=true",
        base=("hardware=cpu",),
    )
    plan = run.json("plan.json")
    assert plan["cut_rows"] == 1
    assert "1 of 3 rows are longer than trainer.max_length=64" in plan["warnings"][0]


def test_lora_on_modules_that_are_not_there_is_refused(launch):
    with pytest.raises(RequestError, match=r"lora.target_modules=.nope.: gemma3_text has no"):
        launch("lora.target_modules=[nope]", "dry_run=true")


def test_model_folder_without_a_readable_config_is_refused(launch, tmp_path: Path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text('{"model_type": "nonsense"}')
    with pytest.raises(RequestError, match=r"model.name=.*cannot be loaded"):
        launch("model=hf", f"model.name={tmp_path / 'model'}", "dry_run=true")


def test_model_without_a_chat_template_is_refused(launch, tmp_path: Path):
    tokenizer = AutoTokenizer.from_pretrained(locate("mathpal/tiny"))
    tokenizer.chat_template = None
    tokenizer.save_pretrained(tmp_path / "model")
    tiny().save_pretrained(tmp_path / "model")
    with pytest.raises(RequestError, match=r"no chat template; set model.chat_template=FILE"):
        launch("model=hf", f"model.name={tmp_path / 'model'}", "dry_run=true")


@pytest.mark.parametrize("option", ["r4", "r8", "r16", "r32", "r64", "rslora", "dora", "none"])
def test_every_lora_option_trains(launch, option):
    losses = launch(f"lora={option}", "trainer.max_steps=2", "evaluation=none").losses
    assert len(losses) == 2 and all(0 < loss < 20 for loss in losses)


def test_experiment_production_composes_the_flagship():
    experiment = compose(Request(("experiment=production", "dry_run=true")))
    assert experiment.model.name == "google/gemma-3n-E4B-it"
    assert experiment.export.merged and experiment.tracking.report_to == ["wandb"]
    assert experiment.trainer.load_best_model_at_end


def test_folder_of_another_run_is_refused(launch):
    launch("evaluation=none")
    with pytest.raises(RequestError, match="holds a run already; go on with it: mathpal resume"):
        launch("evaluation=none")


def test_short_run_logs_its_last_step(launch):
    run = launch("trainer.logging_steps=10", "trainer.max_steps=3", "evaluation=none")
    assert [line["step"] for line in run.metrics if "loss" in line] == [1, 2, 3]
    assert run.json("metrics.json")["tokens_per_second"] > 0
