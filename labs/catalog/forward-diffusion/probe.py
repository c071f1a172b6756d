"""What the checks run beside your functions. Every function gets your module as `learner`."""

from types import ModuleType

import torch
from torch import Tensor


def bars_of(learner: ModuleType, kind: str, steps: int) -> Tensor:
    """The remaining signal of a whole schedule, (T,)."""
    return learner.alpha_bars(learner.betas(kind, steps))


def both_ways(learner: ModuleType, x0: Tensor, noises: Tensor, whole: Tensor, betas: Tensor) -> dict[str, Tensor]:
    """Walk through all T steps with `noises` (T, B, C, H, W), and jump to the last at once with the noise `whole`."""
    x = x0.clone()
    for step, noise in enumerate(noises):
        x = learner.q_step(x, torch.full((len(x0),), step), noise, betas)
    last = torch.full((len(x0),), len(betas) - 1)
    return {"walked": x, "jumped": learner.q_sample(x0.clone(), last, whole, learner.alpha_bars(betas))}
