"""As in GPT-2: a fused projection, PyTorch's attention function, a Sequential, and load_state_dict."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class SelfAttention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.c_attn = nn.Linear(width, 3 * width)
        self.c_proj = nn.Linear(width, width)

    def forward(self, x: Tensor, causal: bool) -> Tensor:
        batch, tokens, width = x.size()
        q, k, v = (
            part.view(batch, tokens, self.heads, width // self.heads).transpose(1, 2)
            for part in self.c_attn(x).split(width, dim=2)
        )
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
        projected: Tensor = self.c_proj(mixed.transpose(1, 2).contiguous().view(batch, tokens, width))
        return projected


class TransformerBlock(nn.Module):
    def __init__(self, d_model: int, n_heads: int, d_ff: int, pre_norm: bool = True) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(d_model)
        self.attn = SelfAttention(d_model, n_heads)
        self.ln_2 = nn.LayerNorm(d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, d_ff), nn.GELU(), nn.Linear(d_ff, d_model), nn.Dropout(0.0))
        self.pre_norm = pre_norm

    def forward(self, x: Tensor, causal: bool = False) -> Tensor:
        if self.pre_norm:
            x = x + self.attn(self.ln_1(x), causal)
            after: Tensor = x + self.mlp(self.ln_2(x))
        else:
            x = self.ln_1(x + self.attn(x, causal))
            after = self.ln_2(x + self.mlp(x))
        return after


def load_weights(block: TransformerBlock, weights: dict[str, Tensor]) -> None:
    fused = {
        "attn.c_attn.weight": torch.cat([weights["wq"], weights["wk"], weights["wv"]]),
        "attn.c_attn.bias": torch.cat([weights["bq"], weights["bk"], weights["bv"]]),
    }
    linears = {"attn.c_proj": "o", "mlp.0": "1", "mlp.2": "2"}
    norms = {"ln_1": "norm1", "ln_2": "norm2"}
    block.load_state_dict(
        fused
        | {f"{layer}.weight": weights[f"w{name}"] for layer, name in linears.items()}
        | {f"{layer}.bias": weights[f"b{name}"] for layer, name in linears.items()}
        | {f"{layer}.weight": weights[f"{name}_gain"] for layer, name in norms.items()}
        | {f"{layer}.bias": weights[f"{name}_bias"] for layer, name in norms.items()}
    )
