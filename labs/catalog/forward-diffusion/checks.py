"""Checks for the forward process: float64 formulas, numbers made by diffusers, and the known mistakes."""

import json
import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from gpu_runner.checking import Lab, Misconception, check, curves, images

TERMS = 16
"""Two float32 products and a root: over 40 seeds and three styles the error is below a quarter of the tolerance."""
COSINE_TOLERANCE = 3e-5
"""Ratios of cosines near zero: float32 throughout is off by up to 4e-6 with sixty steps, in 40 seeds."""
LIBRARY_TOLERANCE = 2e-5
"""A product of a thousand float32 factors, ours and the library's: at most 4e-6 apart in every style tried."""
STEPS = (20, 60)

Mistakes = list[tuple[str, str, Callable[..., Tensor]]]


def even(steps: int, start: float, end: float) -> Tensor:
    return torch.linspace(start, end, steps, dtype=torch.float64)


def even_roots(steps: int, start: float, end: float) -> Tensor:
    return even(steps, start**0.5, end**0.5).square()


def without_end(steps: int, start: float, end: float) -> Tensor:
    return even(steps + 1, start, end)[:-1]


def geometric(steps: int, start: float, end: float) -> Tensor:
    return even(steps, math.log(start), math.log(end)).exp()


def cosine(steps: int, offset: float = 0.008, power: int = 2, largest: float = 0.999) -> Tensor:
    signal = remaining(steps, offset, power)
    return (1 - signal[1:] / signal[:-1]).clamp(max=largest)


def remaining(steps: int, offset: float = 0.008, power: int = 2) -> Tensor:
    time = torch.arange(steps + 1, dtype=torch.float64) / steps
    return torch.cos((time + offset) / (1 + offset) * math.pi / 2) ** power


def against_start(steps: int) -> Tensor:
    signal = remaining(steps)
    return (1 - signal[1:] / signal[0]).clamp(max=0.999)


def bars(betas: Tensor) -> Tensor:
    return (1 - betas).cumprod(0)


def one_late(betas: Tensor) -> Tensor:
    return torch.cat([torch.ones_like(betas[:1]), bars(betas)[:-1]])


def mix(signal: Tensor, noise_share: Tensor, x: Tensor, noise: Tensor) -> Tensor:
    return signal.view(-1, 1, 1, 1) * x + noise_share.view(-1, 1, 1, 1) * noise


def jump(x0: Tensor, t: Tensor, noise: Tensor, bars: Tensor) -> Tensor:
    return mix(bars[t].sqrt(), (1 - bars[t]).sqrt(), x0, noise)


def step(x: Tensor, t: Tensor, noise: Tensor, betas: Tensor) -> Tensor:
    return mix((1 - betas[t]).sqrt(), betas[t].sqrt(), x, noise)


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


def ratio(bars: Tensor) -> Tensor:
    return bars / (1 - bars)


def known(mistakes: Mistakes, *bound: object) -> list[Misconception]:
    return [Misconception(name, text, partial(fn, *bound)) for name, text, fn in mistakes]


def compare_schedule(lab: Lab, kind: str, right: Callable[..., Tensor], others: Mistakes) -> None:
    (steps,) = lab.dims("T", T=STEPS)
    other = lab.random.uniform(5e-4, 2e-3), lab.random.uniform(0.03, 0.06)
    for limits in ((), other):
        drawn = steps, *(limits or (1e-4, 0.02))
        out = lab.call("betas", kind, steps, *limits)
        lab.equals(out, right(*drawn), axes="T", terms=TERMS, misconceptions=known(others, *drawn))


@check("linear")
def the_linear_schedule(lab: Lab) -> None:
    wrong: Mistakes = [
        ("rooted", "the scaled linear schedule", even_roots),
        ("without-end", "a schedule that stops one step short of its end", without_end),
        ("geometric", "a schedule whose betas grow by a constant factor", geometric),
    ]
    compare_schedule(lab, "linear", even, wrong)


@check("scaled-linear")
def the_scaled_linear_schedule(lab: Lab) -> None:
    wrong: Mistakes = [
        ("linear", "the linear schedule", even),
        ("unsquared", "the roots of the betas, not squared", lambda *limits: even_roots(*limits).sqrt()),
        ("squares-spread", "squares spread evenly", lambda n, start, end: even(n, start**2, end**2).sqrt()),
    ]
    compare_schedule(lab, "scaled_linear", even_roots, wrong)


@check("cosine")
def the_cosine_schedule(lab: Lab) -> None:
    (steps,) = lab.dims("T", T=STEPS)
    wrong: Mistakes = [
        ("uncapped", "a cosine schedule without the largest value 0.999", partial(cosine, largest=1.0)),
        ("no-offset", "a cosine schedule without the offset 0.008", partial(cosine, offset=0.0)),
        ("unsquared", "a cosine schedule with the cosine not squared", partial(cosine, power=1)),
        ("signal", "the remaining signal ᾱ instead of β", lambda n: remaining(n)[1:] / remaining(n)[0]),
        ("against-start", "one minus the remaining signal, not the ratio of neighbours", against_start),
    ]
    options = {"tolerance": COSINE_TOLERANCE, "misconceptions": known(wrong, steps)}
    lab.equals(lab.call("betas", "cosine", steps), cosine(steps), axes="T", **options)


