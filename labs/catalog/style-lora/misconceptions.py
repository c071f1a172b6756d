"""The formulas with one ingredient changed: what people write instead."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from gpu_runner.checking import Misconception
from reference import Batch, Recipe, bars_at

Ways = list[tuple[str, str, Recipe]]


def changed(**fields: Any) -> Recipe:
    return replace(Recipe(), **fields)


SCALES: Ways = [
    ("no-scale", "the U-Net whose adapter lacks α/r", changed(scale=lambda *_: 1.0)),
    ("alpha-alone", "the U-Net whose adapter is multiplied by α instead of α/r", changed(scale=lambda alpha, _: alpha)),
    ("upside-down", "the U-Net whose adapter is multiplied by r/α", changed(scale=lambda alpha, rank: rank / alpha)),
    ("root-of-rank", "the U-Net whose adapter is multiplied by α/√r", changed(scale=lambda a, r: a / r**0.5)),
    ("added-twice", "the U-Net with the adapter added twice", changed(scale=lambda a, r: 2 * a / r)),
    ("base-alone", "the U-Net without the adapter", changed(keeps=lambda _: False)),
    ("self-alone", "the U-Net adapted in its self-attention only", changed(keeps=lambda name: "attn1" in name)),
    ("cross-alone", "the U-Net adapted in its cross-attention only", changed(keeps=lambda name: "attn2" in name)),
    ("no-out", "the U-Net whose to_out.0 are not adapted", changed(keeps=lambda name: "to_out" not in name)),
    (
        "only-q-and-v",
        "the U-Net of which only to_q and to_v are adapted",
        changed(keeps=lambda name: "to_q" in name or "to_v" in name),
    ),
]


def velocity(batch: Batch) -> Tensor:
    bar = bars_at(batch.t)
    return bar.sqrt() * batch.noise - (1 - bar).sqrt() * batch.x0


def without_roots(x0: Tensor, noise: Tensor, bar: Tensor) -> Tensor:
    return bar * x0 + (1 - bar) * noise


LOSSES: Ways = [
    ("predicts-image", "the loss against the clean images", changed(target=lambda batch: batch.x0)),
    ("predicts-velocity", "the loss against the velocity", changed(target=velocity)),
    ("no-roots", "the loss of images mixed without the roots", changed(mix=without_roots)),
    ("clean-input", "the loss of the U-Net that is shown clean images", changed(mix=lambda x0, *_: x0)),
    ("noise-added", "the loss of images to which the noise is simply added", changed(mix=lambda x0, e, _: x0 + e)),
    (
        "shared-step",
        "the loss with all images at the step of the first",
        changed(brought_to=lambda t: t[:1].expand(len(t))),
    ),
    ("one-early", "the loss of images one step too clean", changed(brought_to=lambda t: (t - 1).clamp(0))),
    ("told-zero", "the loss of a U-Net that is told step 0 each time", changed(told=torch.zeros_like)),
    ("no-prompt", "the loss without the prompts", changed(prompted=torch.zeros_like)),
    ("first-prompt", "the loss with the first prompt for all", changed(prompted=lambda p: p[:1].expand_as(p))),
    ("summed", "the sum of squares instead of their mean", changed(reduce=lambda error: error.square().sum())),
    ("absolute", "the mean absolute error", changed(reduce=lambda error: error.abs().mean())),
]

WALKS: Ways = [
    ("not-cleared", "training whose gradients add up from step to step", changed(clears=False)),
    ("only-b", "training in which only B learns", changed(learns=lambda name: "lora_B" in name)),
    ("only-a", "training in which only A learns", changed(learns=lambda name: "lora_A" in name)),
    ("stands-still", "no training at all", changed(learns=lambda _: False)),
]


def known(ways: Ways, answer: Callable[[Recipe], Tensor], text: str = "{}") -> list[Misconception]:
    """Each way as a misconception about `answer`; it is computed only where a comparison fails."""
    return [Misconception(key, text.format(what), lambda way=way: answer(way)) for key, what, way in ways]
