"""How the checks reach into your file: files to read, a small model to predict with, images to learn from.

Every function gets your module as `learner`. Nothing is compared here; that happens outside.
"""

import tempfile
from pathlib import Path
from types import ModuleType

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d


class Given(nn.Module):
    """A convolution with given weights, batch norm with given statistics, ReLU, a head: (B, 3, H, W) -> (B, K)."""

    def __init__(self, weights: dict[str, Tensor]) -> None:
        super().__init__()
        self.kernel, self.head = (nn.Parameter(weights[name].clone()) for name in ("kernel", "head"))
        self.norm = nn.BatchNorm2d(len(weights["mean"]), affine=False)
        self.norm.running_mean.copy_(weights["mean"])
        self.norm.running_var.copy_(weights["variance"])

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(conv2d(x, self.kernel, padding=1)).relu().flatten(1) @ self.head.T


def read(learner: ModuleType, files: dict[str, Tensor], split: str) -> dict[str, Tensor]:
    """Write a folder like CIFAR-10's, and have it read."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content.numpy().tobytes())
        images, labels = learner.read_cifar(folder, split)
    return {"images": images, "labels": labels}


def prepared(learner: ModuleType, train: Tensor, test: Tensor) -> dict[str, Tensor]:
    mean, std = learner.statistics(train)
    return {"mean": mean, "std": std, "test": learner.normalise(test, mean, std)}


def halves(learner: ModuleType, labels: Tensor, share: float, seeds: list[int]) -> list[list[Tensor]]:
    """One split for each seed of a generator."""
    return [list(learner.split(labels, share, torch.Generator().manual_seed(seed))) for seed in seeds]


def answers(learner: ModuleType, weights: dict[str, Tensor], images: Tensor, batch: int) -> dict[str, Tensor | bool]:
    """Predictions without and with the mirror image, from a model that comes in training mode."""
    model = Given(weights).train()
    plain = learner.predict(model, images, batch)
    mirrored = learner.predict(model, images, batch, flip=True)
    result = {"plain": plain, "mirrored": mirrored, "mean": model.norm.running_mean.clone()}
    return result | {"graph": bool(plain.requires_grad), "training": bool(model.training)}


def loss(learner: ModuleType, weights: dict[str, Tensor], images: Tensor, labels: Tensor, batch: int) -> float:
    return float(learner.mean_loss(Given(weights).train(), images, labels, batch))


def measured(learner: ModuleType, logits: Tensor, labels: Tensor, bins: int) -> dict[str, Tensor | float]:
    return dict(learner.evaluate(logits, labels, bins))


def learn(learner: ModuleType, images: Tensor, labels: Tensor, test: Tensor) -> Tensor:
    """Train on labelled images (N, 3, 32, 32), and predict others with the mirror image averaged."""
    model, mean, std = learner.train(images, labels, 10)
    return learner.predict(model, learner.normalise(test, mean, std), 128, flip=True)
