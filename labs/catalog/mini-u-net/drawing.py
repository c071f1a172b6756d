"""Weights on which mistakes show, and images of shapes that nobody has seen before."""

import math

import torch
from torch import Tensor

from gpu_runner.checking import Lab
from reference import Weights

BLOCKS = {"enc0": ("C", "C"), "enc1": ("C", "D"), "mid": ("D", "D"), "dec1": ("F", "D"), "dec0": ("D", "C")}
"""Residual blocks by their widths: C is the network's width, D twice and F four times it."""
SIDE, SHAPES = 16, 3


def draw_config(lab: Lab) -> dict[str, int]:
    """A network of a few channels; axes C (width), D, F, and E, that of the time (four widths, too)."""
    groups, per_group = lab.random.choice([(2, 4), (3, 2), (4, 2)])
    return {"width": groups * per_group, "groups": groups}


def draw_weights(lab: Lab, width: int, groups: int) -> Weights:
    del groups
    sizes = {"1": 1, "C": width, "D": 2 * width, "F": 4 * width}
    w = convolution(lab, "conv_in", sizes["C"], 1) | convolution(lab, "conv_out", 1, sizes["C"])
    w |= dense(lab, "time_in", sizes["F"], sizes["C"]) | dense(lab, "time_out", sizes["F"], sizes["F"])
    for name, (ins, outs) in BLOCKS.items():
        w |= block(lab, name, sizes[ins], sizes[outs], sizes["F"])
    for name, ins, outs in [("down0", "C", "C"), ("down1", "D", "D"), ("up1", "D", "D"), ("up0", "D", "C")]:
        w |= convolution(lab, f"{name}.conv", sizes[outs], sizes[ins])
    return w | norm(lab, "norm_out", sizes["C"])


def block(lab: Lab, name: str, ins: int, outs: int, time: int) -> Weights:
    w = norm(lab, f"{name}.norm1", ins) | convolution(lab, f"{name}.conv1", outs, ins)
    w |= dense(lab, f"{name}.time", outs, time)
    w |= norm(lab, f"{name}.norm2", outs) | convolution(lab, f"{name}.conv2", outs, outs)
    return w | (convolution(lab, f"{name}.shortcut", outs, ins, side=1) if ins != outs else {})


def norm(lab: Lab, name: str, channels: int) -> Weights:
    return {
        f"{name}.weight": 1 + lab.normal(str(channels), scale=0.3),
        f"{name}.bias": lab.normal(str(channels), scale=0.3),
    }


def convolution(lab: Lab, name: str, outs: int, ins: int, side: int = 3) -> Weights:
    scale = 1 / math.sqrt(ins * side * side)
    return {
        f"{name}.weight": lab.normal(f"{outs} {ins} {side} {side}", scale=scale),
        f"{name}.bias": lab.normal(str(outs), scale=0.3),
    }


def dense(lab: Lab, name: str, outs: int, ins: int) -> Weights:
    return {
        f"{name}.weight": lab.normal(f"{outs} {ins}", scale=1.5 / math.sqrt(ins)),
        f"{name}.bias": lab.normal(str(outs), scale=0.3),
    }


def draw_shapes(lab: Lab, count: int) -> Tensor:
    """Images (count, 1, 16, 16) in [−1, 1] of up to three ellipses, rectangles and rings, on top of each other."""
    pixels = torch.full((count, SIDE, SIDE), -1.0)
    for layer, share in zip(range(SHAPES), [1.0, 0.7, 0.4], strict=True):
        draws = lab.uniform(f"{count} 8")
        shade = torch.ones(count) if layer == 0 else 2 * draws[:, 6] - 1
        cover = covered(draws) * (draws[:, 7] < share)[:, None, None]
        pixels = pixels * (1 - cover) + shade[:, None, None] * cover
    return pixels[:, None]


def covered(draws: Tensor) -> Tensor:
    """How much of each pixel one shape per row of `draws` covers, from 0 to 1: (N, 8) -> (N, 16, 16)."""
    x, y, angle, wide, high, kind = (column[:, None, None] for column in draws[:, :6].unbind(1))
    rows, columns = torch.meshgrid(torch.arange(SIDE) + 0.5, torch.arange(SIDE) + 0.5, indexing="ij")
    right, down = columns - (12 * x + 2), rows - (12 * y + 2)
    u = right * (math.pi * angle).cos() + down * (math.pi * angle).sin()
    v = down * (math.pi * angle).cos() - right * (math.pi * angle).sin()
    wide, high = 1.5 + 4.5 * wide, 1.5 + 4.5 * high
    ellipse = (1 - ((u / wide).square() + (v / high).square()).sqrt()) * torch.minimum(wide, high)
    rectangle = torch.minimum(wide - u.abs(), high - v.abs())
    ring = 0.9 - ((u.square() + v.square()).sqrt() - wide).abs()
    inside = torch.where(kind < 1 / 3, ellipse, torch.where(kind < 2 / 3, rectangle, ring))  # depth below the edge
    return (inside + 0.5).clamp(0, 1)
