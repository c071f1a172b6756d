# fails: dropping, guided, unguided, sampler, trajectory, quality
# baseline: zeros of the right shapes
"""Trivial baseline: zeros of the right shapes; states and labels stay as they are."""

import torch
from torch import Tensor, nn


def drop_labels(c: Tensor, u: Tensor, p: float) -> Tensor:
    del u, p
    return c.clone()


def train_step(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    x0: Tensor,
    c: Tensor,
    t: Tensor,
    noise: Tensor,
    u: Tensor,
    bars: Tensor,
) -> float:
    del model, optimiser, x0, c, t, noise, u, bars
    return 0.0


def guided_noise(model: nn.Module, x: Tensor, t: Tensor, c: Tensor, scale: float) -> Tensor:
    del model, t, c, scale
    return 0 * x


def sample(model: nn.Module, x: Tensor, c: Tensor, scale: float, places: list[int], bars: Tensor) -> Tensor:
    del model, c, scale, places, bars
    return x.clone()


class Denoiser(nn.Module):
    def forward(self, x: Tensor, t: Tensor, c: Tensor) -> Tensor:
        del t, c
        return 0 * x


def train(x0: Tensor, y: Tensor, betas: Tensor) -> Denoiser:
    del x0, y, betas
    return Denoiser()
