"""Loss, steps back and samplers of a diffusion model in float64, with the parts that people get wrong as fields."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Weights = dict[str, Tensor]
Model = Callable[[Tensor, Tensor], Tensor]


def alpha_bars(betas: Tensor) -> Tensor:
    return (1 - betas).cumprod(0)


def before(bars: Tensor) -> Tensor:
    """What was left before each step: all, before the first."""
    return torch.cat([torch.ones_like(bars[:1]), bars[:-1]])


def given(weights: Weights, x: Tensor, t: Tensor) -> Tensor:
    """The small network that the checks hand over: tanh(x aᵀ + e[t]) bᵀ, with x (B, D) and t (B,)."""
    return (x @ weights["a"].mT + weights["e"][t]).tanh() @ weights["b"].mT


def jump(x0: Tensor, t: Tensor, noise: Tensor, bars: Tensor) -> Tensor:
    bar = bars[t][:, None]
    return bar.sqrt() * x0 + (1 - bar).sqrt() * noise


@dataclass(frozen=True)
class Loss:
    """What the network sees, what it is asked for, and how the two are compared."""

    sees: Callable[..., Tensor] = jump
    target: Callable[..., Tensor] = lambda _x0, _xt, noise: noise
    compare: Callable[[Tensor], Tensor] = lambda gap: gap.square().mean()
    told: Callable[[Tensor], Tensor] = lambda t: t

    def __call__(self, weights: Weights, x0: Tensor, t: Tensor, noise: Tensor, bars: Tensor) -> Tensor:
        xt = self.sees(x0, t, noise, bars)
        return self.compare(given(weights, xt, self.told(t)) - self.target(x0, xt, noise))


def posterior_variance(betas: Tensor) -> Tensor:
    bars = alpha_bars(betas)
    return (1 - before(bars)) / (1 - bars) * betas


@dataclass(frozen=True)
class Ancestral:
    """One step back: (x − share · ε) · scale + spread · z."""

    share: Callable[[Tensor, Tensor], Tensor] = lambda beta, bar: beta / (1 - bar).sqrt()
    scale: Callable[[Tensor, Tensor], Tensor] = lambda beta, _bar: 1 / (1 - beta).sqrt()
    spread: Callable[[Tensor], Tensor] = torch.sqrt
    kinds: tuple[str, str] = ("beta", "posterior")
    noisy_at_zero: bool = False
    late: int = 0

    def __call__(self, x: Tensor, t: int, eps: Tensor, z: Tensor, betas: Tensor, variance: str = "beta") -> Tensor:
        at = max(0, t + self.late)
        beta, bar = betas[at], alpha_bars(betas)[at]
        mean = (x - self.share(beta, bar) * eps) * self.scale(beta, bar)
        wide = betas[at] if variance == self.kinds[0] else posterior_variance(betas)[at]
        return mean + self.spread(wide) * z * (1.0 if t > 0 or self.noisy_at_zero else 0.0)


@dataclass(frozen=True)
class Leap:
    """A DDIM step: an estimate of the image, noised again to step s; s = -1 is the image itself."""

    estimate: Callable[..., Tensor] = lambda x, eps, bar: (x - (1 - bar).sqrt() * eps) / bar.sqrt()
    again: Callable[..., Tensor] = lambda x0, eps, to, _bar: to.sqrt() * x0 + (1 - to).sqrt() * eps
    past_the_end: bool = False

    def __call__(self, x: Tensor, t: int, s: int, eps: Tensor, bars: Tensor) -> Tensor:
        to = bars[s] if s >= 0 or self.past_the_end else torch.ones_like(bars[0])
        return self.again(self.estimate(x, eps, bars[t]), eps, to, bars[t])


@dataclass(frozen=True)
class Sampler:
    """All steps in a row."""

    step: Ancestral = Ancestral()
    order: Callable[[int], range] = lambda steps: range(steps - 1, -1, -1)
    told: Callable[[int, int], int] = lambda t, _steps: t
    noise_at: Callable[[int, int], int] = lambda t, _steps: t

    def __call__(self, weights: Weights, x: Tensor, noises: Tensor, betas: Tensor) -> Tensor:
        steps = len(betas)
        for t in self.order(steps):
            eps = given(weights, x, torch.full((len(x),), self.told(t, steps)))
            x = self.step(x, t, eps, noises[self.noise_at(t, steps)], betas)
        return x


@dataclass(frozen=True)
class Training:
    """Steps of SGD: their losses, and what the network answers afterwards."""

    loss: Loss = Loss()
    keep: float = 0.0
    rate: float = 1.0
    after: bool = False

    def __call__(self, weights: Weights, batches: list[Tensor], bars: Tensor, lr: float) -> tuple[Tensor, Weights]:
        now = {name: array.double() for name, array in weights.items()}
        gathered = {name: torch.zeros_like(array) for name, array in now.items()}
        losses = []
        for x0, t, noise in zip(*batches, strict=True):
            leaves = {name: array.clone().requires_grad_() for name, array in now.items()}
            loss = self.loss(leaves, x0.double(), t, noise.double(), bars.double())
            loss.backward()
            gathered = {name: self.keep * gathered[name] + leaf.grad for name, leaf in leaves.items()}
            now = {name: array - self.rate * lr * gathered[name] for name, array in now.items()}
            later = self.loss(now, x0.double(), t, noise.double(), bars.double())
            losses.append(later if self.after else loss.detach())
        return torch.stack(losses), now
