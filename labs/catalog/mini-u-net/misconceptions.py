"""What people compute instead: the network or its training with one ingredient changed. Texts fit after "equals"."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gpu_runner.checking import Misconception
from reference import Recipe, Training, Weights

Network = Callable[[Weights, Tensor, Tensor], Tensor]
Changes = list[tuple[str, str, Callable[[Recipe], Network]]]


def changed(**ingredients: object) -> Callable[[Recipe], Network]:
    return lambda right: replace(right, **ingredients)


def over_the_batch(w: Weights, x: Tensor, _groups: int) -> Tensor:
    variance, mean = torch.var_mean(x, dim=(0, 2, 3), keepdim=True, correction=0)
    return (x - mean) / (variance + 1e-5).sqrt() * w["weight"][:, None, None] + w["bias"][:, None, None]


def smooth(x: Tensor, size: tuple[int, ...]) -> Tensor:
    return interpolate(x, size=size, mode="bilinear", align_corners=False)


def skips_cut(right: Recipe) -> Network:
    return replace(right, high=torch.detach, low=torch.detach)


NETWORKS: Changes = [
    ("no-skips", "a network without its skips", changed(high=torch.zeros_like, low=torch.zeros_like)),
    ("no-high-skip", "a network without its first skip", changed(high=torch.zeros_like)),
    ("no-low-skip", "a network without its second skip", changed(low=torch.zeros_like)),
    ("skip-first", "the skips in front", changed(join=lambda x, skip: torch.cat([skip, x], dim=1))),
    ("skip-too-early", "a first skip from before its block", changed(early=True)),
    ("no-time", "a network that is not told the noise level", changed(timed=0.0)),
    ("clock-unscaled", "a time embedding of σ and not of 100 σ", changed(clock=lambda sigma: sigma)),
    ("clock-1000", "a time embedding of 1000 σ", changed(clock=lambda sigma: 1000 * sigma)),
    ("clock-shared", "the first image's noise level for all", changed(clock=lambda s: 100 * s[:1].expand_as(s))),
    ("time-linear", "a time without SiLU between its two maps", changed(between=lambda hidden: hidden)),
    ("noise", "the noise itself and not the image without it", changed(answer=lambda _x, _s, noise: noise)),
    ("noise-unscaled", "the noise taken off without its σ", changed(answer=lambda x, _s, noise: x - noise)),
    ("noise-added", "the noise added once more", changed(answer=lambda x, s, noise: x + s * noise)),
    ("final-linear", "a network without SiLU before its last convolution", changed(final=lambda h: h)),
    ("batch-norm", "norms over the batch", changed(normalise=over_the_batch)),
    ("bilinear", "smooth enlargement in the place of repeated pixels", changed(enlarge=smooth)),
]
CUTS: Changes = [("skips-cut", "a gradient that is cut at the skips", skips_cut)]


def known(changes: Changes, right: Recipe) -> list[Misconception]:
    return [Misconception(name, text, change(right)) for name, text, change in changes]


def plain(clean: Tensor, _sigma: Tensor, noise: Tensor) -> Tensor:
    return clean + noise


def summed(answer: Tensor, clean: Tensor) -> Tensor:
    return (answer - clean).square().sum()


def per_image(answer: Tensor, clean: Tensor) -> Tensor:
    return (answer - clean).square().sum(dim=(1, 2, 3)).mean()


def absolute(answer: Tensor, clean: Tensor) -> Tensor:
    return (answer - clean).abs().mean()


TRAININGS: list[tuple[str, str, dict[str, object]]] = [
    ("not-cleared", "training whose gradients add up from step to step", {"cleared": False}),
    ("noise-unscaled", "training on noise that σ does not scale", {"spoil": plain}),
    ("noise-as-target", "training towards the noise", {"target": lambda _clean, noise: noise}),
    ("summed", "training on a summed loss", {"loss": summed}),
    ("summed-per-image", "training on a loss summed over each image", {"loss": per_image}),
    ("absolute", "training on absolute errors", {"loss": absolute}),
    ("sigma-shared", "training that tells the first image's σ to all", {"told": lambda s: s[:1].expand_as(s)}),
    ("no-step", "training that never changes a weight", {"rate": 0.0}),
    ("uphill", "training that walks uphill", {"rate": -1.0}),
]


def trained_wrong(right: Training) -> list[tuple[str, str, Training]]:
    """The trainings above, "uphill" with the right rate's negative."""
    ways = []
    for name, text, change in TRAININGS:
        rate = change.get("rate", 1.0) * right.rate
        ways.append((name, text, replace(right, **(change | {"rate": rate}))))
    return ways
