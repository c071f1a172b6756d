"""A tiny video U-Net as plain formulas over its state dict: the numbers of `UNetMotionModel`, in any dtype, without it.

The layout is fixed: a level of 8 × 8 without attention to the prompt, one of 4 × 4 with it, and a middle with it; a
motion module behind every block of either level and within the middle. Frames lie in the batch: (B·F, C, Y, X).
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

Weights = dict[str, Tensor]

HEADS, GROUPS, WIDTH = 2, 4, 16


def linear(w: Weights, name: str, x: Tensor) -> Tensor:
    return functional.linear(x, w[f"{name}.weight"], w.get(f"{name}.bias"))


def conv(w: Weights, name: str, x: Tensor, stride: int = 1) -> Tensor:
    weight = w[f"{name}.weight"]
    return functional.conv2d(x, weight, w[f"{name}.bias"], stride=stride, padding=weight.size(-1) // 2)


def group_norm(w: Weights, name: str, x: Tensor, eps: float = 1e-5) -> Tensor:
    return functional.group_norm(x, GROUPS, w[f"{name}.weight"], w[f"{name}.bias"], eps)


def layer_norm(w: Weights, name: str, x: Tensor) -> Tensor:
    return functional.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"])


def waves(at: Tensor, width: int) -> Tensor:
    """Cosines, then sines, of geometrically falling frequencies: (N,) -> (N, width)."""
    speeds = torch.exp(-math.log(10000.0) * torch.arange(width // 2, dtype=at.dtype) / (width // 2))
    angles = at[:, None] * speeds
    return torch.cat([angles.cos(), angles.sin()], dim=1)


def embed_time(w: Weights, t: Tensor) -> Tensor:
    """(N,) -> (N, 4 · WIDTH)."""
    h = functional.silu(linear(w, "time_embedding.linear_1", waves(t, WIDTH)))
    return linear(w, "time_embedding.linear_2", h)


def residual(w: Weights, name: str, x: Tensor, time: Tensor) -> Tensor:
    h = conv(w, f"{name}.conv1", functional.silu(group_norm(w, f"{name}.norm1", x)))
    h = h + linear(w, f"{name}.time_emb_proj", functional.silu(time))[:, :, None, None]
    h = conv(w, f"{name}.conv2", functional.silu(group_norm(w, f"{name}.norm2", h)))
    return h + (conv(w, f"{name}.conv_shortcut", x) if f"{name}.conv_shortcut.weight" in w else x)


def attention(w: Weights, name: str, x: Tensor, context: Tensor) -> Tensor:
    """x (N, S, C) looks at context (N, L, E)."""
    split = [linear(w, f"{name}.{which}", of) for which, of in (("to_q", x), ("to_k", context), ("to_v", context))]
    q, k, v = (part.unflatten(-1, (HEADS, -1)).transpose(1, 2) for part in split)  # (N, H, S or L, C/H)
    weights = (q @ k.mT / math.sqrt(q.size(-1))).softmax(-1)  # (N, H, S, L)
    return linear(w, f"{name}.to_out.0", (weights @ v).transpose(1, 2).flatten(2))


def gated(w: Weights, name: str, x: Tensor) -> Tensor:
    value, gate = linear(w, f"{name}.net.0.proj", x).chunk(2, dim=-1)
    return linear(w, f"{name}.net.2", value * functional.gelu(gate))


def transformer(w: Weights, name: str, x: Tensor, context: Tensor) -> Tensor:
    """Within a frame: pixels look at each other, then at the prompt, then each goes through a gated layer."""
    block = f"{name}.transformer_blocks.0"
    h = conv(w, f"{name}.proj_in", group_norm(w, f"{name}.norm", x, eps=1e-6)).flatten(2).mT  # (N, Y·X, C)
    own = layer_norm(w, f"{block}.norm1", h)
    h = h + attention(w, f"{block}.attn1", own, own)
    h = h + attention(w, f"{block}.attn2", layer_norm(w, f"{block}.norm2", h), context)
    h = h + gated(w, f"{block}.ff", layer_norm(w, f"{block}.norm3", h))
    return x + conv(w, f"{name}.proj_out", h.mT.unflatten(2, x.shape[2:]))


def motion(w: Weights, name: str, x: Tensor, frames: int) -> Tensor:
    """Across frames: each pixel looks at the same pixel of every frame. Twice, then a gated layer."""
    if f"{name}.proj_in.weight" not in w:  # an image model
        return x
    clip = x.unflatten(0, (-1, frames))  # (B, F, C, Y, X)
    normed = group_norm(w, f"{name}.norm", clip.transpose(1, 2), eps=1e-6)  # over all frames of a clip together
    rows = normed.permute(0, 3, 4, 2, 1).flatten(0, 2)  # (B·Y·X, F, C)
    h, block = linear(w, f"{name}.proj_in", rows), f"{name}.transformer_blocks.0"
    places = interleaved(waves(torch.arange(frames, dtype=x.dtype), h.size(-1)))
    for at in ("1", "2"):
        own = layer_norm(w, f"{block}.norm{at}", h) + places
        h = h + attention(w, f"{block}.attn{at}", own, own)
    h = linear(w, f"{name}.proj_out", h + gated(w, f"{block}.ff", layer_norm(w, f"{block}.norm3", h)))
    h = h.unflatten(0, (len(clip), *x.shape[2:])).permute(0, 3, 4, 1, 2)  # (B, F, C, Y, X)
    return x + h.flatten(0, 1)


def interleaved(cosines_and_sines: Tensor) -> Tensor:
    """Sine and cosine in turns, as a motion module has them."""
    cosines, sines = cosines_and_sines.chunk(2, dim=1)
    return torch.stack([sines, cosines], dim=2).flatten(1)


def predict(w: Weights, latents: Tensor, t: Tensor, prompts: Tensor) -> Tensor:
    """Latents (B, 4, F, 8, 8), one step t (), prompts (B·F, L, E) -> like the latents."""
    frames = latents.size(2)
    x = latents.transpose(1, 2).flatten(0, 1)  # (B·F, 4, 8, 8)
    time = embed_time(w, t.to(x.dtype).expand(len(x)))
    skips = [conv(w, "conv_in", x)]
    h = residual(w, "down_blocks.0.resnets.0", skips[-1], time)
    skips.append(motion(w, "down_blocks.0.motion_modules.0", h, frames))
    skips.append(conv(w, "down_blocks.0.downsamplers.0.conv", skips[-1], stride=2))
    h = residual(w, "down_blocks.1.resnets.0", skips[-1], time)
    h = transformer(w, "down_blocks.1.attentions.0", h, prompts)
    skips.append(motion(w, "down_blocks.1.motion_modules.0", h, frames))
    h = residual(w, "mid_block.resnets.0", skips[-1], time)
    h = transformer(w, "mid_block.attentions.0", h, prompts)
    h = residual(w, "mid_block.resnets.1", motion(w, "mid_block.motion_modules.0", h, frames), time)
    for i in range(2):
        h = residual(w, f"up_blocks.0.resnets.{i}", torch.cat([h, skips.pop()], dim=1), time)
        h = transformer(w, f"up_blocks.0.attentions.{i}", h, prompts)
        h = motion(w, f"up_blocks.0.motion_modules.{i}", h, frames)
    h = conv(w, "up_blocks.0.upsamplers.0.conv", functional.interpolate(h, scale_factor=2.0))
    for i in range(2):
        h = residual(w, f"up_blocks.1.resnets.{i}", torch.cat([h, skips.pop()], dim=1), time)
        h = motion(w, f"up_blocks.1.motion_modules.{i}", h, frames)
    y = conv(w, "conv_out", functional.silu(group_norm(w, "conv_norm_out", h)))
    return y.unflatten(0, (-1, frames)).transpose(1, 2)
