"""How the checks reach into your file: a small U-Net of Stable Diffusion's build with given arrays; then your code.

Every function gets your module as `learner`. Nothing is compared here; that happens outside.
"""

from types import ModuleType
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn

Weights = dict[str, Tensor]
Latent = list[Tensor]
"""A latent (B, 4, H, W), steps (B,) and text (B, T, D)."""


def built(config: dict[str, Any], weights: Weights) -> nn.Module:
    unet = UNet2DConditionModel(**config)
    unet.load_state_dict(weights)
    return unet.eval()


def profile(
    learner: ModuleType, config: dict[str, Any], weights: Weights, latent: Latent, names: list[str]
) -> dict[str, Tensor]:
    """Your rows as tables: which of `names` each call is of (−1: none), shapes padded with zeros, and what it costs."""
    _, rows = learner.profile(built(config, weights), *latent)
    place = {name: at for at, name in enumerate(names)}
    numbers = {key: torch.tensor([int(row[key]) for row in rows]) for key in ("params", "macs", "bytes")}
    shapes = {key: torch.tensor([padded(row[key]) for row in rows]).reshape(-1, 4) for key in ("in", "out")}
    return {"calls": torch.tensor([place.get(row["name"], -1) for row in rows]), **shapes, **numbers}


def padded(shape: tuple[int, ...]) -> list[int]:
    return ([*list(shape), 0, 0, 0, 0])[:4]


def output(learner: ModuleType, config: dict[str, Any], weights: Weights, latent: Latent) -> dict[str, Tensor]:
    """What your profile hands on as the answer of the U-Net, and what the U-Net answers after it."""
    unet = built(config, weights)
    y, _ = learner.profile(unet, *latent)
    sample, t, text = latent
    with torch.no_grad():
        return {"during": y.detach(), "after": unet(sample, t, encoder_hidden_states=text).sample}


def capture(
    learner: ModuleType, config: dict[str, Any], weights: Weights, latent: Latent, names: list[str]
) -> dict[str, Any]:
    found = learner.capture(built(config, weights), *latent, names)
    return {name: {str(at): tensor.detach() for at, tensor in enumerate(found[name])} for name in found}


def maps(learner: ModuleType, config: dict[str, Any], weights: Weights, latent: Latent) -> dict[str, Tensor]:
    found = learner.attention_maps(built(config, weights), *latent)
    return {name: tensor.detach() for name, tensor in found.items()}


def blocks(learner: ModuleType, config: dict[str, Any], weights: Weights) -> dict[str, int]:
    return {name: int(count) for name, count in learner.parameters_by_block(built(config, weights)).items()}


def hooks_left(learner: ModuleType, config: dict[str, Any], weights: Weights, latent: Latent) -> dict[str, int]:
    """How many hooks the U-Net holds after each of your functions, after a pass that went well and one that did not."""
    sample, t, text = latent
    runs = {"profile": [], "capture": [["conv_in", "mid_block"]], "attention_maps": []}
    left = {}
    for name, more in runs.items():
        unet = built(config, weights)
        getattr(learner, name)(unet, sample, t, text, *more)
        left[f"{name}"] = hooks(unet)
        unet = built(config, weights)
        try:
            getattr(learner, name)(unet, sample, t, text[..., 1:], *more)  # text of a width that the U-Net cannot read
        except Exception:  # noqa: BLE001 - it has to fail; what counts is what is left behind
            left[f"{name}, broken off"] = hooks(unet)
        else:
            left[f"{name}, broken off"] = -1
    return left


def hooks(unet: nn.Module) -> int:
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return sum(len(getattr(module, kind)) for module in unet.modules() for kind in kinds)
