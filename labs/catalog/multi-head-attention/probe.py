"""How the checks reach into your layer: build it, hand over weights with your `load_weights`, run it.

The comparing is done elsewhere. Every function gets your module as `learner`. Run them yourself: nothing else of the
judging happens beside your code.
"""

from types import ModuleType

import torch
from torch import Tensor, nn

Weights = dict[str, Tensor]


def built(learner: ModuleType, weights: Weights, **config: int) -> nn.Module:
    """A layer of the learner's that holds the given weights."""
    layer = learner.MultiHeadAttention(**config)
    learner.load_weights(layer, weights)
    return layer


def forward(
    learner: ModuleType,
    x: Tensor,
    memory: Tensor | None,
    mask: Tensor | None,
    weights: Weights,
    **config: int,
) -> Tensor:
    """Run the layer: x (B, S, D), memory (B, T, D) or None, mask bool or None -> (B, S, D)."""
    layer = built(learner, weights, **config).eval()
    with torch.no_grad():
        return layer(x, memory, mask)


def causal(learner: ModuleType, x: Tensor, weights: Weights, **config: int) -> Tensor:
    """Run the layer on x (B, T, D) under the learner's own causal mask."""
    return forward(learner, x, None, learner.causal_mask(x.size(1), x.size(1)), weights, **config)


def gradients(
    learner: ModuleType,
    x: Tensor,
    memory: Tensor,
    mask: Tensor,
    weights: Weights,
    cotangent: Tensor,
    directions: Weights,
    **config: int,
) -> dict[str, Tensor]:
    """Differentiate sum(layer(x, memory, mask) · cotangent) by x and memory and along directions of each array, (K,).

    Your parameters may be named, fused or laid out as you like, so the slope along a direction u of wq is read as
    (gradient of your parameters) · (what load_weights makes of your parameters when it is handed u instead of wq).
    """
    layer = built(learner, weights, **config).eval()
    x.requires_grad_()
    memory.requires_grad_()
    (layer(x, memory, mask) * cotangent).sum().backward()
    gradient = {name: p.grad for name, p in layer.named_parameters() if p.grad is not None}
    zeros = {name: torch.zeros_like(array) for name, array in weights.items()}
    origin = placed(learner, layer, zeros)
    slopes = {}
    for name, ways in directions.items():  # ways (K, *shape of the array)
        moved = [placed(learner, layer, {**zeros, name: way}) for way in ways]
        slopes[name] = torch.stack([slope(gradient, origin, there) for there in moved])
    inputs = {"x": x, "memory": memory}
    return {n: torch.zeros_like(i) if i.grad is None else i.grad for n, i in inputs.items()} | slopes


def placed(learner: ModuleType, layer: nn.Module, weights: Weights) -> Weights:
    """What the layer's parameters are, by the layer's own names, after load_weights was given `weights`."""
    learner.load_weights(layer, weights)
    return {name: p.detach().to(torch.float64, copy=True) for name, p in layer.named_parameters()}


def slope(gradient: Weights, origin: Weights, there: Weights) -> Tensor:
    """The derivative of the loss on the way from `origin` to `there`; a parameter without gradient adds nothing."""
    parts = [(gradient[name] * (there[name] - origin[name])).sum() for name in gradient]
    return sum(parts, torch.zeros((), dtype=torch.float64))


def count(learner: ModuleType, **config: int) -> int:
    """How many numbers the layer's parameters hold."""
    return sum(p.numel() for p in learner.MultiHeadAttention(**config).parameters())
