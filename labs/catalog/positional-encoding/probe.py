"""What the checks run beside your functions. Every function gets your module as `learner`."""

from types import ModuleType

import torch
from torch import Tensor


def scores(learner: ModuleType, q: Tensor, k: Tensor, positions: Tensor, shift: int) -> dict[str, Tensor]:
    """Scores (B, H, T, T) of rotated queries and keys, at `positions` and with all positions moved by `shift`."""
    answers = {}
    for name, places in {"here": positions, "moved": positions + shift}.items():
        answers[name] = learner.rotary(q.clone(), places) @ learner.rotary(k.clone(), places).mT
    return answers


def gradient(learner: ModuleType, x: Tensor, positions: Tensor, cotangent: Tensor) -> Tensor:
    """The gradient of sum(rotary(x) · cotangent) by x, (B, H, T, D)."""
    x.requires_grad_()
    total = (learner.rotary(x, positions) * cotangent).sum()
    if not total.requires_grad:
        return torch.zeros_like(x)
    total.backward()
    return torch.zeros_like(x) if x.grad is None else x.grad
