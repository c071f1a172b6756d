"""The Switch layer as formulas in float64: a `Recipe` whose defaults are the contract."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import one_hot, relu

Weights = dict[str, Tensor]
Config = dict[str, float]


def of_chosen(_logits: Tensor, probabilities: Tensor, chosen: Tensor) -> Tensor:
    return probabilities.gather(1, chosen[:, None])  # (N, 1)


def first_come(wants: Tensor, _gate: Tensor, _batch: int, room: int) -> Tensor:
    return ((wants.cumsum(0) * wants).sum(1) <= room)[:, None]  # (N, E) -> (N, 1)


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


def recipe(config: Config) -> Recipe:
    return Recipe(int(config["n_experts"]), config["capacity_factor"], config["alpha"])


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
