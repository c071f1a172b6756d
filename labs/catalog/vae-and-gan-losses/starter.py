"""The losses of a variational autoencoder and of a generative adversarial network. The README has the contract."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


def reparameterise(mu: Tensor, logvar: Tensor, noise: Tensor) -> Tensor:
    raise NotImplementedError("TODO 1: the mean, and the noise times the deviation, which is exp(logvar / 2)")


def kl(mu: Tensor, logvar: Tensor) -> Tensor:
    """(B, Z), (B, Z) -> (B,)"""
    raise NotImplementedError("TODO 2: half of mu² + variance - 1 - logvar, summed over the latent")


def bernoulli_nll(logits: Tensor, x: Tensor) -> Tensor:
    """(B, …), (B, …) -> (B,)"""
    raise NotImplementedError("TODO 3: softplus(logits) - x · logits, summed over each image")


def gaussian_nll(mean: Tensor, x: Tensor, sigma: float) -> Tensor:
    """(B, …), (B, …) -> (B,)"""
    raise NotImplementedError("TODO 4: half of the squared errors over sigma², log sigma, half of log 2π; summed")


def vae_loss(
    encode: Callable[[Tensor], tuple[Tensor, Tensor]],
    decode: Callable[[Tensor], Tensor],
    x: Tensor,
    noise: Tensor,
    beta: float = 1.0,
) -> Tensor:
    raise NotImplementedError("TODO 5: encode, reparameterise, decode; likelihood plus beta · kl, averaged over images")


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    raise NotImplementedError("TODO 6: -log σ(real) - log(1 - σ(fake)), each averaged, by softplus")


def generator_loss(fake: Tensor, kind: str = "non-saturating") -> Tensor:
    raise NotImplementedError("TODO 7: -log σ(fake), or log(1 - σ(fake)) for kind='minimax'")


def r1_penalty(discriminator: nn.Module, x: Tensor, gamma: float) -> Tensor:
    raise NotImplementedError("TODO 8: torch.autograd.grad of the summed logits by x, with create_graph=True")


def discriminator_step(
    generator: nn.Module, discriminator: nn.Module, optimiser: torch.optim.Optimizer, real: Tensor, z: Tensor
) -> Tensor:
    raise NotImplementedError("TODO 9: detached fakes, loss, zero_grad, backward, step")


def generator_step(
    generator: nn.Module, discriminator: nn.Module, optimiser: torch.optim.Optimizer, z: Tensor
) -> Tensor:
    raise NotImplementedError("TODO 10: loss on fakes that are not detached, zero_grad, backward, step")


def optimal_discriminator(p: Tensor, q: Tensor) -> Tensor:
    raise NotImplementedError("TODO 11: p / (p + q), and 1/2 where both are 0")
