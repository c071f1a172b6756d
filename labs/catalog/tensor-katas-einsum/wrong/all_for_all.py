# fails: pick
# says: The shape is
"""Plain indexing: all tokens for all positions."""

import torch
from torch import Tensor


def split_heads(x: Tensor, heads: int) -> Tensor:
    batch, tokens, width = x.shape
    cut = x.view(batch, tokens, heads, width // heads)
    return cut.transpose(1, 2)


def bilinear(x: Tensor, w: Tensor, y: Tensor) -> Tensor:
    return torch.einsum("bi,oij,bj->bo", x, w, y)


def pick(logits: Tensor, ids: Tensor) -> Tensor:
    return logits[..., ids]


def running_mean(x: Tensor) -> Tensor:
    counts = torch.arange(1, x.shape[1] + 1)
    return x.cumsum(dim=1) / counts[:, None]


def patches(images: Tensor, size: int) -> Tensor:
    batch, channels, height, width = images.shape
    rows, columns = height // size, width // size
    cut = images.view(batch, channels, rows, size, columns, size)
    coarse_first = cut.permute(0, 2, 4, 1, 3, 5)
    return coarse_first.reshape(batch, rows * columns, channels * size * size)


def windows(x: Tensor, size: int) -> Tensor:
    starts = torch.arange(x.shape[1] - size + 1)
    places = starts[:, None] + torch.arange(size)
    return x[:, places]
