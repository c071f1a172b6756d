"""Checks for the Switch layer."""

from functools import partial

import torch
from torch import Tensor

from drawing import AXES, CLEAR, LITTLE, answering_one, draw_case, draw_config, draw_unbalanced
from gpu_runner.checking import Lab, bars, check
from misconceptions import CUTS, LOSSES, OUTPUTS, mistakes_of
from reference import Config, Weights, along, differentiate, recipe

TERMS = 12
"""Some forty float32 values are summed: over 40 seeds and four styles the error is below a tenth of this."""
SLACK = 2
"""What the reference takes, and as much again: one-hot products take a quarter of it, all experts for all 7.8 times."""
ALPHA, LURE, RATE, LOUD = 0.1, 0.1, 0.1, 100.0
"""Each of 40 steps moves every parameter by RATE; LURE rewards a large first column, which is expert 0's."""
EVEN, UNEVEN = 0.66, 0.75
"""Eight seeds of the reference: 0.17 to 0.34; with alpha 0: 1.01 to 1.29; with a loss that lacks E: 0.84 to 0.92."""
SLOPE_TOLERANCE = 5e-5
"""Slopes are scaled to be of order one: float32 backward stays within 5e-6 of float64."""


def compare_output(lab: Lab, config: Config, weights: Weights, x: Tensor, hint: str = "") -> None:
    out = lab.probe("forward", x, weights, **config)
    right = recipe(config)
    options = {"misconceptions": mistakes_of(right, OUTPUTS, lambda r, w, x: r.output(w, x)), "hint": hint}
    lab.agrees(out, right.output, on=(weights, x), axes="B T D", path="y", terms=TERMS, **options)


def compare_loss(lab: Lab, config: Config, weights: Weights, x: Tensor) -> None:
    out = lab.probe("forward", x, weights, **config)
    right = recipe(config)
    mistakes = mistakes_of(right, LOSSES, lambda r, w, x: r.loss(w, x))
    lab.agrees(out, right.loss, on=(weights, x), axes="", path="loss", terms=TERMS, misconceptions=mistakes)


@check("shapes")
def shapes_are_kept(lab: Lab) -> None:
    config = draw_config(lab, 1.0)
    weights, x = draw_case(lab)
    for tokens, axes in [(x, "B T D"), (x[:1, :1].contiguous(), "1 1 D")]:
        out = lab.probe("forward", tokens, weights, **config)
        lab.has_shape(out, axes, path="y")
        lab.has_shape(out, "", path="loss")


@check("gate")
def the_gate_is_the_chosen_probability(lab: Lab) -> None:
    config = draw_config(lab, 1.0)
    config["capacity_factor"] = config["n_experts"]
    weights, x = draw_case(lab)
    hint = "All experts answer 1 here and have room for all, so each output is the largest router probability."
    compare_output(lab, config, answering_one(weights), x, hint)


@check("routing")
def with_room_for_all_the_output_equals_the_reference(lab: Lab) -> None:
    config = draw_config(lab, 1.0)
    config["capacity_factor"] = config["n_experts"]
    compare_output(lab, config, *draw_case(lab))


@check("room")
def no_expert_takes_more_than_its_capacity(lab: Lab) -> None:
    config = draw_config(lab, lab.random.choice(LITTLE))
    weights, x = draw_case(lab)
    count_served(lab, config, config, weights, x)
    usual = {name: value for name, value in config.items() if name != "capacity_factor"}
    count_served(lab, usual, usual | {"capacity_factor": 1.0}, weights, x)


def count_served(lab: Lab, passed: Config, meant: Config, weights: Weights, x: Tensor) -> None:
    """Experts that answer 1 leave zeros only for tokens that were turned away."""
    y = lab.probe("forward", x, answering_one(weights), **passed).tensor("y", axes="B T D").flatten(0, 1)
    right = recipe(meant)
    _, wants, _, accepted = right.route({n: a.double() for n, a in weights.items()}, x.double())
    served = (y.abs().amax(1) > CLEAR).long() @ wants
    expected, waiting = accepted.long()[:, 0] @ wants, wants.sum(0)
    lab.show(
        bars("Tokens that chose each expert, and those your layer served", "expert", chosen=waiting, served=served)
    )
    for index, (mine, theirs) in enumerate(zip(served.tolist(), expected.tolist(), strict=True)):
        text = f"Expert {index} was chosen by {int(waiting[index])} tokens and served {mine}; with capacity factor "
        text += f"{right.factor} and {len(y)} tokens for {right.experts} experts it serves {theirs}."
        lab.require(mine == theirs, text, expected=theirs, got=mine)


@check("order")
def with_little_room_the_output_equals_the_reference(lab: Lab) -> None:
    config = draw_config(lab, lab.random.choice(LITTLE))
    compare_output(lab, config, *draw_case(lab))


@check("balance")
def the_loss_equals_the_reference(lab: Lab) -> None:
    config = draw_config(lab, lab.random.choice(LITTLE))
    compare_loss(lab, config, *draw_case(lab))


@check("uniform")
def no_preference_costs_alpha(lab: Lab) -> None:
    config = draw_config(lab, 1.0)
    weights, x = draw_case(lab)
    weights["router"] = torch.zeros_like(weights["router"])
    compare_loss(lab, config, weights, x)
    usual = {name: value for name, value in config.items() if name != "alpha"}
    loss = lab.probe("forward", x, weights, **usual).tensor("loss", axes="").item()
    lab.require(abs(loss - 0.01) < 1e-5, f"Without an alpha given it is 0.01, but the loss was {loss:.5g}.")


