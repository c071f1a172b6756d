"""The drawn answers about the U-Net, from layers that really run."""

from __future__ import annotations

import torch
from torch import nn

from tests.curriculum.drawings import drawings, integers


def walked(size: int, depth: int) -> int:
    """The width after a U of unpadded convolutions, pooling and doubling, one step at a time."""
    for _ in range(depth):
        size -= 4
        assert size % 2 == 0, "a pooling would lose a column"
        size //= 2
    size -= 4
    for _ in range(depth):
        size = 2 * size - 4
    return size


def test_the_papers_572_pixels_become_388() -> None:
    assert walked(572, 4) == 388


def test_every_drawn_size_walks_through_the_whole_u() -> None:
    for drawn in drawings("unet_output_size"):
        size, depth = integers(drawn, "size", "depth")
        assert drawn.answer == walked(size, depth)


def test_a_cropped_skip_is_concatenated_along_the_channels() -> None:
    for drawn in drawings("unet_concatenated_shape"):
        batch, channels, height, width, tall, wide = integers(drawn, "B", "C", "H", "W", "Hs", "Ws")
        up = torch.empty(batch, channels, height, width, device="meta")
        skip = torch.empty(batch, channels, tall, wide, device="meta")
        top, left = (tall - height) // 2, (wide - width) // 2
        cropped = skip[:, :, top : top + height, left : left + width]
        assert drawn.answer == list(torch.cat([cropped, up], dim=1).shape)


def test_two_convolutions_have_as_many_parameters_as_torch_counts() -> None:
    for drawn in drawings("double_convolution_parameters"):
        inputs, outputs = integers(drawn, "i", "o")
        with torch.device("meta"):
            block = nn.Sequential(nn.Conv2d(inputs, outputs, 3), nn.Conv2d(outputs, outputs, 3))
        assert drawn.answer == sum(parameter.numel() for parameter in block.parameters())
