"""Unsqueeze, the library's own distances, scatter, triangles and nan_to_num: other calls, the same answers."""

import torch
from torch.nn import functional


def differences(a, b):
    return torch.sub(a.unsqueeze(1), b.unsqueeze(0))


def standardise(x):
    deviation, mean = torch.std_mean(x, dim=0, correction=0, keepdim=True)
    return (x - mean) / deviation


def distances(x, y):
    return torch.cdist(x, y)


def one_hot(y, classes):
    return functional.one_hot(y, classes).to(torch.float32)


def visible(lengths, tokens):
    causal = torch.ones(tokens, tokens).tril().bool()
    present = torch.arange(tokens).expand(len(lengths), 1, tokens) < lengths.view(-1, 1, 1)
    return torch.logical_and(causal, present)


def masked_mean(x, mask):
    kept = x.masked_fill(~mask.unsqueeze(-1), 0)
    total = torch.einsum("btd->bd", kept)
    return torch.nan_to_num(total / mask.sum(1, keepdim=True), nan=0.0)
