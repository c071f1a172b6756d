"""The model in float64 as a function of a dict of arrays, and the two plans."""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import layer_norm

Weights = dict[str, Tensor]
Case = dict[str, Any]


def net(weights: Weights, order: list[int], x: Tensor) -> Tensor:
    """x (B, D) -> (B, O)."""
    for i in order:
        x = block({name: array.double() for name, array in part(weights, i).items()}, x)
    return x @ weights["head.weight"].double().mT + weights["head.bias"].double()


def part(weights: Weights, i: int) -> Weights:
    prefix = f"blocks.{i}."
    return {name.removeprefix(prefix): array for name, array in weights.items() if name.startswith(prefix)}


def block(w: Weights, x: Tensor) -> Tensor:
    h = layer_norm(x, x.shape[-1:]) * w["norm.weight"] + w["norm.bias"]
    h = torch.tanh(h @ w["up.weight"].mT + w["up.bias"] + w["shift"])
    return x + w["gate"] * (h @ w["down.weight"].mT + w["down.bias"])


def owners(blocks: int) -> list[str]:
    """The modules that have tensors of their own, in the model's order."""
    return [f"blocks.{i}{part}" for i in range(blocks) for part in ("", ".norm", ".up", ".down")] + ["head"]


def owner(name: str) -> str:
    return name.rpartition(".")[0]


def mixed(first: Weights, second: Weights, kept: list[str]) -> Weights:
    """The arrays of the second run: those of modules that were kept are the first file's."""
    return {name: (first if owner(name) in kept else second)[name] for name in first}


def fitting(sizes: list[int], budget: int) -> int:
    best = -1
    for n in range(len(sizes) + 1):
        rest = sizes[n:]
        if sum(sizes[:n]) + (max(rest) if rest else 0) <= budget:
            best = n
    return best


def traffic(sizes: list[int], keep: int, steps: int) -> int:
    return sum(size if at < keep else steps * size for at, size in enumerate(sizes))
