"""The U-Net of 2015: sizes without padding, channels of skip connections, parameters of its blocks."""

from __future__ import annotations

from random import Random
from typing import Final

from curriculum.generators.drawing import Draw, Generator, set_apart


def unet_output_size(random: Random) -> Draw:
    """Drawn from the bottom up, so that every pooling meets an even size."""
    bottom, depth = random.randrange(9, 60), random.randrange(2, 6)
    size, out = bottom, bottom - 4
    for _ in range(depth):
        size, out = 2 * size + 4, 2 * out - 4
    return Draw(
        {"size": size, "depth": depth, "bottom": bottom - 4},
        out,
        {"padded": size, "bottom": bottom - 4, "no_convolutions_up": (bottom - 4) * 2**depth},
    )


def unet_concatenated_shape(random: Random) -> Draw:
    batch, height, width = random.sample(range(3, 64), 3)
    channels = 8 * random.randrange(9, 65)
    margin = 4 * random.randrange(1, 10)
    return Draw(
        {"B": batch, "C": channels, "H": height, "W": width, "Hs": height + margin, "Ws": width + margin},
        [batch, 2 * channels, height, width],
        {
            "added": [batch, channels, height, width],
            "not_cropped": [batch, 2 * channels, height + margin, width + margin],
            "batches": [2 * batch, channels, height, width],
        },
    )


def double_convolution_parameters(random: Random) -> Draw:
    def make() -> Draw:
        inputs, outputs = random.sample([8 * size for size in range(2, 65)], 2)
        total = 9 * inputs * outputs + outputs + 9 * outputs**2 + outputs
        return Draw(
            {"i": inputs, "o": outputs},
            total,
            {
                "no_bias": total - 2 * outputs,
                "one": 9 * inputs * outputs + outputs,
                "pointwise": inputs * outputs + outputs + outputs**2 + outputs,
            },
        )

    return set_apart(make, gap=0)


CONVOLUTION: Final[tuple[Generator, ...]] = (
    unet_output_size,
    unet_concatenated_shape,
    double_convolution_parameters,
)
