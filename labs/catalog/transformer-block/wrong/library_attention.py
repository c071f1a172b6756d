# fails: by-hand
# says: MultiheadAttention
"""PyTorch's own attention module does the work."""

import torch
from torch import Tensor, nn


class TransformerBlock(nn.Module):
    def __init__(self, d_model: int, n_heads: int, d_ff: int, pre_norm: bool = True) -> None:
        super().__init__()
        self.pre_norm = pre_norm
        self.attention = nn.MultiheadAttention(d_model, n_heads, batch_first=True)
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
        future = torch.ones(x.size(1), x.size(1), dtype=torch.bool).triu(1) if causal else None
        return self.attention(x, x, x, attn_mask=future, need_weights=False)[0]

    def feed_forward(self, x: Tensor) -> Tensor:
        return self.down(nn.functional.gelu(self.up(x)))


def load_weights(block: TransformerBlock, weights: dict[str, Tensor]) -> None:
    with torch.no_grad():
        block.attention.in_proj_weight.copy_(torch.cat([weights["wq"], weights["wk"], weights["wv"]]))
        block.attention.in_proj_bias.copy_(torch.cat([weights["bq"], weights["bk"], weights["bv"]]))
        block.attention.out_proj.weight.copy_(weights["wo"])
        block.attention.out_proj.bias.copy_(weights["bo"])
        block.up.weight.copy_(weights["w1"])
        block.up.bias.copy_(weights["b1"])
        block.down.weight.copy_(weights["w2"])
        block.down.bias.copy_(weights["b2"])
        for norm, name in ((block.norm1, "norm1"), (block.norm2, "norm2")):
            norm.weight.copy_(weights[f"{name}_gain"])
            norm.bias.copy_(weights[f"{name}_bias"])
