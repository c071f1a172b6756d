"""Sizes, weights and images, drawn so that mistakes show; digits, turned and split anew for each submission."""

import math

import torch
from torch import Tensor

from gpu_runner.checking import Lab
from reference import STEM, Weights, cut

CONFIG = {"size": 8, "patch": 2, "channels": 1, "width": 32, "heads": 4, "layers": 2, "classes": 10}
"""The network that is trained: 27,000 parameters, 16 patches of four pixels."""
MATRICES = {"attention": 1.4, "mlp": 2.0}
"""Matrices scaled up from 1/√in: attention is far from even, and both branches weigh as much as the stream."""


def draw_config(lab: Lab) -> dict[str, int]:
    heads = lab.random.randint(2, 3)
    patch, grid = lab.random.choice([(2, 3), (2, 4), (3, 4), (4, 3)])
    sizes = {"size": patch * grid, "patch": patch, "channels": lab.random.choice([2, 3])}
    sizes |= {"width": heads * lab.random.choice([5, 7]), "heads": heads}
    return sizes | {"layers": lab.random.randint(2, 3), "classes": lab.random.choice([4, 6, 8])}


def shapes_of(config: dict[str, int]) -> dict[str, list[int]]:
    """All arrays by name, as Hugging Face's `ViTForImageClassification` has them."""
    d, p = config["width"], config["patch"]
    shapes = {f"{STEM}cls_token": [1, 1, d], f"{STEM}position_embeddings": [1, 1 + (config["size"] // p) ** 2, d]}
    shapes[f"{STEM}patch_embeddings.projection.weight"] = [d, config["channels"], p, p]
    shapes[f"{STEM}patch_embeddings.projection.bias"] = [d]
    for i in range(config["layers"]):
        block = f"vit.layers.{i}"
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            shapes |= dense(f"{block}.attention.{name}", d, d)
        shapes |= norm(f"{block}.layernorm_before", d) | norm(f"{block}.layernorm_after", d)
        shapes |= dense(f"{block}.mlp.fc1", 4 * d, d) | dense(f"{block}.mlp.fc2", d, 4 * d)
    return shapes | norm("vit.layernorm", d) | dense("classifier", config["classes"], d)


def dense(name: str, outs: int, ins: int) -> dict[str, list[int]]:
    return {f"{name}.weight": [outs, ins], f"{name}.bias": [outs]}


def norm(name: str, width: int) -> dict[str, list[int]]:
    return {f"{name}.weight": [width], f"{name}.bias": [width]}


def axes(shape: list[int]) -> str:
    return " ".join(map(str, shape))


def draw_weights(lab: Lab, config: dict[str, int]) -> Weights:
    return {name: draw_array(lab, name, shape) for name, shape in shapes_of(config).items()}


def draw_array(lab: Lab, name: str, shape: list[int]) -> Tensor:
    if len(shape) == 1:
        small = lab.normal(axes(shape), scale=0.3)
        return 1 + small if "norm" in name and name.endswith("weight") else small
    if len(shape) == 3:
        return lab.normal(axes(shape), scale=1.0)
    gain = next((gain for key, gain in MATRICES.items() if key in name), 1.5)
    return lab.normal(axes(shape), scale=gain / math.sqrt(math.prod(shape[1:])))


def draw_images(lab: Lab, config: dict[str, int], lead: str, rows: int = 0, columns: int = 0) -> Tensor:
    side = config["size"] // config["patch"]
    height, width = ((n or side) * config["patch"] for n in (rows, columns))
    return lab.normal(f"{lead} {config['channels']} {height} {width}")


def draw_digits(lab: Lab) -> tuple[Tensor, Tensor]:
    """All digits in drawn order, all turned or mirrored alike: images (1797, 1, 8, 8) in [−1, 1], labels (1797,)."""
    rows = torch.frombuffer(bytearray(lab.data("data/digits.bin")), dtype=torch.uint8).view(-1, 65)
    rows = rows[torch.tensor(lab.random.sample(range(len(rows)), len(rows)))]
    images = rows[:, :64].float().view(-1, 1, 8, 8) / 8 - 1
    turned = torch.rot90(images, lab.random.randrange(4), (2, 3))
    return (turned.mT if lab.random.random() < 0.5 else turned).contiguous(), rows[:, 64].long()


def spread(share: Tensor, patch: int) -> Tensor:
    """What each patch of a square image has, (B, N), as a picture of the image's size, brightest at 1: (B, 1, H, W)."""
    side = math.isqrt(share.size(1))
    grid = (share / share.amax(1, keepdim=True)).view(-1, 1, side, side)
    picture = grid.repeat_interleave(patch, 2).repeat_interleave(patch, 3)
    assert cut(picture, patch).size(1) == share.size(1)
    return picture
