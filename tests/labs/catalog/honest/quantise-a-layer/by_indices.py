"""Gathering by index tables, numpy for the bits, and one function for scales of both kinds."""

import numpy as np
import torch
from torch import nn


def spans(w, group, symmetric=True):
    parts = w.reshape(w.shape[0], w.shape[1] // group, group)
    if symmetric:
        return parts.abs().max(2)[0], None
    return parts.max(2)[0].clip(min=0) - parts.min(2)[0].clip(max=0), parts.min(2)[0].clip(max=0)


def quantise(w, bits, group=None, symmetric=True):
    group = w.shape[1] if group is None else group
    span, low = spans(w, group, symmetric)
    levels = (1 << (bits - 1)) - 1 if symmetric else (1 << bits) - 1
    scale = span / levels
    scale[scale == 0] = 1e-8
    column = torch.arange(w.shape[1]) // group
    ratio = torch.round(w / scale[:, column])
    if symmetric:
        return ratio.char(), scale, torch.zeros(scale.shape)
    zero = torch.round(-low / scale)
    return (ratio + zero[:, column]).clamp(0, levels).byte(), scale, zero


def dequantise(q, scale, zero):
    column = torch.arange(q.shape[1]) // (q.shape[1] // scale.shape[1])
    return (q.to(torch.float32) - zero[:, column]) * scale[:, column]


def pack(q):
    nibbles = q.numpy().view(np.uint8) & 15
    return torch.from_numpy(nibbles[:, ::2] + (nibbles[:, 1::2] << 4))


def unpack(packed):
    table = torch.tensor([0, 1, 2, 3, 4, 5, 6, 7, -8, -7, -6, -5, -4, -3, -2, -1], dtype=torch.int8)
    both = torch.stack((table[(packed % 16).long()], table[(packed // 16).long()]), 2)
    return both.reshape(packed.shape[0], -1)


def nearest_code(w, codes, group):
    scale = spans(w, group)[0]
    scaled = w / scale[:, torch.arange(w.shape[1]) // group]
    best = torch.zeros(w.shape, dtype=torch.uint8)
    for at in range(1, len(codes)):
        nearer = (scaled - codes[at]).abs() < (scaled - codes[best.long()]).abs()
        best[nearer] = at
    return best, scale


def mixed_product(x, w, threshold):
    apart = torch.tensor([bool((column.abs() > threshold).any()) for column in x.T])
    (xq, xs, _), (wq, ws, _) = quantise(x[:, ~apart], 8), quantise(w[:, ~apart], 8)
    return dequantise(xq, xs, 0 * xs) @ dequantise(wq, ws, 0 * ws).T + x[:, apart] @ w[:, apart].T


class QuantLinear(nn.Module):
    def __init__(self, linear, group=32):
        super().__init__()
        q, scale, _ = quantise(linear.weight.data, 4, group)
        for name, tensor in (("bits", pack(q)), ("steps", scale), ("offset", linear.bias.data)):
            self.register_buffer(name, tensor)

    def forward(self, x):
        w = dequantise(unpack(self.bits), self.steps, torch.zeros(self.steps.shape))
        return nn.functional.linear(x, w, self.offset)
