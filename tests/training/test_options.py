"""Every option of every group composes, converts and passes a dry run."""

import pkgutil
import time
from importlib.util import find_spec

import pytest
import yaml

from mathpal import schema
from mathpal.compose import compose
from mathpal.config import OUR_OPTIMIZERS, as_dict, conf_dir
from mathpal.models.transformers import peft_config
from mathpal.overrides import Request
from mathpal.run import run
from mathpal.schema.generate import CLASSES

OPTIONS = sorted(
    f"{path.parent.name}={path.stem}"
    for path in conf_dir().glob("*/*.yaml")
    if path.parent.name not in ("hydra", "schema")
)


@pytest.fixture
def rows_file(tmp_path, pairs_file):
    path = tmp_path / "questions.jsonl"
    text = pairs_file.read_text().replace('"prompt"', '"question"')
    path.write_text(text.replace('"completion"', '"solution"'))
    return path


@pytest.mark.parametrize("option", OPTIONS)
def test_option_composes_converts_and_passes_a_dry_run(option, tmp_path, rows_file, monkeypatch):
    if option == "data=custom":
        (tmp_path / "otherrows.py").write_text(
            "from mathpal.data import Row, Rows, conversation\n"
            "def rows(**_):\n    return Rows([Row(conversation('a', 'b'))], [], 'own')\n"
        )
        monkeypatch.syspath_prepend(tmp_path)
    place = "hardware=h200" if option.startswith(("model=", "experiment=")) else "hardware=cpu"
    overrides = [option] if option.startswith("hardware=") else [option, place]
    if option == "model=hf":
        overrides.append("model.name=mathpal/tiny")
    if option in ("data=jsonl", "data=vi_math", "experiment=production"):
        overrides.append(f"data.path={rows_file}")
    if option == "data=custom":
        overrides += ["data._target_=otherrows.rows", "allow_targets=[otherrows]"]
    if option in ("hardware=fsdp", "hardware=deepspeed"):
        overrides.append("evaluation=none")
    experiment = compose(Request((*overrides, "dry_run=true")))
    method = option.removeprefix("trainer=") if option.startswith("trainer=") else "sft"
    monkeypatch.setenv("TRL_EXPERIMENTAL_SILENCE", "1")
    changed = schema.changed(method, as_dict(experiment.trainer))
    if changed.get("optim") in OUR_OPTIMIZERS:
        del changed["optim"]
    if find_spec("deepspeed") is None:
        changed.pop("deepspeed", None)
    config_class = pkgutil.resolve_name(CLASSES[method])
    config_class(output_dir=str(tmp_path), use_cpu=True, bf16=False, **changed)
    if experiment.lora is not None:
        assert peft_config(experiment.lora).r == experiment.lora.r
    run(experiment, tmp_path, time.time())
    assert yaml.safe_load((tmp_path / "config.yaml").read_text())["dry_run"] is True
    assert (tmp_path / "plan.json").is_file()
