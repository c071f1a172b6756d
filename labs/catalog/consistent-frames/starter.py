"""Attention across frames for a frozen image model. Write what is missing; the README has the contract."""

import torch
from torch import Tensor, nn

ANGLES = torch.linspace(0.2, 1.5, 8)  # level t mixes cos(ANGLES[t]) of the clip with sin(ANGLES[t]) of noise


def to_sequences(h: Tensor, frames: int) -> Tensor:
    """(B·F, C, Y, X) -> (B·Y·X, F, C): a sequence of frames for each pixel."""
    raise NotImplementedError("TODO 1: split the first axis, move the axes, then fold")


def to_frames(rows: Tensor, height: int, width: int) -> Tensor:
    """(B·Y·X, F, C) -> (B·F, C, Y, X)."""
    raise NotImplementedError("TODO 1: the same backwards")


class TemporalAttention(nn.Module):
    """Every pixel looks at the same pixel of all frames; a fresh layer adds nothing."""

    def __init__(self, channels: int, heads: int, frames: int) -> None:
        raise NotImplementedError("TODO 2: norm, positions, projections; the last one starts at zero")

    def forward(self, h: Tensor) -> Tensor:
        raise NotImplementedError("TODO 2: sequences, norm, positions, attention, frames, plus h")


def load_weights(layer: TemporalAttention, weights: dict[str, Tensor]) -> None:
    raise NotImplementedError("TODO 3: copy the eight arrays into your parameters")


def read_weights(layer: TemporalAttention) -> dict[str, Tensor]:
    raise NotImplementedError("TODO 3: and out of them, detached")


class VideoDenoiser(nn.Module):
    """The image model, frozen, with a layer across frames behind each of its blocks."""

    def __init__(self, image: nn.Module, layers: list[nn.Module]) -> None:
        raise NotImplementedError("TODO 4: freeze the image model, keep the layers in an nn.ModuleList")

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Noisy clips x (B, 1, F, S, S) at levels t (B,) -> clean clips."""
        raise NotImplementedError("TODO 4: fold, image.stem, each block and its layer, image.head, unfold")


def train_step(model: nn.Module, optimiser: torch.optim.Optimizer, clean: Tensor, t: Tensor, noise: Tensor) -> float:
    """One step on the mean squared error of the clean clips; the loss is that from before it."""
    raise NotImplementedError("TODO 5: mix, predict, compare, zero_grad, backward, step")


def train(image: nn.Module, clips: Tensor) -> list[dict[str, Tensor]]:
    """Teach fresh layers on clean clips (N, 1, F, S, S); their weights come back, in order."""
    raise NotImplementedError("TODO 6: fresh layers, AdamW over what is trainable, a hundred steps")


def sample(model: nn.Module, noise: Tensor) -> Tensor:
    """DDIM from the highest level down: noise (B, 1, F, S, S) -> clean clips."""
    raise NotImplementedError("TODO 7: predict the clean clip, take what is left for noise, mix them one level lower")
