"""How the checks reach into your file: build, train, ask for predictions. Every function gets your module as `learner`.

Comparing and judging are done elsewhere, on what these functions return.
"""

from types import ModuleType

import torch
from torch import Tensor, nn

Weights = dict[str, Tensor]


class Given(nn.Module):
    """A small network with given weights, tanh(x aᵀ + e[t]) bᵀ: x (B, D), t (B,) -> (B, D)."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.a, self.b, self.e = (nn.Parameter(weights[name].clone()) for name in ("a", "b", "e"))

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        return torch.tanh(x @ self.a.T + self.e[t]) @ self.b.T


def loss(learner: ModuleType, weights: Weights, x0: Tensor, t: Tensor, noise: Tensor, bars: Tensor) -> Tensor:
    """Your loss of the given network on one batch."""
    return learner.noise_loss(Given(weights), x0, t, noise, bars)


def run(learner: ModuleType, weights: Weights, x: Tensor, noises: Tensor, betas: Tensor) -> Tensor:
    """Your sampler with the given network: x (B, D), noises (T, B, D) -> (B, D)."""
    return learner.sample(Given(weights), x, noises, betas)


def trajectory(
    learner: ModuleType, weights: Weights, x0: Tensor, t: Tensor, noise: Tensor, bars: Tensor, lr: float
) -> dict[str, Tensor | Weights]:
    """Your train_step on batches x0 (K, B, D), t (K, B), noise (K, B, D): the losses, and the weights at the end."""
    model = Given(weights)
    optimiser = torch.optim.SGD(model.parameters(), lr=lr)
    losses = [float(learner.train_step(model, optimiser, *batch, bars)) for batch in zip(x0, t, noise, strict=True)]
    return {"losses": torch.tensor(losses), "weights": {name: p.detach() for name, p in model.named_parameters()}}


def learn(learner: ModuleType, x0: Tensor, betas: Tensor) -> dict[str, Tensor]:
    """Your training on digits x0 (N, 64): everything that the network holds afterwards, by name."""
    state = learner.train(x0, betas).state_dict()
    return {name: tensor.detach().clone() for name, tensor in state.items()}


def predict(learner: ModuleType, state: dict[str, Tensor], x: Tensor, t: Tensor) -> Tensor:
    """What a network that holds `state` predicts: x (N, 64), t (N,) -> (N, 64)."""
    net = learner.EpsNet()
    net.load_state_dict(state)
    net.eval()
    with torch.no_grad():
        return net(x, t)
