"""Small models of differing proportions, and ways to train them."""

from dataclasses import dataclass, field
from typing import Any

TOKENS = {"bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0}
"""Of the bundled tokenizer."""


def llama(hidden: int, layers: int, heads: int, groups: int, **other: Any) -> dict[str, Any]:
    """Return the config of a Llama."""
    return {
        "model_type": "llama",
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": groups,
        "vocab_size": 1000,
        "intermediate_size": 4 * hidden,
        "max_position_embeddings": 2048,
        **TOKENS,
        **other,
    }


def qwen3(hidden: int, layers: int, heads: int, groups: int, **other: Any) -> dict[str, Any]:
    """Return the config of a Qwen 3."""
    return llama(hidden, layers, heads, groups, model_type="qwen3", head_dim=64) | other


def gemma3(hidden: int, layers: int, heads: int, groups: int, **other: Any) -> dict[str, Any]:
    """Return the config of a Gemma 3 without a tower."""
    kinds = ["sliding_attention"] * (layers - 1) + ["full_attention"]
    sizes = {"head_dim": 64, "query_pre_attn_scalar": 64, "sliding_window": 128}
    found = llama(hidden, layers, heads, groups, model_type="gemma3_text", **sizes)
    return found | {"layer_types": kinds, "tie_word_embeddings": True} | other


def gemma3n(hidden: int, layers: int, heads: int, groups: int, **other: Any) -> dict[str, Any]:
    """Return the config of a Gemma 3n without towers."""
    own = {
        "model_type": "gemma3n_text",
        "vocab_size_per_layer_input": 1000,
        "hidden_size_per_layer_input": 64,
        "laurel_rank": 32,
        "num_kv_shared_layers": 0,
    }
    return gemma3(hidden, layers, heads, groups) | own | other


MODELS: dict[str, dict[str, Any]] = {
    "llama small": llama(256, 2, 8, 2),
    "gemma3 small": gemma3(256, 2, 4, 2, vocab_size=4000),
    "gemma3n small": gemma3n(128, 3, 4, 2),
    "qwen3 small": qwen3(256, 2, 4, 4),
    "phi3": llama(256, 3, 8, 4, model_type="phi3", vocab_size=3000),
    "qwen2": llama(320, 3, 5, 5, model_type="qwen2", vocab_size=3000),
    "smollm3": llama(256, 4, 8, 2, model_type="smollm3", vocab_size=2000),
    "mistral": llama(320, 3, 10, 2, model_type="mistral", sliding_window=96),
    "gemma2": gemma3(256, 4, 4, 2, model_type="gemma2", vocab_size=6000),
    "llama wide": llama(768, 2, 12, 4, vocab_size=2000),
    "llama deep": llama(256, 8, 8, 8),
    "llama words": llama(256, 2, 8, 2, vocab_size=32_000, tie_word_embeddings=True),
    "gemma3 wide": gemma3(640, 2, 4, 1, vocab_size=4000),
    "gemma3 deep": gemma3(256, 6, 4, 2),
    "gemma3 words": gemma3(320, 2, 4, 1, vocab_size=48_000),
    "gemma3n": gemma3n(256, 4, 4, 2),
    "gemma3n deep": gemma3n(
        256,
        12,
        4,
        2,
        num_kv_shared_layers=4,
        layer_types=["sliding_attention", "full_attention"] * 6,
        intermediate_size=768,
        vocab_size=8000,
    ),
    "qwen3 wide": qwen3(512, 3, 8, 4),
    "qwen3 words": qwen3(256, 2, 4, 2, vocab_size=24_000),
}
"""Configs by name."""

LINEARS = "all-linear"
TWO = ["q_proj", "v_proj"]


@dataclass(frozen=True)
class Case:
    """A model and a way to train it."""

    model: str
    rank: int | None = 16
    """None: all weights are trained."""
    dropout: float = 0.0
    targets: str | list[str] = LINEARS
    use_dora: bool = False
    precision: str = "fp32"
    batch_size: int = 4
    num_tokens: int = 256
    padding_free: bool = False
    attn_implementation: str = "sdpa"
    checkpointing: bool = False
    optimizer: str = "adamw_torch_fused"
    accumulation: int = 1
    half_weights: bool = False
    """Whether frozen weights have 16 bits, as on a GPU, whose dropout would keep less."""
    options: dict[str, Any] = field(default_factory=dict)
    """Further options of the trainer."""

    @property
    def name(self) -> str:
        """What is seen of a case in a table."""
        how = "all weights" if self.rank is None else f"r{self.rank}"
        kinds = {
            "q,v": self.targets == TWO,
            f"dropout {self.dropout}": self.dropout,
            "dora": self.use_dora,
            "16-bit weights": self.half_weights,
            "checkpointing": self.checkpointing,
            "padding-free": self.padding_free,
            self.attn_implementation: self.attn_implementation != "sdpa",
            self.optimizer: self.optimizer != "adamw_torch_fused",
            f"x{self.accumulation}": self.accumulation > 1,
            **{f"{key}={value}": True for key, value in self.options.items()},
        }
        seen = [kind for kind, is_so in kinds.items() if is_so]
        size = f"{self.batch_size}x{self.num_tokens}"
        return ", ".join([self.model, how, self.precision, size, *seen])

    @property
    def row_lengths(self) -> list[int]:
        """Tokens of the rows of a batch, the longest first."""
        return [self.num_tokens - 16 * (i % 4) for i in range(self.batch_size)]


QUICK = [
    Case("llama small"),
    Case("llama small", rank=None, precision="bf16", optimizer="adamw_torch", batch_size=2),
    Case("llama small", precision="bf16", padding_free=True, num_tokens=128),
    Case("gemma3 small", rank=None, checkpointing=True, num_tokens=128, accumulation=2),
]
"""Those that are measured with every run of the tests."""

CASES = [
    Case("llama wide"),
    Case("llama wide", precision="bf16"),
    Case("llama wide", rank=None),
    Case("llama wide", rank=None, precision="bf16"),
    Case("llama wide", checkpointing=True, num_tokens=512),
    Case("llama wide", rank=None, checkpointing=True, precision="bf16"),
    Case("llama wide", dropout=0.05, attn_implementation="eager"),
    Case("llama wide", padding_free=True),
    Case("llama deep", rank=4, targets=TWO, batch_size=8, num_tokens=128),
    Case("llama deep", precision="bf16", padding_free=True, num_tokens=384),
    Case("llama deep", rank=64, use_dora=True),
    Case("llama deep", rank=None, batch_size=2, num_tokens=64, optimizer="adamw_torch"),
    Case("llama deep", rank=None, batch_size=2, num_tokens=64, optimizer="muon"),
    Case("llama deep", checkpointing=True, batch_size=8, accumulation=2),
    Case("llama words", batch_size=8, num_tokens=128),
    Case("llama words", batch_size=1, num_tokens=512, options={"loss_type": "nll"}),
    Case("llama words", rank=None, options={"loss_type": "nll"}, precision="bf16"),
    Case("llama words", rank=None, optimizer="sgd", batch_size=2),
    Case("gemma3 wide", precision="bf16", padding_free=True),
    Case("gemma3 wide", rank=None, optimizer="adafactor"),
    Case("gemma3 wide", dropout=0.05, precision="bf16"),
    Case("gemma3 wide", rank=8, targets=TWO, checkpointing=True, num_tokens=512),
    Case("gemma3 deep", rank=32, attn_implementation="eager", num_tokens=384, batch_size=2),
    Case("gemma3 deep", padding_free=True, num_tokens=128, batch_size=8),
    Case("gemma3 deep", rank=None, precision="bf16", batch_size=1, optimizer="lion"),
    Case("gemma3 words", precision="bf16", checkpointing=True),
    Case("gemma3 words", rank=None, accumulation=2, batch_size=2),
    Case("gemma3n", batch_size=2),
    Case("gemma3n", precision="bf16", dropout=0.05, batch_size=2),
    Case("gemma3n", rank=None, batch_size=2, num_tokens=128),
    Case("gemma3n deep", padding_free=True, batch_size=2),
    Case("gemma3n deep", checkpointing=True, precision="bf16"),
    Case("qwen3 wide"),
    Case("qwen3 wide", rank=4, targets=TWO, precision="bf16", padding_free=True),
    Case("qwen3 wide", use_dora=True, dropout=0.05, precision="bf16", batch_size=2),
    Case("qwen3 wide", rank=None, attn_implementation="eager", precision="bf16"),
    Case("qwen3 words", padding_free=True, precision="bf16", batch_size=8, num_tokens=64),
    Case("qwen3 words", rank=None, optimizer="lion", checkpointing=True),
    Case("gemma3 small", rank=4, targets=TWO, dropout=0.05, batch_size=2),
    Case("phi3", batch_size=2),
    Case("qwen2", precision="bf16", batch_size=2),
    Case("smollm3", padding_free=True, num_tokens=128),
    Case("mistral", batch_size=1),
    Case("gemma2", rank=None, precision="bf16", batch_size=2),
    Case("llama wide", precision="bf16", half_weights=True),
    Case("qwen3 wide", precision="bf16", half_weights=True, batch_size=2),
    Case("gemma3 deep", precision="bf16", half_weights=True, checkpointing=True),
    Case("gemma3 wide", precision="bf16", half_weights=True, attn_implementation="eager"),
    Case("gemma3n small", batch_size=2, num_tokens=128),
    Case("qwen3 small", use_dora=True, attn_implementation="eager", num_tokens=128),
    Case("qwen3 small", rank=None, options={"loss_type": "nll"}, optimizer="lion"),
]
