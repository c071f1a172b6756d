"""Sinusoidal and rotary positions.

Choices: one function for the angles, since both encodings turn pair i of position t by the same t·base^(-2i/D); the
table is woven with `stack` and `flatten`, so that sine and cosine of an angle become neighbours; the rotation reads
both halves of a pair before it writes either.
"""

import torch
from torch import Tensor


def angles(positions: Tensor, width: int, base: float) -> Tensor:
    """The angle of every pair of columns at every position: positions (T,) -> (T, D/2)."""
    pair = torch.arange(0, width, 2) / width  # 2i/D for i = 0 … D/2 - 1
    frequency = base**-pair  # 1 for the first pair, nearly 1/base for the last
    return positions[:, None].float() * frequency  # (T, 1) * (D/2,) -> (T, D/2)


def sinusoidal(length: int, d_model: int, base: float = 10000.0) -> Tensor:
    """The table to be added to `length` (T) tokens: float32 (T, D), sines in even columns, cosines in odd ones."""
    angle = angles(torch.arange(length), d_model, base)
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(-2)  # (T, D/2, 2) -> (T, D)


def rotary(x: Tensor, positions: Tensor, base: float = 10000.0) -> Tensor:
    """Turn each pair of neighbouring columns by its angle: x (B, H, T, D), positions (T,) -> (B, H, T, D)."""
    angle = angles(positions, x.size(-1), base)  # (T, D/2), broadcast over B and H
    cos, sin = angle.cos(), angle.sin()
    even, odd = x[..., 0::2], x[..., 1::2]  # (B, H, T, D/2) each: the two coordinates of every pair
    turned = torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1)  # (B, H, T, D/2, 2)
    return turned.flatten(-2)  # woven back into (B, H, T, D)
