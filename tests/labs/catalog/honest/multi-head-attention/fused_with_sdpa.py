"""One fused projection and PyTorch's attention function, which knows blind rows itself."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class MultiHeadAttention(nn.Module):
    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.heads = n_heads
        self.in_proj = nn.Linear(d_model, 3 * d_model)
        self.out_proj = nn.Linear(d_model, d_model)

    def forward(self, x: Tensor, memory: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        width = x.size(-1)
        weight, bias = self.in_proj.weight, self.in_proj.bias
        q = functional.linear(x, weight[:width], bias[:width])
        k, v = functional.linear(x if memory is None else memory, weight[width:], bias[width:]).chunk(2, dim=-1)
        q, k, v = (part.view(*part.shape[:2], self.heads, -1).transpose(1, 2) for part in (q, k, v))
        allowed = None if mask is None else mask.unsqueeze(-3)
        mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=allowed)
        projected: Tensor = self.out_proj(mixed.transpose(1, 2).reshape(x.shape))
        return projected


def causal_mask(queries: int, keys: int) -> Tensor:
    return ~torch.ones(queries, keys).triu(1 + keys - queries).bool()


def padding_mask(lengths: Tensor, keys: int) -> Tensor:
    return torch.arange(keys).view(1, 1, -1).lt(lengths.view(-1, 1, 1))


def load_weights(attention: MultiHeadAttention, weights: dict[str, Tensor]) -> None:
    attention.load_state_dict(
        {
            "in_proj.weight": torch.cat([weights["wq"], weights["wk"], weights["wv"]]),
            "in_proj.bias": torch.cat([weights["bq"], weights["bk"], weights["bv"]]),
            "out_proj.weight": weights["wo"],
            "out_proj.bias": weights["bo"],
        }
    )
