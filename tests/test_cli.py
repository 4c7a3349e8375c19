"""The command line: what it prints, its exit codes, and the flags that Hydra users know."""

import json
import re
import shlex
import subprocess
import sys
from importlib.metadata import version

import pytest
import yaml

from mathpal import arguments as parsing
from mathpal.cli import COMMANDS
from mathpal.compose import compose
from mathpal.config import GROUPS, conf_dir
from mathpal.help import EXAMPLES

ONE_FUNCTION = """
import signal
from mathpal.data import Row, Rows, conversation

def rows(**options):
    return Rows([Row(conversation("1 + 1 = ?", "2"))], [], "one row")

def interrupted(**options):
    signal.raise_signal(signal.SIGINT)

def broken(**options):
    return 1 / 0
"""


@pytest.fixture
def own_rows(tmp_path):
    """The overrides and environment with which `train` reads rows from a function of the user's."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src/tutor_rows.py").write_text(ONE_FUNCTION, encoding="utf-8")

    def overrides(function):
        return ["data=custom", f"data._target_=tutor_rows.{function}", "allow_targets=[tutor_rows]"]

    return overrides, {"PYTHONPATH": str(tmp_path / "src")}


# exit codes


def test_a_job_that_fails_in_the_users_code_exits_1_in_two_lines(own_rows, run_train):
    overrides, env = own_rows
    finished = run_train(*overrides("broken"), env=env)
    assert finished.code == 1
    error, hint = finished.stderr.splitlines()
    assert error == "train: error: ZeroDivisionError: division by zero"
    assert "MATHPAL_DEBUG=1" in hint


def test_ctrl_c_before_training_exits_130_in_one_line(own_rows, run_train):
    overrides, env = own_rows
    finished = run_train(*overrides("interrupted"), env=env)
    assert finished.code == 130
    assert re.fullmatch(r"train: interrupted: .+\n", finished.stderr)


def test_a_function_of_the_users_own_composes(own_rows, run_train):
    overrides, env = own_rows
    finished = run_train(*overrides("rows"), "--cfg", "job", env=env)
    assert (finished.code, finished.stderr) == (0, "")
    assert yaml.safe_load(finished.stdout)["data"]["_target_"] == "tutor_rows.rows"


def test_a_refused_request_leaves_no_folder_behind(run_train, tmp_path):
    assert run_train("lora.r=0").code == 2
    assert run_train("-m", "lora=r8,r99").code == 2
    assert run_train("--help", "trainr").code == 2
    assert list(tmp_path.iterdir()) == []


# help and version


def test_help_shows_groups_options_flags_and_exit_codes(call_main, tmp_path):
    finished = call_main("train", "--help")
    assert (finished.code, finished.stderr) == (0, "")
    for group in GROUPS:
        listed = re.search(rf"^  {group} +(.+(?:\n   .+)*)$", finished.stdout, re.MULTILINE)
        assert listed, group
        options = {path.stem for path in (conf_dir() / group).glob("*.yaml")}
        assert set(re.split(r",\s+", listed[1])) == options
    for words in ("--multirun", "--cfg", "--help GROUP", "trainer.learning_rate", "130"):
        assert words in finished.stdout
    assert max(map(len, finished.stdout.splitlines())) <= 100
    assert list(tmp_path.iterdir()) == []


def test_help_has_a_short_flag(call_main):
    assert call_main("train", "-h") == call_main("train", "--help")


@pytest.mark.parametrize("example", [line for line, _ in EXAMPLES])
def test_examples_of_the_help_compose(example):
    program, *words = shlex.split(example)
    assert program == "train"
    compose(parsing.read(words).request)


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ("model", ["model.name (str, default mathpal/tiny)", "train model=smollm2"]),
        ("lora", ["lora.r (int, default 16)", "Choices: none, all, lora_only", "rslora"]),
        ("data", ["data.grades (list[int] | null, default null)", "data.path (str | null"]),
        ("trainer", ["trainer.learning_rate (float, default", "Choices: no, steps, epoch"]),
        ("hardware", ["hardware.precision (str, default auto)", "fp32, bf16, fp16"]),
        ("tracking", ["tracking.plot (bool, default true)"]),
        ("evaluation", ["evaluation.max_rows (int | null, default null)"]),
        ("export", ["export.merged (bool, default false)"]),
        ("experiment", ["seed (int, default 42)", "dry_run (bool, default false)", "quick_test"]),
    ],
)  # fmt: skip
def test_help_of_a_group_lists_its_keys(group, words, call_main):
    finished = call_main("train", "--help", group)
    assert (finished.code, finished.stderr) == (0, "")
    for word in words:
        assert word in finished.stdout
    assert "typing." not in finished.stdout


def test_every_group_has_help(call_main):
    assert {call_main("train", "--help", group).code for group in GROUPS} == {0}


@pytest.mark.parametrize("topic", ["lora=r8", "lora.r", "lora"])
def test_help_takes_a_group_an_option_or_a_key(topic, call_main):
    assert call_main("train", topic, "--help") == call_main("train", "--help", "lora")


def test_help_of_several_groups_shows_all(call_main):
    both = call_main("train", "--help", "lora", "export").stdout
    assert "lora.r (" in both and "export.merged (" in both


@pytest.mark.parametrize(("topic", "meant"), [("trainr", "trainer"), ("modle", "model")])
def test_help_of_a_group_that_is_not_there_suggests_one(topic, meant, call_main):
    finished = call_main("train", "--help", topic)
    assert finished.code == 2
    (problem,) = finished.problems
    assert f"there is no group '{topic}'. Did you mean '{meant}'?" in problem


@pytest.mark.parametrize("arguments", [["--version"], ["train", "--version"]])
def test_version_is_the_installed_one(arguments, call_main):
    finished = call_main(*arguments)
    assert (finished.code, finished.stdout) == (0, f"mathpal {version('mathpal')}\n")


# mathpal COMMAND


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"], ["preview", "--help"]])
def test_mathpal_lists_its_commands(arguments, run_mathpal):
    finished = run_mathpal(*arguments)
    assert (finished.code, finished.stderr) == (0, "")
    for command in COMMANDS:
        assert f"mathpal {command} " in finished.stdout


def test_mathpal_train_is_train(call_main, run_train):
    assert call_main("train", "--help", "lora") == run_train("--help", "lora")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("previw", "mathpal: error: there is no command 'previw'. Did you mean 'preview'?"),
        ("banana", "mathpal: error: there is no command 'banana'. Commands: train, preview"),
    ],
)
def test_an_unknown_command_is_refused(command, words, call_main):
    finished = call_main(command)
    assert finished.code == 2
    assert len(finished.stderr.splitlines()) == 1 and words in finished.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["evaluate"], "mathpal: error: one run folder is wanted: mathpal evaluate RUN_DIR"),
        (["resume", "seed=3"], "mathpal: error: one run folder is wanted: mathpal resume RUN_DIR"),
        (["evaluate", "nowhere"], "nowhere: there is no such folder; runs land in outputs/"),
        (["evaluate", "."], "not a run's folder (no config.yaml in it)"),
        (["resume", "."], "not a run's folder (no config.yaml in it)"),
        (["preview", "."], "not a run's folder (no config.yaml in it)"),
        (["preview", "rows=0"], "rows=0: expected a whole number of at least 1"),
        (["preview", "rows=many"], "rows=many: expected a whole number of at least 1"),
        (["preview", "trainer.lr=3"], "Did you mean 'trainer.learning_rate'?"),
        (["preview", "lora.r=0"], "lora.r=0: must be at least 1"),
    ],
)
def test_a_wrong_request_after_a_run_is_refused(arguments, words, call_main, tmp_path):
    finished = call_main(*arguments)
    assert (finished.code, finished.stdout) == (2, "")
    assert len(finished.stderr.splitlines()) == 1 and words in finished.stderr
    assert list(tmp_path.iterdir()) == []


# composing


def composed(finished):
    assert (finished.code, finished.stderr) == (0, ""), finished
    return yaml.safe_load(finished.stdout)


@pytest.mark.parametrize(
    "arguments",
    [
        ["lora=r8", "--cfg", "job", "seed=3"],
        ["--cfg", "job", "lora=r8", "seed=3"],
        ["lora=r8", "seed=3", "-c", "job"],
        ["lora=r8", "--cfg=job", "seed=3"],
        ["-cn", "train", "lora=r8", "--cfg", "job", "seed=3"],
        ["lora=r8", "--config-name=train", "seed=3", "--cfg", "job"],
        ["lora=r8", "-cp", str(conf_dir()), "seed=3", "--cfg", "job"],
    ],
)
def test_flags_stand_anywhere_among_overrides(arguments, call_main, tmp_path):
    config = composed(call_main("train", *arguments))
    assert (config["lora"]["r"], config["seed"], config["name"]) == (8, 3, "train")
    assert list(tmp_path.iterdir()) == []


def test_multirun_stands_anywhere_among_overrides():
    line = parsing.read(["lora=r8,r16", "-m", "seed=1,2"])
    assert line.request.multirun
    assert line.request.overrides == ("lora=r8,r16", "seed=1,2")
    assert line.flags == ("-m",)


def test_cfg_hydra_shows_where_runs_land(call_main):
    config = composed(call_main("train", "--cfg", "hydra"))
    assert set(config) == {"hydra"}
    assert config["hydra"]["run"]["dir"].startswith("${output_dir}/")


def test_cfg_all_shows_both(call_main):
    config = composed(call_main("train", "--cfg", "all", "lora=none"))
    assert {"hydra", "model", "trainer"} <= set(config)
    assert config["lora"] is None


def test_resolve_fills_in_references(call_main):
    plain = composed(call_main("train", "--cfg", "job", "model.batch_size=7"))
    resolved = composed(call_main("train", "--cfg", "job", "--resolve", "model.batch_size=7"))
    assert plain["trainer"]["per_device_train_batch_size"] == "${model.batch_size}"
    assert resolved["trainer"]["per_device_train_batch_size"] == 7


def test_package_shows_one_group(call_main):
    finished = call_main("train", "--cfg", "job", "--package", "lora", "lora=r8")
    assert finished.stdout.startswith("# @package lora\n")
    assert composed(finished)["lora_alpha"] == 16


def test_hydra_keys_may_be_set(call_main):
    config = composed(call_main("train", "--cfg", "hydra", "hydra.run.dir=here"))
    assert config["hydra"]["run"]["dir"] == "here"


@pytest.fixture
def own_conf(tmp_path):
    """A folder of the user's own, with a model in it."""
    (tmp_path / "mine/model").mkdir(parents=True)
    (tmp_path / "mine/model/tutor.yaml").write_text(
        "name: mathpal/tiny\nlearning_rate: 1e-3\n", encoding="utf-8"
    )
    return "mine"


