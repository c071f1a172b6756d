"""Classifier-free guidance: the guided prediction in both conventions, and what it costs."""

from __future__ import annotations

from random import Random
from typing import Final

from curriculum.generators.drawing import Draw, Generator, set_apart


def guided_noise(random: Random) -> Draw:
    """In the paper's convention, where w = 0 is the conditional model."""

    def make() -> Draw:
        conditional, unconditional = (random.randrange(-150, 151) / 100 for _ in range(2))
        weight = random.randrange(2, 17) / 2
        gap = conditional - unconditional
        return Draw(
            {"cond": conditional, "uncond": unconditional, "w": weight},
            conditional + weight * gap,
            {
                "other_convention": unconditional + weight * gap,
                "swapped": unconditional - weight * gap,
                "gap_only": weight * gap,
            },
        )

    return set_apart(make, least=0.2)


def guidance_scale(random: Random) -> Draw:
    """From the library's scale s, where 1 is the conditional model, to one entry of the prediction."""

    def make() -> Draw:
        conditional, unconditional = (random.randrange(-150, 151) / 100 for _ in range(2))
        scale = random.randrange(6, 31) / 2
        gap = conditional - unconditional
        return Draw(
            {"cond": conditional, "uncond": unconditional, "s": scale},
            unconditional + scale * gap,
            {
                "from_conditional": conditional + scale * gap,
                "swapped": conditional - scale * gap,
                "gap_only": scale * gap,
            },
        )

    return set_apart(make, least=0.2)


def dropped_labels(random: Random) -> Draw:
    batch, share = 8 * random.randrange(4, 65), random.choice([5, 10, 15, 20])
    steps = 1000 * random.randrange(5, 400)
    trained = batch * steps * share / 100
    return Draw(
        {"B": batch, "p": share, "steps": steps},
        trained,
        {"conditional": batch * steps - trained, "per_step": batch * share / 100, "all": batch * steps},
    )


def dynamic_threshold(random: Random) -> Draw:
    """A pixel between 1 and the threshold, clipped and scaled back."""

    def make() -> Draw:
        threshold = random.randrange(120, 350) / 100
        value = random.choice([-1, 1]) * random.randrange(105, round(100 * threshold)) / 100
        sign = 1 if value > 0 else -1
        return Draw(
            {"s": threshold, "x": value},
            value / threshold,
            {"static": sign, "unscaled": value, "subtracted": value - sign * (threshold - 1)},
        )

    return set_apart(make, gap=0.03, least=0.1)


GUIDANCE: Final[tuple[Generator, ...]] = (
    guided_noise,
    guidance_scale,
    dropped_labels,
    dynamic_threshold,
)
