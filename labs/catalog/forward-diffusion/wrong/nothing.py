# fails: linear, scaled-linear, cosine, alpha-bars, diffusers, step, jump, ends, same, snr
# baseline: images stay as they are, tables are zeros
"""Trivial baseline: images stay as they are, tables are zeros."""

import torch
from torch import Tensor


def betas(kind: str, steps: int, start: float = 1e-4, end: float = 0.02) -> Tensor:
    del kind, start, end
    return torch.zeros(steps)


def alpha_bars(betas: Tensor) -> Tensor:
    return 0 * betas


def q_step(x: Tensor, t: Tensor, noise: Tensor, betas: Tensor) -> Tensor:
    del t, noise, betas
    return x.clone()


def q_sample(x0: Tensor, t: Tensor, noise: Tensor, bars: Tensor) -> Tensor:
    del t, noise, bars
    return x0.clone()


def snr(bars: Tensor) -> Tensor:
    return 0 * bars
