"""einsum and bare parameters of the shape (H, D, D/H); the softmax is written out."""

import torch
from torch import Tensor, nn


class MultiHeadAttention(nn.Module):
    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        width = d_model // n_heads
        self.w_in = nn.Parameter(torch.randn(3, n_heads, d_model, width) / d_model**0.5)
        self.b_in = nn.Parameter(torch.zeros(3, n_heads, 1, width))
        self.w_out = nn.Parameter(torch.randn(n_heads, width, d_model) / d_model**0.5)
        self.b_out = nn.Parameter(torch.zeros(d_model))

    def forward(self, x: Tensor, memory: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        if memory is None:
            memory = x
        q = torch.einsum("bsd,hdw->bhsw", x, self.w_in[0]) + self.b_in[0]
        k, v = torch.einsum("btd,phdw->pbhtw", memory, self.w_in[1:]) + self.b_in[1:, None]
        scores = torch.einsum("bhsw,bhtw->bhst", q * q.size(-1) ** -0.5, k)
        shares = (scores - scores.amax(-1, keepdim=True)).exp()
        if mask is not None:
            mask = mask if mask.dim() == 3 else mask[None]
            scores = torch.where(mask[:, None], scores, -1e9)
            shares = (scores - scores.amax(-1, keepdim=True).detach()).exp() * mask[:, None].float()
        total = shares.sum(-1, keepdim=True)
        shares = shares / torch.where(total > 0, total, 1.0)
        return torch.einsum("bhst,bhtw,hwd->bsd", shares, v, self.w_out) + self.b_out


def causal_mask(queries: int, keys: int) -> Tensor:
    rows = torch.arange(keys - queries, keys)
    return rows.view(-1, 1) >= torch.arange(keys).view(1, -1)


def padding_mask(lengths: Tensor, keys: int) -> Tensor:
    return torch.stack([torch.arange(keys) < int(length) for length in lengths]).unsqueeze(1)


def load_weights(attention: MultiHeadAttention, weights: dict[str, Tensor]) -> None:
    heads = attention.w_out.size(0)
    for place, name in enumerate("qkv"):
        attention.w_in.data[place] = weights[f"w{name}"].view(heads, -1, len(attention.b_out)).mT
        attention.b_in.data[place] = weights[f"b{name}"].view(heads, 1, -1)
    attention.w_out.data = weights["wo"].T.reshape(heads, -1, len(attention.b_out))
    attention.b_out.data = weights["bo"].clone()
