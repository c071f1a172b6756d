"""How pictures are judged: by a small classifier of digits that the project trained, and by its features."""

import torch
from safetensors.torch import load
from torch import Tensor

from gpu_runner.checking import Lab


def digits(lab: Lab) -> tuple[Tensor, Tensor]:
    """All digits in drawn order: pixels (N, 64) in [-1, 1], labels (N,)."""
    rows = torch.frombuffer(bytearray(lab.data("data/digits.bin")), dtype=torch.uint8).view(-1, 65)
    rows = rows[torch.tensor(lab.random.sample(range(len(rows)), len(rows)))]
    return rows[:, :64].float() / 8 - 1, rows[:, 64].long()


class Judge:
    """An MLP with two hidden layers, 64 and 32 wide, with weights from `data/judge.safetensors`."""

    def __init__(self, lab: Lab) -> None:
        self.weights = {name: array.double() for name, array in load(lab.data("data/judge.safetensors")).items()}

    def features(self, x: Tensor) -> Tensor:
        """x (N, 64) -> (N, 32), its second hidden layer."""
        h = x.double()
        for i in (1, 2):
            h = (h @ self.weights[f"w{i}"].mT + self.weights[f"b{i}"]).relu()
        return h

    def read(self, x: Tensor) -> Tensor:
        """Which digit it sees: x (N, 64) -> (N,)."""
        return (self.features(x) @ self.weights["w3"].mT + self.weights["b3"]).argmax(1)

    def distance(self, one: Tensor, other: Tensor) -> float:
        """The Fréchet distance of two sets of pictures, (N, 64) and (M, 64): of Gaussians fitted to their features."""
        (mean, spread), (mean_of_other, spread_of_other) = (moments(self.features(x)) for x in (one, other))
        shared = torch.linalg.eigvals(spread @ spread_of_other).real.clamp(min=0).sqrt().sum()
        return ((mean - mean_of_other).square().sum() + (spread + spread_of_other).trace() - 2 * shared).item()


def moments(features: Tensor) -> tuple[Tensor, Tensor]:
    return features.mean(0), torch.cov(features.T)
