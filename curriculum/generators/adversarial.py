"""Generative adversarial networks: the best discriminator and the value of the game, on three points."""

from __future__ import annotations

import math
from random import Random
from typing import Final

from curriculum.generators.drawing import Draw, Generator, set_apart, vector


def _shares(random: Random) -> list[float]:
    first, second = sorted(random.sample(range(1, 20), 2))
    return [first / 20, round((second - first) / 20, 2), round((20 - second) / 20, 2)]


def optimal_discriminator(random: Random) -> Draw:
    def make() -> Draw:
        data, generated = random.randrange(2, 90) / 10, random.randrange(2, 90) / 10
        return Draw(
            {"pd": data, "pg": generated},
            data / (data + generated),
            {
                "swapped": generated / (data + generated),
                "ratio": data / generated,
                "difference": abs(data - generated),
            },
        )

    return set_apart(make)


def game_value(random: Random) -> Draw:
    """At the best discriminator, in nats."""

    def make() -> Draw:
        data, generated = _shares(random), _shares(random)
        best = [p / (p + q) for p, q in zip(data, generated, strict=True)]
        real = sum(p * math.log(d) for p, d in zip(data, best, strict=True))
        fake = sum(q * math.log(1 - d) for q, d in zip(generated, best, strict=True))
        return Draw(
            {"pd": vector(data), "pg": vector(generated)},
            real + fake,
            {"real_only": real, "fake_only": fake, "divergence": (real + fake + math.log(4)) / 2},
        )

    return set_apart(make, least=0.01)


ADVERSARIAL: Final[tuple[Generator, ...]] = (optimal_discriminator, game_value)
