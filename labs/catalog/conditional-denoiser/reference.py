"""Training with dropped labels and sampling with guidance in float64; what people get wrong is a field."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

Weights = dict[str, Tensor]
NULL = 10


def alpha_bars(betas: Tensor) -> Tensor:
    return (1 - betas).cumprod(0)


def given(weights: Weights, x: Tensor, t: Tensor, c: Tensor) -> Tensor:
    """The small network that the checks hand over: tanh(x aᵀ + e[t] + l[c]) bᵀ."""
    return (x @ weights["a"].mT + weights["e"][t] + weights["l"][c]).tanh() @ weights["b"].mT


def dropped(c: Tensor, u: Tensor, p: float, null: int = NULL) -> Tensor:
    return torch.where(u < p, null, c)


@dataclass(frozen=True)
class Training:
    """Steps of SGD: their losses, and the network's weights afterwards."""

    labels: Callable[[Tensor, Tensor, float], Tensor] = dropped
    signal: Callable[[Tensor], Tensor] = torch.sqrt
    keep: float = 0.0
    rate: float = 1.0

    def loss(self, weights: Weights, batch: tuple[Tensor, ...], bars: Tensor, p: float) -> Tensor:
        x0, c, t, noise, u = batch
        bar = bars[t][:, None]
        xt = self.signal(bar) * x0 + self.signal(1 - bar) * noise
        return (given(weights, xt, t, self.labels(c, u, p)) - noise).square().mean()

    def __call__(
        self, weights: Weights, batches: list[Tensor], bars: Tensor, p: float, lr: float
    ) -> tuple[Tensor, Weights]:
        now = {name: array.double() for name, array in weights.items()}
        gathered = {name: torch.zeros_like(array) for name, array in now.items()}
        losses = []
        for batch in zip(*batches, strict=True):
            leaves = {name: array.clone().requires_grad_() for name, array in now.items()}
            exact = tuple(part.double() if part.is_floating_point() else part for part in batch)
            loss = self.loss(leaves, exact, bars.double(), p)
            loss.backward()
            gathered = {name: self.keep * gathered[name] + leaf.grad for name, leaf in leaves.items()}
            now = {name: array - self.rate * lr * gathered[name] for name, array in now.items()}
            losses.append(loss.detach())
        return torch.stack(losses), now


@dataclass(frozen=True)
class Guided:
    """Both predictions, and how they are joined."""

    join: Callable[[Tensor, Tensor, float], Tensor] = lambda cond, free, scale: free + scale * (cond - free)
    null: int = NULL

    def __call__(self, weights: Weights, x: Tensor, t: Tensor, c: Tensor, scale: float) -> Tensor:
        free = given(weights, x, t, torch.full_like(c, self.null))
        return self.join(given(weights, x, t, c), free, scale)


def leap(x: Tensor, t: int, s: int, eps: Tensor, bars: Tensor) -> Tensor:
    """A DDIM step; s = -1 is the image itself."""
    x0 = (x - (1 - bars[t]).sqrt() * eps) / bars[t].sqrt()
    return x0 if s < 0 else bars[s].sqrt() * x0 + (1 - bars[s]).sqrt() * eps


@dataclass(frozen=True)
class Sampler:
    """Leaps from place to place, and from the last of them to the image."""

    guided: Guided = Guided()
    visited: Callable[[list[int]], list[int]] = lambda places: [*places, -1]
    leaves: Callable[..., Tensor] = leap

    def __call__(self, weights: Weights, x: Tensor, c: Tensor, scale: float, places: list[int], bars: Tensor) -> Tensor:
        visited = self.visited(places)
        for t, s in pairwise(visited):
            eps = self.guided(weights, x, torch.full((len(x),), t), c, scale)
            x = self.leaves(x, t, s, eps, bars)
        return x
