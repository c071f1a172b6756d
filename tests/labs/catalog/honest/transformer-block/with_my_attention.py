"""Built on one's own multi-head attention: `from mine import MultiHeadAttention`."""

import torch
from mine import MultiHeadAttention, causal_mask
from mine.multihead import load_weights as load_attention
from torch import Tensor, nn


class TransformerBlock(nn.Module):
    def __init__(self, d_model: int, n_heads: int, d_ff: int, pre_norm: bool = True) -> None:
        super().__init__()
        self.pre_norm = pre_norm
        self.attention = MultiHeadAttention(d_model, n_heads)
        self.up, self.down = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)
        self.norm1, self.norm2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)

    def forward(self, x: Tensor, causal: bool = False) -> Tensor:  # (B, T, D) -> (B, T, D)
        mask = causal_mask(x.size(1), x.size(1)) if causal else None
        if self.pre_norm:
            x = x + self.attention(self.norm1(x), mask=mask)
            return x + self.feed_forward(self.norm2(x))
        x = self.norm1(x + self.attention(x, mask=mask))
        return self.norm2(x + self.feed_forward(x))

    def feed_forward(self, x: Tensor) -> Tensor:
        return self.down(nn.functional.gelu(self.up(x)))


def load_weights(block: TransformerBlock, weights: dict[str, Tensor]) -> None:
    load_attention(block.attention, {name: weights[name] for name in ("wq", "wk", "wv", "wo", "bq", "bk", "bv", "bo")})
    pairs = {"1": block.up, "2": block.down}
    with torch.no_grad():
        for name, linear in pairs.items():
            linear.weight.copy_(weights[f"w{name}"])
            linear.bias.copy_(weights[f"b{name}"])
        for name, norm in {"norm1": block.norm1, "norm2": block.norm2}.items():
            norm.weight.copy_(weights[f"{name}_gain"])
            norm.bias.copy_(weights[f"{name}_bias"])
