"""Scaling laws: parameters, training compute, power laws, compute-optimal sizes."""

from __future__ import annotations

import math
from random import Random
from typing import Final

from curriculum.generators.drawing import Draw, Generator, set_apart


def body_parameters(random: Random) -> Draw:
    """Parameters of the layers without embeddings and biases, with an inner layer four times as wide."""
    layers, width = random.randrange(5, 97), 64 * random.randrange(6, 129)
    return Draw(
        {"L": layers, "d": width, "ff": 4 * width},
        12 * layers * width**2,
        {
            "attention_only": 4 * layers * width**2,
            "feed_forward_only": 8 * layers * width**2,
            "one_layer": 12 * width**2,
        },
    )


def training_flops(random: Random) -> Draw:
    millions, billions = random.randrange(50, 1_000), random.randrange(2, 400)
    product = millions * billions * 1e15
    return Draw(
        {"N": millions, "D": billions},
        6 * product,
        {"forward_only": 2 * product, "backward_only": 4 * product, "no_factor": product},
    )


def power_law_factor(random: Random) -> Draw:
    """The factor of the loss when the parameters grow by `k`, with the exponent 0.076."""
    times = random.randrange(4, 1_000)
    return Draw(
        {"k": times},
        times**-0.076,
        {"rises": times**0.076, "data_exponent": times**-0.095, "fall": 1 - times**-0.076, "linear": 1 / times},
    )


def optimal_parameters(random: Random) -> Draw:
    """In billions, at 20 tokens for each parameter and 6 floating-point operations for each pair of the two."""
    mantissa, power = random.randrange(11, 100) / 10, random.randrange(20, 25)
    flops = mantissa * 10**power
    return Draw(
        {"m": mantissa, "power": _raised(power)},
        math.sqrt(flops / 120) / 1e9,
        {
            "tokens": 20 * math.sqrt(flops / 120) / 1e9,
            "no_six": math.sqrt(flops / 20) / 1e9,
            "as_many_tokens": math.sqrt(flops / 6) / 1e9,
        },
    )


def parametric_loss(random: Random) -> Draw:
    """The fit of Chinchilla's third approach: 1.69 + 406.4 / N^0.34 + 410.7 / D^0.28."""

    def make() -> Draw:
        millions, billions = random.randrange(50, 1_000), random.randrange(2, 200)
        size, data = 406.4 / (millions * 1e6) ** 0.34, 410.7 / (billions * 1e9) ** 0.28
        return Draw(
            {"N": millions, "D": billions, "size": round(size, 3), "data": round(data, 3)},
            1.69 + size + data,
            {"no_floor": size + data, "size_only": 1.69 + size, "data_only": 1.69 + data},
        )

    return set_apart(make, gap=0.02)


def _raised(power: int) -> str:
    return "10" + str(power).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def loss_target_growth(random: Random) -> Draw:
    """How many times larger a model must be for a smaller loss, with the exponent 0.076."""

    def make() -> Draw:
        percent = random.randrange(120, 190) / 2
        ratio = 100 / percent
        return Draw(
            {"p": percent},
            ratio ** (1 / 0.076),
            {"linear": ratio, "not_inverted": ratio**0.076, "divided": ratio / 0.076},
        )

    return set_apart(make)


def kaplan_growth(random: Random) -> Draw:
    def make() -> Draw:
        times = random.randrange(3, 301)
        return Draw(
            {"c": times},
            times**0.73,
            {"equal": math.sqrt(times), "data": times**0.27, "product": 0.73 * times, "all": times},
        )

    return set_apart(make)


def equal_growth(random: Random) -> Draw:
    def make() -> Draw:
        times = random.randrange(3, 401)
        return Draw({"c": times}, math.sqrt(times), {"all": times, "half": times / 2, "earlier": times**0.27})

    return set_apart(make)


def tokens_at_same_compute(random: Random) -> Draw:
    """All in thousands of millions."""

    def make() -> Draw:
        small, large = sorted(random.sample(range(2, 600), 2))
        tokens = 10 * random.randrange(5, 200)
        return Draw(
            {"N": large, "D": tokens, "n": small},
            large * tokens / small,
            {"same": tokens, "inverted": small * tokens / large, "root": tokens * math.sqrt(large / small)},
        )

    return set_apart(make)


SCALING: Final[tuple[Generator, ...]] = (
    body_parameters,
    training_flops,
    power_law_factor,
    optimal_parameters,
    parametric_loss,
    loss_target_growth,
    kaplan_growth,
    equal_growth,
    tokens_at_same_compute,
)
