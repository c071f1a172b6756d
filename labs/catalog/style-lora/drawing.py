"""The shipped base, judge and digits, and adapters and batches drawn so that mistakes show."""

from functools import cache
from typing import NamedTuple

import torch
from safetensors.torch import load
from torch import Tensor
from torch.nn import functional

from gpu_runner.checking import Lab
from reference import NOISE_STEPS, Batch, adapted
from unet import Weights

PROMPTS = 10
IMAGE = {"C": 1, "H": 8, "W": 8}


class Shipped(NamedTuple):
    """What `data/base.safetensors` holds, in float32."""

    base: Weights
    judge: Weights
    prompts: Tensor  # (10, L, E)


@cache
def parse(content: bytes) -> Shipped:
    tensors = {name: tensor.float() for name, tensor in load(content).items()}
    parts = [
        {name.removeprefix(part): tensor for name, tensor in tensors.items() if name.startswith(part)}
        for part in ("unet.", "judge.")
    ]
    return Shipped(*parts, tensors["prompts"])


def shipped(lab: Lab) -> Shipped:
    return parse(lab.data("data/base.safetensors"))


def draw_adapter(lab: Lab, base: Weights) -> tuple[Weights, float]:
    """Matrices for every adapted layer, such that the change is about half as large as the weight; and an alpha."""
    rank = lab.random.choice([3, 5])  # for 2 and 4 some wrong scales coincide
    lab.fix(R=rank)
    ratio = lab.random.choice([0.6, 1.7, 2.6])
    state = {}
    for name in adapted(base):
        outs, ins = base[f"{name}.weight"].shape
        state[f"{name}.lora_A.weight"] = lab.normal(f"R {ins}", scale=ins**-0.5)
        spread = 0.5 * base[f"{name}.weight"].std().item() * ins**0.5 / (ratio * rank**0.5)
        state[f"{name}.lora_B.weight"] = lab.normal(f"{outs} R", scale=spread)
    return state, ratio * rank


def draw_inputs(lab: Lab, prompts: Tensor) -> list[Tensor]:
    """Noisy images (B, 1, 8, 8), steps (B,) and prompts (B, L, E) of which each is a mixture of two digits."""
    lab.fix(**IMAGE)
    lab.dims("B", B=(4, 7))
    return [lab.normal("B C H W"), lab.integers("B", low=0, high=NOISE_STEPS), draw_prompts(lab, prompts)]


def draw_prompts(lab: Lab, prompts: Tensor) -> Tensor:
    first, second = (prompts[lab.integers("B", low=0, high=PROMPTS)] for _ in range(2))
    return (first + second) / 2 + lab.normal("B 2 16", scale=0.3)


def draw_batch(lab: Lab, prompts: Tensor) -> Batch:
    """Images in [-1, 1], and steps that differ, none of them the first or the last."""
    lab.fix(**IMAGE)
    count = lab.dims("B", B=(4, 7))[0]
    t = torch.tensor(lab.random.sample(range(10, NOISE_STEPS - 10), count))
    return Batch(lab.uniform("B C H W", low=-1.0), draw_prompts(lab, prompts), t, lab.normal("B C H W"))


def draw_style(lab: Lab, count: int) -> tuple[Tensor, Tensor]:
    """Bold digits (N, 1, 8, 8) in [-1, 1] and what they are (N,): another choice of them for each submission."""
    rows = torch.frombuffer(bytearray(lab.data("data/digits.bin")), dtype=torch.uint8).view(-1, 65)
    rows = rows[torch.tensor(lab.random.sample(range(len(rows)), count))]
    return bold((rows[:, :64].float() / 8 - 1).view(-1, 1, 8, 8)), rows[:, 64].long()


def bold(x: Tensor) -> Tensor:
    """Every pixel becomes the brighter of itself and its right neighbour: (N, 1, 8, 8) -> the same."""
    return functional.max_pool2d(functional.pad(x, (0, 1, 0, 0), value=-1.0), (1, 2), stride=1)
