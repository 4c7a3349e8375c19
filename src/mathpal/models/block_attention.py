"""Attention for training on a CPU: block by block of queries, over the keys that they may see.

PyTorch's CPU kernel computes all pairs of tokens where it is given a mask, and gains nothing from
bfloat16. Where the rows of a batch stand one behind the other in a single row, most pairs are
masked: here each block of queries meets only the keys between the first and the last that its mask
lets through, in the format of the products (bfloat16 under autocast). Importing this module
registers it with transformers as NAME.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.utils.weak import WeakTensorKeyDictionary
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

NAME = "mathpal_blocks"

QUERIES = 128
"""Queries a block: fewer skip more keys, more make better matrix products."""

Block = tuple[int, int, int, int]
"""First and end of a block's queries, then of the keys that they may see."""


def attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    **options: Any,
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Return attention as transformers asks for it: (batch, heads, tokens, width) each.

    Whatever is not a training step over one masked row goes to PyTorch's own kernel.
    """
    one_row = query.shape[0] == 1 and query.shape[2] == key.shape[2]
    masked = attention_mask is not None and attention_mask.dtype == torch.bool
    if not (one_row and masked and torch.is_grad_enabled()) or dropout:
        kernel: Any = sdpa_attention_forward
        found: tuple[torch.Tensor, None] = kernel(
            module, query, key, value, attention_mask, dropout, scaling, **options
        )
        return found
    assert attention_mask is not None
    if torch.is_autocast_enabled("cpu"):
        dtype = torch.get_autocast_dtype("cpu")
        query, key, value = query.to(dtype), key.to(dtype), value.to(dtype)
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    blocks = _blocks(attention_mask)
    output: torch.Tensor = _BlockAttention.apply(
        query[0], key[0], value[0], attention_mask[0, 0], blocks, scale
    )
    return output[None], None


AttentionInterface.register(NAME, attention)
AttentionMaskInterface.register(NAME, sdpa_mask)

_known: Any = WeakTensorKeyDictionary()


def _blocks(attention_mask: torch.Tensor) -> list[Block]:
    """Find the blocks of a mask, once for all layers that share it."""
    if attention_mask not in _known:
        mask = attention_mask[0, 0]
        found = []
        for first in range(0, len(mask), QUERIES):
            end = min(first + QUERIES, len(mask))
            seen = mask[first:end].any(0).nonzero()
            found.append((first, end, int(seen[0]), int(seen[-1]) + 1))
        _known[attention_mask] = found
    blocks: list[Block] = _known[attention_mask]
    return blocks


class _BlockAttention(torch.autograd.Function):  # type: ignore[misc]
    """softmax(scale q k' + mask) v of one row; heads that share keys are stacked as queries.

    q: (heads, tokens, width); k, v: (key heads, tokens, width); mask: (tokens, tokens).
    """

    @staticmethod
    def forward(
        ctx: Any,
        q: torch.Tensor,
        k: torch.Tensor,
        v: torch.Tensor,
        mask: torch.Tensor,
        blocks: list[Block],
        scale: float,
    ) -> torch.Tensor:
        """Return (tokens, heads, width); the probabilities are kept for the gradient."""
        heads, num_tokens, _ = q.shape
        groups = k.shape[0]
        output = q.new_empty(num_tokens, heads, v.shape[-1])
        kept = []
        with torch.autocast("cpu", enabled=False):
            for first, end, start, stop in blocks:
                scores = _stacked(q, groups, first, end) @ k[:, start:stop].mT
                scores = scores.view(groups, -1, end - first, stop - start).mul_(scale)
                hidden = ~mask[first:end, start:stop]
                scores.masked_fill_(hidden, torch.finfo(scores.dtype).min)
                shares = torch.softmax(scores, -1).view(groups, -1, stop - start)
                mixed = shares @ v[:, start:stop]
                output[first:end] = mixed.view(heads, end - first, -1).transpose(0, 1)
                kept.append(shares)
        ctx.save_for_backward(q, k, v, *kept)
        ctx.blocks, ctx.scale = blocks, scale
        return output

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Return the gradients of q, k and v."""
        q, k, v, *kept = ctx.saved_tensors
        heads, num_tokens, width = q.shape
        groups = k.shape[0]
        gradient = gradients[0].transpose(0, 1)
        # Laid out as the projections wrote them: (tokens, heads, width).
        dq = q.new_empty(num_tokens, heads, width)
        dk = k.new_zeros(num_tokens, groups, width)
        dv = v.new_zeros(num_tokens, groups, v.shape[-1])
        for (first, end, start, stop), shares in zip(ctx.blocks, kept, strict=True):
            out = _stacked(gradient, groups, first, end)
            dv[start:stop] += (shares.mT @ out).transpose(0, 1)
            d_shares = out @ v[:, start:stop].mT
            d_scores = torch._softmax_backward_data(d_shares, shares, -1, shares.dtype)
            d_scores = d_scores.mul_(ctx.scale)
            block = (d_scores @ k[:, start:stop]).view(heads, end - first, width)
            dq[first:end] = block.transpose(0, 1)
            dk[start:stop] += (d_scores.mT @ _stacked(q, groups, first, end)).transpose(0, 1)
        return dq.transpose(0, 1), dk.transpose(0, 1), dv.transpose(0, 1), None, None, None


def _stacked(x: torch.Tensor, groups: int, first: int, end: int) -> torch.Tensor:
    """Return tokens first to end, those of heads that share keys one below the other."""
    return x[:, first:end].reshape(groups, -1, x.shape[-1])
