"""The formulas with one ingredient changed: what people write instead."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from gpu_runner.checking import Misconception
from reference import Recipe, guided, linear_bars, scaled_linear_bars

Ways = list[tuple[str, str, Recipe, str]]

GUIDANCE, SAMPLING, SCHEDULE = "guidance.combination", "diffusion.sampling", "diffusion.schedule"


def changed(**fields: Any) -> Recipe:
    return replace(Recipe(), **fields)


def clip_by_clip(prompts: Tensor, frames: int) -> Tensor:
    """As `repeat` does it: all clips for the first frame, all clips for the second."""
    return prompts.repeat(frames, 1, 1)


ASSEMBLED: Ways = [
    (
        "image-schedule",
        "the clip on the image model's schedule, linear in the roots",
        changed(bars=scaled_linear_bars),
        SCHEDULE,
    ),
    (
        "default-betas",
        "the clip on a scheduler's default betas",
        changed(bars=lambda *_: linear_bars(1e-4, 0.02)),
        SCHEDULE,
    ),
    ("clipped", "the clip whose latents are clipped to [−1, 1]", changed(clipped=True), SAMPLING),
    ("no-offset", "the clip whose steps are one too low", changed(offset=0), SAMPLING),
    ("no-motion", "frames without a motion adapter", changed(moved=False), "video.layers"),
]

LOOPS: Ways = [
    (
        "unguided",
        "the loop without guidance",
        changed(combined=lambda _, prompted, __: prompted),
        GUIDANCE,
    ),
    (
        "from-the-prompt",
        "the loop that adds guidance to the prompted prediction",
        changed(combined=lambda negative, prompted, s: prompted + s * (prompted - negative)),
        GUIDANCE,
    ),
    (
        "halves-swapped",
        "the loop that takes the first half for the prompts",
        changed(combined=lambda negative, prompted, s: guided(prompted, negative, s)),
        GUIDANCE,
    ),
    (
        "unscaled-input",
        "the loop that shows the U-Net latents as they are",
        changed(quietened=False),
        SAMPLING,
    ),
]

PROMPTS: Ways = [
    ("clip-by-clip", "prompts repeated in the order of the frames", changed(repeated=clip_by_clip), "video.layers"),
    (
        "prompts-first",
        "the prompts before the negative one",
        changed(halved=lambda p: p.chunk(2)[::-1]),
        GUIDANCE,
    ),
]


def known(ways: Ways, answer: Callable[[Recipe], Tensor]) -> list[Misconception]:
    """Each way as a misconception about `answer`; it is computed only where a comparison fails."""
    return [Misconception(key, text, lambda way=way: answer(way), skill) for key, text, way, skill in ways]


def of_frames(video: Tensor) -> list[Misconception]:
    bytes_of = (video / 2 + 0.5).clamp(0, 1) * 255
    shown = (0, 2, 3, 4, 1)
    ways = [
        ("cut-off", "frames cut off instead of rounded", bytes_of.floor()),
        ("wrapped", "frames that wrap around, since nothing was clamped", ((video / 2 + 0.5) * 255).round() % 256),
        ("not-shifted", "frames whose dark half is black", (video.clamp(0, 1) * 255).round()),
        ("times-256", "frames multiplied by 256", ((video / 2 + 0.5).clamp(0, 1) * 256).floor().clamp(max=255)),
    ]
    found = [Misconception(key, text, lambda x=x: x.permute(shown), "ldm.autoencoder") for key, text, x in ways]
    backwards = bytes_of.round().flip(1).permute(shown)
    return [*found, Misconception("bgr", "frames with red and blue swapped", lambda: backwards, "video.frames")]


def of_influence(right: Tensor) -> list[Misconception]:
    ways = [
        ("transposed", "who is moved by whom instead of who moves whom", right.mT),
        ("all", "every frame moving every frame", torch.ones_like(right)),
        ("none-itself", "the influence on other frames alone", right * (1 - torch.eye(len(right), dtype=right.dtype))),
    ]
    return [Misconception(key, text, lambda x=x: x, "video.layers") for key, text, x in ways]


def of_decoding(
    answer: Callable[[Tensor, float | None], Tensor], latents: Tensor, scaling: float
) -> list[Misconception]:
    """`answer` decodes latents with a scale."""
    ways = [
        (
            "unscaled",
            "frames of latents that were not divided by their scale",
            lambda: answer(latents, 1.0),
            "ldm.latent",
        ),
        (
            "scaled-again",
            "frames of latents multiplied by their scale",
            lambda: answer(latents, 1 / scaling),
            "ldm.latent",
        ),
        (
            "frames-mixed",
            "frames folded without moving the axis of the channels",
            lambda: folded_plainly(answer, latents),
            "video.frames",
        ),
        ("backwards", "the frames backwards", lambda: answer(latents, None).flip(2), "video.frames"),
    ]
    return [Misconception(key, text, fn, skill) for key, text, fn, skill in ways]


def folded_plainly(answer: Callable[[Tensor, float | None], Tensor], latents: Tensor) -> Tensor:
    """(B, C, F, …) read as if it were (B·F, C, …), and back in the same way."""
    clips, channels, frames, height, width = latents.shape
    plain = latents.reshape(clips * frames, channels, 1, height, width)
    decoded = answer(plain, None)[:, :, 0]  # (B·F, 3, H, W)
    return decoded.reshape(clips, 3, frames, *decoded.shape[2:])
