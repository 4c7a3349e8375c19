"""Requests that this machine cannot carry out: refused before torch, with what would work."""

import importlib.util
import json
import re
import subprocess
import sys
from dataclasses import fields, replace

import pytest
import yaml

from mathpal.compose import compose
from mathpal.config import OUR_OPTIMIZERS, HardwareConfig, OptimizerConfig, as_dict, conf_dir
from mathpal.hardware import choose, may_have_gpu
from mathpal.overrides import Request
from mathpal.preflight import machine

needs_no_gpu = pytest.mark.skipif(may_have_gpu(), reason="this machine may have a GPU")

OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_HOME": "there-is-no-cache", "UNSLOTH_ALLOW_CPU": ""}
NO_GPU_FOR_UNSLOTH = (
    "backend=unsloth: needs a GPU, and there is none to use; add backend=transformers, or choose "
    "a small model: model=smollm2, model=tiny"
)
NOT_ON_THE_HUB = (
    "model.name=google/gemma-3n-E4B-it: the hub cannot be reached and the cache has no copy; use "
    "model=tiny, or a folder"
)

GPUS = {
    "t4": ("NVIDIA T4", 16, "fp16"),
    "l4": ("NVIDIA L4", 24, "bf16"),
    "rtx3090": ("NVIDIA RTX 3090", 24, "bf16"),
    "rtx4090": ("NVIDIA RTX 4090", 24, "bf16"),
    "a100_40": ("NVIDIA A100 40 GB", 40, "bf16"),
    "a100_80": ("NVIDIA A100 80 GB", 80, "bf16"),
    "h100": ("NVIDIA H100 80 GB", 80, "bf16"),
    "h200": ("NVIDIA H200", 141, "bf16"),
}
"""Option of hardware -> the GPU that it is for, its gigabytes, the precision that it is good at."""

NEEDS_GPU = [
    (["model=gemma3n"], [NO_GPU_FOR_UNSLOTH]),
    (["backend=unsloth", "model.backend=transformers"], [NO_GPU_FOR_UNSLOTH]),
    (
        ["model.quantization=8bit", "lora=none"],
        ["only frozen weights can be quantised; choose lora=r16", "8bit: needs a GPU"],
    ),
    (["optimizer=paged_adamw_8bit"], ["paged_adamw_8bit: needs a GPU; choose optimizer=adamw"]),
    (
        ["optimizer.name=galore_adamw"],
        [
            "galore_adamw: needs optimizer.target_modules=[attn,mlp]",
            "galore_adamw: needs a GPU; choose optimizer=adamw",
        ],
    ),
    (
        ["model.quantization=4bit", "optimizer=adamw_8bit", "hardware.precision=fp16"],
        [
            "hardware.precision=fp16: needs a GPU; use bf16 or fp32 on the CPU",
            "model.quantization=4bit: needs a GPU; set model.quantization=none",
            "trainer.optim=adamw_8bit: needs a GPU; choose optimizer=adamw",
        ],
    ),
]

PACKAGED_OPTIMIZERS = [
    ("schedule_free_adamw", "schedulefree", "schedulefree"),
    ("stable_adamw", "optimi", "torch-optimi"),
]
"""Name -> the module that it needs, and the package that holds it."""

CANNOT_WORK = [
    # several processes
    (
        ["hardware.node_rank=1", "hardware.main_address=one"],
        ["=1: machines are numbered from 0 to 0", "main_address=one: expected HOST:PORT"],
    ),
    (
        ["hardware.num_nodes=2", "hardware.node_rank=2"],
        ["numbered from 0 to 1", "machines must meet; set hardware.main_address=HOST:PORT"],
    ),
    (["hardware.main_address=one:two"], ["hardware.main_address=one:two: expected HOST:PORT"]),
    (
        ["hardware=fsdp", "+hardware.deepspeed.a=1", "dry_run=true"],
        ["hardware.fsdp and hardware.deepspeed do not go together; set one of them to null"],
    ),
]

ROOT_OR_MODEL = [
    (["backend=unsloth"], "unsloth"),
    (["model.backend=unsloth"], "unsloth"),
    (["model=gemma3n", "backend=transformers"], "transformers"),
    (["model=gemma3n", "model.backend=transformers"], "transformers"),
]
"""Overrides -> the backend that loads the model."""

