"""A module per layer with its weight stored as (in, out); logsumexp; Adam with its correction folded into the rate."""

import math
from collections.abc import Iterable
from itertools import pairwise

import torch
from torch import Tensor, nn


class Dense(nn.Module):
    def __init__(self, ins: int, outs: int) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.empty(ins, outs))
        nn.init.xavier_normal_(self.kernel)
        self.offset = nn.Parameter(torch.zeros(1, outs))

    def forward(self, x: Tensor) -> Tensor:
        return torch.addmm(self.offset, x, self.kernel)


class MLP(nn.Module):
    def __init__(self, sizes: list[int]) -> None:
        super().__init__()
        parts = []
        for ins, outs in pairwise(sizes):
            parts += [Dense(ins, outs), nn.ReLU()]
        self.body = nn.Sequential(*parts[:-1])

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x)


@torch.no_grad()
def load_weights(model: MLP, weights: dict[str, Tensor]) -> None:
    dense = [part for part in model.body if isinstance(part, Dense)]
    for number, part in enumerate(dense, start=1):
        part.kernel.copy_(weights[f"w{number}"].T)
        part.offset.copy_(weights[f"b{number}"][None])


def loss(logits: Tensor, y: Tensor) -> Tensor:
    return (logits.logsumexp(1) - logits[torch.arange(len(y)), y]).mean()


class SGD:
    def __init__(self, parameters: Iterable[Tensor], lr: float, momentum: float = 0.0) -> None:
        self.pairs = [[p, None] for p in parameters]
        self.lr, self.momentum = lr, momentum

    def zero_grad(self) -> None:
        for p, _ in self.pairs:
            p.grad = None

    @torch.no_grad()
    def step(self) -> None:
        for pair in self.pairs:
            p, v = pair
            if p.grad is None:
                continue
            pair[1] = p.grad.clone() if v is None else v * self.momentum + p.grad
            p.add_(pair[1], alpha=-self.lr)


class Adam(SGD):
    def __init__(
        self, parameters: Iterable[Tensor], lr: float, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8
    ) -> None:
        super().__init__(parameters, lr)
        self.betas, self.eps, self.t = betas, eps, 0
        self.moments = [(torch.zeros_like(p), torch.zeros_like(p)) for p, _ in self.pairs]

    @torch.no_grad()
    def step(self) -> None:
        self.t += 1
        one, two = self.betas
        root = math.sqrt(1 - two**self.t)
        for (p, _), (m, v) in zip(self.pairs, self.moments, strict=True):
            if p.grad is None:
                continue
            m.lerp_(p.grad, 1 - one)
            v.mul_(two).addcmul_(p.grad, p.grad, value=1 - two)
            p.addcdiv_(m, v.sqrt().add_(self.eps * root), value=-self.lr * root / (1 - one**self.t))


def train_step(model: MLP, optimiser: SGD | Adam, x: Tensor, y: Tensor) -> float:
    value = loss(model(x), y)
    optimiser.zero_grad()
    value.backward()
    optimiser.step()
    return value.item()


def fit(model: MLP, x: Tensor, y: Tensor) -> None:
    optimiser = Adam(model.parameters(), 3e-3)
    for _ in range(25):
        for rows in torch.randperm(len(x)).chunk(30):
            train_step(model, optimiser, x[rows], y[rows])
