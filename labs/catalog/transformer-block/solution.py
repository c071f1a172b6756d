"""One Transformer block, pre-norm or post-norm, from linear layers up.

Choices: the projections are split (one linear layer each), so that each line names what it makes; the two branches are
methods, so that the two norm placements differ in one line each; the mask is a boolean "may look" and not an addend.
"""

import math

import torch
from torch import Tensor, nn


class TransformerBlock(nn.Module):
    """Self-attention and a feed-forward network, each with a skip connection and a layer norm.

    `d_model` (D) is the width of the residual stream, `n_heads` (H) must divide it, `d_ff` (F) is the hidden width.
    """

    def __init__(self, d_model: int, n_heads: int, d_ff: int, pre_norm: bool = True) -> None:
        super().__init__()
        if d_model % n_heads:
            raise ValueError(f"d_model={d_model} cannot be split into n_heads={n_heads} equal heads")
        self.n_heads = n_heads
        self.pre_norm = pre_norm
        self.q = nn.Linear(d_model, d_model)
        self.k = nn.Linear(d_model, d_model)
        self.v = nn.Linear(d_model, d_model)
        self.out = nn.Linear(d_model, d_model)
        self.up = nn.Linear(d_model, d_ff)
        self.down = nn.Linear(d_ff, d_model)
        self.norm1 = nn.LayerNorm(d_model)
        self.norm2 = nn.LayerNorm(d_model)

    def forward(self, x: Tensor, causal: bool = False) -> Tensor:  # (B, T, D) -> (B, T, D)
        if self.pre_norm:
            x = x + self.attend(self.norm1(x), causal)  # the skip path carries x itself: no norm on the road
            return x + self.feed_forward(self.norm2(x))
        x = self.norm1(x + self.attend(x, causal))  # the sum is normalised: a norm on the road, twice per block
        return self.norm2(x + self.feed_forward(x))

    def attend(self, x: Tensor, causal: bool) -> Tensor:
        q, k, v = (self.split_heads(project(x)) for project in (self.q, self.k, self.v))  # each (B, H, T, D/H)
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))  # (B, H, T, T): a row per query, a column per key
        if causal:
            may_look = torch.ones(x.size(1), x.size(1), dtype=torch.bool, device=x.device).tril()  # (T, T), j <= i
            scores = scores.masked_fill(~may_look, -math.inf)  # before the softmax: e^-inf = 0, and rows still sum to 1
        mixed = scores.softmax(dim=-1) @ v  # (B, H, T, T) @ (B, H, T, D/H) -> (B, H, T, D/H)
        return self.out(mixed.transpose(1, 2).flatten(2))  # (B, T, H, D/H) -> (B, T, D)

    def split_heads(self, x: Tensor) -> Tensor:
        # D is cut into H neighbouring pieces, so H and D/H must be adjacent in the view; only then may H move forward.
        return x.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)  # (B, T, D) -> (B, T, H, D/H) -> (B, H, T, D/H)

    def feed_forward(self, x: Tensor) -> Tensor:
        return self.down(nn.functional.gelu(self.up(x)))  # (B, T, D) -> (B, T, F) -> (B, T, D)


def load_weights(block: TransformerBlock, weights: dict[str, Tensor]) -> None:
    """Copy the sixteen named arrays into `block`; matrices are (out, in), as nn.Linear keeps them."""
    linears = {"q": block.q, "k": block.k, "v": block.v, "o": block.out, "1": block.up, "2": block.down}
    norms = {"norm1": block.norm1, "norm2": block.norm2}
    with torch.no_grad():  # copying is not something to differentiate
        for name, linear in linears.items():
            linear.weight.copy_(weights[f"w{name}"])
            linear.bias.copy_(weights[f"b{name}"])
        for name, norm in norms.items():
            norm.weight.copy_(weights[f"{name}_gain"])
            norm.bias.copy_(weights[f"{name}_bias"])
