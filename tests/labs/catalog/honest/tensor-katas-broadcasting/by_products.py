"""Matrix products where others broadcast: outer products with ones, |x|² + |y|² − 2xy, rows of the identity."""

import torch


def differences(a, b):
    return torch.outer(a, torch.ones_like(b)) - torch.outer(torch.ones_like(a), b)


def standardise(x):
    mean = torch.ones(1, len(x)) @ x / len(x)
    return (x - mean) * ((x - mean) ** 2).mean(0, keepdim=True) ** -0.5


def distances(x, y):
    squares = (x * x).sum(1)[:, None] + (y * y).sum(1)[None] - 2 * x @ y.T
    return squares.clamp(min=0).sqrt()


def one_hot(y, classes):
    return torch.eye(classes)[y]


def visible(lengths, tokens):
    t, s = torch.meshgrid(torch.arange(tokens), torch.arange(tokens), indexing="ij")
    return (s <= t)[None] & (s[None] < lengths[:, None, None])


def masked_mean(x, mask):
    clean = torch.where(mask[..., None], x, torch.zeros_like(x))
    weights = mask.float() / mask.float().sum(1, keepdim=True).clamp(min=1)
    return torch.bmm(weights[:, None], clean)[:, 0]
