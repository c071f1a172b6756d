"""A DDPM: the loss, the steps back, the samplers and a network. Write them; the README says what each must do."""

import torch
from torch import Tensor, nn


def noise_loss(model: nn.Module, x0: Tensor, t: Tensor, noise: Tensor, bars: Tensor) -> Tensor:
    """Mean squared error of the predicted noise: x0, noise (B, D), t (B,), bars (T,) -> ()."""
    raise NotImplementedError("TODO 1: noise_loss; jump to step t with `bars` and `noise`, then ask model(xt, t)")


def train_step(
    model: nn.Module, optimiser: torch.optim.Optimizer, x0: Tensor, t: Tensor, noise: Tensor, bars: Tensor
) -> float:
    """One step on one batch; returns the loss before it."""
    raise NotImplementedError("TODO 6: train_step; loss, zero_grad, backward, step")


def posterior_variance(betas: Tensor) -> Tensor:
    """Variance of the state before each step for someone who knows the image too: (T,) -> (T,)."""
    raise NotImplementedError("TODO 2: posterior_variance; it takes ᾱ and ᾱ one step earlier, which starts with 1")


def ddpm_step(x: Tensor, t: int, eps: Tensor, z: Tensor, betas: Tensor, variance: str = "beta") -> Tensor:
    """From step t to the one before it: x, eps, z (B, D) -> (B, D)."""
    raise NotImplementedError("TODO 3: ddpm_step; the mean first, then √variance times z, but not at t = 0")


def ddim_step(x: Tensor, t: int, s: int, eps: Tensor, bars: Tensor) -> Tensor:
    """From step t straight to step s < t, or to the image with s = -1: x, eps (B, D) -> (B, D)."""
    raise NotImplementedError("TODO 4: ddim_step; solve the jump for the image, then jump again to step s")


def sample(model: nn.Module, x: Tensor, noises: Tensor, betas: Tensor) -> Tensor:
    """All steps from T - 1 to 0, with noises[t] at step t: x (B, D), noises (T, B, D) -> (B, D)."""
    raise NotImplementedError("TODO 5: sample; a loop over t downwards, ddpm_step in it")


class EpsNet(nn.Module):
    """Predicts the noise in a digit: x (N, 64), t (N,) -> (N, 64)."""

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        raise NotImplementedError("TODO 7: EpsNet; layers in __init__, and t must find its way in")


def train(x0: Tensor, betas: Tensor) -> EpsNet:
    """A network trained on digits x0 (N, 64) in [-1, 1]."""
    raise NotImplementedError("TODO 8: train; draw rows, steps and noise, and call train_step")
