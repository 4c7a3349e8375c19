"""The option schemas agree with the installed libraries and build configs that OmegaConf checks."""

import dataclasses
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest
from omegaconf import OmegaConf
from omegaconf.errors import ConfigKeyError, ValidationError

from mathpal.schema import changed, generate, load, options_class

NAMES = sorted(generate.CLASSES)


def container(name: str, *overrides: str) -> dict[str, Any]:
    config = OmegaConf.structured(options_class(name, "Options"))
    merged = OmegaConf.merge(config, OmegaConf.from_dotlist(list(overrides)))
    return OmegaConf.to_container(merged)


def by_field(config: Any) -> dict[str, Any]:
    return {field.name: vars(config)[field.name] for field in dataclasses.fields(config)}


@pytest.mark.parametrize("name", NAMES)
def test_schema_is_current(name):
    assert generate.differences(name) == [], "run `make schema`"


def test_differences_name_the_option(monkeypatch, tmp_path):
    stale = generate.document("lora")
    stale["options"][0]["default"] = 7
    stale["owned"]["revision"] = None
    (tmp_path / "lora.json").write_text(generate.render(stale), encoding="utf-8")
    monkeypatch.setattr(generate, "path", lambda name: tmp_path / f"{name}.json")
    assert generate.differences("lora") == ["lora.owned", "lora.r"]


def test_no_option_that_the_launcher_owns_is_offered():
    for name in NAMES:
        schema = load(name)
        assert not schema.owned.keys() & schema.options.keys()
    assert load("sft").owned["output_dir"] == "output_dir"
    assert "HF_TOKEN" in load("sft").owned["hub_token"]


@pytest.mark.parametrize("name", NAMES)
def test_every_option_has_plain_help(name):
    for option in load(name).options.values():
        assert option.help.strip(" ."), option.name
        assert "`" not in option.help and "\n" not in option.help, option.name


@pytest.mark.parametrize(
    ("name", "option", "some"),
    [
        ("sft", "optim", {"adamw_torch_fused", "adamw_8bit"}),
        ("sft", "lr_scheduler_type", {"linear", "cosine"}),
        ("sft", "eval_strategy", {"no", "steps", "epoch"}),
        ("sft", "save_strategy", {"no", "steps", "epoch", "best"}),
        ("sft", "packing_strategy", {"bfd", "bfd_split", "wrapped"}),
        ("sft", "loss_type", {"nll", "dft", "chunked_nll"}),
        ("lora", "bias", {"none", "all", "lora_only"}),
    ],
)
def test_closed_sets_are_listed(name, option, some):
    assert some <= set(load(name).options[option].choices)


@pytest.mark.parametrize("name", NAMES)
def test_defaults_are_among_their_choices(name):
    for option in load(name).options.values():
        if option.choices and option.default is not None:
            assert option.default in option.choices, option.name


def test_untouched_sft_options_make_the_default_config(tmp_path):
    from trl import SFTConfig

    values = container("sft")
    assert changed("sft", values) == {}
    ours = {"output_dir": tmp_path, "use_cpu": True}
    default = by_field(SFTConfig(**ours))
    assert by_field(SFTConfig(**ours, **changed("sft", values))) == default
    assert by_field(SFTConfig(**ours, **values)) == default


def test_untouched_lora_options_make_the_default_config():
    from peft import LoraConfig

    values = container("lora")
    assert changed("lora", values) == {}
    default = by_field(LoraConfig())
    assert by_field(LoraConfig(**changed("lora", values))) == default
    assert by_field(LoraConfig(**values)) == default


def test_set_options_reach_the_library(tmp_path):
    from peft import LoraConfig
    from trl import SFTConfig

    values = container("sft", "learning_rate=1e-4", "warmup_steps=5", "logging_steps=0.1")
    sft = SFTConfig(output_dir=tmp_path, use_cpu=True, **changed("sft", values))
    assert (sft.learning_rate, sft.warmup_steps, sft.logging_steps) == (1e-4, 5, 0.1)
    values = container("lora", "r=32", "target_modules=[q_proj]", "rank_pattern.q_proj=4")
    lora = LoraConfig(**changed("lora", values))
    assert (lora.r, lora.target_modules, lora.rank_pattern) == (32, {"q_proj"}, {"q_proj": 4})


@pytest.mark.parametrize(
    ("name", "override"),
    [
        ("lora", "r=abc"),
        ("lora", "use_dora=perhaps"),
        ("lora", "modules_to_save=lm_head"),
        ("lora", "rank_pattern=4"),
        ("sft", "learning_rate=fast"),
        ("sft", "max_steps=0.5"),
        ("sft", "warmup_steps=null"),
    ],
)
def test_wrong_types_are_refused(name, override):
    with pytest.raises(ValidationError):
        container(name, override)


def test_unknown_options_are_refused():
    with pytest.raises(ConfigKeyError):
        container("lora", "rank=8")


def test_changed_keeps_falsy_values_and_drops_what_is_not_an_option():
    values = {"max_grad_norm": 0.0, "gradient_checkpointing": False, "max_length": None}
    assert changed("sft", {**values, "weight_decay": 0, "_target_": "x"}) == values


def test_options_follow_the_fields_of_the_bases():
    @dataclass
    class Adapter:
        merge: bool = False

    lora_class = options_class("lora", "Lora", bases=(Adapter,))
    names = [field.name for field in dataclasses.fields(lora_class)]
    assert lora_class.__name__ == "Lora" and issubclass(lora_class, Adapter)
    assert names == ["merge", *load("lora").options]


def test_fields_carry_help_and_choices():
    fields = {field.name: field for field in dataclasses.fields(options_class("lora", "Lora"))}
    assert fields["bias"].metadata["choices"] == ("none", "all", "lora_only")
    assert fields["r"].metadata["help"] == load("lora").options["r"].help


def test_mutable_defaults_are_not_shared():
    lora_class = options_class("lora", "Lora")
    lora_class().rank_pattern["q_proj"] = 4
    assert lora_class().rank_pattern == {} == load("lora").options["rank_pattern"].default


def test_reading_a_schema_imports_nothing_heavy():
    code = (
        "import sys, mathpal.schema as s; s.options_class('sft', 'S'); s.changed('lora', {});"
        "print({'torch', 'transformers', 'trl', 'peft', 'omegaconf'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
