"""A small set of CIFAR's form: ten classes of patterned things, which colour does not tell."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gpu_runner.checking import Lab

SIDE, CLASSES = 32, 10
NAMES = ["upright stripes", "flat stripes", "slanted stripes", "checks", "rings"]
"""Each of them fine and coarse; none changes its class in a mirror."""


@dataclass(frozen=True)
class World:
    """This submission's classes: label i has pattern and size `order[i]`; fine and coarse waves in pixels."""

    order: list[int]
    waves: tuple[float, float]

    def name(self, label: int) -> str:
        pattern, coarse = divmod(self.order[label], 2)
        return f"{'coarse' if coarse else 'fine'} {NAMES[pattern]}"


def draw_world(lab: Lab) -> World:
    order = lab.random.sample(range(CLASSES), CLASSES)
    return World(order, (lab.random.uniform(4.0, 5.0), lab.random.uniform(8.0, 10.0)))


def draw_set(lab: Lab, world: World, count: int) -> tuple[Tensor, Tensor]:
    """Images (count, 3, 32, 32) of uint8 and labels (count,), as many of each class."""
    labels = torch.tensor(lab.random.sample([i % CLASSES for i in range(count)], count))
    kinds = torch.tensor(world.order)[labels]
    place, cover = draw_things(lab, count)
    pattern = draw_patterns(lab, kinds, world, *place)
    dark, light, back = draw_colours(lab, count)
    thing = dark + pattern[:, None] * light
    pixels = back * (1 - cover) + thing * cover + lab.normal(f"{count} 3 {SIDE} {SIDE}", scale=0.03)
    return (pixels.clamp(0, 1) * 255).round().to(torch.uint8), labels


def draw_things(lab: Lab, count: int) -> tuple[tuple[Tensor, Tensor], Tensor]:
    """Rows and columns counted from each thing's centre, and how much of each pixel it covers: discs and squares."""
    draws = lab.uniform(f"{count} 4")
    size = 13 + 4 * draws[:, 0]
    room = SIDE - 1.6 * size
    down, across = (0.8 * size + room * draws[:, i] for i in (1, 2))
    rows, columns = torch.meshgrid(torch.arange(SIDE) + 0.5, torch.arange(SIDE) + 0.5, indexing="ij")
    dy, dx = rows - down[:, None, None], columns - across[:, None, None]
    disc = (dy.square() + dx.square()).sqrt()
    square = 1.1 * torch.maximum(dy.abs(), dx.abs())
    edge = torch.where(draws[:, 3, None, None] < 0.5, disc, square)
    return (dy, dx), (size[:, None, None] - edge + 0.5).clamp(0, 1)[:, None]


def draw_patterns(lab: Lab, kinds: Tensor, world: World, dy: Tensor, dx: Tensor) -> Tensor:
    """From 0 to 1, (N, 32, 32): stripes, checks or rings of drawn phase and slightly drawn length and tilt."""
    draws = lab.uniform(f"{len(kinds)} 5")
    wave = torch.tensor(world.waves)[kinds % 2] * (0.93 + 0.14 * draws[:, 0])
    k, phase, other = (
        v[:, None, None] for v in (2 * math.pi / wave, 2 * math.pi * draws[:, 1], 2 * math.pi * draws[:, 2])
    )
    pattern, tilt = (kinds // 2)[:, None, None], 0.3 * (draws[:, 3, None, None] - 0.5)
    slant = torch.where(draws[:, 4, None, None] < 0.5, math.pi / 4, -math.pi / 4)
    turn = tilt + torch.where(pattern == 1, math.pi / 2, torch.where(pattern == 2, slant, 0.0))
    along, beside = dx * turn.cos() + dy * turn.sin(), dy * turn.cos() - dx * turn.sin()
    stripes = torch.sin(k * along + phase)
    checks = 1.6 * stripes * torch.sin(k * beside + other)
    rings = torch.sin(k * (dx.square() + dy.square()).sqrt() + phase)
    height = torch.where(pattern == 3, checks, torch.where(pattern == 4, rings, stripes))
    return (0.5 + 0.7 * height).clamp(0, 1)


def draw_colours(lab: Lab, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """The dark of each thing, what the light adds to it, and a background that changes slowly: no class has its own."""
    draws = lab.uniform(f"{count} 13")
    middle, lean, ground, slope, drift = (draws[:, i : i + 3, None, None] for i in (0, 3, 6, 9, 10))
    contrast = 0.55 + 0.2 * draws[:, 12, None, None, None] + 0.3 * (lean - 0.5)
    dark = 0.35 + 0.3 * middle - 0.5 * contrast
    steps = torch.arange(SIDE) / SIDE - 0.5
    back = 0.2 + 0.6 * ground + 0.4 * (slope - 0.5) * steps[:, None] + 0.6 * (drift - 0.5) * steps
    return dark, contrast, back
