"""How the checks reach your functions: tensors become NumPy arrays (of the same memory), and the answers tensors again.

Every function gets your module as `learner`. `params` holds w1 (I, H), b1 (H,), w2 (H, O) and b2 (O,), all float64.
"""

from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor

Params = dict[str, Tensor]


def arrays(params: Params) -> dict[str, Any]:
    return {name: tensor.numpy() for name, tensor in params.items()}


def tensor(value: Any) -> Tensor:
    """An array or a number as a tensor of its own."""
    return torch.from_numpy(np.array(value))


def logits(learner: ModuleType, params: Params, x: Tensor) -> Tensor:
    """The forward pass: x (N, I) -> (N, O)."""
    return tensor(learner.forward(arrays(params), x.numpy())[0])


def loss(learner: ModuleType, logits: Tensor, y: Tensor) -> dict[str, Tensor]:
    """Loss () and its gradient by the logits, (N, O)."""
    value, dlogits = learner.loss(logits.numpy(), y.numpy())
    return {"loss": tensor(value), "dlogits": tensor(dlogits)}


def backward(learner: ModuleType, params: Params, x: Tensor, dlogits: Tensor) -> Params:
    """All gradients for a given gradient by the logits."""
    _, cache = learner.forward(arrays(params), x.numpy())
    gradients = learner.backward(arrays(params), cache, dlogits.numpy())
    return {name: tensor(gradient) for name, gradient in gradients.items()}


def around(
    learner: ModuleType, params: Params, x: Tensor, y: Tensor, directions: Params, step: float
) -> dict[str, Params]:
    """The gradients of the loss, and the loss itself a step ahead and a step back along a direction of each array."""
    whole = {**params, "x": x}

    def value(name: str, sign: int) -> Tensor:
        moved = arrays({**whole, name: whole[name] + sign * step * directions[name]})
        return tensor(learner.loss(learner.forward(moved, moved["x"])[0], y.numpy())[0])

    scores, cache = learner.forward(arrays(params), x.numpy())
    gradients = learner.backward(arrays(params), cache, learner.loss(scores, y.numpy())[1])
    return {
        "gradients": {name: tensor(gradients[name]) for name in whole},
        "ahead": {name: value(name, 1) for name in whole},
        "back": {name: value(name, -1) for name in whole},
    }


def train(
    learner: ModuleType, params: Params, x: Tensor, y: Tensor, *, steps: int, rate: float, every: int
) -> dict[str, Any]:
    """Plain gradient descent on all rows at once, with your three functions; `path` holds the way there, (K, …)."""
    values, rows, classes = arrays(params), x.numpy(), y.numpy()
    seen = []
    for step in range(steps):
        if step % every == 0:
            seen.append(values)
        scores, cache = learner.forward(values, rows)
        gradients = learner.backward(values, cache, learner.loss(scores, classes)[1])
        values = {name: value - rate * gradients[name] for name, value in values.items()}
    path = {name: tensor([before[name] for before in seen]) for name in values}
    return {"path": path, **{name: tensor(value) for name, value in values.items()}}


def listed(learner: ModuleType, x: Tensor, dlogits: Tensor, *params: Tensor) -> Params:
    """The backward pass with w1, b1, w2 and b2 as arguments of their own."""
    return backward(learner, dict(zip(("w1", "b1", "w2", "b2"), params, strict=True)), x, dlogits)
