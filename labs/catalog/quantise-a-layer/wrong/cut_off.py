# fails: int8, groups, outliers, layer, state
# says: cuts off instead of rounding
"""Casting to integers cuts off instead of rounding."""

import torch
from torch import Tensor, nn


def quantise(w: Tensor, bits: int, group: int | None = None, symmetric: bool = True) -> tuple[Tensor, Tensor, Tensor]:
    parts = w.unflatten(1, (-1, group or w.shape[1]))
    if symmetric:
        top = 2 ** (bits - 1) - 1
        scale = nonzero(parts.abs().amax(-1) / top)
        q = parts / scale[..., None]
        return q.flatten(1).to(torch.int8), scale, torch.zeros_like(scale)
    low, high = parts.amin(-1).clamp(max=0), parts.amax(-1).clamp(min=0)
    levels = 2**bits - 1
    scale = nonzero((high - low) / levels)
    zero = (-low / scale).round()
    q = ((parts / scale[..., None]).round() + zero[..., None]).clamp(0, levels)
    return q.flatten(1).to(torch.uint8), scale, zero


def nonzero(scale: Tensor) -> Tensor:
    return torch.where(scale == 0, 1.0, scale)


def dequantise(q: Tensor, scale: Tensor, zero: Tensor) -> Tensor:
    parts = q.unflatten(1, (scale.shape[1], -1))
    return ((parts - zero[..., None]) * scale[..., None]).flatten(1)


def pack(q: Tensor) -> Tensor:
    nibbles = q.to(torch.uint8) & 0xF
    return nibbles[:, 0::2] | (nibbles[:, 1::2] << 4)


def unpack(packed: Tensor) -> Tensor:
    nibbles = torch.stack([packed & 0xF, packed >> 4], dim=-1).flatten(1)
    return (nibbles.to(torch.int8) ^ 8) - 8


def nearest_code(w: Tensor, codes: Tensor, group: int) -> tuple[Tensor, Tensor]:
    parts = w.unflatten(1, (-1, group))
    scale = nonzero(parts.abs().amax(-1))
    distance = (parts / scale[..., None]).flatten(1)[..., None] - codes
    return distance.abs().argmin(-1).to(torch.uint8), scale


def mixed_product(x: Tensor, w: Tensor, threshold: float) -> Tensor:
    large = (x.abs() > threshold).any(dim=0)
    xq, xs, _ = quantise(x[:, ~large], 8)
    wq, ws, _ = quantise(w[:, ~large], 8)
    product = xq.int() @ wq.int().T
    return x[:, large] @ w[:, large].T + product * xs * ws.T


class QuantLinear(nn.Module):
    def __init__(self, linear: nn.Linear, group: int = 32) -> None:
        super().__init__()
        q, scale, _ = quantise(linear.weight.detach(), 4, group)
        self.register_buffer("packed", pack(q))
        self.register_buffer("scale", scale)
        self.register_buffer("bias", linear.bias.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        w = dequantise(unpack(self.packed), self.scale, torch.zeros_like(self.scale))
        return x @ w.T + self.bias
