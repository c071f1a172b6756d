"""Sizes, weights, tokens and directions, drawn so that mistakes show."""

import math

from torch import Tensor

from gpu_runner.checking import Lab
from reference import Weights

AXES = {"wq": "D D", "wk": "D D", "wv": "D D", "wo": "D D", "w1": "F D", "w2": "D F"}
AXES |= {"bq": "D", "bk": "D", "bv": "D", "bo": "D", "b1": "F", "b2": "D"}
AXES |= {"norm1_gain": "D", "norm1_bias": "D", "norm2_gain": "D", "norm2_bias": "D"}
GAINS = {"wq": 1.3, "wk": 1.3, "wv": 1.3, "wo": 2.0, "w1": 1.3, "w2": 3.0}
"""Matrices scaled up from 1/√in, so that attention is far from uniform and both branches weigh as much as the input."""


def draw_config(lab: Lab) -> dict[str, int]:
    heads, width = lab.random.randint(2, 4), lab.random.randint(9, 13)
    lab.fix(H=heads, D=heads * width, F=2 * heads * width + lab.random.randint(1, 9))
    lab.dims("B T", B=(2, 5), T=(6, 10))
    return {"d_model": heads * width, "n_heads": heads, "d_ff": lab.size("F")}


def draw_weights(lab: Lab) -> Weights:
    return {name: draw_array(lab, name, axes) for name, axes in AXES.items()}


def draw_array(lab: Lab, name: str, axes: str) -> Tensor:
    if name in GAINS:
        return lab.normal(axes, scale=GAINS[name] / math.sqrt(lab.size(axes[-1])))
    small = lab.normal(axes, scale=0.3)
    return 1 + small if name.endswith("gain") else small


def redrawn(lab: Lab, x: Tensor, t: int) -> Tensor:
    moved = x.clone()
    moved[:, t] = lab.normal("B D")
    return moved


def draw_directions(lab: Lab, gradients: Weights) -> Weights:
    """Three ways to move each array, so short that the loss has a slope of order one along them."""
    lengths = {name: gradients["bq" if name == "bk" else name].norm().item() for name in AXES}  # bk's own is zero
    return {name: lab.normal(f"3 {axes}", scale=1 / lengths[name]) for name, axes in AXES.items()}
