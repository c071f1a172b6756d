"""How the checks reach into your layer: build it, hand over weights with your `load_weights`, run it.

The comparing is done elsewhere. Every function gets your module as `learner`. Run them yourself: nothing else of the
judging happens beside your code.
"""

from types import ModuleType

import torch
from torch import Tensor, nn

Weights = dict[str, Tensor]
Config = int | float


def built(learner: ModuleType, weights: Weights, **config: Config) -> nn.Module:
    """A layer of the learner's that holds the given weights."""
    layer = learner.SwitchLayer(**config)
    learner.load_weights(layer, weights)
    return layer


def forward(learner: ModuleType, x: Tensor, weights: Weights, **config: Config) -> dict[str, Tensor]:
    """Run the layer: x (B, T, D) -> y (B, T, D) and loss ()."""
    layer = built(learner, weights, **config)
    with torch.no_grad():
        y, loss = layer(x)
    return {"y": y, "loss": loss}


def gradients(
    learner: ModuleType,
    x: Tensor,
    weights: Weights,
    cotangent: Tensor | None,
    directions: Weights,
    **config: Config,
) -> dict[str, Tensor]:
    """Differentiate sum(y · cotangent), or the loss without a cotangent, by x and along directions of arrays, (K,).

    Your parameters may be named, fused or laid out as you like, so the slope along a direction u of w1 is read as
    (gradient of your parameters) · (what load_weights makes of your parameters when it is handed u instead of w1).
    """
    layer = built(learner, weights, **config)
    x.requires_grad_()
    y, loss = layer(x)
    total = loss if cotangent is None else (y * cotangent).sum()
    if total.requires_grad:
        total.backward()
    gradient = {name: p.grad for name, p in layer.named_parameters() if p.grad is not None}
    zeros = {name: torch.zeros_like(array) for name, array in weights.items()}
    origin = placed(learner, layer, zeros)
    slopes = {}
    for name, ways in directions.items():  # ways (K, *shape of the array)
        moved = [placed(learner, layer, {**zeros, name: way}) for way in ways]
        slopes[name] = torch.stack([slope(gradient, origin, there) for there in moved])
    return {"x": torch.zeros_like(x) if x.grad is None else x.grad, **slopes}


def trained(
    learner: ModuleType, batches: Tensor, fresh: Tensor, weights: Weights, lure: float, rate: float, **config: Config
) -> Tensor:
    """Train on batches (K, B, T, D), rewarding a large first column; return the answers to fresh tokens (N, T, D).

    Every step moves each parameter by `rate` against the sign of its gradient: no optimiser, no scale to choose.
    """
    layer = built(learner, weights, **config)
    for x in batches:
        y, loss = layer(x)
        total = loss - lure * y[..., 0].mean()
        layer.zero_grad()
        if total.requires_grad:
            total.backward()
        with torch.no_grad():
            for parameter in layer.parameters():
                if parameter.grad is not None:
                    parameter.sub_(rate * parameter.grad.sign())
    with torch.no_grad():
        return layer(fresh)[0]


def placed(learner: ModuleType, layer: nn.Module, weights: Weights) -> Weights:
    """What the layer's parameters are, by the layer's own names, after load_weights was given `weights`."""
    learner.load_weights(layer, weights)
    return {name: p.detach().to(torch.float64, copy=True) for name, p in layer.named_parameters()}


def slope(gradient: Weights, origin: Weights, there: Weights) -> Tensor:
    """The derivative of the loss on the way from `origin` to `there`; a parameter without gradient adds nothing."""
    parts = [(gradient[name] * (there[name] - origin[name])).sum() for name in gradient]
    return sum(parts, torch.zeros((), dtype=torch.float64))
