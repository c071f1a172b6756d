"""CIFAR-10's binary files, honest evaluation, and a vision transformer. The README says what each part does."""

import torch
from torch import Tensor, nn


def read_cifar(folder: str, split: str) -> tuple[Tensor, Tensor]:
    """Images (N, 3, 32, 32) of uint8 and labels (N,) of the files of one split, in their order."""
    raise NotImplementedError("TODO 1: the files' bytes as rows of 3073: a label, then three planes of 32 × 32")


def statistics(images: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel, (3,) each, of pixels from 0 to 1."""
    raise NotImplementedError("TODO 2: over all images, rows and columns, after a division by 255")


def normalise(images: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    raise NotImplementedError("TODO 3: (pixels / 255 - mean) / std, channel by channel")


def augment(images: Tensor, tops: Tensor, lefts: Tensor, flips: Tensor) -> Tensor:
    """Each image's window in itself with a margin of 4 zeros, mirrored where flips says so: (B, C, H, W)."""
    raise NotImplementedError("TODO 4: pad by 4, cut at each image's own top and left, then mirror left to right")


def split(labels: Tensor, share: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Places of the training and of the held-out images, the same share of each class."""
    raise NotImplementedError("TODO 5: for each class a torch.randperm with the generator, and a cut")


def duplicates(train: Tensor, test: Tensor) -> Tensor:
    """Places in train, rising, of images that stand in test byte for byte."""
    raise NotImplementedError("TODO 6: a set of the test images' bytes")


def predict(model: nn.Module, images: Tensor, batch_size: int, flip: bool = False) -> Tensor:
    """Logits (N, K) in evaluation mode; with flip the mean of those of the image and of its mirror image."""
    raise NotImplementedError("TODO 7: eval(), torch.no_grad, batches, and training mode as it was")


def mean_loss(model: nn.Module, images: Tensor, labels: Tensor, batch_size: int) -> float:
    """Cross-entropy, averaged over the images and not over the batches."""
    raise NotImplementedError("TODO 8: the last batch is short")


def evaluate(logits: Tensor, labels: Tensor, bins: int) -> dict[str, Tensor | float]:
    raise NotImplementedError("TODO 9: top1, top5, confusion, per_class, ece, low, high")


def train(images: Tensor, labels: Tensor, classes: int) -> tuple[nn.Module, Tensor, Tensor]:
    """A model that was trained, (B, 3, 32, 32) -> logits (B, classes), and the mean and deviation that it expects."""
    raise NotImplementedError("TODO 10: a small ViTForImageClassification, some 120 steps on batches of 48")
