"""Patches of 8 × 8 pixels and no convolution; NumPy for reading and measuring; loops where others index."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import cross_entropy, pad
from transformers import ViTConfig, ViTForImageClassification


def read_cifar(folder, split):
    names = ["test_batch.bin"] if split == "test" else [f"data_batch_{n}.bin" for n in (1, 2, 3, 4, 5)]
    batches = [np.fromfile(Path(folder) / name, dtype=np.uint8).reshape(-1, 3073) for name in names]
    rows = np.concatenate(batches)
    images = np.stack([rows[:, 1 + 1024 * c : 1025 + 1024 * c].reshape(-1, 32, 32) for c in range(3)], axis=1)
    return torch.from_numpy(images.copy()), torch.from_numpy(rows[:, 0].astype(np.int64))


def statistics(images):
    pixels = images.float().permute(1, 0, 2, 3).reshape(3, -1) / 255
    return pixels.mean(1), pixels.std(1)


def normalise(images, mean, std):
    return images.float().div(255).sub(mean.view(1, 3, 1, 1)).div(std.view(1, 3, 1, 1))


def augment(images, tops, lefts, flips):
    height, width = images.shape[-2:]
    result = torch.empty_like(images)
    for i, image in enumerate(pad(images, (4, 4, 4, 4))):
        top, left = int(tops[i]), int(lefts[i])
        cut = image[:, top : top + height, left : left + width]
        result[i] = torch.fliplr(cut.permute(1, 2, 0)).permute(2, 0, 1) if flips[i] else cut
    return result


def split(labels, share, generator):
    order = torch.randperm(len(labels), generator=generator)
    left = {int(c): round(share * int((labels == c).sum())) for c in labels.unique()}
    train, held = [], []
    for i in order.tolist():
        label = int(labels[i])
        (held if left[label] > 0 else train).append(i)
        left[label] -= 1
    return torch.tensor(train), torch.tensor(held)


def duplicates(train, test):
    flat, other = train.flatten(1), test.flatten(1)
    found = [i for i, row in enumerate(flat) if (other == row).all(1).any()]
    return torch.tensor(found)


@torch.no_grad()
def predict(model, images, batch_size, flip=False):
    before, parts = model.training, []
    model.eval()
    for start in range(0, len(images), batch_size):
        x = images[start : start + batch_size]
        y = model(x)
        if flip:
            y = torch.stack([y, model(torch.flip(x, dims=[-1]))]).mean(0)
        parts.append(y)
    model.train(before)
    return torch.cat(parts)


def mean_loss(model, images, labels, batch_size):
    total = 0.0
    for start in range(0, len(images), batch_size):
        logits = predict(model, images[start : start + batch_size], batch_size)
        total += cross_entropy(logits, labels[start : start + batch_size], reduction="sum").item()
    return total / len(images)


def evaluate(logits, labels, bins):
    p = torch.softmax(logits, 1).numpy().astype(np.float64)
    y = labels.numpy()
    n, classes = p.shape
    ranks = np.argsort(-logits.numpy(), axis=1)
    right = ranks[:, 0] == y
    confusion = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(confusion, (y, ranks[:, 0]), 1)
    sure, edges, ece = p.max(1), np.linspace(0, 1, bins + 1), 0.0
    for low, high in pairwise(edges):
        inside = (sure > low) & (sure <= high)
        if inside.any():
            ece += inside.sum() / n * abs(right[inside].mean() - sure[inside].mean())
    z, k = 1.96, float(right.sum())
    root = z * np.sqrt(k * (n - k) / n + z * z / 4)
    return {
        "top1": float(right.mean()),
        "top5": float((ranks[:, :5] == y[:, None]).any(1).mean()),
        "confusion": torch.from_numpy(confusion),
        "per_class": torch.tensor([right[y == c].mean() for c in range(classes)], dtype=torch.float32),
        "ece": float(ece),
        "low": float((k + z * z / 2 - root) / (n + z * z)),
        "high": float((k + z * z / 2 + root) / (n + z * z)),
    }


class Plain(torch.nn.Module):
    def __init__(self, classes):
        super().__init__()
        sizes = {"hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 96}
        self.vit = ViTForImageClassification(ViTConfig(image_size=32, patch_size=8, num_labels=classes, **sizes))

    def forward(self, x):
        return self.vit(pixel_values=x).logits


def train(images, labels, classes):
    mean, std = statistics(images)
    model, steps = Plain(classes), 170
    optimiser = torch.optim.Adam(model.parameters(), lr=6e-3, betas=(0.9, 0.98))
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = 6e-3 * min((step + 1) / 30, 1.02 - step / steps)
        rows = torch.randperm(len(images))[:48]
        x = normalise(images[rows], mean, std)
        x = augment(x, torch.randint(9, (48,)), torch.randint(9, (48,)), torch.randint(2, (48,)).bool())
        optimiser.zero_grad()
        cross_entropy(model(x), labels[rows]).backward()
        optimiser.step()
    return model, mean, std
