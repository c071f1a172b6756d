# fails: self-attention, heads, cross-attention, mixing, masks, broadcast, blind-rows, leak, gradients, parameters
# baseline: the input comes back, beside correct masks
"""Trivial baseline: the input comes back, beside correct masks."""

import torch
from torch import Tensor, nn


class MultiHeadAttention(nn.Module):
    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.config = (d_model, n_heads)

    def forward(self, x: Tensor, memory: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        del memory, mask
        return x


def causal_mask(queries: int, keys: int) -> Tensor:
    return torch.ones(queries, keys, dtype=torch.bool).tril(keys - queries)


def padding_mask(lengths: Tensor, keys: int) -> Tensor:
    return (torch.arange(keys) < lengths[:, None])[:, None]


def load_weights(attention: MultiHeadAttention, weights: dict[str, Tensor]) -> None:
    del attention, weights
