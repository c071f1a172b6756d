# fails: groups, eps, time, block, widened, down, up, gradients, learns, reach
# baseline: zeros of the right shapes
"""Trivial baseline: zeros of the right shapes."""

import torch
from torch import Tensor, nn


def normalise_groups(x: Tensor, groups: int, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    del groups, weight, bias, eps
    return torch.zeros_like(x)


def time_embedding(t: Tensor, width: int) -> Tensor:
    return torch.zeros(len(t), width)


def receptive_field(layers: list[list[int]]) -> int:
    del layers
    return 0


class ResBlock(nn.Module):
    def __init__(self, c_in: int, c_out: int, c_time: int, groups: int) -> None:
        del c_in, c_time, groups
        super().__init__()
        self.c_out = c_out
        self.scale = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        del time
        B, _, H, W = x.shape
        return self.scale * torch.zeros(B, self.c_out, H, W)


class Down(nn.Module):
    def __init__(self, channels: int) -> None:
        del channels
        super().__init__()

    def forward(self, x: Tensor) -> Tensor:
        return 0 * x[:, :, ::2, ::2]


class Up(nn.Module):
    def __init__(self, c_in: int, c_out: int) -> None:
        del c_in
        super().__init__()
        self.c_out = c_out

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        del x
        B, S, H, W = skip.shape
        return torch.zeros(B, self.c_out + S, H, W)


def load_weights(module: nn.Module, weights: dict[str, Tensor]) -> None:
    del module, weights
