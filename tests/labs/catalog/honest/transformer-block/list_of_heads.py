"""A module per head, bmm, -1e9 for the mask, a norm of its own, and parameters that are replaced instead of filled."""

import math

import torch
from torch import Tensor, nn


class Head(nn.Module):
    def __init__(self, d_model: int, width: int) -> None:
        super().__init__()
        self.wq = nn.Linear(d_model, width)
        self.wk = nn.Linear(d_model, width)
        self.wv = nn.Linear(d_model, width)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        scores = torch.bmm(self.wq(x), self.wk(x).transpose(1, 2)) / math.sqrt(self.wq.out_features)
        if mask is not None:
            scores = scores.masked_fill(mask == 0, -1e9)
        return torch.bmm(torch.softmax(scores, 2), self.wv(x))


class Norm(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.a_2 = nn.Parameter(torch.ones(width))
        self.b_2 = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.layer_norm(x, self.a_2.shape, self.a_2, self.b_2, 1e-5)


class TransformerBlock(nn.Module):
    def __init__(self, d_model: int, n_heads: int, d_ff: int, pre_norm: bool = True) -> None:
        super().__init__()
        self.heads = nn.ModuleList(Head(d_model, d_model // n_heads) for _ in range(n_heads))
        self.w_o = nn.Linear(d_model, d_model)
        self.w_1 = nn.Linear(d_model, d_ff)
        self.w_2 = nn.Linear(d_ff, d_model)
        self.norms = nn.ModuleList([Norm(d_model), Norm(d_model)])
        self.pre_norm = pre_norm

    def attend(self, x: Tensor, causal: bool) -> Tensor:
        mask = torch.tril(torch.ones(x.size(1), x.size(1))) if causal else None
        joined: Tensor = self.w_o(torch.cat([head(x, mask) for head in self.heads], -1))
        return joined

    def feed_forward(self, x: Tensor) -> Tensor:
        narrowed: Tensor = self.w_2(nn.functional.gelu(self.w_1(x)))
        return narrowed

    def forward(self, x: Tensor, causal: bool = False) -> Tensor:
        first, second = self.norms
        if self.pre_norm:
            x = x + self.attend(first(x), causal)
            return x + self.feed_forward(second(x))
        x = first(x + self.attend(x, causal))
        last: Tensor = second(x + self.feed_forward(x))
        return last


def load_weights(block: TransformerBlock, weights: dict[str, Tensor]) -> None:
    count = len(block.heads)
    for name in ("wq", "wk", "wv"):
        parts = weights[name].chunk(count), weights[f"b{name[1]}"].chunk(count)
        for head, matrix, bias in zip(block.heads, *parts, strict=True):
            fill(getattr(head, name), matrix, bias)
    fill(block.w_o, weights["wo"], weights["bo"])
    fill(block.w_1, weights["w1"], weights["b1"])
    fill(block.w_2, weights["w2"], weights["b2"])
    for name, norm in zip(("norm1", "norm2"), block.norms, strict=True):
        norm.a_2 = nn.Parameter(weights[f"{name}_gain"].clone())
        norm.b_2 = nn.Parameter(weights[f"{name}_bias"].clone())


def fill(layer: nn.Linear, matrix: Tensor, bias: Tensor) -> None:
    layer.weight = nn.Parameter(matrix.clone())
    layer.bias = nn.Parameter(bias.clone())
