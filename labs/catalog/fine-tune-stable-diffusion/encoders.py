"""The text encoder and the VAE's encoder as plain formulas over their state dicts, in any dtype."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from unet import Weights, linear

HEADS = 2
TEXT_LAYERS = 2


def layer_norm(w: Weights, name: str, x: Tensor) -> Tensor:
    return functional.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"])


def causal_attention(w: Weights, name: str, x: Tensor) -> Tensor:
    q, k, v = (linear(w, f"{name}.{part}_proj", x).unflatten(-1, (HEADS, -1)).transpose(1, 2) for part in "qkv")
    later = torch.ones(x.size(1), x.size(1), dtype=torch.bool).triu(1)
    weights = (q @ k.mT / math.sqrt(q.size(-1))).masked_fill(later, -math.inf).softmax(-1)  # (B, H, L, L)
    return linear(w, f"{name}.out_proj", (weights @ v).transpose(1, 2).flatten(2))


def before_last_norm(w: Weights, ids: Tensor) -> Tensor:
    """The residual stream behind both layers: ids (B, L) -> (B, L, E)."""
    x = w["embeddings.token_embedding.weight"][ids] + w["embeddings.position_embedding.weight"][: ids.size(1)]
    for i in range(TEXT_LAYERS):
        layer = f"encoder.layers.{i}"
        x = x + causal_attention(w, f"{layer}.self_attn", layer_norm(w, f"{layer}.layer_norm1", x))
        wide = linear(w, f"{layer}.mlp.fc1", layer_norm(w, f"{layer}.layer_norm2", x))
        x = x + linear(w, f"{layer}.mlp.fc2", wide * torch.sigmoid(1.702 * wide))
    return x


def read_prompts(w: Weights, ids: Tensor) -> Tensor:
    """A vector for each token: ids (B, L) -> (B, L, E)."""
    return layer_norm(w, "final_layer_norm", before_last_norm(w, ids))


def group_norm(w: Weights, name: str, x: Tensor) -> Tensor:
    return functional.group_norm(x, 4, w[f"{name}.weight"], w[f"{name}.bias"], 1e-6)


def conv(w: Weights, name: str, x: Tensor, padding: int = 1, stride: int = 1) -> Tensor:
    return functional.conv2d(x, w[f"{name}.weight"], w[f"{name}.bias"], padding=padding, stride=stride)


def residual(w: Weights, name: str, x: Tensor) -> Tensor:
    h = conv(w, f"{name}.conv1", functional.silu(group_norm(w, f"{name}.norm1", x)))
    h = conv(w, f"{name}.conv2", functional.silu(group_norm(w, f"{name}.norm2", h)))
    return h + (conv(w, f"{name}.conv_shortcut", x, padding=0) if f"{name}.conv_shortcut.weight" in w else x)


def attention(w: Weights, name: str, x: Tensor) -> Tensor:
    """One head over all pixels, x (B, C, Y, X)."""
    h = group_norm(w, f"{name}.group_norm", x).flatten(2).mT  # (B, Y·X, C)
    q, k, v = (linear(w, f"{name}.to_{part}", h) for part in "qkv")
    h = linear(w, f"{name}.to_out.0", (q @ k.mT / math.sqrt(q.size(-1))).softmax(-1) @ v)
    return x + h.mT.unflatten(2, x.shape[2:])


def posterior(w: Weights, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of the latents: (B, 3, 16, 16) -> twice (B, 4, 8, 8)."""
    h = residual(w, "encoder.down_blocks.0.resnets.0", conv(w, "encoder.conv_in", pixels))
    h = conv(w, "encoder.down_blocks.0.downsamplers.0.conv", functional.pad(h, (0, 1, 0, 1)), padding=0, stride=2)
    h = residual(w, "encoder.down_blocks.1.resnets.0", h)
    h = attention(w, "encoder.mid_block.attentions.0", residual(w, "encoder.mid_block.resnets.0", h))
    h = functional.silu(group_norm(w, "encoder.conv_norm_out", residual(w, "encoder.mid_block.resnets.1", h)))
    mean, log_variance = conv(w, "quant_conv", conv(w, "encoder.conv_out", h), padding=0).chunk(2, dim=1)
    return mean, (0.5 * log_variance.clamp(-30, 20)).exp()
