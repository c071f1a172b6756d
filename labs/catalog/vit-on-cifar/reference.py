"""CIFAR-10's layout, statistics, augmentation and the measures of a classifier, in float64 and image by image."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

SIDE, MARGIN = 32, 4
PIXELS = 3 * SIDE * SIDE
Z = 1.96


def as_bytes(images: Tensor, labels: Tensor) -> Tensor:
    """Images (N, 3, 32, 32) and labels (N,) as CIFAR-10's binary version has them: (N·3073,) of uint8."""
    rows = [
        torch.cat([label.view(1).to(torch.uint8), image.flatten()]) for image, label in zip(images, labels, strict=True)
    ]
    return torch.cat(rows)


def moments(images: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel, over all pixels of all images, from 0 to 1."""
    channels = images.double().transpose(0, 1).flatten(1) / 255  # (3, N·H·W)
    mean = channels.mean(1)
    return mean, (channels - mean[:, None]).square().mean(1).sqrt()


def normalised(train: Tensor, test: Tensor) -> Tensor:
    mean, std = moments(train)
    return (test.double() / 255 - mean[:, None, None]) / std[:, None, None]


def augmented(images: Tensor, tops: Tensor, lefts: Tensor, flips: Tensor) -> Tensor:
    """Each image its own window of the image with a margin of zeros, mirrored where its flip says so."""
    height, width = images.shape[2:]
    windows = []
    for image, top, left, flip in zip(images, tops.tolist(), lefts.tolist(), flips.tolist(), strict=True):
        window = pad(image, (MARGIN,) * 4)[:, top : top + height, left : left + width]
        windows.append(window.flip(2) if flip else window)
    return torch.stack(windows)


def repeated(train: Tensor, test: Tensor) -> Tensor:
    """Places in `train` whose image stands in `test`."""
    known = {image.numpy().tobytes() for image in test}
    return torch.tensor([i for i, image in enumerate(train) if image.numpy().tobytes() in known])


Weights = dict[str, Tensor]


def running(w: Weights, h: Tensor) -> tuple[Tensor, Tensor]:
    del h
    return w["mean"], w["variance"]


@dataclass(frozen=True)
class Answers:
    """What the given small model answers, batch by batch; the defaults are the contract."""

    statistics: Callable[[Weights, Tensor], tuple[Tensor, Tensor]] = running
    mirror: Callable[[Tensor], Tensor] = lambda x: x.flip(3)
    join: Callable[[Tensor, Tensor], Tensor] = lambda one, other: (one + other) / 2

    def one(self, w: Weights, x: Tensor) -> Tensor:
        h = conv2d(x, w["kernel"], padding=1)
        mean, variance = (s[:, None, None] for s in self.statistics(w, h))
        h = ((h - mean) / (variance + 1e-5).sqrt()).relu()
        return h.flatten(1) @ w["head"].mT

    def __call__(self, w: Weights, images: Tensor, batch: int, flip: bool) -> Tensor:
        """(N, 3, H, W) -> logits (N, K)."""
        found = []
        for x in images.split(batch):
            plain = self.one(w, x)
            found.append(self.join(plain, self.one(w, self.mirror(x))) if flip else plain)
        return torch.cat(found)


def losses(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy image by image, (N,)."""
    return logits.logsumexp(1) - logits[torch.arange(len(labels)), labels]


def hits(logits: Tensor, labels: Tensor, k: int) -> Tensor:
    """Whether the right class is among the k best; where others score as high as it, they come first."""
    own = logits[torch.arange(len(labels)), labels]
    return ((logits >= own[:, None]).sum(1) <= k).double()


def table(logits: Tensor, labels: Tensor) -> Tensor:
    """How often class i was taken for class j: (K, K)."""
    counts = torch.zeros(logits.size(1), logits.size(1), dtype=torch.float64)
    for truth, guess in zip(labels.tolist(), logits.argmax(1).tolist(), strict=True):
        counts[truth, guess] += 1
    return counts


def by_class(logits: Tensor, labels: Tensor) -> Tensor:
    counts = table(logits, labels)
    return counts.diagonal() / counts.sum(1)


def calibration(logits: Tensor, labels: Tensor, bins: int) -> Tensor:
    """Expected calibration error: bins of equal width, open below and closed above."""
    sure, right = logits.softmax(1).amax(1), hits(logits, labels, 1)
    error = torch.zeros((), dtype=torch.float64)
    for i in range(bins):
        inside = (sure > i / bins) & (sure <= (i + 1) / bins)
        if inside.any():
            error += inside.double().mean() * (right[inside].mean() - sure[inside].mean()).abs()
    return error


def wilson(right: float, n: int, z: float = Z) -> Tensor:
    """Where an accuracy may lie: the shares p with |right/n − p| ≤ z·√(p(1 − p)/n)."""
    share = right / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return torch.tensor([centre - half, centre + half], dtype=torch.float64)
