"""How the checks reach into your file: small models with given weights, your losses, and their gradients.

Every function gets your module as `learner`. Nothing is compared here; that happens outside.
"""

from types import ModuleType

import torch
from torch import Tensor, nn

Weights = dict[str, Tensor]


class Judge(nn.Module):
    """A discriminator: images (B, P) -> logits (B,)."""

    def __init__(self, w: Weights) -> None:
        super().__init__()
        self.d1, self.d2 = nn.Parameter(w["d1"].clone()), nn.Parameter(w["d2"].clone())

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(x @ self.d1.mT) @ self.d2


class Painter(nn.Module):
    """A generator: z (B, Z) -> images (B, P)."""

    def __init__(self, w: Weights) -> None:
        super().__init__()
        self.g1, self.g2 = nn.Parameter(w["g1"].clone()), nn.Parameter(w["g2"].clone())

    def forward(self, z: Tensor) -> Tensor:
        return torch.tanh(z @ self.g1.mT) @ self.g2.mT


def gradients(module: nn.Module) -> Weights:
    """The gradient of every parameter; zeros where there is none."""
    return {n: torch.zeros_like(p) if p.grad is None else p.grad.clone() for n, p in module.named_parameters()}


def vae(learner: ModuleType, w: Weights, x: Tensor, noise: Tensor, options: dict[str, float]) -> dict[str, Tensor]:
    """Your loss of a VAE of three matrices, and its gradients by them."""
    w = {name: array.requires_grad_() for name, array in w.items()}
    loss = learner.vae_loss(
        lambda images: (images @ w["mu"].mT, images @ w["logvar"].mT),
        lambda z: torch.tanh(z) @ w["decode"].mT,
        x,
        noise,
        **options,
    )
    loss.backward()
    return {"loss": loss} | {name: torch.zeros_like(a) if a.grad is None else a.grad for name, a in w.items()}


def loss_and_slopes(learner: ModuleType, name: str, logits: list[Tensor], options: dict[str, str]) -> dict:
    """A loss of logits, and its gradient by each of them."""
    for tensor in logits:
        tensor.requires_grad_()
    loss = getattr(learner, name)(*logits, **options)
    return {"loss": loss, "by": torch.autograd.grad(loss, logits, materialize_grads=True)}


def penalty(learner: ModuleType, w: Weights, x: Tensor, gamma: float) -> dict[str, Tensor]:
    judge = Judge(w)
    value = learner.r1_penalty(judge, x, gamma)
    if value.requires_grad:
        value.backward()
    return {"value": value.detach(), **gradients(judge)}


def after_discriminator_step(learner: ModuleType, w: Weights, real: Tensor, z: Tensor, lr: float) -> dict[str, Tensor]:
    """The generator's gradients after a step of the discriminator, and what the discriminator then says."""
    judge, painter = Judge(w), Painter(w)
    learner.discriminator_step(painter, judge, torch.optim.SGD(judge.parameters(), lr=lr), real, z)
    with torch.no_grad():
        return {**gradients(painter), "logits": judge(real)}


def game(learner: ModuleType, w: Weights, real: Tensor, z: Tensor, lr: float) -> dict[str, Tensor]:
    """Rounds of both steps: the losses (R, 2), and both players' arrays."""
    judge, painter = Judge(w), Painter(w)
    d_optimiser, g_optimiser = (torch.optim.SGD(player.parameters(), lr=lr) for player in (judge, painter))
    losses = []
    for images, (first, second) in zip(real, z, strict=True):
        d = learner.discriminator_step(painter, judge, d_optimiser, images, first)
        g = learner.generator_step(painter, judge, g_optimiser, second)
        losses.append([float(d), float(g)])
    players = {name: p.detach() for player in (judge, painter) for name, p in player.named_parameters()}
    return {"losses": torch.tensor(losses), **players}
