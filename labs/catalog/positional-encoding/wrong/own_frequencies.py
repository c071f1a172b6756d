# fails: table, distances, base
# mistake: own-frequencies
"""Every column has its own frequency, so sine and cosine do not belong together."""

import torch
from torch import Tensor


def angles(positions: Tensor, width: int, base: float) -> Tensor:
    return positions[:, None] / base ** (torch.arange(0, width, 2) / width)


def sinusoidal(length: int, d_model: int, base: float = 10000.0) -> Tensor:
    angle = torch.arange(length)[:, None] / base ** (torch.arange(d_model) / d_model)
    return torch.where(torch.arange(d_model) % 2 == 0, angle.sin(), angle.cos())


def rotary(x: Tensor, positions: Tensor, base: float = 10000.0) -> Tensor:
    angle = angles(positions, x.size(-1), base)
    even, odd = x[..., 0::2], x[..., 1::2]
    y = torch.empty_like(x)
    y[..., 0::2] = even * angle.cos() - odd * angle.sin()
    y[..., 1::2] = even * angle.sin() + odd * angle.cos()
    return y
