# fails: rotary, any-positions, base, gradients
# mistake: halves-paired
"""Column i is paired with column i + D/2, as in LLaMA's code."""

import torch
from torch import Tensor


def angles(positions: Tensor, width: int, base: float) -> Tensor:
    return positions[:, None] / base ** (torch.arange(0, width, 2) / width)


def sinusoidal(length: int, d_model: int, base: float = 10000.0) -> Tensor:
    angle = angles(torch.arange(length), d_model, base)
    table = torch.empty(length, d_model)
    table[:, 0::2] = angle.sin()
    table[:, 1::2] = angle.cos()
    return table


def rotary(x: Tensor, positions: Tensor, base: float = 10000.0) -> Tensor:
    angle = angles(positions, x.size(-1), base)
    cos, sin = torch.cat([angle, angle], dim=-1).cos(), torch.cat([angle, angle], dim=-1).sin()
    left, right = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-right, left], dim=-1) * sin
