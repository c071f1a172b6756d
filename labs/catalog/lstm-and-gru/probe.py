"""How the checks reach into your file: states as stacked tensors, so that they can be compared outside.

Every function gets your module as `learner`. `kind` is "lstm" or "gru"; a state is (2, B, H), h and c, or (1, B, H).
"""

from types import ModuleType

import torch
from torch import Tensor

Weights = dict[str, Tensor]


def step(learner: ModuleType, kind: str, x: Tensor, state: Tensor, weights: Weights) -> Tensor:
    """One step: x (B, I) and a state -> the next state."""
    if kind == "lstm":
        return torch.stack(tuple(learner.lstm_step(x, (state[0], state[1]), weights)))
    return learner.gru_step(x, state[0], weights)[None]


def run(
    learner: ModuleType, kind: str, x: Tensor, state: Tensor | None, weights: Weights, lengths: Tensor | None = None
) -> dict[str, Tensor]:
    """A sequence: x (B, T, I) -> the outputs (B, T, H) and the last state."""
    given = () if lengths is None else (lengths,)
    if kind == "lstm":
        outputs, last = learner.run_lstm(x, None if state is None else (state[0], state[1]), weights, *given)
        return {"outputs": outputs, "last": torch.stack(tuple(last))}
    outputs, last = learner.run_gru(x, None if state is None else state[0], weights, *given)
    return {"outputs": outputs, "last": last[None]}


def gradients(
    learner: ModuleType, kind: str, x: Tensor, state: Tensor, weights: Weights, lengths: Tensor, cotangents: Weights
) -> dict[str, Tensor]:
    """Of sum(outputs · cotangent) + sum(last · cotangent) by x, the first state and every array."""
    leaves = {name: value.requires_grad_() for name, value in {**weights, "x": x, "state": state}.items()}
    got = run(learner, kind, leaves["x"], leaves["state"], {name: leaves[name] for name in weights}, lengths)
    total = sum((got[name] * cotangents[name]).sum() for name in ("outputs", "last"))
    found = torch.autograd.grad(total, list(leaves.values()), materialize_grads=True)
    return dict(zip(leaves, found, strict=True))
