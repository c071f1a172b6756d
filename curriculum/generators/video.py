"""Video as frames or as time series: how tensors are folded for spatial and temporal layers; sequences of tokens."""

from __future__ import annotations

from random import Random
from typing import Final

from curriculum.generators.drawing import Draw, Generator, set_apart


def spatial_batch_shape(random: Random) -> Draw:
    batch, frames, height, width = random.sample([7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 24, 28, 32, 40], 4)
    channels = 64 * random.randrange(21, 60)  # more than any product of two of those
    return Draw(
        {"B": batch, "T": frames, "C": channels, "H": height, "W": width},
        [batch * frames, channels, height, width],
        {
            "channels": [batch, frames * channels, height, width],
            "one_video": [frames, channels, height, width],
            "temporal": [batch * height * width, frames, channels],
        },
    )


def temporal_tokens_shape(random: Random) -> Draw:
    batch, frames, height, width = random.sample(range(8, 41), 4)  # so that there are more places than channels
    channels, places = 16 * random.randrange(3, 21), batch * height * width
    return Draw(
        {"B": batch, "T": frames, "C": channels, "H": height, "W": width},
        [places, frames, channels],
        {
            "frames": [batch * frames, height * width, channels],
            "all_at_once": [batch, frames * height * width, channels],
            "one_per_video": [batch, frames, channels],
        },
    )


def token_sequence(random: Random) -> Draw:
    """Text tokens and a grid of image tokens as one sequence."""

    def make() -> Draw:
        factor, text = random.choice([4, 8, 16]), 16 * random.randrange(3, 33)
        side = factor * random.randrange(9, 65)
        grid = (side // factor) ** 2
        return Draw(
            {"size": side, "f": factor, "text": text},
            text + grid,
            {"image_only": grid, "side": text + side // factor, "pixels": text + side**2},
        )

    return set_apart(make, gap=0)


def video_steps_frames(random: Random) -> Draw:
    """Frames after interpolation that puts new ones between each pair."""
    frames, stages, between = random.randrange(5, 60), random.randrange(1, 4), random.choice([1, 2, 3, 4])
    count = frames
    for _ in range(stages):
        count += (count - 1) * between
    return Draw(
        {"n": frames, "k": stages, "m": between},
        count,
        {
            "last_gap": frames * (between + 1) ** stages,
            "added_only": count - frames,
            "one_gap": frames + between * stages,
        },
    )


def clean_from_velocity(random: Random) -> Draw:
    def make() -> Draw:
        signal, noise = random.choice([(0.6, 0.8), (0.8, 0.6), (0.28, 0.96), (0.96, 0.28)])
        value, velocity = (random.randrange(-200, 201) / 100 for _ in range(2))
        return Draw(
            {"a": signal, "s": noise, "z": value, "v": velocity},
            signal * value - noise * velocity,
            {
                "noise": noise * value + signal * velocity,
                "added": signal * value + noise * velocity,
                "swapped": noise * value - signal * velocity,
            },
        )

    return set_apart(make, least=0.1)


def temporal_blend(random: Random) -> Draw:
    def make() -> Draw:
        share = random.randrange(5, 96) / 100
        spatial, temporal = (random.randrange(-90, 91) / 10 for _ in range(2))
        return Draw(
            {"a": share, "x": spatial, "y": temporal},
            share * spatial + (1 - share) * temporal,
            {
                "swapped": (1 - share) * spatial + share * temporal,
                "residual": spatial + (1 - share) * temporal,
                "plain_mean": (spatial + temporal) / 2,
            },
        )

    return set_apart(make, least=0.3)


VIDEO: Final[tuple[Generator, ...]] = (
    spatial_batch_shape,
    temporal_tokens_shape,
    token_sequence,
    video_steps_frames,
    clean_from_velocity,
    temporal_blend,
)
