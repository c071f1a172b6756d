"""Six katas of axes.

The rule: a view may only cut or merge neighbouring axes; everything else is a permutation first.
"""

import torch
from torch import Tensor


def split_heads(x: Tensor, heads: int) -> Tensor:
    batch, tokens, width = x.shape
    cut = x.view(batch, tokens, heads, width // heads)  # the last axis is cut in two: (B, T, H, D)
    return cut.transpose(1, 2)  # (B, H, T, D); view(B, H, T, D) at once would mix tokens and heads


def bilinear(x: Tensor, w: Tensor, y: Tensor) -> Tensor:
    return torch.einsum("bi,oij,bj->bo", x, w, y)  # i and j are missing on the right: summed over


def pick(logits: Tensor, ids: Tensor) -> Tensor:
    return logits.gather(-1, ids[..., None]).squeeze(-1)  # (B, T, V) at (B, T, 1) -> (B, T)


def running_mean(x: Tensor) -> Tensor:
    counts = torch.arange(1, x.shape[1] + 1)  # position t has seen t + 1 of them
    return x.cumsum(dim=1) / counts[:, None]  # (B, T, D) / (T, 1)


def patches(images: Tensor, size: int) -> Tensor:
    batch, channels, height, width = images.shape
    rows, columns = height // size, width // size
    cut = images.view(batch, channels, rows, size, columns, size)  # (B, C, R, p, K, p)
    coarse_first = cut.permute(0, 2, 4, 1, 3, 5)  # (B, R, K, C, p, p)
    return coarse_first.reshape(batch, rows * columns, channels * size * size)


def windows(x: Tensor, size: int) -> Tensor:
    starts = torch.arange(x.shape[1] - size + 1)
    places = starts[:, None] + torch.arange(size)  # (W, 1) + (size,) -> (W, size)
    return x[:, places]  # (B, W, size)
