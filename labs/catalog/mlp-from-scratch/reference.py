"""The formulas in float64: network, loss gradient, two optimisers, and training by autograd."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

Weights = dict[str, Tensor]
Activation = Callable[[Tensor], Tensor]

RATE, MOMENTUM = 0.15, 0.8


def each_layer(w: Weights, x: Tensor, activate: Activation = torch.relu) -> list[Tensor]:
    """What comes out of each linear map, the logits last."""
    outputs = []
    for i in range(1, len(w) // 2 + 1):
        outputs.append(x @ w[f"w{i}"].mT + w[f"b{i}"])
        x = activate(outputs[-1])
    return outputs


def logits(w: Weights, x: Tensor, activate: Activation = torch.relu) -> Tensor:
    return each_layer(w, x, activate)[-1]


def p_minus_y(scores: Tensor, y: Tensor) -> Tensor:
    return scores.softmax(1) - one_hot(y, scores.size(1))


def sgd(
    p: Tensor, grads: Tensor, lr: float, mu: float, keep: float = 1.0, take: float = 1.0, ahead: float = 0.0
) -> Tensor:
    v = torch.zeros_like(p)
    for g in grads:
        v = keep * mu * v + (1 + (take - 1) * mu) * g
        p = p - lr * (v + ahead * (mu * v + g - v))
    return p


@dataclass(frozen=True)
class Adam:
    """Adam's walk; the fields are what people get wrong."""

    correct_mean: bool = True
    correct_square: bool = True
    eps_inside: bool = False
    root: float = 0.5
    swapped: bool = False
    counted: int = 1

    def __call__(self, p: Tensor, grads: Tensor, lr: float, betas: list[float], eps: float) -> Tensor:
        one, two = reversed(betas) if self.swapped else betas
        m, s = torch.zeros_like(p), torch.zeros_like(p)
        for i, g in enumerate(grads):
            m, s, t = one * m + (1 - one) * g, two * s + (1 - two) * g**2, self.counted * i + 1
            mean = m / (1 - one**t) if self.correct_mean else m
            square = s / (1 - two**t) if self.correct_square else s
            p = p - lr * mean / ((square + eps * self.eps_inside) ** self.root + eps * (not self.eps_inside))
        return p


@dataclass(frozen=True)
class Training:
    """Steps of training; the fields are what people get wrong."""

    loss: Callable[[Tensor, Tensor], Tensor] = cross_entropy
    cleared: bool = True
    momentum: float = MOMENTUM
    sign: float = 1.0

    def run(self, w: Weights, x: Tensor, y: Tensor, new: Tensor) -> tuple[Tensor, Tensor, float]:
        """Losses on the way, the logits for new rows, and how near an input of ReLU came to its bend."""
        leaves = {name: array.double().requires_grad_() for name, array in w.items()}
        speed = dict.fromkeys(w, 0.0)
        losses, clear = [], math.inf
        for rows, classes in zip(x.double(), y, strict=True):
            outputs = each_layer(leaves, rows)
            clear = min([clear, *(z.abs().min().item() for z in outputs[:-1])])
            losses.append(self.loss(outputs[-1], classes))
            self.step(leaves, speed, losses[-1])
        return torch.stack(losses).detach(), logits(leaves, new.double()).detach(), clear

    def step(self, leaves: Weights, speed: dict[str, Any], loss: Tensor) -> None:
        if self.cleared:
            for leaf in leaves.values():
                leaf.grad = None
        loss.backward()
        with torch.no_grad():
            for name, leaf in leaves.items():
                speed[name] = self.momentum * speed[name] + leaf.grad
                leaf.sub_(self.sign * RATE * speed[name])
