# fails: network, sizes, no-skips, gradients, steps, denoises
# baseline: the linear map of least squared error
"""Trivial baseline: the best linear map of all pixels, from the mean and covariance of the clean images."""

import torch
from torch import Tensor, nn


class MiniUNet(nn.Module):
    def __init__(self, width: int, groups: int) -> None:
        del width, groups
        super().__init__()
        self.mean, self.covariance = torch.zeros(256), torch.eye(256)

    def forward(self, x: Tensor, sigma: Tensor, skips: bool = True) -> Tensor:
        del skips
        if x[0].numel() != len(self.mean):
            return x
        weights = torch.linalg.solve(self.covariance + sigma[0] ** 2 * torch.eye(256), self.covariance)
        return ((x.flatten(1) - self.mean) @ weights + self.mean).view_as(x)


def load_weights(model: nn.Module, weights: dict[str, Tensor]) -> None:
    del model, weights


def train_step(model: nn.Module, optimiser: object, clean: Tensor, sigma: Tensor, noise: Tensor) -> float:
    del model, optimiser, clean, sigma, noise
    return 0.0


def fit(model: MiniUNet, clean: Tensor) -> None:
    rows = clean.flatten(1)
    model.mean, model.covariance = rows.mean(0), rows.T.cov()
