"""The drawn answers about the levels of a U-Net, measured on small networks where that is possible."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from tests.curriculum.drawings import drawings, integers, vectors


def test_a_level_has_the_shape_that_pooling_gives() -> None:
    for drawn in drawings("level_shape", 10):
        batch, channels, height, width, depth = integers(drawn, "B", "C", "H", "W", "depth")
        x = torch.empty(batch, channels, height, width, device="meta")
        for _ in range(depth):
            x = torch.cat([functional.max_pool2d(x, 2)] * 2, dim=1)
        assert drawn.answer == list(x.shape)


def test_a_cell_sees_as_far_as_gradients_reach() -> None:
    """In one dimension, with kernels of ones: the input entries that have a gradient."""
    for drawn in drawings("receptive_field", 12):
        kernel, depth, count = integers(drawn, "k", "depth", "n")
        assert isinstance(drawn.answer, int)
        x = torch.zeros(1, 1, 3 * drawn.answer, requires_grad=True)
        ones = torch.ones(1, 1, kernel)
        y: torch.Tensor = x
        for level in range(depth + 1):
            for _ in range(count):
                y = functional.conv1d(y, ones, padding=kernel // 2) / kernel
            y = functional.avg_pool1d(y, 2) if level < depth else y
        y[0, 0, y.shape[-1] // 2].backward()  # type: ignore[no-untyped-call]  # torch's own signature
        assert x.grad is not None
        assert drawn.answer == int((x.grad > 0).sum())


def test_a_pixel_row_falls_into_the_row_found_by_halving() -> None:
    for drawn in drawings("cell_row"):
        row, depth = integers(drawn, "y", "depth")
        for _ in range(depth):
            row //= 2
        assert drawn.answer == row


def test_every_pair_of_cells_is_counted() -> None:
    for drawn in drawings("level_attention_pairs", 20):
        height, width, depth = integers(drawn, "H", "W", "depth")
        cells = functional.max_pool2d(torch.zeros(1, 1, height, width), 2**depth).numel()
        assert drawn.answer == cells * cells


def test_the_detail_is_what_pooling_and_repeating_lose() -> None:
    for drawn in drawings("skip_detail", 20):
        (place,), (values,) = integers(drawn, "i"), vectors(drawn, "x")
        x = torch.tensor(values, dtype=torch.float64)
        back = x.reshape(-1, 2).mean(dim=1).repeat_interleave(2)
        assert drawn.answer == pytest.approx((x - back)[place].item())
