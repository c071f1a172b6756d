"""The Transformer block as formulas in float64: a `Recipe` whose defaults are the contract."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import gelu

Weights = dict[str, Tensor]
Layer = Callable[[Tensor], Tensor]
Block = Callable[[Weights, Tensor], Tensor]


def pre_norm(x: Tensor, branch: Layer, norm: Layer) -> Tensor:
    return x + branch(norm(x))


def post_norm(x: Tensor, branch: Layer, norm: Layer) -> Tensor:
    return norm(x + branch(x))


def over_keys(scores: Tensor, allowed: Tensor) -> Tensor:
    return scores.masked_fill(~allowed, -math.inf).softmax(-1)


def split_heads(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)  # (B, T, D) -> (B, H, T, D/H)


def merge_heads(x: Tensor) -> Tensor:
    return x.transpose(1, 2).flatten(2)  # (B, H, T, D/H) -> (B, T, D)


@dataclass(frozen=True)
class Recipe:
    """How a block is computed; the defaults are the contract."""

    heads: int
    causal: bool = False
    join: Callable[[Tensor, Layer, Layer], Tensor] = pre_norm
    divisor: Callable[[int, int], float] = lambda _d_model, d_head: math.sqrt(d_head)
    weigh: Callable[[Tensor, Tensor], Tensor] = over_keys
    split: Callable[[Tensor, int], Tensor] = split_heads
    merge: Callable[[Tensor], Tensor] = merge_heads
    activate: Layer = gelu
    deviation: Layer = lambda variance: (variance + 1e-5).sqrt()
    correction: int = 0  # the variance is a mean over D values, not D - 1

    def __call__(self, w: Weights, x: Tensor) -> Tensor:
        x = self.join(x, partial(self.attend, w), partial(self.normalise, w, "norm1"))
        return self.join(x, partial(self.feed_forward, w), partial(self.normalise, w, "norm2"))

    def normalise(self, w: Weights, name: str, x: Tensor) -> Tensor:
        variance, mean = torch.var_mean(x, dim=-1, keepdim=True, correction=self.correction)
        return (x - mean) / self.deviation(variance) * w[f"{name}_gain"] + w[f"{name}_bias"]

    def attend(self, w: Weights, x: Tensor) -> Tensor:
        q, k, v = (self.split(x @ w[f"w{p}"].mT + w[f"b{p}"], self.heads) for p in "qkv")
        scores = q @ k.mT / self.divisor(x.size(-1), q.size(-1))  # (B, H, T, T)
        allowed = torch.ones(x.size(1), x.size(1), dtype=torch.bool)
        weights = self.weigh(scores, allowed.tril() if self.causal else allowed)
        return self.merge(weights @ v) @ w["wo"].mT + w["bo"]

    def feed_forward(self, w: Weights, x: Tensor) -> Tensor:
        return self.activate(x @ w["w1"].mT + w["b1"]) @ w["w2"].mT + w["b2"]


def without(w: Weights, *names: str) -> Weights:
    return {name: torch.zeros_like(array) if name in names else array for name, array in w.items()}


def differentiate(block: Block, weights: Weights, x: Tensor, cotangent: Tensor) -> Weights:
    """Gradients of sum(block(weights, x) · cotangent) by x and by every array, in float64."""
    leaves = {name: array.double().requires_grad_() for name, array in {**weights, "x": x}.items()}
    total = (block({name: leaves[name] for name in weights}, leaves["x"]) * cotangent.double()).sum()
    return dict(zip(leaves, torch.autograd.grad(total, list(leaves.values()), materialize_grads=True), strict=True))


def slopes(gradient: Tensor, ways: Tensor) -> Tensor:
    return (gradient * ways.double()).flatten(1).sum(1)  # (D, D), (3, D, D) -> (3,)
