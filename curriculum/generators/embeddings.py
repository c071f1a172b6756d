"""Embeddings: gradients of a lookup table, what tying saves, distances and norms in many dimensions."""

from __future__ import annotations

import math
from random import Random
from typing import Final

from curriculum.generators.drawing import Draw, Generator, set_apart, vector


def embedding_gradient(random: Random) -> Draw:
    """One coordinate of the row of a token that occurs three times among seven."""

    def make() -> Draw:
        asked, *others = random.sample(range(10, 100), 4)
        tokens = [asked, asked, asked, others[0], others[0], others[1], others[2]]
        random.shuffle(tokens)
        upstream = [random.randrange(-19, 20) for _ in tokens]
        mine = [gradient for token, gradient in zip(tokens, upstream, strict=True) if token == asked]
        return Draw(
            {"ids": vector(tokens), "g": vector(upstream), "id": asked},
            sum(mine),
            {"last": mine[-1], "mean": sum(mine) / 3, "all": sum(upstream)},
        )

    return set_apart(make, least=1)


def tied_share(random: Random) -> Draw:
    """Per cent of an untied model's parameters that tying saves."""

    def make() -> Draw:
        width, layers = 64 * random.randrange(4, 33), random.randrange(4, 49)
        vocabulary = 1000 * random.randrange(8, 130)
        table, body = vocabulary * width, 12 * layers * width**2
        return Draw(
            {"V": vocabulary, "d": width, "L": layers},
            100 * table / (2 * table + body),
            {
                "of_tied": 100 * table / (table + body),
                "both": 200 * table / (2 * table + body),
                "of_body": 100 * table / body,
            },
        )

    return set_apart(make)


def unit_distance(random: Random) -> Draw:
    """The distance of two unit vectors from their cosine."""

    def make() -> Draw:
        cosine = random.randrange(-95, 99) / 100
        squared = 2 - 2 * cosine
        mistakes = {"squared": squared, "one_minus": 1 - cosine, "sine": math.sqrt(1 - cosine**2)}
        return Draw({"cos": cosine}, math.sqrt(squared), mistakes)

    return set_apart(make)


def interpolated_norm(random: Random) -> Draw:
    """The typical length of (1 - t) a + t b for independent standard normal vectors of d entries."""
    width, share = 16 * random.randrange(4, 130), random.choice([0.2, 0.25, 0.3, 0.4, 0.5])
    factor = (1 - share) ** 2 + share**2
    return Draw(
        {"d": width, "t": share, "rest": round(1 - share, 2)},
        math.sqrt(factor * width),
        {"unchanged": math.sqrt(width), "squared": factor * width, "no_root": factor * math.sqrt(width)},
    )


EMBEDDINGS: Final[tuple[Generator, ...]] = (embedding_gradient, tied_share, unit_distance, interpolated_norm)
