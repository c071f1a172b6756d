"""The shipped image model, layers and batches drawn so that mistakes show, and clips."""

import torch
from safetensors.torch import load
from torch import Tensor

from gpu_runner.checking import Lab
from reference import ARRAYS, BLOCKS, LEVELS, Batch, Weights
from scenes import draw_clips

WIDTH = 16


def shipped(lab: Lab) -> Weights:
    return {name: tensor.float() for name, tensor in load(lab.data("data/image.safetensors")).items()}


def exact(tree: Weights) -> Weights:
    return {name: tensor.double() for name, tensor in tree.items()}


def draw_config(lab: Lab) -> dict[str, int]:
    """Heads that leave their width another number than theirs, so that none is taken for the other."""
    lab.fix(F=lab.random.choice([5, 7]), C=12)
    return {"channels": 12, "heads": lab.random.choice([2, 3]), "frames": lab.size("F")}


def draw_layer(lab: Lab) -> Weights:
    """Queries and keys twice as loud as usual: attention that is nearly even would hide mistakes."""
    weights = lab.weights(**ARRAYS)
    weights["gain"] = 1 + 0.3 * weights["gain"]
    return weights | {name: 2 * weights[name] for name in ("wq", "wk")}


def draw_layers(lab: Lab, clips: int = 3) -> list[Weights]:
    """Layers for the image model, which change its pictures and do not drown them."""
    lab.fix(C=WIDTH, B=clips, S=12)
    lab.dims("F", F=(4, 7))
    layers = [draw_layer(lab) for _ in range(BLOCKS)]
    return [layer | {"wo": 0.5 * layer["wo"]} for layer in layers]


def draw_levels(lab: Lab) -> Tensor:
    """A level for each clip, no two the same."""
    return torch.tensor(lab.random.sample(range(1, LEVELS), lab.size("B")))


def draw_batch(lab: Lab) -> Batch:
    return Batch(lab.uniform("B 1 F S S", low=-1.0), draw_levels(lab), lab.normal("B 1 F S S"))


def draw_films(lab: Lab, count: int) -> Tensor:
    """Clips of cut scenes, others for each submission."""
    return draw_clips(count, torch.Generator().manual_seed(lab.random.getrandbits(60)))
