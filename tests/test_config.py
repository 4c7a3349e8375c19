"""The files of conf/ and the typed classes agree; a frozen experiment thaws to an equal one."""

import re
import shlex
from dataclasses import fields

import pytest
import yaml

from mathpal import arguments as parsing
from mathpal.compose import Request, compose, freeze, thaw
from mathpal.config import GROUPS, SCHEMAS, Experiment, TrainerConfig, as_dict, conf_dir
from mathpal.data import source
from mathpal.errors import RequestError
from mathpal.schema import load

OPTIONS = [(g, p.stem) for g in GROUPS for p in sorted((conf_dir() / g).glob("*.yaml"))]
NEEDED = {
    ("model", "hf"): ["model.name=Qwen/Qwen3-0.6B"],
    ("data", "jsonl"): ["data.path=rows.jsonl"],
    ("data", "custom"): ["data._target_=mathpal.data.synth.rows"],
}
"""Overrides without which an option does not compose."""

FILES = sorted(conf_dir().rglob("*.yaml"))
COMBINATIONS = [
    (),
    ("lora=none", "evaluation=none", "export=none", "tracking=none"),
    ("lora=dora", "lora.target_modules=[q_proj,v_proj]", "+lora.rank_pattern.q_proj=4"),
    ("model=hf", "model.name=Qwen/Qwen3-0.6B", "model.batch_size=7"),
    ("data=jsonl", "data.path=rows.jsonl", "data.system='Bạn là gia sư: \"toán\" #1'"),
    ("data=vi_math", "data.train_rows=10", "hardware=cpu", "hardware.precision=bf16"),
    ("data.grades=[4,5]", "data.kinds=[percent]", "seed=7"),
    ("data=custom", "data._target_=mathpal.data.synth.rows", "+data.options.path=x.csv"),
    ("trainer.learning_rate=3e-05", "trainer.max_steps=5", "trainer.optim=adamw_torch"),
    ("experiment=production",),
    ("experiment=quick_test", "name='null'", "tracking.report_to=[wandb,tensorboard]"),
]


def composed(*overrides):
    return compose(Request(overrides))


def opening_comment(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    end = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    return [line.removeprefix("#").strip() for line in lines[:end] if "# @package" not in line]


def commands(path):
    """The `train ...` commands of a file's opening comment, each as its arguments."""
    found = []
    for line in opening_comment(path):
        for text in re.findall(r"(?:^|[.?]  )train\b(.*)", line):
            words = []
            for word in shlex.split(text, comments=False, posix=False):
                if "=" not in word and not word.startswith("-"):
                    break
                words.append(word.rstrip(";"))
            found.append(words)
    return found


# every file


def test_folders_of_conf_are_the_groups():
    folders = {path.name for path in conf_dir().iterdir() if path.is_dir()}
    assert folders == {*GROUPS, "hydra", "schema"}


@pytest.mark.parametrize(("group", "option"), OPTIONS, ids=lambda v: v)
def test_every_option_composes(group, option):
    experiment = composed(f"{group}={option}", *NEEDED.get((group, option), []))
    assert isinstance(experiment, Experiment)


@pytest.mark.parametrize("option", [o for g, o in OPTIONS if g == "experiment"])
def test_an_experiment_carries_its_name(option):
    assert composed(f"experiment={option}").name == option


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(conf_dir()).as_posix())
def test_every_file_opens_with_what_it_is_for(path):
    assert opening_comment(path)[0][0].isupper()


@pytest.mark.parametrize(("group", "option"), OPTIONS, ids=lambda v: v)
def test_every_option_names_a_command_that_uses_it_and_composes(group, option):
    lines = commands(conf_dir() / group / f"{option}.yaml")
    assert any(f"{group}={option}" in words for words in lines), lines
    for words in lines:
        compose(parsing.read(words).request)


def test_commands_of_the_root_compose():
    lines = commands(conf_dir() / "train.yaml")
    assert lines[0] == []
    for words in lines:
        if words != ["--help"]:
            compose(parsing.read(words).request)


# files and classes


def test_the_root_composes_every_group_and_nothing_else():
    root = yaml.safe_load((conf_dir() / "train.yaml").read_text(encoding="utf-8"))
    names = {
        k.removeprefix("override ") for d in root["defaults"] if isinstance(d, dict) for k in d
    }
    hydra = {"hydra/output", "hydra/job_logging", "hydra/launcher", "hydra/sweeper"}
    assert names == {*GROUPS, *hydra}
    assert set(root) - {"defaults"} <= {f.name for f in fields(Experiment)}


def test_groups_are_fields_of_the_experiment():
    assert {*GROUPS} - {f.name for f in fields(Experiment)} == {"experiment", "search"}


def test_every_schema_is_used_by_a_file_and_every_use_exists():
    text = "".join(path.read_text(encoding="utf-8") for path in FILES)
    files = {path.stem for path in (conf_dir() / "schema").glob("*.yaml")}
    assert set(re.findall(r"/schema/(\S+)@_here_", text)) == {*SCHEMAS, *files}


@pytest.mark.parametrize("config_class", [*SCHEMAS.values()], ids=lambda c: c.__name__)
def test_every_field_has_help(config_class):
    for field in fields(config_class):
        if field.name not in GROUPS:
            assert field.metadata["help"], field.name


