"""What people write without mathpal: SFTTrainer with LoRA on a file of prompts and completions.

python plain_trl.py ARGUMENTS.json, which holds model, rows, output_dir, lora and sft (options).
Prints one JSON object: the logged losses, the seconds from process start, and those of each step
after the first.
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


class Clock(TrainerCallback):
    """Note when each optimizer step begins and ends."""

    def __init__(self):
        self.begins, self.ends = [], []

    def on_step_begin(self, args, state, control, **_):
        self.begins.append(time.time())

    def on_step_end(self, args, state, control, **_):
        self.ends.append(time.time())


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
    clock = Clock()
    trainer = SFTTrainer(
        model=model,
        args=arguments,
        train_dataset=data,
        processing_class=AutoTokenizer.from_pretrained(given["model"]),
        peft_config=LoraConfig(task_type="CAUSAL_LM", **given["lora"]),
        callbacks=[clock],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    trainer.save_model(f"{given['output_dir']}/adapter")
    result = {
        "losses": [line["loss"] for line in trainer.state.log_history if "loss" in line],
        "seconds_to_first_step": clock.ends[0] - started,
        "step_seconds": [b - a for a, b in zip(clock.begins, clock.ends, strict=True)][1:],
        "seconds_total": time.time() - started,
    }
    print(json.dumps(result))


main()
