"""Multi-head attention as formulas in float64: a `Recipe` whose defaults are the contract."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Weights = dict[str, Tensor]
Inputs = tuple[Weights, Tensor, Tensor | None, Tensor | None]  # weights, x, memory, mask
Layer = Callable[..., Tensor]


def over_keys(scores: Tensor, allowed: Tensor) -> Tensor:
    blind = ~allowed.any(-1, keepdim=True)
    return scores.masked_fill(~(allowed | blind), -math.inf).softmax(-1) * allowed


def split_heads(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)  # (B, T, D) -> (B, H, T, D/H)


def merge_heads(x: Tensor) -> Tensor:
    return x.transpose(1, 2).flatten(2)  # (B, H, S, D/H) -> (B, S, D)


@dataclass(frozen=True)
class Recipe:
    """How the layer is computed; the defaults are the contract."""

    heads: int
    divisor: Callable[[int, int], float] = lambda _d_model, d_head: math.sqrt(d_head)
    weigh: Callable[[Tensor, Tensor], Tensor] = over_keys
    split: Callable[[Tensor, int], Tensor] = split_heads
    merge: Callable[[Tensor], Tensor] = merge_heads
    sources: Callable[[Tensor, Tensor], tuple[Tensor, Tensor, Tensor]] = lambda x, memory: (x, memory, memory)

    def __call__(self, w: Weights, x: Tensor, memory: Tensor | None, mask: Tensor | None) -> Tensor:
        sources = self.sources(x, x if memory is None else memory)
        q, k, v = (self.split(s @ w[f"w{p}"].mT + w[f"b{p}"], self.heads) for p, s in zip("qkv", sources, strict=True))
        scores = q @ k.mT / self.divisor(x.size(-1), q.size(-1))  # (B, H, S, T)
        allowed = torch.tensor(True) if mask is None else mask  # noqa: FBT003 - a mask of one value
        allowed = allowed.expand(len(x), *scores.shape[-2:]).unsqueeze(1)  # (B, 1, S, T)
        return self.merge(self.weigh(scores, allowed) @ v) @ w["wo"].mT + w["bo"]


def differentiate(layer: Layer, inputs: Inputs, cotangent: Tensor) -> Weights:
    """Gradients of sum(layer(…) · cotangent) by x, memory and every array, in float64."""
    weights, x, memory, mask = inputs
    leaves = {n: a.double().requires_grad_() for n, a in {**weights, "x": x, "memory": memory}.items()}
    y = layer({name: leaves[name] for name in weights}, leaves["x"], leaves["memory"], mask)
    total = (y * cotangent.double()).sum()
    return dict(zip(leaves, torch.autograd.grad(total, list(leaves.values()), materialize_grads=True), strict=True))


def slopes(gradient: Tensor, ways: Tensor) -> Tensor:
    return (gradient * ways.double()).flatten(1).sum(1)  # (D, D), (3, D, D) -> (3,)
