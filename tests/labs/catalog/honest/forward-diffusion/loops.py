"""Image by image and step by step, with the math module."""

import math

import torch
from torch import Tensor


def betas(kind: str, steps: int, start: float = 1e-4, end: float = 0.02) -> Tensor:
    values = []
    for i in range(steps):
        if kind == "linear":
            values.append(start + (end - start) * i / (steps - 1))
        elif kind == "scaled_linear":
            values.append((start**0.5 + (end**0.5 - start**0.5) * i / (steps - 1)) ** 2)
        else:
            now, then = (math.cos((j / steps + 0.008) / 1.008 * math.pi / 2) ** 2 for j in (i, i + 1))
            values.append(min(1 - then / now, 0.999))
    return torch.tensor(values)


def alpha_bars(betas: Tensor) -> Tensor:
    left, values = 1.0, []
    for beta in betas.tolist():
        left *= 1 - beta
        values.append(left)
    return torch.tensor(values)


def q_step(x: Tensor, t: Tensor, noise: Tensor, betas: Tensor) -> Tensor:
    rows = [
        math.sqrt(1 - betas[s].item()) * image + math.sqrt(betas[s].item()) * grain
        for image, s, grain in zip(x, t.tolist(), noise, strict=True)
    ]
    return torch.stack(rows)


def q_sample(x0: Tensor, t: Tensor, noise: Tensor, bars: Tensor) -> Tensor:
    y = torch.empty_like(x0)
    for b in range(len(x0)):
        bar = float(bars[t[b]])
        y[b] = bar**0.5 * x0[b] + (1 - bar) ** 0.5 * noise[b]
    return y


def snr(bars: Tensor) -> Tensor:
    return 1 / (1 / bars - 1)
