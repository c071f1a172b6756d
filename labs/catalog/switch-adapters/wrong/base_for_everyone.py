# fails: fresh, file, switch, trainable, steps, merged, mix, dialect
# mistake: base-alone
# baseline: the base for everyone
"""Trivial baseline: no adapters at all."""

import torch
from safetensors.torch import save_file


def attach(base, _names, _rank, _alpha):
    return base


def save(_model, _name, path):
    save_file({"nothing": torch.zeros(1)}, path)


def load(_model, _name, _path):
    pass


def switch(model, _name):
    model.requires_grad_()


def train_step(model, _optimiser, ids):
    return model(input_ids=ids, labels=ids).loss.item()


def train(_model, _name, _rows):
    pass


def merged(model, _name):
    return model


def mix(_model, _weights, _name):
    pass
