"""What people compute instead. Texts fit after "equals"."""

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import pad

from reference import (
    MARGIN,
    PIXELS,
    SIDE,
    Answers,
    Weights,
    Z,
    augmented,
    by_class,
    hits,
    losses,
    moments,
    table,
    wilson,
)

Wrong = list[tuple[str, str, Callable[..., Tensor]]]


def interleaved(images: Tensor) -> Tensor:
    return images.reshape(-1, SIDE, SIDE, 3).permute(0, 3, 1, 2)


def label_behind(content: Tensor) -> Tensor:
    return content.view(-1, PIXELS + 1)[:, :-1].reshape(-1, 3, SIDE, SIDE)


IMAGES: Wrong = [
    ("interleaved", "pixels of three bytes each, where CIFAR has planes", lambda images, _: interleaved(images)),
    ("turned", "images with rows and columns swapped", lambda images, _: images.mT),
    ("blue-first", "planes taken as blue, green, red", lambda images, _: images.flip(1)),
    ("label-behind", "images that begin with the label's byte", lambda _, content: label_behind(content)),
]


def of_all(train: Tensor, test: Tensor) -> Tensor:
    channels = train.double() / 255
    return (test.double() / 255 - channels.mean()) / channels.std(correction=0)


def own(train: Tensor, test: Tensor) -> Tensor:
    del train
    mean, std = moments(test)
    return (test.double() / 255 - mean[:, None, None]) / std[:, None, None]


def both(train: Tensor, test: Tensor) -> Tensor:
    mean, std = moments(torch.cat([train, test]))
    return (test.double() / 255 - mean[:, None, None]) / std[:, None, None]


def by_variance(train: Tensor, test: Tensor) -> Tensor:
    mean, std = moments(train)
    return (test.double() / 255 - mean[:, None, None]) / std[:, None, None].square()


def within_images(train: Tensor, test: Tensor) -> Tensor:
    mean, _ = moments(train)
    std = (train.double() / 255).flatten(2).std(2, correction=0).mean(0)
    return (test.double() / 255 - mean[:, None, None]) / std[:, None, None]


def unscaled(train: Tensor, test: Tensor) -> Tensor:
    mean, std = moments(train)
    return (test.double() - mean[:, None, None]) / std[:, None, None]


NORMALISED: Wrong = [
    ("one-for-all", "one mean and deviation for all channels", of_all),
    ("own-statistics", "test images normalised by their own statistics", own),
    ("pooled", "statistics that the test images have part in", both),
    ("by-variance", "a division by the variance", by_variance),
    ("within-images", "the mean deviation within an image", within_images),
    ("unscaled", "bytes from which a mean between 0 and 1 is taken", unscaled),
]


def edges(images: Tensor, tops: Tensor, lefts: Tensor, flips: Tensor) -> Tensor:
    height, width = images.shape[2:]
    windows = []
    for image, top, left, flip in zip(images, tops.tolist(), lefts.tolist(), flips.tolist(), strict=True):
        window = pad(image, (MARGIN,) * 4, mode="replicate")[:, top : top + height, left : left + width]
        windows.append(window.flip(2) if flip else window)
    return torch.stack(windows)


def flipped_first(images: Tensor, tops: Tensor, lefts: Tensor, flips: Tensor) -> Tensor:
    mirrored = torch.where(flips[:, None, None, None], images.flip(3), images)
    return augmented(mirrored, tops, lefts, torch.zeros_like(flips))


def upside_down(images: Tensor, tops: Tensor, lefts: Tensor, flips: Tensor) -> Tensor:
    windows = augmented(images, tops, lefts, torch.zeros_like(flips))
    return torch.where(flips[:, None, None, None], windows.flip(2), windows)


AUGMENTED: Wrong = [
    ("swapped", "windows whose top and left are swapped", lambda x, t, f, s: augmented(x, f, t, s)),
    (
        "shared",
        "the first image's window for all",
        lambda x, t, f, s: augmented(x, t[:1].expand_as(t), f[:1].expand_as(f), s),
    ),
    (
        "other-way",
        "windows that move the other way",
        lambda x, t, f, s: augmented(x, 2 * MARGIN - t, 2 * MARGIN - f, s),
    ),
    ("flipped-first", "images mirrored before they are cut", flipped_first),
    ("upside-down", "images mirrored top to bottom", upside_down),
    ("never-flipped", "images that are never mirrored", lambda x, t, f, s: augmented(x, t, f, torch.zeros_like(s))),
    ("edges", "a margin that repeats the edge", edges),
]


def same_sum(train: Tensor, test: Tensor) -> Tensor:
    sums = set(test.long().sum((1, 2, 3)).tolist())
    return torch.tensor([i for i, s in enumerate(train.long().sum((1, 2, 3)).tolist()) if s in sums])


def places_in_test(train: Tensor, test: Tensor) -> Tensor:
    known = {image.numpy().tobytes() for image in train}
    return torch.tensor([i for i, image in enumerate(test) if image.numpy().tobytes() in known])


def same_place(train: Tensor, test: Tensor) -> Tensor:
    n = min(len(train), len(test))
    return (train[:n] == test[:n]).flatten(1).all(1).nonzero()[:, 0]


REPEATED: Wrong = [
    ("same-sum", "images whose bytes have a sum that occurs in the test set", same_sum),
    ("places-in-test", "places in the test set", places_in_test),
    ("same-place", "images that stand at the same place in both", same_place),
]


def of_the_batch(w: Weights, h: Tensor) -> tuple[Tensor, Tensor]:
    del w
    variance, mean = torch.var_mean(h, dim=(0, 2, 3), correction=0)
    return mean, variance


