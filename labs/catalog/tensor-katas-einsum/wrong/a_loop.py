# fails: no-loops
# says: `windows` takes
"""Right answers, window by window."""

import torch
from torch import Tensor


def split_heads(x: Tensor, heads: int) -> Tensor:
    batch, tokens, width = x.shape
    cut = x.view(batch, tokens, heads, width // heads)
    return cut.transpose(1, 2)


def bilinear(x: Tensor, w: Tensor, y: Tensor) -> Tensor:
    return torch.einsum("bi,oij,bj->bo", x, w, y)


def pick(logits: Tensor, ids: Tensor) -> Tensor:
    return logits.gather(-1, ids[..., None]).squeeze(-1)


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
    return torch.stack([x[:, at : at + size] for at in range(x.shape[1] - size + 1)], dim=1)
