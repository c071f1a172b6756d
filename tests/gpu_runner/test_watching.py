"""Operations and kept bytes are counted for what is computed, however it is written and wherever it is held."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from gpu_runner.checking import watched

LAYER = nn.Linear(4, 8)
CONVOLUTION = nn.Conv1d(6, 5, 2)
FLOAT = 4
HELD: list[Tensor] = []


class Squirrel(torch.autograd.Function):
    """Keeps a tensor beside what it saves officially."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.x = x * 3
        return x * 2

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        return grad * ctx.x


RUNS: dict[str, tuple[Callable[[Tensor], Any], int, int]] = {
    "a product": (lambda x: x @ x.mT, 2 * 6 * 6 * 4, 0),
    "a product with a vector": (lambda x: x @ torch.ones(4), 2 * 6 * 4, 4 * FLOAT),
    "an einsum": (lambda x: torch.einsum("nd,md->nm", x, x), 2 * 6 * 6 * 4, 0),
    "a layer": (LAYER, 2 * 6 * 4 * 8, 0),
    "a layer and its activation": (lambda x: LAYER(x).relu().sum(), 2 * 6 * 4 * 8, 6 * 8 * FLOAT),
    "a convolution": (lambda x: CONVOLUTION(x[None]), 2 * 3 * 5 * 6 * 2, 0),
    "fused attention": (
        lambda x: scaled_dot_product_attention(x[None, None], x[None, None], x[None, None]),
        2 * 2 * 6 * 6 * 4,
        6 * FLOAT,
    ),
    "a context": (Squirrel.apply, 0, 6 * 4 * FLOAT),
    "a global": (lambda x: HELD.append(x * 2), 0, 6 * 4 * FLOAT),
    "a view of the input": (lambda x: x.mT[1:], 0, 0),
    "what is thrown away": (lambda x: (x.detach() * 2).sum(), 0, 0),
}


@pytest.mark.parametrize(("run", "flops", "kept"), RUNS.values(), ids=RUNS.keys())
def test_a_run_costs(run: Callable[[Tensor], Any], flops: int, kept: int) -> None:
    HELD.clear()
    assert watched(run, torch.randn(6, 4, requires_grad=True)) == {"flops": flops, "kept_bytes": kept}


def test_without_a_graph_nothing_is_kept() -> None:
    with torch.no_grad():
        assert watched(lambda x: LAYER(x).relu().exp().sum(), torch.randn(6, 4))["kept_bytes"] == 0
