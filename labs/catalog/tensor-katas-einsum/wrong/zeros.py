# fails: split-heads, bilinear, pick, running-mean, patches, windows
# baseline: zeros of the right shapes
"""Trivial baseline: zeros of the right shapes."""

import torch


def split_heads(x, heads):
    return torch.zeros(len(x), heads, x.shape[1], x.shape[2] // heads)


def bilinear(x, w, y):
    del y
    return torch.zeros(len(x), len(w))


def pick(logits, ids):
    del logits
    return torch.zeros(ids.shape)


def running_mean(x):
    return torch.zeros_like(x)


def patches(images, size):
    count = images.shape[2] * images.shape[3] // size**2
    return torch.zeros(len(images), count, images.shape[1] * size**2)


def windows(x, size):
    return torch.zeros(len(x), x.shape[1] - size + 1, size)
