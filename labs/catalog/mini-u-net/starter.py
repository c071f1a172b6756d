"""A U-Net of three levels that takes noise off small images, and its training. The README says what each part does."""

import torch
from torch import Tensor, nn

# If you passed "The blocks of a U-Net", bring your parts here; otherwise write them in this file:
# from mine import Down, ResBlock, Up, time_embedding


class MiniUNet(nn.Module):
    """A noisy image and its noise level -> the image without noise: (B, 1, H, W), (B,) -> (B, 1, H, W)."""

    def __init__(self, width: int, groups: int) -> None:
        raise NotImplementedError("TODO 1: super().__init__(), then the parts, named as the README's table names them")

    def forward(self, x: Tensor, sigma: Tensor, skips: bool = True) -> Tensor:
        raise NotImplementedError(
            "TODO 2: time; enc0, down0, enc1, down1, mid, up1, dec1, up0, dec0; x - sigma · noise"
        )


def load_weights(model: MiniUNet, weights: dict[str, Tensor]) -> None:
    raise NotImplementedError("TODO 3: model.load_state_dict(weights), if your parts have the arrays' names")


def train_step(
    model: MiniUNet, optimiser: torch.optim.Optimizer, clean: Tensor, sigma: Tensor, noise: Tensor
) -> Tensor:
    """One step towards the clean images; returns the loss before it."""
    raise NotImplementedError("TODO 4: noisy = clean + sigma · noise; mean square error against clean; step")


def fit(model: MiniUNet, clean: Tensor) -> None:
    """Train in place on clean images (N, 1, H, W), at noise levels from 0.1 to 1."""
    raise NotImplementedError("TODO 5: some 120 steps on batches of 24 with AdamW and OneCycleLR")
