# fails: forward, fresh, loss, large-logits, sgd, adam, trajectory, moves, accuracy
# baseline: zeros of the right shapes
"""Trivial baseline: zeros of the right shapes."""

import torch
from torch import nn


class MLP(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.classes = sizes[-1]

    def forward(self, x):
        return x.new_zeros(len(x), self.classes)


def load_weights(model, weights):
    del model, weights


def loss(logits, y):
    del y
    return 0.0 * logits.sum()


class SGD:
    def __init__(self, parameters, **options):
        del parameters, options

    def zero_grad(self):
        pass

    def step(self):
        pass


Adam = SGD


def train_step(model, optimiser, x, y):
    del optimiser
    return loss(model(x), y).item()


def fit(model, x, y):
    del model, x, y
    return torch.zeros(())
