"""Convolutions as matrix products of patches, sampling down as slicing, channels last inside."""

import math

import torch
from torch import nn


def normalise_groups(x, groups, weight, bias, eps=1e-5):
    parts = []
    for part in x.chunk(groups, dim=1):
        centred = part - part.mean((1, 2, 3), keepdim=True)
        parts.append(centred / torch.sqrt(centred.pow(2).mean((1, 2, 3), keepdim=True) + eps))
    return (torch.cat(parts, 1).movedim(1, -1) * weight + bias).movedim(-1, 1)


def time_embedding(t, width):
    half = width // 2
    columns = [t * math.exp(-math.log(10_000) * i / half) for i in range(half)]
    return torch.stack([c.sin() for c in columns] + [c.cos() for c in columns], -1)


def receptive_field(layers):
    first, last = 0, 0
    for kernel, stride in reversed(layers):
        first, last = first * stride, last * stride + kernel - 1
    return last - first + 1


class Patches(nn.Module):
    """A convolution as one matrix product, its weight kept as (C_in · k · k, C_out)."""

    def __init__(self, c_in, c_out, side):
        super().__init__()
        self.side = side
        self.matrix = nn.Parameter(torch.randn(c_in * side * side, c_out) / (c_in * side * side) ** 0.5)
        self.shift = nn.Parameter(torch.zeros(c_out))

    def take(self, weight, bias):
        with torch.no_grad():
            self.matrix.copy_(weight.flatten(1).T)
            self.shift.copy_(bias)

    def forward(self, x):
        columns = nn.functional.unfold(x, self.side, padding=self.side // 2)  # (B, C_in · k · k, H · W)
        return (columns.mT @ self.matrix + self.shift).mT.unflatten(2, x.shape[2:])


class Pair(nn.Module):
    """Gain and bias in one parameter, (2, C)."""

    def __init__(self, channels):
        super().__init__()
        self.both = nn.Parameter(torch.stack([torch.ones(channels), torch.zeros(channels)]))

    def take(self, weight, bias):
        self.both.data = torch.stack([weight, bias])


class ResBlock(nn.Module):
    def __init__(self, c_in, c_out, c_time, groups):
        super().__init__()
        self.groups = groups
        self.parts = nn.ModuleDict(
            {
                "norm1": Pair(c_in),
                "conv1": Patches(c_in, c_out, 3),
                "norm2": Pair(c_out),
                "conv2": Patches(c_out, c_out, 3),
            }
        )
        self.clock = nn.Linear(c_time, c_out)
        if c_in != c_out:
            self.parts["shortcut"] = Patches(c_in, c_out, 1)

    def forward(self, x, time):
        p, act = self.parts, nn.SiLU()
        h = p["conv1"](act(normalise_groups(x, self.groups, *p["norm1"].both)))
        h = h.add(self.clock(act(time)).unsqueeze(-1).unsqueeze(-1))
        h = p["conv2"](act(normalise_groups(h, self.groups, *p["norm2"].both)))
        return h + (p["shortcut"](x) if "shortcut" in p else x)


class Down(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.parts = nn.ModuleDict({"conv": Patches(channels, channels, 3)})

    def forward(self, x):
        return self.parts["conv"](x)[..., ::2, ::2]


class Up(nn.Module):
    def __init__(self, c_in, c_out):
        super().__init__()
        self.parts = nn.ModuleDict({"conv": Patches(c_in, c_out, 3)})

    def forward(self, x, skip):
        x = x[:, :, :, None, :, None].expand(-1, -1, -1, 2, -1, 2).flatten(2, 3).flatten(3, 4)
        return torch.cat([self.parts["conv"](x[..., : skip.size(2), : skip.size(3)]), skip], 1)


def load_weights(module, weights):
    for name in {name.split(".")[0] for name in weights}:
        if name == "time":
            module.clock.load_state_dict({key: weights[f"time.{key}"] for key in ("weight", "bias")})
        else:
            module.parts[name].take(weights[f"{name}.weight"], weights[f"{name}.bias"])
