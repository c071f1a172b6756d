"""A denoiser that is told which digit to draw. Write the parts; the README says what each must do."""

import torch
from torch import Tensor, nn

NULL = 10  # "no label": one more than the digits
UNTOLD = 0.1  # how often the label is dropped in training


def drop_labels(c: Tensor, u: Tensor, p: float) -> Tensor:
    """Labels c (B,) with NULL wherever u (B,), uniform in [0, 1), is below p."""
    raise NotImplementedError("TODO 1: drop_labels; torch.where says it in one line")


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
    """One step on x0, noise (B, D), c, t, u (B,); returns the loss before it."""
    raise NotImplementedError("TODO 4: train_step; as in the DDPM lab, with model(xt, t, drop_labels(c, u, UNTOLD))")


def guided_noise(model: nn.Module, x: Tensor, t: Tensor, c: Tensor, scale: float) -> Tensor:
    """From the prediction without the label, `scale` times the way to the one with it: (B, D)."""
    raise NotImplementedError("TODO 2: guided_noise; the model is asked with c and with NULL everywhere")


def sample(model: nn.Module, x: Tensor, c: Tensor, scale: float, places: list[int], bars: Tensor) -> Tensor:
    """DDIM with guidance through the steps in `places`, and from the last of them to the image: x (B, D) -> (B, D)."""
    raise NotImplementedError("TODO 3: sample; DDIM steps from each place to the next, with guided_noise")


class Denoiser(nn.Module):
    """Predicts the noise in a digit: x (N, 64), t (N,), c (N,) -> (N, 64)."""

    def forward(self, x: Tensor, t: Tensor, c: Tensor) -> Tensor:
        raise NotImplementedError("TODO 5: Denoiser; like EpsNet, with nn.Embedding(11, …) for the label")


def train(x0: Tensor, y: Tensor, betas: Tensor) -> Denoiser:
    """An expert, trained on digits x0 (N, 64) in [-1, 1] with labels y (N,)."""
    raise NotImplementedError("TODO 6: train; draw rows, steps, noise and u, and call train_step")
