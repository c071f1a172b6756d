"""How the checks reach into your QuantLinear: make a base, wrap it, run it, save it, load it into a fresh one.

The comparing is done elsewhere. Every function gets your module as `learner`. Run them yourself: nothing else of the
judging happens beside your code.
"""

from types import ModuleType

import torch
from torch import Tensor, nn

State = dict[str, Tensor]


def wrapped(learner: ModuleType, weight: Tensor, bias: Tensor, **options: int) -> nn.Module:
    base = nn.Linear(weight.shape[1], weight.shape[0])
    base.load_state_dict({"weight": weight, "bias": bias})
    return learner.QuantLinear(base, **options)


def layer(learner: ModuleType, weight: Tensor, bias: Tensor, x: Tensor, **options: int) -> Tensor:
    """What the quantised layer makes of x (N, I)."""
    with torch.no_grad():
        return wrapped(learner, weight, bias, **options)(x)


def saved(learner: ModuleType, weight: Tensor, bias: Tensor, **options: int) -> State:
    """What would be written to a file."""
    return {name: tensor.detach() for name, tensor in wrapped(learner, weight, bias, **options).state_dict().items()}


def loaded(learner: ModuleType, state: State, weight: Tensor, bias: Tensor, x: Tensor, **options: int) -> Tensor:
    """A layer made of other weights, that then gets `state`, on x (N, I)."""
    made = wrapped(learner, weight, bias, **options)
    made.load_state_dict(state)
    with torch.no_grad():
        return made(x)
