"""What people get wrong about DDPM and DDIM: the reference with one ingredient changed."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from gpu_runner.checking import Misconception
from reference import Ancestral, Leap, Loss, Sampler, Training, alpha_bars, before, jump, posterior_variance

Mistakes = list[tuple[str, str, Callable[..., Tensor]]]


def known(mistakes: Mistakes, *on: object) -> list[Misconception]:
    """With `on`, for `lab.equals`; without, for `lab.agrees`."""
    return [Misconception(name, text, partial(fn, *on) if on else fn) for name, text, fn in mistakes]


def without_roots(x0: Tensor, t: Tensor, noise: Tensor, bars: Tensor) -> Tensor:
    bar = bars[t][:, None]
    return bar * x0 + (1 - bar) * noise


def one_early(x0: Tensor, t: Tensor, noise: Tensor, bars: Tensor) -> Tensor:
    return jump(x0, t, noise, before(bars))


def of_first(x0: Tensor, t: Tensor, noise: Tensor, bars: Tensor) -> Tensor:
    return jump(x0, t[:1].expand_as(t), noise, bars)


LOSSES: Mistakes = [
    ("no-roots", "the loss for images noised without the roots of ᾱ and 1 − ᾱ", Loss(sees=without_roots)),
    ("predicts-image", "the loss of a network that is asked for the image", Loss(target=lambda x0, _xt, _noise: x0)),
    ("predicts-state", "the loss of a network that is asked for what it sees", Loss(target=lambda _x0, xt, _noise: xt)),
    ("sees-image", "the loss of a network that sees the clean image", Loss(sees=lambda x0, _t, _noise, _bars: x0)),
    ("one-early", "the loss for images noised to the step before", Loss(sees=one_early)),
    ("shared-step", "the loss for images all noised to the first one's step", Loss(sees=of_first)),
    (
        "summed",
        "the squared error summed over the pixels",
        Loss(compare=lambda gap: gap.square().sum() / len(gap)),
    ),
    ("absolute", "the mean absolute error", Loss(compare=lambda gap: gap.abs().mean())),
    ("told-nothing", "the loss of a network that is always told step 0", Loss(told=torch.zeros_like)),
]


def uncumulated(betas: Tensor) -> Tensor:
    return torch.cat([torch.zeros_like(betas[:1]), betas[:-1]])


def upside_down(betas: Tensor) -> Tensor:
    bars = alpha_bars(betas)
    return (1 - bars) / (1 - before(bars)).clamp(min=1e-12) * betas


def without_beta(betas: Tensor) -> Tensor:
    return posterior_variance(betas) / betas


VARIANCES: Mistakes = [
    ("betas", "the betas themselves", torch.clone),
    ("uncumulated", "the formula with 1 − β in the place of ᾱ", uncumulated),
    ("upside-down", "the quotient upside down", upside_down),
    ("without-beta", "the quotient without β", without_beta),
    ("deviation", "the standard deviation", lambda betas: posterior_variance(betas).sqrt()),
    (
        "first-kept",
        "the posterior's variances with β at step 0",
        lambda betas: torch.cat([betas[:1], posterior_variance(betas)[1:]]),
    ),
]

STEPS: list[tuple[str, str, Ancestral]] = [
    ("variance-as-deviation", "a step whose noise lacks the root of its variance", Ancestral(spread=lambda v: v)),
    ("share-without-root", "a step with β/(1 − ᾱ), its root missing", Ancestral(share=lambda b, bar: b / (1 - bar))),
    ("share-of-beta", "a step that takes β of the noise away", Ancestral(share=lambda b, _bar: b)),
    ("all-noise", "a step that takes all noise away at once", Ancestral(share=lambda _b, bar: (1 - bar).sqrt())),
    ("unscaled", "a step that is not scaled up", Ancestral(scale=lambda b, _bar: torch.ones_like(b))),
    ("scaled-by-bar", "a step scaled by 1/√ᾱ", Ancestral(scale=lambda _b, bar: bar.rsqrt())),
    ("adds-noise", "a step that adds the predicted noise", Ancestral(share=lambda b, bar: -b / (1 - bar).sqrt())),
    ("no-fresh-noise", "a step without fresh noise", Ancestral(spread=torch.zeros_like)),
    ("variances-swapped", "a step with the other variance", Ancestral(kinds=("posterior", "beta"))),
    ("one-early", "a step with the schedule's entry before", Ancestral(late=-1)),
]
NOISY = Ancestral(noisy_at_zero=True)

LEAPS: Mistakes = [
    ("past-the-end", "a leap to bars[-1], the last entry of the table", Leap(past_the_end=True)),
    ("noise-dropped", "a leap without its noise", Leap(again=lambda x0, _eps, to, _bar: to.sqrt() * x0)),
    (
        "noise-of-start",
        "a leap with the noise of the step it started from",
        Leap(again=lambda x0, eps, to, bar: to.sqrt() * x0 + (1 - bar).sqrt() * eps),
    ),
    (
        "image-unscaled",
        "a leap that keeps the estimate at full strength",
        Leap(again=lambda x0, eps, to, _bar: x0 + (1 - to).sqrt() * eps),
    ),
    (
        "estimate-unscaled",
        "a leap whose estimate is not divided by √ᾱ",
        Leap(estimate=lambda x, eps, bar: x - (1 - bar).sqrt() * eps),
    ),
    (
        "no-roots",
        "a leap without roots",
        Leap(
            estimate=lambda x, eps, bar: (x - (1 - bar) * eps) / bar,
            again=lambda x0, eps, to, _bar: to * x0 + (1 - to) * eps,
        ),
    ),
]

SAMPLERS: Mistakes = [
    *((name, f"the end of {text.removeprefix('a ')} each time", Sampler(step)) for name, text, step in STEPS),
    ("noisy-last", "the end with noise added at step 0 too", Sampler(NOISY)),
    ("forwards", "the end of steps from 0 upwards", Sampler(order=range)),
    ("stops-early", "the end without step 0", Sampler(order=lambda steps: range(steps - 1, 0, -1))),
    ("told-last", "the end for a network that is always told the last step", Sampler(told=lambda _t, steps: steps - 1)),
    (
        "told-backwards",
        "the end for a network that is told how many steps are done",
        Sampler(told=lambda t, steps: steps - 1 - t),
    ),
    ("noise-backwards", "the end with noises[0] used first", Sampler(noise_at=lambda t, steps: steps - 1 - t)),
]

WAYS: list[tuple[str, str, Training]] = [
    ("not-cleared", "training whose gradients add up", Training(keep=1.0)),
    ("no-step", "training that moves nothing", Training(rate=0.0)),
    ("uphill", "training that climbs", Training(rate=-1.0)),
    ("loss-after-step", "training that reports the loss after each step", Training(after=True)),
    *((name, f"training on {text}", Training(loss)) for name, text, loss in LOSSES),
]
