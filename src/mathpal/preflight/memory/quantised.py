"""Weights in 8 or 4 bits, as bitsandbytes keeps them (arXiv 2208.07339, 2305.14314).

What becomes quantised is every nn.Linear but the head (transformers, quantizers/base.py,
get_keys_to_not_convert, and integrations/bitsandbytes.py, replace_with_bnb_linear): embeddings,
norms, convolutions and Gemma 3n's embeddings of each layer stay as they are.
"""

from __future__ import annotations

from mathpal.models.shape import Linear, Shape, num_embedding_parameters
from mathpal.preflight.memory.parts import Part
from mathpal.preflight.memory.workload import Workload

BLOCK = 64
"""Values of a matrix that share one scale in 4 bits (bitsandbytes, functional.quantize_4bit)."""

BLOCK_OF_SCALES = 256
"""Scales that share one float32 under double quantisation; each scale is then a byte."""

CONVOLUTIONAL = ("gemma3n_text",)
"""Types of model whose vision tower is of convolutions, which are not quantised."""

LOADED_AT_ONCE = 4
"""Matrices that transformers reads to the GPU side by side before each is quantised."""


def num_bytes(shape: Shape, bits: str, rest_bytes: int = 2) -> int:
    """Return the bytes of all weights; `bits` is none, 8bit or 4bit.

    `rest_bytes` are those of an entry that is not quantised: 2, or 4 after
    peft.prepare_model_for_kbit_training, which turns all of them to float32 and which Unsloth does
    without.
    """
    quantised = sum(linear_bytes(linear, bits) for linear in _quantised(shape))
    towers = shape.num_tower_parameters
    if bits != "none" and shape.model_type not in CONVOLUTIONAL:
        quantised += linear_bytes(Linear("towers", towers, 1), bits)
        towers = 0
    return quantised + rest_bytes * (num_unquantised(shape) + towers)


def linear_bytes(linear: Linear, bits: str) -> int:
    """Return the bytes of a matrix: its values and its scales; a bias stays in 16 bits."""
    entries = linear.in_features * linear.out_features
    bias = 2 * linear.out_features * linear.bias
    if bits == "4bit":
        scales = -(-entries // BLOCK)
        return -(-entries // 2) + scales + 4 * -(-scales // BLOCK_OF_SCALES) + bias
    if bits == "8bit":
        return entries + 4 * linear.out_features + bias
    return 2 * entries + bias


def num_unquantised(shape: Shape) -> int:
    """Count the entries that stay in more bits: embeddings, an untied head, norms and vectors."""
    head = 0 if shape.tied else shape.head.num_parameters
    norms = sum(layer.num_norm_parameters for layer in shape.layers)
    others = shape.num_other_parameters - sum(x.num_parameters for x in shape.others)
    return num_embedding_parameters(shape) + head + norms + others


def buffers(load: Workload) -> Part:
    """Return the room for one matrix in 16 bits, which each product needs."""
    size = 2 * _largest(load.shape)
    return Part("buffers", size, "the largest matrix, dequantised")


def loading_bytes(load: Workload) -> int:
    """Return the peak while weights are read: quantised, and the matrices being quantised."""
    staged = LOADED_AT_ONCE * 2 * _largest(load.shape)
    return num_bytes(load.shape, load.quantization) + staged


def _quantised(shape: Shape) -> list[Linear]:
    return [linear for layer in shape.layers for linear in layer.linears] + list(shape.others)


def _largest(shape: Shape) -> int:
    return max(x.in_features * x.out_features for x in _quantised(shape))
