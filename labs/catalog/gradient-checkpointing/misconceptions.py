"""What people get wrong about checkpointing, as answers to a case."""

import math
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from reference import Answer, Case, best, differentiate, drawn_anew, masks

Wrong = Callable[[Case], Answer]


def mask_of_ones(case: Case) -> list[Tensor]:
    return [torch.ones_like(mask) for mask in masks(case, len(case.layers))]


def scaled(case: Case, by: float, *, parameters: bool = True, inputs: bool = True) -> Answer:
    """The right output with gradients that are missing or counted twice."""
    right = differentiate(case, masks(case, len(case.layers)))
    layers = [{name: g * by for name, g in layer.items()} if parameters else layer for layer in right.layers]
    return Answer(right.y, right.x * by if inputs else right.x, layers)


def shortened(case: Case) -> Answer:
    """As many whole segments as fit; the blocks that are left over are forgotten."""
    used = len(case.layers) // case.segments * case.segments
    right = differentiate(replace(case, layers=case.layers[:used]), masks(case, used))
    rest = [{name: torch.zeros_like(w).double() for name, w in layer.items()} for layer in case.layers[used:]]
    return Answer(right.y, right.x, right.layers + rest)


def backwards(case: Case) -> Answer:
    right = differentiate(replace(case, layers=case.layers[::-1]), masks(case, len(case.layers)))
    return Answer(right.y, right.x, right.layers[::-1])


ONE: list[tuple[str, str, Wrong]] = [  # the first is not told apart from "no-gradient" where the input has none
    ("inputs-only", "zero for the weights: only the arguments get a gradient", lambda c: scaled(c, 0.0, inputs=False)),
    (
        "drawn-anew",
        "the gradient of other dropout masks, drawn anew in the second run",
        lambda c: differentiate(c, masks(c, len(c.layers)), drawn_anew(c)),
    ),
    (
        "no-dropout-again",
        "the gradient of a second run without dropout",
        lambda c: differentiate(c, masks(c, len(c.layers)), mask_of_ones(c)),
    ),
    ("no-gradient", "a gradient of zero: nothing flows back", lambda c: scaled(c, 0.0)),
    ("weights-only", "zero for the input: it got no gradient", lambda c: scaled(c, 0.0, parameters=False)),
    ("twice", "twice the gradient: it is accumulated two times", lambda c: scaled(c, 2.0)),
]
CHAIN: list[tuple[str, str, Wrong]] = [
    *ONE,
    ("shortened", "a chain without the blocks that do not fill a segment", shortened),
    ("backwards", "a chain of the blocks in reverse order", backwards),
]
PLANS: list[tuple[str, str, Callable[[int, int], int]]] = [
    ("root-of-depth", "√depth, whatever is inside a block", lambda d, _: max(1, round(math.sqrt(d)))),
    ("rounded-root", "√(depth · inside), rounded", lambda d, i: min(d, max(1, round(math.sqrt(d * i))))),
    ("rounded-down", "the best number for segments of depth/segments rounded down", lambda d, i: best(d, i, "down")),
    ("each-block", "one segment for each block", lambda d, _: d),
    ("one-segment", "a single segment", lambda *_: 1),
]
