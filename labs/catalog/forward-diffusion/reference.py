"""The forward process in float64: schedules, what remains of the image, one step and the jump."""

import math

import torch
from torch import Tensor


def even(steps: int, start: float, end: float) -> Tensor:
    return torch.linspace(start, end, steps, dtype=torch.float64)


def even_roots(steps: int, start: float, end: float) -> Tensor:
    return even(steps, start**0.5, end**0.5).square()


def cosine(steps: int, offset: float = 0.008, power: int = 2, largest: float = 0.999) -> Tensor:
    signal = remaining(steps, offset, power)
    return (1 - signal[1:] / signal[:-1]).clamp(max=largest)


def remaining(steps: int, offset: float = 0.008, power: int = 2) -> Tensor:
    time = torch.arange(steps + 1, dtype=torch.float64) / steps
    return torch.cos((time + offset) / (1 + offset) * math.pi / 2) ** power


def bars(betas: Tensor) -> Tensor:
    return (1 - betas).cumprod(0)


def mix(signal: Tensor, noise_share: Tensor, x: Tensor, noise: Tensor) -> Tensor:
    return signal.view(-1, 1, 1, 1) * x + noise_share.view(-1, 1, 1, 1) * noise


def jump(x0: Tensor, t: Tensor, noise: Tensor, bars: Tensor) -> Tensor:
    return mix(bars[t].sqrt(), (1 - bars[t]).sqrt(), x0, noise)


def step(x: Tensor, t: Tensor, noise: Tensor, betas: Tensor) -> Tensor:
    return mix((1 - betas[t]).sqrt(), betas[t].sqrt(), x, noise)


def ratio(bars: Tensor) -> Tensor:
    return bars / (1 - bars)
