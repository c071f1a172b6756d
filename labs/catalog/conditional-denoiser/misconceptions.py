"""What people get wrong about dropped labels and guidance: the reference with one ingredient changed."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from gpu_runner.checking import Misconception
from reference import NULL, Guided, Sampler, Training, dropped, leap

Mistakes = list[tuple[str, str, Callable[..., Tensor]]]


def known(mistakes: Mistakes, *on: object) -> list[Misconception]:
    """With `on`, for `lab.equals`; without, for `lab.agrees`."""
    return [Misconception(name, text, partial(fn, *on) if on else fn) for name, text, fn in mistakes]


def others_dropped(c: Tensor, u: Tensor, p: float) -> Tensor:
    return torch.where(u < p, c, NULL)


def zero_for_null(c: Tensor, u: Tensor, p: float) -> Tensor:
    return dropped(c, u, p, null=0)


def never(c: Tensor, _u: Tensor, _p: float) -> Tensor:
    return c.clone()


def all_or_none(c: Tensor, u: Tensor, p: float) -> Tensor:
    return dropped(c, u[:1].expand_as(u), p)


DROPS: Mistakes = [
    ("others-dropped", "labels that are kept with probability p and dropped otherwise", others_dropped),
    ("zero-for-null", "labels replaced by 0, which is a digit, instead of 10", zero_for_null),
    ("never-dropped", "labels of which none is dropped", never),
    ("all-or-none", "labels dropped for the whole batch or not at all", all_or_none),
]

WAYS: list[tuple[str, str, Training]] = [
    *((name, f"training with {text}", Training(labels=labels)) for name, text, labels in DROPS),
    ("no-roots", "training on images noised without roots", Training(signal=torch.clone)),
    ("not-cleared", "training whose gradients add up", Training(keep=1.0)),
    ("no-step", "training that moves nothing", Training(rate=0.0)),
]

GUIDES: list[tuple[str, str, Guided]] = [
    (
        "papers-scale",
        "guidance in the paper's convention, (1 + w)·ε_c − w·ε_∅",
        Guided(join=lambda cond, free, scale: (1 + scale) * cond - scale * free),
    ),
    (
        "exchanged",
        "guidance away from the label: the two predictions are exchanged",
        Guided(join=lambda cond, free, scale: cond + scale * (free - cond)),
    ),
    (
        "difference-only",
        "the scaled difference without the prediction it starts from",
        Guided(join=lambda cond, free, scale: scale * (cond - free)),
    ),
    ("unguided", "the prediction with the label, unguided", Guided(join=lambda cond, _free, _scale: cond)),
    ("label-ignored", "the prediction without the label", Guided(join=lambda _cond, free, _scale: free)),
    ("zero-for-null", "guidance away from digit 0: the null label is 10", Guided(null=0)),
]


def stays_put(x: Tensor, t: int, _s: int, eps: Tensor, bars: Tensor) -> Tensor:
    """The estimate, noised again to the step that it comes from."""
    return leap(x, t, t, eps, bars)


def past_the_end(x: Tensor, t: int, s: int, eps: Tensor, bars: Tensor) -> Tensor:
    return leap(x, t, s % len(bars), eps, bars)


SAMPLERS: Mistakes = [
    *((name, f"pictures made with {text}", Sampler(guided)) for name, text, guided in GUIDES),
    (
        "stops-early",
        "the state at the last place, before the leap to the image",
        Sampler(visited=lambda places: places),
    ),
    ("past-the-end", "pictures leapt to bars[-1], the noisiest entry", Sampler(leaves=past_the_end)),
    ("stays-put", "states noised again to the step they come from", Sampler(leaves=stays_put)),
]
