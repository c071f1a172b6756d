"""The formulas with one ingredient changed: what people write instead."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from torch import Tensor

from gpu_runner.checking import Misconception
from reference import Batch, Recipe

Ways = list[tuple[str, str, Recipe, str]]
LAYERS, HEADS, SCALING = "video.layers", "attention.heads", "attention.scaling"


def changed(**fields: Any) -> Recipe:
    return replace(Recipe(), **fields)


def plain_rows(h: Tensor, frames: int) -> Tensor:
    """A reshape without moving axes: what stands in a row is neighbours in memory."""
    return h.reshape(-1, frames, h.size(1))


def plain_back(rows: Tensor, height: int, width: int) -> Tensor:
    return rows.reshape(-1, rows.size(2), height, width)


def earlier_alone(scores: Tensor) -> Tensor:
    hidden = scores.new_ones(scores.shape[-2:]).triu(1).bool()
    return scores.masked_fill(hidden, -math.inf).softmax(-1)


LAYER: Ways = [
    ("unscaled", "attention without 1/√(C/H)", changed(divisor=lambda *_: 1.0), SCALING),
    (
        "scaled-by-channels",
        "attention divided by √C instead of √(C/H)",
        changed(divisor=lambda c, _: math.sqrt(c)),
        SCALING,
    ),
    (
        "over-queries",
        "attention whose softmax runs over the queries",
        changed(weigh=lambda s: s.softmax(-2)),
        "attention.softmax-axis",
    ),
    ("causal", "attention that sees earlier frames alone", changed(weigh=earlier_alone), LAYERS),
    ("one-head", "attention with a single head", changed(heads=1), HEADS),
    ("no-norm", "the layer without its norm", changed(norm=lambda x, *_: x), LAYERS),
    ("no-positions", "the layer without positions", changed(place=lambda y, _: y), LAYERS),
    ("no-residual", "the layer without the path around it", changed(join=lambda _, update: update), LAYERS),
    (
        "folded-plainly",
        "the layer whose frames were folded by a reshape alone",
        changed(rows=plain_rows, back=plain_back),
        LAYERS,
    ),
]

VIDEOS: Ways = [
    ("levels-in-turns", "clips whose levels were repeated in turns", changed(levels=lambda t, f: t.repeat(f)), LAYERS),
    ("no-positions", "clips through layers without positions", changed(place=lambda y, _: y), LAYERS),
]


def plain_mix(x: Tensor, noise: Tensor, angle: Tensor) -> Tensor:
    return x + angle.sin() * noise


def noise_of(batch: Batch) -> Tensor:
    return batch.noise


WALKS: Ways = [
    ("not-cleared", "training whose gradients add up from step to step", changed(clears=False), "video.training"),
    ("predicts-noise", "training on the noise", changed(target=noise_of), "diffusion.targets"),
    ("noise-added", "training on clips to which noise is simply added", changed(mix=plain_mix), "diffusion.forward"),
    (
        "one-level",
        "training with all clips told the first one's level",
        changed(levels=lambda t, frames: t[:1].expand(len(t) * frames)),
        "diffusion.loss",
    ),
]

SAMPLES: Ways = [
    (
        "noise-kept",
        "samples whose noise is left unscaled",
        changed(rest=lambda x, clean, a: x - a.cos() * clean),
        "diffusion.sampling",
    ),
    ("noise-of-all", "samples that take all of x for noise", changed(rest=lambda x, *_: x), "diffusion.sampling"),
    ("never-lower", "samples that stay at their level", changed(lower=0), "diffusion.sampling"),
]


def known(ways: Ways, answer: Callable[[Recipe], Tensor], text: str = "{}") -> list[Misconception]:
    """Each way as a misconception about `answer`; it is computed only where a comparison fails."""
    return [Misconception(key, text.format(what), lambda way=way: answer(way), skill) for key, what, way, skill in ways]
