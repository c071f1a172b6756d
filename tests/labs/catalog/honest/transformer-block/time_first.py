"""Time-major inside, key, value and query fused in this order, the scale folded into the query, own tensors reused."""

import torch
from torch import Tensor, nn


class TransformerBlock(nn.Module):
    def __init__(self, d_model: int, n_heads: int, d_ff: int, pre_norm: bool = True) -> None:
        super().__init__()
        self.h = n_heads
        self.pre = pre_norm
        self.kvq = nn.Linear(d_model, 3 * d_model)
        self.o = nn.Linear(d_model, d_model)
        self.up = nn.Linear(d_model, d_ff)
        self.down = nn.Linear(d_ff, d_model)
        self.ff = nn.Sequential(self.up, nn.GELU(), self.down)
        self.n1 = nn.LayerNorm(d_model)
        self.n2 = nn.LayerNorm(d_model)

    def attend(self, x: Tensor, causal: bool) -> Tensor:  # (T, B, D)
        tokens, batch, width = x.shape
        k, v, q = (part.reshape(tokens, batch * self.h, -1).transpose(0, 1) for part in self.kvq(x).chunk(3, -1))
        mask = torch.full((tokens, tokens), float("-inf")).triu_(1) if causal else torch.zeros(tokens, tokens)
        mixed = torch.bmm(torch.baddbmm(mask, q, k.mT).softmax(-1), v)
        projected: Tensor = self.o(mixed.transpose(0, 1).reshape(tokens, batch, width))
        return projected

    def forward(self, x: Tensor, causal: bool = False) -> Tensor:
        x = x.transpose(0, 1)
        if self.pre:
            x = self.attend(self.n1(x), causal).add_(x)
            x = self.ff(self.n2(x)).add_(x)
        else:
            x = self.n1(self.attend(x, causal).add_(x))
            x = self.n2(self.ff(x).add_(x))
        return x.transpose(0, 1)  # a view with other strides is an answer like any other


@torch.no_grad()
def load_weights(block: TransformerBlock, weights: dict[str, Tensor]) -> None:
    scale = (block.o.in_features // block.h) ** -0.5
    block.kvq.weight.copy_(torch.cat([weights["wk"], weights["wv"], weights["wq"] * scale]))
    block.kvq.bias.copy_(torch.cat([weights["bk"], weights["bv"], weights["bq"] * scale]))
    for layer, name in ((block.o, "o"), (block.up, "1"), (block.down, "2")):
        layer.weight.data = weights[f"w{name}"].clone()
        layer.bias.data = weights[f"b{name}"].clone()
    for name, norm in (("norm1", block.n1), ("norm2", block.n2)):
        norm.weight[:] = weights[f"{name}_gain"]
        norm.bias[:] = weights[f"{name}_bias"]
