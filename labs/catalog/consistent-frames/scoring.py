"""What layers across frames are worth beside the image model alone, and beside what needs no layers."""

import math

import torch
from torch import Tensor

from reference import ANGLES, Recipe, Weights


def psnr(answer: Tensor, clean: Tensor) -> float:
    """Peak signal-to-noise ratio in dB of clips in [−1, 1]: the peak is 2, so its square 4."""
    return 10 * math.log10(4 / (answer.double() - clean.double()).square().mean().item())


def averaged(x: Tensor) -> Tensor:
    """Each frame becomes the mean of itself and its neighbours in time: (B, 1, F, S, S)."""
    padded = torch.cat([x[:, :, :1], x, x[:, :, -1:]], dim=2)
    return (padded[:, :, :-2] + padded[:, :, 1:-1] + padded[:, :, 2:]) / 3


def noised(clean: Tensor, level: int, noise: Tensor) -> Tensor:
    angle = ANGLES[level].float()
    return angle.cos() * clean + angle.sin() * noise


def denoised(image: Weights, layers: list[Weights], noisy: Tensor, level: int) -> Tensor:
    return Recipe().video(image, layers, noisy, torch.full((len(noisy),), level))
