# fails: int8, groups, asymmetric, dequantise, pack, unpack, code-book, outliers, layer, state
# baseline: zeros
"""Trivial baseline: zeros of the right shapes."""

import torch
from torch import nn


def quantise(w, bits, group=None, symmetric=True):
    del bits
    scale = torch.ones(len(w), w.shape[1] // (group or w.shape[1]))
    return torch.zeros(w.shape, dtype=torch.int8 if symmetric else torch.uint8), scale, torch.zeros_like(scale)


def dequantise(q, scale, zero):
    del scale, zero
    return torch.zeros(q.shape)


def pack(q):
    return torch.zeros(len(q), q.shape[1] // 2, dtype=torch.uint8)


def unpack(packed):
    return torch.zeros(len(packed), 2 * packed.shape[1], dtype=torch.int8)


def nearest_code(w, codes, group):
    del codes
    return torch.zeros(w.shape, dtype=torch.uint8), torch.ones(len(w), w.shape[1] // group)


def mixed_product(x, w, threshold):
    del threshold
    return torch.zeros(len(x), len(w))


class QuantLinear(nn.Module):
    def __init__(self, linear, group=32):
        super().__init__()
        del group
        self.register_buffer("bias", torch.zeros(linear.out_features))

    def forward(self, x):
        return torch.zeros(len(x), 1) + self.bias