@pytest.mark.parametrize("flag", ["-cd", "--config-dir"])
def test_an_option_of_the_users_own_composes(flag, own_conf, call_main):
    config = composed(call_main("train", "model=tutor", flag, own_conf, "--cfg", "job"))
    assert config["model"]["learning_rate"] == 1e-3
    assert config["model"]["max_length"] == 1024


def test_an_option_of_the_users_own_is_suggested(own_conf, call_main):
    finished = call_main("train", "model=tuto", "-cd", own_conf)
    assert finished.code == 2
    assert "Did you mean 'tutor'?" in finished.stderr


@pytest.mark.parametrize("arguments", [["model=tutor"], ["-m", "model=tutor,hf"]])
def test_an_option_of_the_users_own_is_no_mistake(arguments, own_conf, call_main):
    finished = call_main("train", *arguments, "-cd", own_conf, "lora.r=x")
    assert finished.code == 2
    assert "there is no 'tutor'" not in finished.stderr


def test_a_root_config_of_the_users_own_may_be_named(call_main, tmp_path):
    root = tmp_path / "mine"
    root.mkdir()
    lines = (conf_dir() / "train.yaml").read_text(encoding="utf-8").replace("seed: 42", "seed: 7")
    (root / "tutor.yaml").write_text(lines, encoding="utf-8")
    for group in [*GROUPS, "hydra", "schema"]:
        (root / group).symlink_to(conf_dir() / group)
    config = composed(call_main("train", "-cp", "mine", "-cn", "tutor", "--cfg", "job"))
    assert config["seed"] == 7


