"""Numbers in few bits: rounding to a scale, what the scales cost, and what a model then weighs."""

from __future__ import annotations

from random import Random
from typing import Final

from curriculum.generators.drawing import Draw, Generator, first_found, set_apart, vector

NEAR_A_TIE: Final = 0.05  # of two codes, where rounding would decide


def absmax_code(random: Random) -> Draw:
    """The integer that stands for one entry of a vector, with eight bits."""

    def attempt() -> Draw | None:
        largest = random.randrange(80, 300)
        entries = [random.randrange(1 - largest, largest) / 100 for _ in range(4)]
        place, other = random.sample(range(4), 2)
        entries[other] = random.choice([-1, 1]) * largest / 100
        exact = 127 * entries[place] / (largest / 100)
        drawn = Draw(
            {"x": vector(entries), "i": place + 1},
            round(exact),
            {
                "not_signed": round(2 * exact),
                "own_range": round(127 * entries[place] / 3),
                "divided": round(exact / 127 * 7),
            },
        )

        return None if abs(exact % 1 - 0.5) < NEAR_A_TIE else drawn

    return set_apart(lambda: first_found(attempt), gap=0.02, least=6)


def block_bits(random: Random) -> Draw:
    """Bits for each weight, the scales included."""

    def make() -> Draw:
        bits, block = random.choice([2, 3, 4, 8]), 8 * random.randrange(3, 65)
        scale = random.choice([16, 32])
        return Draw(
            {"b": bits, "block": block, "s": scale},
            bits + scale / block,
            {"no_scales": bits, "per_weight": bits + scale, "bytes": bits / 8 + scale / 8 / block},
        )

    return set_apart(make, gap=0.005)


def quantised_model_gb(random: Random) -> Draw:
    """Gigabytes of a thousand million bytes."""
    billions, bits = random.randrange(10, 1800) / 10, random.choice([3, 4, 8])
    return Draw(
        {"P": billions, "b": bits},
        billions * bits / 8,
        {"bits": billions * bits, "half": billions * 2, "one_byte": billions / bits},
    )


def second_level_bits(random: Random) -> Draw:
    """What the constants cost for each weight when they are themselves quantised to eight bits."""

    def make() -> Draw:
        block, group = 8 * random.randrange(4, 33), 16 * random.randrange(4, 33)
        return Draw(
            {"block": block, "group": group},
            8 / block + 32 / (block * group),
            {"plain": 32 / block, "no_second": 8 / block, "saved": 32 / block - 8 / block - 32 / (block * group)},
        )

    return set_apart(make, gap=0.001)


def vectorwise_entry(random: Random) -> Draw:
    """From an entry of the integer product back to a number, by the two scales."""

    def make() -> Draw:
        product = random.choice([-1, 1]) * random.randrange(500, 20_000)
        row, column = (random.randrange(5, 80) / 10 for _ in range(2))
        return Draw(
            {"C": product, "x": row, "w": column},
            product * row * column / 127**2,
            {
                "one_127": product * row * column / 127,
                "row_only": product * row / 127,
                "added": product * (row + column) / 127**2,
            },
        )

    return set_apart(make, least=0.02)


QUANTISATION: Final[tuple[Generator, ...]] = (
    absmax_code,
    block_bits,
    quantised_model_gb,
    second_level_bits,
    vectorwise_entry,
)
