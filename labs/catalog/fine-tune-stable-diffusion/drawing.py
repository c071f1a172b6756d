"""Weights of all three models, images, prompts and batches, drawn so that mistakes show."""

import json
import math

import torch
from torch import Tensor

from gpu_runner.checking import Lab
from reference import STEPS, Batch, Models, Photos

TOKENS, VOCABULARY = 5, 48
SIZES = {"C": 4, "H": 8, "W": 8, "L": TOKENS, "E": 12}


def draw_models(lab: Lab) -> Models:
    """Norms near one, matrices over the root of their inputs: no two submissions meet the same models."""
    shapes = json.loads(lab.data("data/shapes.json"))
    generator = torch.Generator().manual_seed(lab.random.getrandbits(60))
    parts = {
        part: {name: draw_array(name, shape, generator) for name, shape in arrays.items()}
        for part, arrays in shapes.items()
    }
    return Models(**parts)


def draw_array(name: str, shape: list[int], generator: torch.Generator) -> Tensor:
    noise = torch.randn(shape, generator=generator)
    if len(shape) == 1:
        return 0.2 * noise + (1.0 if "norm" in name and name.endswith("weight") else 0.0)
    if "embedding" in name and "time" not in name:
        return noise
    return noise / math.sqrt(math.prod(shape[1:]))


def draw_scaling(lab: Lab) -> float:
    """No factor that somebody might have written down, and far from one."""
    return lab.random.choice([lab.random.uniform(0.3, 0.5), lab.random.uniform(1.8, 2.6)])


def draw_ids(lab: Lab) -> Tensor:
    """Prompts that end in the token for the end: (B, L)."""
    ids = lab.integers("B L", low=0, high=VOCABULARY)
    ids[:, -1] = VOCABULARY + 1
    return ids


def draw_batch(lab: Lab, count: int) -> Batch:
    """Latents and prompts as the encoders might give them, and steps that differ."""
    lab.fix(B=count, **SIZES)
    t = torch.tensor(lab.random.sample(range(STEPS // 5, STEPS - 50), count))
    return Batch(lab.normal("B C H W"), lab.normal("B L E"), t, lab.normal("B C H W"))


def draw_photos(lab: Lab, count: int) -> Photos:
    """What a data loader would give, with the steps and the noise of this batch."""
    lab.fix(B=count, **SIZES)
    t = torch.tensor(lab.random.sample(range(STEPS // 5, STEPS - 50), count))
    return Photos(lab.uniform("B 3 16 16", low=-1.0), draw_ids(lab), t, lab.normal("B C H W"))
