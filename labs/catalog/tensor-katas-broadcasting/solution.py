"""Six katas of broadcasting.

The rule: align shapes from the right; an axis of size one is stretched, a missing one is added on the left.
"""

import torch
from torch import Tensor


def differences(a: Tensor, b: Tensor) -> Tensor:
    return a[:, None] - b  # (N, 1) - (M,) -> (N, M)


def standardise(x: Tensor) -> Tensor:
    centred = x - x.mean(dim=0)  # (N, D) - (D,): aligned from the right, so it needs no new axis
    return centred / centred.square().mean(dim=0).sqrt()


def distances(x: Tensor, y: Tensor) -> Tensor:
    pairs = x[:, None, :] - y[None, :, :]  # (N, 1, D) - (1, M, D) -> (N, M, D)
    return pairs.square().sum(dim=-1).sqrt()  # (N, M)


def one_hot(y: Tensor, classes: int) -> Tensor:
    return (y[:, None] == torch.arange(classes)).float()  # (N, 1) == (C,) -> (N, C)


def visible(lengths: Tensor, tokens: int) -> Tensor:
    places = torch.arange(tokens)
    earlier = places <= places[:, None]  # (T,) <= (T, 1) -> (T, T): key s in columns, query t in rows
    present = places < lengths[:, None]  # (T,) < (B, 1) -> (B, T), by key
    return earlier & present[:, None, :]  # (T, T) & (B, 1, T) -> (B, T, T)


def masked_mean(x: Tensor, mask: Tensor) -> Tensor:
    kept = torch.where(mask[:, :, None], x, 0.0)  # choose: 0 * NaN would be NaN
    count = mask.sum(dim=1).clamp(min=1)  # (B,); no division by zero where nothing is visible
    return kept.sum(dim=1) / count[:, None]  # (B, D) / (B, 1)