REPORT_IMPORTS = """
import json, sys
from hydra.core.global_hydra import GlobalHydra
from mathpal.cli import main
codes = []
for line in sys.stdin:
    codes.append(main(["train", *json.loads(line)]))
    GlobalHydra.instance().clear()
heavy = {"torch", "transformers", "trl", "peft", "unsloth", "pytorch_optimizer", "datasets"}
print(json.dumps([codes, sorted(heavy & set(sys.modules))]))
"""

REFUSED = [
    ["hardware=h100", "backend=unsloth", "model.quantization=4bit", "optimizer=adamw_8bit"],
    ["trainer=dpo", "lora.init_lora_weights=pissa", "data=vi_math_synth", "optimizer=lion"],
    ["trainer.packing=true", "trainer.max_length=null", "lora.target_modules=[q_prj]", "resume=x"],
]


def composed(*overrides):
    return compose(Request(overrides))


def options_of(group):
    return sorted(path.stem for path in (conf_dir() / group).glob("*.yaml"))


def written(group, option):
    return yaml.safe_load((conf_dir() / group / f"{option}.yaml").read_text(encoding="utf-8"))


def assert_refused(finished, expected):
    assert (finished.code, finished.stdout) == (2, ""), finished
    assert len(finished.problems) == len(expected), finished.problems
    for problem, words in zip(finished.problems, expected, strict=True):
        assert words in problem


def name_of(value):
    return " ".join(value)[:60] if isinstance(value, list) else str(value)[:40]


# what needs a GPU


def test_with_transformers_such_a_model_lacks_the_hub_alone(run_train):
    finished = run_train("model=gemma3n", "backend=transformers", env=OFFLINE)
    assert_refused(finished, [NOT_ON_THE_HUB])


def test_a_dry_run_needs_neither_gpu_nor_hub(run_train, tmp_path):
    finished = run_train("model=gemma3n", "dry_run=true", "hydra.run.dir=run", env=OFFLINE)
    assert (finished.code, finished.stderr) == (0, "")
    assert "google/gemma-3n-E4B-it is not on this machine and the hub cannot" in finished.stdout
    plan = json.loads((tmp_path / "run/plan.json").read_text(encoding="utf-8"))
    assert (plan["model"], plan["num_parameters"]) == ("google/gemma-3n-E4B-it", 7_818_517_072)
    assert plan["tokens_estimated"] is True
    assert plan["memory"]["moments"][0]["parts"][0]["name"] == "weights"
    assert plan["memory_budget_bytes"] is None


@needs_no_gpu
@pytest.mark.parametrize(("arguments", "expected"), NEEDS_GPU, ids=name_of)
def test_what_needs_a_gpu_is_refused_without_one(
    arguments, expected, call_main, monkeypatch, tmp_path
):
    monkeypatch.delenv("UNSLOTH_ALLOW_CPU", raising=False)
    assert_refused(call_main("train", *arguments), expected)
    assert list(tmp_path.iterdir()) == []


@needs_no_gpu
@pytest.mark.parametrize("option", GPUS)
def test_a_gpu_that_is_not_here_is_refused_with_a_dry_run_as_the_hint(option, call_main, tmp_path):
    finished = call_main("train", f"hardware={option}")
    hint = (
        f"set hardware.device=cpu, install a CUDA build of torch, or plan for {GPUS[option][0]} by "
    )
    assert_refused(finished, [f"{hint}dry_run=true"])
    assert list(tmp_path.iterdir()) == []


@needs_no_gpu
@pytest.mark.parametrize("option", ["t4", pytest.param("h200", marks=pytest.mark.slow)])
def test_a_dry_run_plans_for_a_gpu_that_is_not_here(option, call_main, tmp_path):
    small = ("data.train_rows=8", "data.test_rows=2", "hydra.run.dir=run")
    finished = call_main("train", f"hardware={option}", "dry_run=true", *small)
    assert (finished.code, finished.stderr) == (0, "")
    gpu, _, precision = GPUS[option]
    assert f"device: cuda, {precision}: planned for {gpu} (" in finished.stdout
    plan = json.loads((tmp_path / "run/plan.json").read_text(encoding="utf-8"))
    assert (plan["device"], plan["precision"]) == ("cuda", precision)


@needs_no_gpu
@pytest.mark.parametrize("option", options_of("hardware"))
def test_a_gpu_option_says_which_gpu_its_memory_and_its_precision(option):
    hardware = written("hardware", option)
    expected = GPUS.get(option, (None, None, None))
    assert tuple(hardware.get(key) for key in ("gpu", "memory_gb", "precision")) == expected
    if option in GPUS:
        planned = choose(HardwareConfig(**hardware), 10**9, planning=True)
        assert (planned.device, planned.precision) == ("cuda", expected[2])


