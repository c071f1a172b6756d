"""An adapter, its loss, its training and its samples in formulas; the fields of `Recipe` are what people get wrong."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from unet import TARGETS, Weights, predict_noise

NOISE_STEPS, FIRST_BETA, LAST_BETA = 100, 1e-3, 0.12
BARS = (1 - torch.linspace(FIRST_BETA, LAST_BETA, NOISE_STEPS, dtype=torch.float64)).cumprod(0)
STRIDE = 5
"""Sampling takes every fifth step: 20 in all."""


def adapted(base: Weights) -> list[str]:
    """The layers that get an adapter: every projection of every attention."""
    names = (name.removesuffix(".weight") for name in base if name.endswith(".weight"))
    return [name for name in names if name.endswith(TARGETS)]


def with_adapter(base: Weights, state: Weights, scale: float) -> Weights:
    """W + scale · BA for each layer of which the state has matrices."""
    weights = dict(base)
    for name in (key.removesuffix(".lora_A.weight") for key in state if key.endswith(".lora_A.weight")):
        change = state[f"{name}.lora_B.weight"] @ state[f"{name}.lora_A.weight"]
        weights[f"{name}.weight"] = base[f"{name}.weight"] + scale * change
    return weights


def rank_of(state: Weights) -> int:
    return next(len(matrix) for name, matrix in state.items() if name.endswith("lora_A.weight"))


@dataclass(frozen=True)
class Batch:
    """x0 (B, 1, 8, 8), prompts (B, L, E), t (B,), noise like x0."""

    x0: Tensor
    prompts: Tensor
    t: Tensor
    noise: Tensor

    def tensors(self) -> list[Tensor]:
        return [self.x0, self.prompts, self.t, self.noise]

    def double(self) -> "Batch":
        return Batch(self.x0.double(), self.prompts.double(), self.t, self.noise.double())


def bars_at(t: Tensor) -> Tensor:
    return BARS[t][:, None, None, None]


@dataclass(frozen=True)
class Recipe:
    """The contract by default."""

    scale: Callable[[float, int], float] = lambda alpha, rank: alpha / rank
    keeps: Callable[[str], bool] = lambda _name: True  # of the adapter's matrices
    mix: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda x0, noise, bar: bar.sqrt() * x0 + (1 - bar).sqrt() * noise
    brought_to: Callable[[Tensor], Tensor] = lambda t: t  # the steps of the images
    told: Callable[[Tensor], Tensor] = lambda t: t  # the steps that the U-Net hears of
    prompted: Callable[[Tensor], Tensor] = lambda prompts: prompts
    target: Callable[[Batch], Tensor] = lambda batch: batch.noise
    reduce: Callable[[Tensor], Tensor] = lambda error: error.square().mean()
    learns: Callable[[str], bool] = lambda name: ".lora_" in name
    clears: bool = True

    def forward(self, base: Weights, state: Weights, alpha: float, x: Tensor, t: Tensor, prompts: Tensor) -> Tensor:
        """Predicted noise, like x."""
        kept = {name: matrix for name, matrix in state.items() if self.keeps(name)}
        return predict_noise(with_adapter(base, kept, self.scale(alpha, rank_of(state))), x, t, prompts)

    def loss(self, base: Weights, state: Weights, alpha: float, batch: Batch) -> Tensor:
        noisy = self.mix(batch.x0, batch.noise, bars_at(self.brought_to(batch.t)))
        predicted = self.forward(base, state, alpha, noisy, self.told(batch.t), self.prompted(batch.prompts))
        return self.reduce(predicted - self.target(batch))

    def walk(
        self, base: Weights, state: Weights, alpha: float, batches: list[Batch], lr: float
    ) -> tuple[Tensor, Weights, Weights]:
        """Plain SGD: the losses from before each step, and base and adapter after all of them."""
        held = base | state
        learning = [name for name in held if self.learns(name)]
        losses, slopes = [], [torch.zeros(()) for _ in learning]
        for batch in batches:
            leaves = {name: held[name].detach().requires_grad_() for name in learning}
            now = held | leaves
            losses.append(self.loss({n: now[n] for n in base}, {n: now[n] for n in state}, alpha, batch))
            new = torch.autograd.grad(losses[-1], list(leaves.values())) if leaves else []
            slopes = [slope + (0 if self.clears else old) for slope, old in zip(new, slopes, strict=True)]
            steps = zip(leaves.items(), slopes, strict=True)
            held |= {name: leaf.detach() - lr * slope for (name, leaf), slope in steps}
        return torch.stack(losses).detach(), {n: held[n] for n in base}, {n: held[n] for n in state}


@torch.no_grad()
def sample(weights: Weights, prompts: Tensor, noise: Tensor) -> Tensor:
    """DDIM without new noise, from the last step down: noise (N, 1, 8, 8) -> images like it."""
    x, bars = noise, BARS.to(noise.dtype)
    for t in range(NOISE_STEPS - 1, -1, -STRIDE):
        here, there = bars[t], bars[t - STRIDE] if t >= STRIDE else torch.ones(())
        predicted = predict_noise(weights, x, torch.full((len(x),), t), prompts)
        x0 = ((x - (1 - here).sqrt() * predicted) / here.sqrt()).clamp(-1, 1)
        predicted = (x - here.sqrt() * x0) / (1 - here).sqrt()
        x = there.sqrt() * x0 + (1 - there).sqrt() * predicted
    return x


def read_digits(judge: Weights, x: Tensor) -> Tensor:
    """What the judge, a small MLP, takes each image for: (N, 1, 8, 8) -> (N,)."""
    hidden = (x.flatten(1) @ judge["1.weight"].mT + judge["1.bias"]).relu()
    return (hidden @ judge["3.weight"].mT + judge["3.bias"]).argmax(1)
