"""Each trainer, trained for real to a measured effect, and what rows it takes."""

import json

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

from mathpal.config import ModelConfig
from mathpal.data import synth
from mathpal.data.chat import encode
from mathpal.errors import RequestError
from mathpal.files import read_jsonl
from mathpal.models.sources import locate
from mathpal.models.transformers import load_tokenizer

QUICK = (
    "hardware=cpu",
    "hardware.precision=fp32",
    "data.train_rows=320",
    "data.test_rows=32",
    "evaluation=none",
    "trainer.logging_steps=1",
    "trainer.save_strategy=no",
)
WEIGHTS = "adapter_model.safetensors"
ALL_KINDS = dict.fromkeys(("grades", "kinds", "strands", "topics", "system"))
ALL_KINDS |= {"course": "starter", "choices": 0.0}


@pytest.fixture(scope="module")
def pairs():
    """Held-out pairs, tokenised."""
    rows = synth.pairs(seed=0, train_rows=1, test_rows=64, **ALL_KINDS).test
    return encode(rows, load_tokenizer(ModelConfig(name="mathpal/tiny")))


def log_likelihood(model, row):
    """Return log p of a row's trained tokens, a token."""
    ids = torch.tensor([row.input_ids])
    labels = torch.tensor([row.labels])
    with torch.inference_mode():
        return -float(model(input_ids=ids, labels=labels).loss)


def score(model, row):
    """Return what a reward model gives a row."""
    with torch.inference_mode():
        return float(model(input_ids=torch.tensor([row.input_ids])).logits[0, 0])


def preference(folder, pairs):
    """Return log p of chosen answers, and how much above the rejected ones: before and after."""
    base = AutoModelForCausalLM.from_pretrained(locate("mathpal/tiny"), dtype="float32").eval()
    found = []
    for step in ("before", "after"):
        model = base if step == "before" else PeftModel.from_pretrained(base, folder / "adapter")
        chosen = sum(log_likelihood(model, pair) for pair in pairs) / len(pairs)
        rejected = sum(log_likelihood(model, pair.rejected) for pair in pairs) / len(pairs)
        found.append((chosen, chosen - rejected))
    return found


def mean(values):
    values = list(values)
    return sum(values) / len(values)


@pytest.mark.slow
def test_dpo_widens_the_margin_between_chosen_and_rejected(launch, pairs):
    run = launch("trainer=dpo", base=QUICK)
    margins = [line["rewards/margins"] for line in run.metrics if "rewards/margins" in line]
    assert mean(margins[-5:]) > mean(margins[:5]) + 0.1
    assert run.json("metrics.json")["eval_margin"] > 0.1
    (_, before), (_, after) = preference(run.folder, pairs)
    assert after > before + 0.01


@pytest.mark.slow
def test_kto_prefers_good_answers_to_bad_ones(launch, pairs):
    run = launch("trainer=kto", base=QUICK)
    assert run.json("plan.json")["train_rows"] == 640  # both answers of each pair
    (_, before), (_, after) = preference(run.folder, pairs)
    assert after > before + 0.01


@pytest.mark.slow
def test_orpo_makes_chosen_answers_likelier_and_preferred(launch, pairs):
    run = launch("trainer=orpo", "trainer.beta=1", base=QUICK)
    (chosen_before, before), (chosen_after, after) = preference(run.folder, pairs)
    assert chosen_after > chosen_before + 0.2
    assert after > before
    assert run.json("metrics.json")["tokens_per_second"] > 0


@pytest.mark.slow
def test_reward_model_ranks_pairs_that_it_has_not_seen(launch):
    base = tuple(o for o in QUICK if o != "evaluation=none")
    run = launch("trainer=reward", "data.train_rows=800", "data.test_rows=120", base=base)
    figures = run.json("metrics.json")
    assert figures["eval_accuracy"] > max(0.58, figures["base_accuracy"])
    judged = read_jsonl(run.folder / "predictions.jsonl")
    assert mean(row["correct"] for row in judged) == figures["eval_accuracy"]
    assert all((row["prediction"] == row["reference"]) is row["correct"] for row in judged)
    # As anyone would load it: the adapter brings the head along.
    fresh = AutoModelForSequenceClassification.from_pretrained(
        locate("mathpal/tiny"), num_labels=1, dtype="float32"
    )
    model = PeftModel.from_pretrained(fresh, run.folder / "adapter").eval()
    model.config.pad_token_id = 0
    tokenizer = load_tokenizer(ModelConfig(name="mathpal/tiny"))
    rows = synth.pairs(seed=0, train_rows=1, test_rows=120, **ALL_KINDS).test
    right = [score(model, pair) > score(model, pair.rejected) for pair in encode(rows, tokenizer)]
    assert mean(right) == pytest.approx(figures["eval_accuracy"], abs=0.02)


@pytest.mark.slow
def test_grpo_earns_more_reward(launch):
    run = launch("trainer=grpo", "trainer.max_completion_length=96", base=QUICK)
    rewards = [line["reward"] for line in run.metrics if "reward" in line]
    assert len(rewards) == 40
    assert mean(rewards[-13:]) > mean(rewards[:13]) + 0.03
    assert all("rewards/right_answer/mean" in line for line in run.metrics if "reward" in line)


