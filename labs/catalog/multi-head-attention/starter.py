"""Multi-head attention with masks. The README holds the contract; five places are marked TODO."""

import torch
from torch import Tensor, nn


class MultiHeadAttention(nn.Module):
    """Attention in `n_heads` (H) heads of width `d_model` / H; H divides `d_model` (D)."""

    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.out = nn.Linear(d_model, d_model)
        # TODO 1: the projections of queries, keys and values, fused or apart as you like, all with a bias.

    def forward(self, x: Tensor, memory: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        """x (B, S, D), memory (B, T, D) or None for x itself, mask bool (True: may look) -> (B, S, D)."""
        # TODO 2: project, split into heads, score, mask, softmax, mix, merge the heads, project.
        raise NotImplementedError("TODO 2: compute the output in MultiHeadAttention.forward")


def causal_mask(queries: int, keys: int) -> Tensor:
    """Bool (S, T), True where query i, the (T - S + i)-th position, may look at key j."""
    raise NotImplementedError("TODO 3: build the mask in causal_mask; torch.Tensor.tril takes a diagonal")


def padding_mask(lengths: Tensor, keys: int) -> Tensor:
    """lengths (B,) int64 -> bool (B, 1, T), True for the keys before the end of each sequence."""
    raise NotImplementedError("TODO 4: build the mask in padding_mask; compare torch.arange(keys) with the lengths")


def load_weights(attention: MultiHeadAttention, weights: dict[str, Tensor]) -> None:
    """Copy wq, bq, wk, bk, wv, bv, wo and bo into your own layers, whatever you called them."""
    # TODO 5: copy wq, bq, wk, bk, wv and bv too. For one fused layer, join first:
    # torch.cat([weights["wq"], weights["wk"], weights["wv"]]) has the shape (3·D, D).
    with torch.no_grad():  # copying is not something to differentiate
        attention.out.weight.copy_(weights["wo"])  # (out, in) on both sides
        attention.out.bias.copy_(weights["bo"])
