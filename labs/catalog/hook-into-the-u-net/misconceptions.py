"""What people write down instead. Each text fits after "your answer equals"."""

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from gpu_runner.checking import Misconception
from reference import Row, probabilities, split

Counts = list[tuple[str, str, Callable[[Row], int]]]
Maps = list[tuple[str, str, Callable[[Tensor, Tensor, int], Tensor]]]


def per_value(row: Row) -> int:
    """Products for each value of the answer: kernel times input channels, biases left out."""
    return row.macs // math.prod(row.out)


def without_bias(row: Row) -> int:
    return per_value(row) * channels(row)


def channels(row: Row) -> int:
    return row.out[1] if len(row.out) == 4 else row.out[-1]


def flat(row: Row) -> int:
    return math.prod(row.out) * (row.into[1] if len(row.into) == 4 else row.into[-1])


def over_inputs(row: Row) -> int:
    return per_value(row) * math.prod(row.into) // (row.into[1] if len(row.into) == 4 else row.into[-1]) * channels(row)


COUNTS: dict[str, Counts] = {
    "params": [
        ("no-bias", "weights without biases", without_bias),
        ("input-values", "the values that went in", lambda row: math.prod(row.into)),
        ("outputs", "the number of outputs", channels),
    ],
    "macs": [
        ("flops", "two operations for every product", lambda row: 2 * row.macs),
        ("no-batch", "the products for one image", lambda row: row.macs // row.out[0]),
        ("parameters", "a product for every parameter, whatever the size", lambda row: row.params),
        ("no-kernel", "products without the 3 × 3 of the kernel", flat),
        ("with-bias", "products with a sum for every bias", lambda row: row.macs + math.prod(row.out)),
        ("over-inputs", "products for every pixel that goes in", over_inputs),
    ],
    "bytes": [
        ("values", "values and not bytes", lambda row: math.prod(row.out)),
        ("halves", "two bytes for each value", lambda row: 2 * math.prod(row.out)),
        ("input", "the bytes that went in", lambda row: 4 * math.prod(row.into)),
        ("weights", "the bytes of the parameters", lambda row: 4 * row.params),
    ],
}


def counts(kind: str, rows: list[Row]) -> list[Misconception]:
    return [Misconception(name, text, partial(table, wrong, rows)) for name, text, wrong in COUNTS[kind]]


def table(count: Callable[[Row], int], rows: list[Row]) -> Tensor:
    return torch.tensor([count(row) for row in rows])


def torn(q: Tensor, k: Tensor, heads: int) -> Tensor:
    """Heads cut by a reshape alone, tokens torn apart."""
    q, k = (x.reshape(len(x), heads, x.size(1), -1) for x in (q, k))
    return (q @ k.mT / q.size(-1) ** 0.5).softmax(-1)


def scaled_by_width(q: Tensor, k: Tensor, heads: int) -> Tensor:
    scores = split(q, heads) @ split(k, heads).mT
    return (scores / q.size(-1) ** 0.5).softmax(-1)


def averaged(q: Tensor, k: Tensor, heads: int) -> Tensor:
    right = probabilities(q, k, heads)
    return right.mean(1, keepdim=True).expand_as(right)


def scores(q: Tensor, k: Tensor, heads: int) -> Tensor:
    q, k = split(q, heads), split(k, heads)
    return q @ k.mT / q.size(-1) ** 0.5


MAPS: Maps = [
    ("unscaled", "maps without the division by √(C/A)", partial(probabilities, power=0.0)),
    ("no-root", "maps of scores divided by C/A and not its root", partial(probabilities, power=1.0)),
    ("scaled-by-width", "maps of scores divided by √C", scaled_by_width),
    ("over-queries", "a softmax over the queries", partial(probabilities, dim=-2)),
    ("over-heads", "a softmax over the heads", partial(probabilities, dim=1)),
    ("scores", "scores without a softmax", scores),
    ("torn-heads", "heads cut straight to (B, A, L, C/A)", torn),
    ("averaged", "the mean of all heads in the place of each", averaged),
]
