"""How the checks reach your block: build it, hand over weights with your `load_weights`, run it. They compare outside.

Every function gets your module as `learner`. Run them yourself: nothing else of the judging happens beside your code.
"""

from types import ModuleType

import torch
from torch import Tensor, nn

Weights = dict[str, Tensor]


def built(learner: ModuleType, weights: Weights, **config: int | bool) -> nn.Module:
    """A block of the learner's that holds the given weights."""
    block = learner.TransformerBlock(**config)
    learner.load_weights(block, weights)
    return block


def forward(learner: ModuleType, x: Tensor, weights: Weights, *, causal: bool = False, **config: int | bool) -> Tensor:
    """Run the block in evaluation mode: x (B, T, D) -> (B, T, D)."""
    block = built(learner, weights, **config).eval()
    with torch.no_grad():
        return block(x, causal=causal)


def both_modes(learner: ModuleType, x: Tensor, weights: Weights, **config: int | bool) -> dict[str, Tensor]:
    """Run one block on one input in evaluation mode, then in training mode."""
    block = built(learner, weights, **config)
    with torch.no_grad():
        return {"evaluation": block.eval()(x.clone()), "training": block.train()(x.clone())}


def gradients(
    learner: ModuleType,
    x: Tensor,
    weights: Weights,
    cotangent: Tensor,
    directions: Weights,
    **config: int | bool,
) -> dict[str, Tensor]:
    """Differentiate sum(block(x) · cotangent) by x, (B, T, D), and along given directions of each handed array, (K,).

    Your parameters may be named, fused or laid out as you like, so the slope along a direction u of wq is read as
    (gradient of your parameters) · (what load_weights makes of your parameters when it is handed u instead of wq).
    """
    block = built(learner, weights, **config).eval()
    x.requires_grad_()
    (block(x) * cotangent).sum().backward()
    slopes = {}
    gradient = {name: p.grad for name, p in block.named_parameters() if p.grad is not None}
    zeros = {name: torch.zeros_like(array) for name, array in weights.items()}
    origin = placed(learner, block, zeros)
    for name, ways in directions.items():  # ways (K, *shape of the array)
        moved = [placed(learner, block, {**zeros, name: way}) for way in ways]
        slopes[name] = torch.stack([slope(gradient, origin, there) for there in moved])
    return {"x": torch.zeros_like(x) if x.grad is None else x.grad, **slopes}


def placed(learner: ModuleType, block: nn.Module, weights: Weights) -> Weights:
    """What the block's parameters are, by the block's own names, after load_weights was given `weights`."""
    learner.load_weights(block, weights)
    return {name: p.detach().to(torch.float64, copy=True) for name, p in block.named_parameters()}


def slope(gradient: Weights, origin: Weights, there: Weights) -> Tensor:
    """The derivative of the loss on the way from `origin` to `there`; a parameter without gradient adds nothing."""
    parts = [(gradient[name] * (there[name] - origin[name])).sum() for name in gradient]
    return sum(parts, torch.zeros((), dtype=torch.float64))


def stack(learner: ModuleType, x: Tensor, cotangent: Tensor, *, depth: int, **config: int | bool) -> dict[str, Tensor]:
    """Run x through `depth` fresh blocks as you initialise them; output and gradient of sum(y · cotangent) by x."""
    x.requires_grad_()
    y = x
    for _ in range(depth):
        y = learner.TransformerBlock(**config)(y)
    (y * cotangent).sum().backward()
    return {"y": y, "x": torch.zeros_like(x) if x.grad is None else x.grad}


def count(learner: ModuleType, **config: int | bool) -> int:
    """How many numbers the block's parameters hold."""
    return sum(p.numel() for p in learner.TransformerBlock(**config).parameters())
