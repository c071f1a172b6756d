"""A vision transformer and its training. The README says what each part does."""

import torch
from torch import Tensor, nn


def patchify(images: Tensor, patch: int) -> Tensor:
    """Images (B, C, H, W) -> patches (B, N, C·P·P), row by row; within a patch channel, row, column."""
    raise NotImplementedError("TODO 1: reshape to (B, C, rows, P, columns, P), permute, reshape")


def unpatchify(patches: Tensor, patch: int, height: int, width: int) -> Tensor:
    """The way back: (B, N, C·P·P) -> (B, C, H, W)."""
    raise NotImplementedError("TODO 2: the same steps backwards")


def resize_positions(positions: Tensor, rows: int, columns: int) -> Tensor:
    """Positions (1, 1 + G·G, D) for a grid of rows × columns: (1, 1 + rows·columns, D); that of [CLS] stays."""
    raise NotImplementedError("TODO 3: F.interpolate, bicubic, align_corners=False, on (1, D, G, G)")


class ViT(nn.Module):
    """Images (B, C, H, W), H and W multiples of the patch -> logits (B, classes)."""

    def __init__(self, size: int, patch: int, channels: int, width: int, heads: int, layers: int, classes: int) -> None:
        raise NotImplementedError("TODO 4: super().__init__(), then embedding, [CLS], positions, blocks, norm, head")

    def forward(self, images: Tensor) -> Tensor:
        raise NotImplementedError("TODO 5: patches, [CLS] in front, + positions, blocks, norm, head on [CLS]")


def load_weights(model: ViT, weights: dict[str, Tensor]) -> None:
    raise NotImplementedError("TODO 6: copy the arrays of the README's table, which have Hugging Face's names")


def weights_of(model: ViT) -> dict[str, Tensor]:
    raise NotImplementedError("TODO 7: the way back, with detached tensors")


def attention_maps(model: ViT, images: Tensor) -> Tensor:
    """What every head of every block looks at: (L, B, H, T, T)."""
    raise NotImplementedError("TODO 8: softmax(q kᵀ / √d) of each block, stacked")


def rollout(maps: Tensor) -> Tensor:
    """Attention maps (L, B, H, T, T) -> how much of each patch has reached [CLS], (B, N)."""
    raise NotImplementedError("TODO 9: mean over heads, (A + 1) / 2, multiply the layers, row of [CLS]")


def smoothed_loss(logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    raise NotImplementedError("TODO 10: cross-entropy against (1 - smoothing) · one-hot + smoothing / classes")


def train_step(
    model: ViT, optimiser: torch.optim.Optimizer, images: Tensor, labels: Tensor, smoothing: float
) -> Tensor:
    """One step; returns the loss before it."""
    raise NotImplementedError("TODO 11: loss, zero_grad, backward, step")


def fit(model: ViT, images: Tensor, labels: Tensor) -> None:
    """Train in place on images (N, 1, 8, 8)."""
    raise NotImplementedError("TODO 12: some 200 steps on batches of 48 with AdamW and OneCycleLR")
