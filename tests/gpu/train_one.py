"""Train once in this process and note what was seen: one cell of unsloth_against_trl.py.

python train_one.py CELL.json, which holds way, model, rows, folder, result (folders and files),
bits, device, precision, lora and sft (options by PEFT's and TRL's names). One callback measures in
every way; what it saw goes into the file that `result` names.
"""

import json
import os
import sys
import time
import zlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

CPU_TESTS = Path(__file__).parents[1] / "unsloth_backend"


@dataclass
class Seen:
    """What a training showed, a value a step."""

    losses: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)
    """time.perf_counter() when the step was done and logged."""
    tokens: list[int] = field(default_factory=list)
    """Tokens of the batches, padding left out."""
    checksums: list[int] = field(default_factory=list)
    """Of the same tokens: whether two ways saw the same rows in the same order."""
    peak_bytes: int | None = None
    """The most that tensors took on the GPU, loading included."""


def watch(trainer: Any, seen: Seen) -> None:
    """Note every batch and every logged step of a trainer.

    Trainer reads the loss off the GPU after on_step_end, so that only its log is a time at which
    the step is over.
    """
    import torch
    from transformers import TrainerCallback

    class Clock(TrainerCallback):
        def on_log(self, args, state, control, logs=None, **_):
            if "loss" in logs:
                if torch.cuda.is_available():
                    torch.cuda.synchronize()
                seen.losses.append(float(logs["loss"]))
                seen.ended.append(time.perf_counter())

    collate = trainer.data_collator

    def noted(rows):
        batch = collate(rows)
        ids = batch["input_ids"]
        if "attention_mask" in batch:
            ids = ids[batch["attention_mask"].bool()]
        seen.tokens.append(ids.numel())
        seen.checksums.append(zlib.crc32(ids.flatten().to(torch.int64).numpy().tobytes()))
        return batch

    trainer.data_collator = noted
    trainer.add_callback(Clock())


def through_mathpal(cell: dict[str, Any], seen: Seen) -> None:
    """Run `train` with the cell's options as overrides."""
    from mathpal import models

    if cell["way"] == "unsloth" and cell["device"] == "cpu":
        sys.path.insert(0, str(CPU_TESTS))
        from train_on_cpu import SWITCHES, answer_probes

        os.environ.update(SWITCHES)
        models.backend("unsloth").start()
        answer_probes()
    models.backend(cell["way"]).start()  # before what is imported below, which it patches
    from mathpal import training
    from mathpal.cli import main

    train = training.train

    def watched(trainer, *rest):
        watch(trainer, seen)
        return train(trainer, *rest)

    training.train = watched
    code = main(["train", *overrides(cell)])
    if code:
        sys.exit(code)


def overrides(cell: dict[str, Any]) -> list[str]:
    """Return a cell as the command line of `train`; JSON is Hydra's spelling, too."""
    options = {
        "model": "hf",
        "model.name": cell["model"],
        "model.quantization": "4bit" if cell["bits"] == 4 else "none",
        "backend": cell["way"],
        "data": "jsonl",
        "data.path": cell["rows"],
        "data.test_rows": 0,
        "hardware": "cpu" if cell["device"] == "cpu" else "auto",
        "hardware.device": cell["device"],
        "hardware.precision": cell["precision"],
        "hardware.gradient_checkpointing": cell["sft"]["gradient_checkpointing"],
        "evaluation": "none",
        "tracking": "none",
        "export": "none",
        "hydra.run.dir": cell["folder"],
        **{f"lora.{name}": value for name, value in cell["lora"].items()},
        **{f"trainer.{name}": value for name, value in cell["sft"].items()},
    }
    return [f"{name}={json.dumps(value)}" for name, value in options.items()]


def plainly(cell: dict[str, Any], seen: Seen) -> None:
    """Train as people do without mathpal: TRL's trainer makes the adapter."""
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig, set_seed
    from trl import SFTConfig, SFTTrainer

    on_cpu = cell["device"] == "cpu"
    arguments = SFTConfig(
        output_dir=cell["folder"],
        report_to="none",
        disable_tqdm=True,
        use_cpu=on_cpu,
        bf16=not on_cpu,
        dataloader_pin_memory=not on_cpu,
        **cell["sft"],
    )
    set_seed(arguments.seed)
    dtype = torch.float32 if on_cpu else torch.bfloat16
    quantization = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )
    model = AutoModelForCausalLM.from_pretrained(
        cell["model"],
        dtype=dtype,
        **({"quantization_config": quantization} if cell["bits"] == 4 else {}),
    )
    rows = [json.loads(line) for line in Path(cell["rows"]).read_text().splitlines()]
    trainer = SFTTrainer(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_list(
            [
                {
                    "prompt": [{"role": "user", "content": row["prompt"]}],
                    "completion": [{"role": "assistant", "content": row["completion"]}],
                }
                for row in rows
            ]
        ),
        processing_class=AutoTokenizer.from_pretrained(cell["model"]),
        peft_config=LoraConfig(task_type="CAUSAL_LM", **cell["lora"]),
    )
    watch(trainer, seen)
    trainer.train()


def main() -> None:
    """Train, and write what was seen."""
    cell = json.loads(Path(sys.argv[1]).read_text())
    seen = Seen()
    if cell["way"] == "plain":
        plainly(cell, seen)
    else:
        through_mathpal(cell, seen)
    import torch

    if torch.cuda.is_available():
        seen.peak_bytes = torch.cuda.max_memory_allocated()
    Path(cell["result"]).write_text(json.dumps(asdict(seen)))


if __name__ == "__main__":
    main()
