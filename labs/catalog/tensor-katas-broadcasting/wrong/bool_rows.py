# fails: one-hot
# says: dtype is bool
"""The rows are booleans."""

import torch
from torch import Tensor


def differences(a: Tensor, b: Tensor) -> Tensor:
    return a[:, None] - b


def standardise(x: Tensor) -> Tensor:
    centred = x - x.mean(dim=0)
    return centred / centred.square().mean(dim=0).sqrt()


def distances(x: Tensor, y: Tensor) -> Tensor:
    pairs = x[:, None, :] - y[None, :, :]
    return pairs.square().sum(dim=-1).sqrt()


def one_hot(y: Tensor, classes: int) -> Tensor:
    return y[:, None] == torch.arange(classes)


def visible(lengths: Tensor, tokens: int) -> Tensor:
    places = torch.arange(tokens)
    earlier = places <= places[:, None]
    present = places < lengths[:, None]
    return earlier & present[:, None, :]


def masked_mean(x: Tensor, mask: Tensor) -> Tensor:
    kept = torch.where(mask[:, :, None], x, 0.0)
    count = mask.sum(dim=1).clamp(min=1)
    return kept.sum(dim=1) / count[:, None]
