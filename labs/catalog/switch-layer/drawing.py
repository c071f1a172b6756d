"""Sizes, weights and tokens, drawn so that mistakes show and nothing hangs on rounding."""

import torch
from torch import Tensor

from gpu_runner.checking import Lab
from reference import Config, Weights, differentiate, recipe

CLEAR = 1e-3
"""The chosen expert's logit leads by at least this, so that rounding cannot send a token elsewhere."""
BENT = 1e-4
"""Nothing stands nearer than this to the bend of ReLU, so that rounding cannot switch a slope."""
LITTLE = (0.55, 0.7)
"""Capacity factors so small that several experts must turn tokens away, whatever the router says."""
AXES = {"router": "E D", "w1": "E F D", "b1": "E F", "w2": "E D F", "b2": "E D"}


def draw_config(lab: Lab, factor: float) -> Config:
    """Sizes; for a factor below one the capacity is away from whole numbers, so that rounding up means one thing."""
    experts = lab.random.randint(3, 5)
    lab.fix(E=experts)
    lab.fix(B=6, T=lab.random.choice([t for t in (7, 8, 9) if factor >= 1 or clear(factor * 6 * t / experts)]))
    width, hidden = lab.dims("D F", D=(10, 13), F=(14, 18))
    return {"d_model": width, "d_ff": hidden, "n_experts": experts, "capacity_factor": factor, "alpha": draw_alpha(lab)}


def clear(capacity: float) -> bool:
    return 0.1 < capacity % 1 < 0.9


def draw_alpha(lab: Lab) -> float:
    return round(lab.random.uniform(0.2, 0.9), 3)


def draw_case(lab: Lab) -> tuple[Weights, Tensor]:
    """Weights and tokens whose routing and ReLUs do not hang on rounding."""
    while True:
        scales = {"router": 1.5 / lab.size("D") ** 0.5, "w1": 1 / lab.size("D") ** 0.5, "w2": 2 / lab.size("F") ** 0.5}
        weights = {name: lab.normal(axes, scale=scales.get(name, 0.5)) for name, axes in AXES.items()}
        x = lab.normal("B T D")
        best = (x.flatten(0, 1) @ weights["router"].mT).topk(2, dim=-1).values
        hidden = torch.einsum("btd,efd->btef", x, weights["w1"]) + weights["b1"]
        if (best[:, 0] - best[:, 1]).min() > CLEAR and hidden.abs().min() > BENT:
            return weights, x


def answering_one(weights: Weights) -> Weights:
    """Experts that answer 1 in every column, whatever they are asked."""
    return {**weights, "w2": torch.zeros_like(weights["w2"]), "b2": torch.ones_like(weights["b2"])}


def draw_unbalanced(lab: Lab, config: Config) -> tuple[Weights, Tensor]:
    """A case whose tokens split unevenly: with equal shares the loss is constant, without a gradient to compare."""
    for _ in range(100):
        weights, x = draw_case(lab)
        if differentiate(recipe(config), weights, x, None)["router"].norm() > 1e-3:
            return weights, x
    raise RuntimeError("a hundred cases in a row were balanced")
