"""What people compute instead: the reference with one ingredient changed, on the very inputs of the check.

Each is a noun phrase that fits after "your answer equals".
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import gelu

from gpu_runner.checking import Misconception
from reference import Recipe, Weights, first_come

Outcome = Callable[["Recipe", Weights, Tensor], Tensor]


def last_come(wants: Tensor, gate: Tensor, batch: int, room: int) -> Tensor:
    return first_come(wants.flip(0), gate, batch, room).flip(0)


def best_first(wants: Tensor, gate: Tensor, batch: int, room: int) -> Tensor:
    order = gate.flatten().argsort(descending=True)
    return first_come(wants[order], gate, batch, room)[order.argsort()]


def by_sequence(wants: Tensor, gate: Tensor, batch: int, room: int) -> Tensor:
    share = math.ceil(room / batch)
    return torch.cat([first_come(part, gate, batch, share) for part in wants.chunk(batch)])


@dataclass(frozen=True)
class Blend(Recipe):
    """Every expert answers every token, and the answers are mixed by their probabilities."""

    def output(self, w: Weights, x: Tensor) -> Tensor:
        return torch.einsum("ne,end->nd", self.route(w, x)[0], self.answers(w, x)).view_as(x)


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
