# fails: loss, posterior-variance, ancestral, last, ddim, sampler, trajectory, quality
# baseline: zeros of the right shapes
"""Trivial baseline: zeros of the right shapes; states stay as they are."""

import torch
from torch import Tensor, nn


def noise_loss(model: nn.Module, x0: Tensor, t: Tensor, noise: Tensor, bars: Tensor) -> Tensor:
    del model, t, noise, bars
    return 0 * x0.sum()


def train_step(
    model: nn.Module, optimiser: torch.optim.Optimizer, x0: Tensor, t: Tensor, noise: Tensor, bars: Tensor
) -> float:
    del model, optimiser, x0, t, noise, bars
    return 0.0


def posterior_variance(betas: Tensor) -> Tensor:
    return 0 * betas


def ddpm_step(x: Tensor, t: int, eps: Tensor, z: Tensor, betas: Tensor, variance: str = "beta") -> Tensor:
    del t, eps, z, betas, variance
    return x.clone()


def ddim_step(x: Tensor, t: int, s: int, eps: Tensor, bars: Tensor) -> Tensor:
    del t, s, eps, bars
    return x.clone()


def sample(model: nn.Module, x: Tensor, noises: Tensor, betas: Tensor) -> Tensor:
    del model, noises, betas
    return x.clone()


class EpsNet(nn.Module):
    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        del t
        return 0 * x


def train(x0: Tensor, betas: Tensor) -> EpsNet:
    del x0, betas
    return EpsNet()
