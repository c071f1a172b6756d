"""Pairs as complex numbers, and the rotation as a product."""

import torch
from torch import Tensor


def phases(positions: Tensor, width: int, base: float) -> Tensor:
    frequency = 1.0 / torch.pow(torch.tensor(base), torch.arange(width // 2) * 2.0 / width)
    angle = torch.outer(positions.float(), frequency)
    return torch.polar(torch.ones_like(angle), angle)


def sinusoidal(length: int, d_model: int, base: float = 10000.0) -> Tensor:
    waves = phases(torch.arange(length), d_model, base)
    return torch.view_as_real(waves).flip(-1).reshape(length, d_model)


def rotary(x: Tensor, positions: Tensor, base: float = 10000.0) -> Tensor:
    pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], -1, 2))
    return torch.view_as_real(pairs * phases(positions, x.size(-1), base)).reshape(x.shape)
