"""Checks for the planner: pictures against float64, memory from outside, and prompts whose sentences are held back."""

import torch
from safetensors.torch import load
from torch import Tensor

from gpu_runner.checking import Lab, check, confusion, images
from gpu_runner.checking.results import Observation
from judging import read
from misconceptions import known
from probe import BALLAST
from prompts import drawn_prompts
from reference import EXPERTS, Drawing, Plan, Weights

TOLERANCE = 1e-3
"""Ten leaps of networks: float32 strays up to 1e-4 from float64; pictures span 2, the nearest mistake is 0.5 away."""
PEAK = 84.0
"""MiB: one expert has 48 and takes 60 in all, two take 108."""
FOUND, ROUTED = 0.9, 0.95
"""Twenty draws of the model solution find 0.96 and more; the number that a prompt names is its digit in 1 of 28."""
ASKED, RIGHT = 112, 0.8
"""Of pictures drawn for all held-back prompts the judge reads 0.88 to 0.96 as asked for."""


def draw_experts(lab: Lab) -> dict[str, Weights]:
    """Trained weights, moved by a drawn millionth so that no answer can be looked up."""
    stored = load(lab.data("data/experts.safetensors"))
    experts: dict[str, Weights] = {name: {} for name in EXPERTS}
    for full, array in stored.items():
        name, _, part = full.partition(".")
        experts[name][part] = array
    for weights in experts.values():
        weights["leave.bias"] = weights["leave.bias"] + lab.normal("64", scale=0.02)
    return experts


def plan_of(digits: list[int]) -> Plan:
    return [("low" if digit < 5 else "high", digit) for digit in digits]


def mixed(lab: Lab, count: int) -> list[int]:
    """Digits for both experts in turns that do not end; the first is high, and above 5."""
    halves = [[lab.random.randrange(6, 10), lab.random.randrange(1, 5)] for _ in range(count // 2)]
    return [digit for half in halves for digit in half]


Asked = tuple[Observation, dict[str, Weights], Plan, Tensor]


def ask(lab: Lab, digits: list[int], ballast: int = 0) -> Asked:
    """Let the learner draw digits by a plan that is looked up; what came back, and all that went in."""
    experts, plan = draw_experts(lab), plan_of(digits)
    prompts = [f"prompt {lab.random.randrange(10**9)} of {i}" for i in range(len(digits))]
    noise = lab.normal(f"{len(digits)} 64")
    plans = {prompt: list(entry) for prompt, entry in zip(prompts, plan, strict=True)}
    return lab.probe("drawn", experts, plans, prompts, noise, ballast), experts, plan, noise


def compare_pictures(lab: Lab, digits: list[int], hint: str) -> None:
    out, experts, plan, noise = ask(lab, digits)
    exact = {name: {part: a.double() for part, a in w.items()} for name, w in experts.items()}
    case = exact, plan, noise.double()
    options = {"tolerance": TOLERANCE, "misconceptions": known(*case), "hint": hint}
    lab.equals(out, Drawing()(*case), axes=f"{len(digits)} 64", path="pictures", **options)


@check("pictures")
def every_prompt_gets_its_own_picture(lab: Lab) -> None:
    digits = mixed(lab, 8)
    compare_pictures(lab, digits, f"The plan asks for {digits}, in this order.")


@check("one-kind")
def prompts_for_one_expert_are_drawn_by_it(lab: Lab) -> None:
    for first in (6, 1):
        digits = [lab.random.randrange(first, first + 4) for _ in range(5)]
        compare_pictures(lab, digits, f"The plan asks for {digits}: one expert draws them all.")


def loaded(out: Observation) -> list[str]:
    """The names that the store was asked for."""
    return [out.text(f"loaded/{i}") for i in range(out.integer("count"))]


@check("loads")
def each_expert_is_loaded_once(lab: Lab) -> None:
    out, *_ = ask(lab, mixed(lab, 10))
    names = loaded(out)
    lab.measures("Experts loaded for ten prompts that alternate", len(names), exactly=2, hint=f"They were {names}.")
    out, *_ = ask(lab, [7, 6, 9])
    text = f"Only the expert 'high' was needed, once; loaded were {loaded(out)}."
    lab.require(loaded(out) == ["high"], text)


@check("alive")
def no_expert_is_loaded_while_another_lives(lab: Lab) -> None:
    out, *_ = ask(lab, mixed(lab, 6))
    hint = "Something still refers to the one before: a variable, a list, a dict?"
    lab.measures("Experts alive at once", out.integer("most"), at_most=1, hint=hint)


@check("memory")
def the_memory_of_one_expert_is_enough(lab: Lab) -> None:
    out, *_ = ask(lab, mixed(lab, 6), ballast=BALLAST)
    hint = "One expert alone has 48 MiB, counted from outside your process."
    lab.measures("MiB that drawing with two experts took at most", out.peak_mb, at_most=PEAK, hint=hint)


@check("planning")
def it_finds_the_digit_behind_new_sentences(lab: Lab) -> None:
    shown, held_back = drawn_prompts(lab.random)
    prompts, digits = ([pair[at] for pair in shown] for at in (0, 1))
    asked, truth = [prompt for prompt, _ in held_back], torch.tensor([digit for _, digit in held_back])
    out = lab.probe("planned", prompts, digits, asked)
    found, high = (out.tensor(path, axes=f"{len(asked)}", dtype=torch.int64) for path in ("digits", "high"))
    lab.show(confusion("Digits found in prompts of new sentences", truth, found, 10))
    wrong = [f"{prompt!r} → {digit}" for prompt, digit in zip(asked, found.tolist(), strict=True)]
    missed = [text for text, bad in zip(wrong, (found != truth).tolist(), strict=True) if bad][:3]
    share = (found == truth).double().mean().item()
    lab.measures("Share of digits found", share, at_least=FOUND, hint=f"For instance: {'; '.join(missed)}.")
    routed = (high == (truth >= 5).long()).double().mean().item()
    lab.measures("Share of prompts sent to the right expert", routed, at_least=ROUTED)


@check("whole")
def what_is_drawn_is_what_was_asked_for(lab: Lab) -> None:
    shown, held_back = drawn_prompts(lab.random)
    prompts, digits = ([pair[at] for pair in shown] for at in (0, 1))
    asked, truth = [prompt for prompt, _ in held_back[:ASKED]], torch.tensor([digit for _, digit in held_back[:ASKED]])
    noise: Tensor = lab.normal(f"{ASKED} 64")
    x = lab.probe("whole", draw_experts(lab), prompts, digits, asked, noise).tensor(axes=f"{ASKED} 64")
    lab.show(images("Drawn for your prompts", x[:12].view(-1, 8, 8), [prompt[:40] for prompt in asked[:12]]))
    right = (read(lab, x) == truth).double().mean().item()
    lab.measures("Share of pictures read as the digit asked for", right, at_least=RIGHT)
