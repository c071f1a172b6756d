"""The table entry by entry with the math module, the rotation as a matrix for each position."""

import math

import torch
from torch import Tensor


def sinusoidal(length: int, d_model: int, base: float = 10000.0) -> Tensor:
    table = torch.zeros(length, d_model)
    for t in range(length):
        for column in range(d_model):
            angle = t * math.exp(-math.log(base) * (column - column % 2) / d_model)
            table[t, column] = math.cos(angle) if column % 2 else math.sin(angle)
    return table


def rotary(x: Tensor, positions: Tensor, base: float = 10000.0) -> Tensor:
    width = x.size(-1)
    turns = torch.zeros(len(positions), width, width)
    for row, position in zip(turns, positions.tolist(), strict=True):
        for i in range(width // 2):
            angle = position / base ** (2 * i / width)
            cos, sin = math.cos(angle), math.sin(angle)
            row[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = torch.tensor([[cos, -sin], [sin, cos]])
    return torch.einsum("tij,bhtj->bhti", turns, x)
