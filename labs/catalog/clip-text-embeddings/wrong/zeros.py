# fails: batch, pool, embed, unit, padding, cosine, class-vectors, contrastive, gradients
# baseline: zeros of the right shapes
"""Trivial baseline: zeros of the right shapes."""

import torch


def batch(rows, bos, eos, length):
    del bos, eos
    return (torch.zeros(len(rows), length, dtype=torch.long),) * 2


def pool(states, ids, eos):
    del ids, eos
    return 0 * states[:, 0]


def embed(model, ids):
    return torch.zeros(len(ids), model.config.projection_dim)


def cosine(a, b):
    return 0 * a @ b.T


def class_vectors(vectors):
    return 0 * vectors[:, 0]


def contrastive_loss(text, image, log_scale):
    return 0 * (text.sum() + image.sum() + log_scale)
