"""How the checks reach into your file: build, train, ask for predictions. Every function gets your module as `learner`.

Comparing and judging are done elsewhere, on what these functions return.
"""

from types import ModuleType

import torch
from torch import Tensor, nn

Weights = dict[str, Tensor]


class Given(nn.Module):
    """A small network with given weights: x (B, D), t (B,), c (B,) -> tanh(x aᵀ + e[t] + l[c]) bᵀ, (B, D)."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.a, self.b, self.e, self.l = (nn.Parameter(weights[name].clone()) for name in ("a", "b", "e", "l"))

    def forward(self, x: Tensor, t: Tensor, c: Tensor) -> Tensor:
        return torch.tanh(x @ self.a.T + self.e[t] + self.l[c]) @ self.b.T


def guided(learner: ModuleType, weights: Weights, x: Tensor, t: Tensor, c: Tensor, scale: float) -> Tensor:
    """Your guided noise of the given network."""
    return learner.guided_noise(Given(weights), x, t, c, scale)


def run(
    learner: ModuleType, weights: Weights, x: Tensor, c: Tensor, scale: float, places: list[int], bars: Tensor
) -> Tensor:
    """Your sampler with the given network: x (B, D), c (B,) -> (B, D)."""
    return learner.sample(Given(weights), x, c, scale, places, bars)


def trajectory(
    learner: ModuleType, weights: Weights, batches: list[Tensor], bars: Tensor, lr: float
) -> dict[str, Tensor | Weights]:
    """Your train_step on batches x0 (K, B, D), c, t (K, B), noise (K, B, D), u (K, B): losses, and the last weights."""
    model = Given(weights)
    optimiser = torch.optim.SGD(model.parameters(), lr=lr)
    losses = [float(learner.train_step(model, optimiser, *batch, bars)) for batch in zip(*batches, strict=True)]
    return {"losses": torch.tensor(losses), "weights": {name: p.detach() for name, p in model.named_parameters()}}


def learn(learner: ModuleType, x0: Tensor, y: Tensor, betas: Tensor) -> dict[str, Tensor]:
    """Your training on digits x0 (N, 64) with labels y (N,): everything that the network holds afterwards, by name."""
    state = learner.train(x0, y, betas).state_dict()
    return {name: tensor.detach().clone() for name, tensor in state.items()}


def predict(learner: ModuleType, state: dict[str, Tensor], x: Tensor, t: Tensor, c: Tensor) -> Tensor:
    """What a network that holds `state` predicts: x (N, 64), t (N,), c (N,) -> (N, 64)."""
    net = learner.Denoiser()
    net.load_state_dict(state)
    net.eval()
    with torch.no_grad():
        return net(x, t, c)
