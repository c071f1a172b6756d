"""Bare parameters by the arrays' own names, functional calls, torch's nearest interpolation."""

import torch
from torch import nn
from torch.nn.functional import conv2d, interpolate, linear, silu


def normalise_groups(x, groups, weight, bias, eps=1e-5):
    flat = x.flatten(2).unflatten(1, (groups, -1)).flatten(2)
    variance, mean = torch.var_mean(flat, dim=-1, keepdim=True, unbiased=False)
    flat = (flat - mean) * torch.rsqrt(variance + eps)
    return torch.addcmul(bias[:, None, None], flat.view_as(x), weight[:, None, None])


def time_embedding(t, width):
    wave = torch.logspace(0, -4, width // 2 + 1)[:-1]
    angles = torch.einsum("b,f->bf", t, wave)
    return torch.hstack([torch.sin(angles), torch.cos(angles)])


def receptive_field(layers):
    if not layers:
        return 1
    *before, (kernel, _) = layers
    apart = 1
    for _, stride in before:
        apart *= stride
    return receptive_field(before) + (kernel - 1) * apart


class Bag(nn.Module):
    """Parameters under names with dots turned into underscores."""

    def hold(self, weights):
        for name, array in weights.items():
            self.register_parameter(name.replace(".", "_"), nn.Parameter(array.clone()))


class ResBlock(Bag):
    def __init__(self, c_in, c_out, c_time, groups):
        del c_time
        super().__init__()
        self.groups, self.widens = groups, c_in != c_out

    def half(self, x, n):
        scale, shift = getattr(self, f"norm{n}_weight"), getattr(self, f"norm{n}_bias")
        x = normalise_groups(x, self.groups, scale, shift)
        return conv2d(x * x.sigmoid(), getattr(self, f"conv{n}_weight"), getattr(self, f"conv{n}_bias"), padding=1)

    def forward(self, x, time):
        shift = linear(silu(time), self.time_weight, self.time_bias)
        h = self.half(self.half(x, 1) + shift[..., None, None], 2)
        return h + (conv2d(x, self.shortcut_weight, self.shortcut_bias) if self.widens else x)


class Down(Bag):
    def __init__(self, channels):
        del channels
        super().__init__()

    def forward(self, x):
        return conv2d(x, self.conv_weight, self.conv_bias, stride=2, padding=1)


class Up(Bag):
    def __init__(self, c_in, c_out):
        del c_in, c_out
        super().__init__()

    def forward(self, x, skip):
        x = interpolate(x, size=skip.shape[-2:], mode="nearest")
        return torch.cat((conv2d(x, self.conv_weight, self.conv_bias, padding=1), skip), dim=-3)


def load_weights(module, weights):
    module.hold(weights)
