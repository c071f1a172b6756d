"""What each level of a U-shaped network holds and sees: shapes, receptive fields, positions, details."""

from __future__ import annotations

from random import Random
from typing import Final

from curriculum.generators.drawing import Draw, Generator, first_found, set_apart, vector


def level_shape(random: Random) -> Draw:
    def attempt() -> Draw | None:
        depth, batch = random.randrange(3, 5), random.randrange(2, 30)
        height, width = (side * 2**depth for side in random.sample(range(3, 25), 2))
        channels, scale = 8 * random.randrange(3, 9), 2**depth
        drawn = Draw(
            {"B": batch, "C": channels, "H": height, "W": width, "depth": depth},
            [batch, channels * scale, height // scale, width // scale],
            {
                "channels_stay": [batch, channels, height // scale, width // scale],
                "one_halving": [batch, 2 * channels, height // 2, width // 2],
                "linear": [batch, 2 * depth * channels, height // scale, width // scale],
            },
        )
        return drawn if batch not in (height // scale, width // scale) else None

    return first_found(attempt)


def receptive_field(random: Random) -> Draw:
    """Levels of some convolutions and a 2 x 2 pooling each, then as many convolutions at the bottom."""

    def make() -> Draw:
        kernel, depth, convolutions = random.choice([3, 5, 7]), random.randrange(1, 6), random.randrange(1, 8)
        field, jump = 1, 1
        for _ in range(depth):
            field += convolutions * (kernel - 1) * jump + jump
            jump *= 2
        bottom = convolutions * (kernel - 1) * jump
        everywhere = (depth + 1) * convolutions * (kernel - 1)
        return Draw(
            {"k": kernel, "depth": depth, "n": convolutions, "jump": jump},
            field + bottom,
            {
                "no_strides": 1 + everywhere + depth,
                "no_pooling": field + bottom - (jump - 1),
                "bottom_only": 1 + bottom,
            },
        )

    return set_apart(make, gap=0)


def cell_row(random: Random) -> Draw:
    """The row, counted from 0, of the cell that a pixel falls into after several halvings."""

    def make() -> Draw:
        depth, row = random.randrange(3, 6), random.randrange(100, 1024)
        cell = row // 2**depth
        return Draw(
            {"y": row, "depth": depth, "scale": 2**depth},
            cell,
            {"from_one": cell + 1, "linear": row // (2 * depth), "one_more": row // 2 ** (depth + 1)},
        )

    return set_apart(make, gap=0)


def level_attention_pairs(random: Random) -> Draw:
    depth = random.randrange(2, 5)
    height, width = (side * 2**depth for side in random.sample(range(2, 25), 2))
    tokens = height * width // 4**depth
    return Draw(
        {"H": height, "W": width, "depth": depth, "tokens": tokens},
        tokens**2,
        {"tokens": tokens, "one_axis": (height * width // 2**depth) ** 2, "full": (height * width) ** 2},
    )


def skip_detail(random: Random) -> Draw:
    """What averaging in pairs and repeating loses at one place."""

    def make() -> Draw:
        values = [random.randrange(-30, 31) for _ in range(8)]
        place = random.randrange(8)
        value, other = values[place], values[place ^ 1]
        mean = (value + other) / 2
        return Draw(
            {"x": vector(values), "i": place, "value": value, "other": other, "mean": mean},
            value - mean,
            {"mean": mean, "sign": mean - value, "difference": float(value - other)},
        )

    return set_apart(make, least=0.5)


LEVELS: Final[tuple[Generator, ...]] = (level_shape, receptive_field, cell_row, level_attention_pairs, skip_detail)
