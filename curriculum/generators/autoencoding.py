"""Variational autoencoders: the divergence of a Gaussian from the prior, and one reparameterised sample."""

from __future__ import annotations

import math
from random import Random
from typing import Final

from curriculum.generators.drawing import Draw, Generator, set_apart, vector


def gaussian_divergence(random: Random) -> Draw:
    def make() -> Draw:
        means = [random.randrange(-20, 21) / 10 for _ in range(2)]
        deviations = [random.choice([0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.5, 2.0]) for _ in range(2)]
        pairs = list(zip(means, deviations, strict=True))
        divergence = sum((m**2 + s**2 - 1) / 2 - math.log(s) for m, s in pairs)
        return Draw(
            {"mu": vector(means), "sigma": vector(deviations)},
            divergence,
            {
                "negative": -divergence,
                "doubled": 2 * divergence,
                "variance_as_deviation": sum((m**2 + s - 1) / 2 - math.log(s) / 2 for m, s in pairs),
                "mean_of_dimensions": divergence / 2,
            },
        )

    return set_apart(make, least=0.1)


def reparameterised_sample(random: Random) -> Draw:
    """`log_variance` is what the encoder returns."""

    def make() -> Draw:
        mean, noise = random.randrange(-300, 301) / 100, random.randrange(-200, 201) / 100
        log_variance = random.randrange(-30, 21) / 10
        deviation = math.exp(log_variance / 2)
        return Draw(
            {"mu": mean, "logvar": log_variance, "eps": noise},
            mean + deviation * noise,
            {
                "variance": mean + math.exp(log_variance) * noise,
                "log": mean + log_variance * noise,
                "no_mean": deviation * noise,
            },
        )

    return set_apart(make, least=0.2)


def bernoulli_likelihood(random: Random) -> Draw:
    """The logarithm of the probability of four black-and-white pixels, in nats."""

    def make() -> Draw:
        pixels = [1, 0, *(random.randrange(2) for _ in range(2))]
        random.shuffle(pixels)
        shades = [random.randrange(5, 96) / 100 for _ in range(4)]
        pairs = list(zip(pixels, shades, strict=True))
        total = sum(math.log(shade if pixel else 1 - shade) for pixel, shade in pairs)
        return Draw(
            {"x": vector(pixels), "y": vector(shades)},
            total,
            {
                "ones_only": sum(math.log(shade) for pixel, shade in pairs if pixel),
                "sign": -total,
                "squares": -sum((pixel - shade) ** 2 for pixel, shade in pairs),
            },
        )

    return set_apart(make, gap=0.03, least=0.1)


AUTOENCODING: Final[tuple[Generator, ...]] = (
    gaussian_divergence,
    reparameterised_sample,
    bernoulli_likelihood,
)
