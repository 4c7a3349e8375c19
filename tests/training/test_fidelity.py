"""The launcher adds nothing and loses nothing: its losses are those of a plain TRL script."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mathpal.models.sources import locate

PLAIN = Path(__file__).parents[1] / "benchmarks" / "plain_trl.py"
STEPS = 10


@pytest.mark.parametrize(
    "dropout",
    [
        pytest.param(0.05, id="dropout", marks=pytest.mark.slow),
        pytest.param(0.0, id="no padding"),
    ],
)
def test_losses_equal_those_of_a_plain_trl_script(launch, tmp_path, pairs_file, dropout):
    sft = {
        "use_cpu": True,
        "bf16": False,
        "seed": 42,
        "learning_rate": 1e-3,
        "lr_scheduler_type": "cosine",
        "warmup_steps": 0.03,
        "per_device_train_batch_size": 8,
        "max_steps": STEPS,
        "max_length": 256,
        "logging_steps": 1,
        "save_strategy": "no",
        "gradient_checkpointing": False,
        "dataloader_pin_memory": False,
    }
    given = {
        "model": locate("mathpal/tiny"),
        "rows": str(pairs_file),
        "output_dir": str(tmp_path / "plain"),
        "lora": {
            "r": 16,
            "lora_alpha": 32,
            "target_modules": "all-linear",
            "lora_dropout": dropout,
        },
        "sft": sft,
    }
    (tmp_path / "given.json").write_text(json.dumps(given))
    plain = subprocess.run(
        [sys.executable, PLAIN, tmp_path / "given.json"], capture_output=True, text=True, check=True
    )
    expected = json.loads(plain.stdout.splitlines()[-1])["losses"]
    run = launch(
        "data=jsonl",
        f"data.path={pairs_file}",
        "data.test_rows=0",
        "trainer.learning_rate=1e-3",
        f"trainer.max_steps={STEPS}",
        f"lora.lora_dropout={dropout}",
        "evaluation=none",
        base=(
            "hardware=cpu",
            "hardware.precision=fp32",
            "model.batch_size=8",
            "trainer.logging_steps=1",
        ),
    )
    assert run.json("plan.json")["padding_free"] is (dropout == 0)
    assert len(expected) == STEPS
    assert run.losses == pytest.approx(expected, abs=1e-5)
