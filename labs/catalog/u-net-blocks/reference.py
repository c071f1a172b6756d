"""The blocks as formulas in float64; `Recipe`, whose defaults are the contract, is the residual block."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import conv2d, silu

Weights = dict[str, Tensor]
Layer = Callable[[Tensor], Tensor]

EPS = 1e-5


def per_channel(values: Tensor) -> Tensor:
    return values[:, None, None]  # (C,) -> (C, 1, 1)


def normalise_groups(
    x: Tensor, groups: int, weight: Tensor, bias: Tensor, eps: float = EPS, correction: int = 0
) -> Tensor:
    grouped = x.unflatten(1, (groups, -1)).flatten(2)  # (B, C, H, W) -> (B, G, C/G·H·W)
    variance, mean = torch.var_mean(grouped, dim=2, keepdim=True, correction=correction)
    return ((grouped - mean) / (variance + eps).sqrt()).reshape(x.shape) * per_channel(weight) + per_channel(bias)


def time_embedding(t: Tensor, width: int) -> Tensor:
    half = width // 2
    angles = torch.stack([t * 10_000.0 ** (-i / half) for i in range(half)], dim=1)  # (B, width/2)
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def convolve(w: Weights, name: str, x: Tensor, padding: int = 1) -> Tensor:
    return conv2d(x, w[f"{name}.weight"], w[f"{name}.bias"], padding=padding)


def down(w: Weights, x: Tensor) -> Tensor:
    return convolve(w, "conv", x)[..., ::2, ::2]


def enlarged(x: Tensor, size: tuple[int, ...]) -> Tensor:
    rows, columns = (torch.arange(side) // 2 for side in size)
    return x[..., rows, :][..., columns]


def up(w: Weights, x: Tensor, skip: Tensor) -> Tensor:
    return torch.cat([convolve(w, "conv", enlarged(x, tuple(skip.shape[2:]))), skip], dim=1)


def receptive_field(layers: list[list[int]]) -> int:
    return 1 + sum((kernel - 1) * math.prod(stride for _, stride in layers[:i]) for i, (kernel, _) in enumerate(layers))


def project_time(w: Weights, time: Tensor) -> Tensor:
    return (silu(time) @ w["time.weight"].mT + w["time.bias"])[:, :, None, None]  # (B, C_out, 1, 1)


def add_time(h: Tensor, time: Tensor) -> Tensor:
    return h + time


def shortcut(w: Weights, x: Tensor) -> Tensor:
    return convolve(w, "shortcut", x, padding=0) if "shortcut.weight" in w else x


@dataclass(frozen=True)
class Recipe:
    """How a residual block is computed; the defaults are the contract."""

    groups: int
    normalise: Callable[..., Tensor] = normalise_groups
    activate: Layer = silu
    time: Callable[[Weights, Tensor], Tensor] = project_time
    add_time: Callable[[Tensor, Tensor], Tensor] = add_time
    join: Callable[[Tensor, Tensor], Tensor] = torch.add
    around: Callable[[Weights, Tensor], Tensor] = shortcut
    activate_first: bool = False

    def __call__(self, w: Weights, x: Tensor, time: Tensor) -> Tensor:
        h = convolve(w, "conv1", self.ready(w, "norm1", x))
        h = convolve(w, "conv2", self.ready(w, "norm2", self.add_time(h, self.time(w, time))))
        return self.join(self.around(w, x), h)

    def ready(self, w: Weights, name: str, x: Tensor) -> Tensor:
        """What a convolution gets: normalised, then activated."""
        x = self.activate(x) if self.activate_first else x
        x = self.normalise(x, self.groups, w[f"{name}.weight"], w[f"{name}.bias"])
        return x if self.activate_first else self.activate(x)


def step(block: Callable[..., Tensor], w: Weights, x: Tensor, time: Tensor, cotangent: Tensor, lr: float) -> Weights:
    """The arrays after one step of gradient descent on the mean of block(x) · cotangent."""
    leaves = {name: array.double().requires_grad_() for name, array in w.items()}
    (block(leaves, x.double(), time.double()) * cotangent.double()).mean().backward()
    return {name: leaf.detach() - lr * leaf.grad for name, leaf in leaves.items()}
