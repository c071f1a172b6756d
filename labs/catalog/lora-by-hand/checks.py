"""Checks for LoRA: float64 formulas, numbers made by peft, and the mistakes that they are told apart from."""

import json
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from gpu_runner.checking import Lab, Misconception, check

Weights = dict[str, Tensor]
Case = tuple[Weights, Tensor, float]
Scale = Callable[[float, int], float]

TERMS = 8
"""Some fifteen float32 values are summed: over 40 seeds and four styles the error is below a fifth of the tolerance."""
SLOPE_TOLERANCE = 2e-5
"""Slopes are scaled to be of order one: float32 backward is within 3e-6 of float64."""
FELT = 1e-3
"""The first step moves outputs by about 0.1 and more; rounding by 1e-6."""


def right_scale(alpha: float, rank: int) -> float:
    return alpha / rank


SCALES: list[tuple[str, str, Scale]] = [
    ("alpha-alone", "the adapter multiplied by α instead of α/r", lambda alpha, _: alpha),
    ("no-scale", "the adapter without α/r", lambda *_: 1.0),
    ("upside-down", "the adapter multiplied by r/α", lambda alpha, rank: rank / alpha),
    ("root-of-rank", "the adapter multiplied by α/√r", lambda alpha, rank: alpha / rank**0.5),
    ("base-alone", "the base without the adapter", lambda *_: 0.0),
    ("added-twice", "the base with the adapter added twice", lambda alpha, rank: 2 * alpha / rank),
    ("subtracted", "the base with the adapter subtracted", lambda alpha, rank: -alpha / rank),
]


def weight(w: Weights, alpha: float, scale: Scale = right_scale) -> Tensor:
    return w["w"] + scale(alpha, len(w["a"])) * w["b"] @ w["a"]  # (O, I)


def output(w: Weights, x: Tensor, alpha: float, scale: Scale = right_scale) -> Tensor:
    return x @ weight(w, alpha, scale).mT + w["bias"]


def adapter_alone(w: Weights, x: Tensor, alpha: float) -> Tensor:
    return output({**w, "w": torch.zeros_like(w["w"]), "bias": torch.zeros_like(w["bias"])}, x, alpha)


def draw(lab: Lab) -> Case:
    """Weights, tokens and an alpha that is neither 1 nor the rank."""
    rank = lab.random.choice([3, 5])  # for 2 and 4 some wrong scales coincide
    lab.fix(R=rank)
    _, columns = lab.dims("O I", O=(8, 12), I=(9, 14))  # from here on no base has as many weights as a right adapter
    lab.dims("B T", T=(2, 13))
    axes = {"w": ("O I", columns**-0.5), "bias": ("O", 1.0), "a": ("R I", columns**-0.5), "b": ("O R", 1.0)}
    weights = {name: lab.normal(shape, scale=scale) for name, (shape, scale) in axes.items()}
    return weights, lab.normal("B T I"), rank * lab.random.choice([0.3, 1.7, 2.6])


def output_mistakes(alpha: float) -> list[Misconception]:
    scaled = [Misconception(name, text, partial(output, alpha=alpha, scale=scale)) for name, text, scale in SCALES]
    return [
        *scaled,
        Misconception("adapter-alone", "the adapter without the base", partial(adapter_alone, alpha=alpha)),
    ]


def compare(lab: Lab, case: Case, calls: list[str], weight_scale: Scale, hint: str = "") -> None:
    """Run the layer after `calls`; its output is always the same, and the base's weight holds `weight_scale` · BA."""
    weights, x, alpha = case
    out = lab.probe("after", x, weights, alpha, calls)
    known = [Misconception(name, text, partial(weight, alpha=alpha, scale=scale)) for name, text, scale in SCALES]
    held = partial(weight, alpha=alpha, scale=weight_scale)
    where = f"This is base.weight after {calls}. {hint}"
    lab.agrees(out, held, on=(weights,), axes="O I", path="w", terms=TERMS, misconceptions=known, hint=where)
    known, hint = output_mistakes(alpha), f"This is the output after {calls}. {hint}"
    right = partial(output, alpha=alpha)
    lab.agrees(out, right, on=(weights, x), axes="B T O", path="y", terms=TERMS, misconceptions=known, hint=hint)


@check("fresh")
def a_fresh_adapter_changes_nothing(lab: Lab) -> None:
    weights, x, alpha = draw(lab)
    out = lab.probe("fresh", x, weights, alpha)
    right = partial(output, alpha=alpha, scale=lambda *_: 0.0)
    known = [
        Misconception("zero", "zeros", lambda w, x: 0 * right(w, x)),
        Misconception("no-bias", "the base without its bias", lambda w, x: x @ w["w"].mT),
        Misconception("doubled", "the base added twice", lambda w, x: 2 * right(w, x)),
    ]
    hint = "A fresh layer should give what its base gives: B is zero."
    lab.agrees(out, right, on=(weights, x), axes="B T O", terms=TERMS, misconceptions=known, hint=hint)


@check("start")
def a_fresh_adapter_moves_with_the_first_step(lab: Lab) -> None:
    weights, x, alpha = draw(lab)
    out = lab.probe("step", x, weights, lab.normal("B T O"), alpha)
    before, after = (out.tensor(name, axes="B T O") for name in ("before", "after"))
    change = (after - before).abs().max().item()
    text = f"One step of gradient descent moved the output by {change:.1g}."
    lab.require(change > FELT, f"{text} If A and B are both zero, neither gets a gradient.")


