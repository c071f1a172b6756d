"""Low-rank adaptation: parameters, shapes, sizes, and one entry of its output."""

from __future__ import annotations

import math
from random import Random
from typing import Final

from curriculum.generators.drawing import Draw, Generator, set_apart, vector


def lora_parameters(random: Random) -> Draw:
    width, layers, rank = 64 * random.randrange(8, 129), random.randrange(12, 97), random.choice([3, 4, 8, 16, 32])
    trained = 2 * layers * 2 * width * rank
    return Draw(
        {"d": width, "L": layers, "r": rank},
        trained,
        {
            "one_factor": trained // 2,
            "four_matrices": 2 * trained,
            "one_layer": trained // layers,
            "full": 2 * layers * width**2,
        },
    )


def lora_activation_shape(random: Random) -> Draw:
    batch, tokens, rank = random.sample(range(2, 33), 3)
    inputs, outputs = random.sample(range(48, 200), 2)
    return Draw(
        {"B": batch, "S": tokens, "r": rank, "k": inputs, "d": outputs},
        [batch, tokens, rank],
        {
            "output": [batch, tokens, outputs],
            "input": [batch, tokens, inputs],
            "update": [outputs, inputs],
        },
    )


def lora_share(random: Random) -> Draw:
    """In per cent of the matrix that stays frozen."""
    outputs, inputs = (64 * size for size in random.sample(range(8, 65), 2))
    rank = random.choice([2, 4, 8, 16, 32])
    share = 100 * rank * (outputs + inputs) / (outputs * inputs)
    return Draw(
        {"d": outputs, "k": inputs, "r": rank},
        share,
        {
            "only_a": 100 * rank * inputs / (outputs * inputs),
            "only_b": 100 * rank * outputs / (outputs * inputs),
            "fraction": share / 100,
        },
    )


def lora_checkpoint(random: Random) -> Draw:
    """In megabytes of a million bytes."""

    def make() -> Draw:
        width, layers = 256 * random.randrange(4, 49), random.randrange(16, 97)
        rank = random.choice([3, 5, 6, 8, 12, 16])  # not 2 or 4, the bytes of a number
        bytes_each, dtype = random.choice([(2, "fp16"), (4, "fp32")])
        numbers = 2 * layers * 2 * width * rank
        return Draw(
            {"d": width, "L": layers, "r": rank, "dtype": dtype, "bytes": bytes_each, "numbers": numbers},
            numbers * bytes_each / 1e6,
            {
                "numbers": numbers / 1e6,
                "bits": numbers * bytes_each * 8 / 1e6,
                "whole_matrices": 2 * layers * width**2 * bytes_each / 1e6,
            },
        )

    return set_apart(make)


def lora_output(random: Random) -> Draw:
    def make() -> Draw:
        rank = random.choice([2, 4])
        alpha = random.choice([factor * rank for factor in (3, 5, 6)])
        frozen = random.randrange(-20, 21)
        down = [random.randrange(-5, 6) for _ in range(rank)]
        row = [random.randrange(-5, 6) for _ in range(rank)]
        branch = sum(a * b for a, b in zip(row, down, strict=True))
        return Draw(
            {"r": rank, "alpha": alpha, "w": frozen, "down": vector(down), "row": vector(row), "branch": branch},
            frozen + alpha / rank * branch,
            {
                "unscaled": frozen + branch,
                "by_alpha": frozen + alpha * branch,
                "branch_only": alpha / rank * branch,
            },
        )

    return set_apart(make, least=1)


def lora_scale(random: Random) -> Draw:
    def make() -> Draw:
        before, after = random.sample([2, 4, 6, 8, 12, 16, 24, 32, 48, 64], 2)
        alpha = random.randrange(3, 129)
        return Draw(
            {"r1": before, "r2": after, "alpha": alpha},
            alpha / after,
            {"before": alpha / before, "alpha": alpha, "root": alpha / math.sqrt(after)},
        )

    return set_apart(make)


LORA: Final[tuple[Generator, ...]] = (
    lora_parameters,
    lora_activation_shape,
    lora_share,
    lora_checkpoint,
    lora_output,
    lora_scale,
)