@pytest.mark.parametrize("config_class", [*SCHEMAS.values()], ids=lambda c: c.__name__)
def test_a_default_is_among_the_choices(config_class):
    for field in fields(config_class):
        follows = str(field.default).startswith("${")
        if field.metadata.get("choices") and field.default is not None and not follows:
            assert field.default in field.metadata["choices"], field.name


def test_no_key_of_ours_hides_a_key_of_the_library():
    ours = {f.name for f in fields(TrainerConfig)}
    assert not ours & {*load("sft").options, *load("sft").owned}


@pytest.mark.parametrize(
    ("option", "rank", "alpha"),
    [("r4", 4, 8), ("r8", 8, 16), ("r16", 16, 32), ("r32", 32, 64), ("r64", 64, 128)],
)
def test_a_rank_option_has_its_rank_and_twice_its_alpha(option, rank, alpha):
    lora = as_dict(composed(f"lora={option}").lora)
    assert (lora["r"], lora["lora_alpha"], lora["target_modules"]) == (rank, alpha, "all-linear")


def test_settings_of_the_model_are_followed_by_the_trainer():
    trainer = as_dict(composed("model.batch_size=3", "model.learning_rate=0.5").trainer)
    assert trainer["per_device_train_batch_size"] == trainer["per_device_eval_batch_size"] == 3
    assert trainer["learning_rate"] == 0.5


def test_the_data_follows_the_seed():
    assert composed("seed=7").data.seed == 7


def test_the_defaults_are_those_of_the_design():
    experiment = composed()
    assert experiment.model.name == "mathpal/tiny"
    assert as_dict(experiment.lora)["r"] == 16
    assert experiment.data._target_ == "mathpal.data.synth.rows"
    assert experiment.trainer._target_ == "mathpal.trainers.sft.build"
    assert (experiment.hardware.device, experiment.tracking.report_to) == ("auto", [])


def test_composing_twice_gives_equal_experiments():
    assert composed("lora=r8") == composed("lora=r8") != composed("lora=r4")


def test_under_multirun_the_first_point_is_returned():
    experiment = compose(Request(("seed=3,4", "lora=r8,r4"), multirun=True))
    assert (experiment.seed, as_dict(experiment.lora)["r"]) == (3, 8)


def test_a_source_binds_the_fields_of_its_group():
    rows = source(composed("data.train_rows=5", "data.test_rows=2").data)()
    assert (len(rows.train), len(rows.test)) == (5, 2)


# freezing and thawing


@pytest.mark.parametrize("overrides", COMBINATIONS, ids=lambda v: " ".join(v)[:60] or "defaults")
def test_a_frozen_experiment_thaws_to_an_equal_one(overrides, tmp_path):
    experiment = composed(*overrides)
    freeze(experiment, tmp_path / "config.yaml")
    assert thaw(tmp_path / "config.yaml") == experiment


def test_a_frozen_experiment_holds_no_references(tmp_path):
    freeze(composed("output_dir='${name}/here'"), tmp_path / "config.yaml")
    text = (tmp_path / "config.yaml").read_text(encoding="utf-8")
    assert "${" not in text
    assert yaml.safe_load(text)["output_dir"] == "train/here"


@pytest.fixture
def frozen(tmp_path):
    freeze(composed(), tmp_path / "config.yaml")
    return tmp_path / "config.yaml"


def test_thawing_applies_overrides(frozen):
    experiment = thaw(frozen, ["trainer.max_steps=5", "evaluation.max_rows=3", "name=again"])
    assert as_dict(experiment.trainer)["max_steps"] == 5
    assert (experiment.evaluation.max_rows, experiment.name) == (3, "again")
    assert experiment == composed("trainer.max_steps=5", "evaluation.max_rows=3", "name=again")


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (["trainer.max_stepz=5"], ["Did you mean 'trainer.max_steps'?"]),
        (["+typo=5"], ["unknown key 'typo'"]),
        (["trainer.max_steps=many"], ["trainer.max_steps=many: expected a whole number"]),
        (["hardware.device=cdua"], ["Did you mean 'cuda'?"]),
        (["trainer.output_dir=x"], ["set by mathpal itself; use output_dir"]),
        (["trainer._target_=os.system"], ["not one of mathpal's own"]),
        (["name=a=b"], ["name=a=b: cannot be read as KEY=VALUE"]),
        (["seed=x", "trainer.lr=1"], ["seed=x: expected", "Did you mean 'trainer.learning_rate'?"]),
    ],
)
def test_thawing_refuses_wrong_overrides(overrides, expected, frozen):
    with pytest.raises(RequestError) as refused:
        thaw(frozen, overrides)
    assert len(refused.value.problems) == len(expected)
    for problem, words in zip(refused.value.problems, expected, strict=True):
        assert words in problem


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "not a run's folder (no config.yaml in it)"),
        ("name: train\n", "not the config of a run"),
        ("- 1\n- 2\n", "not the config of a run"),
        ("", "not the config of a run"),
        ("seed: [1\n", "not the config of a run"),
    ],
)
def test_thawing_refuses_what_is_no_frozen_experiment(text, words, tmp_path):
    path = tmp_path / "config.yaml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(RequestError, match=re.escape(words)):
        thaw(path)


def test_thawing_refuses_a_config_with_a_key_too_many(frozen):
    frozen.write_text(frozen.read_text(encoding="utf-8") + "typo: 1\n", encoding="utf-8")
    with pytest.raises(RequestError, match="not the config of a run"):
        thaw(frozen)
