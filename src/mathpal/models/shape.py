"""A model's shape from its config.json alone: sizes, and the matrices of every layer. No torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Linear:
    """A matrix of a layer, applied to every token."""

    name: str
    """The module's name within its layer, such as self_attn.q_proj."""
    in_features: int
    out_features: int
    bias: bool = False

    @property
    def num_parameters(self) -> int:
        """The entries of the matrix and of its bias."""
        return self.in_features * self.out_features + self.out_features * self.bias


@dataclass(frozen=True)
class Layer:
    """A decoder layer."""

    linears: tuple[Linear, ...]
    num_norm_parameters: int
    """Entries of norms and other small vectors."""
    window: int | None = None
    """Tokens that attention looks back on; None: all of them."""
    shares_cache: bool = False
    """Whether it reads the keys and values of an earlier layer (Gemma 3n)."""
    intermediate_size: int = 0


@dataclass(frozen=True)
class PerLayerInputs:
    """What Gemma 3n has beside its layers (transformers, modeling_gemma3n.py)."""

    vocab_size: int
    size: int
    """Entries of a token's input to one layer."""
    num_streams: int
    """Versions of the hidden state that AltUp carries side by side."""
    laurel_rank: int


@dataclass(frozen=True)
class Shape:
    """All of a decoder that memory and time depend on."""

    model_type: str
    """Of its text part, as in config.json: llama, gemma3_text, gemma3n_text, qwen3, ..."""
    vocab_size: int
    hidden_size: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    layers: tuple[Layer, ...]
    num_other_parameters: int
    """The last norm, projections and norms outside of the layers; no embeddings, no head."""
    tied: bool
    """Whether the head is the embedding."""
    context_length: int | None
    num_tower_parameters: int = 0
    """Vision and audio towers and what joins them, which stay as they are."""
    per_layer: PerLayerInputs | None = None
    activation: str = "silu"
    qk_norm: bool = False
    exact: bool = True
    """Whether its implementation is known; else it is taken for a Llama of these sizes."""