@check("alpha-bars")
def the_remaining_signal_is_a_product(lab: Lab) -> None:
    lab.dims("T", T=STEPS)
    betas = lab.uniform("T", low=0.001, high=0.04)
    out = lab.call("alpha_bars", betas)
    lab.agrees(out, bars, on=(betas,), axes="T", terms=64, misconceptions=known(PRODUCTS))


@check("diffusers")
def the_schedules_are_those_of_diffusers(lab: Lab) -> None:
    frozen = json.loads(lab.data("data/diffusers.json"))
    lab.fix(T=frozen["steps"])
    at = torch.tensor(frozen["at"])
    hint = f"These are alphas_cumprod at the steps {frozen['at']}, made by diffusers {frozen['diffusers']}."
    yours = {kind: lab.probe("bars_of", kind, frozen["steps"]).tensor(axes="T") for kind in frozen["alphas_cumprod"]}
    lab.show(curves("Your schedules: how much of the image remains (ᾱ)", "t", **yours))
    for kind, values in frozen["alphas_cumprod"].items():
        got = yours[kind][at]
        options = {"tolerance": LIBRARY_TOLERANCE, "hint": f"{hint} The schedule is {kind}."}
        lab.equals(got, torch.tensor(values).double(), axes="step", **options)


def draw_images(lab: Lab) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Images, a step for each, noise, and a table (T,) between 0.03 and 0.97 that has nothing to do with a schedule."""
    lab.dims("T B", T=(12, 16), B=(3, 6))
    x, noise = lab.normal("B C H W", count=2)
    table = lab.uniform("T", low=0.03, high=0.97)
    t = torch.tensor(lab.random.sample(range(1, lab.size("T")), lab.size("B")))
    return x, t, noise, table


@check("step")
def one_step_equals_the_reference(lab: Lab) -> None:
    case = draw_images(lab)
    out = lab.call("q_step", *case)
    lab.agrees(out, step, on=case, axes="B C H W", terms=TERMS, misconceptions=known(SINGLE_STEPS))


def show_a_noised_picture(lab: Lab) -> None:
    """A ring of 16 × 16 pixels, taken by the learner's jump to five steps of a cosine schedule."""
    edge = torch.linspace(-1, 1, 16)
    radius = (edge[:, None].square() + edge.square()).sqrt()
    ring = torch.where((radius - 0.6).abs() < 0.2, 1.0, -1.0).expand(5, 1, 16, 16).contiguous()
    t = torch.tensor([0, 100, 250, 500, 900])
    table = (remaining(1000)[1:] / remaining(1000)[0]).float()
    out = lab.call("q_sample", ring, t, lab.normal("5 1 16 16"), table)
    captions = [f"t = {step}" for step in t.tolist()]
    lab.show(images("A ring, noised by your jump", out.tensor(axes="5 1 16 16"), captions, low=-2.0, high=2.0))


@check("jump")
def the_jump_equals_the_reference(lab: Lab) -> None:
    show_a_noised_picture(lab)
    case = draw_images(lab)
    out = lab.call("q_sample", *case)
    lab.agrees(out, jump, on=case, axes="B C H W", terms=TERMS, misconceptions=known(JUMPS))


@check("ends")
def the_jump_reaches_both_ends(lab: Lab) -> None:
    x, t, noise, table = draw_images(lab)
    t[0], t[1] = 0, lab.size("T") - 1
    out = lab.call("q_sample", x, t, noise, table)
    hint = f"The first image goes to step 0, the second to step {int(t[1])}, the last of the table."
    options = {"misconceptions": known(JUMPS), "hint": hint}
    lab.agrees(out, jump, on=(x, t, noise, table), axes="B C H W", terms=TERMS, **options)


@check("same")
def walking_and_jumping_meet(lab: Lab) -> None:
    lab.dims("T", T=(8, 12))
    betas = lab.uniform("T", low=0.02, high=0.3)
    x0, noises = lab.normal("B C H W"), lab.normal("T B C H W")
    walked = x0.double()
    for t, noise in enumerate(noises.double()):
        walked = step(walked, torch.full((len(x0),), t), noise, betas.double())
    left = bars(betas.double())[-1]
    whole = (walked - left.sqrt() * x0.double()) / (1 - left).sqrt()  # all noise that was added, as one
    out = lab.probe("both_ways", x0, noises, whole.float(), betas)
    for path, words in {
        "walked": "after all steps, one by one",
        "jumped": "after the jump with the same noise",
    }.items():
        lab.equals(out, walked, axes="B C H W", path=path, terms=4 * TERMS, hint=f"This is the state {words}.")


@check("snr")
def the_ratio_equals_the_reference(lab: Lab) -> None:
    lab.dims("T", T=STEPS)
    table = lab.uniform("T", low=0.03, high=0.97)
    lab.agrees(lab.call("snr", table), ratio, on=(table,), axes="T", terms=TERMS, misconceptions=known(RATIOS))


@check("inputs-untouched")
def the_inputs_are_left_alone(lab: Lab) -> None:
    x, t, noise, table = draw_images(lab)
    for name in ("q_sample", "q_step"):
        out = lab.call(name, x, t, noise, table, return_inputs=True)
        lab.unchanged(out, x=x, t=t, noise=noise, table=table)


@check("by-hand")
def written_by_hand(lab: Lab) -> None:
    lab.forbids("diffusers", "DDPMScheduler", "DDIMScheduler", "betas_for_alpha_bar", "add_noise")
