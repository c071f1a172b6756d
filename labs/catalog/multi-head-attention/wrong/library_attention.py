# fails: by-hand
# says: uses `MultiheadAttention`
"""PyTorch's module does the work, with blind rows mended by hand."""

import torch
from torch import Tensor, nn


class MultiHeadAttention(nn.Module):
    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.inner = nn.MultiheadAttention(d_model, n_heads, batch_first=True)

    def forward(self, x: Tensor, memory: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        memory = x if memory is None else memory
        hidden = torch.zeros(len(x), x.size(1), memory.size(1), dtype=torch.bool)
        if mask is not None:
            hidden = ~mask.expand_as(hidden)
        blind = hidden.all(-1, keepdim=True)
        heads = (hidden & ~blind).repeat_interleave(self.inner.num_heads, dim=0)
        y = self.inner(x, memory, memory, attn_mask=heads, need_weights=False)[0]
        return torch.where(blind, self.inner.out_proj.bias, y)


def causal_mask(queries: int, keys: int) -> Tensor:
    return torch.ones(queries, keys, dtype=torch.bool).tril(keys - queries)


def padding_mask(lengths: Tensor, keys: int) -> Tensor:
    return (torch.arange(keys) < lengths[:, None])[:, None]


def load_weights(attention: MultiHeadAttention, weights: dict[str, Tensor]) -> None:
    inner = attention.inner
    with torch.no_grad():
        inner.in_proj_weight.copy_(torch.cat([weights["wq"], weights["wk"], weights["wv"]]))
        inner.in_proj_bias.copy_(torch.cat([weights["bq"], weights["bk"], weights["bv"]]))
        inner.out_proj.weight.copy_(weights["wo"])
        inner.out_proj.bias.copy_(weights["bo"])