@check("forward")
def the_output_equals_the_reference(lab: Lab) -> None:
    compare(lab, draw(lab), [], lambda *_: 0.0)


@check("peft")
def the_numbers_are_those_of_peft(lab: Lab) -> None:
    case = json.loads(lab.data("data/peft.json"))
    weights = {name: torch.tensor(values) for name, values in case["weights"].items()}
    x, alpha = torch.tensor(case["x"]), case["alpha"]
    batch, tokens, columns = x.shape
    lab.fix(B=batch, T=tokens, I=columns, O=len(weights["w"]), R=len(weights["a"]))
    exact = {name: tensor.double() for name, tensor in weights.items()}
    on_output = [m.computed_by(partial(m.fn, exact, x.double())) for m in output_mistakes(alpha)]
    on_weight = [Misconception(n, text, partial(weight, exact, alpha, scale)) for n, text, scale in SCALES]
    options = {"terms": TERMS, "hint": f"The expected numbers were made by peft {case['peft']}."}
    for calls in ([], ["merge"]):
        out = lab.probe("after", x, weights, alpha, calls)
        y = torch.tensor(case["y"]).double()
        lab.equals(out, y, axes="B T O", path="y", misconceptions=on_output, **options)
    merged = torch.tensor(case["merged"]).double()
    lab.equals(out, merged, axes="O I", path="w", misconceptions=on_weight, **options)


@check("gradients")
def gradients_equal_the_reference(lab: Lab) -> None:
    weights, x, alpha = draw(lab)
    cotangent = lab.normal("B T O")
    exact = differentiate(weights, x, cotangent, alpha, right_scale)
    axes = {"a": "R I", "b": "O R"}
    directions = {name: lab.normal(f"3 {axes[name]}", scale=1 / exact[name].norm().item()) for name in axes}
    out = lab.probe("gradients", x, weights, cotangent, directions, alpha)
    wrong = [(n, text, differentiate(weights, x, cotangent, alpha, scale)) for n, text, scale in SCALES]
    options = {"axes": "B T I", "path": "x", "terms": TERMS}
    known = [Misconception(n, f"the gradient of {text}", partial(dict.__getitem__, g, "x")) for n, text, g in wrong]
    lab.equals(out, exact["x"], misconceptions=known, **options)
    for name, ways in directions.items():
        known = [Misconception(n, f"the gradient of {text}", partial(slopes, g[name], ways)) for n, text, g in wrong]
        hint = f"This is the gradient of {name.upper()} along three directions."
        options = {"axes": "way", "path": name, "dtype": torch.float64, "tolerance": SLOPE_TOLERANCE, "hint": hint}
        lab.equals(out, slopes(exact[name], ways), misconceptions=known, **options)


def differentiate(weights: Weights, x: Tensor, cotangent: Tensor, alpha: float, scale: Scale) -> Weights:
    """Gradients of sum(output · cotangent) by x, A and B, in float64."""
    leaves = {n: array.double().requires_grad_() for n, array in {**weights, "x": x}.items()}
    (output(leaves, leaves["x"], alpha, scale) * cotangent.double()).sum().backward()
    return {name: leaves[name].grad for name in ("x", "a", "b")}


def slopes(gradient: Tensor, ways: Tensor) -> Tensor:
    return (gradient * ways.double()).flatten(1).sum(1)


@check("frozen")
def the_base_is_left_as_it_was(lab: Lab) -> None:
    weights, x, alpha = draw(lab)
    out = lab.probe("step", x, weights, lab.normal("B T O"), alpha)
    for name, axes in {"w": "O I", "bias": "O"}.items():
        moved = (out.tensor(name, axes=axes) - weights[name]).abs().max().item()
        part = {"w": "weight", "bias": "bias"}[name]
        lab.require(moved == 0, f"A step of training moved the base's {part} by {moved:.2g}: freeze it.")


@check("parameters")
def the_rank_sets_the_cost(lab: Lab) -> None:
    weights, _, alpha = draw(lab)
    (rank, columns), rows = weights["a"].shape, len(weights["w"])
    counted, expected = lab.probe("trainable", weights, alpha).integer(), rank * (rows + columns)
    text = f"r(in + out) is {expected} for r = {rank}; your layer trains {counted} numbers, {counted - expected:+}."
    lab.require(counted == expected, text, expected=expected, got=counted)


@check("merge")
def merging_changes_the_weight_and_no_output(lab: Lab) -> None:
    compare(lab, draw(lab), ["merge"], right_scale)


@check("unmerge")
def unmerging_restores_the_base(lab: Lab) -> None:
    compare(lab, draw(lab), ["merge", "unmerge"], lambda *_: 0.0)


@check("repeats")
def repeating_changes_nothing(lab: Lab) -> None:
    case = draw(lab)
    compare(lab, case, ["merge", "merge"], right_scale, "The second merge has nothing to do.")
    compare(lab, case, ["merge", "unmerge", "unmerge"], lambda *_: 0.0, "The second unmerge has nothing to do.")


@check("inputs-untouched")
def the_input_is_left_alone(lab: Lab) -> None:
    weights, x, alpha = draw(lab)
    lab.unchanged(lab.probe("after", x, weights, alpha, [], return_inputs=True), x=x)


@check("by-hand")
def written_by_hand(lab: Lab) -> None:
    lab.forbids("peft", "loralib", "LoraLayer", "LoraConfig", "diffusers", "transformers")
