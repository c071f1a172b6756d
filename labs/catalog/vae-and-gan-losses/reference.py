"""The losses in float64, and two rounds of a game between small players by autograd."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import softplus

Weights = dict[str, Tensor]
Loss = Callable[..., Tensor]


def reparameterise(mu: Tensor, logvar: Tensor, noise: Tensor) -> Tensor:
    return mu + torch.exp(0.5 * logvar) * noise


def kl(mu: Tensor, logvar: Tensor) -> Tensor:
    return 0.5 * (mu.square() + logvar.exp() - 1 - logvar).flatten(1).sum(1)


def bernoulli_nll(logits: Tensor, x: Tensor) -> Tensor:
    return (softplus(logits) - x * logits).flatten(1).sum(1)


def gaussian_nll(mean: Tensor, x: Tensor, sigma: float) -> Tensor:
    terms = 0.5 * ((x - mean) / sigma).square() + math.log(sigma) + 0.5 * math.log(2 * math.pi)
    return terms.flatten(1).sum(1)


@dataclass(frozen=True)
class Vae:
    """The loss of a small VAE, (w, x, noise) -> scalar; the fields are what people get wrong."""

    beta: float
    draw: Callable[[Tensor, Tensor, Tensor], Tensor] = reparameterise
    divergence: Callable[[Tensor, Tensor], Tensor] = kl
    likelihood: Callable[[Tensor, Tensor], Tensor] = bernoulli_nll
    join: Callable[[Tensor, Tensor, float], Tensor] = lambda nll, divergence, beta: (nll + beta * divergence).mean()

    def __call__(self, w: Weights, x: Tensor, noise: Tensor) -> Tensor:
        mu, logvar = x @ w["mu"].mT, x @ w["logvar"].mT
        logits = torch.tanh(self.draw(mu, logvar, noise)) @ w["decode"].mT
        return self.join(self.likelihood(logits, x), self.divergence(mu, logvar), self.beta)


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    return softplus(-real).mean() + softplus(fake).mean()


def non_saturating(fake: Tensor) -> Tensor:
    return softplus(-fake).mean()


def minimax(fake: Tensor) -> Tensor:
    return -softplus(fake).mean()


def judge(w: Weights, x: Tensor) -> Tensor:
    """The discriminator of the checks: x (B, P) -> logits (B,)."""
    return torch.tanh(x @ w["d1"].mT) @ w["d2"]


def paint(w: Weights, z: Tensor) -> Tensor:
    """The generator of the checks: z (B, Z) -> images (B, P)."""
    return torch.tanh(z @ w["g1"].mT) @ w["g2"].mT


def squared_slopes(slopes: Tensor, gamma: float) -> Tensor:
    return gamma / 2 * slopes.square().sum(1).mean()


def r1(w: Weights, x: Tensor, gamma: float, penalty: Callable[[Tensor, float], Tensor] = squared_slopes) -> Tensor:
    """The penalty on the slopes of `judge` at x, which are written down by hand: (1 − tanh²) through both maps."""
    bend = 1 - torch.tanh(x @ w["d1"].mT).square()  # (B, K)
    return penalty((bend * w["d2"]) @ w["d1"], gamma)


@dataclass(frozen=True)
class Game:
    """Rounds of SGD, the discriminator first; the fields are what people get wrong."""

    rate: float
    against: Loss = discriminator_loss
    wish: Loss = non_saturating
    cleared: bool = True
    both: bool = False
    generator_first: bool = False

    def run(self, w: Weights, real: Tensor, z: Tensor) -> tuple[Tensor, Weights]:
        """The losses (R, 2), discriminator's and generator's, and the arrays; real (R, B, P), z (R, 2, B, Z)."""
        leaves = {name: array.double().requires_grad_() for name, array in w.items()}
        losses = []
        for images, (first, second) in zip(real.double(), z.double(), strict=True):
            sides = [lambda: self.judged(leaves, images, first), lambda: self.painted(leaves, second)]  # noqa: B023 - called at once
            order = sides[::-1] if self.generator_first else sides
            values = [side() for side in order]
            losses.append(torch.stack(values[::-1] if self.generator_first else values))
        return torch.stack(losses), {name: leaf.detach() for name, leaf in leaves.items()}

    def judged(self, leaves: Weights, images: Tensor, z: Tensor) -> Tensor:
        loss = self.against(judge(leaves, images), judge(leaves, paint(leaves, z).detach()))
        return self.step(leaves, "d", loss)

    def painted(self, leaves: Weights, z: Tensor) -> Tensor:
        return self.step(leaves, "dg" if self.both else "g", self.wish(judge(leaves, paint(leaves, z))))

    def step(self, leaves: Weights, sides: str, loss: Tensor) -> Tensor:
        players = [leaf for name, leaf in leaves.items() if name[0] in sides]
        if self.cleared:
            for player in players:
                player.grad = None
        loss.backward()
        with torch.no_grad():
            for player in players:
                player.sub_(self.rate * player.grad)
        return loss.detach()


def optimal_discriminator(p: Tensor, q: Tensor) -> Tensor:
    total = p + q
    return torch.where(total > 0, p / torch.where(total > 0, total, 1.0), 0.5)