# packages


@needs_no_gpu
def test_every_optimizer_is_refused_in_one_line_or_not_at_all():
    experiment = composed()
    refused = {}
    names = next(f for f in fields(OptimizerConfig) if f.name == "name").metadata["choices"]
    for name in names:
        projected = ["attn", "mlp"] if name.startswith(("galore", "apollo")) else None
        trainer = replace(experiment.trainer, optim=name, optim_target_modules=projected)
        refused[name] = list(machine.problems(replace(experiment, trainer=trainer)))
        for problem in refused[name]:
            assert problem.startswith(f"trainer.optim={name}: ")
            assert problem.endswith("choose optimizer=adamw")
    assert max(map(len, refused.values())) == 1
    for name in ("adamw_torch", "adamw_torch_fused", "adafactor", "sgd", *OUR_OPTIMIZERS):
        assert refused[name] == []


@pytest.mark.parametrize(("name", "module", "package"), PACKAGED_OPTIMIZERS)
def test_an_optimizer_whose_package_is_missing_names_it(name, module, package, call_main):
    if importlib.util.find_spec(module) is not None:
        pytest.skip(f"{module} is installed here")
    expected = f"{package} is not installed: pip install {package}; or choose optimizer=adamw"
    finished = call_main("train", f"optimizer.name={name}")
    assert_refused(finished, [f"trainer.optim={name}: {expected}"])


@needs_no_gpu
def test_a_model_is_not_cut_in_pieces_without_gpus(call_main):
    expected = ["hardware.fsdp: accelerate shards on GPUs alone; use hardware=ddp here"]
    assert_refused(call_main("train", "hardware=fsdp"), expected)


# what works nowhere


@pytest.mark.parametrize(("arguments", "expected"), CANNOT_WORK, ids=name_of)
def test_settings_that_contradict_each_other_are_refused(arguments, expected, call_main, tmp_path):
    assert_refused(call_main("train", *arguments), expected)
    assert list(tmp_path.iterdir()) == []


# the files of conf/


@pytest.mark.parametrize(("overrides", "backend"), ROOT_OR_MODEL, ids=name_of)
def test_the_root_and_the_model_agree_on_the_backend(overrides, backend):
    experiment = composed(*overrides)
    assert experiment.backend == backend
    assert experiment.model._target_ == f"mathpal.models.{backend}.load"


@pytest.mark.parametrize("option", ["adamw", "lion", "paged_adamw_8bit", "sgd"])
def test_an_optimizer_option_reaches_the_trainer(option):
    experiment = composed(f"optimizer={option}", "optimizer.weight_decay=0.3")
    options, named = as_dict(experiment.trainer), written("optimizer", option)
    assert (options["optim"], options["weight_decay"]) == (named["name"], 0.3)
    rate = experiment.model.learning_rate * named.get("rate_factor", 1)
    assert options["learning_rate"] == pytest.approx(rate)


@pytest.mark.parametrize("trainer", ["dpo", "grpo"])
def test_a_trainer_that_prefers_answers_follows_the_optimizer_too(trainer):
    experiment = composed(f"trainer={trainer}", "optimizer=lion")
    options = as_dict(experiment.trainer)
    rate = 0.2 * experiment.model.preference_learning_rate
    assert (options["optim"], options["adam_beta2"]) == ("lion", 0.99)
    assert options["learning_rate"] == pytest.approx(rate)


@pytest.mark.parametrize("option", [o for o in options_of("model") if o != "hf"])
def test_a_model_says_its_context_its_turns_and_its_licence(option):
    text = (conf_dir() / f"model/{option}.yaml").read_text(encoding="utf-8")
    said = re.search(r"^# Context ([\d,]+) tokens; [^;]+ turns \(<\S+>\); ", text, re.MULTILINE)
    assert said is not None
    assert re.search(r"^# .*Licence: \w.+\.$", text, re.MULTILINE)
    assert written("model", option)["max_length"] <= int(said[1].replace(",", ""))


# what is not imported


@needs_no_gpu
def test_torch_is_not_imported_to_refuse(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", REPORT_IMPORTS],
        input="\n".join(map(json.dumps, REFUSED)),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout.splitlines()[-1]) == [[2] * len(REFUSED), []]
