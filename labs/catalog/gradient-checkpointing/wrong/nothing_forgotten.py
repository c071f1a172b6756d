# fails: peak, timeline, recomputed
# mistake: kept
# says: Each block keeps 1 MiB without checkpointing
"""Nothing is checkpointed: all results are right, and all activations are kept."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor


def checkpointed(fn: Callable[..., Tensor], *args: Any) -> Tensor:
    return fn(*args)


def run(blocks: Sequence[Callable[[Tensor], Tensor]], x: Tensor, segments: int) -> Tensor:
    del segments
    for block in blocks:
        x = checkpointed(block, x)
    return x


def plan(depth: int, inside: int) -> int:
    def held(segments: int) -> int:
        return segments + inside * math.ceil(depth / segments)

    return min(range(1, depth + 1), key=held)
