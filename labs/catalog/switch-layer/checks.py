"""Checks for the Switch layer: a float64 reference written as formulas, and the mistakes it is told apart from.

The reference is a `Recipe` whose defaults are the contract. A known mistake is the same recipe with one ingredient
changed, so it can be computed on the very inputs that a wrong answer was given for.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import gelu, one_hot, relu

from gpu_runner.checking import Lab, Misconception, check

Weights = dict[str, Tensor]
Config = dict[str, float]
Outcome = Callable[["Recipe", Weights, Tensor], Tensor]

TERMS = 12
"""Some forty float32 values are summed: over 40 seeds and four styles the error is below a tenth of this."""
SLOPE_TOLERANCE = 5e-5
"""Slopes are scaled to be of order one: float32 backward stays within 5e-6 of float64."""
CLEAR = 1e-3
"""The chosen expert's logit leads by at least this, so that rounding cannot send a token elsewhere."""
BENT = 1e-4
"""Nothing stands nearer than this to the bend of ReLU, so that rounding cannot switch a slope."""
LITTLE = (0.55, 0.7)
"""Capacity factors so small that several experts must turn tokens away, whatever the router says."""

AXES = {"router": "E D", "w1": "E F D", "b1": "E F", "w2": "E D F", "b2": "E D"}


def of_chosen(_logits: Tensor, probabilities: Tensor, chosen: Tensor) -> Tensor:
    return probabilities.gather(1, chosen[:, None])  # (N, 1)


def first_come(wants: Tensor, _gate: Tensor, _batch: int, room: int) -> Tensor:
    return ((wants.cumsum(0) * wants).sum(1) <= room)[:, None]  # (N, E) -> (N, 1)


def last_come(wants: Tensor, gate: Tensor, batch: int, room: int) -> Tensor:
    return first_come(wants.flip(0), gate, batch, room).flip(0)


def best_first(wants: Tensor, gate: Tensor, batch: int, room: int) -> Tensor:
    order = gate.flatten().argsort(descending=True)
    return first_come(wants[order], gate, batch, room)[order.argsort()]


def by_sequence(wants: Tensor, gate: Tensor, batch: int, room: int) -> Tensor:
    share = math.ceil(room / batch)
    return torch.cat([first_come(part, gate, batch, share) for part in wants.chunk(batch)])


def visible_share(wants: Tensor, _accepted: Tensor, _probabilities: Tensor) -> Tensor:
    return wants.double().mean(0)


