"""How the checks reach into your file: build a module, hand over arrays with your `load_weights`, run it.

Every function gets your module as `learner`. Nothing is compared here; that happens outside.
"""

from types import ModuleType

import torch
from torch import Tensor, nn

Weights = dict[str, Tensor]


def built(learner: ModuleType, name: str, weights: Weights, config: dict[str, int]) -> nn.Module:
    """A module of yours that holds the given arrays."""
    module = getattr(learner, name)(**config)
    learner.load_weights(module, weights)
    return module


def learns(
    learner: ModuleType, weights: Weights, config: dict[str, int], x: Tensor, time: Tensor, cotangent: Tensor, lr: float
) -> dict[str, Tensor]:
    """What a block answers before and after one step of SGD on the mean of block(x) · cotangent."""
    block = built(learner, "ResBlock", weights, config)
    before = block(x, time)
    block.zero_grad()
    (before * cotangent).mean().backward()
    with torch.no_grad():
        for parameter in block.parameters():
            if parameter.grad is not None:
                parameter.sub_(lr * parameter.grad)
        return {"before": before.detach(), "after": block(x, time)}


def seen(learner: ModuleType, weights: Weights, depth: int, side: int) -> Tensor:
    """The gradient of the middle output by every pixel of one image, through `depth` of your Downs: (side, side)."""
    x = torch.ones(1, 1, side, side, requires_grad=True)
    y = x
    for _ in range(depth):
        y = built(learner, "Down", weights, {"channels": 1})(y)
    y[0, 0, y.size(2) // 2, y.size(3) // 2].backward()
    return torch.zeros(side, side) if x.grad is None else x.grad[0, 0]
