"""The experts in float64, and what a planner's pictures should be; what people get wrong is a field."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import layer_norm, silu

Weights = dict[str, Tensor]
Plan = list[tuple[str, int]]
EXPERTS = ("low", "high")
PLACES = (99, 88, 77, 66, 55, 44, 33, 22, 11, 0)


def linear(w: Weights, name: str, x: Tensor) -> Tensor:
    return x @ w[f"{name}.weight"].mT + w[f"{name}.bias"]


def predict(w: Weights, x: Tensor, t: int, c: Tensor) -> Tensor:
    """The noise in x (N, 64) at step t, for labels c (N,)."""
    angles = t * w["rates"]
    h = linear(w, "enter", x) + linear(w, "time", torch.cat([angles.sin(), angles.cos()])) + w["label.weight"][c]
    for i in range(3):
        normed = layer_norm(h, h.shape[-1:], w[f"blocks.{i}.0.weight"], w[f"blocks.{i}.0.bias"])
        h = h + linear(w, f"blocks.{i}.3", silu(linear(w, f"blocks.{i}.1", normed)))
    return linear(w, "leave", h)


def pictures(w: Weights, noise: Tensor, labels: Tensor) -> Tensor:
    """What an expert draws: noise (N, 64), labels (N,) -> (N, 64), by ten leaps of DDIM."""
    bars = (1 - torch.linspace(1e-3, 0.12, 100, dtype=noise.dtype)).cumprod(0)
    x = noise
    for t, s in zip(PLACES, (*PLACES[1:], -1), strict=True):
        eps = predict(w, x, t, labels)
        x0 = (x - (1 - bars[t]).sqrt() * eps) / bars[t].sqrt()
        x = x0 if s < 0 else bars[s].sqrt() * x0 + (1 - bars[s]).sqrt() * eps
    return x


def by_expert(plan: Plan) -> list[int]:
    """Rows in the order in which the experts come to them, the first prompt's expert first."""
    order = list(dict.fromkeys(name for name, _ in plan))
    return [i for name in order for i, (expert, _) in enumerate(plan) if expert == name]


def as_asked(plan: Plan) -> list[int]:
    return list(range(len(plan)))


@dataclass(frozen=True)
class Drawing:
    """A picture for each prompt: which expert, which label, which noise, in which order."""

    expert: Callable[[Plan, int], str] = lambda plan, i: plan[i][0]
    label: Callable[[int], int] = lambda digit: digit
    noise_of: Callable[[Plan], list[int]] = as_asked
    order: Callable[[Plan], list[int]] = as_asked

    def __call__(self, experts: dict[str, Weights], plan: Plan, noise: Tensor) -> Tensor:
        rows = noise[self.noise_of(plan)]
        drawn = [
            pictures(experts[self.expert(plan, i)], rows[i : i + 1], torch.tensor([self.label(digit)]))
            for i, (_, digit) in enumerate(plan)
        ]
        return torch.cat(drawn)[self.order(plan)]
