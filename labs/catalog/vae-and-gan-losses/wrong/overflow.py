# fails: bernoulli
# says: not finite
"""Probabilities of large logits are 0 and 1."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus


def reparameterise(mu: Tensor, logvar: Tensor, noise: Tensor) -> Tensor:
    return mu + (logvar / 2).exp() * noise  # half of the logarithm: the deviation, and not the variance


def kl(mu: Tensor, logvar: Tensor) -> Tensor:
    """Of N(mu, exp(logvar)) from N(0, 1), summed over the latent: (B, Z), (B, Z) -> (B,)."""
    return 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(1)


def bernoulli_nll(logits: Tensor, x: Tensor) -> Tensor:
    """-log p(x) of pixels in [0, 1], summed over each image: (B, …), (B, …) -> (B,)."""
    p = logits.sigmoid()
    return -(x * p.log() + (1 - x) * (1 - p).log()).flatten(1).sum(1)


def gaussian_nll(mean: Tensor, x: Tensor, sigma: float) -> Tensor:
    """-log N(x; mean, sigma²), summed over each image: (B, …), (B, …) -> (B,)."""
    squares = ((x - mean) / sigma).square() / 2
    return (squares + math.log(sigma) + math.log(2 * math.pi) / 2).flatten(1).sum(1)


def vae_loss(
    encode: Callable[[Tensor], tuple[Tensor, Tensor]],
    decode: Callable[[Tensor], Tensor],
    x: Tensor,
    noise: Tensor,
    beta: float = 1.0,
) -> Tensor:
    """The negative ELBO with Bernoulli pixels, averaged over the images: x (B, P), noise (B, Z) -> ()."""
    mu, logvar = encode(x)
    logits = decode(reparameterise(mu, logvar, noise))
    return (bernoulli_nll(logits, x) + beta * kl(mu, logvar)).mean()


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """-log D(real) - log(1 - D(fake)), from logits: -log σ(l) is softplus(-l)."""
    return softplus(-real).mean() + softplus(fake).mean()


def generator_loss(fake: Tensor, kind: str = "non-saturating") -> Tensor:
    if kind == "minimax":
        return -softplus(fake).mean()  # log(1 - D): flat where D is sure of a fake
    return softplus(-fake).mean()  # -log D: steep there


def r1_penalty(discriminator: nn.Module, x: Tensor, gamma: float) -> Tensor:
    """γ/2 times the squared length of the logit's gradient by the image, averaged over images."""
    x = x.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)  # the penalty is differentiated too
    return gamma / 2 * slopes.flatten(1).square().sum(1).mean()


def discriminator_step(
    generator: nn.Module, discriminator: nn.Module, optimiser: torch.optim.Optimizer, real: Tensor, z: Tensor
) -> Tensor:
    fake = generator(z).detach()  # a wall: what the discriminator wants does not reach the generator
    loss = discriminator_loss(discriminator(real), discriminator(fake))
    optimiser.zero_grad()  # also of what the generator's last step left in here
    loss.backward()
    optimiser.step()
    return loss.detach()


def generator_step(
    generator: nn.Module, discriminator: nn.Module, optimiser: torch.optim.Optimizer, z: Tensor
) -> Tensor:
    loss = generator_loss(discriminator(generator(z)))  # no wall here: the gradient comes through the discriminator
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()  # this optimiser holds the generator's parameters alone
    return loss.detach()


def optimal_discriminator(p: Tensor, q: Tensor) -> Tensor:
    """The D that is best against a model q of data p: p / (p + q), and 1/2 where neither has any weight."""
    total = p + q
    return torch.where(total > 0, p / total.clamp(min=torch.finfo(p.dtype).tiny), 0.5)
