"""Requests that cannot work: each refused with all that is wrong, where, and what to do."""

import functools
import importlib.util
import inspect
import json
import os
import pickle
import re
from pathlib import Path

import pytest
import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser

from mathpal import checkpoints
from mathpal.compose import compose_config, freeze, to_experiment
from mathpal.config import GROUPS, as_dict, conf_dir
from mathpal.errors import RequestError
from mathpal.models import shape as shapes
from mathpal.models.shape import Layer, Linear, Shape
from mathpal.overrides import Request, adds
from mathpal.preflight import check, machine, rules
from mathpal.preflight.rules import (
    disk,
    packages,
    preferences,
    saving,
    schedule,
    secrets,
    sharding,
    values,
)
from mathpal.problems import apply

TABLE = yaml.safe_load(
    (Path(__file__).parent / "cases/broken_requests.yaml").read_text(encoding="utf-8")
)
BROKEN = [*TABLE["combinations"], *TABLE["single_values"]]
SMALL = ["data.train_rows=8", "data.test_rows=4"]

SHIPPED = ("model", "lora", "data", "trainer", "optimizer", "hardware", "tracking", "export")
SHIPPED += ("evaluation", "experiment")
MANDATORY = {
    "data=jsonl": ["data.path=rows.jsonl"],
    "data=custom": ["data._target_=mine.rows", "allow_targets=[mine]"],
    "model=hf": ["model.name=me/mine"],
}


@functools.cache
def chosen(*groups):
    return pickle.dumps(compose_config(Request(groups), allow_missing=True))


def composed(*asks):
    """Compose a request; requests that choose the same options of groups share the slow part."""
    groups = [ask for ask in asks if ask.partition("=")[0] in GROUPS]
    config = pickle.loads(chosen(*groups))
    keys = [ask for ask in asks if ask not in groups]
    for override in OverridesParser.create().parse_overrides(keys):
        wrong = apply(config, override.key_or_group, override.value(), adds=adds(override))
        assert not wrong, wrong
    return to_experiment(config)


def with_rows(asks):
    """Put small data first, where the request says nothing of its own about them."""
    named = {ask.partition("=")[0] for ask in asks}
    is_file = any(ask.startswith(("data=jsonl", "data=custom")) for ask in asks)
    small = [] if is_file or "resume" in named else SMALL
    return [*(s for s in small if s.partition("=")[0] not in named), *asks]


def write_rows(path, rows):
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")


def write_run(folder, *asks, with_optimizer=True):
    """Write what a run of four steps leaves behind."""
    checkpoint = folder / "checkpoints/checkpoint-4"
    checkpoint.mkdir(parents=True)
    for name in ("adapter_model.safetensors", *["optimizer.pt"] * with_optimizer):
        (checkpoint / name).write_bytes(b"0")
    checkpoints.write_manifest(checkpoint)
    freeze(composed(*asks), folder / "config.yaml")


def write_model(folder, **config):
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the files, models and runs that requests of the table name."""
    folder = tmp_path_factory.mktemp("requests")
    rows = [{"prompt": f"{n} + 1 = ?", "completion": f"Đáp số: {n + 1}"} for n in range(12)]
    write_rows(folder / "rows.jsonl", rows)
    write_rows(folder / "labelled.jsonl", [{**row, "label": False} for row in rows])
    write_run(folder / "run")
    write_run(folder / "light", with_optimizer=False)
    sizes = {
        "vocab_size": 1000,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "max_position_embeddings": 512,
    }
    write_model(folder / "gemma2", model_type="gemma2", **sizes)
    huge = {"hidden_size": 16_384, "intermediate_size": 65_536, "num_hidden_layers": 120}
    write_model(folder / "huge", model_type="llama", **{**sizes, **huge})
    return folder


@pytest.fixture
def ask(place, monkeypatch):
    """Check a request as the command does, in the folder and without secrets or the hub."""
    monkeypatch.chdir(place)
    for name in set(os.environ) - set(without_secrets(place)):
        monkeypatch.delenv(name)

    def refuse(case):
        for name, value in {**without_secrets(place), **case.get("env", {})}.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(RequestError) as refused:
            check(composed(*with_rows(case["asks"])))
        return refused.value.problems

    return refuse


def without_secrets(home):
    """Return an environment in which neither a key nor a token is at hand, nor the hub."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("WANDB_", "HF_", "MATHPAL_"))}
    return {**kept, "HOME": str(home), "HF_HOME": str(home), "HF_HUB_OFFLINE": "1"}


