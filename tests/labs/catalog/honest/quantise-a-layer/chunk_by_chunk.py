"""A loop over groups, reciprocals instead of divisions, floor(x + 1/2), and buffers under other names."""

import torch
from torch import nn


def step(span, levels):
    return torch.where(span > 0, span, torch.ones_like(span)) / levels


def quantise(w, bits, group=None, symmetric=True):
    parts, scales, zeros = [], [], []
    for piece in w.split(group or w.shape[1], dim=1):
        if symmetric:
            scale = step(piece.abs().max(1, keepdim=True).values, 2 ** (bits - 1) - 1)
            zero = torch.zeros_like(scale)
            parts.append(torch.floor(piece * (1 / scale) + 0.5))
        else:
            low = torch.minimum(piece.min(1, keepdim=True).values, torch.zeros(len(w), 1))
            high = torch.maximum(piece.max(1, keepdim=True).values, torch.zeros(len(w), 1))
            scale = step(high - low, 2**bits - 1)
            zero = torch.floor(-low / scale + 0.5)
            parts.append(torch.floor(piece / scale + zero + 0.5).clip(0, 2**bits - 1))
        scales.append(scale)
        zeros.append(zero)
    q = torch.cat(parts, 1).to(torch.int8 if symmetric else torch.uint8)
    return q, torch.cat(scales, 1), torch.cat(zeros, 1)


def dequantise(q, scale, zero):
    width = q.shape[1] // scale.shape[1]
    spread = scale.repeat_interleave(width, dim=1)
    return q * spread - (zero * scale).repeat_interleave(width, dim=1)


def pack(q):
    low, high = q[:, ::2].int() % 16, q[:, 1::2].int() % 16
    return (low + 16 * high).to(torch.uint8)


def unpack(packed):
    out = torch.empty(len(packed), 2 * packed.shape[1], dtype=torch.int8)
    for at, part in enumerate((packed.int() % 16, packed.int() // 16)):
        out[:, at::2] = torch.where(part >= 8, part - 16, part).to(torch.int8)
    return out


def nearest_code(w, codes, group):
    middles = (codes[1:] + codes[:-1]) / 2
    scale = torch.stack([piece.abs().max(1).values for piece in w.split(group, 1)], 1)
    scaled = (w / scale.repeat_interleave(group, 1)).contiguous()
    return torch.bucketize(scaled, middles).to(torch.uint8), scale


def mixed_product(x, w, threshold):
    outlier = x.abs().amax(0) > threshold
    usual = (~outlier).nonzero()[:, 0]
    xs = x[:, usual].abs().amax(1) / 127
    ws = w[:, usual].abs().amax(1) / 127
    xq = torch.round(x[:, usual] / xs[:, None]).double()
    wq = torch.round(w[:, usual] / ws[:, None]).double()
    small = torch.einsum("ni,oi->no", xq, wq) * torch.outer(xs, ws)
    return small.float() + torch.where(outlier, x, 0.0) @ w.T


class QuantLinear(nn.Module):
    def __init__(self, linear, group=32):
        super().__init__()
        with torch.no_grad():
            q, scale, _ = quantise(linear.weight, 4, group)
        self.q = nn.Parameter(pack(q), requires_grad=False)
        self.s = nn.Parameter(scale, requires_grad=False)
        self.b = nn.Parameter(linear.bias.data.clone(), requires_grad=False)

    def forward(self, x):
        groups = self.s.shape[1]
        parts = torch.einsum(
            "ngi,ogi->ngo", x.unflatten(1, (groups, -1)), unpack(self.q).float().unflatten(1, (groups, -1))
        )
        return torch.einsum("ngo,og->no", parts, self.s) + self.b
