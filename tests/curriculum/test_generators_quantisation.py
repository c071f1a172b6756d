"""The drawn answers about quantisation, by quantising."""

from __future__ import annotations

import pytest
import torch

from tests.curriculum.drawings import drawings, integers, numbers, vectors


def test_a_code_times_the_scale_is_nearest_to_the_entry() -> None:
    codes = torch.arange(-127, 128)
    for drawn in drawings("absmax_code"):
        (entries,), (place,) = vectors(drawn, "x"), integers(drawn, "i")
        scale = max(map(abs, entries)) / 127
        assert drawn.answer == int(codes[(codes * scale - entries[place - 1]).abs().argmin()])


def test_each_block_pays_for_its_scale() -> None:
    for drawn in drawings("block_bits"):
        bits, block, scale = integers(drawn, "b", "block", "s")
        assert drawn.answer == pytest.approx((block * bits + scale) / block)


def test_a_models_size_is_its_bits_over_eight() -> None:
    for drawn in drawings("quantised_model_gb"):
        (billions,), (bits,) = numbers(drawn, "P"), integers(drawn, "b")
        assert drawn.answer == pytest.approx(billions * 1e9 * bits / 8 / 1e9)


def test_constants_of_constants_are_shared_by_groups_of_blocks() -> None:
    for drawn in drawings("second_level_bits"):
        block, group = integers(drawn, "block", "group")
        weights = block * group
        assert drawn.answer == pytest.approx((group * 8 + 32) / weights)


def test_an_integer_entry_is_brought_back_by_both_scales() -> None:
    for drawn in drawings("vectorwise_entry"):
        product, row, column = numbers(drawn, "C", "x", "w")
        assert drawn.answer == pytest.approx(product / (127 / row) / (127 / column))
