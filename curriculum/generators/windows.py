"""Transformers that look at images in pieces: Swin's windows and merging, SegFormer's short keys, DETR's set."""

from __future__ import annotations

from itertools import permutations
from random import Random
from typing import Final

from curriculum.generators.drawing import Draw, Generator, first_found, set_apart


def window_tokens_shape(random: Random) -> Draw:
    def make() -> Draw:
        batch, window = random.randrange(2, 17), random.choice([4, 5, 6, 7, 8, 12])
        rows, columns = random.sample(range(2, 12), 2)
        channels = 32 * random.randrange(2, 33)
        height, width = rows * window, columns * window
        return Draw(
            {"B": batch, "M": window, "H": height, "W": width, "C": channels},
            [batch * rows * columns, window**2, channels],
            {
                "whole": [batch, height * width, channels],
                "no_batch": [rows * columns, window**2, channels],
                "windows_as_tokens": [batch * window**2, rows * columns, channels],
            },
        )

    return first_found(lambda: _sizes_differ(make()))


def relative_bias_entries(random: Random) -> Draw:
    window, heads = random.randrange(5, 17), random.randrange(3, 33)
    table = (2 * window - 1) ** 2
    return Draw(
        {"M": window, "h": heads},
        table * heads,
        {"one_head": table, "pairs": window**4 * heads, "positions": window**2 * heads},
    )


def merged_patches_shape(random: Random) -> Draw:
    batch, rows, columns = random.sample(range(3, 60), 3)
    channels = 32 * random.randrange(2, 33)
    return Draw(
        {"B": batch, "H": 2 * rows, "W": 2 * columns, "C": channels},
        [batch, rows, columns, 2 * channels],
        {
            "not_reduced": [batch, rows, columns, 4 * channels],
            "pooled": [batch, rows, columns, channels],
            "one_axis": [batch, rows, 2 * columns, 2 * channels],
        },
    )


def reduced_attention_shape(random: Random) -> Draw:
    """Of the weights, with keys and values shortened by the square of R."""

    def make() -> Draw:
        batch, heads = random.sample(range(2, 17), 2)
        ratio = random.choice([2, 4, 8])
        rows, columns = (ratio * random.randrange(2, 20) for _ in range(2))
        tokens = rows * columns
        return Draw(
            {"B": batch, "h": heads, "H": rows, "W": columns, "R": ratio},
            [batch, heads, tokens, tokens // ratio**2],
            {
                "full": [batch, heads, tokens, tokens],
                "both": [batch, heads, tokens // ratio**2, tokens // ratio**2],
                "transposed": [batch, heads, tokens // ratio**2, tokens],
                "one_axis": [batch, heads, tokens, tokens // ratio],
            },
        )

    return first_found(lambda: _sizes_differ(make()))


def matching_cost(random: Random) -> Draw:
    """Three predictions, three objects: the cheapest way to give each object its own prediction."""

    def make() -> Draw:
        costs = [[random.randrange(1, 60) for _ in range(3)] for _ in range(3)]
        totals = sorted(sum(costs[row][order[row]] for row in range(3)) for order in permutations(range(3)))
        greedy, free = 0, {0, 1, 2}
        for row in costs:
            best = min(free, key=row.__getitem__)
            greedy += row[best]
            free.remove(best)
        shared, diagonal = sum(map(min, costs)), sum(costs[row][row] for row in range(3))
        return Draw(
            {"a": str(costs[0])[1:-1], "b": str(costs[1])[1:-1], "c": str(costs[2])[1:-1]},
            totals[0],
            {"greedy": greedy, "shared": shared, "diagonal": diagonal},
        )

    return set_apart(make, gap=0)


def _sizes_differ(drawn: Draw) -> Draw | None:
    """The draw, unless sizes of its answer are equal or a mistake gives the same."""
    answer = drawn.answer
    clear = isinstance(answer, list) and len(set(answer)) == len(answer) and answer not in drawn.mistakes.values()
    return drawn if clear else None


WINDOWS: Final[tuple[Generator, ...]] = (
    window_tokens_shape,
    relative_bias_entries,
    merged_patches_shape,
    reduced_attention_shape,
    matching_cost,
)
