"""Products as sums of logarithms, steps as einsum."""

import math

import torch
from torch import Tensor


def betas(kind: str, steps: int, start: float = 1e-4, end: float = 0.02) -> Tensor:
    ramp = torch.arange(steps) / (steps - 1)
    if kind == "linear":
        return start + (end - start) * ramp
    if kind == "scaled_linear":
        return (math.sqrt(start) * (1 - ramp) + math.sqrt(end) * ramp).pow(2)
    angle = (torch.arange(steps + 1) / steps + 0.008) / 1.008 * (math.pi / 2)
    kept = torch.cos(angle[1:]) / torch.cos(angle[:-1])
    return torch.minimum(1 - kept * kept, torch.tensor(0.999))


def alpha_bars(betas: Tensor) -> Tensor:
    return torch.log1p(-betas).cumsum(0).exp()


def q_step(x: Tensor, t: Tensor, noise: Tensor, betas: Tensor) -> Tensor:
    kept = torch.einsum("b,bchw->bchw", torch.sqrt(1 - betas.gather(0, t)), x)
    return kept + torch.einsum("b,bchw->bchw", torch.sqrt(betas.gather(0, t)), noise)


def q_sample(x0: Tensor, t: Tensor, noise: Tensor, bars: Tensor) -> Tensor:
    return q_step(x0, t, noise, 1 - bars)


def snr(bars: Tensor) -> Tensor:
    return torch.logit(bars).exp()
