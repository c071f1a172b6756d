"""Clips that are cut between two cameras, one by day and one by night: what is drawn for each submission."""

import torch
from torch import Tensor

FRAMES, SIZE = 8, 12
NIGHT, DAY = -1.0, 0.2


def draw_scenes(count: int, generator: torch.Generator, night: bool | None = None) -> Tensor:
    """Still pictures (N, 1, S, S) in [-1, 1]: two shapes before a dark or a bright background."""

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(count, 1, 1, generator=generator)

    by_night = uniform(0, 1) < 0.5 if night is None else torch.full((count, 1, 1), night)
    ground = torch.where(by_night, NIGHT, DAY) + uniform(0, 0.3)
    scene = ground.expand(count, SIZE, SIZE)
    y, x = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    for _ in range(2):
        down, right = ((y - uniform(0, SIZE)).abs(), (x - uniform(0, SIZE)).abs())
        tall, wide = uniform(1.5, 4.5), uniform(1.5, 4.5)
        box, disc = (down < tall) & (right < wide), (down / tall) ** 2 + (right / wide) ** 2 < 1
        inside = torch.where(uniform(0, 1) < 0.5, box, disc)
        scene = torch.where(inside, ground + uniform(0.3, 0.8), scene)
    return scene[:, None].clamp(-1, 1)


def draw_clips(count: int, generator: torch.Generator) -> Tensor:
    """Clips (N, 1, F, S, S): each frame is one of two still scenes, three to five times the first, in any order."""
    first, second = (draw_scenes(count, generator, night)[:, :, None] for night in (True, False))
    order = torch.stack([torch.randperm(FRAMES, generator=generator) for _ in range(count)])
    shown = order < torch.randint(3, 6, (count, 1), generator=generator)  # (N, F)
    return torch.where(shown[:, None, :, None, None], first, second)
