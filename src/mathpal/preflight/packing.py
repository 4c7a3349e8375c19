"""Whether the rows of a batch stand one behind the other, without padding."""

from __future__ import annotations

from mathpal.config import Experiment, as_dict
from mathpal.errors import RequestError

KEEP_ROWS_APART = (
    "gemma3_text",
    "gemma3n_text",
    "llama",
    "mistral",
    "phi3",
    "qwen2",
    "qwen3",
    "smollm3",
)
"""Types of model in which a row's logits do not depend on its neighbours: held by tests. In others
a state may run on from row to row."""

MOST_TOKENS = 8_192
"""Tokens of a batch: its mask grows with their square, 64 MB here."""


def packs(experiment: Experiment, device: str, model_type: str, longest_row: int) -> bool:
    """Tell whether to train without padding: where it is quicker and known to be right, or asked.

    Raises: RequestError where it is asked for and cannot be done.
    """
    options, asked = as_dict(experiment.trainer), experiment.hardware.padding_free
    can = (
        "completion_only_loss" in options
        and not options["packing"]
        and not options["padding_free"]
        and device == "cpu"
        and experiment.backend == "transformers"
        and experiment.model.attn_implementation == "sdpa"
        and model_type in KEEP_ROWS_APART
    )
    if asked and not can:
        raise RequestError(
            "hardware.padding_free=true: only for trainer=sft without trainer.packing and "
            "trainer.padding_free, on a CPU by "
            f"transformers with sdpa, and models of types {', '.join(KEEP_ROWS_APART)}; set it null"
        )
    # Dropout would draw otherwise than in padded rows, and losses differ from a plain script's.
    draws = experiment.lora is not None and as_dict(experiment.lora)["lora_dropout"] > 0
    batch_tokens = longest_row * options["per_device_train_batch_size"]
    suits = not draws and batch_tokens <= MOST_TOKENS
    return can and (suits if asked is None else asked)
