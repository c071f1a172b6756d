"""Multi-head attention over an optional memory, with boolean masks.

Choices: one linear layer per projection; a mask says "may look" (True) and is unsqueezed where the heads stand; a row
without any visible key is let through the softmax unmasked and multiplied by zero afterwards, so that no NaN is made.
"""

import math

import torch
from torch import Tensor, nn


class MultiHeadAttention(nn.Module):
    """Attention in `n_heads` (H) heads of width `d_model` / H; H must divide `d_model` (D)."""

    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        if d_model % n_heads:
            raise ValueError(f"d_model={d_model} cannot be split into n_heads={n_heads} equal heads")
        self.n_heads = n_heads
        self.q = nn.Linear(d_model, d_model)
        self.k = nn.Linear(d_model, d_model)
        self.v = nn.Linear(d_model, d_model)
        self.out = nn.Linear(d_model, d_model)

    def forward(self, x: Tensor, memory: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        memory = x if memory is None else memory  # self-attention is attention with oneself as the memory
        q = self.split_heads(self.q(x))  # (B, S, D) -> (B, H, S, D/H)
        k = self.split_heads(self.k(memory))  # (B, T, D) -> (B, H, T, D/H)
        v = self.split_heads(self.v(memory))
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))  # (B, H, S, T): a row per query, a column per key
        mixed = weigh(scores, mask) @ v  # (B, H, S, T) @ (B, H, T, D/H) -> (B, H, S, D/H)
        return self.out(mixed.transpose(1, 2).flatten(2))  # (B, S, H, D/H) -> (B, S, D)

    def split_heads(self, x: Tensor) -> Tensor:
        # D is cut into H neighbouring pieces, so H and D/H must be adjacent in the view; only then may H move forward.
        return x.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)  # (B, T, D) -> (B, T, H, D/H) -> (B, H, T, D/H)


def weigh(scores: Tensor, mask: Tensor | None) -> Tensor:
    """Softmax over the visible keys, (B, H, S, T) -> (B, H, S, T); a row without visible keys becomes zeros."""
    if mask is None:
        return scores.softmax(dim=-1)
    mask = mask.unsqueeze(-3)  # (S, T) -> (1, S, T) and (B, S, T) -> (B, 1, S, T): every head sees the same
    blind = ~mask.any(dim=-1, keepdim=True)  # queries for which nothing is left
    # A row of -inf alone would be 0/0 = NaN. Replacing that afterwards mends the output, but the gradient still passes
    # through the NaN. So blind rows stay unmasked here and lose their weights by a product, whose gradient is zero.
    scores = scores.masked_fill(~(mask | blind), -math.inf)
    return scores.softmax(dim=-1) * mask


def causal_mask(queries: int, keys: int) -> Tensor:
    """Query i is at position keys - queries + i and may look at keys up to there: bool (S, T)."""
    return torch.ones(queries, keys, dtype=torch.bool).tril(keys - queries)


def padding_mask(lengths: Tensor, keys: int) -> Tensor:
    """Keys before each sequence's end may be looked at: lengths (B,) -> bool (B, 1, T)."""
    return (torch.arange(keys) < lengths[:, None])[:, None]  # (T,) < (B, 1) -> (B, T) -> (B, 1, T)


def load_weights(attention: MultiHeadAttention, weights: dict[str, Tensor]) -> None:
    """Copy the eight named arrays into `attention`; matrices are (out, in), as nn.Linear keeps them."""
    linears = {"q": attention.q, "k": attention.k, "v": attention.v, "o": attention.out}
    with torch.no_grad():  # copying is not something to differentiate
        for name, linear in linears.items():
            linear.weight.copy_(weights[f"w{name}"])
            linear.bias.copy_(weights[f"b{name}"])
