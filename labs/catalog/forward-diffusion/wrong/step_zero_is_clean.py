# fails: ends
# says: The first image goes to step 0
"""Step 0 is taken for the clean image."""

import math

import torch
from torch import Tensor


def betas(kind: str, steps: int, start: float = 1e-4, end: float = 0.02) -> Tensor:
    if kind == "linear":
        return torch.linspace(start, end, steps)
    if kind == "scaled_linear":
        return torch.linspace(start**0.5, end**0.5, steps) ** 2
    signal = [math.cos((i / steps + 0.008) / 1.008 * math.pi / 2) ** 2 for i in range(steps + 1)]
    return torch.tensor([min(1 - signal[i + 1] / signal[i], 0.999) for i in range(steps)])


def alpha_bars(betas: Tensor) -> Tensor:
    return torch.cumprod(1 - betas, dim=0)


def q_step(x: Tensor, t: Tensor, noise: Tensor, betas: Tensor) -> Tensor:
    beta = betas[t][:, None, None, None]
    return (1 - beta).sqrt() * x + beta.sqrt() * noise


def q_sample(x0: Tensor, t: Tensor, noise: Tensor, bars: Tensor) -> Tensor:
    bar = torch.where(t == 0, 1.0, bars[t])[:, None, None, None]
    return bar.sqrt() * x0 + (1 - bar).sqrt() * noise


def snr(bars: Tensor) -> Tensor:
    return bars / (1 - bars)
