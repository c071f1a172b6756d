# fails: fresh, accuracy
# says: All units of a layer start alike
"""All weights start alike, so all units of a layer stay alike."""

from collections.abc import Iterable
from itertools import pairwise

import torch
from torch import Tensor, nn


class MLP(nn.Module):
    """Linear maps with ReLU between them: (N, sizes[0]) -> (N, sizes[-1])."""

    def __init__(self, sizes: list[int]) -> None:
        super().__init__()
        pairs = list(pairwise(sizes))

        self.weights = nn.ParameterList(torch.full((outs, ins), 0.1) * (2 / ins) ** 0.5 for ins, outs in pairs)
        self.biases = nn.ParameterList(torch.zeros(outs) for _, outs in pairs)
        with torch.no_grad():
            self.weights[-1] *= 0.3

    def forward(self, x: Tensor) -> Tensor:
        last = len(self.weights) - 1
        for i, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = x @ w.T + b
            if i < last:
                x = torch.relu(x)
        return x


def load_weights(model: MLP, weights: dict[str, Tensor]) -> None:
    with torch.no_grad():
        for i, (w, b) in enumerate(zip(model.weights, model.biases, strict=True), 1):
            w.copy_(weights[f"w{i}"])
            b.copy_(weights[f"b{i}"])


def loss(logits: Tensor, y: Tensor) -> Tensor:
    """-log softmax(logits)[y], averaged over rows: logits (N, C), y (N,) -> ()."""
    largest = logits.max(dim=1, keepdim=True).values
    shifted = logits - largest
    log_total = shifted.exp().sum(dim=1).log()
    right = shifted.gather(1, y[:, None]).squeeze(1)
    return (log_total - right).mean()


class SGD:
    """v <- momentum · v + g, then p <- p - lr · v."""

    def __init__(self, parameters: Iterable[Tensor], lr: float, momentum: float = 0.0) -> None:
        self.parameters = list(parameters)
        self.lr, self.momentum = lr, momentum
        self.velocities = [torch.zeros_like(p) for p in self.parameters]

    def zero_grad(self) -> None:
        for p in self.parameters:
            p.grad = None

    @torch.no_grad()
    def step(self) -> None:
        for p, v in zip(self.parameters, self.velocities, strict=True):
            if p.grad is not None:
                v.mul_(self.momentum).add_(p.grad)
                p.sub_(self.lr * v)


class Adam:
    """A mean of gradients over the root of a mean of their squares, both corrected for having started at zero."""

    def __init__(
        self, parameters: Iterable[Tensor], lr: float, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8
    ) -> None:
        self.parameters = list(parameters)
        self.lr, self.betas, self.eps = lr, betas, eps
        self.steps = 0
        self.means = [torch.zeros_like(p) for p in self.parameters]
        self.squares = [torch.zeros_like(p) for p in self.parameters]

    def zero_grad(self) -> None:
        for p in self.parameters:
            p.grad = None

    @torch.no_grad()
    def step(self) -> None:
        self.steps += 1
        beta1, beta2 = self.betas
        for p, m, s in zip(self.parameters, self.means, self.squares, strict=True):
            if p.grad is None:
                continue
            m.mul_(beta1).add_((1 - beta1) * p.grad)
            s.mul_(beta2).add_((1 - beta2) * p.grad**2)
            mean = m / (1 - beta1**self.steps)
            square = s / (1 - beta2**self.steps)
            p.sub_(self.lr * mean / (square.sqrt() + self.eps))


def train_step(model: nn.Module, optimiser: SGD | Adam, x: Tensor, y: Tensor) -> float:
    """One step on one batch; returns the loss before it."""
    value = loss(model(x), y)
    optimiser.zero_grad()
    value.backward()
    optimiser.step()
    return value.item()


def fit(model: nn.Module, x: Tensor, y: Tensor) -> None:
    """Twenty passes in fresh random order, in batches of 64, with a learning rate that falls to zero."""
    optimiser = Adam(model.parameters(), lr=5e-3)
    passes = 20
    for i in range(passes):
        optimiser.lr = 5e-3 * (1 - i / passes)
        for rows in torch.randperm(len(x)).split(64):
            train_step(model, optimiser, x[rows], y[rows])
