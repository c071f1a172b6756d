"""unflatten, matmul, advanced indexing, a triangle, unfold: other calls, the same answers."""

import torch
from torch.nn import functional


def split_heads(x, heads):
    return torch.stack(x.tensor_split(heads, dim=-1), 1)


def bilinear(x, w, y):
    return ((x @ w).permute(1, 0, 2) * y[:, None]).sum(-1)


def pick(logits, ids):
    b, t = ids.shape
    return logits[torch.arange(b)[:, None], torch.arange(t)[None], ids]


def running_mean(x):
    triangle = torch.tril(torch.ones(x.shape[1], x.shape[1]))
    return (triangle / triangle.sum(1, keepdim=True)) @ x


def patches(images, size):
    return functional.unfold(images, size, stride=size).transpose(1, 2)


def windows(x, size):
    return x.unfold(1, size, 1)
