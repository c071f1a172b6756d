"""All weights are one long parameter; optimisers keep a dict of state; the loss uses a one-hot matrix."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn


class MLP(nn.Module):
    def __init__(self, sizes: list[int]) -> None:
        super().__init__()
        self.shapes = [(o, i) for i, o in pairwise(sizes)]
        pieces = []
        for o, i in self.shapes:
            pieces += [(torch.rand(o * i) * 2 - 1) / i**0.5, (torch.rand(o) * 2 - 1) / i**0.5]
        self.theta = nn.Parameter(torch.cat(pieces))

    def layers(self) -> Iterator[tuple[Tensor, Tensor]]:
        at = 0
        for o, i in self.shapes:
            yield self.theta[at : at + o * i].view(o, i), self.theta[at + o * i : at + o * i + o]
            at += o * i + o

    def forward(self, x: Tensor) -> Tensor:
        *hidden, last = self.layers()
        for w, b in hidden:
            x = (torch.einsum("ni,oi->no", x, w) + b).clamp(min=0)
        w, b = last
        return torch.einsum("ni,oi->no", x, w) + b


def load_weights(model: MLP, weights: dict[str, Tensor]) -> None:
    layers = range(1, len(model.shapes) + 1)
    flat = [weights[f"{kind}{i}"].flatten() for i in layers for kind in "wb"]
    model.theta.data = torch.cat(flat).to(model.theta.dtype)


def loss(logits: Tensor, y: Tensor) -> Tensor:
    target = torch.nn.functional.one_hot(y, logits.shape[1]).to(logits.dtype)
    return -(torch.log_softmax(logits, -1) * target).sum() / len(logits)


class Optimiser:
    def __init__(self, parameters: Iterable[Tensor], lr: float) -> None:
        self.parameters, self.lr, self.state = list(parameters), lr, {}

    def zero_grad(self) -> None:
        for p in self.parameters:
            if p.grad is not None:
                p.grad.zero_()

    def step(self) -> None:
        for k, p in enumerate(self.parameters):
            if p.grad is not None:
                with torch.no_grad():
                    p.copy_(p - self.lr * self.direction(self.state.setdefault(k, {}), p.grad))


class SGD(Optimiser):
    def __init__(self, parameters: Iterable[Tensor], lr: float, momentum: float = 0.0) -> None:
        super().__init__(parameters, lr)
        self.momentum = momentum

    def direction(self, state: dict[str, Any], g: Tensor) -> Tensor:
        state["v"] = g.clone() if "v" not in state else self.momentum * state["v"] + g
        return state["v"]


class Adam(Optimiser):
    def __init__(
        self, parameters: Iterable[Tensor], lr: float, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8
    ) -> None:
        super().__init__(parameters, lr)
        self.betas, self.eps = betas, eps

    def direction(self, state: dict[str, Any], g: Tensor) -> Tensor:
        a, b = self.betas
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = torch.lerp(g, state.get("m", torch.zeros_like(g)), a)
        v = state["v"] = b * state.get("v", 0) + (1 - b) * g.square()
        return m / (1 - a**t) / (v.sqrt() / (1 - b**t) ** 0.5 + self.eps)


def train_step(model: MLP, optimiser: SGD | Adam, x: Tensor, y: Tensor) -> float:
    optimiser.zero_grad()
    value = loss(model(x), y)
    value.backward()
    optimiser.step()
    return float(value)


def fit(model: MLP, x: Tensor, y: Tensor) -> None:
    optimiser = SGD(model.parameters(), lr=0.2, momentum=0.9)
    for epoch in range(30):
        optimiser.lr = 0.2 * 0.9**epoch
        order = torch.randperm(len(x))
        for start in range(0, len(x), 50):
            rows = order[start : start + 50]
            train_step(model, optimiser, x[rows], y[rows])
