"""A small U-Net of Stable Diffusion's build: its config, its arrays by diffusers' names, and a latent with its text."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from gpu_runner.checking import Lab
from reference import LAYERS, LEVELS, Weights

Shapes = dict[str, tuple[int, ...]]
DOWN = ["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"]
UP = ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3


def draw_config(lab: Lab) -> dict:
    """What `UNet2DConditionModel` takes: widths, heads and text width differ from draw to draw."""
    heads, step = 2, lab.random.choice([6, 8])
    lab.fix(B=2, T=lab.random.choice([5, 7, 9]), D=lab.random.choice([10, 14]))
    return config_of([step, 2 * step, 3 * step, 3 * step], lab.size("D"), heads=heads, groups=2)


def config_of(widths: list[int], text: int, heads: int, groups: int) -> dict:
    return {
        "in_channels": 4,
        "out_channels": 4,
        "block_out_channels": widths,
        "layers_per_block": LAYERS,
        "cross_attention_dim": text,
        "attention_head_dim": heads,  # diffusers' word for the number of heads here
        "norm_num_groups": groups,
        "down_block_types": DOWN,
        "up_block_types": UP,
    }


def draw_inputs(lab: Lab) -> tuple[Tensor, Tensor, Tensor]:
    """A latent (B, 4, H, W), a step for each image, and text (B, T, D)."""
    height, width = lab.random.choice([(8, 16), (16, 8)])
    sample, text = lab.normal(f"B 4 {height} {width}"), lab.normal("B T D")
    return sample, torch.tensor(lab.random.sample(range(1, 200), lab.size("B"))), text


def draw_weights(lab: Lab, config: dict) -> Weights:
    return {name: draw_array(lab, name, shape) for name, shape in shapes_of(config).items()}


def draw_array(lab: Lab, name: str, shape: tuple[int, ...]) -> Tensor:
    axes, is_norm = " ".join(map(str, shape)), "norm" in name
    if name.endswith("bias"):
        return lab.normal(axes, scale=0.2)
    if is_norm:
        return 1 + lab.normal(axes, scale=0.2)
    loud = 1.6 if name.endswith(("to_q.weight", "to_k.weight")) else 1.0  # so that attention is far from uniform
    return lab.normal(axes, scale=loud / math.sqrt(math.prod(shape[1:])))


def shapes_of(config: dict) -> Shapes:
    """Every array of the model, by name."""
    widths, text = config["block_out_channels"], config["cross_attention_dim"]
    time = 4 * widths[0]
    shapes = dict([*conv("conv_in", 4, widths[0]), *norm("conv_norm_out", widths[0]), *conv("conv_out", widths[0], 4)])
    shapes |= dict(
        [*linear("time_embedding.linear_1", widths[0], time), *linear("time_embedding.linear_2", time, time)]
    )
    for level in range(LEVELS):
        shapes |= dict(down(f"down_blocks.{level}", level, widths, time, text))
        shapes |= dict(up(f"up_blocks.{level}", level, widths[::-1], time, text))
    wide = widths[-1]
    for layer in (0, 1):
        shapes |= dict(resnet(f"mid_block.resnets.{layer}", wide, wide, time))
    return shapes | dict(transformer("mid_block.attentions.0", wide, text))


Arrays = Iterator[tuple[str, tuple[int, ...]]]


def conv(name: str, ins: int, outs: int, side: int = 3) -> Arrays:
    yield from [(f"{name}.weight", (outs, ins, side, side)), (f"{name}.bias", (outs,))]


def linear(name: str, ins: int, outs: int, *, bias: bool = True) -> Arrays:
    yield f"{name}.weight", (outs, ins)
    if bias:
        yield f"{name}.bias", (outs,)


def norm(name: str, channels: int) -> Arrays:
    yield from [(f"{name}.weight", (channels,)), (f"{name}.bias", (channels,))]


def resnet(name: str, ins: int, outs: int, time: int) -> Arrays:
    yield from norm(f"{name}.norm1", ins)
    yield from conv(f"{name}.conv1", ins, outs)
    yield from linear(f"{name}.time_emb_proj", time, outs)
    yield from norm(f"{name}.norm2", outs)
    yield from conv(f"{name}.conv2", outs, outs)
    if ins != outs:
        yield from conv(f"{name}.conv_shortcut", ins, outs, 1)


def transformer(name: str, wide: int, text: int) -> Arrays:
    block = f"{name}.transformer_blocks.0"
    yield from norm(f"{name}.norm", wide)
    yield from conv(f"{name}.proj_in", wide, wide, 1)
    for number in (1, 2, 3):
        yield from norm(f"{block}.norm{number}", wide)
    for attention, seen in (("attn1", wide), ("attn2", text)):
        for part, ins in (("to_q", wide), ("to_k", seen), ("to_v", seen)):
            yield from linear(f"{block}.{attention}.{part}", ins, wide, bias=False)
        yield from linear(f"{block}.{attention}.to_out.0", wide, wide)
    yield from linear(f"{block}.ff.net.0.proj", wide, 8 * wide)
    yield from linear(f"{block}.ff.net.2", 4 * wide, wide)
    yield from conv(f"{name}.proj_out", wide, wide, 1)


def down(name: str, level: int, widths: list[int], time: int, text: int) -> Arrays:
    before, wide = widths[max(0, level - 1)], widths[level]
    for layer in range(LAYERS):
        yield from resnet(f"{name}.resnets.{layer}", wide if layer else before, wide, time)
        if level < LEVELS - 1:
            yield from transformer(f"{name}.attentions.{layer}", wide, text)
    if level < LEVELS - 1:
        yield from conv(f"{name}.downsamplers.0.conv", wide, wide)


def up(name: str, level: int, widths: list[int], time: int, text: int) -> Arrays:
    """`widths` from the widest level to the narrowest."""
    before, wide = widths[max(0, level - 1)], widths[level]
    for layer in range(LAYERS + 1):
        skip = widths[min(LEVELS - 1, level + 1)] if layer == LAYERS else wide
        yield from resnet(f"{name}.resnets.{layer}", (wide if layer else before) + skip, wide, time)
        if level > 0:
            yield from transformer(f"{name}.attentions.{layer}", wide, text)
    if level < LEVELS - 1:
        yield from conv(f"{name}.upsamplers.0.conv", wide, wide)
