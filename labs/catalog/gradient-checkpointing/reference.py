"""A chain of blocks in float64, differentiated segment by segment as checkpointing does, with masks of one's choice."""

from dataclasses import dataclass

import torch
from torch import Tensor

Weights = dict[str, Tensor]
Masks = list[Tensor]


@dataclass(frozen=True)
class Case:
    """What one probe is given. Block i draws the i-th mask."""

    layers: list[Weights]
    x: Tensor
    cotangent: Tensor
    seed: int
    keep: float
    segments: int = 0

    def lengths(self) -> list[int]:
        """How many blocks each segment has in the model solution."""
        size = -(-len(self.layers) // max(1, self.segments))
        return [min(size, len(self.layers) - start) for start in range(0, len(self.layers), size)]


def masks(case: Case, count: int) -> Masks:
    """The first `count` masks that a generator with the case's seed gives, (B, F) each."""
    draw = torch.Generator().manual_seed(case.seed)
    shape = len(case.x), len(case.layers[0]["w1"])
    return [((torch.rand(shape, generator=draw) < case.keep) / case.keep).double() for _ in range(count)]


def numbers(case: Case, masks_before: int, numbers_before: int) -> Tensor:
    """Five numbers of the same stream, after so many masks and so many numbers."""
    draw = torch.Generator().manual_seed(case.seed)
    for _ in range(masks_before):
        torch.rand(len(case.x), len(case.layers[0]["w1"]), generator=draw)
    return torch.rand(numbers_before + 5, generator=draw)[numbers_before:].double()


def block(w: Weights, x: Tensor, mask: Tensor) -> Tensor:
    return x + (torch.tanh(x @ w["w1"].mT) * mask) @ w["w2"].mT


@dataclass(frozen=True)
class Answer:
    y: Tensor
    x: Tensor
    layers: list[Weights]


def differentiate(case: Case, first: Masks, second: Masks | None = None) -> Answer:
    """Forward with the masks `first`; each segment's derivative from a run with `second`, from the last segment on."""
    second = first if second is None else second
    layers = [{name: w.double().requires_grad_() for name, w in layer.items()} for layer in case.layers]
    parts = torch.arange(len(layers)).split(case.lengths())
    boundaries = [case.x.double()]
    for part in parts:
        boundaries.append(through(layers, part, boundaries[-1], first).detach())
    flowing = case.cotangent.double()
    for part, start in zip(reversed(parts), reversed(boundaries[:-1]), strict=True):
        leaf = start.clone().requires_grad_()
        through(layers, part, leaf, second).backward(flowing)
        flowing = leaf.grad
    return Answer(boundaries[-1], flowing, [{name: w.grad for name, w in layer.items()} for layer in layers])


def through(layers: list[Weights], part: Tensor, x: Tensor, drawn: Masks) -> Tensor:
    for i in part.tolist():
        x = block(layers[i], x, drawn[i])
    return x


def drawn_anew(case: Case) -> Masks:
    """The masks of second runs that go on drawing, the last segment first, after the five numbers in between."""
    depth, draw = len(case.layers), torch.Generator().manual_seed(case.seed)
    shape = len(case.x), len(case.layers[0]["w1"])
    for _ in range(depth):
        torch.rand(shape, generator=draw)
    torch.rand(5, generator=draw)
    found: dict[int, Tensor] = {}
    for part in reversed(torch.arange(depth).split(case.lengths())):
        for i in part.tolist():
            found[i] = ((torch.rand(shape, generator=draw) < case.keep) / case.keep).double()
    return [found[i] for i in range(depth)]


def best(depth: int, inside: int, divide: str = "up") -> int:
    """The first number of segments that holds the fewest activations."""
    costs = [k + inside * (-(-depth // k) if divide == "up" else depth // k) for k in range(1, depth + 1)]
    return costs.index(min(costs)) + 1
