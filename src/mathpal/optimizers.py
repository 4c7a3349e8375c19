"""Optimizers that transformers does not offer by name: Lion and Muon, from pytorch-optimizer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mathpal.config import OUR_OPTIMIZERS


def install(trainer: Any, name: str) -> None:
    """Make a transformers.Trainer use one of our optimizers; any other name it knows itself."""
    if name in OUR_OPTIMIZERS:
        makers: dict[str, Callable[..., Any]] = {"lion": lion, "muon": muon}
        args = trainer.args
        settings = {
            "rate": args.learning_rate,
            "weight_decay": args.weight_decay,
            "betas": (args.adam_beta1, args.adam_beta2),
            "epsilon": args.adam_epsilon,
        }
        # Trainer takes a class, or a factory that it calls twice: first for the maker.
        trainer.optimizer_cls_and_kwargs = (lambda: makers[name], settings)


def lion(
    model: Any, rate: float, weight_decay: float, betas: tuple[float, float], epsilon: float
) -> Any:
    """Return Lion (arXiv 2302.06675): the sign of a mean of gradients; half of AdamW's state."""
    from pytorch_optimizer import Lion

    trained = [p for p in model.parameters() if p.requires_grad]
    return Lion(trained, lr=rate, betas=betas, weight_decay=weight_decay)


def muon(
    model: Any, rate: float, weight_decay: float, betas: tuple[float, float], epsilon: float
) -> Any:
    """Return Muon for matrices of hidden layers, with AdamW for embeddings, head and vectors.

    Updates are orthogonal matrices, scaled so that AdamW's rate and decay fit
    (arXiv 2502.16982, section 2.2).
    """
    from pytorch_optimizer import Muon

    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    outer = {id(m.weight) for m in _outer_layers(model)}
    hidden = [p for p in trained.values() if p.ndim >= 2 and id(p) not in outer]
    others = [p for p in trained.values() if p.ndim < 2 or id(p) in outer]
    groups = [
        {"params": hidden, "use_muon": True},
        {"params": others, "use_muon": False, "lr": rate, "betas": betas, "eps": epsilon},
    ]
    return Muon(
        [group for group in groups if group["params"]],
        lr=rate,
        momentum=betas[0],
        weight_decay=weight_decay,
        adamw_wd=weight_decay,
        use_adjusted_lr=True,
    )


def _outer_layers(model: Any) -> list[Any]:
    """Return the embedding and the head, where the model has one of its own."""
    layers = [model.get_input_embeddings(), model.get_output_embeddings()]
    return [layer for layer in layers if layer is not None]
