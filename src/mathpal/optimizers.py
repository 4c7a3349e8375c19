"""Optimizers that transformers does not offer by name: Lion and Muon, from pytorch-optimizer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mathpal.config import OUR_OPTIMIZERS

OUTER = {"embed_tokens", "lm_head", "score", "lora_embedding_A", "lora_embedding_B"}
"""Parts of the names of matrices that are not of a hidden layer."""


def install(trainer: Any, name: str) -> None:
    """Make a transformers.Trainer use one of our optimizers; any other name it knows itself."""
    if name not in OUR_OPTIMIZERS:
        return
    makers: dict[str, Callable[..., Any]] = {"lion": lion, "muon": muon}

    def make(model: Any) -> Any:
        decayed = set(trainer.get_decay_parameter_names(model))
        return makers[name](model, trainer.args, decayed)

    trainer.optimizer_cls_and_kwargs = (lambda: make, {})  # a maker of a maker: so Trainer tells


def lion(model: Any, args: Any, decayed: set[str]) -> Any:
    """Return Lion (arXiv 2302.06675): the sign of a mean of gradients; half of AdamW's state."""
    from pytorch_optimizer import Lion

    trained = _trained(model)
    groups = [
        {"params": [p for n, p in trained if n in decayed], "weight_decay": args.weight_decay},
        {"params": [p for n, p in trained if n not in decayed], "weight_decay": 0.0},
    ]
    betas = (args.adam_beta1, args.adam_beta2)
    return Lion([g for g in groups if g["params"]], lr=args.learning_rate, betas=betas)


def muon(model: Any, args: Any, decayed: set[str]) -> Any:
    """Return Muon for matrices of hidden layers, with AdamW for embeddings, heads and vectors.

    Updates are orthogonal matrices, scaled so that AdamW's rate and decay fit
    (arXiv 2502.16982, section 2.2).
    """
    from pytorch_optimizer import Muon

    adamw = {
        "use_muon": False,
        "lr": args.learning_rate,
        "betas": (args.adam_beta1, args.adam_beta2),
        "eps": args.adam_epsilon,
    }
    hidden: dict[str, Any] = {"params": [], "use_muon": True, "weight_decay": args.weight_decay}
    outer: dict[str, Any] = {"params": [], **adamw, "weight_decay": args.weight_decay}
    vectors: dict[str, Any] = {"params": [], **adamw, "weight_decay": 0.0}
    for name, parameter in _trained(model):
        is_hidden = parameter.ndim >= 2 and not OUTER & set(name.split("."))
        group = hidden if is_hidden else outer if name in decayed else vectors
        group["params"].append(parameter)
    return Muon(
        [group for group in (hidden, outer, vectors) if group["params"]],
        lr=args.learning_rate,
        momentum=args.adam_beta1,
        use_adjusted_lr=True,
    )


def _trained(model: Any) -> list[tuple[str, Any]]:
    return [(name, p) for name, p in model.named_parameters() if p.requires_grad]
