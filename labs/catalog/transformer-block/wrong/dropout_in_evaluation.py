# fails: feed-forward, pre-norm, post-norm, eps, causal, leak, gradients, no-dropout
# says: is there dropout in the block?
"""F.dropout drops in evaluation mode too unless it is told not to."""

import math

import torch
from torch import Tensor, nn


class TransformerBlock(nn.Module):
    def __init__(self, d_model: int, n_heads: int, d_ff: int, pre_norm: bool = True) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.pre_norm = pre_norm
        self.qkv = nn.Linear(d_model, 3 * d_model)
        self.out = nn.Linear(d_model, d_model)
        self.up = nn.Linear(d_model, d_ff)
        self.down = nn.Linear(d_ff, d_model)
        self.norm1 = nn.LayerNorm(d_model)
        self.norm2 = nn.LayerNorm(d_model)

    def forward(self, x: Tensor, causal: bool = False) -> Tensor:
        if self.pre_norm:
            x = x + self.attend(self.norm1(x), causal)
            return x + self.feed_forward(self.norm2(x))
        x = self.norm1(x + self.attend(x, causal))
        return self.norm2(x + self.feed_forward(x))

    def attend(self, x: Tensor, causal: bool) -> Tensor:
        batch, tokens, width = x.shape
        q, k, v = self.qkv(x).view(batch, tokens, 3, self.n_heads, -1).permute(2, 0, 3, 1, 4)  # (B, H, T, D/H) each
        scores = q @ k.mT / math.sqrt(q.size(-1))
        if causal:
            future = torch.ones(tokens, tokens, dtype=torch.bool).triu(1)
            scores = scores.masked_fill(future, -math.inf)
        mixed = scores.softmax(-1) @ v
        return self.out(mixed.transpose(1, 2).reshape(batch, tokens, width))

    def feed_forward(self, x: Tensor) -> Tensor:
        return nn.functional.dropout(self.down(nn.functional.gelu(self.up(x))), 0.1)


def load_weights(block: TransformerBlock, weights: dict[str, Tensor]) -> None:
    with torch.no_grad():
        block.qkv.weight.copy_(torch.cat([weights["wq"], weights["wk"], weights["wv"]]))
        block.qkv.bias.copy_(torch.cat([weights["bq"], weights["bk"], weights["bv"]]))
        block.out.weight.copy_(weights["wo"])
        block.out.bias.copy_(weights["bo"])
        block.up.weight.copy_(weights["w1"])
        block.up.bias.copy_(weights["b1"])
        block.down.weight.copy_(weights["w2"])
        block.down.bias.copy_(weights["b2"])
        for norm, name in ((block.norm1, "norm1"), (block.norm2, "norm2")):
            norm.weight.copy_(weights[f"{name}_gain"])
            norm.bias.copy_(weights[f"{name}_bias"])