@dataclass(frozen=True)
class Recipe:
    """How the layer is computed; the defaults are the contract."""

    experts: int
    factor: float
    alpha: float
    gate: Callable[[Tensor, Tensor, Tensor], Tensor] = of_chosen
    accept: Callable[[Tensor, Tensor, int, int], Tensor] = first_come
    capacity: Callable[[float], int] = math.ceil
    activate: Callable[[Tensor], Tensor] = relu
    rest: Callable[[Tensor], Tensor] = torch.zeros_like
    share: Callable[[Tensor, Tensor, Tensor], Tensor] = visible_share
    mean: Callable[[Tensor], Tensor] = lambda probabilities: probabilities.mean(0)
    factor_of_loss: Callable[[float, int], float] = lambda alpha, experts: alpha * experts

    def route(self, w: Weights, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Probabilities (N, E), one-hot choices (N, E), gates (N, 1) and who is accepted (N, 1)."""
        logits = x.flatten(0, 1) @ w["router"].mT
        probabilities = logits.softmax(-1)
        chosen = logits.argmax(-1)
        wants, gate = one_hot(chosen, self.experts), self.gate(logits, probabilities, chosen)
        room = self.capacity(self.factor * len(logits) / self.experts)
        return probabilities, wants, gate, self.accept(wants, gate, len(x), room)

    def answers(self, w: Weights, x: Tensor) -> Tensor:
        """Every expert's answer to every token, (E, N, D)."""
        hidden = torch.einsum("nd,efd->enf", x.flatten(0, 1), w["w1"]) + w["b1"][:, None]
        return torch.einsum("enf,edf->end", self.activate(hidden), w["w2"]) + w["b2"][:, None]

    def output(self, w: Weights, x: Tensor) -> Tensor:
        _, wants, gate, accepted = self.route(w, x)
        answer = torch.einsum("ne,end->nd", wants.to(x.dtype), self.answers(w, x))
        return torch.where(accepted, gate * answer, self.rest(x.flatten(0, 1))).view_as(x)

    def loss(self, w: Weights, x: Tensor) -> Tensor:
        probabilities, wants, _, accepted = self.route(w, x)
        product = self.share(wants, accepted, probabilities) * self.mean(probabilities)
        return self.factor_of_loss(self.alpha, self.experts) * product.sum()


@dataclass(frozen=True)
class Blend(Recipe):
    """Every expert answers every token, and the answers are mixed by their probabilities."""

    def output(self, w: Weights, x: Tensor) -> Tensor:
        return torch.einsum("ne,end->nd", self.route(w, x)[0], self.answers(w, x)).view_as(x)


# The mistakes, each a noun phrase that fits after "your answer equals".

OUTPUTS: list[tuple[str, str, dict[str, object]]] = [
    ("no-gate", "the chosen expert's answer, not multiplied by its probability", {"gate": lambda *_: torch.ones(1)}),
    ("logit-as-gate", "answers multiplied by the router's logit", {"gate": lambda s, _, c: s.gather(1, c[:, None])}),
    ("sigmoid-gate", "answers multiplied by the logit's sigmoid", {"gate": lambda s, *_: s.amax(1)[:, None].sigmoid()}),
    ("no-capacity", "a layer that turns no token away", {"accept": lambda wants, *_: wants.any(1, keepdim=True)}),
    ("rounded-down", "a capacity that is rounded down", {"capacity": math.floor}),
    ("last-come", "a queue in which the last tokens are served first", {"accept": last_come}),
    ("best-first", "a queue ordered by probability", {"accept": best_first}),
    ("by-sequence", "a capacity for each sequence instead of the whole batch", {"accept": by_sequence}),
    ("input-for-dropped", "the token itself where there was no room", {"rest": lambda tokens: tokens}),
    ("gelu", "GELU in the place of ReLU", {"activate": gelu}),
]
LOSSES: list[tuple[str, str, dict[str, object]]] = [
    ("no-alpha", "the loss without α", {"factor_of_loss": lambda _, experts: experts}),
    ("no-experts", "the loss without the factor E", {"factor_of_loss": lambda alpha, _: alpha}),
    ("mean-over-experts", "the loss averaged over E once more", {"factor_of_loss": lambda a, experts: a / experts}),
    (
        "soft-share",
        "the loss with probabilities in the place of the counted share f",
        {"share": lambda *a: a[2].mean(0)},
    ),
    ("counts", "the loss with counts instead of shares", {"share": lambda wants, *_: wants.double().sum(0)}),
    (
        "after-dropping",
        "the loss with f counted after tokens were turned away",
        {"share": lambda w, ok, _: (w * ok).double().mean(0)},
    ),
    (
        "summed-probabilities",
        "the loss with probabilities summed, not averaged, over tokens",
        {"mean": lambda p: p.sum(0)},
    ),
]
CUTS: list[tuple[str, str, dict[str, object]]] = [
    ("detached-gate", "a gradient cut at the gate", {"gate": lambda _, p, c: p.gather(1, c[:, None]).detach()}),
    ("soft-share", "the gradient of a share f made of probabilities", {"share": lambda *a: a[2].mean(0)}),
    ("no-gradient", "no gradient at all", {"mean": lambda p: p.mean(0).detach(), "gate": lambda *_: torch.zeros(1)}),
]


def mistakes_of(right: Recipe, known: Sequence[tuple[str, str, dict[str, object]]], of: Outcome) -> list[Misconception]:
    wrong = [Misconception(name, text, partial(of, replace(right, **changed))) for name, text, changed in known]
    blend = Blend(right.experts, right.factor, right.alpha)
    return [*wrong, Misconception("blend", "all experts mixed by their probabilities", partial(of, blend))]


def draw_config(lab: Lab, factor: float) -> Config:
    """Sizes; for a factor below one the capacity is away from whole numbers, so that rounding up means one thing."""
    experts = lab.random.randint(3, 5)
    lab.fix(E=experts)
    lab.fix(B=6, T=lab.random.choice([t for t in (7, 8, 9) if factor >= 1 or clear(factor * 6 * t / experts)]))
    width, hidden = lab.dims("D F", D=(10, 13), F=(14, 18))
    return {"d_model": width, "d_ff": hidden, "n_experts": experts, "capacity_factor": factor, "alpha": draw_alpha(lab)}


def clear(capacity: float) -> bool:
    return 0.1 < capacity % 1 < 0.9


def draw_alpha(lab: Lab) -> float:
    return round(lab.random.uniform(0.2, 0.9), 3)


def draw_case(lab: Lab) -> tuple[Weights, Tensor]:
    """Weights and tokens whose routing and ReLUs do not hang on rounding."""
    while True:
        scales = {"router": 1.5 / lab.size("D") ** 0.5, "w1": 1 / lab.size("D") ** 0.5, "w2": 2 / lab.size("F") ** 0.5}
        weights = {name: lab.normal(axes, scale=scales.get(name, 0.5)) for name, axes in AXES.items()}
        x = lab.normal("B T D")
        best = (x.flatten(0, 1) @ weights["router"].mT).topk(2, dim=-1).values
        hidden = torch.einsum("btd,efd->btef", x, weights["w1"]) + weights["b1"]
        if (best[:, 0] - best[:, 1]).min() > CLEAR and hidden.abs().min() > BENT:
            return weights, x


def recipe(config: Config) -> Recipe:
    return Recipe(int(config["n_experts"]), config["capacity_factor"], config["alpha"])


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


def answering_one(weights: Weights) -> Weights:
    """Experts that answer 1 in every column, whatever they are asked."""
    return {**weights, "w2": torch.zeros_like(weights["w2"]), "b2": torch.ones_like(weights["b2"])}


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


def draw_unbalanced(lab: Lab, config: Config) -> tuple[Weights, Tensor]:
    """A case whose tokens split unevenly: with equal shares the loss is constant, without a gradient to compare."""
    for _ in range(100):
        weights, x = draw_case(lab)
        if differentiate(recipe(config), weights, x, None)["router"].norm() > 1e-3:
            return weights, x
    raise RuntimeError("a hundred cases in a row were balanced")


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
    on_x = [Misconception(m.id, m.text, partial(m.fn, None, None)) for m in wrong]
    lab.equals(out, exact["x"], axes="B T D", path="x", terms=TERMS, misconceptions=on_x)
    for name, ways in directions.items():
        read = partial(along, name, ways, weights, x, cotangent)
        wrong = mistakes_of(right, known, lambda r, *_, read=read: read(r))
        options = {
            "misconceptions": [Misconception(m.id, m.text, partial(m.fn, None, None)) for m in wrong],
            "hint": f"This is the gradient of {name} along three directions.",
            "tolerance": SLOPE_TOLERANCE,
        }
        lab.equals(out, read(right), axes="way", path=name, dtype=torch.float64, **options)


def differentiate(right: Recipe, weights: Weights, x: Tensor, cotangent: Tensor | None) -> Weights:
    """Gradients of sum(output · cotangent), or of the loss without a cotangent, by x and every array, in float64."""
    leaves = {name: array.double().requires_grad_() for name, array in {**weights, "x": x}.items()}
    handed = {name: leaves[name] for name in weights}
    if cotangent is None:
        total = right.loss(handed, leaves["x"])
    else:
        total = (right.output(handed, leaves["x"]) * cotangent.double()).sum()
    total = total + 0 * leaves["x"].sum()  # a mistake may cut the graph altogether
    return dict(zip(leaves, torch.autograd.grad(total, list(leaves.values()), materialize_grads=True), strict=True))


def along(name: str, ways: Tensor, weights: Weights, x: Tensor, cotangent: Tensor | None, right: Recipe) -> Tensor:
    return (differentiate(right, weights, x, cotangent)[name] * ways.double()).flatten(1).sum(1)  # (3,)


@check("inputs-untouched")
def the_input_is_left_alone(lab: Lab) -> None:
    config = draw_config(lab, LITTLE[1])
    weights, x = draw_case(lab)
    lab.unchanged(lab.probe("forward", x, weights, return_inputs=True, **config), x=x)


@check("by-hand")
def written_by_hand(lab: Lab) -> None:
    lab.forbids("transformers", "diffusers", "deepspeed", "fairseq", "tutel", "megablocks")
