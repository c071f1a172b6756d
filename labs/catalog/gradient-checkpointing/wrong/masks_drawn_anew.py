# fails: dropout, stream
# mistake: drawn-anew
"""The second run draws its own random numbers."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor


class Recompute(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, fn: Callable[..., Tensor], _anchor: Tensor, *args: Any) -> Tensor:
        ctx.fn = fn
        ctx.tensor_at = [i for i, arg in enumerate(args) if isinstance(arg, Tensor)]
        ctx.save_for_backward(*(args[i] for i in ctx.tensor_at))
        ctx.plain = [None if isinstance(arg, Tensor) else arg for arg in args]
        return fn(*args)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        args = list(ctx.plain)
        for i, saved in zip(ctx.tensor_at, ctx.saved_tensors, strict=True):
            args[i] = saved.detach().requires_grad_(saved.requires_grad)
        with torch.enable_grad():
            again = ctx.fn(*args)
        torch.autograd.backward(again, *grads)
        return None, None, *(arg.grad if isinstance(arg, Tensor) else None for arg in args)


def checkpointed(fn: Callable[..., Tensor], *args: Any) -> Tensor:
    return Recompute.apply(fn, torch.empty(0, requires_grad=True), *args)


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
