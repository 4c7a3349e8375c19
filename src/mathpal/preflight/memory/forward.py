"""What the layers of a forward pass share: sizes, weights, adapters, positions, masks, norms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mathpal.models.shape import Layer, Linear, Shape
from mathpal.preflight.memory import adapters, products, weights
from mathpal.preflight.memory import operations as op
from mathpal.preflight.memory.adapters import Adapter
from mathpal.preflight.memory.tape import BYTE, FP32, Parameter, Tape, Tensor
from mathpal.preflight.memory.weights import Weights
from mathpal.preflight.memory.workload import Workload

SOFTCAPPED = {"gemma2", "gemma3n_text"}
"""Types of model whose logits go through a tanh (final_logit_softcapping)."""


@dataclass(frozen=True)
class Forward:
    """A forward pass over a batch."""

    load: Workload
    tape: Tape
    weights: Weights
    adapters: Mapping[tuple[int | None, str], Adapter]
    row_lengths: tuple[int, ...]
    """Tokens of the rows of a batch without padding; one row of all where they are padded."""
    masks: Mapping[int | None, Tensor | None]
    """By window; None where the kernel needs none."""
    positions: Tensor
    """Cosines and sines of a token, as wide as a head (arXiv 2104.09864)."""

    @property
    def shape(self) -> Shape:
        """The model's."""
        return self.load.shape

    @property
    def tokens(self) -> int:
        """Tokens of the batch, padding included."""
        return self.load.tokens

    @property
    def is_packed(self) -> bool:
        """Whether rows stand one behind the other."""
        return _is_packed(self.load)

    @property
    def is_gemma(self) -> bool:
        """Whether norms and layers are Gemma's."""
        return self.shape.model_type.startswith("gemma")

    @property
    def is_fused(self) -> bool:
        """Whether norms and activations are Liger's or Unsloth's kernels, which keep what goes in.

        liger_kernel/ops/rms_norm.py and swiglu.py (arXiv 2410.10989).
        """
        return bool(self.load.options.get("use_liger_kernel")) or self.load.backend == "unsloth"

    def linear(self, x: Tensor, index: int | None, linear: Linear) -> Tensor:
        """Apply a linear, with its adapter if there is one."""
        weight = self.weights.linears[index, linear.name]
        adapter = self.adapters.get((index, linear.name))
        num_rows = x.numel // linear.in_features
        if adapter is None:
            return products.linear(x, weight, num_rows, linear.out_features)
        return adapters.adapted(x, weight, adapter, num_rows)

    def norm(self, x: Tensor, vector: Parameter | None, num_rows: int) -> Tensor:
        """Apply RMSNorm (arXiv 1910.07467), which is computed in float32.

        Kept: x, or its float32 copy where it has 16 bits, and a number a row; where the norm is
        trained, the normed x as well (LlamaRMSNorm and Gemma3RMSNorm of transformers).
        """
        if self.is_fused:
            return op.pointwise(x, keeps="input")
        whole = op.cast(x, FP32)
        root = op.pointwise(op.mean(op.square(whole), num_rows), keeps="output")
        normed = op.multiply(whole, root)
        del whole
        if vector is None:
            return op.cast(normed, x.itemsize)
        if self.is_gemma:
            return op.cast(op.multiply(normed, op.scale(op.cast(vector, FP32))), x.itemsize)
        return op.multiply(vector, op.cast(normed, x.itemsize))

    def checkpointed(self, body: Callable[..., Tensor], *inputs: Tensor) -> Tensor:
        """Compute a layer; with gradient checkpointing, keep its inputs alone.

        Unsloth's kind moves them to the host (unsloth_zoo, gradient_checkpointing.py).
        """
        if not self.load.gradient_checkpointing:
            return body(*inputs)
        offloaded = self.load.backend == "unsloth" and self.tape.on_gpu
        return self.tape.checkpoint(body, *inputs, offloaded=offloaded)

    def activation(self, x: Tensor) -> Tensor:
        """Apply SiLU or GELU, which keep what goes in."""
        return op.pointwise(x, keeps="input")


def begin(load: Workload, tape: Tape) -> Forward:
    """Put weights and adapters on a tape, then what a forward pass makes before its layers."""
    placed = weights.place(load, tape)
    found = adapters.place(load, tape)
    tape.part = "buffers"
    rows = 1 if _is_packed(load) else load.batch_size
    # Token ids, labels, positions and the mask of a batch, of eight bytes each, and the next one's.
    tape.grow("buffers", 8 * 4 * 2 * load.tokens)
    per_row = load.tokens // rows
    windows = {layer.window for layer in load.shape.layers}
    kinds = len(windows) if load.shape.model_type.startswith("gemma3") else 1
    positions = tape.new(2 * kinds * per_row * load.shape.head_dim, placed.embedding.itemsize)
    made = Forward(
        load=load,
        tape=tape,
        weights=placed,
        adapters=found,
        row_lengths=_row_lengths(load),
        masks={window: _mask(load, tape, rows, per_row, window) for window in windows},
        positions=positions,
    )
    tape.part = "activations"
    return made


def _is_packed(load: Workload) -> bool:
    """Tell whether there are rows to keep apart: a single one is as if it were padded."""
    return load.batch_tokens is not None and load.batch_size > 1


def named(layer: Layer) -> dict[str, Linear]:
    """Return a layer's linears by the last part of their names."""
    return {linear.name.rpartition(".")[2]: linear for linear in layer.linears}


def _row_lengths(load: Workload) -> tuple[int, ...]:
    """Return the rows that stand one behind the other: the longest, and others alike."""
    if load.batch_tokens is None:
        return (load.num_tokens,) * load.batch_size
    rest, others = load.batch_tokens - load.num_tokens, max(load.batch_size - 1, 1)
    return (load.num_tokens, *(rest // others for _ in range(others) if rest > 0))


def _mask(load: Workload, tape: Tape, rows: int, per_row: int, window: int | None) -> Tensor | None:
    """Return the mask of pairs of tokens (transformers, masking_utils.py, sdpa_mask).

    One row needs none, unless rows stand one behind the other or it is longer than the window;
    eager attention always has one, of numbers.
    """
    is_eager = load.attn_implementation == "eager"
    if load.attn_implementation.startswith("flash"):
        return None
    slides = window is not None and window < per_row
    if not (is_eager or slides or load.batch_size > 1):
        return None
    return tape.new(rows * per_row**2, weights.itemsize(load) if is_eager else BYTE)
