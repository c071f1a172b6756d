"""The shipped U-Net as plain formulas over its state dict: the same numbers as diffusers, in any dtype, without it.

The layout is fixed: a level of 8 × 8 without attention, one of 4 × 4 with it, and a middle with it. Names are those of
`UNet2DConditionModel`.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

Weights = dict[str, Tensor]

HEADS, GROUPS, WIDTH = 4, 8, 32
TARGETS = ("to_q", "to_k", "to_v", "to_out.0")


def linear(w: Weights, name: str, x: Tensor) -> Tensor:
    return functional.linear(x, w[f"{name}.weight"], w.get(f"{name}.bias"))


def conv(w: Weights, name: str, x: Tensor, stride: int = 1) -> Tensor:
    weight = w[f"{name}.weight"]
    return functional.conv2d(x, weight, w[f"{name}.bias"], stride=stride, padding=weight.size(-1) // 2)


def group_norm(w: Weights, name: str, x: Tensor, eps: float = 1e-5) -> Tensor:
    return functional.group_norm(x, GROUPS, w[f"{name}.weight"], w[f"{name}.bias"], eps)


def layer_norm(w: Weights, name: str, x: Tensor) -> Tensor:
    return functional.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"])


def embed_time(w: Weights, t: Tensor, dtype: torch.dtype) -> Tensor:
    """Cosines and sines of geometrically falling frequencies, then two layers: (B,) -> (B, 4 · WIDTH)."""
    half = WIDTH // 2
    speeds = torch.exp(-math.log(10000.0) * torch.arange(half, dtype=dtype) / half)
    angles = t.to(dtype)[:, None] * speeds
    waves = torch.cat([angles.cos(), angles.sin()], dim=1)
    return linear(w, "time_embedding.linear_2", functional.silu(linear(w, "time_embedding.linear_1", waves)))


def residual(w: Weights, name: str, x: Tensor, time: Tensor) -> Tensor:
    h = conv(w, f"{name}.conv1", functional.silu(group_norm(w, f"{name}.norm1", x)))
    h = h + linear(w, f"{name}.time_emb_proj", functional.silu(time))[:, :, None, None]
    h = conv(w, f"{name}.conv2", functional.silu(group_norm(w, f"{name}.norm2", h)))
    return h + (conv(w, f"{name}.conv_shortcut", x) if f"{name}.conv_shortcut.weight" in w else x)


def attention(w: Weights, name: str, x: Tensor, context: Tensor) -> Tensor:
    """x (B, S, C) looks at context (B, L, E)."""
    split = [linear(w, f"{name}.{which}", of) for which, of in (("to_q", x), ("to_k", context), ("to_v", context))]
    q, k, v = (part.unflatten(-1, (HEADS, -1)).transpose(1, 2) for part in split)  # (B, H, S or L, C/H)
    weights = (q @ k.mT / math.sqrt(q.size(-1))).softmax(-1)  # (B, H, S, L)
    return linear(w, f"{name}.to_out.0", (weights @ v).transpose(1, 2).flatten(2))


def transformer(w: Weights, name: str, x: Tensor, context: Tensor) -> Tensor:
    """Pixels look at each other, then at the prompt, then each goes through a gated layer: (B, C, Y, X) as before."""
    block = f"{name}.transformer_blocks.0"
    h = conv(w, f"{name}.proj_in", group_norm(w, f"{name}.norm", x, eps=1e-6)).flatten(2).mT  # (B, Y·X, C)
    own = layer_norm(w, f"{block}.norm1", h)
    h = h + attention(w, f"{block}.attn1", own, own)
    h = h + attention(w, f"{block}.attn2", layer_norm(w, f"{block}.norm2", h), context)
    value, gate = linear(w, f"{block}.ff.net.0.proj", layer_norm(w, f"{block}.norm3", h)).chunk(2, dim=-1)
    h = h + linear(w, f"{block}.ff.net.2", value * functional.gelu(gate))
    return x + conv(w, f"{name}.proj_out", h.mT.unflatten(2, x.shape[2:]))


def predict_noise(w: Weights, x: Tensor, t: Tensor, prompts: Tensor) -> Tensor:
    """Images (B, 1, 8, 8), steps (B,), prompts (B, L, E) -> noise (B, 1, 8, 8)."""
    time = embed_time(w, t, x.dtype)
    skips = [conv(w, "conv_in", x)]
    skips.append(residual(w, "down_blocks.0.resnets.0", skips[-1], time))
    skips.append(conv(w, "down_blocks.0.downsamplers.0.conv", skips[-1], stride=2))
    h = residual(w, "down_blocks.1.resnets.0", skips[-1], time)
    skips.append(transformer(w, "down_blocks.1.attentions.0", h, prompts))
    h = residual(w, "mid_block.resnets.0", skips[-1], time)
    h = transformer(w, "mid_block.attentions.0", h, prompts)
    h = residual(w, "mid_block.resnets.1", h, time)
    for i in range(2):
        h = residual(w, f"up_blocks.0.resnets.{i}", torch.cat([h, skips.pop()], dim=1), time)
        h = transformer(w, f"up_blocks.0.attentions.{i}", h, prompts)
    h = conv(w, "up_blocks.0.upsamplers.0.conv", functional.interpolate(h, scale_factor=2.0))
    for i in range(2):
        h = residual(w, f"up_blocks.1.resnets.{i}", torch.cat([h, skips.pop()], dim=1), time)
    return conv(w, "conv_out", functional.silu(group_norm(w, "conv_norm_out", h)))
