"""Sizes, weights, masks and directions, drawn so that mistakes show."""

import math

import torch
from torch import Tensor

from gpu_runner.checking import Lab
from reference import Weights

AXES = {"wq": "D D", "wk": "D D", "wv": "D D", "wo": "D D", "bq": "D", "bk": "D", "bv": "D", "bo": "D"}
GAINS = {"wq": 1.5, "wk": 1.5, "wv": 1.5, "wo": 1.5}
"""Matrices scaled up from 1/√in, so that attention is far from uniform and a wrong scale shows."""


def draw_config(lab: Lab) -> dict[str, int]:
    heads, width = lab.random.randint(2, 4), lab.random.randint(7, 12)
    lab.fix(H=heads, D=heads * width)
    lab.dims("S T B", S=(5, 9), T=(6, 11), B=(2, 6))
    return {"d_model": heads * width, "n_heads": heads}


def draw_weights(lab: Lab) -> Weights:
    return {name: lab.normal(axes, scale=scale(lab, name, axes)) for name, axes in AXES.items()}


def scale(lab: Lab, name: str, axes: str) -> float:
    return GAINS[name] / math.sqrt(lab.size(axes[-1])) if name in GAINS else 0.5


def draw_mask(lab: Lab, axes: str) -> Tensor:
    """A mask with about 60 % of the keys to be seen; in each row one at least is, and one is not."""
    drawn = lab.uniform(axes)
    return ((drawn < 0.6) | (drawn == drawn.amin(-1, keepdim=True))) & (drawn < drawn.amax(-1, keepdim=True))


def with_blind_rows(lab: Lab, mask: Tensor) -> Tensor:
    """The mask with nothing to see for one query of each sequence."""
    rows = torch.tensor([lab.random.randrange(lab.size("S")) for _ in range(len(mask))])
    return mask & (torch.arange(lab.size("S")) != rows[:, None])[..., None]


def draw_directions(lab: Lab, gradients: Weights) -> Weights:
    """Three ways to move each array, so short that the loss has a slope of order one along them."""
    lengths = {name: gradients["bq" if name == "bk" else name].norm().item() for name in AXES}  # bk's own is zero
    return {name: lab.normal(f"3 {axes}", scale=1 / lengths[name]) for name, axes in AXES.items()}
