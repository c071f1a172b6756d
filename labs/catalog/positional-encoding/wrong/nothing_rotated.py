# fails: rotary, any-positions, relative, base, gradients
# mistake: not-rotated
# baseline: the vectors come back as they are
"""Trivial baseline: the vectors come back as they are."""

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
    del positions, base
    return x.clone()
