# fails: rotary, any-positions, base, gradients
# mistake: backwards
"""The pairs turn the other way."""

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
    even, odd = x[..., 0::2], x[..., 1::2]
    y = torch.empty_like(x)
    y[..., 0::2] = even * angle.cos() + odd * angle.sin()
    y[..., 1::2] = odd * angle.cos() - even * angle.sin()
    return y