def name_of(value):
    return " ".join(value["asks"])[:70] if isinstance(value, dict) else str(value)


def assert_found(problems, expected):
    assert len(problems) == len(expected), problems
    for where, remedy in expected:
        fitting = [p for p in problems if p.startswith(where) and remedy in p]
        assert len(fitting) == 1, (where, remedy, problems)


@pytest.mark.parametrize("case", BROKEN, ids=name_of)
def test_a_broken_request_is_refused_with_all_that_is_wrong(case, ask):
    assert_found(ask(case), case["finds"])


def test_the_table_is_mostly_about_combinations():
    assert len(TABLE["combinations"]) >= 40
    assert len(BROKEN) >= 60
    assert len({" ".join(case["asks"]) for case in BROKEN}) == len(BROKEN)


@pytest.mark.parametrize(
    "case", [BROKEN[0], *[pytest.param(case, marks=pytest.mark.slow) for case in BROKEN[5::9]]]
)
def test_the_command_says_the_same(case, place, run_train):
    env = without_secrets(place) | case.get("env", {})
    finished = run_train(*with_rows(case["asks"]), cwd=place, env=env)
    assert (finished.code, finished.stdout) == (2, "")
    assert_found(finished.problems, case["finds"])


# what is right


@pytest.mark.parametrize("option", ["grpo", "kto", "orpo", "reward"])
def test_a_trainer_as_it_is_shipped_keeps_the_rules(option):
    experiment = composed(f"trainer={option}", *SMALL)
    assert rules.problems(experiment) == list(machine.problems(experiment)) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", [p for p in sorted(conf_dir().glob("*/*.yaml")) if p.parent.name in SHIPPED], ids=str
)
def test_every_option_as_it_is_shipped_keeps_the_rules(path):
    option = f"{path.parent.name}={path.stem}"
    experiment = composed(option, *MANDATORY.get(option, []))
    assert rules.problems(experiment) == []
    assert rules.warnings(experiment, None, 0, 1, 0) == []


GOES_ON = [
    ["trainer.max_steps=40", "trainer.logging_steps=2", "tracking=none", "evaluation=none"],
    ["hardware=ddp", "hardware.num_threads=1", "trainer.per_device_train_batch_size=8"],
    ["trainer.save_steps=5", "trainer.eval_strategy=steps", "trainer.eval_steps=5"],
]
"""What may change when a run is resumed; two processes with half the batch draw the same rows."""


@pytest.mark.parametrize("asks", GOES_ON, ids=" ".join)
def test_a_resumed_run_may_change_what_its_weights_do_not_depend_on(asks, place):
    assert rules.problems(composed(f"resume={place / 'run'}", *asks)) == []


def test_a_resumed_run_finds_its_rows_in_another_place(place, tmp_path):
    rows = (place / "rows.jsonl").read_text(encoding="utf-8")
    (tmp_path / "rows.jsonl").write_text(rows, encoding="utf-8")
    write_run(tmp_path / "run", "data=jsonl", f"data.path={place / 'rows.jsonl'}")
    asks = ("data=jsonl", f"resume={tmp_path / 'run'}", f"data.path={tmp_path / 'rows.jsonl'}")
    assert rules.problems(composed(*asks)) == []
    (tmp_path / "rows.jsonl").write_text(rows + "\n", encoding="utf-8")
    (problem,) = rules.problems(composed(*asks))
    assert problem.startswith(f"data.path={tmp_path / 'rows.jsonl'}: ")


def test_what_does_not_train_is_not_held_to_the_rules_of_training(place):
    experiment = composed("lora.layers_pattern=layers", "lora.target_modules=[q_prj]")
    assert len(rules.problems(experiment)) == 2
    assert rules.input_problems(experiment) == []
    assert len(rules.input_problems(composed("model=hf", "model.name=./nowhere"))) == 1


def test_secrets_are_found_where_their_owners_put_them(tmp_path, monkeypatch):
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "WANDB_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert (secrets.has_hub_token(), secrets.has_wandb()) == (False, False)
    (tmp_path / "token").write_text("hf", encoding="utf-8")
    (tmp_path / "netrc").write_text("machine api.wandb.ai login user", encoding="utf-8")
    assert (secrets.has_hub_token(), secrets.has_wandb()) == (True, True)


# what is known late

LINEAR = Linear("attn.c_attn", 8, 24)
LEARNED = Shape("gpt2", 100, 8, 2, 2, 4, (Layer((LINEAR,), 16),), 16, True, 512, path="transformer")

DROPS = "trainer.dataloader_drop_last=true"
LENGTH = "model.max_length=1024"

LATE = [
    ([], {"num_steps": 3}, []),
    (["trainer.warmup_steps=50"], {"num_steps": 20}, []),
    ([DROPS], {"num_rows": 5}, ["trainer.dataloader_drop_last"]),
    ([DROPS], {"num_rows": 16}, []),
    (["trainer=grpo"], {"num_rows": 3}, ["trainer.num_generations"]),
    (["trainer=grpo"], {"num_rows": 4}, []),
    (["trainer=grpo", "trainer.gradient_accumulation_steps=1"], {"num_rows": 1}, []),
    ([LENGTH], {"shape": LEARNED, "longest_sequence": 600}, ["trainer.max_length"]),
    ([LENGTH], {"shape": LEARNED, "longest_sequence": 512}, []),
    ([LENGTH], {"shape": None, "longest_sequence": 600}, []),
]
"""Overrides, what is known once rows are tokenised, the keys that are then wrong."""


@pytest.mark.parametrize(("asks", "known", "expected"), LATE, ids=str)
def test_rows_and_steps_tell_more(asks, known, expected):
    facts = {"num_rows": 100, "num_steps": 100, "longest_sequence": 100, "shape": None} | known
    problems = rules.late_problems(composed(*asks), **facts)
    assert [re.split("[=:]", problem)[0] for problem in problems] == expected


def test_a_run_shorter_than_the_one_that_is_resumed_has_nothing_to_do(place):
    experiment = composed(f"resume={place / 'run'}", "trainer.max_steps=3")
    facts = {"num_rows": 100, "longest_sequence": 100, "shape": None}
    (problem,) = rules.late_problems(experiment, num_steps=3, **facts)
    assert problem.startswith("trainer.max_steps=3: ")
    assert problem.endswith("set trainer.max_steps=4 or more")
    assert rules.late_problems(experiment, num_steps=4, **facts) == []


def test_a_run_that_ends_before_its_events_is_warned_of():
    experiment = composed(
        "trainer.warmup_steps=6",
        "trainer.eval_strategy=steps",
        "trainer.eval_steps=10",
        "trainer.save_steps=50",
        "trainer.load_best_model_at_end=true",
        "trainer.early_stopping_patience=3",
    )
    found = {steps: rules.late_warnings(experiment, steps) for steps in (5, 20, 60)}
    keys = {steps: [w.partition("=")[0] for w in warnings] for steps, warnings in found.items()}
    assert keys == {
        5: ["trainer.warmup_steps", "trainer.eval_steps", "trainer.save_steps"],
        20: ["trainer.save_steps", "trainer.early_stopping_patience"],
        60: [],
    }


WARNED = [
    (["trainer.max_steps=5", "trainer.num_train_epochs=3"], "trainer.num_train_epochs=3 does not"),
    (["lora.r=500"], "lora.r=500 is beyond the rank of"),
    (["trainer.packing=true", "trainer.packing_strategy=wrapped"], "trainer.packing_strategy=wr"),
    (["trainer.eval_steps=50"], "trainer.eval_steps=50 does not count"),
    (["trainer.early_stopping_threshold=0.1"], "trainer.early_stopping_threshold=0.1 does not"),
    (["trainer.gradient_checkpointing_kwargs={a:1}"], "trainer.gradient_checkpointing_kwargs do"),
    (["optimizer.target_modules=[attn]"], "optimizer.target_modules does not count: adamw_torch"),
    (["trainer=dpo", "trainer.padding_free=true"], "trainer.padding_free=true does not count"),
    (["trainer=grpo", "trainer.loss_type=luspo"], "trainer.importance_sampling_level=token is no"),
    (["trainer.max_length=4096"], "trainer.max_length=4096 is beyond the model's context of 512"),
    (["evaluation.max_new_tokens=512"], "evaluation.max_new_tokens=512 leaves no room"),
]


@pytest.mark.parametrize(("asks", "words"), WARNED, ids=str)
def test_what_can_run_but_is_hardly_meant_is_warned_of(asks, words):
    experiment = composed(*asks)
    assert rules.problems(experiment) == []
    (warning,) = rules.warnings(experiment, 512, 0, 10, 2)
    assert warning.startswith(words)


def test_packed_rows_of_a_type_that_was_not_tried_are_warned_of(place):
    experiment = composed("model=hf", f"model.name={place / 'gemma2'}", "trainer.packing=true")
    assert rules.problems(experiment) == []
    (warning,) = rules.warnings(experiment, 4096, 0, 10, 2)
    assert warning.startswith("trainer.packing=true: with sdpa attention, whether packed rows of")


def test_a_checkpoint_without_its_optimizer_is_warned_of(place):
    experiment = composed(f"resume={place / 'light'}")
    assert rules.problems(experiment) == []
    (warning,) = rules.warnings(experiment, None, 0, 10, 2)
    assert "moments, warm-up and schedule begin anew" in warning


def test_a_config_that_cannot_be_read_is_told_with_all_else(tmp_path):
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    experiment = composed("model=hf", f"model.name={tmp_path}", "lora.r=0")
    keys = [problem.partition("=")[0] for problem in rules.problems(experiment)]
    assert keys == ["lora.r", "model.name"]


FITTING = [
    ["lora.target_modules=null"],
    ["lora.target_modules=[self_attn.q_proj,v_proj]", "lora.exclude_modules=[vision_tower]"],
    ["lora.modules_to_save=[mlp,embed_tokens]", "lora.exclude_modules=.*vision.*"],
    ["trainer.lr_scheduler_type=constant", "trainer.lr_scheduler_kwargs={num_cycles:2}"],
    ["trainer.lr_scheduler_type=cosine_with_min_lr", "trainer.lr_scheduler_kwargs={min_lr:1e-6}"],
    ["trainer.padding_free=true", "trainer.max_length=null"],
    ["trainer.debug='underflow_overflow tpu_metrics_debug'", "trainer.max_grad_norm=-1"],
    ["trainer.max_steps=5", "trainer.warmup_steps=50", "data.train_rows=3"],
    ["trainer=grpo", "trainer.importance_sampling_level=sequence", "data.train_rows=4"],
    ["trainer=grpo", "trainer.use_vllm=true", "trainer.top_k=-1", "dry_run=true"],
]
"""Requests that look odd and that the libraries take."""


@pytest.mark.parametrize("asks", FITTING, ids=" ".join)
def test_what_the_libraries_take_is_not_refused(asks):
    experiment = composed(*asks)
    assert rules.problems(experiment) == list(machine.problems(experiment)) == []


# the disk, packages

ON_DISK = [
    # a LoRA of r 16 on 7 linears x 5 layers: checkpoints of weights and AdamW's two states
    (["trainer.save_steps=0.25"], 12, 3),
    (["trainer.save_steps=0.25", "trainer.save_total_limit=null"], 12, 4),
    (["trainer.save_steps=10", "trainer.max_steps=20"], 12, 2),
    (["trainer.save_strategy=no"], 12, 0),
    (["trainer.save_only_model=true"], 4, 3),
    (["optimizer=sgd"], 4, 3),
    (["optimizer=lion"], 8, 3),
]


@pytest.mark.parametrize(("asks", "bytes_each", "num_checkpoints"), ON_DISK, ids=str)
def test_checkpoints_hold_what_is_trained_and_the_optimizers_state(
    asks, bytes_each, num_checkpoints
):
    experiment = composed(*asks)
    shape = shapes.find(experiment.model)
    trained = shapes.num_lora_parameters(shape, as_dict(experiment.lora))
    found = disk.written(experiment, shape)
    assert found.checkpoint_bytes == trained * bytes_each
    assert found.num_checkpoints == num_checkpoints
    assert found.export_bytes == trained * 4


@pytest.mark.parametrize(
    ("asks", "bytes_each"), [(["lora=none"], 4), (["lora=none", "export=none"], 0)], ids=str
)
def test_a_whole_model_is_exported_once(asks, bytes_each):
    experiment = composed(*asks)
    shape = shapes.find(experiment.model)
    found = disk.written(experiment, shape)
    assert found.export_bytes == shapes.num_parameters(shape) * bytes_each
    merged = disk.written(composed("export=merged"), shape)
    assert merged.export_bytes > shapes.num_parameters(shape) * 4


def test_a_package_of_another_version_is_named_with_the_right_one():
    assert packages.problems() == ()
    (wanted,) = [mismatch for mismatch in map(packages.mismatch, ["pyyaml<6"]) if mismatch]
    assert wanted.startswith("pyyaml ")
    assert wanted.endswith("is installed, not <6: pip install 'pyyaml<6'")
    missing = packages.mismatch("there-is-no-such-package>=1")
    assert missing is not None and missing.endswith("pip install 'there-is-no-such-package>=1'")
    assert packages.mismatch("pyyaml<6; extra == 'other'") is None
    assert packages.mismatch("pyyaml>=5") is None


# what the tables were read from


def test_what_trainers_learn_from_is_what_their_options_say():
    for name, form in preferences.LEARNS_FROM.items():
        written = yaml.safe_load((conf_dir() / f"trainer/{name}.yaml").read_text(encoding="utf-8"))
        assert written.get("learns_from", "answers") == form
        assert written["_target_"] == f"mathpal.trainers.{name}.build"
    training = yaml.safe_load((conf_dir() / "schema/training.yaml").read_text(encoding="utf-8"))
    assert training["num_train_epochs"] == schedule.CONF_EPOCHS


@pytest.mark.slow
def test_the_tables_are_those_of_the_libraries():
    from accelerate.utils import DynamoBackend
    from accelerate.utils.constants import FSDP_AUTO_WRAP_POLICY
    from transformers.debug_utils import DebugOption
    from transformers.optimization import TYPE_TO_SCHEDULER_FUNCTION
    from transformers.trainer_utils import SchedulerType

    fixed = {"optimizer", "num_warmup_steps", "num_training_steps", "last_epoch"}
    for name, arguments in schedule.SCHEDULER_ARGUMENTS.items():
        taken = inspect.signature(TYPE_TO_SCHEDULER_FUNCTION[SchedulerType(name)]).parameters
        assert set(taken) - fixed == set(arguments), name
    assert tuple(FSDP_AUTO_WRAP_POLICY) == sharding.WRAP_POLICIES
    assert {o.value for o in DebugOption} == set(values.CHOICES[""]["debug"])
    assert {b.value.lower() for b in DynamoBackend} == {"no", *values.COMPILERS}
    source = Path(importlib.util.find_spec("trl").origin).parent / "trainer"
    for method in ("sft", "dpo", "kto", "reward"):
        text = (source / f"{method}_trainer.py").read_text(encoding="utf-8")
        assert [m for m in saving.METRICS[method] if m != "loss" and f'["{m}"]' not in text] == []
    for loss in values.DPO_LOSSES:
        assert f'"{loss}"' in (source / "dpo_trainer.py").read_text(encoding="utf-8")
    for loss in values.GRPO_LOSSES:
        assert f'"{loss}"' in (source / "grpo_trainer.py").read_text(encoding="utf-8")
