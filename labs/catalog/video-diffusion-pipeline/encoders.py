"""The text encoder and the VAE's decoder as plain formulas over their state dicts, in any dtype."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from unet import Weights, conv, layer_norm, linear

TEXT_HEADS, TEXT_LAYERS = 2, 2


def causal_attention(w: Weights, name: str, x: Tensor, seen: Tensor) -> Tensor:
    q, k, v = (linear(w, f"{name}.{part}_proj", x).unflatten(-1, (TEXT_HEADS, -1)).transpose(1, 2) for part in "qkv")
    scores = (q @ k.mT / math.sqrt(q.size(-1))).masked_fill(~seen, -math.inf)  # (B, H, L, L)
    return linear(w, f"{name}.out_proj", (scores.softmax(-1) @ v).transpose(1, 2).flatten(2))


def before_last_norm(w: Weights, ids: Tensor, mask: Tensor | None = None) -> Tensor:
    """The residual stream behind both layers: ids (B, L) -> (B, L, E). No mask: padding is read like any token."""
    x = w["embeddings.token_embedding.weight"][ids] + w["embeddings.position_embedding.weight"][: ids.size(1)]
    seen = torch.ones(ids.size(1), ids.size(1), dtype=torch.bool).tril()
    if mask is not None:
        seen = seen & mask[:, None, None, :]
    for i in range(TEXT_LAYERS):
        layer = f"encoder.layers.{i}"
        x = x + causal_attention(w, f"{layer}.self_attn", layer_norm(w, f"{layer}.layer_norm1", x), seen)
        wide = linear(w, f"{layer}.mlp.fc1", layer_norm(w, f"{layer}.layer_norm2", x))
        x = x + linear(w, f"{layer}.mlp.fc2", wide * torch.sigmoid(1.702 * wide))
    return x


def read_prompts(w: Weights, ids: Tensor, mask: Tensor | None = None) -> Tensor:
    """A vector for each token: ids (B, L) -> (B, L, E)."""
    return layer_norm(w, "final_layer_norm", before_last_norm(w, ids, mask))


def group_norm(w: Weights, name: str, x: Tensor) -> Tensor:
    return functional.group_norm(x, 4, w[f"{name}.weight"], w[f"{name}.bias"], 1e-6)


def residual(w: Weights, name: str, x: Tensor) -> Tensor:
    h = conv(w, f"{name}.conv1", functional.silu(group_norm(w, f"{name}.norm1", x)))
    h = conv(w, f"{name}.conv2", functional.silu(group_norm(w, f"{name}.norm2", h)))
    return h + (conv(w, f"{name}.conv_shortcut", x) if f"{name}.conv_shortcut.weight" in w else x)


def attention(w: Weights, name: str, x: Tensor) -> Tensor:
    """One head over all pixels, x (N, C, Y, X)."""
    h = group_norm(w, f"{name}.group_norm", x).flatten(2).mT  # (N, Y·X, C)
    q, k, v = (linear(w, f"{name}.to_{part}", h) for part in "qkv")
    h = linear(w, f"{name}.to_out.0", (q @ k.mT / math.sqrt(q.size(-1))).softmax(-1) @ v)
    return x + h.mT.unflatten(2, x.shape[2:])


def decode(w: Weights, latents: Tensor) -> Tensor:
    """Latents (N, 4, 8, 8), no longer scaled -> pixels (N, 3, 16, 16)."""
    h = conv(w, "decoder.conv_in", conv(w, "post_quant_conv", latents))
    h = attention(w, "decoder.mid_block.attentions.0", residual(w, "decoder.mid_block.resnets.0", h))
    h = residual(w, "decoder.mid_block.resnets.1", h)
    for i in range(2):
        h = residual(w, f"decoder.up_blocks.0.resnets.{i}", h)
    h = conv(w, "decoder.up_blocks.0.upsamplers.0.conv", functional.interpolate(h, scale_factor=2.0))
    for i in range(2):
        h = residual(w, f"decoder.up_blocks.1.resnets.{i}", h)
    return conv(w, "decoder.conv_out", functional.silu(group_norm(w, "decoder.conv_norm_out", h)))