# Hydra's own questions


def test_hydra_help_lists_its_flags(run_train, tmp_path):
    finished = run_train("--hydra-help")
    assert (finished.code, finished.stderr) == (0, "")
    assert "--shell-completion" in finished.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("what", "words"),
    [("searchpath", "Provider"), ("defaults", "trainer/sft"), ("config", "learning_rate")],
)
def test_info_tells_of_the_configuration(what, words, run_train, tmp_path):
    finished = run_train("--info", what)
    assert (finished.code, finished.stderr) == (0, "")
    assert words in finished.stdout
    assert list(tmp_path.iterdir()) == []


def test_completion_is_installed_by_a_script(run_train):
    finished = run_train("-sc", "install=bash")
    assert (finished.code, finished.stderr) == (0, "")
    assert "complete " in finished.stdout and "COMP_LINE" in finished.stdout


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("train mod", {"model=", "model."}),
        ("train model=ti", {"model=tiny"}),
        ("train lora=r1", {"lora=r16"}),
        ("train lora=r8 export=m", {"export=merged"}),
        ("train trainer.learning_r", {"trainer.learning_rate="}),
        ("train see", {"seed="}),
    ],
)
def test_words_are_completed(typed, offered, run_train):
    finished = run_train("-sc", "query=bash", env={"COMP_LINE": typed})
    assert (finished.code, finished.stderr) == (0, "")
    assert set(finished.stdout.split()) == offered


# what is not imported

REPORT_IMPORTS = """
import json, sys
from mathpal.cli import main
code = main(sys.argv[1:])
heavy = {"torch", "transformers", "trl", "peft", "datasets", "wandb", "matplotlib"}
print(json.dumps([code, sorted(heavy & set(sys.modules))]))
"""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["train", "--help"], 0),
        (["train", "--help", "trainer"], 0),
        (["train", "--version"], 0),
        (["train", "--cfg", "job", "tracking=wandb"], 0),
        (["train", "trainer.lr=3"], 2),
        (["train", "lora.r=0", "trainer.load_best_model_at_end=true"], 2),
        (["train", "-m", "lora=r8,r99"], 2),
        (["train", "data=jsonl", "data.path=nowhere.jsonl"], 2),
        (["train", "model=hf", "model.name=./nowhere"], 2),
        (["preview", "seed=x"], 2),
        (["evaluate", "nowhere"], 2),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, list) else str(v),
)
def test_torch_is_not_imported_for_help_and_errors(arguments, code, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", REPORT_IMPORTS, *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout.splitlines()[-1]) == [code, []]