def log_of_mean(one: Tensor, other: Tensor) -> Tensor:
    return ((one.softmax(1) + other.softmax(1)) / 2).log()


ANSWERS: list[tuple[str, str, Answers]] = [
    ("training-mode", "a model in training mode", Answers(statistics=of_the_batch)),
    ("not-mirrored", "predictions without the mirror image", Answers(mirror=lambda x: x)),
    ("upside-down", "an average with the image upside down", Answers(mirror=lambda x: x.flip(2))),
    ("turned", "an average with the image turned by half", Answers(mirror=lambda x: x.flip(2, 3))),
    ("mirror-alone", "predictions from the mirror image alone", Answers(join=lambda _, other: other)),
    ("summed", "a sum of both predictions", Answers(join=lambda one, other: one + other)),
    ("probabilities", "the logarithm of the mean probability", Answers(join=log_of_mean)),
]


def of_batches(logits: Tensor, labels: Tensor, batch: int) -> Tensor:
    return torch.stack([part.mean() for part in losses(logits, labels).split(batch)]).mean()


def by_full_batches(logits: Tensor, labels: Tensor, batch: int) -> Tensor:
    each = losses(logits, labels)
    return torch.stack([part.mean() for part in each.split(batch)]).sum() * batch / len(each)


def whole_batches(logits: Tensor, labels: Tensor, batch: int) -> Tensor:
    each = losses(logits, labels)
    return each[: len(each) // batch * batch].mean()


LOSSES: Wrong = [
    ("mean-of-means", "the mean of the batches' means", of_batches),
    ("full-batches", "batches that are all counted as full", by_full_batches),
    ("last-dropped", "the mean without the last, short batch", whole_batches),
    ("summed", "the sum over the images", lambda logits, labels, _: losses(logits, labels).sum()),
]


def precision(logits: Tensor, labels: Tensor) -> Tensor:
    counts = table(logits, labels)
    return counts.diagonal() / counts.sum(0)


METRICS: dict[str, Wrong] = {
    "top1": [
        ("mean-of-classes", "the mean of the classes' accuracies", lambda z, y: by_class(z, y).mean()),
        ("counted", "a count and not a share", lambda z, y: hits(z, y, 1).sum()),
    ],
    "top5": [
        ("top-1", "top-1", lambda z, y: hits(z, y, 1).mean()),
        ("top-4", "the share within the first four", lambda z, y: hits(z, y, 4).mean()),
        ("top-6", "the share within the first six", lambda z, y: hits(z, y, 6).mean()),
        ("lowest", "the share among the five that score lowest", lambda z, y: hits(-z, y, 5).mean()),
    ],
    "confusion": [
        ("turned", "a table whose rows are the guesses", lambda z, y: table(z, y).mT),
        ("diagonal", "only the right ones", lambda z, y: table(z, y).diagonal().diag()),
    ],
    "per_class": [
        ("precision", "precision: the share of each guess that is right", precision),
        ("of-all", "right ones of each class as a share of all images", lambda z, y: table(z, y).diagonal() / len(y)),
    ],
}


def by_bin(logits: Tensor, labels: Tensor, bins: int, sure: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """The share of images in each bin that has any, and accuracy less confidence there."""
    sure = logits.softmax(1).amax(1) if sure is None else sure
    right = hits(logits, labels, 1)
    place = (sure * bins).ceil().long().clamp(1, bins) - 1
    kept = [place == i for i in place.unique()]
    gaps = torch.stack([right[k].mean() - sure[k].mean() for k in kept])
    return torch.stack([k.double().mean() for k in kept]), gaps


def unweighted(logits: Tensor, labels: Tensor, bins: int) -> Tensor:
    return by_bin(logits, labels, bins)[1].abs().mean()


def worst(logits: Tensor, labels: Tensor, bins: int) -> Tensor:
    return by_bin(logits, labels, bins)[1].abs().max()


def squared(logits: Tensor, labels: Tensor, bins: int) -> Tensor:
    shares, gaps = by_bin(logits, labels, bins)
    return (shares * gaps.square()).sum().sqrt()


def overall(logits: Tensor, labels: Tensor, bins: int) -> Tensor:
    return by_bin(logits, labels, min(bins, 1))[1].abs().sum()


def of_the_truth(logits: Tensor, labels: Tensor, bins: int) -> Tensor:
    own = logits.softmax(1)[torch.arange(len(labels)), labels]
    shares, gaps = by_bin(logits, labels, bins, own)
    return (shares * gaps.abs()).sum()


CALIBRATIONS: Wrong = [
    ("unweighted", "a mean over the bins that counts each alike", unweighted),
    ("worst", "the worst bin's error", worst),
    ("squared", "the root of the mean square", squared),
    ("overall", "accuracy less confidence without bins", overall),
    ("of-the-truth", "bins of the right class's probability", of_the_truth),
]


def wald(right: float, n: int) -> Tensor:
    share = right / n
    half = Z * math.sqrt(share * (1 - share) / n)
    return torch.tensor([share - half, share + half], dtype=torch.float64)


def centred(right: float, n: int) -> Tensor:
    low, high = wilson(right, n)
    return torch.stack([right / n - (high - low) / 2, right / n + (high - low) / 2])


INTERVALS: Wrong = [
    ("wald", "Wald's interval, which the normal approximation gives", wald),
    ("centred", "Wilson's width around the share itself", centred),
]


def bound(wrong: Wrong, *on: object) -> list[tuple[str, str, Callable[[], Tensor]]]:
    return [(key, text, partial(fn, *on)) for key, text, fn in wrong]
