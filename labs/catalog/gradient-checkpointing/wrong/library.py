# fails: by-hand
# says: uses `checkpoint`
"""The library does it, and does it well."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor
from torch.utils.checkpoint import checkpoint


def checkpointed(fn: Callable[..., Tensor], *args: Any) -> Tensor:
    return checkpoint(fn, *args, use_reentrant=False)


def run(blocks: Sequence[Callable[[Tensor], Tensor]], x: Tensor, segments: int) -> Tensor:
    length = math.ceil(len(blocks) / segments)
    for start in range(0, len(blocks), length):
        x = checkpointed(chained(blocks[start : start + length]), x)
    return x


def chained(blocks: Sequence[Callable[[Tensor], Tensor]]) -> Callable[[Tensor], Tensor]:
    def through(x: Tensor) -> Tensor:
        for block in blocks:
            x = block(x)
        return x

    return through


def plan(depth: int, inside: int) -> int:
    def held(segments: int) -> int:
        return segments + inside * math.ceil(depth / segments)

    return min(range(1, depth + 1), key=held)
