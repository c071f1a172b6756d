# fails: inputs-untouched
# says: changed its input `mask` in place
"""The caller's mask is inverted in place."""

import math

import torch
from torch import Tensor, nn


class MultiHeadAttention(nn.Module):
    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.qkv = nn.ModuleList(nn.Linear(d_model, d_model) for _ in range(3))
        self.out = nn.Linear(d_model, d_model)

    def forward(self, x: Tensor, memory: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        memory = x if memory is None else memory
        q, k, v = (self.split(layer(s)) for layer, s in zip(self.qkv, (x, memory, memory), strict=True))
        scores = q @ k.mT / math.sqrt(q.size(-1))
        mask = torch.ones(scores.shape[-2:], dtype=torch.bool) if mask is None else mask
        hidden = mask.logical_not_().unsqueeze(-3)
        blind = hidden.all(-1, keepdim=True)
        weights = scores.masked_fill(hidden & ~blind, -math.inf).softmax(-1) * ~hidden
        return self.out(self.merge(weights @ v))

    def split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)

    def merge(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2).flatten(2)


def causal_mask(queries: int, keys: int) -> Tensor:
    return torch.ones(queries, keys, dtype=torch.bool).tril(keys - queries)


def padding_mask(lengths: Tensor, keys: int) -> Tensor:
    return (torch.arange(keys) < lengths[:, None])[:, None]


def load_weights(attention: MultiHeadAttention, weights: dict[str, Tensor]) -> None:
    with torch.no_grad():
        for name, layer in zip("qkvo", [*attention.qkv, attention.out], strict=True):
            layer.weight.copy_(weights[f"w{name}"])
            layer.bias.copy_(weights[f"b{name}"])
