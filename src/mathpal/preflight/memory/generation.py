"""Answers being written: the cache of keys and values, and what a prompt takes."""

from __future__ import annotations

from mathpal.models.shape import Layer, Shape
from mathpal.preflight.memory.evaluation import forward_bytes
from mathpal.preflight.memory.parts import Moment, Part
from mathpal.preflight.memory.workload import Workload

LOGIT_BYTES = 14
"""Of a logit of the last token: 2 as it comes, a float32 copy, and what drawing or choosing a
token makes of it: 8 (transformers, generation/utils.py, _sample)."""


def answering(load: Workload, kept: tuple[Part, ...]) -> Moment:
    """Return what answering held-out questions takes."""
    rows, prompt, new = load.generation_batch_size, load.prompt_tokens, load.new_tokens
    return Moment("answering", (*kept, *writing(load, rows, prompt, new)))


def drawing(load: Workload, kept: tuple[Part, ...]) -> Moment:
    """Return what GRPO's own answers take: all rows of a generation batch at once.

    That is the rows of a forward pass times steps_per_generation, which is the accumulation where
    it is not set (trl, trainer/grpo_config.py).
    """
    rows, options = drawn_rows(load), load.options
    new = int(options.get("max_completion_length") or 0)
    prompt = max(1, load.num_tokens - new)
    return Moment("generation", (*kept, *writing(load, rows, prompt, new)))


def drawn_rows(load: Workload) -> int:
    """Return the answers that one process of GRPO writes at once."""
    options = load.options
    if options.get("generation_batch_size"):
        return int(options["generation_batch_size"]) // load.num_devices
    steps = options.get("steps_per_generation") or options.get("gradient_accumulation_steps") or 1
    return load.batch_size * int(steps)


def writing(load: Workload, rows: int, prompt: int, new: int) -> tuple[Part, ...]:
    """Return the cache, activations and logits of rows being answered at once.

    The cache grows by one token a step, by making a copy of each layer's (transformers,
    cache_utils.py, DynamicLayer.update), so that one layer is held twice. Only the prompt's last
    token gets logits: generate sets logits_to_keep to 1 (generation/utils.py).
    """
    entry = cache_entry_bytes(load)
    cache = cache_bytes(load.shape, rows, prompt + new, entry)
    copied = max(layer_cache(load.shape, layer, prompt + new) for layer in load.shape.layers)
    return (
        Part("cache", cache + rows * copied * entry, f"{rows} rows x {prompt + new:,} tokens"),
        Part("activations", forward_bytes(load, rows, prompt), f"prompts of {prompt:,} tokens"),
        Part(
            "logits and loss",
            LOGIT_BYTES * rows * load.shape.vocab_size,
            f"{rows} x {load.shape.vocab_size:,} x {LOGIT_BYTES} bytes",
        ),
    )


def cache_bytes(shape: Shape, rows: int, num_tokens: int, entry: int) -> int:
    """Return the cache of rows of so many tokens, `entry` bytes a number."""
    return rows * entry * sum(layer_cache(shape, layer, num_tokens) for layer in shape.layers)


def layer_cache(shape: Shape, layer: Layer, num_tokens: int) -> int:
    """Count the keys and values of a layer for one row.

    A layer that looks back on a window keeps no more than that (cache_utils.py,
    DynamicSlidingWindowLayer); one that shares another's keys has none (modeling_gemma3n.py).
    """
    if layer.shares_cache:
        return 0
    tokens = num_tokens if layer.window is None else min(num_tokens, layer.window)
    return 2 * shape.num_kv_heads * shape.head_dim * tokens


def cache_entry_bytes(load: Workload) -> int:
    """Return the bytes of a number in the cache: float32 weights without autocast make float32."""
    return 4 if load.device == "cpu" or load.lora is None or load.precision == "fp32" else 2
