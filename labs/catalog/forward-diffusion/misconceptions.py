"""What people get wrong about the forward process: the formulas with one ingredient changed."""

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from reference import bars, cosine, even, even_roots, jump, mix, remaining, step

Mistakes = list[tuple[str, str, Callable[..., Tensor]]]


def without_end(steps: int, start: float, end: float) -> Tensor:
    return even(steps + 1, start, end)[:-1]


def geometric(steps: int, start: float, end: float) -> Tensor:
    return even(steps, math.log(start), math.log(end)).exp()


def against_start(steps: int) -> Tensor:
    signal = remaining(steps)
    return (1 - signal[1:] / signal[0]).clamp(max=0.999)


def one_late(betas: Tensor) -> Tensor:
    return torch.cat([torch.ones_like(betas[:1]), bars(betas)[:-1]])


def earlier(table: Tensor, t: Tensor) -> Tensor:
    return torch.cat([torch.ones_like(table[:1]), table])[t]


JUMPS: Mistakes = [
    ("no-roots", "a jump with ᾱ and 1 − ᾱ, their roots missing", lambda x, t, e, b: mix(b[t], 1 - b[t], x, e)),
    (
        "variance-as-deviation",
        "noise multiplied by 1 − ᾱ without the root",
        lambda x, t, e, b: mix(b[t].sqrt(), 1 - b[t], x, e),
    ),
    ("shares-swapped", "image and noise with each other's share", lambda x, t, e, b: jump(e, t, x, b)),
    (
        "shared-step",
        "a jump of all images to the first image's step",
        lambda x, t, e, b: jump(x, t[:1].expand_as(t), e, b),
    ),
    ("one-early", "a jump to the step before", lambda x, t, e, b: jump(x, torch.arange(len(t)), e, earlier(b, t))),
    (
        "unscaled-image",
        "the image at full strength with noise on top",
        lambda x, t, e, b: mix(b[t] ** 0, (1 - b[t]).sqrt(), x, e),
    ),
    (
        "roots-of-sum",
        "shares that sum to one, √ᾱ and 1 − √ᾱ",
        lambda x, t, e, b: mix(b[t].sqrt(), 1 - b[t].sqrt(), x, e),
    ),
]
SINGLE_STEPS: Mistakes = [
    ("no-roots", "a step with 1 − β and β, their roots missing", lambda x, t, e, b: mix(1 - b[t], b[t], x, e)),
    (
        "variance-as-deviation",
        "noise multiplied by β without the root",
        lambda x, t, e, b: mix((1 - b[t]).sqrt(), b[t], x, e),
    ),
    (
        "unscaled-image",
        "the image at full strength with noise on top",
        lambda x, t, e, b: mix(b[t] ** 0, b[t].sqrt(), x, e),
    ),
    ("jump", "the jump instead of one step", lambda x, t, e, b: jump(x, t, e, bars(b))),
    ("shared-step", "one step for all images, the first one's", lambda x, t, e, b: step(x, t[:1].expand_as(t), e, b)),
]
PRODUCTS: Mistakes = [
    ("sums", "one minus the sum of the betas", lambda b: 1 - b.cumsum(0)),
    ("exponential", "the exponential of the betas' negative sum", lambda b: (-b.cumsum(0)).exp()),
    ("one-late", "a product that leaves out the step itself", one_late),
    ("rooted", "the square root of the product", lambda b: bars(b).sqrt()),
    ("no-product", "1 − β without the product", lambda b: 1 - b),
    ("of-betas", "the product of the betas themselves", lambda b: b.cumprod(0)),
]
RATIOS: Mistakes = [
    ("rooted", "the ratio of standard deviations", lambda b: (b / (1 - b)).sqrt()),
    ("upside-down", "noise over signal", lambda b: (1 - b) / b),
    ("logarithm", "the logarithm of the ratio", lambda b: (b / (1 - b)).log()),
    ("signal", "the signal alone", lambda b: b),
]
SCHEDULES: Mistakes = [
    ("linear", "the linear schedule", partial(even, start=1e-4, end=0.02)),
    ("scaled-linear", "the scaled linear schedule", partial(even_roots, start=1e-4, end=0.02)),
    ("without-end", "a linear schedule that stops one step short", partial(without_end, start=1e-4, end=0.02)),
    ("cosine", "the cosine schedule", cosine),
    ("no-offset", "a cosine schedule without the offset 0.008", partial(cosine, offset=0.0)),
]
"""Of these the right one of each kind is no mistake there, and is never named: it equals what is asked for."""
