# fails: calls, shapes, costs, blocks, capture, maps, unchanged, removed
# baseline: nothing recorded
"""Trivial baseline: nothing is recorded, and the latent is handed on."""

from torch import Tensor, nn


def profile(unet: nn.Module, sample: Tensor, t: Tensor, text: Tensor) -> tuple[Tensor, list]:
    del unet, t, text
    return sample, []


def capture(unet: nn.Module, sample: Tensor, t: Tensor, text: Tensor, names: list[str]) -> dict:
    del unet, sample, t, text, names
    return {}


def attention_maps(unet: nn.Module, sample: Tensor, t: Tensor, text: Tensor) -> dict:
    del unet, sample, t, text
    return {}


def parameters_by_block(unet: nn.Module) -> dict:
    del unet
    return {}
