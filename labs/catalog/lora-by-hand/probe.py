"""How the checks reach into your layer: make a base, wrap it, hand over A and B with your `load_adapter`, run it.

The comparing is done elsewhere. Every function gets your module as `learner`. `weights` holds the base's `w` (O, I) and
`bias` (O,), and the adapter's `a` (R, I) and `b` (O, R).
"""

from types import ModuleType

import torch
from torch import Tensor, nn

Weights = dict[str, Tensor]


def wrapped(learner: ModuleType, weights: Weights, alpha: float) -> tuple[nn.Linear, nn.Module]:
    """A base with the given weights, and the learner's fresh layer around it."""
    rows, columns = weights["w"].shape
    base = nn.Linear(columns, rows)
    base.load_state_dict({"weight": weights["w"], "bias": weights["bias"]})
    return base, learner.LoRALinear(base, len(weights["a"]), alpha)


def fresh(learner: ModuleType, x: Tensor, weights: Weights, alpha: float) -> Tensor:
    """What a fresh layer makes of x (B, T, I)."""
    _, layer = wrapped(learner, weights, alpha)
    with torch.no_grad():
        return layer(x)


def step(learner: ModuleType, x: Tensor, weights: Weights, cotangent: Tensor, alpha: float) -> dict[str, Tensor]:
    """One step of gradient descent on sum(layer(x) · cotangent), from a fresh layer, over all that is trainable."""
    base, layer = wrapped(learner, weights, alpha)
    before = layer(x)
    if before.requires_grad:
        (before * cotangent).sum().backward()
    with torch.no_grad():
        for parameter in layer.parameters():
            if parameter.requires_grad and parameter.grad is not None:
                parameter.sub_(0.1 * parameter.grad)
        return {"before": before, "after": layer(x), "w": base.weight.detach(), "bias": base.bias.detach()}


def after(learner: ModuleType, x: Tensor, weights: Weights, alpha: float, calls: list[str]) -> dict[str, Tensor]:
    """Load the adapter, call merge and unmerge as listed, and run x: the output and the base's weight."""
    base, layer = wrapped(learner, weights, alpha)
    learner.load_adapter(layer, weights["a"], weights["b"])
    for name in calls:
        getattr(layer, name)()
    with torch.no_grad():
        return {"y": layer(x), "w": base.weight.detach()}


def gradients(
    learner: ModuleType, x: Tensor, weights: Weights, cotangent: Tensor, directions: Weights, alpha: float
) -> dict[str, Tensor]:
    """Differentiate sum(layer(x) · cotangent) by x, and along given directions (K, …) of A and B.

    Your parameters may be named and laid out as you like, so the slope along a direction u of A is read as
    (gradient of your parameters) · (what load_adapter makes of your parameters when it is handed u instead of A).
    """
    _, layer = wrapped(learner, weights, alpha)
    learner.load_adapter(layer, weights["a"], weights["b"])
    x.requires_grad_()
    (layer(x) * cotangent).sum().backward()
    gradient = {name: p.grad for name, p in layer.named_parameters() if p.grad is not None}
    zeros = {name: torch.zeros_like(weights[name]) for name in "ab"}
    origin = placed(learner, layer, zeros)
    slopes = {}
    for name, ways in directions.items():
        moved = [placed(learner, layer, {**zeros, name: way}) for way in ways]
        slopes[name] = torch.stack([slope(gradient, origin, there) for there in moved])
    return {"x": torch.zeros_like(x) if x.grad is None else x.grad, **slopes}


def placed(learner: ModuleType, layer: nn.Module, adapter: Weights) -> Weights:
    """What the layer's parameters are, by the layer's own names, after load_adapter was given `adapter`."""
    learner.load_adapter(layer, adapter["a"], adapter["b"])
    return {name: p.detach().to(torch.float64, copy=True) for name, p in layer.named_parameters()}


def slope(gradient: Weights, origin: Weights, there: Weights) -> Tensor:
    """The derivative of the loss on the way from `origin` to `there`; a parameter without gradient adds nothing."""
    parts = [(gradient[name] * (there[name] - origin[name])).sum() for name in gradient]
    return sum(parts, torch.zeros((), dtype=torch.float64))


def trainable(learner: ModuleType, weights: Weights, alpha: float) -> int:
    """How many numbers of a fresh layer would be trained."""
    _, layer = wrapped(learner, weights, alpha)
    return sum(p.numel() for p in layer.parameters() if p.requires_grad)
