"""Run `train` on a CPU with the code that Unsloth runs on a GPU, and note what its tests look at.

    python train_on_cpu.py SEEN [override ...]

Unsloth's switch UNSLOTH_ALLOW_CPU lets its GPU code run without a GPU; three probes that ask the
driver are answered here. Into the folder SEEN go the first batch that is trained on, and logits of
the trained model.
"""

import os
import sys
from pathlib import Path

SWITCHES = {
    "UNSLOTH_ALLOW_CPU": "1",
    "UNSLOTH_SKIP_TORCHVISION_CHECK": "1",
    "UNSLOTH_ENABLE_FLEX_ATTENTION": "0",
    "UNSLOTH_COMPILE_DISABLE": "1",
    "TRITON_INTERPRET": "1",
}
QUESTION = "<bos><start_of_turn>user\nTính: 2 + 3<end_of_turn>\n<start_of_turn>model\n"


def answer_probes() -> None:
    """Say that there is a card of 24 GB and capability 8.0, with bfloat16."""
    import torch

    torch.cuda.get_device_capability = lambda *_, **__: (8, 0)
    import unsloth.device_type
    import unsloth.models.llama
    import unsloth.models.loader
    import unsloth.models.vision

    models = unsloth.models
    for module in (unsloth.device_type, models.vision, models.llama):
        module.get_device_stats = lambda: ("CPU", "CPU", 24.0)
    for module in (models.loader, models.vision):
        module.is_bfloat16_supported = lambda *_, **__: True


def watch(seen: Path) -> None:
    """Note the first batch before training, and the logits before the model is saved."""
    import torch

    from mathpal import export, training

    train, save = training.train, export.save

    def train_watched(trainer, *rest):
        batch = next(iter(trainer.get_train_dataloader()))
        torch.save({k: batch[k] for k in ("input_ids", "labels")}, seen / "batch.pt")
        return train(trainer, *rest)

    def save_watched(trainer, experiment, tokenizer, folder):
        inputs = tokenizer(QUESTION, add_special_tokens=False, return_tensors="pt")
        with torch.inference_mode():
            torch.save(trainer.model.eval()(**inputs).logits.float(), seen / "logits.pt")
        return save(trainer, experiment, tokenizer, folder)

    training.train, export.save = train_watched, save_watched


def main() -> int:
    """Run the command."""
    seen, *arguments = sys.argv[1:]
    os.environ.update(SWITCHES)
    from mathpal.models.unsloth import start

    start()
    answer_probes()
    watch(Path(seen))
    from mathpal.cli import main as run

    sys.argv = ["train", *arguments]
    return run(["train", *arguments])


if __name__ == "__main__":
    sys.exit(main())