def test_grpo_takes_a_reward_of_the_users_own(launch, tmp_path, monkeypatch):
    (tmp_path / "brief.py").write_text(
        "def reward(completions, limit, **_):\n"
        "    return [-len(turns[-1]['content']) / limit for turns in completions]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    run = launch(
        "trainer=grpo",
        "+trainer.rewards.brief._target_=brief.reward",
        "+trainer.rewards.brief.limit=50",
        "allow_targets=[brief]",
        "trainer.max_steps=2",
        "trainer.max_completion_length=48",
        base=QUICK,
    )
    assert all(line["rewards/brief/mean"] < 0 for line in run.metrics if "reward" in line)


def test_grpo_stops_at_the_end_of_a_turn(launch):
    run = launch(
        "trainer=grpo",
        "trainer.max_steps=2",
        "trainer.max_completion_length=200",
        "data.kinds=[total]",
        base=QUICK,
    )
    lines = [line for line in run.metrics if "completions/clipped_ratio" in line]
    assert lines and all(line["completions/clipped_ratio"] < 0.5 for line in lines)


@pytest.mark.slow
@pytest.mark.parametrize("trainer", ["dpo", "kto"])
def test_a_resumed_run_goes_on_with_its_own_adapter(launch, trainer):
    """TRL keeps a copy of the adapter as the reference, which Trainer would load in its place."""
    saving = tuple(o for o in QUICK if "save_strategy" not in o)
    options = (f"trainer={trainer}", "trainer.max_steps=6", "trainer.save_steps=3")
    options += ("trainer.lr_scheduler_type=constant", "data.train_rows=64", "data.test_rows=0")
    whole = launch(*options, base=saving, folder="whole")
    checkpoint = whole.folder / "checkpoints" / "checkpoint-3"
    assert not (checkpoint / "ref").exists()
    resumed = launch(*options, f"resume={checkpoint}", base=saving, folder="resumed")
    last = [run.losses[-1] for run in (whole, resumed)]
    assert last[1] == pytest.approx(last[0], abs=1e-6)
    first, second = (load_file(run.folder / "adapter" / WEIGHTS) for run in (whole, resumed))
    assert all(torch.allclose(first[name], second[name], atol=1e-6) for name in first)


PREFERENCE = {"prompt": "Tính: {n} + 1", "chosen": "Đáp số: {r}", "rejected": "Đáp số: {w}"}
PLAIN = {"prompt": "Tính: {n} + 1", "completion": "Đáp số: {r}"}
LABELLED = {"prompt": "Tính: {n} + 1", "completion": "Đáp số: {r}", "label": True}


def filled(record, n):
    values = {"n": n, "r": n + 1, "w": n - 1}
    return {k: v.format(**values) if isinstance(v, str) else v for k, v in record.items()}


def as_turns(record):
    """Write a preference record as turns, the prompt within both answers."""
    question = {"role": "user", "content": record["prompt"]}
    return {
        kind: [question, {"role": "assistant", "content": record[kind]}]
        for kind in ("chosen", "rejected")
    }


@pytest.mark.parametrize(
    ("trainer", "records"),
    [
        ("dpo", [filled(PREFERENCE, n) for n in range(2, 18)]),
        ("orpo", [as_turns(filled(PREFERENCE, n)) for n in range(2, 18)]),
        ("kto", [filled(LABELLED, n) | {"label": n % 2 == 0} for n in range(2, 18)]),
        ("reward", [filled(PREFERENCE, n) for n in range(2, 18)]),
        ("sft", [filled(PREFERENCE, n) for n in range(2, 18)]),
        (
            "grpo",
            [filled({k: LABELLED[k] for k in ("prompt", "completion")}, n) for n in range(16)],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_rows_of_a_file_are_trained_on(launch, tmp_path, trainer, records):
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(record) for record in records))
    base = tuple(o for o in QUICK if not o.startswith("data."))
    run = launch(
        f"trainer={trainer}",
        "data=jsonl",
        f"data.path={path}",
        "data.test_rows=2",
        "trainer.max_steps=1",
        *(["trainer.max_completion_length=16"] if trainer == "grpo" else []),
        base=base,
    )
    assert len(run.losses) == 1


@pytest.mark.parametrize(
    ("trainer", "record", "words"),
    [
        ("dpo", LABELLED, "data=vi_math_pref, or data=jsonl with columns prompt, chosen, rejected"),
        ("reward", LABELLED, "data=vi_math_pref"),
        ("sft", LABELLED | {"label": False}, "choose trainer=kto"),
        ("kto", PLAIN, "columns prompt, completion, label"),
    ],
)
def test_rows_that_do_not_fit_are_refused_with_those_that_do(
    launch, tmp_path, trainer, record, words
):
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(filled(record, n)) for n in range(4)))
    with pytest.raises(RequestError) as refused:
        launch(f"trainer={trainer}", "data=jsonl", f"data.path={path}", base=("hardware=cpu",))
    assert words in str(refused.value)