@check("gradients")
def gradients_of_the_output_equal_the_reference(lab: Lab) -> None:
    config = draw_config(lab, lab.random.choice(LITTLE))
    weights, x = draw_case(lab)
    compare_gradients(lab, config, (weights, x, lab.normal("B T D")), tuple(AXES))


@check("loss-gradients")
def gradients_of_the_loss_equal_the_reference(lab: Lab) -> None:
    config = draw_config(lab, LITTLE[1])
    config["alpha"] *= 100  # means over forty tokens are small; so their gradients are of order one
    weights, x = draw_unbalanced(lab, config)
    compare_gradients(lab, config, (weights, x, None), ("router",))


def compare_gradients(
    lab: Lab, config: Config, case: tuple[Weights, Tensor, Tensor | None], arrays: tuple[str, ...]
) -> None:
    weights, x, cotangent = case
    right = recipe(config)
    exact = differentiate(right, weights, x, cotangent)
    directions = {name: lab.normal(f"3 {AXES[name]}", scale=1 / exact[name].norm().item()) for name in arrays}
    out = lab.probe("gradients", x, weights, cotangent, directions, **config)
    known = CUTS + (LOSSES if cotangent is None else OUTPUTS)
    wrong = mistakes_of(right, known, lambda r, *_: differentiate(r, weights, x, cotangent)["x"])
    on_x = [m.computed_by(partial(m.fn, None, None)) for m in wrong]
    lab.equals(out, exact["x"], axes="B T D", path="x", terms=TERMS, misconceptions=on_x)
    for name, ways in directions.items():
        read = partial(along, name, ways, weights, x, cotangent)
        wrong = mistakes_of(right, known, lambda r, *_, read=read: read(r))
        options = {
            "misconceptions": [m.computed_by(partial(m.fn, None, None)) for m in wrong],
            "hint": f"This is the gradient of {name} along three directions.",
            "tolerance": SLOPE_TOLERANCE,
        }
        lab.equals(out, read(right), axes="way", path=name, dtype=torch.float64, **options)


@check("sparse")
def experts_compute_what_they_serve(lab: Lab) -> None:
    """Wide experts, so that routing by one-hot products costs little beside them; filled-up queues are allowed."""
    tokens, experts, width, hidden = 64, 8, 12, 256
    lab.fix(E=experts, D=width, F=hidden, B=4, T=tokens // 4)
    config: Config = {"d_model": width, "d_ff": hidden, "n_experts": experts, "capacity_factor": 1.0, "alpha": 0.1}
    weights, x = lab.weights(**AXES), lab.normal("B T D")
    needed = tokens * (4 * width * hidden + 2 * width * experts)  # two products for each token, and the router
    lab.measures(
        "Operations of a forward pass",
        lab.flops("SwitchLayer", x, config=config, weights=weights),
        at_most=SLACK * needed,
        hint=f"All experts for all tokens take {experts} times {needed}: give an expert its own alone.",
    )


@check("load")
def the_loss_keeps_the_experts_evenly_loaded(lab: Lab) -> None:
    """Each expert answers in a column of its own, so the outputs tell outside who served which token."""
    with_loss, without = (spread_after_training(lab, alpha) for alpha in (ALPHA, 0.0))
    hint = "With alpha 0 nothing but the reward for expert 0 counts: it has to reach the router through the gate."
    lab.measures("Spread of the loads (deviation / mean) without the loss", without, at_least=UNEVEN, hint=hint)
    hint = f"Trained without the loss it is {without:.2f}."
    lab.measures("Spread of the loads with the loss", with_loss, at_most=EVEN, hint=hint)


def spread_after_training(lab: Lab, alpha: float) -> float:
    experts = lab.dims("E D F K B T", E=(6, 6), D=(8, 8), F=(4, 4), K=(40, 40), B=(2, 2), T=(24, 24))[0]
    config: Config = {"d_model": lab.size("D"), "d_ff": lab.size("F"), "n_experts": experts}
    config |= {"capacity_factor": experts, "alpha": alpha}
    weights = {name: torch.zeros_like(array) for name, array in lab.weights(**AXES).items()}
    weights |= {"router": lab.normal("E D", scale=0.3), "b2": LOUD * torch.eye(experts, lab.size("D"))}
    batches, fresh = lab.normal("K B T D"), lab.normal("16 T D")
    y = lab.probe("trained", batches, fresh, weights, LURE / LOUD, RATE, **config).tensor(axes="16 T D")
    served = torch.bincount(y[..., :experts].abs().argmax(-1).flatten(), minlength=experts).double()
    return (served.std(correction=0) / served.mean()).item()


@check("inputs-untouched")
def the_input_is_left_alone(lab: Lab) -> None:
    config = draw_config(lab, LITTLE[1])
    weights, x = draw_case(lab)
    lab.unchanged(lab.probe("forward", x, weights, return_inputs=True, **config), x=x)


@check("by-hand")
def written_by_hand(lab: Lab) -> None:
    lab.forbids("transformers", "diffusers", "deepspeed", "fairseq", "tutel", "megablocks")
