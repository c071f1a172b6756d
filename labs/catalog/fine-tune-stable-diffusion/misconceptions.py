"""The formulas with one ingredient changed: what people write instead."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from gpu_runner.checking import Misconception
from reference import Batch, Recipe, bars_at, velocity

Ways = list[tuple[str, str, Recipe]]


def changed(**fields: Any) -> Recipe:
    return replace(Recipe(), **fields)


LATENTS: Ways = [
    ("unscaled", "latents that lack the scaling factor", changed(scaled=lambda latents, _: latents)),
    ("divided", "latents divided by the scaling factor", changed(scaled=lambda latents, factor: latents / factor)),
    ("usual-factor", "latents times 0.18215, whatever the config says", changed(scaled=lambda x, _: x * 0.18215)),
    ("mode", "the mean of the posterior instead of a sample", changed(drawn=lambda mean, *_: mean)),
    ("no-deviation", "the mean plus noise of unit size", changed(drawn=lambda mean, _, noise: mean + noise)),
    (
        "variance",
        "the mean plus the variance times noise",
        changed(drawn=lambda mean, std, noise: mean + std**2 * noise),
    ),
]


def mirrored(_kind: str, batch: Batch) -> Tensor:
    bar = bars_at(batch.t)
    return bar.sqrt() * batch.latents - (1 - bar).sqrt() * batch.noise


def swapped(_kind: str, batch: Batch) -> Tensor:
    bar = bars_at(batch.t)
    return (1 - bar).sqrt() * batch.noise - bar.sqrt() * batch.latents


TARGETS: Ways = [
    ("always-noise", "the noise, which is not what a velocity model predicts", changed(target=lambda _, b: b.noise)),
    (
        "always-velocity",
        "the velocity, which is not what a noise model predicts",
        changed(target=lambda _, b: velocity(b)),
    ),
    ("always-latents", "the clean latents", changed(target=lambda _, b: b.latents)),
    ("mirrored", "√ᾱ times the latents less √(1 − ᾱ) times the noise", changed(target=mirrored)),
    ("swapped", "√(1 − ᾱ) times the noise less √ᾱ times the latents", changed(target=swapped)),
]


def without_roots(batch: Batch) -> Tensor:
    bar = bars_at(batch.t)
    return bar * batch.latents + (1 - bar) * batch.noise


LOSSES: Ways = [
    *[(key, f"the loss against {text}", way) for key, text, way in TARGETS],
    ("no-roots", "the loss of latents mixed without the roots", changed(noisy=without_roots)),
    ("clean-input", "the loss of a U-Net that is shown clean latents", changed(noisy=lambda batch: batch.latents)),
    ("told-zero", "the loss of a U-Net that is told step 0 each time", changed(told=torch.zeros_like)),
    ("no-prompt", "the loss without the prompts", changed(prompted=torch.zeros_like)),
]

PRIORS: Ways = [
    (
        "halves-swapped",
        "the loss that weighs the subject instead of the class",
        changed(joined=lambda s, p, w: p + w * s),
    ),
    ("unweighted", "the loss with both halves alike", changed(joined=lambda s, p, _: s + p)),
    ("one-mean", "the mean over both halves", changed(joined=lambda s, p, _: (s + p) / 2)),
    ("no-prior", "the loss of the subject alone", changed(joined=lambda s, *_: s)),
    ("both-weighted", "the loss with the weight on both halves", changed(joined=lambda s, p, w: w * (s + p))),
]

TRAININGS: Ways = [
    ("vae-learns", "training in which the VAE learns as well", changed(learns=lambda part: part in ("unet", "vae"))),
    ("text-learns", "training in which the text encoder learns as well", changed(learns=lambda part: part != "vae")),
    ("all-learn", "training in which all three models learn", changed(learns=lambda _: True)),
    ("not-cleared", "training whose gradients add up from step to step", changed(clears=False)),
    ("stands-still", "no training at all", changed(learns=lambda _: False)),
    ("unscaled", "training on latents that lack the scaling factor", LATENTS[0][2]),
    ("mode", "training on the mean of the posterior instead of a sample", LATENTS[3][2]),
    ("always-noise", "training a velocity model on noise", TARGETS[0][2]),
]


def known(ways: Ways, answer: Callable[[Recipe], Tensor], text: str = "{}") -> list[Misconception]:
    """Each way as a misconception about `answer`; it is computed only where a comparison fails."""
    return [Misconception(key, text.format(what), lambda way=way: answer(way)) for key, what, way in ways]
