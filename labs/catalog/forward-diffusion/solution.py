"""The forward process of a diffusion model.

Choices: tables are made in float64 and rounded once, since a thousand factors are multiplied; indexing a table with t
and reshaping to (B, 1, 1, 1) gives each image its own coefficient.
"""

import math

import torch
from torch import Tensor


def betas(kind: str, steps: int, start: float = 1e-4, end: float = 0.02) -> Tensor:
    """Variances that the steps add, float32 (T,); `kind` is "linear", "scaled_linear" or "cosine"."""
    if kind == "linear":
        return torch.linspace(start, end, steps, dtype=torch.float64).float()
    if kind == "scaled_linear":
        return torch.linspace(start**0.5, end**0.5, steps, dtype=torch.float64).square().float()
    if kind == "cosine":
        time = torch.arange(steps + 1, dtype=torch.float64) / steps  # T + 1 moments for T steps between them
        signal = torch.cos((time + 0.008) / 1.008 * math.pi / 2).square()
        return (
            (1 - signal[1:] / signal[:-1]).clamp(max=0.999).float()
        )  # the last ratio is 0, which would end everything
    raise ValueError(f"no schedule {kind!r}; there are linear, scaled_linear and cosine")


def alpha_bars(betas: Tensor) -> Tensor:
    """How much of the image's variance is left after each step: (T,) -> (T,)."""
    return (1 - betas.double()).cumprod(dim=0).float()


def q_step(x: Tensor, t: Tensor, noise: Tensor, betas: Tensor) -> Tensor:
    """From the state before step t to the one after it: x, noise (B, C, H, W), t (B,) -> (B, C, H, W)."""
    beta = of_each(betas, t)
    return (1 - beta).sqrt() * x + beta.sqrt() * noise  # the variances 1 - β and β sum to one


def q_sample(x0: Tensor, t: Tensor, noise: Tensor, bars: Tensor) -> Tensor:
    """From the image straight to the state after step t: x0, noise (B, C, H, W), t (B,) -> (B, C, H, W)."""
    bar = of_each(bars, t)
    return bar.sqrt() * x0 + (1 - bar).sqrt() * noise


def snr(bars: Tensor) -> Tensor:
    """Signal-to-noise ratio after each step, a ratio of variances: (T,) -> (T,)."""
    return bars / (1 - bars)


def of_each(table: Tensor, t: Tensor) -> Tensor:
    """Each image's entry of a table (T,), shaped to meet images: t (B,) -> (B, 1, 1, 1)."""
    return table[t].view(-1, 1, 1, 1)
