"""Checks for the Mini-U-Net: float64 formulas, and images that are drawn for each submission."""

from functools import partial

import torch
from torch import Tensor

import solution
from drawing import draw_config, draw_shapes, draw_weights
from gpu_runner.checking import Lab, Misconception, check, curves, images, show_steps
from misconceptions import CUTS, NETWORKS, known, trained_wrong
from reference import Recipe, Training, Weights
from scoring import best_linear, blurred, psnr

TERMS = 64
WALK_TERMS = 128
RATE, STEPS = 0.1, 3
CONFIG = {"width": 16, "groups": 4}
"""The network that is trained: 115,000 parameters."""
TRAIN, TEST = 2000, 200
SIGMAS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
JUDGED = 5
"""The noise level that decides: σ = 0.6."""
GOAL = 7.2


def draw_case(lab: Lab, size: str) -> tuple[dict[str, int], Weights, Tensor, Tensor]:
    """Config, weights, images and a noise level for each of them."""
    config = draw_config(lab)
    x, sigma = lab.normal(f"B 1 {size}"), lab.uniform("B", low=0.2, high=1.0)
    return config, draw_weights(lab, **config), x, sigma


def compare(lab: Lab, config: dict[str, int], weights: Weights, x: Tensor, sigma: Tensor, hint: str = "") -> None:
    right = Recipe(config["groups"])
    axes = f"B 1 {x.size(2)} {x.size(3)}"
    options = {"terms": TERMS, "misconceptions": known(NETWORKS, right), "hint": hint}
    lab.parity("MiniUNet", right, weights=weights, on=(x, sigma), axes=axes, config=config, **options)


@check("network")
def the_network_equals_the_reference(lab: Lab) -> None:
    lab.dims("B", B=(3, 5))
    compare(lab, *draw_case(lab, lab.random.choice(["12 16", "16 12", "12 8"])))


@check("sizes")
def odd_images_and_signals_come_back(lab: Lab) -> None:
    lab.dims("B", B=(3, 5))
    config, weights, x, sigma = draw_case(lab, lab.random.choice(["13 10", "11 14", "9 15"]))
    compare(lab, config, weights, x, sigma, f"The images have {x.size(2)} × {x.size(3)} pixels.")
    signal = lab.normal(f"B 1 1 {lab.random.choice([17, 22, 27])}")
    compare(lab, config, weights, signal, sigma, f"This is a signal: one pixel high, {signal.size(3)} wide.")


@check("no-skips")
def zeros_take_the_place_of_skips(lab: Lab) -> None:
    lab.dims("B", B=(3, 5))
    config, weights, x, sigma = draw_case(lab, "12 16")
    right = Recipe(config["groups"], high=torch.zeros_like, low=torch.zeros_like)
    wrong = [("skips-kept", "the network with its skips", lambda _: Recipe(config["groups"])), *NETWORKS[1:]]
    others = [m for m in known(wrong, Recipe(config["groups"])) if m.id != "no-skips"]
    out = lab.probe("without_skips", config, weights, x, sigma)
    options = {"terms": TERMS, "misconceptions": others, "hint": "This is the answer with skips=False."}
    lab.agrees(out, right, on=(weights, x, sigma), axes="B 1 12 16", **options)


@check("gradients")
def the_gradient_equals_the_reference(lab: Lab) -> None:
    lab.dims("B", B=(3, 5))
    config, weights, x, sigma = draw_case(lab, "8 12")
    right = Recipe(config["groups"])
    options = {"terms": WALK_TERMS, "misconceptions": known(CUTS + NETWORKS, right)}
    out = {"axes": "B 1 8 12", "config": config, "weights": weights}
    lab.gradients_agree("MiniUNet", right, by={"x": x, "sigma": sigma}, **out, **options)


@check("steps")
def three_steps_lead_to_the_references_network(lab: Lab) -> None:
    lab.fix(B=4, K=STEPS)
    config, weights, x, sigma = draw_case(lab, "8 12")
    batches = {name: lab.normal("K B 1 8 12") for name in ("clean", "noise")}
    batches["sigma"] = lab.uniform("K B", low=0.2, high=1.0)
    right = Training(Recipe(config["groups"]), RATE)
    out = lab.probe("steps", config, weights, batches, {"x": x, "sigma": sigma}, RATE)
    on = weights, batches["clean"], batches["sigma"], batches["noise"]
    losses, moved = right.run(*on)
    others = [(name, text, way.run(*on)) for name, text, way in trained_wrong(right)]
    mistakes = [
        Misconception(name, f"the losses of {text}", partial(torch.clone, ran[0])) for name, text, ran in others
    ]
    hint = "These are the losses that train_step returned, each from before its step."
    lab.equals(out, losses, axes="K", path="losses", terms=WALK_TERMS, misconceptions=mistakes, hint=hint)
    answer = partial(right.network, x=x.double(), sigma=sigma.double())
    mistakes = [Misconception(name, f"the network of {text}", partial(answer, ran[1])) for name, text, ran in others]
    hint = f"This is the network's answer for new images after {STEPS} steps of SGD."
    options = {"terms": WALK_TERMS, "misconceptions": mistakes, "hint": hint}
    lab.equals(out, answer(moved), axes="B 1 8 12", path="answer", **options)


@check("denoises")
def it_takes_more_noise_off_than_a_linear_filter(lab: Lab) -> None:
    lab.fix(S=len(SIGMAS), N=TEST)
    train, clean = draw_shapes(lab, TRAIN), draw_shapes(lab, TEST)
    noisy = clean + torch.tensor(SIGMAS).view(-1, 1, 1, 1, 1) * lab.normal("S N 1 16 16")
    out = lab.probe("learn", CONFIG, train, noisy, SIGMAS)
    whole, bare = (out.tensor(path, axes="S N 1 16 16") for path in ("whole", "bare"))
    linear = [best_linear(x, sigma, train) for x, sigma in zip(noisy, SIGMAS, strict=True)]
    blur = [blurred(x) for x in noisy]
    before = [psnr(x, clean) for x in noisy]
    show_images(lab, noisy[JUDGED], whole[JUDGED], clean)
    ways = {"yours": whole, "yours without skips": bare, "best linear map": linear, "3 × 3 blur": blur}
    gains = {name: [psnr(x, clean) - b for x, b in zip(xs, before, strict=True)] for name, xs in ways.items()}
    lab.show(curves("dB gained, σ from 0.1 to 1.0 in steps of 0.1", "σ: 0.1 · (1 + place)", **gains))
    others = [gains[name][JUDGED] for name in ("best linear map", "3 × 3 blur")]
    hint = "The best linear map gains {:.1f} dB on these images, a 3 × 3 blur {:.1f}.".format(*others)
    lab.measures("dB gained on new images at σ = 0.6", gains["yours"][JUDGED], at_least=GOAL, hint=hint)


def show_images(lab: Lab, noisy: Tensor, answer: Tensor, clean: Tensor) -> None:
    rows = torch.cat([noisy[:5], answer[:5], clean[:5]])
    captions = ["σ = 0.6"] * 5 + ["yours"] * 5 + ["clean"] * 5
    lab.show(images("Noise taken off shapes that your network has not seen", rows, captions))


@check("trace")
def the_forward_pass_step_by_step(lab: Lab) -> None:
    lab.dims("B", B=(3, 5))
    config, weights, x, sigma = draw_case(lab, "13 10")
    names = {"C": config["width"], "2·C": 2 * config["width"], "4·C": 4 * config["width"]}
    show_steps(lab, "MiniUNet", solution, on=(x, sigma), config=config, weights=weights, names=names)
