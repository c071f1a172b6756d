"""cos and sin repeated for both halves of a pair, and a swapped copy with signs, as in GPT-J."""

import torch
from torch import Tensor


def waves(positions: Tensor, width: int, base: float) -> tuple[Tensor, Tensor]:
    exponent = torch.arange(0, width, 2, dtype=torch.float64) / width
    angle = positions.to(torch.float64)[:, None] * torch.exp(-exponent * torch.log(torch.tensor(base).double()))
    return angle.sin().float(), angle.cos().float()


def sinusoidal(length: int, d_model: int, base: float = 10000.0) -> Tensor:
    sin, cos = waves(torch.arange(length), d_model, base)
    table = torch.empty(length, d_model)
    table[:, ::2], table[:, 1::2] = sin, cos
    return table


def rotary(x: Tensor, positions: Tensor, base: float = 10000.0) -> Tensor:
    sin, cos = (wave.repeat_interleave(2, dim=-1) for wave in waves(positions, x.size(-1), base))
    swapped = torch.stack([-x[..., 1::2], x[..., ::2]], dim=-1).view_as(x)
    return x * cos + swapped * sin
