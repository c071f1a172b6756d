"""Quantisation group by group in float64, with a field for each thing that people get wrong."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

NEGATIVE = (-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453)
NEGATIVE_SMALL = (-0.28444138169288635, -0.18477343022823334, -0.09105003625154495)
POSITIVE_SMALL = (0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634)
POSITIVE = (0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0)
NF4 = (*NEGATIVE, *NEGATIVE_SMALL, *POSITIVE_SMALL, *POSITIVE)
"""QLoRA, appendix E."""

Round = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Scheme:
    """How a group (g,) becomes integers: `span` is what it is measured by, `pieces` what counts as a group."""

    bits: int
    group: int | None = None
    symmetric: bool = True
    top: Callable[[int], int] = lambda bits: 2 ** (bits - 1) - 1
    rounded: Round = torch.round
    pieces: str = "groups"
    with_zero: bool = True
    zero_sign: int = 1

    def __call__(self, w: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Weights (O, I) -> integers (O, I), scales (O, G), zero points (O, G), all float64."""
        width = self.group or w.size(1)
        parts = w.double().unflatten(1, (-1, width))
        if self.symmetric:
            span = self.measured(parts)
            scale = torch.where(span == 0, 1.0, span / self.top(self.bits))
            return self.rounded(parts / scale[..., None]).flatten(1), scale, torch.zeros_like(scale)
        low, high = parts.amin(-1), parts.amax(-1)
        if self.with_zero:
            low, high = low.clamp(max=0), high.clamp(min=0)
        levels = 2**self.bits - 1
        scale = torch.where(high == low, 1.0, (high - low) / levels)
        zero = torch.round(-low / scale) * self.zero_sign
        q = self.rounded(parts / scale[..., None]) + zero[..., None]
        return q.clamp(0, levels).flatten(1), scale, zero

    def measured(self, parts: Tensor) -> Tensor:
        size = parts.abs().amax(-1)
        wider = {
            "groups": size,
            "rows": size.amax(1, keepdim=True),
            "tensor": size.amax(),
            "columns": size.amax(0, keepdim=True),
            "signed": parts.amax(-1),
        }
        return wider[self.pieces].expand_as(size)


def restored(q: Tensor, scale: Tensor, zero: Tensor) -> Tensor:
    parts = q.double().unflatten(1, (scale.size(1), -1))
    return ((parts - zero.double()[..., None]) * scale.double()[..., None]).flatten(1)


def distance_to_ties(values: Tensor) -> float:
    """How far the nearest of these is from the middle between two integers."""
    return ((values - values.floor()) - 0.5).abs().min().item()


def clear(scheme: Scheme, w: Tensor, margin: float) -> bool:
    """Whether rounding to the nearest integer is decided by more than `margin`, zero points too."""
    _, scale, _ = scheme(w)
    ratios = w.double().unflatten(1, (scale.size(1), -1)) / scale[..., None]
    nearest = distance_to_ties(ratios)
    if not scheme.symmetric:
        low = w.double().unflatten(1, (scale.size(1), -1)).amin(-1).clamp(max=0)
        nearest = min(nearest, distance_to_ties(-low / scale))
    return nearest > margin


def nearest_level(w: Tensor, codes: Tensor, group: int) -> tuple[Tensor, Tensor, float]:
    """Indices (O, I), scales (O, G), and by how much the nearest level is nearer than the next one."""
    scale = w.double().unflatten(1, (-1, group)).abs().amax(-1)
    scaled = (w.double().unflatten(1, (-1, group)) / scale[..., None]).flatten(1)
    best = (scaled[..., None] - codes.double()).abs().sort(-1)
    return best.indices[..., 0].double(), scale, (best.values[..., 1] - best.values[..., 0]).min().item()


Large = Callable[[Tensor, Tensor, float], Tensor]


def of_activations(x: Tensor, _w: Tensor, threshold: float) -> Tensor:
    return (x.abs() > threshold).any(0)


@dataclass(frozen=True)
class Mixed:
    """The product with outlier features apart."""

    large: Large = of_activations
    scheme: Scheme = Scheme(8)
    apart: float = 1.0

    def __call__(self, x: Tensor, w: Tensor, threshold: float) -> Tensor:
        x, w = x.double(), w.double()
        large = self.large(x, w, threshold)
        (xq, xs, _), (wq, ws, _) = (self.scheme(t[:, ~large]) for t in (x, w))
        return self.apart * x[:, large] @ w[:, large].mT + (xq @ wq.mT) * xs * ws.mT


def bytes_of_layer(rows: int, columns: int, group: int) -> int:
    """Half a byte for each weight, four for each scale and bias."""
    return math.ceil(rows * columns / 2) + 4 * rows * (columns // group) + 4 * rows
