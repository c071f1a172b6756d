# fails: table, distances, rotary, any-positions, relative, base, gradients
# says: by more than 1.5e-05 (at most by
"""Angles are kept in sixteen bits."""

import torch
from torch import Tensor


def angles(positions: Tensor, width: int, base: float) -> Tensor:
    return positions[:, None].half() / base ** (torch.arange(0, width, 2) / width).half()


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
    y[..., 0::2] = even * angle.cos() - odd * angle.sin()
    y[..., 1::2] = even * angle.sin() + odd * angle.cos()
    return y
