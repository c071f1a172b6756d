"""Checks for the forward process: float64 formulas, numbers made by diffusers, and the known mistakes."""

import json
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from gpu_runner.checking import Lab, Misconception, check, curves, images
from misconceptions import (
    JUMPS,
    PRODUCTS,
    RATIOS,
    SCHEDULES,
    SINGLE_STEPS,
    Mistakes,
    against_start,
    geometric,
    without_end,
)
from reference import bars, cosine, even, even_roots, jump, ratio, remaining, step

TERMS = 16
"""Two float32 products and a root: over 40 seeds and three styles the error is below a quarter of the tolerance."""
COSINE_TOLERANCE = 3e-5
"""Ratios of cosines near zero: float32 throughout is off by up to 4e-6 with sixty steps, in 40 seeds."""
LIBRARY_TOLERANCE = 2e-5
"""A product of a thousand float32 factors, ours and the library's: at most 4e-6 apart in every style tried."""
STEPS = (20, 60)


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


def bars_at(schedule: Callable[..., Tensor], at: Tensor, steps: int) -> Tensor:
    return bars(schedule(steps))[at]


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
        wrong = [(name, f"ᾱ of {text}", partial(bars_at, f, at, frozen["steps"])) for name, text, f in SCHEDULES]
        options = {"tolerance": LIBRARY_TOLERANCE, "misconceptions": known(wrong)}
        right = torch.tensor(values).double()
        lab.equals(got, right, axes="step", hint=f"{hint} The schedule is {kind}.", **options)


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
        last = torch.full((len(x0),), len(betas) - 1)
        on = (x0.double(), last, whole, bars(betas.double()))
        options = {"terms": 4 * TERMS, "misconceptions": known(JUMPS, *on), "hint": f"This is the state {words}."}
        lab.equals(out, walked, axes="B C H W", path=path, **options)


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
