"""A module per head, an additive mask, and NaN kept away by giving blind rows one key and taking its value back."""

import torch
from torch import Tensor, nn


class Head(nn.Module):
    def __init__(self, d_model: int, width: int) -> None:
        super().__init__()
        self.query = nn.Linear(d_model, width)
        self.key = nn.Linear(d_model, width)
        self.value = nn.Linear(d_model, width)

    def forward(self, x: Tensor, memory: Tensor, hidden: Tensor, blind: Tensor) -> Tensor:
        scores = torch.bmm(self.query(x), self.key(memory).transpose(1, 2)) / self.query.out_features**0.5
        shares = torch.softmax(scores + hidden, dim=2)
        return torch.bmm(shares, self.value(memory)).masked_fill(blind, 0.0)


class MultiHeadAttention(nn.Module):
    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.heads = nn.ModuleList([Head(d_model, d_model // n_heads) for _ in range(n_heads)])
        self.join = nn.Linear(d_model, d_model)

    def forward(self, x: Tensor, memory: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        memory = x if memory is None else memory
        hidden = torch.zeros(len(x), x.size(1), memory.size(1))
        blind = torch.zeros(len(x), x.size(1), 1, dtype=torch.bool)
        if mask is not None:
            seen = mask.expand(hidden.shape)
            blind = seen.sum(-1, keepdim=True) == 0
            hidden = hidden.masked_fill(~seen & ~blind, float("-inf"))
        joined: Tensor = self.join(torch.cat([head(x, memory, hidden, blind) for head in self.heads], dim=-1))
        return joined


def causal_mask(queries: int, keys: int) -> Tensor:
    mask = torch.zeros(queries, keys, dtype=torch.bool)
    for i in range(queries):
        mask[i, : keys - queries + i + 1] = True
    return mask


def padding_mask(lengths: Tensor, keys: int) -> Tensor:
    mask = torch.zeros(len(lengths), 1, keys, dtype=torch.bool)
    for row, length in zip(mask, lengths.tolist(), strict=True):
        row[0, :length] = True
    return mask


def load_weights(attention: MultiHeadAttention, weights: dict[str, Tensor]) -> None:
    count = len(attention.heads)
    for number, head in enumerate(attention.heads):
        for name, layer in zip("qkv", head.children(), strict=True):
            assert isinstance(layer, nn.Linear)
            layer.weight = nn.Parameter(weights[f"w{name}"].chunk(count)[number].clone())
            layer.bias = nn.Parameter(weights[f"b{name}"].chunk(count)[number].clone())
    attention.join.weight = nn.Parameter(weights["wo"].clone())
    attention.join.bias = nn.Parameter(weights["bo"].clone())
