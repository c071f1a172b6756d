"""Bare parameters per head, einsum, layer norm and softmax by hand, gains stored as their difference from one."""

import torch
from torch import Tensor, nn


class TransformerBlock(nn.Module):
    def __init__(self, d_model: int, n_heads: int, d_ff: int, pre_norm: bool = True) -> None:
        super().__init__()
        self.pre = pre_norm
        self.into = nn.Parameter(torch.randn(3, d_model, n_heads, d_model // n_heads) * d_model**-0.5)
        self.into_bias = nn.Parameter(torch.zeros(3, n_heads, d_model // n_heads))
        self.back = nn.Parameter(torch.randn(n_heads, d_model // n_heads, d_model) * d_model**-0.5)
        self.widen = nn.Parameter(torch.randn(d_model, d_ff) * d_model**-0.5)
        self.widen_bias = nn.Parameter(torch.zeros(d_ff))
        self.narrow = nn.Parameter(torch.randn(d_ff, d_model) * d_ff**-0.5)
        self.biases = nn.Parameter(torch.zeros(4, d_model))
        self.extra_gain = nn.Parameter(torch.zeros(2, d_model))

    def norm(self, x: Tensor, which: int) -> Tensor:
        centred = x - x.mean(-1, keepdim=True)
        unit = centred * torch.rsqrt((centred * centred).mean(-1, keepdim=True) + 1e-5)
        return unit * (1 + self.extra_gain[which]) + self.biases[which]

    def attend(self, x: Tensor, causal: bool) -> Tensor:
        q, k, v = torch.einsum("btm,pmhd->pbthd", x, self.into) + self.into_bias[:, None, None]
        scores = torch.einsum("bqhd,bkhd->bhqk", q * q.size(-1) ** -0.5, k)
        if causal:
            t = torch.arange(x.size(1))
            scores = scores + torch.where(t[None] > t[:, None], torch.finfo(scores.dtype).min, 0.0)
        exponentials = torch.exp(scores - scores.amax(-1, keepdim=True))
        weights = exponentials / exponentials.sum(-1, keepdim=True)
        return torch.einsum("bhqk,bkhd,hdm->bqm", weights, v, self.back) + self.biases[2]

    def feed_forward(self, x: Tensor) -> Tensor:
        hidden = x @ self.widen + self.widen_bias
        return (hidden * 0.5 * (1 + torch.erf(hidden * 2**-0.5))) @ self.narrow + self.biases[3]

    def forward(self, x: Tensor, causal: bool = False) -> Tensor:
        if self.pre:
            x = x + self.attend(self.norm(x, 0), causal)
            return x + self.feed_forward(self.norm(x, 1))
        x = self.norm(x + self.attend(x, causal), 0)
        return self.norm(x + self.feed_forward(x), 1)


def load_weights(block: TransformerBlock, weights: dict[str, Tensor]) -> None:
    heads, width, d_model = block.back.shape
    with torch.no_grad():
        block.into.copy_(torch.stack([weights[f"w{p}"].T.reshape(d_model, heads, width) for p in "qkv"]))
        block.into_bias.copy_(torch.stack([weights[f"b{p}"].reshape(heads, width) for p in "qkv"]))
        block.back.copy_(weights["wo"].T.reshape(heads, width, d_model))
        block.widen.copy_(weights["w1"].T)
        block.widen_bias.copy_(weights["b1"])
        block.narrow.copy_(weights["w2"].T)
        block.biases.copy_(torch.stack([weights[name] for name in ("norm1_bias", "norm2_bias", "bo", "b2")]))
        block.extra_gain.copy_(torch.stack([weights["norm1_gain"], weights["norm2_gain"]]) - 1)
