"""Conditional generation with experts: what conditioning adds, how sure a planner is, what is loaded at once."""

from __future__ import annotations

import math
from random import Random
from typing import Final

from curriculum.generators.drawing import Draw, Generator, set_apart, vector


def film_parameters(random: Random) -> Draw:
    """A linear layer per block, from the condition to a scale and a shift for each channel."""
    condition, channels = 16 * random.randrange(4, 49), 8 * random.randrange(4, 65)
    blocks = random.randrange(3, 25)
    return Draw(
        {"E": condition, "C": channels, "L": blocks},
        blocks * (condition + 1) * 2 * channels,
        {
            "no_biases": blocks * condition * 2 * channels,
            "shift_only": blocks * (condition + 1) * channels,
            "one_block": (condition + 1) * 2 * channels,
        },
    )


def class_table_parameters(random: Random) -> Draw:
    classes, width = random.randrange(5, 200), 8 * random.randrange(2, 65)
    return Draw(
        {"K": classes, "E": width},
        (classes + 1) * width,
        {"no_null": classes * width, "tokens": classes + 1, "null_each": 2 * classes * width},
    )


def planner_confidence(random: Random) -> Draw:
    """The largest probability of a softmax over three logits at a temperature."""

    def make() -> Draw:
        logits = [random.randrange(-20, 41) / 10 for _ in range(3)]
        temperature = random.choice([0.5, 1.5, 2, 2.5, 3])
        return Draw(
            {"z": vector(logits), "T": temperature},
            _largest(logits, 1 / temperature),
            {"cold": _largest(logits, 1), "multiplied": _largest(logits, temperature)},
        )

    return set_apart(make)


def _largest(logits: list[float], factor: float) -> float:
    powers = [math.exp(factor * logit) for logit in logits]
    return max(powers) / sum(powers)


def routed_quality(random: Random) -> Draw:
    """All in per cent."""

    def make() -> Draw:
        right, good, bad = random.randrange(60, 99), random.randrange(70, 99), random.randrange(5, 45)
        return Draw(
            {"a": right, "good": good, "bad": bad},
            (right * good + (100 - right) * bad) / 100,
            {
                "right_only": right * good / 100,
                "plain_mean": (good + bad) / 2,
                "swapped": (right * bad + (100 - right) * good) / 100,
            },
        )

    return set_apart(make, gap=0.02)


def resident_gb(random: Random) -> Draw:
    """One expert at a time in two bytes a number, beside a planner in four; gigabytes of a thousand million bytes."""

    def make() -> Draw:
        experts, millions, planner = random.randrange(3, 12), 20 * random.randrange(5, 60), 10 * random.randrange(2, 40)
        return Draw(
            {"K": experts, "N": millions, "P": planner},
            (2 * millions + 4 * planner) / 1000,
            {
                "all_experts": (2 * experts * millions + 4 * planner) / 1000,
                "no_planner": 2 * millions / 1000,
                "two_bytes": 2 * (millions + planner) / 1000,
            },
        )

    return set_apart(make)


ROUTING: Final[tuple[Generator, ...]] = (
    film_parameters,
    class_table_parameters,
    planner_confidence,
    routed_quality,
    resident_gb,
)
