"""Memory against arithmetic: FlashAttention's tiles and running softmax, and checkpoints every few layers."""

from __future__ import annotations

import math
from random import Random
from typing import Final

from curriculum.generators.drawing import Draw, Generator, set_apart


def running_softmax_sum(random: Random) -> Draw:
    """Two blocks' maxima and sums of exponentials become one."""

    def make() -> Draw:
        first, second = (random.randrange(-20, 61) / 10 for _ in range(2))
        sums = [random.randrange(110, 600) / 100 for _ in range(2)]
        largest = max(first, second)
        joined = sums[0] * math.exp(first - largest) + sums[1] * math.exp(second - largest)
        return Draw(
            {"m1": first, "m2": second, "l1": sums[0], "l2": sums[1], "m": largest},
            joined,
            {
                "not_rescaled": sum(sums),
                "wrong_way": sums[0] * math.exp(largest - first) + sums[1] * math.exp(largest - second),
                "larger_only": sums[0] if first > second else sums[1],
            },
        )

    return set_apart(make)


def attention_traffic_mib(random: Random) -> Draw:
    """Reads and writes of the scores and of the weights by standard attention, in MiB."""
    batch, heads, tokens = random.randrange(2, 17), random.randrange(4, 33), 128 * random.randrange(4, 33)
    scores = batch * heads * tokens**2 * 2 / 2**20
    return Draw(
        {"B": batch, "h": heads, "N": tokens},
        4 * scores,
        {"once": scores, "written_only": 2 * scores, "bits": 32 * scores},
    )


def tile_pairs(random: Random) -> Draw:
    """How many pairs of tiles are visited."""

    def make() -> Draw:
        tokens, width = 128 * random.randrange(8, 129), random.choice([32, 64, 80, 96, 128])
        cache = 1024 * random.randrange(8, 65)
        columns = math.ceil(cache / (4 * width))
        rows = min(columns, width)
        blocks = math.ceil(tokens / columns), math.ceil(tokens / rows)
        return Draw(
            {"N": tokens, "d": width, "M": cache, "Bc": columns, "Br": rows},
            blocks[0] * blocks[1],
            {"rows_only": blocks[1], "square": blocks[0] ** 2, "all_pairs": tokens**2},
        )

    return set_apart(make, gap=0)


def checkpointed_memory(random: Random) -> Draw:
    """Activations held at once, in units of one layer's, with a checkpoint at the start of each segment."""

    def make() -> Draw:
        segments, length, size = random.randrange(3, 40), random.randrange(3, 40), random.randrange(5, 90)
        return Draw(
            {"n": segments * length, "k": segments, "size": size, "length": length},
            (segments + length) * size,
            {
                "all": segments * length * size,
                "checkpoints_only": segments * size,
                "segment_only": length * size,
            },
        )

    return set_apart(make, gap=0)


def recomputation_share(random: Random) -> Draw:
    """Per cent more arithmetic in a step when a share of the layers runs forward twice; backward costs two forwards."""

    def make() -> Draw:
        layers = random.randrange(12, 97)
        again = random.randrange(3, 9 * layers // 10)
        share = 100 * again / (3 * layers)
        return Draw(
            {"n": layers, "k": again},
            share,
            {"of_forward": 3 * share, "backward_once": 1.5 * share, "all_again": 100 / 3},
        )

    return set_apart(make)


def kv_cache_mib(random: Random) -> Draw:
    """Keys and values of all layers, in two bytes each."""

    def make() -> Draw:
        layers, groups, size = random.randrange(12, 97), random.choice([2, 4, 8]), random.choice([64, 96, 128])
        heads = groups * random.choice([3, 4, 5, 8])
        batch, tokens = random.randrange(2, 33), 256 * random.randrange(2, 33)
        cache = 2 * layers * groups * size * batch * tokens * 2 / 2**20
        return Draw(
            {"L": layers, "h": heads, "g": groups, "dh": size, "B": batch, "S": tokens},
            cache,
            {"keys_only": cache / 2, "all_heads": cache * heads / groups, "one_layer": cache / layers},
        )

    return set_apart(make)


def paged_blocks(random: Random) -> Draw:
    """Blocks that sequences of different lengths take."""

    def make() -> Draw:
        block = random.choice([8, 16, 32])
        lengths = [random.randrange(20, 700) for _ in range(3)]
        used = sum(math.ceil(length / block) for length in lengths)
        longest = 3 * math.ceil(max(lengths) / block)
        return Draw(
            {"block": block, "a": lengths[0], "b": lengths[1], "c": lengths[2]},
            used,
            {"rounded_down": sum(length // block for length in lengths), "longest": longest, "slots": used * block},
        )

    return set_apart(make, gap=0)


MEMORY: Final[tuple[Generator, ...]] = (
    running_softmax_sum,
    attention_traffic_mib,
    tile_pairs,
    checkpointed_memory,
    recomputation_share,
    kv_cache_mib,
    paged_blocks,
)
