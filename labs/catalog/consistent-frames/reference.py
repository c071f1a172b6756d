"""Image model, temporal layer, training and sampling in formulas; the fields of `Recipe` are what people get wrong."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

Weights = dict[str, Tensor]

LEVELS, GROUPS, BLOCKS, HEADS = 8, 4, 2, 2
ANGLES = torch.linspace(0.2, 1.5, LEVELS, dtype=torch.float64)
ARRAYS = {
    "gain": "C",
    "shift": "C",
    "positions": "F C",
    "wq": "C C",
    "wk": "C C",
    "wv": "C C",
    "wo": "C C",
    "bo": "C",
}
"""What a layer is handed, and hands back."""


class Batch(NamedTuple):
    """clean and noise (B, 1, F, S, S), t (B,)."""

    clean: Tensor
    t: Tensor
    noise: Tensor

    def double(self) -> "Batch":
        return Batch(self.clean.double(), self.t, self.noise.double())


def to_sequences(h: Tensor, frames: int) -> Tensor:
    clip = h.reshape(-1, frames, *h.shape[1:])  # (B, F, C, Y, X)
    return torch.einsum("bfcyx->byxfc", clip).reshape(-1, frames, h.size(1))


def to_frames(rows: Tensor, height: int, width: int) -> Tensor:
    clip = rows.reshape(-1, height, width, *rows.shape[1:])  # (B, Y, X, F, C)
    return torch.einsum("byxfc->bfcyx", clip).reshape(-1, rows.size(2), height, width)


def conv(w: Weights, name: str, x: Tensor) -> Tensor:
    return functional.conv2d(x, w[f"{name}.weight"], w[f"{name}.bias"], padding=1)


def normed(w: Weights, name: str, x: Tensor) -> Tensor:
    return functional.silu(functional.group_norm(x, GROUPS, w[f"{name}.weight"], w[f"{name}.bias"]))


def block(w: Weights, name: str, h: Tensor, t: Tensor) -> Tensor:
    inner = conv(w, f"{name}.conv1", normed(w, f"{name}.norm1", h)) + w[f"{name}.level.weight"][t][:, :, None, None]
    return h + conv(w, f"{name}.conv2", normed(w, f"{name}.norm2", inner))


def added(h: Tensor, update: Tensor) -> Tensor:
    return h + update


@dataclass(frozen=True)
class Recipe:
    """The contract by default. With no layers at all it is the image model."""

    heads: int = HEADS
    divisor: Callable[[int, int], float] = lambda channels, heads: math.sqrt(channels / heads)
    weigh: Callable[[Tensor], Tensor] = lambda scores: scores.softmax(-1)
    norm: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda x, g, b: functional.layer_norm(x, x.shape[-1:], g, b)
    place: Callable[[Tensor, Tensor], Tensor] = added
    rows: Callable[[Tensor, int], Tensor] = to_sequences
    back: Callable[[Tensor, int, int], Tensor] = to_frames
    join: Callable[[Tensor, Tensor], Tensor] = added
    levels: Callable[[Tensor, int], Tensor] = lambda t, frames: t.repeat_interleave(frames)
    target: Callable[[Batch], Tensor] = lambda batch: batch.clean
    mix: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda x, e, angle: angle.cos() * x + angle.sin() * e
    clears: bool = True
    rest: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda x, clean, a: (x - a.cos() * clean) / a.sin()
    lower: int = 1

    def layer(self, w: Weights, h: Tensor) -> Tensor:
        """(B·F, C, Y, X) -> the same."""
        frames = len(w["positions"])
        y = self.place(self.norm(self.rows(h, frames), w["gain"], w["shift"]), w["positions"])
        q, k, v = (self.split(y @ w[name].mT) for name in ("wq", "wk", "wv"))
        weights = self.weigh(q @ k.mT / self.divisor(h.size(1), self.heads))
        mixed = (weights @ v).transpose(1, 2).flatten(2) @ w["wo"].mT + w["bo"]
        return self.join(h, self.back(mixed, h.size(2), h.size(3)))

    def split(self, y: Tensor) -> Tensor:
        return y.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def video(self, image: Weights, layers: list[Weights], x: Tensor, t: Tensor) -> Tensor:
        """Noisy clips (B, 1, F, S, S) -> clean ones."""
        levels = self.levels(t, x.size(2))
        h = conv(image, "inlet", functional.pixel_unshuffle(x.transpose(1, 2).flatten(0, 1), 2))
        for at in range(BLOCKS):
            h = block(image, f"blocks.{at}", h, levels)
            h = self.layer(layers[at], h) if layers else h
        y = functional.pixel_shuffle(conv(image, "outlet", normed(image, "norm", h)), 2)
        return y.unflatten(0, (len(x), -1)).transpose(1, 2)

    def loss(self, image: Weights, layers: list[Weights], batch: Batch) -> Tensor:
        angle = ANGLES.to(batch.clean.dtype)[batch.t].view(-1, 1, 1, 1, 1)
        answer = self.video(image, layers, self.mix(batch.clean, batch.noise, angle), batch.t)
        return (answer - self.target(batch)).square().mean()

    def walk(
        self, image: Weights, layers: list[Weights], batches: list[Batch], lr: float
    ) -> tuple[Tensor, list[Weights]]:
        """Steps of plain SGD over the layers: the losses from before each, and the layers after all."""
        losses, slopes = [], [torch.zeros(()) for layer in layers for _ in layer]
        for batch in batches:
            leaves = [{name: w.detach().requires_grad_() for name, w in layer.items()} for layer in layers]
            losses.append(self.loss(image, leaves, batch))
            flat = [leaf for layer in leaves for leaf in layer.values()]
            new = torch.autograd.grad(losses[-1], flat)
            slopes = [g + (0 if self.clears else old) for g, old in zip(new, slopes, strict=True)]
            moved = iter([(leaf - lr * slope).detach() for leaf, slope in zip(flat, slopes, strict=True)])
            layers = [{name: next(moved) for name in layer} for layer in layers]
        return torch.stack(losses).detach(), layers

    def sample(self, image: Weights, layers: list[Weights], noise: Tensor) -> Tensor:
        x = noise
        for level in reversed(range(LEVELS)):
            clean = self.video(image, layers, x, torch.full((len(x),), level))
            here, below = ANGLES[level], ANGLES[max(level - self.lower, 0)]
            x = clean if level == 0 else below.cos() * clean + below.sin() * self.rest(x, clean, here)
        return x
