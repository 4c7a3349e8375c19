"""What people write without mathpal: SFTTrainer with LoRA on a file of prompts and completions.

python plain_trl.py ARGUMENTS.json, which holds model, rows, output_dir, lora and sft (options).
Prints one JSON object: the logged losses and the seconds from process start.
"""

import json
import sys
import time
from pathlib import Path

import psutil
from datasets import Dataset, disable_progress_bars
from peft import LoraConfig
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PrinterCallback,
    TrainerCallback,
    set_seed,
)
from trl import SFTConfig, SFTTrainer


class FirstStep(TrainerCallback):
    """Note when the first optimizer step is done."""

    at: float | None = None

    def on_step_end(self, args, state, control, **_):
        self.at = self.at or time.time()


def main() -> None:
    given = json.loads(Path(sys.argv[1]).read_text())
    started = psutil.Process().create_time()
    disable_progress_bars()
    rows = [json.loads(line) for line in Path(given["rows"]).read_text().splitlines()]
    data = Dataset.from_list(
        [
            {
                "prompt": [{"role": "user", "content": row["prompt"]}],
                "completion": [{"role": "assistant", "content": row["completion"]}],
            }
            for row in rows
        ]
    )
    arguments = SFTConfig(
        output_dir=given["output_dir"], report_to="none", disable_tqdm=True, **given["sft"]
    )
    set_seed(arguments.seed)
    model = AutoModelForCausalLM.from_pretrained(given["model"], dtype="float32")
    first_step = FirstStep()
    trainer = SFTTrainer(
        model=model,
        args=arguments,
        train_dataset=data,
        processing_class=AutoTokenizer.from_pretrained(given["model"]),
        peft_config=LoraConfig(task_type="CAUSAL_LM", **given["lora"]),
        callbacks=[first_step],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    trainer.save_model(f"{given['output_dir']}/adapter")
    result = {
        "losses": [line["loss"] for line in trainer.state.log_history if "loss" in line],
        "seconds_to_first_step": first_step.at - started,
        "seconds_total": time.time() - started,
    }
    print(json.dumps(result))


main()
